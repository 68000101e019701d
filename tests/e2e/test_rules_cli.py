"""What users do with rule sets before weir runs: reports, examples beside rules, encryption and its other end."""
import json
import re

import pytest

from test_cli import run

SHOP = """
rules:
  order:
    type: pattern
    pattern: 'ORD-[0-9]+'
    redaction: {method: replace, text: "[order]"}
    tests:
      match: ['paid ORD-17', '{"extra": {"a": "ORD-1"}}']
      no_match: ['ORDER BY id']
applications:
  "**": [order, "@email"]
tests:
  - {input: 'mail ORD-17 to a@b.io', output: 'mail [order] to [email]'}
  - {input: '{"extra": {"n": 1, "o": "ORD-1"}}', output: '{"extra": {"n": 1, "o": "[order]"}}'}
"""


# ---- weir rules test

def test_examples_that_hold(tmp_path):
    (tmp_path / "shop.yaml").write_text(SHOP)
    r = run("rules", "test", "shop.yaml", cwd=tmp_path)
    assert r.returncode == 0 and r.stdout == "shop.yaml: 5 examples hold, 0 do not\n" and r.stderr == ""


@pytest.mark.parametrize("was, now, place, why", [
    ("'paid ORD-17'", "'paid 17'", "8:15", "rule order should match here, and finds nothing"),
    ("'ORDER BY id'", "'for ORD-8'", "9:18", "rule order should find nothing here, and matches"),
    ("to [email]'", "to a@b.io'", "13:46",
     'comes out otherwise\n  expected: mail [order] to a@b.io\n  comes out: mail [order] to [email]'),
    ("\"n\": 1, \"o\": \"[order]\"", "\"n\": 2, \"o\": \"[order]\"", "14:58",
     'comes out otherwise\n  expected: {"extra": {"n": 2, "o": "[order]"}}\n  comes out: {"extra": {"n": 1, "o": "[order]"}}'),
])
def test_an_example_that_does_not_hold_is_told_with_its_place(tmp_path, was, now, place, why):
    (tmp_path / "shop.yaml").write_text(SHOP.replace(was, now))
    r = run("rules", "test", "shop.yaml", cwd=tmp_path)
    assert r.returncode == 1
    assert r.stderr == f"shop.yaml:{place}: {why}\n"
    assert r.stdout == "shop.yaml: 4 examples hold, 1 do not\n"


def test_rules_test_refuses_what_is_no_rule_set(tmp_path):
    (tmp_path / "bad.yaml").write_text("rules: {a: {type: nothing, tests: {match: [x]}}}\n")
    r = run("rules", "test", "bad.yaml", cwd=tmp_path)
    assert r.returncode == 78 and r.stderr.startswith("bad.yaml:1:")
    assert run("rules", "test", "missing.yaml", cwd=tmp_path).returncode == 1
    assert run("rules", "test").returncode == 2


def test_a_running_configuration_takes_a_set_with_examples(tmp_path):
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "weir.yaml").write_text("scrub: {rulesets: {shop: shop.yaml}}\nprojects: [{id: '1', keys: [k], rulesets: [default, shop]}]\n")
    r = run("check", cwd=tmp_path)
    assert r.returncode == 0, r.stderr


# ---- weir scrub --report

@pytest.fixture
def samples(tmp_path):
    (tmp_path / "a").mkdir()
    for i in range(6):
        event = {"message": f"user{i}@example.org paid with 4111 1111 1111 1111", "extra": {"password": "completed", "hosts": [f"10.0.0.{i}"]}}
        (tmp_path / "a" / f"{i}.json").write_text(json.dumps(event))
    (tmp_path / "b.ndjson").write_text('{"message":"x@example.org"}\n{"message":"nothing"}\n')
    (tmp_path / "c.envelope").write_text('{}\n{"type":"event"}\n{"message":"y@example.org"}\n')
    (tmp_path / "broken.json").write_text("nope")
    return tmp_path


def report(samples, *args):
    r = run("scrub", "--report", ".", *args, cwd=samples)
    assert r.returncode == 0, r.stderr
    assert "./broken.json: left out of the report" in r.stderr
    return r.stdout


def test_a_report_counts_by_rule_and_place(samples):
    out = json.loads(report(samples, "--format", "json"))
    found = {(f["rule"], f["path"]): f for f in out["findings"]}
    assert (out["files"], out["unread"]) == (9, 1)
    mail = found["@email", "message"]
    assert (mail["count"], mail["method"], mail["doubt"]) == (8, "replaced", None)
    assert set(mail["shapes"]) == {"aaaa9@aaaaaaa.aaa", "a@aaaaaaa.aaa"}
    assert found["@ip", "extra.hosts.*"]["count"] == 6
    assert found["@creditcard", "message"]["doubt"] == "the same value in more than half of all documents"
    assert found["secrets", "extra.password"]["doubt"]
    assert out["matches"] == sum(f["count"] for f in out["findings"])


def test_a_report_holds_no_values_unless_asked(samples):
    for how in ("text", "json", "html"):
        out = report(samples, "--format", how)
        assert "example.org" not in out and "4111" not in out and "10.0.0" not in out, how
        assert "user3@example.org" in report(samples, "--format", how, "--values"), how


def test_the_report_as_a_page_stands_alone(samples):
    out = report(samples, "--format", "html")
    assert out.startswith("<!doctype html>") and out.rstrip().endswith("</html>")
    assert not re.search(r'(src|href)\s*=|https?://|@import', out), "nothing is fetched"
    assert "&lt;" not in out and out.count("<tr") == out.count("</tr>")


def test_report_needs_a_directory(tmp_path):
    assert run("scrub", "--report").returncode == 2
    assert run("scrub", "--report", "x", "y").returncode == 2
    assert run("scrub", "--report", "x", "--format", "pdf").returncode == 2
    assert run("scrub", "--report", tmp_path / "none").returncode == 1


# ---- encrypt and reveal

def test_the_holder_of_the_key_reveals(tmp_path):
    made = run("reveal", "--new-key", "weir.key", cwd=tmp_path)
    assert made.returncode == 0
    key = tmp_path / "weir.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_text().strip() not in made.stdout
    (tmp_path / "set.yaml").write_text("rules: {mail: {type: email, %s}}\napplications: {'**': [mail]}\n" % made.stdout.strip())
    event = json.dumps({"message": 'to "Zoë" <zoe@example.org>', "user": {"email": "zoe@example.org"}}, ensure_ascii=False)
    out = run("scrub", "-r", "set.yaml", stdin=event, cwd=tmp_path).stdout
    assert "zoe@" not in out and out.count("[encrypted:") == 2
    assert {r[1] for r in json.loads(out)["_meta"]["message"][""]["rem"]} == {"e"}
    r = run("reveal", "--key", "weir.key", stdin=out, cwd=tmp_path)
    assert r.returncode == 0
    revealed = json.loads(r.stdout)
    del revealed["_meta"]
    assert revealed == json.loads(event)
    box = re.search(r"\[encrypted:[\w-]+\]", out)[0]
    assert run("reveal", stdin=f"see {box}\n", cwd=tmp_path, WEIR_PRIVATE_KEY=key.read_text()).stdout == "see zoe@example.org\n"


def test_reveal_with_another_key_leaves_the_box_closed(tmp_path):
    for name in ("a", "b"):
        made = run("reveal", "--new-key", name, cwd=tmp_path).stdout
    (tmp_path / "set.yaml").write_text("rules: {mail: {type: email, %s}}\napplications: {'**': [mail]}\n" % made.strip())
    out = run("scrub", "-r", "set.yaml", stdin='{"message":"zoe@example.org"}', cwd=tmp_path).stdout
    r = run("reveal", "--key", "a", stdin=out, cwd=tmp_path)
    assert r.returncode == 1 and r.stdout == out and "another key" in r.stderr
    assert run("reveal", stdin=out).returncode == 2, "no key given"
    assert run("reveal", "--new-key", "a", cwd=tmp_path).returncode == 1, "a key is not overwritten"
