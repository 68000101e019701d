"""OTLP messages by the official protobuf package: seeded ones, and their JSON form as the specification has it.

ProtoJSON writes bytes as base64; OTLP departs from it for trace and span ids, which are hex."""
import base64
import random

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

IDS = {"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"}


def value(x):
    v = AnyValue()
    if isinstance(x, bool):
        v.bool_value = x
    elif isinstance(x, int):
        v.int_value = x
    elif isinstance(x, float):
        v.double_value = x
    elif isinstance(x, str):
        v.string_value = x
    elif isinstance(x, bytes):
        v.bytes_value = x
    elif isinstance(x, list):
        v.array_value.values.extend(value(e) for e in x)
        if not x:
            v.array_value.SetInParent()
    elif isinstance(x, dict):
        v.kvlist_value.values.extend(pairs(x))
        if not x:
            v.kvlist_value.SetInParent()
    return v


def pairs(d):
    return [KeyValue(key=k, value=value(v)) for k, v in d.items()]


def traces(spans, resource=None, scope="lib", version="1"):
    """A request of one resource; each span is a dict of the message's fields, with dicts for attributes and ids in hex."""
    request = ExportTraceServiceRequest()
    rs = request.resource_spans.add()
    rs.resource.attributes.extend(pairs(resource or {}))
    ss = rs.scope_spans.add()
    ss.scope.name, ss.scope.version = scope, version
    for s in spans:
        fill(ss.spans.add(), s)
    return request


def logs(records, resource=None, scope="lib"):
    request = ExportLogsServiceRequest()
    rl = request.resource_logs.add()
    rl.resource.attributes.extend(pairs(resource or {}))
    sl = rl.scope_logs.add()
    sl.scope.name = scope
    for r in records:
        fill(sl.log_records.add(), r)
    return request


def fill(message, fields):
    for name, x in fields.items():
        if name == "attributes":
            message.attributes.extend(pairs(x))
        elif name in IDS:
            setattr(message, name, bytes.fromhex(x))
        elif name == "body":
            message.body.CopyFrom(value(x))
        elif name in ("events", "links"):
            for e in x:
                fill(getattr(message, name).add(), e)
        elif name == "status":
            fill(message.status, x)
        else:
            setattr(message, name, x)
    return message


def to_json(request, snake=False):
    """The JSON form, ids in hex."""
    def ids_in_hex(x):
        if isinstance(x, dict):
            return {k: base64.b64decode(v).hex() if k in IDS and isinstance(v, str) else ids_in_hex(v) for k, v in x.items()}
        return [ids_in_hex(e) for e in x] if isinstance(x, list) else x
    return ids_in_hex(json_format.MessageToDict(request, preserving_proto_field_name=snake))


# ---- generated ------------------------------------------------------------------------------------------------

WORDS = ["cart", "Käse", "a\"b\\c", "line\nbreak", "", "日本", "x" * 300, "http.method", "0", "\u0001", "😀"]


def some_value(r, depth=0):
    kind = r.randrange(9 if depth < 3 else 6)
    if kind == 0:
        return r.choice(WORDS)
    if kind == 1:
        return r.choice([0, 1, -1, 2**63 - 1, -2**63, r.randrange(-10**6, 10**6)])
    if kind == 2:
        return r.choice([0.0, -1.5, 1e300, 5e-324, r.random(), float(r.randrange(1000))])
    if kind == 3:
        return r.random() < .5
    if kind == 4:
        return bytes(r.choice([0, 1, 2, 250, 255]) for _ in range(r.randrange(8)))
    if kind == 5:
        return r.choice(WORDS)
    if kind in (6, 7):
        return [some_value(r, depth + 1) for _ in range(r.randrange(4))]
    return {f"k{i}": some_value(r, depth + 1) for i in range(r.randrange(4))}


def some_attributes(r):
    return {f"{r.choice('abcdef')}.{i}": some_value(r) for i in range(r.randrange(6))}


def some_span(r, trace_id, start):
    return {"trace_id": trace_id, "span_id": f"{r.randrange(1, 2**64):016x}", "parent_span_id": r.choice(["", f"{r.randrange(1, 2**64):016x}"]),
            "trace_state": r.choice(["", "a=1,b=2"]), "name": r.choice(WORDS), "kind": r.randrange(6), "start_time_unix_nano": start,
            "end_time_unix_nano": start + r.randrange(10**9), "attributes": some_attributes(r),
            "events": [{"name": "e%d" % i, "time_unix_nano": start + i, "attributes": some_attributes(r)} for i in range(r.randrange(3))],
            "links": [{"trace_id": trace_id, "span_id": f"{i + 1:016x}", "attributes": some_attributes(r)} for i in range(r.randrange(3))],
            "status": {"code": r.randrange(3), "message": r.choice(["", "bad"])}}
