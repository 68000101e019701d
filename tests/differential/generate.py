"""Configurations and events by seed.

Texts are planted values and words, one a line, so that a difference can be laid to one of them. A
planted value has a kind; for the kinds in AGREED both engines must do the same, those in DISPUTED
name the difference in docs/compatibility.md that explains what comes out otherwise.
"""
import random

HEX = "0123456789abcdef"
WORDS = ("payment", "checkout failed", "retry in 5 s", "cart 17", "user logged in", "GET /items 200", "café", "日本語", "line 42",
         "ok", "0.5", "status=ok", "-", "order shipped", "x < y && y > z", "{}", "null", "v2", "timeout after 30s")


def digits(r, n):
    return "".join(r.choice("0123456789") for _ in range(n))


def luhn(body):
    """`body` with its check digit."""
    total = 0
    for i, c in enumerate(reversed(body)):
        d = int(c) * (2 if i % 2 == 0 else 1)
        total += d - 9 if d > 9 else d
    return body + str(-total % 10)


def iban(r, country="DE", bank=18):
    bban = digits(r, bank)
    number = "".join(str(int(c, 36)) for c in bban + country + "00")
    return f"{country}{98 - int(number) % 97:02}{bban}"


def fours(s, sep=" "):
    return sep.join(s[i:i + 4] for i in range(0, len(s), 4))


def name(r):
    return r.choice(("bob", "alice", "jane", "mike", "ana", "olaf", "ivan", "lena")) + r.choice(("", "1", "77"))


def visa(r):
    return luhn("4" + digits(r, 14))


def bad_digit(s):
    return s[:-1] + str((int(s[-1]) + 1) % 10)


def hexes(r, n):
    return "".join(r.choice(HEX) for _ in range(n))


def ssn(r):
    return f"{r.randint(100, 665)}-{r.randint(10, 99)}-{r.randint(1000, 9999)}"


AGREED = {
    "email": lambda r: f"{name(r)}@{r.choice(('example.org', 'x.io', 'mail.example.com'))}",
    "email_plus": lambda r: f"{name(r)}.b+tag@example.org",
    "ipv4": lambda r: ".".join(str(r.randint(1, 254)) for _ in range(4)).replace("127.", "128.", 1),
    "ipv6": lambda r: ":".join(hexes(r, 4) for _ in range(8)),
    "visa": visa,
    "visa_dashes": lambda r: fours(visa(r), "-"),
    "visa_blanks": lambda r: fours(visa(r)),
    "mastercard": lambda r: luhn("5" + r.choice("12345") + digits(r, 13)),
    "amex": lambda r: luhn("37" + digits(r, 12)),
    "iban": iban,
    "iban_gb": lambda r: "GB82WEST12345698765432",
    "ssn": ssn,
    "mac": lambda r: ":".join(hexes(r, 2) for _ in range(6)),
    "uuid": lambda r: "-".join(hexes(r, n) for n in (8, 4, 4, 4, 12)),
    "imei": lambda r: luhn("35" + digits(r, 12)),
    "urlauth": lambda r: f"https://{name(r)}:s3cr{digits(r, 3)}@db.example.org/x",
    "userpath": lambda r: f"/home/{name(r)}/app/main.py",
    "userpath_mac": lambda r: f"/Users/{name(r)}/src",
    "userpath_win": lambda r: f"C:\\Users\\{name(r)}\\x.txt",
    "order": lambda r: f"ORD-{digits(r, 5)}-{r.choice('ABC')}",
    "word": lambda r: r.choice(WORDS),
}
DISPUTED = {
    "loopback": lambda r: f"127.0.0.{r.randint(1, 9)}",
    "ipv6-cut": lambda r: f"2001:db8::{hexes(r, 1)}",
    "luhn": lambda r: bad_digit(visa(r)),
    "iban-blanks": lambda r: fours(iban(r)),
    "imei-luhn": lambda r: bad_digit(luhn("35" + digits(r, 12))),
    "bearer": lambda r: f"Bearer {hexes(r, 20)}.{hexes(r, 8)}",
    "pem": lambda r: f"-----BEGIN RSA PRIVATE KEY-----{hexes(r, 40)}-----END RSA PRIVATE KEY-----",
    "pairs": lambda r: f"{r.choice(('password', 'api_key', 'token'))}={hexes(r, 6)}Z9",
    "prose": lambda r: r.choice(("password reset completed", "the author of it", "secretary on leave")),
}

KEYS = ("note", "text", "foo_id", "bar_x", "city", "count", "x-data", "K Y", "name2", "detail", "nested", "items", "blob", "title2")
SECRET_KEYS = ("password", "api_key", "authorization", "client_secret", "passwd", "access_token", "mysql_pwd")
ODD_KEYS = ("author", "secretary", "tokens_used", "Password", "pwd")


def text(r, n=None):
    """Lines, each one planted value between words."""
    lines = []
    for _ in range(n or r.choice((1, 1, 2, 3))):
        pool = DISPUTED if r.random() < 0.12 else AGREED
        value = pool[r.choice(sorted(pool))](r)
        lines.append(r.choice(("", "", "a ", "x: ", "see ")) + value + r.choice(("", "", " z", " end", ",")))
    return "\n".join(lines)


def value(r, depth=0):
    k = r.random()
    if k < 0.68 or depth > 2:
        return text(r)
    if k < 0.74:
        return r.choice((0, 5, 1.5, -3, 10 ** 12))
    if k < 0.78:
        return r.choice((True, False, None, ""))
    if k < 0.88:
        return [value(r, depth + 1) for _ in range(r.randint(1, 3))]
    return mapping(r, depth + 1)


def key(r):
    k = r.random()
    return r.choice(SECRET_KEYS if k < 0.1 else ODD_KEYS if k < 0.16 else KEYS)


def mapping(r, depth=0):
    return {key(r): value(r, depth) for _ in range(r.randint(1, 4))}


def pairs(r, names):
    return [[n, text(r, 1)] for n in names if r.random() < 0.7]


def frame(r):
    return {"function": "f", "module": "m", "filename": "a.py", "lineno": 3, "context_line": text(r, 1), "vars": mapping(r)}


def event(r):
    """One in the shape that the peer writes, so that nothing is told apart by how it is spelled."""
    parts = {
        "logentry": lambda: {"formatted": text(r)},
        "extra": lambda: mapping(r),
        "tags": lambda: [["region", text(r, 1).replace("\n", " ")], ["my-tag", "v"]],
        "user": lambda: {"id": "7", "email": AGREED["email"](r), "ip_address": AGREED["ipv4"](r), "username": name(r), "data": mapping(r)},
        "request": lambda: {"url": "https://example.org/x", "method": "GET", "headers": pairs(r, ("Accept", "X-Forwarded-For", "X-Data")),
                            "cookies": pairs(r, ("theme", "sid2")), "query_string": pairs(r, ("q", "foo_id")),
                            "data": value(r), "env": {"REMOTE_ADDR": AGREED["ipv4"](r), "E": text(r, 1)}},
        "exception": lambda: {"values": [{"type": "ValueError", "value": text(r), "stacktrace": {"frames": [frame(r)]}}]},
        "threads": lambda: {"values": [{"id": 1, "stacktrace": {"frames": [frame(r)]}}]},
        "breadcrumbs": lambda: {"values": [{"type": "http", "category": "c", "message": text(r), "data": mapping(r)}]},
        "contexts": lambda: {"custom": mapping(r), "os": {"name": "Linux", "version": "5.1"}},
        "spans": lambda: [{"span_id": hexes(r, 16), "trace_id": hexes(r, 32), "start_timestamp": 1.0, "timestamp": 2.0, "op": "db",
                           "description": text(r, 1), "data": mapping(r)}],
        "sdk": lambda: {"name": "s", "version": "1", "client_ip": AGREED["ipv4"](r)},
        "server_name": lambda: text(r, 1),
        "transaction": lambda: text(r, 1),
        "fingerprint": lambda: [text(r, 1)],
        "release": lambda: "shop@1.4.2",
    }
    out = {"event_id": hexes(r, 32), "timestamp": 1700000000.0, "platform": "python", "level": "error"}
    for k, make in parts.items():
        if r.random() < (0.8 if k == "extra" else 0.5):
            out[k] = make()
    return out


# ---- configurations -----------------------------------------------------------------------------------

TYPES = ("email", "ip", "creditcard", "iban", "us_ssn", "mac", "uuid", "imei", "url_auth", "userpath", "bearer", "pemkey", "password", "anything")
BUILTINS = ("email", "ip", "creditcard", "iban", "usssn", "mac", "uuid", "imei", "urlauth", "userpath", "bearer", "pemkey", "password", "anything")
METHODS = ("remove", "replace", "mask", "hash")
FILTERS = ("creditcard", "iban", "usssn", "bearer", "pemkey", "password", "anything")
PATTERNS = (("ORD-[0-9]+-[A-Z]", None), ("ORD-([0-9]+)-([A-Z])", [1]), ("ORD-([0-9]+)-([A-Z])", [1, 2]), (r"\d+", None),
            (r"(?i)PAYMENT|cart", None), (r"caf\w+", None), ("(logged) (in)", [2]), (r"^see\b", None), (r"[a-z]+@", None))
KEY_PATTERNS = ("foo", "^bar_", "note|title2", "x-data", "nested", "(?i)CITY")


def redaction(r):
    m = r.choice(METHODS)
    if m == "replace":
        return {"method": m, "text": r.choice(("[x]", "", "<cut>"))} if r.random() < 0.6 else {"method": m}
    return {"method": m}


def leaf_rule(r):
    k = r.random()
    if k < 0.22:
        pattern, groups = r.choice(PATTERNS)
        rule = {"type": "pattern", "pattern": pattern}
        if groups:
            rule["replaceGroups"] = groups
    elif k < 0.34:
        rule = {"type": r.choice(("redact_pair", "redactPair")), "keyPattern": r.choice(KEY_PATTERNS)}
    else:
        rule = {"type": r.choice(TYPES)}
    if r.random() < 0.85:
        rule["redaction"] = redaction(r)
    return rule


def builtin(r):
    b = r.choice(BUILTINS)
    k = r.random()
    if k < 0.1:
        return r.choice(("@common", "@common:filter"))
    if k < 0.15:
        return "@urlauth:legacy"
    if k < 0.25:
        return f"@{r.choice(FILTERS)}:filter"
    return f"@{b}" if k < 0.5 else f"@{b}:{r.choice(METHODS)}"


ATOMS = ("$string", "$number", "$array", "$object", "**", "extra.**", "extra.*", "extra.note", "extra.nested.**", "$frame.vars.**", "$frame.vars",
         "$error.value", "$error.**", "$message", "$logentry.**", "$http.**", "$http.headers.*", "$http.data", "$http.data.**", "$http.cookies.**",
         "request.headers.x-forwarded-for", "$user.*", "$user.email", "user.**", "$breadcrumb.message", "$breadcrumb.**", "$span.data.**",
         "$span.description", "$thread.**", "contexts.custom.**", "contexts.**", "tags.region", "tags.'my-tag'", "'K Y'", "EXTRA.Text", "*.note",
         "**.city", "extra.items.0", "items.*", "server_name", "$sdk.client_ip", "$http.env.REMOTE_ADDR", "$exception.value", "vars.note",
         "$object.note", "$array.0", "blob.$string", "transaction", "$request.query_string.q", "data.**")


def selector(r, depth=0):
    k = r.random()
    if depth > 1 or k < 0.6:
        return r.choice(ATOMS)
    if k < 0.72:
        return f"{selector(r, depth + 1)} || {selector(r, depth + 1)}"
    if k < 0.84:
        return f"({selector(r, depth + 1)}) && !{r.choice(('extra.note', 'vars.**', '$string', 'custom.**', 'city'))}"
    if k < 0.92:
        return f"{r.choice(('$string', '$object', '$number'))} && ({selector(r, depth + 1)})"
    return f"({selector(r, depth + 1)} || {r.choice(ATOMS)}) && !($user.** || extra.text)"


def config(r):
    rules = {f"r{i}": leaf_rule(r) for i in range(r.randint(1, 3))}
    names = list(rules)
    if r.random() < 0.3:
        rules["group"] = {"type": "multiple", "rules": [r.choice(names), builtin(r)], "hideInner": r.random() < 0.5}
    if r.random() < 0.2:
        rules["other"] = {"type": "alias", "rule": r.choice(list(rules)), "hideInner": r.random() < 0.5}
    applications = {}
    for _ in range(r.choice((1, 1, 2, 3))):
        where = r.choice(("**", "$string")) if r.random() < 0.3 else selector(r)
        applications[where] = [r.choice((r.choice(list(rules)), builtin(r))) for _ in range(r.choice((1, 2, 3)))]
    return {"rules": rules, "applications": applications}


def settings(r):
    s = {"scrubData": r.random() < 0.9, "scrubDefaults": r.random() < 0.7, "scrubIpAddresses": r.random() < 0.5}
    if r.random() < 0.5:
        s["sensitiveFields"] = r.sample(("foo_id", "note", "x-data", "detail", "city", "a.b"), r.randint(1, 2))
    if r.random() < 0.4:
        s["excludeFields"] = r.sample(("password", "text", "title2", "it's", "K Y", "api_key"), r.randint(1, 2))
    return s


# ---- selectors as such -----------------------------------------------------------------------------------

PIECES = ("$string", "$error", "$frame", "$nothing", "a", "b2", "'q r'", "'it''s'", "*", "**", "1", "a-b", "a_b", ".", ".", ".", " && ", " || ", "!", "(", ")",
          " ", "", "&", "|", "~", "'", "$", "..", "é", "@", "[0]", "$attachments", "$minidump", "$stack_memory", "$heap_memory")


def selector_text(r):
    """Anything: what is right, nearly right, and wrong."""
    if r.random() < 0.4:
        return selector(r)
    return "".join(r.choice(PIECES) for _ in range(r.randint(1, 7)))


def rng(seed, what):
    return random.Random(f"{seed}/{what}")
