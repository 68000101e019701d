"""GELF, logstash, syslog and Zipkin as real clients send them: errors arrive at a real Bugsink with type, value, frames,
environment, release and level, the rest as logs and transactions; no planted secret is left anywhere."""
import gzip
import json
import socket
import zlib

import pytest

from test_sdks import assert_no_canary
from weir import KEY, canaries, free_port, wait_for

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEBACK = 'charge failed\nTraceback (most recent call last):\n  File "/app/pay.py", line 7, in charge\n    raise Refused("card")\nshop.Refused: card\n'


def thrown(event):
    """Type, level, and the innermost frame of what an event tells of."""
    e = event["exception"]["values"][-1]
    frame = e["stacktrace"]["frames"][-1]
    return e["type"], event["level"], frame["function"], frame["filename"].rsplit("/")[-1]


def logs(sink):
    return [e for i in sink.items("log") for e in i["payload"]["items"]]


def places(w, sink, **more):
    payloads = "\n".join(json.dumps(i, ensure_ascii=False) for i in sink.items())
    return {"sink": sink.text(), "payloads": payloads, "spool": w.spool_bytes(), "log": w.log(), "metrics": w.get("/metrics")[2], **more}


def test_exceptions_of_loggers_arrive_as_errors_with_frames(weir, sink, bugsink, driver, tmp_path):
    s = sink()
    w = weir({"environment": "qa", "release": "shop@2.4.1",
              "destinations": [{"name": "bugsink", "dsn": bugsink.dsn(1)}, {"name": "sink", "dsn": s.dsn()}]})
    for name, errors, infos in (("gelf-pygelf", 8, 4), ("udp-json", 10, 6)):
        driver(name, w, KEY)
        wait_for(lambda: len(s.events()) == errors and len(logs(s)) == infos, what=f"every record of {name}")
    raised = [e for e in s.events() if "exception" in e]
    assert len(raised) == 6 and {thrown(e) for e in raised} == {("KeyError", "error", "<module>", "drive.py")}
    assert all(e["logentry"]["formatted"].startswith("charge failed for ") and e["platform"] == "python" for e in raised)
    for e in s.events():
        assert e["release"] == "shop@2.4.1" and e["environment"] in ("qa", "staging") and e["level"] == "error" and e["server_name"]
    assert {e["environment"] for e in s.events()} == {"qa", "staging"} and {e["level"] for e in logs(s)} == {"info"}

    sent = set(s.event_ids())
    wait_for(lambda: w.ledger("bugsink")["forwarded"] >= len(sent), timeout=60, what="Bugsink took them")
    stored = {e["event_id"].replace("-", ""): e for e in bugsink.events()}
    assert stored.keys() >= sent
    assert {thrown(stored[i]) for i in sent if "exception" in stored[i]} == {("KeyError", "error", "<module>", "drive.py")}
    assert_no_canary(tmp_path / "seen", **places(w, s, bugsink=bugsink.database()))
    assert w.metric("weir_udp_datagrams_total", outcome="malformed") == 0


def test_zipkin_spans_become_a_transaction(weir, sink, driver, tmp_path):
    s = sink()
    w = weir({"environment": "qa", "release": "orders@1", "traces": {"wait": "1s"}}, dsn=s.dsn())
    driver("zipkin-py", w, KEY, OTLP=f"http://127.0.0.1:{w.port}")
    wait_for(lambda: s.items("transaction"), what="the transaction")
    t = s.items("transaction")[0]["payload"]
    root = t["contexts"]["trace"]
    assert (t["transaction"].split("?")[0], root["op"], root["status"]) == ("post /orders", "http.server", "internal_error")
    assert (t["environment"], t["release"], t["tags"]["service"]) == ("qa", "orders@1", "orders")
    assert {x["description"] for x in t["spans"]} >= {"charge"} and len(t["spans"]) == 2
    assert all(x["parent_span_id"] == root["span_id"] and x["timestamp"] > x["start_timestamp"] for x in t["spans"])
    charge = [x for x in t["spans"] if x["description"] == "charge"][0]
    assert charge["status"] == "internal_error" and charge["data"]["otel.events"][0]["name"].startswith("retry for ")
    assert_no_canary(tmp_path / "seen", **places(w, s))


def test_client_and_server_that_share_a_span_id_stay_two(weir, sink):
    s = sink()
    w = weir({"traces": {"wait": "1s"}}, dsn=s.dsn())
    at = 1700000000000000

    def span(service, ident, parent=None, **more):
        return {"traceId": TRACE, "id": ident, **({"parentId": parent} if parent else {}), "timestamp": at, "duration": 1000,
                "localEndpoint": {"serviceName": service}, **more}

    for batch in ([span("pay", "3" * 16, "2" * 16, name="insert"), span("pay", "2" * 16, "1" * 16, kind="SERVER", shared=True, name="charge")],
                  [span("shop", "2" * 16, "1" * 16, kind="CLIENT", name="charge"), span("shop", "1" * 16, kind="SERVER", name="checkout")]):
        assert w.post("/api/v2/spans", json.dumps(batch))[0] == 202
    wait_for(lambda: len(s.items("transaction")) == 2, what="a transaction of each service")
    by_service = {t["payload"]["tags"]["service"]: t["payload"] for t in s.items("transaction")}
    shop, pay = by_service["shop"], by_service["pay"]
    assert [x["span_id"] for x in shop["spans"]] == ["2" * 16] and shop["contexts"]["trace"]["span_id"] == "1" * 16
    server = pay["contexts"]["trace"]
    assert server["parent_span_id"] == "2" * 16 != server["span_id"]
    assert [(x["span_id"], x["parent_span_id"]) for x in pay["spans"]] == [("3" * 16, server["span_id"])]


def send_syslog(port, *messages):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        for m in messages:
            u.sendto(m if isinstance(m, bytes) else m.encode(), ("127.0.0.1", port))


def test_syslog_of_both_forms(weir, sink, tmp_path):
    c, s, port = canaries(), sink(), free_port()
    w = weir({"listen": {"syslog": f"127.0.0.1:{port}"}, "environment": "qa"}, dsn=s.dsn())
    send_syslog(port,
                f"<13>Nov 21 05:30:00 web-1 root: login of {c['C_EMAIL']} from {c['C_IP']}\0",
                f"<11>Nov 21 05:30:00 web-1 shop[871]: charge of card {c['C_CARD']} failed",
                f"<14>1 2026-11-21T05:30:00.5Z web-1 shop 871 ID47 [who@32473 mail=\"{c['C_EMAIL']}\" password=\"{c['C_PASSWORD']}\" quoted=\"a \\\"b\\\" \\]\"] \ufeffpaid ä",
                b"<14>shop: no text \xff\xfe at all",
                f"<14>1 2026-11-21T05:30:00.5Z web-1 shop - - - {TRACEBACK.replace('card', c['C_IBAN'])}",
                f"<14>shop: {TRACEBACK}".replace("\n", "#012"),
                "37 <11>1 - web-1 shop - - - counted here")
    wait_for(lambda: len(s.events()) == 4 and len(logs(s)) == 3, what="every message")
    assert [e for e in s.events() if "exception" not in e and e["logentry"]["formatted"] == "counted here"]
    plain = [e for e in s.events() if "871" in json.dumps(e.get("extra"))][0]
    assert (plain["level"], plain["server_name"], plain["tags"]["service"], plain["environment"]) == ("error", "web-1", "shop", "qa")
    assert [thrown(e) for e in s.events() if "exception" in e] == [("Refused", "info", "charge", "pay.py")] * 2
    of_5424 = [e for e in logs(s) if e["body"] == "paid ä"][0]
    assert of_5424["attributes"]["who@32473/quoted"]["value"] == 'a "b" ]' and of_5424["timestamp"] == 1795239000.5
    assert [e for e in logs(s) if e["body"] == "no text \ufffd\ufffd at all"]
    assert_no_canary(tmp_path / "seen", **places(w, s))


@pytest.mark.parametrize("encoding, pack", [(None, bytes), ("gzip", gzip.compress), ("deflate", zlib.compress), ("gzip,deflate", zlib.compress), ("gzip,deflate", gzip.compress)])
def test_gelf_over_http_in_all_encodings(encoding, pack, weir, sink):
    s = sink()
    w = weir({"projects": [{"id": "42", "keys": [KEY], "in_app": {"include": ["/app/"]}}]}, dsn=s.dsn())
    body = pack(json.dumps({"version": "1.1", "host": "web-1", "short_message": "charge failed", "full_message": TRACEBACK, "level": 3, "_project": "shop backend", "_service": "shop"}).encode())
    headers = {"Content-Encoding": encoding} if encoding else {}
    assert w.post("/gelf", body, headers)[0] == 401
    assert w.post("/gelf", body, {**headers, "Authorization": f"Bearer {KEY}"})[0] == 202
    wait_for(lambda: s.events(), what="the event")
    assert thrown(s.events()[0]) == ("Refused", "error", "charge", "pay.py")
    assert s.events()[0]["extra"]["project"] == "shop backend"


def test_chunked_and_compressed_datagrams(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    body = json.dumps({"version": "1.1", "short_message": "m", "level": 3, "_filler": "".join(chr(97 + i * i % 26) for i in range(3000))}).encode()
    for i, packed in enumerate((body, zlib.compress(body), gzip.compress(body))):
        size = len(packed) // 4 + 1
        parts = [b"\x1e\x0f" + bytes([i] * 8) + bytes([n, 4]) + packed[n * size:(n + 1) * size] for n in range(4)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            for p in (parts[2], parts[0], parts[2], parts[3], parts[1]):
                u.sendto(p, ("127.0.0.1", w.udp))
    wait_for(lambda: len(s.events()) == 3, what="three messages")
    w.send_udp(b"\x1e\x0f" + b"x" * 8 + bytes([0, 129]) + b"{}")
    wait_for(lambda: w.metric("weir_rejected_total", transport="udp", reason="chunks") == 1, what="counted")


def test_a_datagram_has_the_settings_of_the_project_it_names(weir, sink):
    s = sink()
    w = weir({"projects": [{"id": "1", "keys": ["a"], "in_app": {"exclude": ["/app/"]}, "environment": "one"},
                           {"id": "2", "keys": ["b"], "in_app": {"include": ["/usr/lib/python3/"]}, "environment": "two"}]}, dsn=s.dsn())
    trace = TRACEBACK.replace("  File", '  File "/usr/lib/python3/dist-packages/lib.py", line 1, in outer\n    inner()\n  File', 1)

    def in_app(environment):
        event = [e for e in s.events() if e["environment"] == environment][0]
        return [f["in_app"] for f in event["exception"]["values"][-1]["stacktrace"]["frames"]]

    w.send_udp({"short_message": "m", "full_message": trace, "_project": 2}, {"short_message": "m", "full_message": trace, "_project": "shop backend"})
    wait_for(lambda: len(s.events()) == 2, what="both")
    assert in_app("two") == [True, True] and in_app("one") == [False, False]
    w.send_udp({"type": "error", "project": "2", "environment": "native-two", "exception": trace}, {"type": "error", "environment": "native-one", "exception": trace})
    wait_for(lambda: len(s.events()) == 4, what="both native ones")
    assert in_app("native-two") == [True, True] and in_app("native-one") == [False, False]
