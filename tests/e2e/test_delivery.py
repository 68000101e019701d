"""Delivery (contract 6): each policy against `weir sink --fail`, and against a sink that is killed and restarted."""
import json
import os
import ssl
import subprocess
import threading
import time

from weir import KEY, RELEASE, destination, envelope, error_event, free_port, wait_for

FAST = {"retry": {"initial": "20ms", "max": "200ms"}, "breaker": {"open": "300ms"}}


def one(dsn, **more):
    return {"destinations": [{"name": "main", "dsn": dsn, **FAST, **more}]}


def settled(w, destination="main"):
    ledger = w.ledger(destination)
    return ledger if ledger["spooled"] == 0 else None


def test_a_destination_that_comes_back_gets_everything(weir, sink):
    port = free_port()
    w = weir(one(f"http://{KEY}@127.0.0.1:{port}/1"))
    sent = [w.send_event() for _ in range(30)]
    assert w.ledger()["spooled"] == 30
    s = sink(port=port)
    wait_for(lambda: settled(w), what="drained")
    wait_for(lambda: sorted(s.event_ids()) == sorted(sent), what="all were printed")
    s.kill()
    more = [w.send_event() for _ in range(10)]
    again = sink(port=port)
    wait_for(lambda: settled(w), what="drained again")
    wait_for(lambda: sorted(again.event_ids()) == sorted(more), what="all were printed")


def test_errors_now_and_then_are_retried_with_the_same_id(weir, sink):
    s = sink(fail="503:0.4,reset:0.1")
    w = weir(one(s.dsn(), dead_letter_after=50))
    sent = [w.send_event() for _ in range(40)]
    ledger = wait_for(lambda: settled(w), timeout=40, what="drained")
    assert ledger["forwarded"] == 40 and ledger["dead"] == 0
    wait_for(lambda: set(s.event_ids()) >= set(sent), what="all were printed")


def test_the_breaker_opens_and_closes(weir, sink):
    port = free_port()
    w = weir(one(f"http://{KEY}@127.0.0.1:{port}/1", breaker={"failures": 3, "window": "10s", "open": "1s", "successes": 2}))
    for _ in range(10):
        w.send_event()
    wait_for(lambda: w.metric("weir_breaker_state", destination="main", state="open") == 1, what="open")
    assert w.metric("circuit_breaker_state", service="main", state="open") == 1
    detail = json.loads(w.get("/health/detailed")[2])
    assert "open" in json.dumps(detail)
    sink(port=port)
    wait_for(lambda: settled(w), what="drained")
    wait_for(lambda: w.metric("weir_breaker_state", destination="main", state="closed") == 1, what="closed")
    assert w.ledger()["dead"] == 0, "no delivery is blamed for an outage"


def test_429_is_absorbed(weir, sink):
    s = sink(fail="429:0.3", extra=["--retry-after", "1"])
    w = weir(one(s.dsn(), dead_letter_after=2))
    for _ in range(10):
        assert w.send_event()
    ledger = wait_for(lambda: settled(w), timeout=60, what="drained")
    assert ledger["forwarded"] == 10 and ledger["dead"] == 0, "waiting spends no attempt"


def test_429_is_passed_on_when_asked(weir, sink):
    s = sink(fail="429", extra=["--retry-after", "30"])
    w = weir(one(s.dsn(), rate_limits="pass_on"))
    w.send_event()

    def limited():
        e = error_event()
        status, headers, _ = w.send_envelope(envelope(("event", e), event_id=e["event_id"]))
        return status == 429 and headers
    headers = wait_for(limited, what="429 to the client")
    assert 1 <= int(headers["Retry-After"]) <= 31
    assert headers["X-Sentry-Rate-Limits"]


def test_a_rotated_key_blocks_the_destination_and_a_new_one_frees_it(weir, sink, tmp_path):
    secret = tmp_path / "dsn"
    bad = sink(fail="401")
    secret.write_text(bad.dsn() + "\n")
    w = weir(one("${file:%s}" % secret))
    sent = [w.send_event() for _ in range(5)]
    wait_for(lambda: w.metric("weir_destination_blocked", destination="main") == 1, what="blocked")
    assert w.ledger()["dead"] == 0 and w.ledger()["spooled"] == 5
    good = sink()
    secret.write_text(good.dsn() + "\n")
    wait_for(lambda: settled(w), what="the new key is read and everything goes")
    wait_for(lambda: sorted(good.event_ids()) == sorted(sent), what="all were printed")
    assert w.metric("weir_destination_blocked", destination="main") == 0


def test_a_refused_event_becomes_a_dead_letter_with_its_answer(weir, sink):
    s = sink(fail="400")
    w = weir(one(s.dsn()))
    event_id = w.send_event()
    wait_for(lambda: w.ledger()["dead"] == 1, what="dead")
    status, _, body = w.get("/api/v1/dead-letters")
    letters = json.loads(body)["data"]
    assert status == 200 and len(letters) == 1
    assert letters[0]["status"] == 400 and letters[0]["event_id"] == event_id
    listed = w.cli("spool", "list", "-c", "weir.yaml")
    assert listed.returncode == 0 and str(letters[0]["id"]) in listed.stdout
    shown = w.cli("spool", "show", str(letters[0]["id"]), "-c", "weir.yaml")
    assert shown.returncode == 0 and "400" in shown.stdout


def test_dead_letters_are_redriven_or_dropped(weir, sink):
    port = free_port()
    bad = sink(port=port, fail="400")
    w = weir(one(bad.dsn()))
    sent = [w.send_event() for _ in range(3)]
    wait_for(lambda: w.ledger()["dead"] == 3, what="dead")
    bad.kill()
    good = sink(port=port)
    letters = json.loads(w.get("/api/v1/dead-letters")[2])["data"]
    dropped = w.cli("spool", "drop", str(letters[0]["id"]), "-c", "weir.yaml")
    assert dropped.returncode == 0, dropped.stderr
    redriven = w.cli("spool", "redrive", "--all", "-c", "weir.yaml")
    assert redriven.returncode == 0, redriven.stderr
    ledger = wait_for(lambda: w.ledger()["forwarded"] == 2 and w.ledger(), what="redriven")
    assert ledger["dropped"] == 1 and ledger["dead"] == 0
    wait_for(lambda: len(good.event_ids()) == 2, what="both were printed")
    assert set(good.event_ids()) <= set(sent)


def test_dead_letters_of_a_stopped_weir_are_redriven(weir, sink):
    port = free_port()
    bad = sink(port=port, fail="400")
    w = weir(one(bad.dsn()))
    w.send_event()
    wait_for(lambda: w.ledger()["dead"] == 1, what="dead")
    w.stop()
    bad.kill()
    assert "1" in w.cli("spool", "status", "-c", "weir.yaml").stdout
    with open("/dev/full", "w") as full:
        export = subprocess.run([w.binary, "spool", "export", "-c", "weir.yaml"], cwd=w.dir, stdout=full, stderr=subprocess.PIPE, text=True, env={})
    assert export.returncode == 1 and "cannot write to standard output" in export.stderr
    assert w.cli("spool", "redrive", "--all", "-c", "weir.yaml").returncode == 0
    good = sink(port=port)
    w.start()
    wait_for(lambda: len(good.events()) == 1, what="redriven after the start")


def test_a_spool_of_another_user_is_asked_for_over_http_or_told(weir):
    w = weir({})
    w.send_event()
    # root may look into anything, unless it gives that up
    drop = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []

    def status():
        return subprocess.run([*drop, w.binary, "spool", "status", "-c", "weir.yaml"], cwd=w.dir, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})

    os.chmod(w.dir / "spool", 0)
    try:
        assert "weir runs" in status().stdout
        w.p.kill()
        w.p.wait()
        r = status()
    finally:
        os.chmod(w.dir / "spool", 0o700)
    assert r.returncode == 1 and "Permission denied" in r.stderr and "there is no spool" not in r.stderr


def test_too_many_attempts_while_others_go_make_a_dead_letter(weir, sink):
    s = sink(extra=["--refuse", "poison:503"])
    w = weir(one(s.dsn(), dead_letter_after=3))
    w.send_event(error_event("poison"))
    for _ in range(30):
        w.send_event(error_event("fine"))
        time.sleep(0.05)
        if w.ledger()["dead"] == 1:
            break
    wait_for(lambda: w.ledger()["dead"] == 1, what="the poisoned one is dead")
    wait_for(lambda: settled(w), what="the others went")


def test_what_is_older_than_ttl_expires_and_is_reported(weir):
    w = weir({"spool": {"ttl": "1s"}, **one(f"http://{KEY}@127.0.0.1:{free_port()}/1")})
    for _ in range(5):
        w.send_event()
    ledger = wait_for(lambda: settled(w), timeout=30, what="expired")
    assert ledger["expired"] == 5
    assert w.metric("weir_events_total", destination="main", outcome="expired") == 5


def test_a_full_spool_rejects_and_recovers(weir, sink):
    port = free_port()
    w = weir({"spool": {"max_bytes": "256KiB"}, **one(f"http://{KEY}@127.0.0.1:{port}/1")}, binary=RELEASE)
    blob = os.urandom(6000).hex()
    taken = refused = 0
    for _ in range(200):
        e = error_event(extra={"blob": blob[:9000], "n": taken})
        status, headers, _ = w.send_envelope(envelope(("event", e), event_id=e["event_id"]))
        if status == 200:
            taken += 1
        else:
            assert status == 503 and int(headers["Retry-After"]) >= 1
            refused += 1
    assert taken and refused
    assert w.get("/health/ready")[0] == 503
    s = sink(port=port)
    wait_for(lambda: settled(w), what="drained")
    wait_for(lambda: len(s.events()) == taken, what="all were printed")
    assert w.send_event()


def test_a_full_spool_drops_the_oldest_when_told_so(weir, sink):
    port = free_port()
    w = weir({"spool": {"max_bytes": "256KiB", "when_full": "drop_oldest"}, **one(f"http://{KEY}@127.0.0.1:{port}/1")}, binary=RELEASE)
    ids = [w.send_event(error_event(extra={"blob": os.urandom(4500).hex()})) for _ in range(150)]
    ledger = w.ledger()
    assert ledger["dropped"] > 0 and ledger["accepted"] == 150
    s = sink(port=port)
    wait_for(lambda: settled(w), what="drained")
    wait_for(lambda: ids[-1] in s.event_ids(), what="the newest arrived")
    assert ids[0] not in s.event_ids()


def test_one_destination_that_hangs_does_not_touch_the_other(weir, sink):
    hang = sink(fail="hang", name="hang")
    good = sink(name="good")
    w = weir({"destinations": [{"name": "hang", "dsn": hang.dsn(), **FAST, "timeout": "2s"}, {"name": "good", "dsn": good.dsn(), **FAST}]})
    began = time.monotonic()
    sent = [w.send_event() for _ in range(20)]
    wait_for(lambda: sorted(good.event_ids()) == sorted(sent), timeout=60, what="the good one has all")
    assert time.monotonic() - began < 10
    wait_for(lambda: w.ledger("good")["forwarded"] == 20, what="settled")
    assert w.ledger("hang")["spooled"] == 20


def test_endpoints_fail_over(weir, sink):
    a_port = free_port()
    b = sink(name="b")
    w = weir(one(f"http://{KEY}@127.0.0.1:{a_port}/1", endpoints=[f"http://127.0.0.1:{b.port}"], dead_letter_after=20))
    sent = [w.send_event() for _ in range(20)]
    wait_for(lambda: settled(w), what="the other endpoint takes all")
    wait_for(lambda: sorted(b.event_ids()) == sorted(sent), what="all were printed")


def test_sender_key_and_project_are_kept_by_a_template_dsn(weir, sink):
    s = sink()
    w = weir(one(f"http://{{key}}@127.0.0.1:{s.port}/{{project}}"))
    w.send_event(project="77", key="c0ffee00c0ffee00c0ffee00c0ffee00")
    wait_for(lambda: s.envelopes, what="envelope")
    e = s.envelopes[0]
    assert str(e["project"]) == "77" and "c0ffee00c0ffee00c0ffee00c0ffee00" in json.dumps(e)


def test_reload_is_atomic_and_a_bad_file_is_refused(weir, sink):
    a, b = sink(name="a"), sink(name="b")
    w = weir({}, dsn=a.dsn())
    w.send_event()
    wait_for(lambda: len(a.events()) == 1, what="to a")
    w.reload({"environmnt": "typo"})
    wait_for(lambda: w.metric("weir_config_last_reload_successful") == 0, what="refused")
    assert "environment" in w.log(), "a did-you-mean is logged"
    w.send_event()
    wait_for(lambda: len(a.events()) == 2, what="the old one stays in force")
    w.reload({"environment": "reloaded"}, b.dsn())
    wait_for(lambda: w.metric("weir_config_last_reload_successful") == 1, what="taken")
    w.send_event({"event_id": "e" * 32, "message": "x"})
    wait_for(lambda: len(b.events()) == 1, what="to b")
    assert b.events()[0]["environment"] == "reloaded"


def test_sigterm_drains_within_ten_seconds(weir, sink):
    s = sink(extra=["--latency", "50ms"])
    w = weir(one(s.dsn()))
    stop, acknowledged = threading.Event(), []

    def send():
        while not stop.is_set():
            e = error_event()
            try:
                if w.send_envelope(envelope(("event", e), event_id=e["event_id"]))[0] == 200:
                    acknowledged.append(e["event_id"])
            except OSError:
                return
    threads = [threading.Thread(target=send) for _ in range(3)]
    for t in threads:
        t.start()
    time.sleep(1)
    began = time.monotonic()
    w.stop()
    stop.set()
    assert time.monotonic() - began < 10
    for t in threads:
        t.join()
    w.start()
    wait_for(lambda: settled(w), timeout=60, what="the rest goes after the next start")
    wait_for(lambda: set(acknowledged) <= set(s.event_ids()), what="all were printed")


def test_a_damaged_spool_does_not_stop_the_start(weir, sink):
    port = free_port()
    w = weir(one(f"http://{KEY}@127.0.0.1:{port}/1"))
    for _ in range(20):
        w.send_event()
    w.kill9()
    for f in (w.dir / "spool").glob("*.db"):
        data = bytearray(f.read_bytes())
        for at in range(4096, len(data), 4096):
            data[at:at + 64] = b"\xff" * 64
        f.write_bytes(bytes(data))
    w.start()
    w.ledger()
    sink(port=port)
    wait_for(lambda: settled(w), what="what was readable went")
    assert w.send_event()


def test_client_reports_tell_what_weir_dropped(weir, sink):
    s = sink()
    port = free_port()
    w = weir({"projects": [{"id": "42", "keys": [KEY], "sample": {"errors": 0}, "destinations": ["main"]},
                           {"id": "7", "keys": [KEY], "destinations": ["late"]}],
              "destinations": [{"name": "main", "dsn": s.dsn(), **FAST}, {"name": "late", "dsn": f"http://{KEY}@127.0.0.1:{port}/1", **FAST}],
              "spool": {"ttl": "1s"}}, binary=RELEASE)
    for _ in range(3):
        w.send_event()
    ledger = w.ledger()
    assert ledger["sampled"] == 3 and ledger["accepted"] == 3
    # what goes with an event that expires is told too
    e = error_event()
    w.send_envelope(envelope(("event", e), ("attachment", b"eleven more", {"filename": "a.txt"}), event_id=e["event_id"]), project="7")
    wait_for(lambda: w.ledger("late")["expired"] == 1, what="expired")
    late = sink(port=port, name="late")
    wait_for(lambda: w.send_event(project="7") and len(late.events()) > 3, every=0.5, what="the breaker is closed")
    wanted = [(s, {"reason": "sample_rate", "category": "error", "quantity": 3}),
              (late, {"reason": "cache_overflow", "category": "attachment", "quantity": 11})]
    for to, entry in wanted:
        wait_for(lambda: any(entry in r["payload"]["discarded_events"] for r in to.items("client_report")), timeout=75, what=f"{entry}", every=1)


def test_one_full_destination_among_two_refuses_nothing(weir, sink):
    good = sink()
    dead_end = f"http://{KEY}@127.0.0.1:{free_port()}/1"
    w = weir({"destinations": [{"name": "small", "dsn": dead_end, "max_bytes": "64KiB", **FAST}, {"name": "good", "dsn": good.dsn(), **FAST}]}, binary=RELEASE)
    sent = [w.send_event(error_event(extra={"blob": os.urandom(3000).hex()})) for _ in range(60)]
    wait_for(lambda: settled(w, "good"), what="the good one has all")
    wait_for(lambda: sorted(good.event_ids()) == sorted(sent), what="all were printed")
    small = w.ledger("small")
    assert small["accepted"] == 60 and small["dropped"] > 0 and small["dropped"] + small["spooled"] == 60
    assert w.metric("weir_events_total", destination="small", outcome="dropped", reason="full") == small["dropped"]


def test_a_destination_over_tls_is_verified(weir, tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with destination(lambda s: context.wrap_socket(s, server_side=True)) as server:
        dsn = f"https://{KEY}@localhost:{server.server_port}/1"
        w = weir(one(dsn))
        event_id = w.send_event()
        wait_for(lambda: w.metric("integration_errors_total", service="main", error_type="tls") >= 1, what="an unknown certificate is refused")
        assert not server.bodies and w.ledger()["spooled"] == 1
        w.reload(one(dsn, tls={"ca": str(cert)}))
        wait_for(lambda: settled(w), what="with its CA it is taken")
    assert event_id.encode() in server.bodies[0]


def test_several_compressions_arrive(weir, sink):
    for how in ("gzip", "zstd", "none"):
        s = sink(name=f"sink-{how}")
        w = weir(one(s.dsn(), compression=how), name=f"weir-{how}")
        event_id = w.send_event()
        wait_for(lambda: s.event_ids() == [event_id], what=how)


def test_a_second_weir_does_not_take_the_spool(weir, sink):
    w = weir({}, dsn=sink().dsn())
    r = w.cli("run", "-c", "weir.yaml")
    assert r.returncode == 1 and "spool" in r.stderr
