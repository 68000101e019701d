"""OTLP/HTTP end to end: what the official protobuf package encodes, and what real OpenTelemetry SDKs send."""
import gzip
import json
import random
import time
import uuid
import zlib

import brotli
import pytest
import zstandard
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otlp_messages import logs, some_span, to_json, traces
from weir import KEY, RELEASE, canaries, free_port, request, wait_for

PB = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}
QUICK = {"traces": {"wait": "300ms"}}
UNSCRUBBED = {"projects": [{"id": "1", "keys": [KEY], "rulesets": [], "destinations": ["main"]}], **QUICK}


def now_ns():
    return time.time_ns()


def root(name="GET /x", **more):
    start = more.pop("start", now_ns() - 10**9)
    return {"trace_id": uuid.uuid4().hex, "span_id": f"{random.randrange(1, 2**64):016x}", "name": name, "kind": 2,
            "start_time_unix_nano": start, "end_time_unix_nano": start + 5 * 10**8, **more}


def post(w, path, message, headers=PB, port=None, key=None):
    body = message if isinstance(message, bytes) else message.SerializeToString() if headers["Content-Type"] == PB["Content-Type"] \
        else json.dumps(to_json(message)).encode()
    headers = {**headers, **({"Authorization": f"Bearer {key}"} if key else {})}
    return request(port or w.port, "POST", path, body, headers)


def transactions(s, n, timeout=20):
    return wait_for(lambda: len(t := [i["payload"] for i in s.items("transaction")]) >= n and t, timeout, f"{n} transactions")


# ---- the message and its answer ---------------------------------------------------------------------------------


def expected(x):
    """An attribute's value as it leaves: bytes are text where they are some, else base64."""
    import base64
    if isinstance(x, bytes):
        try:
            text = x.decode()
            if all(c >= " " or c in "\n\r\t" for c in text):
                return text
        except UnicodeDecodeError:
            pass
        return base64.b64encode(x).decode()
    if isinstance(x, list):
        return [expected(e) for e in x]
    return {k: expected(v) for k, v in x.items()} if isinstance(x, dict) else x


def comparable(t):
    """A transaction without what is made anew each time."""
    t = json.loads(json.dumps(t))
    for gone in ("event_id", "_meta", "received"):
        t.pop(gone, None)
    return t


def test_generated_messages_are_read_to_the_same_fields_in_both_encodings(weir, sink):
    s = sink()
    w = weir(UNSCRUBBED, dsn=s.dsn(), binary=RELEASE)
    r = random.Random(20261121)
    sent = {}
    resource = {"service.name": "shop", "service.version": "1.2", "n": [1, {"a": b"\xff"}]}
    for _ in range(60):
        span = {**some_span(r, uuid.UUID(int=r.getrandbits(128) | 1).hex, now_ns() - 10**9), "parent_span_id": "", "kind": r.choice([1, 2, 5])}
        sent[span["trace_id"]] = span
    for n, headers in (60, PB), (120, JSON): # one after the other, or a trace would hold the span twice
        for span in sent.values():
            status, _, answer = post(w, "/v1/traces", traces([span], resource, "scope", "7"), headers, key=KEY)
            assert status == 200 and answer in (b"", b"{}")
        transactions(s, n)
    got = {}
    for t in transactions(s, 120):
        got.setdefault(t["contexts"]["trace"]["trace_id"], []).append(t)
    assert set(got) == set(sent)
    for trace_id, (a, b) in got.items():
        assert comparable(a) == comparable(b)
        span, trace = sent[trace_id], a["contexts"]["trace"]
        data = trace["data"]
        assert trace["span_id"] == span["span_id"]
        for k, v in span["attributes"].items():
            assert data[k] == expected(v), (k, v)
        assert data["sentry.kind"] == {1: "internal", 2: "server", 5: "consumer"}[span["kind"]]
        assert data.get("otel.trace_state", "") == span["trace_state"]
        assert data.get("otel.status_description", "") == span["status"]["message"]
        assert data["otel.scope.name"] == "scope" and data["otel.scope.version"] == "7"
        assert [(e["name"], e.get("attributes", {})) for e in data.get("otel.events", [])] == \
            [(e["name"], expected(e["attributes"])) for e in span["events"]]
        assert [(x["trace_id"], x["span_id"], x.get("attributes", {})) for x in trace.get("links", [])] == \
            [(x["trace_id"], x["span_id"], expected(x["attributes"])) for x in span["links"]]
        assert trace["status"] == ("internal_error" if span["status"]["code"] == 2 else "ok")
        assert a["release"] == "shop@1.2" and a["contexts"]["otel"]["resource"]["n"] == [1, {"a": "/w=="}]
        assert abs(a["start_timestamp"] - span["start_time_unix_nano"] / 1e9) < 2e-6
        assert abs(a["timestamp"] - span["end_time_unix_nano"] / 1e9) < 2e-6
    wait_for(lambda: w.ledger()["forwarded"] == 120, what="all are counted")


@pytest.mark.parametrize("encoding,encode", [
    ("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.ZstdCompressor().compress),
    ("identity", bytes), ("gzip, zstd", lambda b: zstandard.ZstdCompressor().compress(gzip.compress(b)))])
def test_all_content_encodings_are_read(weir, sink, encoding, encode):
    s = sink()
    w = weir(QUICK, dsn=s.dsn())
    e = {"name": "exception", "time_unix_nano": now_ns(), "attributes": {"exception.type": "E", "exception.message": encoding}}
    body = encode(traces([root(events=[e])]).SerializeToString())
    status, headers, answer = post(w, "/v1/traces/", body, {**PB, "Content-Encoding": encoding})
    assert (status, headers["Content-Type"], answer) == (200, "application/x-protobuf", b"")
    wait_for(lambda: s.events(), what="the exception")
    assert s.events()[0]["exception"]["values"][0]["value"] == encoding


def test_spans_with_bad_ids_are_rejected_and_the_rest_goes_on(weir, sink):
    s = sink()
    w = weir(QUICK, dsn=s.dsn())
    message = traces([root("good"), {"trace_id": "", "span_id": "00000000000000a1"}, {"trace_id": "00" * 16, "span_id": "00000000000000a1"},
                      {"trace_id": "ab" * 16, "span_id": ""}, {"trace_id": "ab" * 15, "span_id": "00000000000000a1"}])
    status, _, body = post(w, "/v1/traces", message)
    answer = ExportTraceServiceResponse.FromString(body)
    assert status == 200 and answer.partial_success.rejected_spans == 4 and "trace_id" in answer.partial_success.error_message
    status, _, body = post(w, "/v1/traces", message, JSON)
    assert status == 200 and json.loads(body)["partialSuccess"]["rejectedSpans"] == "4"
    assert {t["transaction"] for t in transactions(s, 1)} == {"good"}


def test_errors_are_a_status_in_the_encoding_of_the_request(weir, sink):
    w = weir({"projects": [{"id": "42", "keys": [KEY], "destinations": ["main"]}], "limits": {"envelope": "100KiB"}}, dsn=sink().dsn())
    good = traces([root()])
    bearer = {"Authorization": f"Bearer {KEY}"}
    secret = b"bob@example.org"
    for path in ("/v1/traces", "/v1/logs", "/api/42/integration/otlp/v1/traces/", "/api/42/integration/otlp/v1/logs"):
        for headers, body, status, code in [
                ({**PB, **bearer}, b"\x0a\xff" + secret, 400, 3), ({**JSON, **bearer}, b'{"resourceSpans":[' + secret, 400, 3),
                (PB, good.SerializeToString(), 401, 16), ({**PB, "Authorization": "Bearer 0000"}, b"", 403, 7),
                ({**PB, **bearer, "Content-Encoding": "compress"}, b"", 415, 3), ({**PB, **bearer, "Content-Encoding": "gzip"}, secret, 400, 3),
                ({**bearer, "Content-Type": "text/plain"}, secret, 415, 3), ({**PB, **bearer}, b"\x0a" * 200_000, 413, 3),
                ({**JSON, **bearer}, b" " * 200_000, 413, 3)]:
            got, answer_headers, answer = request(w.port, "POST", path, body, headers)
            assert got == status, (path, headers, answer)
            assert "Retry-After" not in answer_headers and secret not in answer
            if headers["Content-Type"] == PB["Content-Type"]:
                assert answer_headers["Content-Type"] == "application/x-protobuf"
                said = Status.FromString(answer)
                assert (said.code, bool(said.message)) == (code, True)
            else:
                assert answer_headers["Content-Type"] == "application/json"
                assert json.loads(answer)["code"] == code and json.loads(answer)["message"]
    assert request(w.port, "GET", "/v1/traces")[0] == 405
    assert request(w.port, "POST", "/v1/metrics", b"", PB)[0] == 404
    assert w.ledger()["accepted"] == 0


def test_what_may_be_sent_again_says_when(weir, sink):
    """429 of a project's rate, 503 of a full spool: both retryable, both with Retry-After."""
    w = weir({"projects": [{"id": "1", "keys": [KEY], "destinations": ["main"], "rate_limit": {"per_second": 1, "burst": 1}}]}, dsn=sink().dsn())
    answers = [post(w, "/v1/traces", traces([root()]), key=KEY) for _ in range(5)]
    limited = [a for a in answers if a[0] == 429]
    assert limited and Status.FromString(limited[0][2]).code == 8 and int(limited[0][1]["Retry-After"]) >= 1


def test_keys_come_in_all_forms_and_projects_by_path_or_key(weir, sink):
    s = sink()
    other = "c" * 32
    w = weir({"projects": [{"id": "42", "keys": [KEY], "environment": "first", "destinations": ["main"]},
                           {"id": "43", "keys": [other], "environment": "second", "destinations": ["main"]}], **QUICK}, dsn=s.dsn())
    ways = [("/v1/traces", {"Authorization": f"Bearer {KEY}"}, "first"), ("/v1/traces", {"Authorization": f"Bearer {other}"}, "second"),
            ("/v1/traces", {"x-sentry-auth": f"sentry sentry_key={KEY}"}, "first"), (f"/v1/traces?sentry_key={other}", {}, "second"),
            ("/v1/traces", {"Authorization": f"Sentry sentry_key={KEY}"}, "first"),
            ("/api/43/integration/otlp/v1/traces", {"X-Sentry-Auth": f"Sentry sentry_key={other}, sentry_version=7"}, "second"),
            ("/api/42/integration/otlp/v1/traces/", {"Authorization": f"Bearer {KEY}"}, "first")]
    for i, (path, auth, _) in enumerate(ways):
        assert request(w.port, "POST", path, traces([root(f"span {i}")]).SerializeToString(), {**PB, **auth})[0] == 200, path
    got = {t["transaction"]: t["environment"] for t in transactions(s, len(ways))}
    assert got == {f"span {i}": environment for i, (_, _, environment) in enumerate(ways)}
    assert request(w.port, "POST", "/api/43/integration/otlp/v1/traces", b"", {**PB, "Authorization": f"Bearer {KEY}"})[0] == 403
    status, headers, _ = request(w.port, "OPTIONS", "/api/42/integration/otlp/v1/traces", None,
                                 {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"})
    assert status in (200, 204) and headers["Access-Control-Allow-Origin"]


def test_the_listener_for_otlp_has_nothing_else(weir, sink):
    port = free_port()
    w = weir({"listen": {"otlp": f"127.0.0.1:{port}"}}, dsn=sink().dsn())
    assert post(w, "/v1/traces", traces([root()]), port=port)[0] == 200
    assert post(w, "/v1/logs", logs([{"body": "x"}]), JSON, port=port)[0] == 200
    for method, path in [("GET", "/metrics"), ("GET", "/health"), ("GET", "/api/v1/status"), ("POST", "/api/1/envelope/"), ("POST", "/api/v1/events")]:
        assert request(port, method, path)[0] == 404, path
    w.stop()


# ---- what becomes of it --------------------------------------------------------------------------------------------

STACK = """Traceback (most recent call last):
  File "/srv/shop/checkout.py", line 42, in charge
    gateway.pay(order)
  File "/usr/lib/python3/site-packages/gateway.py", line 7, in pay
    raise TimeoutError("no answer")
TimeoutError: no answer
"""


def exception(at, **more):
    return {"name": "exception", "time_unix_nano": at, "attributes": {
        "exception.type": "TimeoutError", "exception.message": "no answer", "exception.stacktrace": STACK, **more}}


def test_spans_become_a_transaction_by_both_conventions(weir, sink):
    s = sink()
    w = weir(QUICK, dsn=s.dsn())
    top = root("GET", attributes={"http.request.method": "GET", "http.route": "/items/{id}", "http.response.status_code": 404})
    trace, start = top["trace_id"], top["start_time_unix_nano"]

    def child(i, name, kind, attributes, **more):
        return {"trace_id": trace, "span_id": f"{i:016x}", "parent_span_id": top["span_id"], "name": name, "kind": kind,
                "start_time_unix_nano": start + i, "end_time_unix_nano": start + 10**8, "attributes": attributes, **more}

    spans = [
        child(1, "GET", 3, {"http.method": "GET", "http.url": "https://pay.example/charge?x=1", "http.status_code": 503}),
        child(2, "SELECT shop", 3, {"db.system": "postgresql", "db.statement": "SELECT * FROM items", "net.peer.name": "db1"}),
        child(3, "SELECT shop", 3, {"db.system.name": "mysql", "db.query.text": "SELECT 2", "db.collection.name": "items", "server.address": "db2"}),
        child(4, "orders publish", 4, {"messaging.system": "kafka", "messaging.destination.name": "orders", "messaging.operation.type": "publish"}),
        child(5, "x", 3, {"rpc.system": "grpc", "rpc.service": "shop.Cart", "rpc.method": "Add", "rpc.grpc.status_code": 4}),
        child(6, "render", 1, {}), top]
    assert post(w, "/v1/traces", traces(spans, {"service.name": "shop", "service.version": "1.0", "deployment.environment": "staging",
                                               "host.name": "web-1", "telemetry.sdk.language": "python", "process.runtime.name": "CPython",
                                               "process.runtime.version": "3.11"}))[0] == 200
    t = transactions(s, 1)[0]
    assert (t["transaction"], t["transaction_info"]["source"], t["platform"]) == ("GET /items/{id}", "route", "python")
    assert (t["environment"], t["release"], t["server_name"]) == ("staging", "shop@1.0", "web-1")
    assert t["tags"]["service"] == "shop"
    assert t["contexts"]["runtime"]["name"] == "CPython"
    assert (t["contexts"]["trace"]["op"], t["contexts"]["trace"]["status"]) == ("http.server", "not_found")
    got = {x["span_id"]: (x["op"], x["description"], x["status"]) for x in t["spans"]}
    assert got == {
        f"{1:016x}": ("http.client", "GET https://pay.example/charge", "unavailable"),
        f"{2:016x}": ("db", "SELECT * FROM items", "ok"),
        f"{3:016x}": ("db", "SELECT 2", "ok"),
        f"{4:016x}": ("queue.publish", "orders publish", "ok"),
        f"{5:016x}": ("grpc.client", "shop.Cart/Add", "deadline_exceeded"),
        f"{6:016x}": ("default", "render", "ok")}
    for service in ("pay.example", "db1", "db2", "orders", "shop.Cart"):
        assert w.metric("integration_latency_ms_count", service=service) == 1, service
    assert w.metric("integration_errors_total", service="pay.example") == 1
    wait_for(lambda: w.ledger()["forwarded"] == 1, what="it is counted")


def test_an_exception_becomes_an_error_with_frames(weir, sink):
    s = sink()
    w = weir(QUICK, dsn=s.dsn())
    top = root("POST /checkout", attributes={"http.request.method": "POST", "http.route": "/checkout"})
    inner = {**root("charge", kind=1), "trace_id": top["trace_id"], "parent_span_id": top["span_id"]}
    at = inner["end_time_unix_nano"]
    inner["events"] = [exception(at - 1000, **{"exception.escaped": "true"})]
    top["events"] = [exception(at + 1000)]
    assert post(w, "/v1/traces", traces([inner, top], {"service.name": "shop", "service.version": "3", "telemetry.sdk.language": "python",
                                                      "deployment.environment.name": "prod"}))[0] == 200
    transactions(s, 1)
    e = wait_for(lambda: s.events(), what="the error")[0]
    thrown = e["exception"]["values"][-1]
    assert (thrown["type"], thrown["value"]) == ("TimeoutError", "no answer")
    assert [(f["function"], f["lineno"]) for f in thrown["stacktrace"]["frames"]] == [("charge", 42), ("pay", 7)]
    assert (e["environment"], e["release"]) == ("prod", "shop@3")
    assert e["contexts"]["trace"]["trace_id"] == top["trace_id"]
    # As it rose, it was recorded on the outer span, too: that one is not sent again.
    wait_for(lambda: w.ledger()["collapsed"] == 1, what="the repeated one is counted")
    assert len(s.events()) == 1
    assert w.ledger()["accepted"] == w.ledger()["forwarded"] + w.ledger()["collapsed"] + w.ledger()["spooled"]


def test_child_spans_alone_lose_nothing(weir, sink):
    s = sink()
    w = weir(QUICK, dsn=s.dsn())
    trace = uuid.uuid4().hex
    spans = [{**root(f"child {i}", kind=1), "trace_id": trace, "parent_span_id": "00000000000000ff"} for i in range(5)]
    assert post(w, "/v1/traces", traces(spans, {"service.name": "shop", "service.version": "9"}))[0] == 200
    got = transactions(s, 1)
    names = [t["transaction"] for t in got] + [x["description"] for t in got for x in t["spans"]]
    assert sorted(names) == [f"child {i}" for i in range(5)]
    assert all(t["release"] == "shop@9" for t in got)


def test_log_records_become_events_or_log_items(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    trace = uuid.uuid4().hex
    records = [{"time_unix_nano": now_ns(), "severity_number": 9, "severity_text": "INFO", "body": "just so", "attributes": {"n": 1}, "trace_id": trace},
               {"time_unix_nano": now_ns(), "severity_number": 17, "body": "failed", "trace_id": trace, "span_id": "00000000000000a1"},
               {"time_unix_nano": now_ns(), "severity_number": 9, "body": "caught",
                "attributes": {"exception.type": "E", "exception.message": "m", "exception.stacktrace": STACK}}]
    for headers in (PB, JSON):
        assert post(w, "/v1/logs", logs(records, {"service.name": "shop"}), headers)[0] == 200
    wait_for(lambda: len(s.events()) == 4 and len(s.items("log")) >= 1, what="events and log items")
    entries = [x for i in s.items("log") for x in i["payload"]["items"]]
    assert {x["body"] for x in entries} == {"just so"} and {x["trace_id"] for x in entries} == {trace}
    assert sorted(e.get("exception", {}).get("values", [{}])[-1].get("type", "-") for e in s.events()) == ["-", "-", "E", "E"]


# ---- scrubbing --------------------------------------------------------------------------------------------------------

def test_scrubbing_reaches_every_field(weir, sink):
    """A canary in each place where the OpenTelemetry Collector's redaction does not look, and in the others."""
    s = sink()
    w = weir(QUICK, dsn=s.dsn())
    email = "maria.okafor@exampel-mail.org"
    card = "4539 1488 0343 6467"
    mark = f"x {email} y {card}"
    trace = uuid.uuid4().hex
    span = {**root(f"GET {mark}", kind=2), "trace_id": trace, "trace_state": f"v={email}", "status": {"code": 2, "message": mark},
            "attributes": {"plain": mark, f"key.{email}": "v", "bytes": mark.encode(), "binary": b"\x00\xff" + mark.encode() + b"\x01",
                           "list": [mark, {"deep": mark.encode()}], "map": {email: mark}},
            "events": [{"name": f"hit {mark}", "time_unix_nano": now_ns(), "attributes": {f"e.{email}": mark, "b": mark.encode()}},
                       {"name": "exception", "time_unix_nano": now_ns(), "attributes": {
                           "exception.type": "ValueError", "exception.message": mark, "exception.stacktrace": STACK.replace("no answer", mark), "extra": mark}}],
            "links": [{"trace_id": trace, "span_id": "00000000000000a1", "trace_state": f"w={email}", "attributes": {f"l.{email}": mark}}]}
    child = {**root("child", kind=3), "trace_id": trace, "parent_span_id": span["span_id"],
             "attributes": {"db.system": "postgresql", "db.statement": f"SELECT '{mark}'"}}
    resource = {"service.name": "shop", "enduser": mark, f"r.{email}": "v", "list": [mark], "b": mark.encode()}
    record = {"time_unix_nano": now_ns(), "severity_number": 17, "severity_text": mark, "body": {"m": mark, email: mark.encode()},
              "attributes": {f"a.{email}": mark}, "trace_id": trace, "event_name": f"ev {mark}"}
    for headers in (PB, JSON):
        assert post(w, "/v1/traces", traces([span, child], resource, f"scope {mark}", f"1 {email}"), headers)[0] == 200
        for severity in (17, 9):
            assert post(w, "/v1/logs", logs([{**record, "severity_number": severity}], resource, f"scope {mark}"), headers)[0] == 200
    transactions(s, 1)
    wait_for(lambda: len(s.events()) >= 3 and s.items("log"), what="events and logs")
    w.stop()
    for leak in (email, card, card.replace(" ", ""), email.split("@")[0]):
        for where, text in (("sink", s.text()), ("spool", w.spool_bytes().decode("latin-1")), ("log", w.log())):
            assert leak not in text, (leak, where, text[max(0, text.find(leak) - 200):text.find(leak) + 60])
    import base64
    for leak in (email, card):
        for shift in range(3): # base64 of it, however it is aligned
            coded = base64.b64encode(b"\0" * shift + leak.encode()).decode()[4:-4]
            assert coded not in s.text()


@pytest.mark.parametrize("name,kind", [("otel-python", "ValueError"), ("otel-node", "TypeError")])
def test_real_sdks_leak_nothing(weir, sink, driver, name, kind):
    """The drivers bring no key with their logs, so no project is listed."""
    s = sink()
    w = weir(QUICK, dsn=s.dsn(), binary=RELEASE)
    driver(name, w, KEY)
    transactions(s, 1)
    errors = wait_for(lambda: [e for e in s.events() if e.get("exception", {}).get("values", [{}])[-1].get("type") == kind], what="errors")
    frames = errors[0]["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames and all(f.get("lineno") and f.get("filename") for f in frames)
    assert (errors[0]["environment"], errors[0]["release"].split("@")[1]) == ("staging", "2.4.1")
    text = s.text()
    # A user's name without anything that says so cannot be told from a word.
    assert not {k for k, v in canaries().items() if v in text} - {"C_USER"}


@pytest.mark.parametrize("name,kind,value,frame,release", [
    ("otel-python", "ValueError", "card ", ["drive.py", "<module>"], "checkout@2.4.1"),
    ("otel-node", "TypeError", "bad iban ", ["drive.js", "go"], "cart@2.4.1")])
def test_exceptions_of_real_sdks_arrive_as_issues(weir, bugsink, driver, name, kind, value, frame, release):
    w = weir(QUICK, dsn=bugsink.dsn(), binary=RELEASE)
    driver(name, w, KEY)
    issue = wait_for(lambda: [i for i in bugsink.issues() if i["type"] == kind and i["last_frame"][1]], what="the issue", timeout=60, every=1)[0]
    assert issue["value"].startswith(value) and issue["last_frame"][0].endswith(frame[0]) and issue["last_frame"][1] == frame[1]
    event = [e for e in bugsink.events() if e["exception"]["values"][-1]["type"] == kind][0]
    assert (event["environment"], event["release"]) == ("staging", release)
    stored = bugsink.database()
    assert not {k for k, v in canaries().items() if v.encode() in stored} - {"C_USER"}
    assert w.ledger()["dead"] == 0
