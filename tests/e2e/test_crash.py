"""kill -9 under load, again and again: nothing acknowledged is missing, duplicates are at most what was in
flight, and the ledger adds up after each restart. CHAOS_ROUNDS sets the number of kills (20; `make chaos N=`)."""
import collections
import http.client
import json
import os
import random
import threading
import time
import uuid

from weir import KEY, RELEASE, envelope, error_event, wait_for

LETTERS = str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "20"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))


class Sender(threading.Thread):
    """Posts events on a kept connection and notes which were acknowledged."""

    def __init__(self, port, stop):
        super().__init__(daemon=True)
        self.port, self.stop = port, stop
        self.acknowledged, self.unsure = [], []

    def run(self):
        c = None
        while not self.stop.is_set():
            event = error_event("user %s@example.org failed" % uuid.uuid4().hex[:6])
            body = envelope(("event", event), event_id=event["event_id"])
            try:
                c = c or http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                c.request("POST", "/api/42/envelope/", body, {"X-Sentry-Auth": f"Sentry sentry_key={KEY}"})
                r = c.getresponse()
                r.read()
                (self.acknowledged if r.status == 200 else self.unsure).append(event["event_id"])
            except (OSError, http.client.HTTPException):
                self.unsure.append(event["event_id"])
                c = None
                time.sleep(0.02)


def test_kill_9_under_load_loses_nothing(weir, sink):
    rng = random.Random(SEED)
    s = sink()
    w = weir({}, dsn=s.dsn(), binary=RELEASE)
    stop = threading.Event()
    senders = [Sender(w.port, stop) for _ in range(4)]
    for sender in senders:
        sender.start()
    for _ in range(ROUNDS):
        time.sleep(rng.uniform(0.1, 0.6))
        w.kill9()
        w.start()
        w.ledger()
    time.sleep(0.3)
    stop.set()
    for sender in senders:
        sender.join(10)
    wait_for(lambda: w.ledger()["spooled"] == 0, timeout=60, what="the spool drains")

    acknowledged = [i for sender in senders for i in sender.acknowledged]
    wait_for(lambda: set(acknowledged) <= set(s.event_ids()), what="nothing acknowledged is missing")
    arrived = collections.Counter(s.event_ids())
    twice = sum(n - 1 for n in arrived.values())
    print(json.dumps({"rounds": ROUNDS, "seed": SEED, "acknowledged": len(acknowledged), "duplicates": twice}))
    assert len(acknowledged) > 10 * ROUNDS, "there was load"
    # In flight at a kill: what the forwarder had sent or was about to settle.
    assert twice <= ROUNDS * 256
    assert b"@example.org" not in w.spool_bytes()
    ledger = w.ledger()
    assert ledger["accepted"] == ledger["forwarded"] and not ledger["dead"] and not ledger["dropped"]


class MixedSender(threading.Thread):
    """Posts what join waits for: spans in two requests a trace, identical errors, errors that only happen once, breadcrumbs, log records."""

    def __init__(self, port, stop):
        super().__init__(daemon=True)
        self.port, self.stop = port, stop
        self.traces, self.unsure_traces, self.unique, self.storm, self.storm_unsure, self.logs = {}, set(), [], 0, 0, 0
        self.connection = None

    def post(self, path, body, content="application/json"):
        try:
            self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            self.connection.request("POST", path, body, {"X-Sentry-Auth": f"Sentry sentry_key={KEY}", "Content-Type": content})
            r = self.connection.getresponse()
            r.read()
            return r.status in (200, 202)
        except (OSError, http.client.HTTPException):
            self.connection = None
            time.sleep(0.02)
            return False

    def trace(self):
        trace, now = uuid.uuid4().hex, time.time()
        ids = [uuid.uuid4().hex[:16] for _ in range(6)]
        spans = [{"type": "span", "project": "42", "trace_id": trace, "span_id": i, "parent_span_id": ids[0] if i != ids[0] else None,
                  "service": "shop" if n != 3 else "pay", "op": "function", "start": now - 0.2, "end": now - 0.1} for n, i in enumerate(ids)]
        for part in (spans[3:], spans[:3]):
            if self.post("/api/v1/spans", json.dumps(part)):
                self.traces.setdefault(trace, set()).update(s["span_id"] for s in part)
            else:
                self.unsure_traces.add(trace)

    def error(self, message):
        event = error_event(message)
        return event["event_id"] if self.post("/api/42/envelope/", envelope(("event", event), event_id=event["event_id"])) else None

    def run(self):
        n = 0
        while not self.stop.is_set():
            n += 1
            self.trace()
            unique = self.error("happened to " + uuid.uuid4().hex.translate(LETTERS))
            if unique:
                self.unique.append(unique)
            for _ in range(3):
                if self.error(f"order {n} failed"):
                    self.storm += 1
                else:
                    self.storm_unsure += 1
            self.post("/api/v1/breadcrumbs", json.dumps({"project": "42", "trace_id": uuid.uuid4().hex, "message": "waits"}))
            records = [{"timeUnixNano": str(time.time_ns()), "severityNumber": 9, "body": {"stringValue": f"record {n}"}}]
            self.logs += self.post("/v1/logs", json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}))


def test_kill_9_with_staged_fragments_tail_sampling_and_collapse_loses_nothing(weir, sink):
    rng = random.Random(SEED)
    s = sink()
    w = weir({"default_project": "42", "breadcrumbs": {"from_spans": True, "ttl": "2s"}, "collapse": {"window": "1s"},
              "traces": {"wait": "700ms", "keep": {"errors": True, "share": 0.5}}}, dsn=s.dsn(), binary=RELEASE)
    stop = threading.Event()
    senders = [MixedSender(w.port, stop) for _ in range(3)]
    for sender in senders:
        sender.start()
    for _ in range(ROUNDS):
        time.sleep(rng.uniform(0.1, 0.9))
        w.kill9()
        w.start()
        w.ledger()
    time.sleep(0.3)
    stop.set()
    for sender in senders:
        sender.join(10)
    ledger = wait_for(lambda: w.ledger()["spooled"] == 0 and w.ledger(), timeout=90, what="the spool drains, join's window too")

    events = {e["event_id"]: e for e in s.events()}
    unique = [i for sender in senders for i in sender.unique]
    assert set(unique) <= set(events), "an error that was acknowledged is missing"
    storm = sum(e.get("contexts", {}).get("collapse", {}).get("count", 1) for e in events.values() if "order" in e["message"])
    acknowledged, unsure = sum(x.storm for x in senders), sum(x.storm_unsure for x in senders)
    assert acknowledged <= storm <= acknowledged + unsure, "the counts are those of what was acknowledged"
    arrived = collections.defaultdict(set)
    for t in s.items("transaction"):
        trace = t["payload"]["contexts"]["trace"]
        arrived[trace["trace_id"]] |= {trace["span_id"], *(x["span_id"] for x in t["payload"]["spans"])}
    kept = 0
    for sender in senders:
        for trace, ids in sender.traces.items():
            missing = ids - arrived[trace]
            assert not missing or missing == ids, f"a trace is kept or left out as a whole: {missing} of {ids}"
            kept += not missing
    traces = sum(len(x.traces) for x in senders)
    logs = sum(len(i["payload"]["items"]) for i in {json.dumps(i["payload"]): i for i in s.items("log")}.values())
    print(json.dumps({"rounds": ROUNDS, "seed": SEED, "errors": len(unique), "storm": storm, "traces": traces, "kept": kept, "logs": logs}))
    assert traces > 5 * ROUNDS and 0.3 * traces < kept < 0.7 * traces
    assert logs >= sum(x.logs for x in senders), "no acknowledged log record is missing"
    assert ledger["accepted"] == ledger["forwarded"] + ledger["sampled"] + ledger["collapsed"] + ledger["expired"]
    assert not ledger["dead"] and not ledger["dropped"]
