"""What weir makes of OpenTelemetry's, Zipkin's and its own spans, at a second real reader of envelopes: Spotlight keeps all item types.
(Bugsink answers 200 to transactions and drops them, so it proves nothing about them.)"""
import fcntl
import json
import os
import pathlib
import subprocess
import time
import uuid

import pytest

from otlp_messages import traces
from weir import SHARED, Process, free_port, request, wait_for


class Spotlight:
    """A real Spotlight on a port of its own; everything it holds is read off its event stream."""

    def __init__(self, port):
        self.port = port

    def dsn(self):
        return f"http://0123456789abcdef0123456789abcdef@127.0.0.1:{self.port}/1"

    def items(self, kind):
        r = subprocess.run(["bash", SHARED / "infra/spotlight.sh", "tail", "1"], capture_output=True, text=True, timeout=30,
                           env={**os.environ, "SPOTLIGHT_PORT": str(self.port)})
        out = []
        for line in r.stdout.splitlines():
            if line.startswith("data:"):
                _, items = json.loads(line[5:])
                out += [payload for header, payload in items if header["type"] == kind]
        return out


@pytest.fixture
def spotlight(tmp_path, processes):
    if not SHARED.is_dir():
        pytest.skip("the folder shared/ with the real servers is not beside this checkout")
    folder = pathlib.Path(os.environ.get("SPOTLIGHT_DIR", "/tmp/weir-spotlight"))
    program = folder / "node_modules/@spotlightjs/spotlight/dist/run.js"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():  # starting it once is what brings it
            for what in "start", "stop":
                subprocess.run(["bash", SHARED / "infra/spotlight.sh", what], env={**os.environ, "SPOTLIGHT_PORT": str(free_port())},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
    if not program.exists():
        pytest.skip("npm cannot bring Spotlight")
    s = Spotlight(free_port())
    processes.append(Process(["node", program, "server", "-p", str(s.port)], tmp_path / "spotlight.log", stdout=subprocess.DEVNULL, cwd=folder,
                             env={"SENTRY_DSN": "", "SPOTLIGHT_TELEMETRY": "0"}))
    wait_for(lambda: request(s.port, "GET", "/health")[0] == 200, timeout=60, what="Spotlight is up")
    return s


NOW = time.time_ns()
OTLP, ZIPKIN, NATIVE = (uuid.uuid4().hex for _ in range(3))


def post_otlp(w):
    at = {"trace_id": OTLP, "start_time_unix_nano": NOW - 10**9, "end_time_unix_nano": NOW}
    link = {"trace_id": ZIPKIN, "span_id": "00000000000000b1", "attributes": {"why": "batch"}}
    spans = [{**at, "span_id": "00000000000000a1", "name": "GET", "kind": 2, "links": [link], "events": [{"name": "retry", "time_unix_nano": NOW}],
              "attributes": {"http.request.method": "GET", "http.route": "/items/{id}", "user": "ann@example.org", "n": [1, {"a": b"\xff"}]}},
             {**at, "span_id": "00000000000000a2", "parent_span_id": "00000000000000a1", "name": "query", "kind": 3,
              "attributes": {"db.system": "postgresql", "db.statement": "SELECT 1"}}]
    body = traces(spans, {"service.name": "shop", "service.version": "1.7", "process.runtime.name": "cpython"}).SerializeToString()
    assert w.post("/v1/traces", body, {"Content-Type": "application/x-protobuf"})[0] == 200


def post_zipkin(w):
    at = {"traceId": ZIPKIN, "timestamp": NOW // 1000 - 10**6, "duration": 1000, "localEndpoint": {"serviceName": "gate", "ipv4": "192.0.2.7"}}
    spans = [{**at, "id": "00000000000000b1", "kind": "SERVER", "name": "get /stock", "tags": {"http.method": "GET", "http.path": "/stock"},
              "annotations": [{"timestamp": NOW // 1000, "value": "retry"}]},
             {**at, "id": "00000000000000b2", "parentId": "00000000000000b1", "kind": "CLIENT", "name": "ask", "tags": {"error": "no answer"}}]
    status, _, answer = w.post("/api/v2/spans", json.dumps(spans), {"Content-Type": "application/json"})
    assert status == 202, answer


def post_native(w):
    at = {"type": "span", "trace_id": NATIVE, "service": "pay", "start": NOW / 1e9 - 1, "end": NOW / 1e9}
    spans = [{**at, "span_id": "c" * 16, "op": "queue.process", "description": "charges", "tags": {"shop": "7"}, "status": "internal_error"},
             {**at, "span_id": "d" * 16, "parent_span_id": "c" * 16, "op": "db.query", "description": "SELECT 1", "data": {"rows": 3}}]
    assert w.post("/api/v1/spans", json.dumps(spans), {"Content-Type": "application/json"})[0] == 202


def test_transactions_of_otlp_zipkin_and_native_spans_are_taken_as_they_are(weir, sink, spotlight):
    s = sink()
    w = weir({"traces": {"wait": "300ms"}, "destinations": [{"name": "spotlight", "dsn": spotlight.dsn()}, {"name": "sink", "dsn": s.dsn()}]})
    for post in post_otlp, post_zipkin, post_native:
        post(w)
    for name in "spotlight", "sink":
        ledger = wait_for(lambda: w.ledger(name)["forwarded"] == 3 and w.ledger(name), what=f"{name} took all")
        assert ledger["spooled"] == ledger["dead"] == 0
    sent = wait_for(lambda: len(t := s.items("transaction")) == 3 and {i["payload"]["event_id"]: i["payload"] for i in t}, what="three at the sink")
    held = wait_for(lambda: len(t := spotlight.items("transaction")) == 3 and {p["event_id"]: p for p in t}, what="three at Spotlight")
    assert held == sent
    by_trace = {t["contexts"]["trace"]["trace_id"]: t for t in held.values()}
    assert {trace: (t["transaction"], t["contexts"]["trace"]["op"], len(t["spans"]), t["tags"]["service"]) for trace, t in by_trace.items()} == {
        OTLP: ("GET /items/{id}", "http.server", 1, "shop"), ZIPKIN: ("get /stock", "http.server", 1, "gate"), NATIVE: ("charges", "queue.process", 1, "pay")}
    assert "ann@example.org" not in json.dumps(held)
