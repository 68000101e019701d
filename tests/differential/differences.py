"""What comes out differently, by class. docs/compatibility.md has a row for each, with its reason.

A class is a predicate over one place of one event: where it is, what stood there, what the peer made of it,
what weir made of it, under which types of rules. It says yes only where its own reason is at work; what no
class says yes to fails the test.
"""
import re
from dataclasses import dataclass

# Classes that only the simple settings meet, or that are too rare to be met each time.
NOT_ALWAYS = {"messages-too", "null-texts", "numbers-end-with-their-line", "strings-are-strings", "ipv6-neighbours", "pem-masked", "objects-are-objects", "null-for-emptied"}
GONE = "<gone>"  # the value went with what it was in
HASH = re.compile(r"[0-9A-F]{40}")
CLASSES, LINES = {}, {}  # of a whole value, of a line of a text


@dataclass
class Place:
    path: tuple
    keys: tuple  # the path, and the key of a pair that stands for a member
    before: object
    peer: object
    weir: object
    types: frozenset  # of the rules that are applied somewhere
    texts: frozenset  # that rules put in place
    key_patterns: tuple  # of redact_pair rules
    patterns: tuple = ()  # of pattern rules
    repeated: frozenset = frozenset()  # types that more than one rule has
    selectors: str = ""
    settings: bool = False  # made of the simple settings

    def at(self, *patterns):
        return any(fits(p, self.path) for p in patterns)

    def any_of(self, *types):
        return not self.types.isdisjoint(types)


def fits(pattern, path):
    """contexts.*.type; a last `**` is anything below."""
    steps = pattern.split(".")
    if steps[-1] == "**":
        return len(path) >= len(steps) and all(s in ("*", p) for s, p in zip(steps[:-1], path))
    return len(steps) == len(path) and all(s in ("*", p) for s, p in zip(steps, path))


def difference(f):
    CLASSES[f.__name__.replace("_", "-")] = f
    return f


def whole(place, after):
    """Nothing of the value is left."""
    if after is None or after == GONE:
        return True
    if not isinstance(after, str):
        return False
    return after in place.texts or HASH.fullmatch(after) is not None or set(after) <= {"*"}


def sensitive_key(place):
    """Does a key, here or above, say to the peer that the value is sensitive?"""
    return any(PEER_KEYS.search(k) or any(re.search(p, k) for p in place.key_patterns) for k in place.keys)


# as documented, and as seen
PEER_KEYS = re.compile(r"(?i)password|secret|passwd|api_?key|auth|credential|mysql_pwd|privatekey|private_key|token|bearer")
WEIR_KEYS = re.compile(r"(?i)password|passwd|pwd|secret|token|(^|[^a-z])auth([^a-z]|$)|authorization|credential|api[-_ ]?key|cookie|csrf|sess")

# ---- where ---------------------------------------------------------------------------------------------

# Fields that the peer leaves alone, or only takes when a selector names them in the way it wants.
LEFT_ALONE = ("tags.*.1", "transaction", "fingerprint.*", "request.url", "exception.values.*.value", "logentry.message",
              "exception.values.*.stacktrace.frames.*.context_line", "threads.values.*.stacktrace.frames.*.context_line",
              "spans.*.description", "user.geo.**", "user.segment", "culprit", "site", "release", "environment", "logger", "level",
              "exception.values.*.mechanism.**", "contexts.device.**", "contexts.app.**", "threads.values.*.name")


@difference
def fields_left_alone(p):
    return p.peer == p.before and p.weir != p.before and p.at(*LEFT_ALONE)


@difference
def context_types(p):
    """The type of a context is its name, which the peer itself wrote there."""
    return p.at("contexts.*.type") and p.weir == p.before


@difference
def shape_kept(p):
    """The peer drops a container as a whole, weir empties it leaf by leaf."""
    return p.peer == GONE and (whole(p, p.weir) or isinstance(p.before, (bool, list, dict)) or p.before == "")


@difference
def lists_of_lists(p):
    """In [["a", "b"]] the peer takes the first for a key, wherever that stands; weir for a value, and for what names the second."""
    return p.keys == p.path and p.peer == p.before and p.weir != p.before and any(
        x.isdigit() and y.isdigit() for x, y in zip(p.path, p.path[1:]))


@difference
def objects_are_objects(p):
    """Data of spans and contexts are no $object to the peer."""
    return "$object" in p.selectors and p.at("spans.*.data.**", "contexts.**", "user.**") and p.peer == p.before and p.weir != p.before


@difference
def booleans(p):
    """The peer cannot take a boolean that is selected."""
    return isinstance(p.before, bool) and p.peer == p.before and p.weir in (None, GONE)


@difference
def inherited_keys(p):
    """What is inside a container under a sensitive key is sensitive, whichever of the two is selected."""
    return (p.any_of("password", "redact_pair", "cookies") and whole(p, p.weir) and not whole(p, p.peer) and len(p.path) > 1 and
            any(WEIR_KEYS.search(k) or any(re.search(x, k, re.I) for x in p.key_patterns) for k in p.keys[:-1]))


@difference
def messages_too(p):
    """The settings of the peer take little from the message of an event; those of weir all that they take elsewhere."""
    return p.settings and p.at("logentry.formatted") and p.weir != p.before and p.weir != p.peer


# ---- keys ----------------------------------------------------------------------------------------------

@difference
def keys_are_words(p):
    """author is no auth, tokens_used and secretary no secrets; pwd and cookies are."""
    odd = any(k in ("author", "secretary", "tokens_used") for k in p.keys)
    more = any(k in ("pwd", "cookies") for k in p.keys)
    if not p.any_of("password", "cookies"):
        return False
    return (odd and whole(p, p.peer) and not whole(p, p.weir)) or (more and whole(p, p.weir) and (p.weir == GONE or not whole(p, p.peer)))


@difference
def key_patterns_without_case(p):
    return (p.any_of("redact_pair") and whole(p, p.weir) and not whole(p, p.peer) and
            any(re.search(x, k, re.I) and not re.search(x, k) for x in p.key_patterns for k in p.keys))


@difference
def whole_texts_emptied(p):
    """A word in a text costs the peer all of it; weir takes the value behind the word."""
    return (isinstance(p.before, str) and whole(p, p.peer) and not whole(p, p.weir) and
            ((p.any_of("password") and PEER_KEYS.search(p.before) is not None) or
             (p.any_of("redact_pair") and any(re.search(x, p.before) for x in p.key_patterns))))


@difference
def null_for_emptied(p):
    """Both take all of it: the peer for a word in the text, and leaves an empty text; weir for the key around, and leaves null."""
    return (p.peer == "" and p.weir is None and p.any_of("password", "redact_pair", "cookies") and isinstance(p.before, str) and
            any(WEIR_KEYS.search(k) or any(re.search(x, k, re.I) for x in p.key_patterns) for k in p.keys))


# ---- in one line of a text ---------------------------------------------------------------------------------

def line_difference(f):
    """A class of which each line of a text is judged by itself: f(place, before, peer, weir)."""
    LINES[f.__name__.replace("_", "-")] = f
    return f


def alike(a, b):
    """The same text but for hashes, which stand in the same places."""
    if not isinstance(a, str) or not isinstance(b, str) or len(a) != len(b):
        return False
    fits_from = [False] * len(a) + [True]  # from each place on
    for i in reversed(range(len(a))):
        fits_from[i] = (a[i] == b[i] and fits_from[i + 1]) or bool(
            i + 40 <= len(a) and fits_from[i + 40] and HASH.match(a, i) and HASH.match(b, i))
    return fits_from[0]


def by_lines(p):
    """The classes that together explain each line that differs; none when one is left over."""
    if not all(isinstance(x, str) for x in (p.before, p.peer, p.weir)):
        return []
    rows = [x.split("\n") for x in (p.before, p.peer, p.weir)]
    if len({len(r) for r in rows}) != 1:
        return []
    names = set()
    for before, peer, weir in zip(*rows):
        if alike(peer, weir):
            continue
        name = next((n for n, says in LINES.items() if says(p, before, peer, weir)), None)
        if name is None:
            return []
        names.add(name)
    return sorted(names)


def luhn(s):
    total = 0
    for i, c in enumerate(reversed(s)):
        d = int(c) * (2 if i % 2 else 1)
        total += d - 9 if d > 9 else d
    return total % 10 == 0


def runs(s):
    return [re.sub(r"\D", "", x) for x in re.findall(r"\d[\d -]{10,}\d", s)]


@line_difference
def ipv6_cut(p, before, peer, weir):
    """2001:db8::1 is one address."""
    return p.any_of("ip") and "2001:db8::" in before and "2001:" in peer and "2001:" not in weir


@line_difference
def ipv6_neighbours(p, before, peer, weir):
    """The second of two addresses that only a line break parts."""
    return p.any_of("ip") and re.search(r"([0-9a-f]{4}:){7}", before) is not None and peer == before and weir != before


@line_difference
def loopback(p, before, peer, weir):
    """127.0.0.1 is nobody."""
    return p.any_of("ip") and "127.0.0." in before and "127.0.0." in weir and "127.0.0." not in peer


@line_difference
def imei_masked(p, before, peer, weir):
    """@imei:mask of the peer is a hash."""
    return p.any_of("imei") and HASH.search(peer) is not None and "****" in weir and HASH.search(weir) is None


@line_difference
def luhn_decides(p, before, peer, weir):
    """Digits that are no card stay."""
    return p.any_of("creditcard") and any(not luhn(x) or len(x) > 16 for x in runs(before)) and peer != before and weir == before


@line_difference
def cards_of_all_issuers(p, before, peer, weir):
    lengths = [len(x) for x in runs(before)]
    return p.any_of("creditcard") and weir != before and any(n > 16 or (peer == before and n >= 12) for n in lengths)


@line_difference
def ibans_with_blanks(p, before, peer, weir):
    return p.any_of("iban") and re.search(r"[A-Z]{2}\d\d( \d{4})+", before) is not None and weir != before


@line_difference
def imeis(p, before, peer, weir):
    """15 digits with their check digit and a body that gives numbers out; others are a card, or nothing."""
    return p.any_of("imei") and any(len(x) == 16 or not luhn(x) or not x.startswith("35") for x in runs(before)) and peer != before and weir == before


@line_difference
def schemes_stay(p, before, peer, weir):
    """Of `Bearer x` the token goes, the word stays."""
    return p.any_of("bearer", "password") and "Bearer " in before and "Bearer " in weir


@difference
def pem_masked(p):
    """Of a key on one line the peer's mask has one character, and what the key had goes elsewhere in the text."""
    return (p.any_of("pemkey") and isinstance(p.peer, str) and isinstance(p.weir, str) and "-----BEGIN" in p.before and
            "-----*-----END" in p.peer and "**-----END" in p.weir)


@difference
def keys_are_scrubbed(p):
    """A key can hold what a value can: an address, an order number."""
    found = any(re.search(x, k) for x in p.patterns for k in p.path)
    pair = p.at("request.*.*.0", "tags.*.0") and any(re.search(x, str(p.before)) for x in p.patterns)
    return (p.weir == GONE and found and p.peer != GONE) or (pair and p.peer == p.before)


@difference
def null_texts(p):
    """The text null is no value to the peer, whatever is applied to it."""
    return p.before == "null" and p.peer == "null" and p.weir != "null"


@difference
def numbers_end_with_their_line(p):
    """4468, and 4654 5263 8731 on the next line, are no card."""
    return (p.any_of("creditcard", "imei") and isinstance(p.before, str) and isinstance(p.peer, str) and
            re.search(r"\d[ -]?\n[ -]?\d", p.before) is not None and p.peer.count("\n") < p.before.count("\n"))


@difference
def strings_are_strings(p):
    """Fields that the peer leaves alone are no $string to it, so that !$string takes them."""
    return ("$string" in p.selectors and "!" in p.selectors and isinstance(p.before, str) and whole(p, p.peer) and
            p.weir == p.before and p.at(*LEFT_ALONE))


@difference
def anything_takes_all_lines(p):
    """`anything` on a text of several lines is one replacement, not one a line."""
    return (p.any_of("anything") and isinstance(p.before, str) and "\n" in p.before and isinstance(p.peer, str) and whole(p, p.weir) and
            all(x in p.texts or HASH.fullmatch(x) or x == "" or set(x) <= {"*"} for x in p.peer.split("\n")))


# What may want the same bytes: addresses in URLs, numbers in numbers; and what is anywhere.
RIVALS = ({"email", "url_auth"}, {"creditcard", "imei", "iban", "us_ssn"}, {"ip", "mac"}, {"bearer", "password"})
ANYWHERE = {"anything", "pattern", "password", "redact_pair", "cookies"}


def rivals(types, repeated):
    """May two of these rules want the same bytes?"""
    return bool((types & ANYWHERE and (len(types) > 1 or types & repeated)) or repeated or any(len(types & r) > 1 for r in RIVALS))


def order_as_written(p):
    """Where two rules want the same bytes, the order of the rule set decides; with the peer the order of their names."""
    return rivals(p.types, p.repeated) and p.peer not in (p.before, GONE) and p.weir not in (p.before, GONE)


def explain(p):
    """The names of the classes; None when nothing is to be explained, an empty list when nothing explains it."""
    if p.peer == p.weir:
        return None
    if alike(p.peer, p.weir):
        return ["hashes-are-keyed"]
    said = [name for name, says in CLASSES.items() if says(p)][:1] or by_lines(p)
    return said or (["order-as-written"] if order_as_written(p) else [])


def names():
    """Of all classes."""
    return set(CLASSES) | set(LINES) | {"hashes-are-keyed", "order-as-written"}


def selector(text, theirs, refused):
    """Is it known that the two do not agree on whether that is a selector?"""
    if refused:
        return False  # whatever the peer takes is taken
    return ("unknown value" not in theirs and
            (not text.isascii() or  # é needs no quotes
             re.search(r"(^|[^\w-])[0-9-]+[A-Za-z_-]", text) is not None or  # nor does 1a
             "!!" in text.replace(" ", "").replace("~", "!") or  # not not
             "''" in text or  # the empty key
             theirs.startswith("deep wildcard used more than once")))
