#!/usr/bin/env python3
"""Figures, no verdict: what weir costs, as text, as build/bench.json, and with --docs as docs/benchmarks.md.

  tools/bench.py [--docs] [--seconds N] [--backlog-mb N] [PART...]     parts: micro ingest otlp forward udp memory pii

micro runs tests/bench/bench_* (one room each); the others run the real binary on loopback beside
tests/bench/load.c as sender and destination, and read weir's own CPU time from /proc; pii is quality, not
speed. With --docs a part that was not run keeps the figures written there before, with the commit they are of.
"""
import argparse
import json
import os
import pathlib
import platform
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/pii")]
import score  # noqa: E402
import weir as W  # noqa: E402

BIN = ROOT / "build/release"
DOCS = ROOT / "docs/benchmarks.md"
SEED = 20261121
PARTS = ("micro", "ingest", "otlp", "forward", "udp", "memory", "pii")
rng = random.Random(SEED)


def words(n):
    return " ".join(rng.choice("order payment customer retry queue invoice shop basket session timeout".split()) for _ in range(n))


def event(size):
    """An error event of about `size` bytes with some personal data, as a Python SDK would send it."""
    frames = [{"filename": f"shop/{rng.choice('abc')}/views.py", "function": f"handle_{i}", "lineno": 10 + i, "in_app": True,
               "context_line": f"    return charge({words(2)})", "vars": {"user": "'jane@example.org'", "n": str(i), "text": words(4)}} for i in range(max(1, size // 420))]
    e = {"event_id": "f" * 32, "platform": "python", "level": "error", "timestamp": "2026-11-21T05:30:00.123456Z", "environment": "production",
         "release": "shop@1.4.2", "server_name": "web-1", "exception": {"values": [{"type": "ValueError", "value": "card 4111 1111 1111 1111 of jane@example.org refused",
         "stacktrace": {"frames": frames}}]}, "request": {"url": "https://shop.example/pay?token=abc123", "headers": [["User-Agent", "curl/8"], ["Authorization", "Bearer abcdef"]]},
         "user": {"id": "7", "email": "jane@example.org", "ip_address": "203.0.113.7"}, "tags": {"region": "eu"},
         "contexts": {"trace": {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7"}}}
    pad = size - len(json.dumps(e))
    if pad > 0:
        e["extra"] = {"note": words(pad // 7)}
    return json.dumps(e).encode()


def cpu_seconds(pid):
    parts = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


class Run:
    """weir with a spool on disk and optionally the trivial destination behind it."""

    def __init__(self, tmp, destination=True, **config):
        self.sink = None
        dsn = ""
        if destination:
            port = W.free_port()
            self.sink = subprocess.Popen([BIN / "tests/load", "sink", str(port)])
            time.sleep(0.2)
            dsn = f"http://{W.KEY}@127.0.0.1:{port}/1"
        self.weir = W.Weir(pathlib.Path(tmp), {"destinations": [{"name": "main", "dsn": dsn}], **config}, binary=str(BIN / "weir"))

    def load(self, kind, *args):
        port = self.weir.udp if kind == "udp" else self.weir.port
        out = subprocess.run([BIN / "tests/load", kind, str(port), *map(str, args)], capture_output=True, text=True, check=True).stdout
        return json.loads(out)

    def drain(self, timeout=120):
        W.wait_for(lambda: self.weir.ledger()["spooled"] == 0, timeout=timeout, what="drained", every=0.2)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.weir.kill()
        if self.sink:
            self.sink.kill()
            self.sink.wait()


def body_file(tmp, size):
    path = pathlib.Path(tmp) / f"body{size}"
    path.write_bytes(W.envelope(("event", event(size)), event_id="f" * 32))
    return path


def micro(_):
    out = {}
    for program in sorted((BIN / "tests").glob("bench_*")):
        if program.is_file() and os.access(program, os.X_OK):
            print(f"-- {program.name}", flush=True)
            r = subprocess.run([program], capture_output=True, text=True, timeout=900)
            print(r.stdout, end="")
            out[program.name] = {"exit": r.returncode, "lines": [" ".join(line.split()) for line in r.stdout.splitlines() if line.strip()]}
    return out


def posts(options, destination):
    out = {}
    for size in (2048, 15360):
        with tempfile.TemporaryDirectory() as tmp, Run(tmp, destination, spool={"max_bytes": "8GiB", "path": tmp + "/spool"}) as run:
            body = body_file(tmp, size)
            run.load("http", 32, 1, body)
            if destination:
                run.drain()
            before = cpu_seconds(run.weir.p.pid)
            figures = run.load("http", 32, options.seconds, body)
            if destination:
                run.drain()
            used = cpu_seconds(run.weir.p.pid) - before
            done = max(1, figures["requests"])
            figures.update({"bytes": body.stat().st_size, "cpu_us_per_event": round(1e6 * used / done, 1),
                            "mb_per_cpu_second": round(done * body.stat().st_size / 1e6 / max(used, 1e-9), 1), "rss_kib": run.weir.rss_kib(), "connections": 32})
            out[f"{size} B"] = figures
            print(json.dumps({f"{size} B": figures}), flush=True)
    return out


def ingest(options):
    return posts(options, False)


def otlp(options):
    """Requests of 20 spans with 12 attributes each; join's work on their transactions is part of the figures."""
    spans = 20
    with tempfile.TemporaryDirectory() as tmp, Run(tmp, False, spool={"max_bytes": "8GiB", "path": tmp + "/spool"}) as run:
        body = pathlib.Path(tmp) / "request"
        subprocess.run([BIN / "tests/bench_otlp", body], check=True)
        run.load("otlp", 32, 1, body)
        before = cpu_seconds(run.weir.p.pid)
        figures = run.load("otlp", 32, options.seconds, body)
        used = cpu_seconds(run.weir.p.pid) - before
        figures.update({"bytes": body.stat().st_size, "spans_per_second": round(figures["per_second"] * spans),
                        "cpu_us_per_span": round(1e6 * used / max(1, figures["requests"]) / spans, 2), "rss_kib": run.weir.rss_kib(), "connections": 32})
        print(json.dumps(figures), flush=True)
        return {f"{spans} spans": figures}


def forward(options):
    return posts(options, True)


def datagrams():
    """Datagrams of 512 bytes, by kind."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    kinds = {"error": {"type": "error", "service": "shop", "level": "error", "message": "charge failed for jane@example.org", "environment": "production",
                       "trace_id": trace, "extra": {"note": ""}},
             "breadcrumb": {"type": "breadcrumb", "service": "shop", "level": "info", "category": "http", "message": "GET /v1/items", "trace_id": trace, "data": {"note": ""}},
             "gelf": {"version": "1.1", "host": "web-1", "short_message": "charge failed for jane@example.org", "level": 3, "_service": "shop", "_note": ""}}
    for d in kinds.values():
        note = words(60)[: 512 - len(json.dumps(d))]
        if "_note" in d:
            d["_note"] = note
        else:
            d.get("extra", d.get("data"))["note"] = note
    return {kind: json.dumps(d).encode() for kind, d in kinds.items()}


def one_core(pid):
    """All that runs of `pid` to the first core, us and who we start to the others: the figures are those of one core."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, cores[1:])
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), cores[:1])
    return cores


def udp(options):
    out = {}
    for kind, datagram in datagrams().items():
        for rate in (5000, 20000, 50000, 100000, 150000):
            with tempfile.TemporaryDirectory() as tmp, Run(tmp, False, spool={"max_bytes": "8GiB", "path": tmp + "/spool"}) as run:
                path = pathlib.Path(tmp) / "datagram"
                path.write_bytes(datagram)
                cores = one_core(run.weir.p.pid)
                before = cpu_seconds(run.weir.p.pid)
                figures = run.load("udp", rate, options.seconds, path)
                time.sleep(1)
                os.sched_setaffinity(0, cores)
                used = cpu_seconds(run.weir.p.pid) - before
                accepted = run.weir.metric("weir_udp_datagrams_total", outcome="accepted")
                figures.update({"offered_per_second": rate, "accepted": accepted, "kernel_drops": run.weir.metric("weir_udp_kernel_drops_total"),
                                "cpu_us_per_datagram": round(1e6 * used / max(1, accepted), 1), "per_cpu_second": round(accepted / max(used, 1e-9)), "bytes": len(datagram)})
                out[f"{kind}, {rate}/s"] = figures
                print(json.dumps({f"{kind}, {rate}/s": figures}), flush=True)
    return out


def memory(options):
    out = {}
    with tempfile.TemporaryDirectory() as tmp, Run(tmp, False, spool={"max_bytes": "4GiB", "path": tmp + "/spool"}) as run:
        out["idle_rss_kib"] = run.weir.rss_kib()
        body = body_file(tmp, 15360)
        raw = body.read_bytes()
        # Text that does not compress, so that the backlog is really that large.
        note = rng.randbytes(9000).hex()[:13000].encode()
        body.write_bytes(W.envelope(("event", raw.split(b"\n")[2][:-1] + b',"extra":{"blob":"' + note + b'"}}'), event_id="f" * 32))
        while run.weir.metric("weir_spool_bytes", destination="main") < options.backlog_mb * 1e6:
            run.load("http", 32, 2, body)
        out["backlog_bytes"] = run.weir.metric("weir_spool_bytes", destination="main")
        out["backlog_deliveries"] = run.weir.metric("weir_spool_events", destination="main")
        out["backlog_rss_kib"] = run.weir.rss_kib()
        began = time.monotonic()
        run.weir.kill9()
        run.weir.start()
        out["restart_seconds_with_backlog"] = round(time.monotonic() - began, 2)
        out["backlog_rss_kib_after_restart"] = run.weir.rss_kib()
        print(json.dumps(out), flush=True)
    return out


def pii(_):
    """What is left and what is lost on labelled text, see tests/pii/score.py."""
    out = {}
    for corpus, sets in score.figures(str(BIN / "weir")).items():
        for name, figures in sets.items():
            out[f"{corpus}, {name}"] = figures
            print(json.dumps({f"{corpus}, {name}": figures}), flush=True)
    return out


def pii_lines(figures):
    """Two tables: the sums, and full-span recall by type."""
    kinds = sorted({t for f in figures.values() for t in f["types"]})
    sums = ("full", "precision", "regions", "negatives", "negatives_altered", "innocent_characters_lost")
    return ["Labelled lines: `../shared/pii/` (shared), and lines made by seed from the templates of `tests/pii/`, which rules were tuned on (tuning) or which were held back (held).",
            "Recall counts labels that are wholly gone; default looks for fewer types than strict.", "",
            "| | " + " | ".join(k.replace("_", " ") for k in sums) + " |", "| --- |" + " --- |" * len(sums),
            *[f"| {name} | " + " | ".join(str(f[k]) for k in sums) + " |" for name, f in figures.items()], "",
            "| recall (labels) | " + " | ".join(figures) + " |", "| --- |" + " --- |" * len(figures),
            *[f"| {t} | " + " | ".join(f"{f['types'][t]['full']:.3f} ({f['types'][t]['n']})" if t in f["types"] else "" for f in figures.values()) + " |" for t in kinds], ""]


def machine():
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cpu": cpu.group(1) if cpu else platform.machine(), "cores": os.cpu_count(), "kernel": platform.release()}


def write_docs(result):
    lines = ["# Benchmarks", "", "Written by `tools/bench.py --docs`; figures, no verdict. Sender, weir, destination and disk share the machine.", "",
             f"Commit `{result['commit']}`, seed {result['seed']}, {result['machine']['cores']} cores of {result['machine']['cpu']}, Linux {result['machine']['kernel']}.", ""]
    for part in PARTS:
        lines += [f"## {part}", ""]
        figures = result["parts"].get(part)
        if figures is None:
            lines += ["Not run.", ""]
            continue
        if (of := result["commits"].get(part)) != result["commit"]:
            lines += [f"Of commit `{of}`.", ""]
        if part == "pii":
            lines += pii_lines(figures)
        elif part == "micro":
            for name, bench in figures.items():
                lines += [f"`{name}`", "", "```", *bench["lines"], "```", ""]
        elif part == "memory":
            lines += ["| figure | value |", "| --- | --- |", *[f"| {k.replace('_', ' ')} | {v} |" for k, v in figures.items()], ""]
        else:
            columns = list(next(iter(figures.values())))
            lines += ["| | " + " | ".join(c.replace("_", " ") for c in columns) + " |", "| --- |" + " --- |" * len(columns)]
            lines += [f"| {name} | " + " | ".join(str(row.get(c, "")) for c in columns) + " |" for name, row in figures.items()] + [""]
    lines += ["## Raw", "", "```json", json.dumps(result, indent=1), "```", ""]
    DOCS.write_text("\n".join(lines))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--docs", action="store_true")
    p.add_argument("--seconds", type=float, default=8)
    p.add_argument("--backlog-mb", type=int, default=500)
    p.add_argument("parts", nargs="*", metavar="PART")
    options = p.parse_args()
    if unknown := [x for x in options.parts if x not in PARTS]:
        p.error(f"no part {unknown[0]}; there are {', '.join(PARTS)}")
    subprocess.run(["cmake", "--preset", "release", "-DWEIR_TESTS=ON"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    # not all: the tests' links with LTO take ten minutes
    needed = ["weir", "load", *(p.stem for p in (ROOT / "tests/bench").glob("bench_*.c"))]
    subprocess.run(["cmake", "--build", "build/release", "--target", *(["weir"] if options.parts == ["pii"] else needed)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    result = {"commit": subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip() or "unknown",
              "seed": SEED, "machine": machine(), "parts": {}}
    result["commits"] = {}
    if options.docs and (raw := re.search(r"```json\n(.*)\n```", DOCS.read_text(), re.S)):
        before = json.loads(raw.group(1))
        result["parts"] = before["parts"]
        result["commits"] = before.get("commits") or {part: before["commit"] for part in before["parts"]}
    for part in options.parts or PARTS:
        result["commits"][part] = result["commit"]
        print(f"== {part}", flush=True)
        result["parts"][part] = globals()[part](options)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build/bench.json").write_text(json.dumps(result, indent=1) + "\n")
    if options.docs:
        write_docs(result)
    print("written to build/bench.json" + (" and docs/benchmarks.md" if options.docs else ""))


if __name__ == "__main__":
    main()
