#!/usr/bin/env python3
"""How much of what is labelled is gone, and how much else: the real binary over ../shared/pii/ and over lines of our own.

  tests/pii/score.py [-r SET]... [--misses] [--weir BINARY] [CORPUS...]     corpora: shared tuning held fresh real

Each line travels as the message of an event, and once more in other fields (exception value, breadcrumb, extra, span). Judged
by what came out alone: recall by type (touched: changed at all; full: no run of four of its letters and digits left), precision (share
of changed regions that touch a label), share of label-free lines altered, share of unlabelled characters lost.
"""
import argparse
import collections
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

import corpus

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared/pii"
CORPORA = ("shared", "tuning", "held", "fresh", "real")
SETS = ("strict", "default")
# What default leaves alone: ids, devices and places, and names in text.
DEFAULT_LEAVES = {"UUID", "MAC", "IMEI", "NAME", "COORDINATES", "VIN", "WALLET"}

# How a line travels: what is sent, and where it is read from what came out.
FIELDS = [
    (lambda t: {"message": t}, ["message"]),
    (lambda t: {"exception": {"values": [{"type": "Error", "value": t}]}}, ["exception", "values", 0, "value"]),
    (lambda t: {"breadcrumbs": {"values": [{"category": "log", "message": t}]}}, ["breadcrumbs", "values", 0, "message"]),
    (lambda t: {"extra": {"note": t}}, ["extra", "note"]),
    (lambda t: {"spans": [{"op": "task", "description": t}]}, ["spans", 0, "description"]),
    (lambda t: {"logentry": {"formatted": t}}, ["logentry", "formatted"]),
]


def binary():
    for path in filter(None, [os.environ.get("WEIR_RELEASE"), ROOT / "build/release/weir", ROOT / "build/dev/weir"]):
        if os.access(path, os.X_OK):
            return str(path)
    sys.exit("score.py: no weir is built")


def load(name, seed=corpus.SEED, each=6):
    if name == "shared":
        return [json.loads(line) for f in ("positives", "negatives") for line in open(SHARED / f"{f}.jsonl", encoding="utf-8")]
    return corpus.make(name, each, seed)


def scrub(texts, sets=("strict",), weir=None, fields=False):
    """What weir makes of each text: as the message of an event, or in one field after the other."""
    ways = [FIELDS[i % len(FIELDS) if fields else 0] for i in range(len(texts))]
    events = "".join(json.dumps({"event_id": f"{i:032x}", "platform": "other", **way[0](t)}) + "\n" for i, (t, way) in enumerate(zip(texts, ways)))
    command = [weir or binary(), "scrub", *[x for s in sets for x in ("-r", s)]]
    r = subprocess.run(command, input=events.encode(), capture_output=True)
    if r.returncode != 0:
        raise RuntimeError(f"{command}: {r.stderr.decode()[:400]}")
    out = []
    for line, (_, path) in zip(r.stdout.decode().splitlines(), ways, strict=True):
        at = json.loads(line)
        for step in path:
            at = at[step] if isinstance(at, list) else (at or {}).get(step, "")
        out.append(at or "")
    return out


def regions(a, b):
    """Changed [start, end) regions of `a`, of which `b` was made; gaps of two characters and less are joined."""
    if a == b:
        return []
    if len(a) == len(b):
        marks = [x != y for x, y in zip(a, b)] + [False]
        raw = [[m.start(), m.end()] for m in re.finditer("1+", "".join("01"[m] for m in marks))]
    else:
        # tokens keep the alignment from matching stray letters inside a replaced value
        ta, tb = re.findall(r"\w+|\W", a), re.findall(r"\w+|\W", b)
        at = [0]
        for t in ta:
            at.append(at[-1] + len(t))
        codes = difflib.SequenceMatcher(None, ta, tb, autojunk=False).get_opcodes()
        raw = [[at[i1], at[i2]] for tag, i1, i2, _, _ in codes if tag != "equal" and i2 > i1] or [[0, len(a)]]
    out = []
    for x in raw:
        if out and x[0] - out[-1][1] <= 2:
            out[-1][1] = x[1]
        else:
            out.append(x)
    return out


def gone(text, span, changed):
    """(touched, wholly gone) of one label."""
    s, e = span["start"], span["end"]
    hit = any(changed[s:e])
    left = "".join(c if not changed[s + i] and c.isalnum() else " " for i, c in enumerate(text[s:e]))
    return hit, hit and not re.search(r"\w{4}", left)


def judge(labelled, outs):
    """The figures, and what went wrong: [(kind, text, out)]."""
    n, touched, full = (collections.Counter() for _ in range(3))
    right = wrong = clean = lost = negatives = altered = 0
    bad = []
    for line, out in zip(labelled, outs, strict=True):
        text, found = line["text"], regions(line["text"], out)
        changed, label = [False] * len(text), [False] * len(text)
        for s, e in found:
            changed[s:e] = [True] * (e - s)
            if any(s < q["end"] and q["start"] < e for q in line["spans"]):
                right += 1
            else:
                wrong += 1
                bad.append(("+" + line.get("kind", line.get("family", "?")), text, out))
        negatives += not line["spans"]
        altered += not line["spans"] and bool(found)
        for q in line["spans"]:
            hit, all_ = gone(text, q, changed)
            n[q["type"]] += 1
            touched[q["type"]] += hit
            full[q["type"]] += all_
            label[q["start"]:q["end"]] = [True] * (q["end"] - q["start"])
            if not all_:
                bad.append((f"-{q['type']}/{q.get('sub', '')}", text, out))
        clean += label.count(False)
        lost += sum(c and not l for c, l in zip(changed, label))
    figures = {"types": {t: {"n": n[t], "touched": round(touched[t] / n[t], 4), "full": round(full[t] / n[t], 4)} for t in sorted(n)},
               "full": round(sum(full.values()) / max(1, sum(n.values())), 4), "precision": round(right / max(1, right + wrong), 4), "regions": right + wrong, "negatives": negatives,
               "negatives_altered": round(altered / max(1, negatives), 4), "innocent_characters_lost": round(lost / max(1, clean), 5)}
    return figures, bad


def measure(name, sets, weir=None, fields=False, **made):
    labelled = load(name, **made)
    return judge(labelled, scrub([line["text"] for line in labelled], sets, weir, fields))


def figures(weir=None):
    """All of it, for docs/benchmarks.md: {corpus: {set: figures}}."""
    return {c: {s: measure(c, (s,), weir)[0] for s in SETS} for c in CORPORA if c != "shared" or SHARED.exists()}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("-r", dest="sets", action="append")
    p.add_argument("--misses", action="store_true")
    p.add_argument("--fields", action="store_true", help="one field after the other instead of message")
    p.add_argument("--weir")
    p.add_argument("--seed", type=int, default=corpus.SEED)
    p.add_argument("--each", type=int, default=6, help="lines of each template")
    p.add_argument("corpora", nargs="*", metavar="CORPUS")
    o = p.parse_args()
    for name in o.corpora or CORPORA:
        f, bad = measure(name, o.sets or ["strict"], o.weir, o.fields, seed=o.seed, each=o.each)
        print(f"== {name}, {'+'.join(o.sets or ['strict'])}: full {f['full']}  precision {f['precision']} of {f['regions']} regions  negatives altered {f['negatives_altered']} of {f['negatives']}"
              f"  innocent characters lost {f['innocent_characters_lost']}")
        print("   " + "  ".join(f"{t} {v['full']:.2f}" + (f" (touched {v['touched']:.2f})" if v["touched"] != v["full"] else "") for t, v in f["types"].items()))
        for kind, text, out in sorted(bad) if o.misses else []:
            print(f"{kind}\t{text!r}\n\t{out!r}")


if __name__ == "__main__":
    main()
