"""Labelled lines of our own, made from templates by seed: {"text", "spans": [{"start", "end", "type", "sub"}], "family", "part"}.

The template decides the part: every fourth of a family is held back, and gets another seed, so that what is tuned on one part is
judged on sentences it has never seen. A third part, fresh, has templates and locales of its own, written later (fresh.py); a
fourth, real, lines as frameworks, databases and servers print them (real.py). Some lines are then wrapped as logs wrap them: behind a prefix, or in JSON in a string.
"""
import json
import random
import re
import urllib.parse
import zlib

import fresh
import hard
import lines
import real
import values as V

SEED = 20261121
for table, more in ((V.FIRST, fresh.FIRST), (V.LAST, fresh.LAST)):
    table.update({k: v.split() for k, v in more.items()})
V.PHONES.update(fresh.PHONES)
V.DOMAINS.update(fresh.DOMAINS)
WORDS = """order payment queue invoice shop basket timeout gateway widget report cache stream bucket ledger parser router planet matter river engine
window garden signal market copper silent bridge method branch puzzle rocket harbor meadow canvas filter socket""".split()
AGENTS = ["curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0", "okhttp/4.12.0", "python-requests/2.31.0", "kube-probe/1.29"]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def stamp(r):
    return f"202{r.randint(4, 6)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}{r.choice('T ')}{r.randint(0, 23):02d}:{r.randint(0, 59):02d}:{r.randint(0, 59):02d}{r.choice(['Z', '.' + V.pick(r, V.DIGITS, 3) + 'Z', ',' + V.pick(r, V.DIGITS, 3)])}"


def not_luhn(r, n):
    body = r.choice("123456789") + V.pick(r, V.DIGITS, n - 2)
    return body + str((int(V.luhn_digit(body)) + r.randint(1, 9)) % 10)


FILLER = {
    "w": lambda r: r.choice(WORDS), "W": lambda r: r.choice(WORDS).title(), "n": lambda r: str(r.randint(1, 9999)), "b": lambda r: str(r.randint(0, 99)), "d": lambda r: str(r.randint(1, 9)), "d2": lambda r: str(r.randint(0, 2)),
    "port": lambda r: str(r.randint(1024, 65535)), "ts": stamp, "clf": lambda r: f"{r.randint(1, 28):02d}/{r.choice(MONTHS)}/2025:{r.randint(0, 23):02d}:{r.randint(0, 59):02d}:{r.randint(0, 59):02d} +0100",
    "syslogts": lambda r: f"{r.choice(MONTHS)} {r.randint(1, 28):2d} {r.randint(0, 23):02d}:{r.randint(0, 59):02d}:{r.randint(0, 59):02d}", "agent": lambda r: r.choice(AGENTS), "bad15": lambda r: not_luhn(r, 15), "bad16": lambda r: not_luhn(r, 16),
}


def filler(r, what):
    if what in FILLER:
        return FILLER[what](r)
    kind, n = re.fullmatch(r"(epoch|hexup|hex|n|b64x|crock|alnum)(\d*)", what).groups()
    n = int(n or 10)
    if kind == "epoch":
        return str(r.randint(1600000000, 1800000000)) + V.pick(r, V.DIGITS, n - 10)
    if kind == "n":
        return r.choice("123456789") + V.pick(r, V.DIGITS, n - 1)
    return V.pick(r, {"hexup": V.HEX.upper(), "hex": V.HEX, "b64x": V.ALNUM + "+/", "crock": "0123456789ABCDEFGHJKMNPQRSTVWXYZ", "alnum": V.ALNUM}[kind], n)


PARTS_OF = {"FIRST": ("NAME", lambda r, loc: (V.name_parts(r, loc)[0], loc + "/part")), "LAST": ("NAME", lambda r, loc: (V.name_parts(r, loc)[1], loc + "/part")),
            "LAT": ("COORDINATES", lambda r, loc: (f"{r.uniform(-60, 70):.5f}", "lat")), "LON": ("COORDINATES", lambda r, loc: (f"{r.uniform(-170, 170):.5f}", "lon")),
            "PHONEI": ("PHONE", lambda r, loc: (lambda v: v if v[0][0] == "+" else PARTS_OF["PHONEI"][1](r, loc))(V.phone(r, loc)))}
ENCODINGS = {"urlenc": urllib.parse.quote_plus, "html": lambda s: s.replace("@", "&#64;")}
PLACE = re.compile(r"<<(\w+?)(?:\|(\w+))?>>")


def fill(r, template, locale):
    """One line of a template: the text and its labels."""
    out, spans, at, kind = "", [], 0, None
    for m in PLACE.finditer(template):
        out += template[at:m.start()]
        at = m.end()
        what, encoding = m.groups()
        if what == "idword":
            kind = r.choice(sorted(V.NATIONAL))
            out += r.choice(V.NATIONAL[kind][1])
            continue
        if not (what.isupper() and what != "W"):
            out += filler(r, what)
            continue
        label, make = PARTS_OF.get(what) or (what, V.TYPES[what])
        value, sub = (V.NATIONAL[kind][0](r, locale), kind) if what == "NATIONAL_ID" and kind else make(r, locale)
        value = ENCODINGS[encoding](value) if encoding else value
        spans.append({"start": len(out), "end": len(out) + len(value), "type": label, "sub": sub + ("/" + encoding if encoding else "")})
        out += value
    return out + template[at:], spans


def remap(text, spans, encode, head, tail):
    """`text` with each character encoded, and the labels moved along."""
    offsets, out = [], head
    for c in text:
        offsets.append(len(out))
        out += encode(c)
    offsets.append(len(out))
    return out + tail, [{**s, "start": offsets[s["start"]], "end": offsets[s["end"]]} for s in spans]


def wrap(r, text, spans):
    form = r.choice(["none"] * 5 + ["prefix", "level", "worker", "json", "python"])
    if form == "json" and "\\" not in text:
        return remap(text, spans, lambda c: json.dumps(c, ensure_ascii=False)[1:-1], '{"level":"info","msg":"', '","n":' + str(r.randint(1, 99)) + "}")
    if form == "python" and "'" not in text and "\\" not in text:
        return remap(text, spans, lambda c: c.replace("\n", "\\n"), "logger.error('", "')")
    head = {"prefix": stamp(r) + " ERROR ", "level": r.choice(["WARN ", "[error] ", "E/App: "]), "worker": f"worker-{r.randint(1, 99)}: "}.get(form, "")
    return remap(text, spans, lambda c: c, head, "")


def templates():
    """(part, family, template) of all that are not marked |skip."""
    for source, split in ((((f, t.split("\n")) for f, t in lines.FAMILIES.items()), 4), (((f"hard/{k}", t) for k, t in hard.KINDS.items()), 4)):
        for family, all_ in source:
            for t in all_:
                if t.strip() and not t.endswith("|skip"):
                    yield ("held" if zlib.crc32(t.encode()) % split == 0 else "tuning"), family, t
    yield from (("fresh", "fresh", t) for t in fresh.LINES.split("\n") if t.strip())
    yield from (("fresh", f"hard/{k}", t) for k, all_ in fresh.HARD.items() for t in all_)
    yield from (("real", "real", t.replace("\\nDETAIL", "\nDETAIL")) for t in real.LINES.split("\n") if t)
    yield from (("real", "hard/real", t) for t in real.HARD.split("\n") if t)


def make(part, per_template=6, seed=SEED):
    r = random.Random(f"{seed}/{part}")
    locales = {"fresh": sorted(fresh.FIRST), "real": sorted(V.FIRST)}.get(part, V.LOCALES)
    out = []
    for which, family, template in templates():
        for _ in range(per_template if which == part else 0):
            text, spans = wrap(r, *fill(r, template, r.choice(locales)))
            out.append({"text": text, "spans": spans, "family": family, "template": template, **({"kind": family[5:]} if not spans else {})})
    return out


if __name__ == "__main__":
    import sys
    for line in make(sys.argv[1] if len(sys.argv) > 1 else "tuning"):
        print(json.dumps(line, ensure_ascii=False))
