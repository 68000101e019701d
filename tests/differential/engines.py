"""Both engines on the same pairs, and what differs between them."""
import re

import differences

SENTRY_NAMES = {"urlauth": "url_auth", "usssn": "us_ssn", "redactPair": "redact_pair"}
COMMON = ("email", "ip", "creditcard", "iban", "us_ssn", "url_auth", "pemkey", "bearer", "userpath", "password")
TEXTS = ("[Filtered]", "[email]", "[ip]", "[creditcard]", "[iban]", "[us-ssn]", "[mac]", "[uuid]", "[imei]", "[auth]", "[user]", "[token]",
         "[pemkey]", "[password]", "Bearer [token]")


def leaves(value, path=()):
    """(path, scalar or empty container) of all that has no parts."""
    if isinstance(value, dict) and value:
        for k, v in value.items():
            yield from leaves(v, path + (k,))
    elif isinstance(value, list) and value:
        for i, v in enumerate(value):
            yield from leaves(v, path + (str(i),))
    else:
        yield path, value


def applied(config, name):
    """The rules behind a name, multiple and alias followed: (type, rule)."""
    rule = config["rules"].get(name)
    if rule is None:
        base = name[1:].split(":")[0]
        return [(t, {}) for t in COMMON] if base == "common" else [(SENTRY_NAMES.get(base, base), {})]
    if rule["type"] in ("multiple", "alias"):
        return [x for inner in rule.get("rules", [rule.get("rule")]) for x in applied(config, inner)]
    return [(SENTRY_NAMES.get(rule["type"], rule["type"]), rule)]


def facts(config):
    """What the differences ask of a configuration."""
    names = {n for listed in config["applications"].values() for n in listed}
    behind = [(n, x) for n in sorted(names) for x in applied(config, n)]
    kinds = [t for _, (t, _) in behind]
    rules = [r for _, (_, r) in behind]
    return {
        "types": frozenset(kinds),
        "texts": frozenset(TEXTS) | {r["redaction"]["text"] for r in rules if "text" in r.get("redaction", {})},
        "key_patterns": tuple(r["keyPattern"] for r in rules if "keyPattern" in r),
        "patterns": tuple(r["pattern"] for r in rules if "pattern" in r),
        "repeated": frozenset(t for t in kinds if kinds.count(t) > 1),
        "selectors": " ".join(config["applications"]),
    }


def facts_of_settings(settings):
    """The same of the simple settings: what they come to."""
    kinds = set()
    if settings["scrubData"] and settings["scrubDefaults"]:
        kinds |= {"email", "creditcard", "iban", "us_ssn", "url_auth", "pemkey", "bearer", "password", "cookies"}
    if settings["scrubIpAddresses"]:
        kinds |= {"ip", "anything"}
    fields = tuple(re.escape(x) for x in settings.get("sensitiveFields", [])) if settings["scrubData"] else ()
    if fields:
        kinds.add("redact_pair")
    return {"types": frozenset(kinds), "texts": frozenset(TEXTS), "key_patterns": fields, "settings": True}


PAIRS = ("headers", "cookies", "query_string", "tags", "env")


def keys_of(event, path):
    """The path; where that ends in a pair that stands for a member, with the key of that."""
    if len(path) < 3 or path[-1] != "1" or path[-3] not in PAIRS:
        return path
    for step in path[:-1]:
        event = event[int(step)] if isinstance(event, list) else event[step]
    return path + (str(event[0]),) if isinstance(event, list) else path


def compare(about, event, peer, weir):
    """(place, what differences.explain() says of it) for each leaf of the event."""
    theirs, ours = dict(leaves(peer)), dict(leaves(weir))
    for path, before in leaves(event):
        place = differences.Place(path, keys_of(event, path), before, theirs.get(path, differences.GONE), ours.get(path, differences.GONE), **about)
        yield place, differences.explain(place)


def remarks(out, path):
    """What _meta says of one value."""
    at = out.get("_meta", {})
    for step in path:
        at = at.get(step, {}) if isinstance(at, dict) else {}
    return at.get("", {}) if isinstance(at, dict) else {}
