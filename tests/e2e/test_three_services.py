"""One order crosses three services: Python with Sentry's SDK, Go with OpenTelemetry, a shell script with nc. It ends in
one error that has the breadcrumbs of all three. The README shows the pieces of three-services/."""
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from weir import KEY, ROOT, Process, wait_for

HERE = pathlib.Path(__file__).parent / "three-services"


@pytest.fixture(scope="module")
def stock():
    """The Go program; Go itself keeps what it built."""
    version = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True).stdout if shutil.which("go") else ""
    if [int(n) for n in re.findall(r"\d+", version)[:2]] < [1, 21] or not shutil.which("nc"):
        pytest.skip("needs nc and a Go that fetches the toolchain of go.mod (1.21)")
    binary = ROOT / "build/three-services/stock"
    r = subprocess.run(["go", "build", "-o", binary, "."], cwd=HERE / "stock", capture_output=True, text=True, timeout=400)
    assert r.returncode == 0, r.stderr
    return binary


def test_an_error_has_the_breadcrumbs_of_all_services_that_its_trace_crossed(weir, sink, stock, processes, tmp_path):
    s = sink()
    w = weir({"default_project": "42", "breadcrumbs": {"from_spans": True}, "traces": {"wait": "2s"},
              "projects": [{"id": "42", "keys": [KEY], "destinations": ["main"]}]}, dsn=s.dsn())
    go = Process([stock, HERE / "charge.sh"], tmp_path / "stock.log", stdout=subprocess.PIPE, text=True, env={
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{w.port}", "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {KEY}",
        "OTEL_SERVICE_NAME": "stock", "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.7", "WEIR_HOST": "127.0.0.1", "WEIR_PORT": str(w.udp)})
    processes.append(go)
    shop = Process([sys.executable, HERE / "shop.py", go.p.stdout.readline().strip()], tmp_path / "shop.log", stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE, text=True, env={"SENTRY_DSN": f"http://{KEY}@127.0.0.1:{w.port}/42"})
    processes.append(shop)
    assert shop.p.stdout.readline() == "failed\n", shop.log() + go.log()
    wait_for(lambda: w.metric("weir_breadcrumbs_held") == 1, what="the script's breadcrumb")
    shop.p.stdin.write("\n")
    shop.p.stdin.close()
    assert shop.wait() == 0, shop.log()

    e = wait_for(lambda: s.events(), what="the error")[0]
    assert e["exception"]["values"][-1]["type"] == "HTTPError" and e["release"] == "shop@2.4.1"
    crumbs = e["breadcrumbs"]["values"]
    assert [(c.get("data", {}).get("service"), c["message"].split()[0]) for c in crumbs] == [(None, "3"), ("stock", "GET"), ("charge", "the")], crumbs
    stood = [c["timestamp"] for c in crumbs[1:]]
    assert stood == sorted(stood)
    # Both services' transactions stand in the same trace, stock's below shop's; nothing personal left; nothing is lost.
    wait_for(lambda: len(s.items("transaction")) == 2, what="two transactions")
    traces = {t["payload"]["transaction"]: t["payload"]["contexts"]["trace"] for t in s.items("transaction")}
    assert set(traces) == {"order", "GET /reserve"}
    assert {t["trace_id"] for t in traces.values()} == {e["contexts"]["trace"]["trace_id"]}
    assert traces["GET /reserve"]["parent_span_id"] == traces["order"]["span_id"]
    assert "ann@example.org" not in s.text() and "4111 1111" not in s.text()
    ledger = wait_for(lambda: w.ledger()["spooled"] == 0 and w.ledger(), timeout=30, what="nothing waits")
    assert len(s.events()) == 1 and ledger["accepted"] == ledger["forwarded"] + ledger["collapsed"], ledger
