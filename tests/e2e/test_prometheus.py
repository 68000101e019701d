"""A real Prometheus scrapes a real weir through a bad half minute (scenario.py): every expression of every dashboard and
rule returns data, the dashboards tell the story as it was, and the alerts that should fire reach a real Alertmanager."""
import math
import re
import subprocess

import pytest

import prometheus
from prometheus import concrete, dashboards, panels
from scenario import AWAY, BACK, FAILS, HALF, LENGTH, SLOW, TRIPPED, WELL, Scenario
from weir import ASAN, SHARED

pytestmark = pytest.mark.skipif(not prometheus.installed(), reason="Prometheus and its Alertmanager are not installed")


class Story:
    """The scenario when it is over, with what Prometheus knows of it."""

    def __init__(self, tmp):
        self.scenario = Scenario(tmp, binary=ASAN)
        self.prometheus = self.alertmanager = None
        try:
            printed = self.scenario.weir.cli("alerts", "-c", "weir.yaml")
            assert printed.returncode == 0, printed.stderr
            self.alertmanager = prometheus.Alertmanager(tmp)
            self.prometheus = prometheus.Prometheus(tmp, self.scenario.weir.port, prometheus.hurried(printed.stdout), self.alertmanager)
            self.scenario.run()
            self.prometheus.scraped(2)
            self.end = self.scenario.at(LENGTH + 2)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for p in (self.prometheus, self.alertmanager):
            if p:
                p.stop()
        self.scenario.stop()

    def series(self, expr, since=0, until=LENGTH):
        """{labels: values between two times of the script} of an expression as a dashboard has it."""
        start, end = self.scenario.at(since), self.scenario.at(until)
        found = self.prometheus.query_range(concrete(expr, end - self.scenario.started), start, end)
        return {tuple(sorted(r["metric"].items())): [float(v) for _, v in r["values"]] for r in found}

    def panel(self, dashboard, title, since=0, until=LENGTH, **labels):
        """All values that a panel showed between two times, of series with these labels."""
        p = next(p for p in panels(dashboards()[dashboard]) if p["title"] == title)
        out = []
        for t in p["targets"]:
            for key, values in self.series(t["expr"], since, until).items():
                if labels.items() <= dict(key).items():
                    out += [v for v in values if not math.isnan(v)]
        return out


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    s = Story(tmp_path_factory.mktemp("story"))
    yield s
    s.stop()
    log = s.scenario.weir.log()
    assert "Sanitizer" not in log and "runtime error:" not in log, log[-6000:]


def all_expressions():
    for name, d in dashboards().items():
        for p in panels(d):
            for t in p["targets"]:
                yield pytest.param(t["expr"], id=f"{name}: {p['title']} {t['refId']}")


@pytest.mark.parametrize("expr", all_expressions())
def test_every_expression_returns_data(story, expr):
    now = story.prometheus.query(concrete(expr, LENGTH), at=story.end)
    assert now, f"nothing at the end: {expr}"
    shown = [v for values in story.series(expr).values() for v in values]
    assert any(math.isfinite(v) for v in shown), f"never a number: {expr}"


def test_the_variables_offer_what_there_is(story):
    offered = {}
    for d in dashboards().values():
        for v in d["templating"]["list"]:
            if v["type"] == "query":
                match, label = re.fullmatch(r"label_values\((.*), (\w+)\)", v["query"]["query"]).groups()
                offered[v["name"]] = set(story.prometheus.label_values(label, concrete(match, LENGTH)))
    assert offered["job"] == {"weir"} and len(offered["instance"]) == 1
    assert offered["service"] == {"payment", "mail", "identity", "inventory", "orders-db", "main", "archive", "db"}
    assert offered["destination"] == {"main", "archive"}
    assert offered["ruleset"] == {"default", "names"}


def test_the_integration_that_slows_down_is_seen(story):
    before = story.panel("integrations", "p99 of latency", 5, SLOW, service="payment")
    slow = story.panel("integrations", "p99 of latency", SLOW + 4, FAILS, service="payment")
    assert max(before) < 1000 < 2500 <= max(slow)
    assert max(story.panel("integrations", "p99 of latency", 5, service="identity")) < 250
    assert max(story.panel("overview", "SLA targets missed now", SLOW + 3, FAILS)) >= 1
    assert max(story.panel("integrations", "p99 per target", SLOW + 4, FAILS, service="payment")) > 1


def test_the_integration_that_fails_is_seen(story):
    assert max(story.panel("integrations", "Share of errors", 5, FAILS, service="payment"), default=0) == 0
    assert max(story.panel("integrations", "Share of errors", FAILS + 1, TRIPPED + 2, service="payment")) > 0.2
    assert max(story.panel("integrations", "Share of errors", service="identity")) == 0
    assert max(story.panel("overview", "Worst share of errors", FAILS + 1, TRIPPED + 2)) > 0.2
    kinds = {dict(k)["error_type"] for k in story.series("sum by (error_type) (integration_errors_total{service='payment'})")}
    assert kinds == {"timeout", "http_5xx"}


def test_the_breaker_opens_and_closes_again(story):
    states = story.panel("integrations", "Circuit breakers", service="payment")
    assert [s for i, s in enumerate(states) if i == 0 or s != states[i - 1]] == [0, 2, 1, 0]
    assert set(story.panel("integrations", "Circuit breakers", TRIPPED + 1.5, HALF, service="payment")) == {2}
    assert set(story.panel("integrations", "Circuit breakers", WELL + 1.5, LENGTH, service="payment")) == {0}
    assert max(story.panel("integrations", "Circuit breakers", service="mail")) == 0


def test_the_destination_that_goes_away_is_seen(story):
    assert max(story.panel("delivery", "Circuit breakers", AWAY + 1.5, BACK, destination="main")) == 2
    assert max(story.panel("delivery", "Circuit breakers", destination="archive")) == 0
    waiting = story.panel("overview", "Waiting in the spool", AWAY, BACK + 1, destination="main")
    assert max(waiting) > 20
    assert min(story.panel("overview", "Waiting in the spool", BACK + 5, LENGTH, destination="main")) < max(waiting) / 2
    assert min(story.panel("delivery", "Circuit breakers", LENGTH - 3, LENGTH, destination="main")) == 0


def test_dead_letters_are_those_that_were_refused(story):
    assert story.panel("delivery", "Dead letters over time", destination="archive")[-1] > 5
    assert max(story.panel("delivery", "Dead letters over time", destination="main")) == 0
    assert set(story.panel("overview", "Ledger difference")) == {0}


def test_scrubbing_shows_the_shadow_apart(story):
    for ruleset, mode in (("default", "enforce"), ("names", "shadow")):
        assert max(story.panel("scrubbing", "By rule set", 3, ruleset=ruleset, mode=mode)) > 0
    assert max(story.panel("scrubbing", "Would be removed", 3)) > 0


def test_lost_and_malformed_datagrams_are_seen(story):
    assert max(story.panel("self", "Lost by sender", 5, source="shop-1")) > 0
    assert max(story.panel("self", "Datagrams by outcome", 5, outcome="malformed")) > 0
    refused = {dict(k)["reason"] for k in story.series("sum by (reason) (weir_rejected_total)")}
    assert len(refused) >= 2


# ---- rules and alerts: `weir alerts`, a second for each minute ----

FIRE = {
    ("IntegrationErrorBudgetBurn", "payment"),
    ("IntegrationErrorRateOverTarget", "payment"),
    ("IntegrationLatencyOverTarget", "payment"),
    ("IntegrationErrorRateHigh", "payment"),
    ("IntegrationErrorRateHigh", "main"),
    ("IntegrationErrorRateHigh", "archive"),
    ("CircuitBreakerOpen", "payment"),
    ("CircuitBreakerOpen", "main"),
    ("DependencyDown", "user"),
    ("WeirDeadLettersGrowing", "archive"),
}


def test_the_alerts_that_should_fire_reach_the_alertmanager_and_no_other(story):
    def whose(a):
        labels = a["labels"]
        return labels["alertname"], labels.get("service") or labels.get("destination") or labels.get("name") or labels.get("instance")
    assert {whose(a) for a in story.alertmanager.received} == FIRE
    for a in story.alertmanager.received:
        assert a["labels"]["severity"] in ("warning", "critical")
        assert a["annotations"]["summary"] and a["annotations"]["description"]
        page = a["annotations"]["runbook_url"].rsplit("/", 1)[1]
        assert (prometheus.ROOT / "docs/runbooks" / page).exists(), page


def test_what_is_over_is_resolved(story):
    resolved = {(a["labels"]["alertname"], a["labels"].get("service")) for a in story.alertmanager.received if a["status"] == "resolved"}
    assert {("CircuitBreakerOpen", "payment"), ("CircuitBreakerOpen", "main"), ("IntegrationLatencyOverTarget", "payment")} <= resolved


def test_every_rule_is_evaluated_over_data(story):
    rules = story.prometheus.rules()
    assert len(rules) > 20
    for r in rules:
        assert r["health"] == "ok", r
        # Without its threshold an alert's expression has a value even when nothing is wrong.
        expr = re.sub(r"\s*(?:>|==|!=)\s*(?:bool\s*)?[\d.e+-]+", "", r["query"])
        assert story.prometheus.query(expr, at=story.end), r["query"]


def test_the_dashboards_fit_grafanas_types():
    script = SHARED / "infra/dashboard-types.sh"
    if not script.exists():
        pytest.skip("the folder shared/ is not beside this checkout")
    r = subprocess.run(["bash", script, *sorted((prometheus.ROOT / "dashboards").glob("*.json"))], capture_output=True, text=True, timeout=300)
    assert r.returncode == 0, r.stdout + r.stderr
