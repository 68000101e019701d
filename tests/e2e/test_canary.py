"""weir check --canary: a configuration whose rule sets are tight passes, any hole is named."""
import re

import pytest

from test_cli import run

PROJECT = "projects: [{{id: '42', keys: [k], rulesets: [{0}]{1}}}]\nscrub: {{rulesets: {{hole: hole.yaml}}}}\n"
MAIL = "{'**': ['@email']}"


def canary(folder, rules=MAIL, sets="hole", more=""):
    (folder / "hole.yaml").write_text(f"applications: {rules}\n")
    (folder / "weir.yaml").write_text(PROJECT.format(sets, more))
    return run("check", "--canary", cwd=folder, timeout=200)


def test_the_default_set_is_tight(tmp_path):
    r = run("check", "--canary", cwd=tmp_path, timeout=200)
    assert r.returncode == 0, r.stdout
    planted, out = map(int, re.search(r"canary: (\d+) planted, (\d+) came out", r.stdout).groups())
    assert planted > 40000 and out == 0
    assert "do not look for" not in r.stdout


def test_what_the_sets_do_not_look_for_is_said(tmp_path):
    r = canary(tmp_path)
    assert r.returncode == 0, r.stdout
    assert "project 42: its rule sets do not look for: IBAN" in r.stdout
    assert "do not look for: e-mail" not in r.stdout


@pytest.mark.parametrize("rules, places", [
    ("{'** && !extra.**': ['@email']}", ["event, payload/extra/note", "native-error, payload/custom"]),
    ("{'** && !$http.**': ['@email']}", ["event, payload/request/headers/X-Custom", "transaction, payload/request/url"]),
    ("{'** && !$breadcrumb.**': ['@email']}", ["native-breadcrumb, payload/message", "event, payload/breadcrumbs/values/0/data/reason"]),
    ("{'** && !$attachments.**': ['@email']}", ["attachment-text, text, place 1", "attachment-json, payload/a/b/0"]),
    ("{'** && !$log.**': ['@email']}", ["log, payload/items/0/body"]),
    ("{'** && !$span.**': ['@email']}", ["span, payload/items/0/attributes/url.full/value", "native-span, payload/description"]),
])
def test_a_hole_is_named(tmp_path, rules, places):
    r = canary(tmp_path, rules)
    assert r.returncode == 1
    for place in places:
        assert f"e-mail address comes out of {place}, " in r.stdout, place


def test_attachments_that_are_forwarded_unseen_are_a_hole(tmp_path):
    r = canary(tmp_path, more=", attachments: forward")
    assert r.returncode == 1 and "comes out of attachment-binary" in r.stdout
    assert "comes out of event" not in r.stdout


def test_sets_that_remove_nothing_do_not_pass(tmp_path):
    r = canary(tmp_path, "{}")
    assert r.returncode == 1 and "0 planted" in r.stdout


def test_a_bad_configuration_is_told_before_anything_is_planted(tmp_path):
    (tmp_path / "weir.yaml").write_text("projets: []\n")
    r = run("check", "--canary", cwd=tmp_path, timeout=200)
    assert r.returncode == 78 and "canary" not in r.stdout
