"""Native JSON over UDP (contract 4), by plain sockets and by `weir send`; and what join makes of fragments."""
import json
import time
import uuid

from weir import KEY, wait_for

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_an_error_over_udp_becomes_a_full_event(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    w.send_udp({"type": "error", "project": "42", "service": "shop", "level": "error", "message": "charge failed for bob@example.org",
                "exception": {"type": "TimeoutError", "value": "card 4111 1111 1111 1111", "frames": [{"function": "charge", "filename": "pay.py", "lineno": 7}]},
                "environment": "qa", "release": "shop@1.4.2", "trace_id": TRACE, "span_id": "00f067aa0ba902b7", "tags": {"tenant": "acme"},
                "user": {"id": "7", "email": "bob@example.org"}, "extra": {"password": "hunter2"}, "timestamp": "2026-11-21T05:30:00.123Z"})
    wait_for(lambda: s.events(), what="the event")
    e = s.events()[0]
    assert e["environment"] == "qa" and e["release"] == "shop@1.4.2" and e["tags"]["tenant"] == "acme"
    assert e["exception"]["values"][0]["type"] == "TimeoutError"
    assert e["exception"]["values"][0]["stacktrace"]["frames"][0]["function"] == "charge"
    assert e["contexts"]["trace"]["trace_id"] == TRACE
    for secret in ("bob@example.org", "4111 1111 1111 1111", "hunter2"):
        assert secret not in s.text()
    assert w.metric("weir_udp_datagrams_total", outcome="accepted") == 1


def test_ndjson_in_a_datagram_and_bad_lines(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    w.send_udp({"type": "message", "message": "one"}, b"not json", {"type": "error", "message": "two"})
    w.send_udp(b"\xff\xfe garbage")
    w.send_udp(b'{"type":"message","message":"from C"}\0')
    wait_for(lambda: len(s.events()) == 3, what="three events")
    wait_for(lambda: w.metric("weir_udp_datagrams_total", outcome="malformed") >= 1, what="counted")
    assert w.ledger()["accepted"] == 3
    assert w.metric("weir_rejected_total", transport="udp", reason="malformed") == 2, "the bad line beside good ones, and the garbage"


def test_lost_datagrams_are_counted_by_sequence(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    for seq in (1, 2, 5, 6, 9):
        w.send_udp({"type": "message", "message": f"n{seq}", "seq": seq, "source": "shop-7"})
    wait_for(lambda: len(s.events()) == 5, what="five events")
    assert w.metric("weir_udp_lost_total", source="shop-7") == 4


def test_integration_and_breaker_messages(weir, sink):
    w = weir({}, dsn=sink().dsn())
    w.send_udp({"type": "integration", "service": "payment", "endpoint": "/orders/12345/items/9f8b1c2d-1111-4222-8333-444455556666", "status": "200", "latency_ms": 231.5},
               {"type": "integration", "service": "payment", "endpoint": "/charge", "status": "503", "latency_ms": 20},
               {"type": "breaker", "service": "payment", "state": "half_open", "reporter": "a"}, {"type": "breaker", "service": "payment", "state": "open", "reporter": "b"})
    wait_for(lambda: w.metric("circuit_breaker_state", service="payment", state="open") == 1, what="the worst state wins")
    series = [m for m in w.metrics() if m.startswith("integration_latency_ms_count") and 'service="payment"' in m]
    assert len(series) == 2 and not any("12345" in m or "9f8b1c2d" in m for m in series)
    assert w.metric("integration_errors_total", service="payment", error_type="http_5xx") == 1


def test_breadcrumbs_join_the_next_error_of_their_trace(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    now = time.time()
    for i, service in enumerate(("cart", "stock", "cart")):
        w.send_udp({"type": "breadcrumb", "project": "42", "trace_id": TRACE, "service": service, "category": "http", "message": f"step {i} by bob@example.org", "level": "info",
                    "data": {"n": i}, "timestamp": now - 10 + i})
    w.send_udp({"type": "breadcrumb", "project": "42", "trace_id": "f" * 32, "service": "other", "message": "another trace", "timestamp": now})
    wait_for(lambda: w.metric("weir_breadcrumbs_held") == 4, what="held")
    e = {"event_id": uuid.uuid4().hex, "message": "boom", "timestamp": now, "contexts": {"trace": {"trace_id": TRACE, "span_id": "1" * 16}},
         "breadcrumbs": {"values": [{"timestamp": now - 8.5, "message": "own"}]}}
    w.send_event(e)
    wait_for(lambda: s.events(), what="the event")
    crumbs = s.events()[0]["breadcrumbs"]["values"]
    assert [c["message"].split()[0:2] for c in crumbs] == [["step", "0"], ["step", "1"], ["own"], ["step", "2"]]
    assert "bob@example.org" not in s.text()
    ledger = wait_for(lambda: w.ledger()["forwarded"] == 1 and w.ledger(), what="settled")
    assert ledger["spooled"] == 1 and ledger["collapsed"] == 3, "the breadcrumb of another trace waits"
    w.send_event({"event_id": uuid.uuid4().hex, "message": "again", "contexts": {"trace": {"trace_id": TRACE, "span_id": "1" * 16}}})
    wait_for(lambda: len(s.events()) == 2, what="the second")
    assert not (s.events()[1].get("breadcrumbs") or {}).get("values"), "each breadcrumb joins once"


def test_an_error_right_behind_its_breadcrumbs_takes_them_along(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    for i in range(20):
        trace = uuid.uuid4().hex
        crumb = {"type": "breadcrumb", "trace_id": trace, "service": "cart", "message": f"crumb {i}", "timestamp": time.time()}
        error = {"type": "error", "trace_id": trace, "service": "shop", "message": f"boom {i}"}
        if i % 2:
            w.send_udp(crumb, error)
        else:
            w.post("/api/v1/breadcrumbs", json.dumps(crumb))
            w.post("/api/v1/events", json.dumps(error))
    wait_for(lambda: len(s.events()) == 20, what="all errors")
    for e in s.events():
        values = e["breadcrumbs"]["values"]
        assert [c["message"].split()[1] for c in values] == [e["message"].split()[1]]


def test_staged_breadcrumbs_survive_kill_9(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    w.send_udp({"type": "breadcrumb", "project": "42", "trace_id": TRACE, "service": "cart", "message": "before the crash", "timestamp": time.time()})
    wait_for(lambda: w.metric("weir_breadcrumbs_held") == 1, what="held")
    w.kill9()
    w.start()
    w.send_event({"event_id": uuid.uuid4().hex, "message": "boom", "contexts": {"trace": {"trace_id": TRACE, "span_id": "1" * 16}}})
    wait_for(lambda: s.events(), what="the event")
    assert s.events()[0]["breadcrumbs"]["values"][0]["message"] == "before the crash"


def test_native_spans_become_a_transaction(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    now = time.time()
    root, child = "a" * 16, "b" * 16
    w.send_udp({"type": "span", "trace_id": TRACE, "span_id": child, "parent_span_id": root, "service": "shop", "op": "http.client", "description": "POST /charge?mail=bob@example.org",
                "start": now - 0.3, "end": now - 0.1, "status": "ok", "data": {"peer.service": "payment"}})
    w.send_udp({"type": "span", "trace_id": TRACE, "span_id": root, "service": "shop", "op": "http.server", "description": "POST /checkout", "start": now - 0.5, "end": now, "status": "ok"})
    wait_for(lambda: s.items("transaction"), timeout=15, what="a transaction")
    t = s.items("transaction")[0]["payload"]
    assert t["transaction"] == "POST /checkout" and t["contexts"]["trace"]["span_id"] == root and t["contexts"]["trace"]["op"] == "http.server"
    assert [x["span_id"] for x in t["spans"]] == [child] and t["spans"][0]["parent_span_id"] == root
    assert "bob@example.org" not in s.text()
    assert wait_for(lambda: w.ledger()["spooled"] == 0 and w.ledger(), what="settled")["forwarded"] == 1


def test_weir_send(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    w.env["http_proxy"] = "http://127.0.0.1:1"  # which knows no way to this machine
    over_http = w.cli("send", "--dsn", f"http://{KEY}@127.0.0.1:{w.port}/42", "card 4111 1111 1111 1111", "password=hunter2", "shop=berlin")
    assert over_http.returncode == 0, over_http.stderr
    event_id = over_http.stdout.strip().split()[-1]
    over_udp = w.cli("send", "--udp", f"127.0.0.1:{w.udp}", "udp says hello")
    assert over_udp.returncode == 0, over_udp.stderr
    wait_for(lambda: len(s.events()) == 2, what="both")
    assert event_id in s.event_ids()
    assert "hunter2" not in s.text() and "4111 1111" not in s.text() and "berlin" in s.text()
    assert w.cli("send", "--dsn", f"http://{KEY}@127.0.0.1:1/42", "x").returncode == 1
    assert w.cli("send", "--nonsense").returncode == 2
