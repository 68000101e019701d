"""OpenTelemetry's own SDKs through weir: what they record as exceptions arrives, at a real Bugsink too, as errors
with type, value, frames, environment and release, and no planted secret is left anywhere."""
import json

import pytest

from test_sdks import assert_no_canary
from weir import KEY, wait_for

# Of each driver: its release, and (type, innermost frame's function, file) of what it records.
RECORDED = {
    "otel-python": ("checkout@2.4.1", {("ValueError", "<module>", "drive.py")}),
    "otel-node": ("cart@2.4.1", {("TypeError", "go", "drive.js"), ("Error", "?", "drive.js")}),
}


def innermost_of_ours(event):
    thrown = event["exception"]["values"][-1]
    frame = [f for f in thrown["stacktrace"]["frames"] if f["in_app"]][-1]
    return thrown["type"], frame["function"], frame["filename"].rsplit("/")[-1]


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_recorded_exceptions_arrive_as_errors_with_frames(name, weir, sink, bugsink, driver, tmp_path):
    release, recorded = RECORDED[name]
    s = sink()
    # gdpr, since the drivers put a user's name where only the key tells: under `who`, and as the owner of a process
    w = weir({"projects": [{"id": "42", "keys": [KEY], "rulesets": ["gdpr"]}], "default_project": "42",
              "destinations": [{"name": "bugsink", "dsn": bugsink.dsn(1)}, {"name": "sink", "dsn": s.dsn()}]})
    driver(name, w, KEY, OTEL_EXPORTER_OTLP_HEADERS=f"authorization=Bearer%20{KEY}")
    wait_for(lambda: {innermost_of_ours(e) for e in s.events() if "exception" in e} == recorded, what="every exception")
    for event in s.events():
        assert (event["environment"], event["release"]) == ("staging", release)

    sent = {e["event_id"] for e in s.events()}
    stored = wait_for(lambda: [e for e in bugsink.events() if e["event_id"].replace("-", "") in sent], what="Bugsink stored them", every=1)
    assert {innermost_of_ours(e) for e in stored if "exception" in e} <= recorded
    payloads = "\n".join(json.dumps(i, ensure_ascii=False) for i in s.items())
    assert_no_canary(tmp_path / "seen", sink=s.text(), payloads=payloads, bugsink=bugsink.database(), spool=w.spool_bytes(), log=w.log(),
                     metrics=w.get("/metrics")[2])
