"""The tables of rules that users read say what the code does."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETS = ["secrets", "pci", "default", "gdpr", "hipaa", "strict"]


def types():
    """The names of all types of rules, from the table of detectors and that of national numbers."""
    code = (ROOT / "scrubbers/detect.c").read_text()
    return set(re.findall(r"\[WEIR_RULE_\w+\] =\s*\{\"(\w+)\"", code)) | set(re.findall(r"^\s*X\(\w+, (\w+)", (ROOT / "scrubbers/national_types.h").read_text(), re.M))


def test_every_type_of_rule_is_in_the_manual():
    said = set(re.findall(r"`@?(\w+)`", (ROOT / "docs/scrubbing.md").read_text()))
    assert len(types()) > 75
    assert not types() - said


def plain(rule):
    """@usssn, @us_ssn and @usssn:replace are one rule."""
    return rule.split(":")[0].replace("_", "") if rule.startswith("@") else rule


def applied(name):
    """The rules that a built-in set applies, with those of the sets it extends."""
    text = re.sub(r"(^|\s)#.*", "", (ROOT / f"scrubbers/rulesets/{name}.yaml").read_text())
    extends = re.search(r"^extends: \[(.*)\]$", text, re.M)
    listed = text.split("\napplications:")[1]
    own = re.findall(r"^ *- \"?([@\w:]+)\"?$", listed, re.M) + re.findall(r"[@\w:]+", " ".join(re.findall(r": \[(.*)\]$", listed, re.M)))
    return {plain(r) for r in own}.union(*(applied(s) for s in (extends.group(1).split(", ") if extends else [])))


@pytest.mark.parametrize("name", SETS)
def test_the_table_of_built_in_sets_is_that_of_their_files(name):
    rows = re.findall(r"^\| [^|]+ \| (`[^|]+`) \|((?: x? ?\|){6})$", (ROOT / "docs/rulesets.md").read_text(), re.M)
    said = {plain(rule): "x" in marks.split("|")[SETS.index(name)] for rules, marks in rows for rule in re.findall(r"`([^`]+)`", rules)}
    assert len(rows) > 20
    assert {r for r, takes in said.items() if takes} == applied(name) - {"@anything"}
