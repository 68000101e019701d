"""/metrics, /health*, status (contract 7 and 8), by the strict readers of the field."""
import json
import shutil
import subprocess

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from weir import KEY, RELEASE, error_event, free_port, wait_for


@pytest.fixture
def busy(weir, sink):
    """A weir that has seen something of everything."""
    s = sink()
    w = weir({}, dsn=s.dsn())
    for i in range(5):
        w.send_event(error_event("bob@example.org", contexts={"trace": {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "1" * 16}}))
    w.send_udp({"type": "integration", "service": 'odd"name\\\n', "endpoint": "/charge", "status": "200", "latency_ms": 12, "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"})
    w.post("/api/42/envelope/", b"garbage")
    wait_for(lambda: w.ledger()["forwarded"] == 5, what="forwarded")
    return w


def test_promtool_complains_of_nothing_but_ms(busy):
    text = busy.get("/metrics")[2]
    r = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    complaints = [line for line in (r.stdout + r.stderr).decode().splitlines() if line.strip() and not line.startswith(("integration_latency_ms", "integration_sla_latency_target_ms"))]
    assert not complaints and r.returncode in (0, 3)


def test_openmetrics_is_read_by_the_strict_parser(busy):
    status, headers, body = busy.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert status == 200 and headers["Content-Type"].startswith("application/openmetrics-text")
    families = {f.name: f for f in parse_openmetrics(body.decode())}
    assert "weir_events" in families and "integration_latency_ms" in families
    exemplars = [s.exemplar for s in families["integration_latency_ms"].samples if s.exemplar]
    assert any(e.labels.get("trace_id") == "4bf92f3577b34da6a3ce929d0e0e4736" for e in exemplars)
    status, headers, body = busy.get("/metrics", headers={"Accept": "text/plain"})
    assert "0.0.4" in headers["Content-Type"]
    assert list(parse_text(body.decode()))


CONTRACT = """integration_latency_ms integration_errors_total circuit_breaker_state weir_received_total weir_rejected_total weir_events_total weir_items_total
weir_spool_events weir_spool_bytes weir_spool_oldest_seconds weir_forward_seconds weir_breaker_state weir_destination_blocked weir_ingest_seconds
weir_scrub_matches_total weir_scrub_bytes_total weir_breadcrumbs_held weir_breadcrumbs_total weir_udp_datagrams_total weir_udp_kernel_drops_total weir_udp_lost_total
weir_config_last_reload_successful weir_config_last_reload_timestamp_seconds weir_build_info process_cpu_seconds_total process_resident_memory_bytes
process_open_fds process_start_time_seconds""".split()


def test_every_family_of_the_contract_is_described(busy):
    text = busy.get("/metrics")[2].decode()
    for name in CONTRACT:
        assert f"# TYPE {name} " in text, name
        assert f"# HELP {name} " in text, name
    assert "bob@example.org" not in text
    m = busy.metrics()
    assert busy.metric("weir_events_total", destination="main", outcome="accepted") == 5
    assert busy.metric("weir_events_total", destination="main", outcome="forwarded") == 5
    assert busy.metric("weir_scrub_matches_total", ruleset="default") >= 5
    assert busy.metric("weir_forward_seconds_count", destination="main", code="200") == 5
    assert busy.metric("weir_rejected_total", transport="http") == 1
    assert busy.metric("integration_latency_ms_count", service="main", endpoint="envelope") == 5
    assert any(k.startswith("weir_build_info") for k in m)


def test_health(weir, sink):
    w = weir({}, dsn=sink().dsn())
    for path in ("/health", "/health/live", "/health/ready"):
        assert w.get(path)[0] == 200, path
    status, _, body = w.get("/health/detailed")
    detail = json.loads(body)
    assert status == 200 and "main" in json.dumps(detail)


def test_status_shows_both_sides_of_the_ledger(busy):
    row = [d for d in busy.status()["destinations"] if d["name"] == "main"][0]
    ledger = row["ledger"]
    left = ledger["accepted"]
    right = sum(ledger[k] for k in ("forwarded", "filtered", "sampled", "collapsed", "expired", "dropped", "dead", "spooled"))
    assert left == right == 5 and ledger["difference"] == 0


def test_tokens(weir, sink):
    w = weir({"auth": {"admin_token": "adm1n", "metrics_token": "m3trics"}}, dsn=sink().dsn())
    assert w.get("/metrics")[0] == 401
    assert w.get("/metrics", headers={"Authorization": "Bearer m3trics"})[0] == 200
    assert w.get("/api/v1/status")[0] == 401
    assert w.get("/api/v1/status", headers={"Authorization": "Bearer wrong"})[0] in (401, 403)
    assert w.get("/api/v1/status", headers={"Authorization": "Bearer adm1n"})[0] == 200
    assert w.get("/health")[0] == 200


def test_an_admin_listener_of_its_own(weir, sink):
    from weir import request
    admin = free_port()
    w = weir({"listen": {"admin": f"127.0.0.1:{admin}"}}, dsn=sink().dsn(), wait=False)
    wait_for(lambda: request(admin, "GET", "/health/ready")[0] == 200, what="ready")
    assert request(admin, "GET", "/metrics")[0] == 200
    assert w.get("/metrics")[0] == 404
    assert w.get("/api/v1/status")[0] == 404


def test_idle_memory_is_small(weir, sink):
    w = weir({}, dsn=sink().dsn(), binary=RELEASE)
    w.send_event()
    wait_for(lambda: w.ledger()["forwarded"] == 1, what="forwarded")
    print("idle RSS KiB", w.rss_kib())
    assert 0 < w.rss_kib() < 24 * 1024
