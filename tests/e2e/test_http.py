"""Ingest over HTTP (contract 3): every path, auth form, encoding, limit, status and error form."""
import base64
import bz2
import gzip
import json
import lzma
import socket
import time
import uuid
import zlib

import brotli
import pytest
import zstandard

from weir import KEY, RELEASE, envelope, error_event, request, wait_for

PROJECT = {"projects": [{"id": "42", "keys": [KEY], "origins": ["https://shop.example"], "destinations": ["main"]}]}
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7"}


def listed(dsn):
    return {**PROJECT, "destinations": [{"name": "main", "dsn": dsn}]}


def one_event(**header):
    e = error_event("hello")
    return e["event_id"], envelope(("event", e), event_id=e["event_id"], **header)


@pytest.mark.parametrize("path, headers, header, expected", [
    ("/api/42/envelope/", AUTH, {}, 200),
    ("/api/42/envelope", AUTH, {}, 200),
    ("//api/42/envelope/", AUTH, {}, 200),
    ("/api/42/envelope/", {"X-Sentry-Auth": f"Sentry sentry_version=7,sentry_client=x/1,sentry_key={KEY}"}, {}, 200),
    ("/api/42/envelope/", {"Authorization": f"Sentry sentry_key={KEY}"}, {}, 200),
    ("/api/42/envelope/", {"Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()}, {}, 200),
    (f"/api/42/envelope/?sentry_key={KEY}&sentry_version=7", {}, {}, 200),
    ("/api/42/envelope/", {}, {"dsn": f"https://{KEY}@weir.example/42"}, 200),
    (f"/api/42/envelope/?sentry_key={KEY}", AUTH, {"dsn": f"https://{KEY}@weir.example/42"}, 200),
    ("/api/42/envelope/", {}, {}, 401),
    ("/api/42/envelope/?sentry_key=" + "0" * 32, AUTH, {}, 401),
    ("/api/42/envelope/?sentry_key=" + "0" * 32, {}, {}, 403),
    ("/api/7/envelope/", AUTH, {}, 403),
    ("/api/42/nothing/", AUTH, {}, 404),
])
def test_auth_and_paths(weir, sink, path, headers, header, expected):
    w = weir(listed(sink().dsn()))
    event_id, body = one_event(**header)
    status, _, answer = w.post(path, body, headers)
    assert status == expected, answer
    answer = json.loads(answer)
    if expected == 200:
        assert answer == {"id": event_id}
    elif expected != 404:
        assert isinstance(answer["detail"], str) and isinstance(answer["causes"], list)


def encodings():
    raw_deflate = lambda b: zlib.compress(b)[2:-4]
    return [
        (None, lambda b: b), ("", lambda b: b), ("UTF-8", lambda b: b), ("identity", lambda b: b), ("gzip", gzip.compress), ("deflate", zlib.compress),
        ("deflate", raw_deflate), ("br", brotli.compress), ("zstd", zstandard.compress), ("gzip, br", lambda b: brotli.compress(gzip.compress(b))),
    ]


def test_every_content_encoding(weir, sink):
    s = sink()
    w = weir(listed(s.dsn()))
    ids = []
    for name, encode in encodings():
        event_id, body = one_event()
        status, _, answer = w.post("/api/42/envelope/", encode(body), {**AUTH, **({"Content-Encoding": name} if name is not None else {})})
        assert status == 200, (name, answer)
        ids.append(event_id)
    assert w.post("/api/42/envelope/", b"x", {**AUTH, "Content-Encoding": "rot13"})[0] == 415
    assert w.post("/api/42/envelope/", b"no gzip", {**AUTH, "Content-Encoding": "gzip"})[0] == 400
    wait_for(lambda: sorted(s.event_ids()) == sorted(ids), what="all arrive")


def test_store_in_its_old_forms(weir, sink):
    s = sink()
    w = weir(listed(s.dsn()))
    forms = [lambda b: b, base64.b64encode, lambda b: base64.b64encode(zlib.compress(b))]
    ids = []
    for form in forms:
        e = error_event("stored")
        status, _, answer = w.post("/api/42/store/", form(json.dumps(e).encode()), {**AUTH, "Content-Type": "application/octet-stream"})
        assert status == 200 and json.loads(answer) == {"id": e["event_id"]}
        ids.append(e["event_id"])
    status, _, answer = w.post("/api/42/store/", b'{"message":"no id"}', AUTH)
    ids.append(json.loads(answer)["id"])
    assert status == 200 and len(ids[-1]) == 32
    wait_for(lambda: sorted(s.event_ids()) == sorted(ids), what="all arrive")


@pytest.mark.parametrize("body", [
    b"", b"not json\n", b"{}\n{\"type\":\"event\",\"length\":99}\n{}\n", b"{}\n{\"type\":\"event\"}\n{\"broken\":\n",
    b"{}\n{\"type\":\"event\"}\n[1,2]\n", b"{}\nnot an item header\n{}\n",
])
def test_malformed_envelopes_are_400(weir, sink, body):
    w = weir(listed(sink().dsn()))
    status, _, answer = w.post("/api/42/envelope/", body, AUTH)
    assert status == 400, answer
    assert json.loads(answer)["detail"]
    assert w.metric("weir_rejected_total", transport="http") >= 1
    assert w.ledger()["accepted"] == 0


def test_an_empty_envelope_is_fine(weir, sink):
    w = weir(listed(sink().dsn()))
    status, _, answer = w.post("/api/42/envelope/", b"{}\n", AUTH)
    assert (status, json.loads(answer)) == (200, {})


def test_items_of_every_kind_of_framing(weir, sink):
    s = sink()
    w = weir(listed(s.dsn()))
    event_id = uuid.uuid4().hex
    body = (b'{"event_id":"' + event_id.encode() + b'"}\n\n{"type":"event"}\n{"message":"implicit"}\n\n'
            b'{"type":"attachment","length":10,"filename":"a.txt"}\nline1\nline\n'
            b'{"type":"attachment","length":0,"filename":"empty.txt"}\n\n'
            b'{"type":"session"}\n{"sid":"' + b"7" * 32 + b'","status":"ok","started":"2026-11-21T00:00:00Z","attrs":{"release":"r"}}\n'
            b'{"type":"strange"}\n{"who":"bob@example.org"}')
    status, _, answer = w.post("/api/42/envelope/", body, AUTH)
    assert status == 200, answer
    wait_for(lambda: len(s.items()) == 5, what="five items")
    assert {i["header"]["type"] for i in s.items()} == {"event", "attachment", "session", "strange"}
    assert "bob@example.org" not in s.text()
    assert len(s.envelopes) == 3, "what is bound to the event travels together, the others alone"


def test_limits(weir, sink):
    s = sink()
    w = weir({**listed(s.dsn()), "limits": {"event": "64KiB", "envelope": "1MiB", "attachment": "128KiB", "items": 5}})
    e = error_event("x" * 70000)
    assert w.post("/api/42/envelope/", envelope(("event", e), event_id=e["event_id"]), AUTH)[0] == 413
    e = error_event("kept")
    body = envelope(("event", e), ("attachment", b"y" * 200000, {"filename": "big.txt"}), event_id=e["event_id"])
    assert w.post("/api/42/envelope/", body, AUTH)[0] == 200
    wait_for(lambda: s.events(), what="the event goes without its too large attachment")
    assert not s.items("attachment")
    assert w.post("/api/42/envelope/", b"z" * (2 << 20), AUTH)[0] == 413
    bomb = gzip.compress(b"\0" * (64 << 20))
    assert w.post("/api/42/envelope/", bomb, {**AUTH, "Content-Encoding": "gzip"})[0] == 413
    assert w.post("/api/42/envelope/", envelope(*[("session", {})] * 6), AUTH)[0] in (400, 413)


def test_methods_and_types(weir, sink):
    w = weir(listed(sink().dsn()))
    status, headers, _ = w.get("/api/42/envelope/")
    assert status == 405 and "POST" in headers["Allow"]
    assert w.get("/no/such/path")[0] == 404


def test_cors(weir, sink):
    w = weir(listed(sink().dsn()))
    preflight = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-sentry-auth"}
    status, headers, _ = request(w.port, "OPTIONS", "/api/42/envelope/", headers=preflight)
    assert status in (200, 204)
    assert headers["Access-Control-Allow-Origin"] in ("https://shop.example", "*")
    assert "x-sentry-auth" in headers["Access-Control-Allow-Headers"].lower()
    _, body = one_event()
    status, headers, _ = w.post(f"/api/42/envelope/?sentry_key={KEY}", body, {"Origin": "https://shop.example", "Content-Type": "text/plain;charset=UTF-8"})
    assert status == 200 and headers["Access-Control-Allow-Origin"] in ("https://shop.example", "*")
    status, headers, _ = request(w.port, "OPTIONS", "/api/42/envelope/", headers={**preflight, "Origin": "https://evil.example"})
    assert headers.get("Access-Control-Allow-Origin") in (None, "null")


def test_tunnel(weir, sink):
    s = sink()
    w = weir(listed(s.dsn()))
    event_id, body = one_event(dsn=f"https://{KEY}@o1.ingest.example/42")
    assert w.post("/tunnel", body, {"Content-Type": "text/plain"})[0] == 200
    wait_for(lambda: s.event_ids() == [event_id], what="the event")
    _, body = one_event(dsn=f"https://{'0' * 32}@o1.ingest.example/42")
    assert w.post("/tunnel", body)[0] == 403
    _, body = one_event()
    assert w.post("/tunnel", body)[0] in (400, 401)


def test_security_reports(weir, sink):
    s = sink()
    w = weir(listed(s.dsn()))
    csp = {"csp-report": {"document-uri": "https://shop.example/pay?email=bob@example.org", "violated-directive": "script-src", "effective-directive": "script-src",
                          "blocked-uri": "https://evil.example/x.js", "original-policy": "default-src 'self'"}}
    status, _, answer = w.post(f"/api/42/security/?sentry_key={KEY}&sentry_environment=prod", json.dumps(csp), {"Content-Type": "application/csp-report"})
    assert status == 200, answer
    wait_for(lambda: s.items(), what="the report")
    assert "script-src" in s.text() and "bob@example.org" not in s.text()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress, bz2.compress])
def test_minidump(weir, sink, pack):
    s = sink()
    w = weir(listed(s.dsn()))
    boundary = "b0undary"
    parts = []
    for head, content in [('name="upload_file_minidump"; filename="crash.dmp"\r\nContent-Type: application/octet-stream', pack(b"MDMP" + b"\x93\xa7\0\0" + b"\0" * 24)),
                          ('name="sentry"', b'{"release":"game@1","tags":{"mail":"bob@example.org"}}'),
                          ('name="log"; filename="log.txt"\r\nContent-Type: text/plain', b"user bob@example.org\n")]:
        parts.append(f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n")
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    status, _, answer = w.post(f"/api/42/minidump/?sentry_key={KEY}", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    assert status == 200 and len(answer.decode().strip().replace("-", "")) == 32
    wait_for(lambda: len(s.items("attachment")) == 2, what="both attachments")
    assert s.events()[0]["release"] == "game@1" and "bob@example.org" not in s.text()
    assert {i["header"].get("attachment_type") for i in s.items("attachment")} >= {"event.minidump"}


def test_check_ins(weir, sink):
    s = sink()
    w = weir(listed(s.dsn()))
    assert w.get(f"/api/42/cron/nightly/?sentry_key={KEY}&status=in_progress")[0] == 202
    assert w.post(f"/api/42/cron/nightly/{KEY}/?status=ok&duration=1.5", b"")[0] == 202
    wait_for(lambda: len(s.items("check_in")) == 2, what="check-ins")
    assert {i["payload"]["status"] for i in s.items("check_in")} == {"in_progress", "ok"}
    assert all(i["payload"]["monitor_slug"] == "nightly" for i in s.items("check_in"))


def test_chunked_without_content_type_and_keep_alive(weir, sink):
    s = sink()
    w = weir(listed(s.dsn()))
    ids = []
    with socket.create_connection(("127.0.0.1", w.port), 10) as c:
        f = c.makefile("rb")
        for _ in range(3):
            event_id, body = one_event()
            ids.append(event_id)
            c.sendall(f"POST /api/42/envelope/?sentry_key={KEY} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            for at in range(0, len(body), 50):
                piece = body[at:at + 50]
                c.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            c.sendall(b"0\r\n\r\n")
            assert f.readline().split()[1] == b"200"
            length = 0
            while (line := f.readline().strip()):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            f.read(length)
    wait_for(lambda: sorted(s.event_ids()) == sorted(ids), what="all three")


def test_native_over_http(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    status, _, answer = w.post("/api/v1/events", json.dumps({"service": "shop", "level": "error", "message": "charge failed for bob@example.org", "environment": "qa", "release": "shop@1"}))
    answer = json.loads(answer)
    assert status == 202 and answer["meta"]["version"] == "v1" and answer["meta"]["requestId"] and answer["links"]["self"]
    mixed = [{"message": "fine", "level": "error"}, {"level": 7}, "text"]
    status, _, answer = w.post("/api/v1/events", json.dumps(mixed))
    answer = json.loads(answer)
    assert status == 202 and answer["meta"]["rejected"] == 2
    assert all(e["source"]["pointer"].startswith("/") for e in answer["errors"])
    ndjson = b'{"service":"payment","endpoint":"/charge","status":"200","latency_ms":231.5}\n{"service":"payment","endpoint":"/charge","status":"timeout","latency_ms":15000,"error_type":"timeout"}\n'
    assert w.post("/api/v1/integrations", ndjson)[0] == 202
    assert w.post("/api/v1/breakers", b'{"service":"payment","state":"open","reporter":"shop-7"}')[0] == 202
    assert w.metric("integration_latency_ms_count", service="payment", endpoint="/charge") == 2
    assert w.metric("integration_errors_total", service="payment", error_type="timeout") == 1
    assert w.metric("circuit_breaker_state", service="payment", state="open") == 1
    status, _, answer = w.post("/api/v1/events", b"{broken")
    assert status == 400 and json.loads(answer)["errors"][0]["status"] == "400"
    wait_for(lambda: len(s.events()) == 2, what="two events")
    assert "bob@example.org" not in s.text()


def test_native_needs_a_key_once_projects_are_listed(weir, sink):
    w = weir(listed(sink().dsn()))
    body = json.dumps({"message": "x", "level": "error"})
    assert w.post("/api/v1/events", body)[0] == 401
    assert w.post("/api/v1/events", body, {"Authorization": f"Bearer {KEY}"})[0] == 202
    assert w.post("/api/v1/events", body, {"Authorization": "Bearer " + "0" * 32})[0] == 403


def test_odd_json_is_mended(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    deep = b"[" * 300 + b"]" * 300
    event = b'{"event_id":"' + b"f" * 32 + b'","message":"a\\ud800b","extra":{"nan":NaN,"inf":-Infinity,"bad":"\xff","deep":' + deep + b'},"level":"info","level":"error"}'
    status, _, answer = w.send_envelope(b'{"event_id":"' + b"f" * 32 + b'"}\n{"type":"event"}\n' + event + b"\n")
    assert status == 200, answer
    wait_for(lambda: s.events(), what="the event")
    e = s.events()[0]
    assert e["message"] == "a\ufffdb" and e["extra"]["nan"] is None and e["extra"]["inf"] is None and e["extra"]["bad"] == "\ufffd"
    assert e["level"] == "error"


def test_clock_drift_is_corrected_and_sent_at_is_stamped(weir, sink):
    s = sink()
    w = weir({}, dsn=s.dsn())
    past = time.time() - 7200
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(past))
    e = error_event("late", timestamp=past - 10)
    assert w.send_envelope(envelope(("event", e), event_id=e["event_id"], sent_at=stamp))[0] == 200
    wait_for(lambda: s.events(), what="the event")
    assert abs(float(s.events()[0]["timestamp"]) - (time.time() - 10)) < 30
    assert s.envelopes[0]["header"]["sent_at"] > stamp


def test_client_ip(weir, sink):
    s = sink()
    w = weir({"trusted_proxies": ["127.0.0.0/8"], "projects": [{"id": "42", "keys": [KEY], "rulesets": ["none"], "destinations": ["main"]}],
              "scrub": {"rulesets": {"none": "none.yaml"}}, "destinations": [{"name": "main", "dsn": s.dsn()}]}, wait=False)
    (w.dir / "none.yaml").write_text("name: none\nversion: '1'\nrules: {}\napplications: {}\n")
    w.kill()
    w.start()
    e = error_event("x", user={"ip_address": "{{auto}}"})
    status, _, answer = w.send_envelope(envelope(("event", e), event_id=e["event_id"]), headers={"X-Forwarded-For": "198.51.100.7, 127.0.0.9"})
    assert status == 200, answer
    wait_for(lambda: s.events(), what="the event")
    assert s.events()[0]["user"]["ip_address"] == "198.51.100.7"


def test_filters_count_in_the_ledger(weir, sink):
    s = sink()
    w = weir({"projects": [{"id": "42", "keys": [KEY], "destinations": ["main"],
                            "filters": {"messages": ["*health check*"], "exceptions": ["KeyboardInterrupt*"], "releases": ["*-dev"]}}],
              "destinations": [{"name": "main", "dsn": s.dsn()}]})
    w.send_event(error_event("GET health check failed"))
    w.send_event(error_event("x", exception={"values": [{"type": "KeyboardInterrupt", "value": ""}]}))
    w.send_event(error_event("y", release="shop-dev"))
    kept = w.send_event(error_event("kept"))
    ledger = wait_for(lambda: w.ledger()["forwarded"] == 1 and w.ledger(), what="one goes")
    assert ledger["filtered"] == 3 and ledger["accepted"] == 4
    assert s.event_ids() == [kept]


def test_many_large_uploads_hold_little_memory(weir, sink):
    s = sink(read=False)
    w = weir({}, dsn=s.dsn(), binary=RELEASE)
    line = b"request by bob@example.org from 203.0.113.9 took 12 ms, nothing else to see\n"
    size = 40 << 20
    payload = line * (size // len(line))
    import concurrent.futures

    def upload(_):
        e = error_event("big")
        body = envelope(("event", e), ("attachment", payload, {"filename": "big.log"}), event_id=e["event_id"])
        return w.post("/api/42/envelope/", body, AUTH, timeout=300)[0]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(upload, i) for i in range(8)]
        peak = 0
        while not all(j.done() for j in jobs):
            peak = max(peak, w.rss_kib())
            time.sleep(0.1)
        assert [j.result() for j in jobs] == [200] * 8
    wait_for(lambda: w.ledger()["spooled"] == 0, timeout=300, what="all went")
    print("peak RSS KiB", peak)
    assert peak < 100 * 1024
    assert w.ledger()["forwarded"] == 8


def test_slow_clients_are_cut_off(weir, sink):
    w = weir({**listed(sink().dsn()), "limits": {"header_timeout": "1s", "body_timeout": "2s"}})
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", w.port), 10) as c:
        c.settimeout(8)
        try:
            while True:
                c.sendall(b"X")
                time.sleep(0.3)
                c.setblocking(False)
                try:
                    if c.recv(10) == b"":
                        break
                except BlockingIOError:
                    pass
                c.setblocking(True)
        except OSError:
            pass
    assert time.monotonic() - began < 6
    assert w.get("/health")[0] == 200


def test_zipkin_and_gelf_find_their_project_as_native_input_does(weir, sink):
    """With none listed nothing is needed; else a key, which tells the project."""
    zipkin = json.dumps([{"traceId": "ab" * 16, "id": "c" * 16, "name": "get /", "timestamp": 1, "duration": 1}])
    gelf = json.dumps({"version": "1.1", "host": "web-1", "short_message": "out of paper", "level": 3})
    open_to_all = weir({}, dsn=sink().dsn(), name="open")
    listed = weir({"projects": [{"id": "42", "keys": [KEY], "destinations": ["main"]}]}, dsn=sink().dsn(), name="listed")
    for path, body in ("/api/v2/spans", zipkin), ("/gelf", gelf):
        status, _, answer = open_to_all.post(path, body)
        assert status == 202, answer
        assert listed.post(path, body)[0] == 401
        assert listed.post(path, body, {"Authorization": "Bearer nobodys"})[0] == 403
        assert listed.post(path, body, {"Authorization": f"Bearer {KEY}"})[0] == 202
        assert listed.post(f"{path}?sentry_key={KEY}&project=43", body)[0] == 403
    for w in open_to_all, listed:
        wait_for(lambda: w.ledger()["accepted"] >= 2, what="both kinds")
