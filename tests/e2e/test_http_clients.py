"""What curl, browsers, proxies and old clients do at a Sentry path, beyond what the SDKs do (contract 3)."""
import json
import re
import socket
import urllib.parse
import zlib

from weir import KEY, RELEASE, envelope, error_event, request, wait_for

AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7"}
PROJECT = {"projects": [{"id": "42", "keys": [KEY], "origins": ["https://shop.example"]}]}


def statuses(port, data, timeout=10):
    """The statuses of all answers to these bytes, until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: s.recv(65536), b""))
    return [int(x) for x in re.findall(rb"HTTP/1\.1 (\d+)", answer)]


def test_old_clients_and_odd_ones(weir, sink):
    s = sink()
    w = weir({**PROJECT, "destinations": [{"name": "main", "dsn": s.dsn()}]})
    query = f"?sentry_version=4&sentry_client=raven-js/1.0&sentry_key={KEY}"
    ids = []

    def event(text):
        e = error_event(text)
        ids.append(e["event_id"])
        return json.dumps(e)

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert w.post("/api/42/store/" + query, "sentry_data=" + urllib.parse.quote(event("form")), form)[0] == 200
    status, headers, body = w.get("/api/42/store/" + query + "&sentry_data=" + urllib.parse.quote(event("get")))
    assert status == 200 and headers["Content-Type"] == "image/gif" and body.startswith(b"GIF89a"), "an image, for it is one's source"
    status, headers, _ = w.get("/api/42/store/" + query)
    assert status == 405 and headers["Allow"] == "POST, OPTIONS"
    e = event("list")
    one = b"{}\n" + json.dumps({"type": "event", "length": len(e)}).encode() + b"\n" + e.encode()
    assert w.post("/api/42/envelope/", zlib.compress(one), {**AUTH, "Content-Encoding": "gzip,deflate"})[0] == 200
    e = event("envelope to store")
    one = b"{}\n" + json.dumps({"type": "event", "length": len(e)}).encode() + b"\n" + e.encode()
    assert w.post("/api/42/store/", one, {**AUTH, "Content-Type": "application/x-sentry-envelope"})[0] == 200
    e = event("cookies")
    assert w.post("/api/42/store/", e, {**AUTH, "Cookie": "a=" + "b" * 8100, "Origin": "https://shop.example"})[0] == 200
    wait_for(lambda: sorted(s.event_ids()) == sorted(ids), what="all arrive")
    for payload in (b"null", b'"text"'):
        status, _, answer = w.post("/api/42/envelope/", b'{}\n{"type":"event"}\n' + payload, AUTH)
        assert status == 400 and json.loads(answer)["causes"] == ["an event is a JSON object"]


def test_options_without_an_origin_is_answered(weir, sink):
    w = weir({**PROJECT, "destinations": [{"name": "main", "dsn": sink().dsn()}]})
    for path in ("/api/42/envelope/", "/tunnel"):
        status, headers, _ = request(w.port, "OPTIONS", path)
        assert status == 204 and "Access-Control-Allow-Origin" not in headers


def test_a_head_of_any_size_is_answered(weir, sink):
    w = weir({}, dsn=sink().dsn())
    for name in ("Cookie", "Baggage"):
        for size in (*range(500, 9000, 500), *range(9000, 19000, 100)):
            seen = statuses(w.port, f"GET /health HTTP/1.1\r\nHost: x\r\n{name}: {'a' * size}\r\nConnection: close\r\n\r\n".encode())
            assert seen[:1] == [200] or size > 8200 and seen[:1] == [431], f"{name} of {size} bytes: {seen}"


def test_a_body_of_two_lengths_hides_no_request(weir, sink):
    w = weir({}, dsn=sink().dsn())
    hidden = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    head = f"POST /api/42/envelope/ HTTP/1.1\r\nHost: x\r\nX-Sentry-Auth: Sentry sentry_key={KEY}\r\n".encode()
    body = envelope(("event", error_event()))
    for lengths in (b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(hidden), b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"):
        assert statuses(w.port, head + lengths + b"\r\n" + (b"0\r\n\r\n" if b"chunked" in lengths else b"") + hidden) == [400]
    assert statuses(w.port, head + b"Content-Length: %d\r\n\r\n" % len(body) + body + hidden.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) == [200, 200]


def test_memory_of_many_connections_is_given_back(weir, sink):
    w = weir({}, dsn=sink().dsn(), binary=RELEASE)
    ask = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    before = w.rss_kib()
    crowd = [socket.create_connection(("127.0.0.1", w.port), 60) for _ in range(800)]
    for c in crowd:
        c.sendall(ask)
        assert c.recv(1000).startswith(b"HTTP/1.1 200")
    during = w.rss_kib()
    for c in crowd:
        c.close()
    if before:  # else it cannot be looked at
        assert during > before + 12 * 1024
        wait_for(lambda: w.rss_kib() < before + (during - before) // 2, what="most of it is given back")
