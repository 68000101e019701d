"""What the documentation shows works when it is pasted: configurations, rule sets, native JSON, commands, queries."""
import json
import re

import pytest
from test_cli import run
from weir import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/runbooks").glob("*.md"), ROOT / "dashboards/README.md"])
RULES = {"rules", "applications", "extends", "scrubDefaults"}


def blocks(*languages):
    for page in PAGES:
        text = page.read_text()
        for m in re.finditer(r"^```(\w+)\n(.*?)^```", text, re.S | re.M):
            if m.group(1) in languages:
                line = text[: m.start()].count("\n") + 1
                yield pytest.param(m.group(2), id=f"{page.relative_to(ROOT)}:{line}")


def is_rules(text):
    return bool(RULES & set(re.findall(r"^(\w+):", text, re.M)))


def shown(p):
    return p.values[0]


YAML = [p for p in blocks("yaml") if not p.id.startswith("dashboards")]
CONFIGS = [p for p in YAML if not is_rules(shown(p))]
RULE_SETS = [p for p in YAML if is_rules(shown(p))] + [p for p in blocks("json") if '"applications"' in shown(p)]


def put_rule_sets(tmp_path):
    (tmp_path / "rules").mkdir()
    for p in RULE_SETS:
        name = re.match(r"# (rules/\w+\.yaml)\n", shown(p))
        if name:
            (tmp_path / name.group(1)).write_text(shown(p))


@pytest.mark.parametrize("text", CONFIGS)
def test_a_configuration_is_taken(text, tmp_path):
    put_rule_sets(tmp_path)
    (tmp_path / "secret").write_text("https://key@sentry.example.com/42")
    (tmp_path / "weir.yaml").write_text(re.sub(r"\$\{file:[^}]*\}", "${file:secret}", text))
    r = run("check", cwd=tmp_path, WEIR_ADMIN_TOKEN="a-token-of-some-length")
    assert r.returncode == 0, r.stderr


@pytest.mark.parametrize("text", RULE_SETS)
def test_a_rule_set_is_taken_and_its_examples_hold(text, tmp_path):
    (tmp_path / "set.yaml").write_text(text)
    r = run("rules", "test", "set.yaml", cwd=tmp_path)
    assert r.returncode == 0, r.stderr


def test_there_are_blocks_of_both_kinds():
    assert len(CONFIGS) >= 6 and len(RULE_SETS) >= 4


def commands():
    """(command, options) of each `weir COMMAND --option` in blocks of commands, in running text, and in --help."""
    for page in PAGES:
        text = page.read_text()
        lines = [line for m in re.finditer(r"^```sh\n(.*?)^```", text, re.S | re.M) for line in m.group(1).splitlines()]
        lines += re.findall(r"`(weir [^`]*)`", text)
        lines += re.findall(r"^ {4}(weir .*)$", text, re.M)
        for line in lines:
            for m in re.finditer(r"\bweir ([a-z]+)((?: +(?!\||>|&&)\S+)*)", re.sub(r"\s#.*", "", line)):
                yield page.name, m.group(1), re.findall(r"(?<=\s)--?[a-z][a-z-]*", m.group(2))


@pytest.mark.parametrize("page, command, options", sorted({(p, c, tuple(o)) for p, c, o in commands()}))
def test_a_command_and_its_options_exist(page, command, options):
    r = run(command, "--help")
    assert r.returncode == 0, f"{page}: weir {command}"
    for option in options:
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", r.stdout), f"{page}: weir {command} {option}"


def test_queries_of_the_pages_name_series_that_exist(tmp_path):
    known = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/metrics.md").read_text(), re.M))
    (tmp_path / "weir.yaml").write_text("slas: [{service: a, availability: 99%, p99: 1s, error_rate: 1%}]\n")
    known |= set(re.findall(r"record: (\S+)", run("alerts", cwd=tmp_path).stdout))
    seen = 0
    for p in blocks("promql"):
        for name in re.findall(r"(?<![\w\"])([a-z_:]+[a-z0-9_:]*)(?=[{\[)])", re.sub(r"#.*|\b(?:by|without|on) *\([^)]*\)", "", shown(p))):
            seen += 1
            assert name in known or re.sub("_(bucket|count|sum)$", "", name) in known, f"{p.id}: {name}"
    assert seen >= 10


def test_native_json_of_the_pages_is_json():
    lines = [line for p in blocks("json") if p.id.startswith("docs/ingest") for line in shown(p).splitlines() if line.startswith("{")]
    assert {json.loads(line)["type"] for line in lines} >= {"error", "breadcrumb", "span", "integration", "breaker"}
