"""What several requests make together: breadcrumbs over services, late spans, one error of a storm a window, traces kept and left out."""
import collections
import json
import time
import uuid

from weir import KEY, envelope, error_event, wait_for

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def span(trace, span_id, parent=None, **more):
    now = time.time()
    s = {"type": "span", "trace_id": trace, "span_id": span_id, "service": "shop", "op": "function", "start": now - 0.2, "end": now - 0.1, **more}
    return {**s, "parent_span_id": parent} if parent else s


def post_spans(w, spans, project="42"):
    status, _, answer = w.post("/api/v1/spans", json.dumps([{**s, "project": project} for s in spans]))
    assert status == 202, answer


def settled(w):
    return wait_for(lambda: w.ledger()["spooled"] == 0 and w.ledger(), timeout=30, what="nothing waits")


def test_breadcrumbs_of_three_services_stand_in_the_error_that_they_led_to(weir, sink):
    """A shell script's breadcrumb over UDP, the calls of another service's spans, and an SDK's own, in two projects that are joined."""
    s = sink()
    w = weir({"breadcrumbs": {"from_spans": True, "across": ["42", "7"]}}, dsn=s.dsn())
    now = time.time()
    w.send_udp({"type": "breadcrumb", "project": "7", "trace_id": TRACE, "service": "script", "message": "deploy began", "timestamp": now - 9})
    post_spans(w, [span(TRACE, "a" * 16, service="gate", op="http.server", description="POST /order", start=now - 8, end=now),
                   span(TRACE, "b" * 16, "a" * 16, service="gate", op="http.client", description="GET /stock?user=bob@example.org", start=now - 7, end=now - 6)], project="7")
    wait_for(lambda: w.metric("weir_breadcrumbs_held") == 1, what="held")
    w.send_event(error_event("out of stock", timestamp=now, contexts={"trace": {"trace_id": TRACE, "span_id": "c" * 16}},
                             breadcrumbs={"values": [{"timestamp": now - 3, "message": "looked into the cart"}]}))
    e = wait_for(lambda: s.events(), what="the error")[0]
    assert [c["message"].split()[0] for c in e["breadcrumbs"]["values"]] == ["deploy", "GET", "looked"]
    assert e["breadcrumbs"]["values"][1]["data"]["service"] == "gate" and "bob@example.org" not in s.text()
    # Its spans are no less a transaction, and an error later on still knows the calls.
    assert wait_for(lambda: s.items("transaction"), timeout=15, what="the transaction")[0]["payload"]["transaction"] == "POST /order"
    w.send_event(error_event("again", timestamp=now, contexts={"trace": {"trace_id": TRACE, "span_id": "c" * 16}}))
    wait_for(lambda: len(s.events()) == 2, what="the second error")
    assert [c["message"].split()[0] for c in s.events()[1]["breadcrumbs"]["values"]] == ["GET"]
    settled(w)


def test_a_request_of_several_local_roots_and_late_spans_lose_nothing(weir, sink):
    s = sink()
    w = weir({"traces": {"wait": "1s", "max_spans": 10}}, dsn=s.dsn())
    ids = [f"{i:016x}" for i in range(1, 41)]
    # Of one request: shop's root with 24 children, one of them pay's parent, which has 4.
    spans = [span(TRACE, ids[0], description="root")] + [span(TRACE, i, ids[0]) for i in ids[1:25]]
    spans += [span(TRACE, ids[25], ids[1], service="pay", description="charge")] + [span(TRACE, i, ids[25], service="pay") for i in ids[26:30]]
    post_spans(w, spans)
    wait_for(lambda: len({x["span_id"] for t in s.items("transaction") for x in t["payload"]["spans"]}) == 28, what="two transactions, one in pieces")
    first = settled(w)
    roots = collections.Counter(t["payload"]["transaction"] for t in s.items("transaction"))
    assert roots == {"root": 3, "charge": 1}, "24 children, 9 in a piece"
    assert first["forwarded"] == 4 and first["accepted"] == 4 + first["collapsed"]
    post_spans(w, [span(TRACE, ids[30], ids[1], description="late")])
    wait_for(lambda: any(t["payload"]["transaction"] == "late" for t in s.items("transaction")), what="the late one")
    assert settled(w)["forwarded"] == 5


def test_spans_in_the_window_survive_kill_9(weir, sink):
    s = sink()
    w = weir({"traces": {"wait": "2s"}}, dsn=s.dsn())
    ids = [f"{i:016x}" for i in range(1, 11)]
    post_spans(w, [span(TRACE, i, ids[0]) for i in ids[1:6]])
    w.kill9()
    w.start()
    post_spans(w, [span(TRACE, ids[0], description="root")] + [span(TRACE, i, ids[0]) for i in ids[6:]])
    t = wait_for(lambda: s.items("transaction"), timeout=15, what="the transaction")[0]["payload"]
    assert t["transaction"] == "root" and {x["span_id"] for x in t["spans"]} == set(ids[1:])
    settled(w)


def test_a_storm_is_sent_once_a_window_with_its_count(weir, sink):
    s = sink()
    w = weir({"collapse": {"window": "3s"}}, dsn=s.dsn())
    began = time.time()
    for i in range(60):
        w.send_event(error_event(f"order {i} of user-{i}f failed"))
    w.send_event(error_event("another problem"))
    wait_for(lambda: len(s.events()) >= 2, what="the first of each at once")
    assert time.time() - began < 3 or len(s.events()) <= 3
    w.kill9()
    w.start()
    for i in range(40):
        w.send_event(error_event(f"order {i + 60} of user-{i}f failed"))
    ledger = wait_for(lambda: w.ledger()["spooled"] == 0 and w.ledger(), timeout=30, what="the window ends")
    stands_for = [e["contexts"]["collapse"] if "collapse" in e.get("contexts", {}) else {"count": 1} for e in s.events() if "order" in e["message"]]
    assert sum(c["count"] for c in stands_for) == 100, stands_for
    assert len(stands_for) < 12
    told = [c for c in stands_for if c["count"] > 1]
    assert told and all(c["first_seen"] <= c["last_seen"] for c in told)
    assert ledger["accepted"] == 101 and ledger["collapsed"] == 101 - ledger["forwarded"]


def test_traces_with_errors_and_slow_ones_are_kept_of_the_rest_a_share(weir, sink):
    s = sink()
    w = weir({"traces": {"wait": "1s", "keep": {"errors": True, "slower_than": "2s", "share": 0.2}}}, dsn=s.dsn())
    now = time.time()
    plain = [uuid.uuid4().hex for _ in range(200)]
    failed, slow, with_error = (uuid.uuid4().hex for _ in range(3))
    spans = [span(t, "a" * 16, description="plain") for t in plain]
    spans += [span(failed, "a" * 16, status="internal_error", description="failed"), span(slow, "a" * 16, start=now - 5, description="slow"),
              span(with_error, "a" * 16, description="with error")]
    for i in range(0, len(spans), 50):
        post_spans(w, spans[i:i + 50])
    w.send_event(error_event("boom", contexts={"trace": {"trace_id": with_error, "span_id": "b" * 16}}))
    t = {"type": "transaction", "event_id": uuid.uuid4().hex, "transaction": "sdk", "start_timestamp": now - 9, "timestamp": now,
         "contexts": {"trace": {"trace_id": slow, "span_id": "c" * 16, "op": "http.server"}}, "spans": []}
    assert w.send_envelope(envelope(("transaction", t), event_id=t["event_id"]))[0] == 200
    ledger = settled(w)
    names = collections.Counter(t["payload"]["transaction"] for t in s.items("transaction"))
    assert names["failed"] == names["slow"] == names["with error"] == names["sdk"] == 1
    assert 15 <= names["plain"] <= 70 and ledger["sampled"] == 200 - names["plain"]
    kept = {t["payload"]["contexts"]["trace"]["trace_id"] for t in s.items("transaction")} & set(plain)
    assert w.metric("weir_items_total", type="span", outcome="sampled") == 200 - len(kept)
    # The same traces on another host: the same decisions.
    other_sink = sink(name="other-sink")
    other = weir({"traces": {"wait": "1s", "keep": {"share": 0.2}}}, dsn=other_sink.dsn(), name="other")
    for i in range(0, 200, 50):
        post_spans(other, [span(t, "d" * 16) for t in plain[i:i + 50]])
    settled(other)
    assert {t["payload"]["contexts"]["trace"]["trace_id"] for t in other_sink.items("transaction")} == kept


def test_zipkins_shared_spans_are_two_and_the_service_is_one_tag_whatever_the_input(weir, sink):
    s = sink()
    w = weir({"traces": {"wait": "1s"}}, dsn=s.dsn())
    now = time.time_ns() // 1000
    at = {"traceId": TRACE, "timestamp": now - 10**6, "duration": 10**5, "localEndpoint": {"serviceName": "shop"}}
    pays = {**at, "localEndpoint": {"serviceName": "pay"}}
    halves = [[{**at, "id": "a" * 16, "kind": "SERVER", "name": "post /order"}, {**at, "id": "b" * 16, "parentId": "a" * 16, "kind": "CLIENT", "name": "post"}],
              [{**pays, "id": "b" * 16, "parentId": "a" * 16, "kind": "SERVER", "shared": True, "name": "post /charge"},
               {**pays, "id": "c" * 16, "parentId": "b" * 16, "name": "insert"}]]
    for half in halves:
        assert w.post("/api/v2/spans", json.dumps(half))[0] == 202
    wait_for(lambda: len(s.items("transaction")) == 2, what="two transactions")
    got = {t["payload"]["transaction"]: t["payload"] for t in s.items("transaction")}
    order, charge = got["post /order"], got["post /charge"]
    server = charge["contexts"]["trace"]
    assert [x["span_id"] for x in order["spans"]] == ["b" * 16] == [server["parent_span_id"]]
    assert server["span_id"] not in ("a" * 16, "b" * 16) and [x["parent_span_id"] for x in charge["spans"]] == [server["span_id"]]

    record = {"timeUnixNano": str(now * 1000), "severityNumber": 17, "body": {"stringValue": "of otlp"}}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    thrown = {"timeUnixNano": str(now * 1000), "name": "exception", "attributes": [{"key": "exception.message", "value": {"stringValue": "of a span"}}]}
    ours = {"traceId": "d" * 32, "spanId": "e" * 16, "name": "of otlp", "kind": 2, "startTimeUnixNano": str(now * 1000), "events": [thrown]}
    logs = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]}
    traces = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [ours]}]}]}
    for path, body in [("/v1/logs", logs), ("/v1/traces", traces), ("/api/v1/events", {"service": "shop", "message": "of native"}),
                       ("/gelf", {"version": "1.1", "host": "web-1", "_service": "shop", "short_message": "of gelf", "level": 3})]:
        assert w.post(path, json.dumps(body), {"Content-Type": "application/json"})[0] in (200, 202), path
    post_spans(w, [span("f" * 32, "a" * 16, description="of native")], project="1")
    wait_for(lambda: len(s.events()) == 4 and len(s.items("transaction")) == 4, what="all of them")
    tags = [e["tags"] for e in [*s.events(), *(t["payload"] for t in s.items("transaction") if t["payload"] is not charge)]]
    assert all(t.get("service") == "shop" and "service.name" not in t for t in tags), tags
    settled(w)


def with_trace(trace, item, **header):
    kind = item.get("type", "event")
    return envelope((kind, item), event_id=item["event_id"], trace={"trace_id": trace, "public_key": "k", "sample_rand": "0.4539148803436467", **header})


def transaction(trace, name):
    now = time.time()
    return {"type": "transaction", "event_id": uuid.uuid4().hex, "transaction": name, "start_timestamp": now - 1, "timestamp": now,
            "contexts": {"trace": {"trace_id": trace, "span_id": "a" * 16, "op": "task"}}, "spans": []}


def test_what_the_senders_sampling_left_out_is_left_out_and_errors_are_not(weir, sink):
    s = sink()
    w = weir({"traces": {"wait": "300ms"}, "default_project": "42"}, dsn=s.dsn())
    left, taken = uuid.uuid4().hex, uuid.uuid4().hex
    alone = {k: v for k, v in span(left, "a" * 16, description="left").items() if k != "trace_id"}
    body = json.dumps([alone, span(taken, "b" * 16, description="of another trace")])
    assert w.post("/api/v1/spans", body, {"traceparent": f"00-{left}-{'f' * 16}-00"})[0] == 202
    w.send_udp(span(left, "c" * 16, description="left", sampled=False), span(taken, "d" * 16, description="taken", sampled=True))
    for sampled in "false", False:
        assert w.send_envelope(with_trace(left, transaction(left, "left"), sampled=sampled))[0] == 200
    assert w.send_envelope(with_trace(taken, transaction(taken, "of the sdk"), sampled="true"))[0] == 200
    error = error_event("boom", contexts={"trace": {"trace_id": left, "span_id": "a" * 16}})
    assert w.send_envelope(with_trace(left, error, sampled="false"))[0] == 200
    assert w.post("/api/v1/spans", json.dumps(span(left, "a" * 16, sampled="no")))[0] == 400
    wait_for(lambda: len(s.items("transaction")) == 3 and s.events(), what="what is taken")
    assert {t["payload"]["transaction"] for t in s.items("transaction")} == {"of another trace", "taken", "of the sdk"}
    ledger = settled(w)
    assert (ledger["sampled"], ledger["accepted"]) == (4, 8)
    assert w.metric("weir_events_total", outcome="sampled", reason="sender") == 4
    headers = [e["header"]["trace"] for e in s.envelopes if "trace" in e["header"]]
    assert {"trace_id": left, "public_key": "k", "sample_rand": "0.4539148803436467", "sampled": "false"} in headers, headers


def test_a_share_of_traces_is_the_same_on_every_host_whatever_the_input(weir, sink):
    ids = [uuid.uuid4().hex for _ in range(60)]
    sinks = [sink(name="first"), sink(name="second")]
    hosts = [weir({"traces": {"wait": "300ms"}, "projects": [{"id": "42", "keys": [KEY], "sample": {"traces": 0.5}, "destinations": ["main"]}],
                   "default_project": "42"}, dsn=x.dsn(), name=f"host-{i}") for i, x in enumerate(sinks)]
    for t in ids:
        assert hosts[0].send_envelope(with_trace(t, transaction(t, "sdk"), sampled="true", sample_rate="1"))[0] == 200
    spans = json.dumps([span(t, "b" * 16) for t in ids])
    assert hosts[1].post("/api/v1/spans", spans, {"Authorization": f"Bearer {KEY}"})[0] == 202
    ledgers = [settled(w) for w in hosts]
    kept = [{t["payload"]["contexts"]["trace"]["trace_id"] for t in x.items("transaction")} for x in sinks]
    assert kept[0] == kept[1] and 10 <= len(kept[0]) <= 50
    assert all(x["sampled"] == 60 - len(kept[0]) for x in ledgers)
