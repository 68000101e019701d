"""Real SDKs through weir to a real Bugsink, and to the sink for what Bugsink does not store: every item
arrives, environment and release are set, and no planted secret is left anywhere."""
import json
import subprocess
import sys

import pytest

from weir import KEY, SHARED, canaries, destination, wait_for

# What each driver's SDK sends, as item types that must come out at the other end.
ITEMS = {
    "python-new": {"event", "attachment", "transaction", "profile", "session", "check_in", "log", "trace_metric", "client_report"},
    "node-new": {"event", "attachment", "sessions", "check_in", "log", "trace_metric", "feedback", "span"},
    "go": {"event", "attachment", "transaction", "check_in", "log", "trace_metric"},
    "java": {"event", "attachment", "transaction", "session", "check_in", "log"},
}


def config(dsn_bugsink, dsn_sink, **project):
    return {
        "projects": [{"id": "42", "keys": [KEY], "destinations": ["bugsink", "sink"], **project}],
        "destinations": [{"name": "bugsink", "dsn": dsn_bugsink, "connections": 2}, {"name": "sink", "dsn": dsn_sink}],
    }


def has_all(stored, sent):
    return {e["event_id"].replace("-", "") for e in stored} >= sent and stored


def leaks(folder):
    """What shared/clients/leaks.py finds of the canaries below a folder, in any encoding it knows."""
    r = subprocess.run([sys.executable, SHARED / "clients/leaks.py", SHARED / "clients/common.sh", folder], capture_output=True, text=True)
    return "" if r.returncode == 0 else r.stdout


def assert_no_canary(folder, **places):
    """`places` are named bytes or text; each is searched, also for encoded forms."""
    folder.mkdir()
    for name, content in places.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert not leaks(folder), leaks(folder)
    for name, value in canaries().items():
        for place, content in places.items():
            content = content if isinstance(content, bytes) else content.encode()
            assert value.encode() not in content, f"{name} is in {place}"


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_an_sdk_reaches_the_backend_scrubbed_and_tagged(name, weir, sink, bugsink, driver, tmp_path):
    s = sink()
    w = weir(config(bugsink.dsn(1), s.dsn()))
    # The Python SDK throws a profile away that has fewer than two samples, so a quick machine needs more rounds.
    for rounds in (1, 4, 16):
        driver(name, w, KEY, SDK_SCRUB="0", ROUNDS=str(rounds))
        wait_for(lambda: w.ledger("sink")["spooled"] == 0, timeout=60, what="the sink took everything")
        if {i["header"]["type"] for i in s.items()} >= ITEMS[name]:
            break

    sent = {e["event_id"] for e in s.events()}
    assert sent, "the driver's errors arrive"
    # Bugsink limits what it does not store for a day, so only errors are waited for.
    stored = wait_for(lambda: has_all(bugsink.events(), sent), timeout=60, what="Bugsink stored every error", every=1)
    for event in [*s.events(), *stored]:
        assert event["environment"] == "staging", event["event_id"]
        assert event["release"] == "shop@2.4.1", event["event_id"]
    assert {i["header"]["type"] for i in s.items()} >= ITEMS[name]
    assert w.ledger("sink")["accepted"] == w.ledger("sink")["forwarded"]
    assert w.ledger("bugsink")["dead"] == 0

    payloads = "\n".join(json.dumps(i, ensure_ascii=False) for i in s.items())
    assert_no_canary(tmp_path / "seen", sink=s.text(), payloads=payloads, bugsink=bugsink.database(), spool=w.spool_bytes(), log=w.log(),
                     metrics=w.get("/metrics")[2])


def test_a_projects_environment_and_release_fill_what_the_sender_left_out(weir, sink):
    s = sink()
    w = weir({"environment": "production", "tags": {"region": "eu", "team": "core"},
              "projects": [{"id": "42", "keys": [KEY], "environment": "staging", "release": "shop@9", "tags": {"team": "payments"},
                            "destinations": ["main"]}],
              "destinations": [{"name": "main", "dsn": s.dsn()}]})
    w.send_event({"event_id": "a" * 32, "message": "bare"})
    w.send_event({"event_id": "b" * 32, "message": "full", "environment": "qa", "release": "x@1", "tags": {"team": "mine"}})
    w.send_event({"event_id": "c" * 32, "message": "pairs", "tags": [["team", "mine"]]})
    wait_for(lambda: len(s.events()) == 3, what="three events")
    bare, full, pairs = sorted(s.events(), key=lambda e: e["event_id"])
    assert (bare["environment"], bare["release"], bare["tags"]) == ("staging", "shop@9", {"region": "eu", "team": "payments"})
    assert (full["environment"], full["release"]) == ("qa", "x@1")
    assert full["tags"] == {"team": "mine", "region": "eu"}
    assert sorted(map(tuple, pairs["tags"])) == [("region", "eu"), ("team", "mine")]


def test_bytes_that_nothing_changes_come_out_byte_for_byte(weir):
    odd = b'{ "event_id":"' + b"d" * 32 + b'",\t"environment":"e","release":"r" , "extra":{"f":1.50,"e":1e2,"u":"\\u00e9\\/","z":[ ]},"server_name":"s"}'
    with destination() as server:
        w = weir({}, dsn=f"http://{KEY}@127.0.0.1:{server.server_port}/1")
        status, _, answer = w.send_envelope(b'{"event_id":"' + b"d" * 32 + b'"}\n{"type":"event"}\n' + odd + b"\n")
        assert status == 200, answer
        wait_for(lambda: server.bodies, what="the envelope")
    assert server.bodies[0].split(b"\n")[2] == odd
