"""The dashboards are fresh, name only metrics and labels that weir has, and say of each panel what it shows."""
import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ["overview", "integrations", "delivery", "scrubbing", "self"]
TARGET = {"job", "instance"}  # Prometheus adds them to everything it scrapes
FROM_PROMETHEUS = {"up": set(), "scrape_duration_seconds": set(), "scrape_samples_scraped": set(),
                   "ALERTS": {"alertname", "alertstate", "severity"}}
WORDS = """by on or and unless without ignoring group_left group_right bool offset sum max min count avg topk rate increase vector
abs time clamp_max clamp_min histogram_quantile avg_over_time label_values""".split()


def load(name):
    return json.loads((ROOT / f"dashboards/{name}.json").read_text())


def metrics():
    """{sample name: its labels} of the table in metrics.h, read as C reads it."""
    text = (ROOT / "include/weir/metrics.h").read_text()
    table = text[text.index("#define WEIR_METRICS(X)"):text.index("#define WEIR_METRICS_ENUM")].replace("\\\n", "\n")
    out = dict(FROM_PROMETHEUS)
    for name, kind, labels in re.findall(r'X\(\w+,\s*"(\w+)",\s*(\w+),\s*"([^"]*)"', table):
        labels = set(labels.split())
        if kind == "HISTOGRAM":
            out.update({name + "_bucket": labels | {"le"}, name + "_sum": labels, name + "_count": labels})
        else:
            out[name] = labels
    return out


METRICS = metrics()


def panels(d):
    return [p for p in d["panels"] if p["type"] != "row"]


def expressions(d):
    for p in panels(d):
        for t in p["targets"]:
            yield p, t, t["expr"]


def selectors(expr):
    """(metric, [labels of its matchers]) of an expression, and what is grouped by."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', expr)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    grouped = {w for group in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", bare) for w in re.findall(r"\w+", group)}
    bare = re.sub(r"\b(?:by|on)\s*\([^)]*\)", "", bare)
    found = [(name, re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
             for name, matchers in re.findall(r"\b([a-zA-Z_]\w*)\s*(\{[^}]*\})?", bare) if name not in WORDS]
    return found, grouped


def test_they_are_fresh():
    r = subprocess.run([sys.executable, ROOT / "dashboards/build.py", "--check"], capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr


def test_the_table_of_metrics_is_read():
    assert METRICS["weir_forward_seconds_bucket"] == {"destination", "code", "le"}
    assert METRICS["integration_errors_total"] == {"service", "error_type"}
    assert len(METRICS) > 40


@pytest.mark.parametrize("name", NAMES)
def test_every_metric_and_label_exists(name):
    for p, _, expr in expressions(load(name)):
        found, grouped = selectors(expr)
        assert found or expr.startswith("time()"), f"{p['title']}: no metric in {expr}"
        known = set(TARGET)
        for metric, labels in found:
            assert metric in METRICS, f"{p['title']}: weir has no {metric}"
            unknown = set(labels) - METRICS[metric] - TARGET
            assert not unknown, f"{p['title']}: {metric} has no label {unknown}"
            known |= METRICS[metric]
        assert grouped <= known, f"{p['title']}: nothing in it has {grouped - known}"


@pytest.mark.parametrize("name", NAMES)
def test_every_selector_follows_the_choice_of_job_and_instance(name):
    for p, _, expr in expressions(load(name)):
        for metric, labels in selectors(expr)[0]:
            if metric != "ALERTS":
                assert TARGET <= set(labels), f"{p['title']}: {metric} is not chosen by job and instance"


@pytest.mark.parametrize("name", NAMES)
def test_legends_name_labels_that_the_result_has(name):
    for p, t, expr in expressions(load(name)):
        wanted = set(re.findall(r"\{\{(\w+)\}\}", t.get("legendFormat", "")))
        grouped = [set(re.findall(r"\w+", g)) for g in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expr)]
        for g in grouped:
            assert wanted <= g | {"instance"}, f"{p['title']}: the legend wants {wanted}, there is {g}"


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_is_described(name):
    d = load(name)
    assert d["uid"] == f"weir-{name}" and d["description"] and "id" not in d
    assert len({p["title"] for p in panels(d)}) == len(panels(d)), "two panels of one title"
    for p in panels(d):
        assert len(p["description"]) > 8, p["title"]
        assert p["description"].endswith("."), p["title"]
        assert p["fieldConfig"]["defaults"]["unit"]
        assert p["datasource"]["uid"] == "${datasource}"
        assert all(t["datasource"]["uid"] == "${datasource}" for t in p["targets"])


@pytest.mark.parametrize("name", NAMES)
def test_rates_are_taken_over_the_interval_of_the_scrape(name):
    for p, _, expr in expressions(load(name)):
        for window in re.findall(r"\[([^\]]*)\]", re.sub(r'"[^"]*"', "", expr)):
            assert window in ("$__rate_interval", "$__range"), f"{p['title']}: [{window}]"


@pytest.mark.parametrize("name", NAMES)
def test_panels_fill_the_grid_without_overlap(name):
    taken = {}
    d = load(name)
    assert len({p["id"] for p in d["panels"]}) == len(d["panels"])
    for p in d["panels"]:
        at = p["gridPos"]
        assert at["x"] + at["w"] <= 24, p["title"]
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert taken.setdefault((x, y), p["title"]) == p["title"], f"{p['title']} lies on {taken[x, y]}"


@pytest.mark.parametrize("name", NAMES)
def test_variables_and_links_lead_somewhere(name):
    text = (ROOT / f"dashboards/{name}.json").read_text()
    d = json.loads(text)
    defined = {v["name"] for v in d["templating"]["list"]}
    for _, _, expr in expressions(d):
        used = set(re.findall(r"\$(\w+)", expr)) - {"__rate_interval", "__range"}
        assert used <= defined
    assert set(re.findall(r"/d/weir-(\w+)", text)) <= set(NAMES)
    for v in d["templating"]["list"]:
        if v["type"] == "query":
            for metric in re.findall(r"\b(?:weir|integration|circuit)_\w+", v["query"]["query"]):
                assert metric in METRICS, metric
            assert re.search(r", (\w+)\)$", v["query"]["query"]).group(1) == v["name"]


@pytest.mark.parametrize("name", NAMES)
def test_exported_copies_ask_for_the_data_source(name):
    text = (ROOT / f"dashboards/export/{name}.json").read_text()
    d = json.loads(text)
    assert [i["name"] for i in d["__inputs"]] == ["DS_PROMETHEUS"]
    assert "${datasource" not in text and d["id"] is None
    used = {p["type"] for p in panels(d)}
    assert used == {r["id"] for r in d["__requires"] if r["type"] == "panel"}
