#!/usr/bin/env python3
"""Draws the dashboards as they look on the scripted bad day of tests/e2e/scenario.py into docs/images/*.png.

A real weir, scraped by a real Prometheus; what each panel of dashboards/*.json asks is asked of that Prometheus, and drawn
where Grafana would draw it. `make pictures` runs it; it takes two minutes and is no part of the tests.

    tools/pictures.py [--pace 3] [NAME...]
"""
import argparse
import math
import pathlib
import re
import sys
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from PIL import Image  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
import prometheus  # noqa: E402
import scenario  # noqa: E402

# Rows of a dashboard that are its main ones, and up to which time of the script it is shown: the overview in the
# midst of it, the others when it is over.
MAIN = {
    "overview": (range(3), scenario.AWAY + 1.1),
    "integrations": (range(3), scenario.LENGTH),
    "delivery": (range(4), scenario.LENGTH),
    "scrubbing": (range(3), scenario.LENGTH),
    "self": (range(3), scenario.LENGTH),
}

PAGE, PANEL, EDGE, TEXT, DIM = "#111217", "#181b1f", "#2c3235", "#d8d9da", "#8e9297"
NAMED = {"green": "#56a64b", "yellow": "#e0a519", "red": "#d44a3a", "blue": "#5794f2", "transparent": "none"}
PALETTE = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#b877d9", "#ff9df5", "#37872d", "#fade2a", "#c4162a", "#6ed0e0", "#a352cc"]
UNIT_PX, WIDTH_PX, DPI = 33, 1280, 100


# ---- what the panels show ----------------------------------------------------------------------------------------------


class Answers:
    """What Prometheus said to the queries of a dashboard's panels, between two times."""

    def __init__(self, prom, start, end):
        self.prom, self.start, self.end = prom, start, end

    def of(self, target):
        expr = prometheus.concrete(target["expr"], self.end - self.start, "8s")
        if target.get("instant"):
            return [(r["metric"], [float(r["value"][0])], [float(r["value"][1])]) for r in self.prom.query(expr, at=self.end)]
        found = self.prom.query_range(expr, self.start, self.end, step=1)
        return [(r["metric"], [t for t, _ in r["values"]], [float(v) for _, v in r["values"]]) for r in found]


def legend(target, labels, n):
    text = target.get("legendFormat") or ""
    if not text and n > 1:
        text = " ".join(labels.values())
    text = re.sub(r"\{\{(\w+)\}\}", lambda m: labels.get(m[1], ""), text)
    return re.sub(r"(http://)?127\.0\.0\.1:\d+", lambda m: "https://errors.example.org" if m[1] else "weir-1:8137", text).strip()


def highest(values, none=math.nan):
    return max([v for v in values if math.isfinite(v)], default=none)


def lines(panel, answers):
    """[(name, times since start in s, values)] of all of a panel's targets, the highest first."""
    out = []
    for t in panel["targets"]:
        found = answers.of(t)
        out += [(legend(t, labels, len(found)), [x - answers.start for x in times], values) for labels, times, values in found]
    return sorted(out, key=lambda s: -highest(s[2], 0))


def everywhere(panel, name, default=None):
    for p in panel["fieldConfig"]["overrides"][0]["properties"]:
        if p["id"] == name:
            return p["value"]
    return default


def colour(steps, value):
    found = steps[0]["color"]
    for s in steps[1:]:
        if value >= s["value"]:
            found = s["color"]
    return NAMED.get(found, found)


def mapped(states, value):
    """(text, colour) of a value by its mapping."""
    one = states[0]["options"].get(str(int(value))) if states and math.isfinite(value) else None
    return (one["text"], NAMED[one["color"]]) if one else (None, None)


def scaled(value, names, base):
    i = 0
    while abs(value) >= base and i < len(names) - 1:
        value, i = value / base, i + 1
    return f"{value:.3g} {names[i]}".strip() if value < 1000 else f"{value:.0f} {names[i]}".strip()


def number(value, unit):
    if not math.isfinite(value):
        return "–"
    if unit == "percentunit":
        return f"{100 * value:.3g} %" if abs(value) < 9.99 else f"{100 * value:.0f} %"
    if unit == "ms":
        return scaled(value, ["ms", "s"], 1000)
    if unit == "s":
        return scaled(value * 1e6, ["µs", "ms", "s"], 1000) if value else "0 s"
    if unit == "dtdurations":
        return f"{value / 60:.1f} min"
    if unit in ("bytes", "Bps"):
        return scaled(value, ["B", "KiB", "MiB", "GiB"], 1024) + ("/s" if unit == "Bps" else "")
    text = scaled(value, ["", "k", "M"], 1000) if abs(value) >= 0.01 or not value else f"{value:.1g}"
    return text + {"reqps": " req/s", "cps": " /s", "pps": " /s"}.get(unit, "")


# ---- how they are drawn ------------------------------------------------------------------------------------------------


class Canvas:
    """A page of panels, placed by pixels from the top left."""

    def __init__(self, height):
        self.w, self.h = WIDTH_PX, height
        self.figure = plt.figure(figsize=(self.w / DPI, self.h / DPI), dpi=DPI, facecolor=PAGE)

    def box(self, x, y, w, h, **kw):
        return self.figure.add_axes([x / self.w, 1 - (y + h) / self.h, w / self.w, h / self.h], **kw)

    def text(self, x, y, text, **kw):
        kw.setdefault("color", TEXT)
        kw.setdefault("va", "top")
        self.figure.text(x / self.w, 1 - y / self.h, text, **kw)

    def ground(self, x, y, w, h, face=PANEL):
        axes = self.box(x, y, w, h, facecolor=face, xticks=[], yticks=[])
        for s in axes.spines.values():
            s.set_color(EDGE)
        return axes


def plain(axes, panel, times=None):
    axes.set_facecolor("none")
    axes.tick_params(colors=DIM, labelsize=7, length=0)
    axes.grid(color=EDGE, linewidth=0.6)
    axes.set_axisbelow(True)
    for s in axes.spines.values():
        s.set_visible(False)
    if times:
        axes.set_xlim(*times)
        axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(6))
        axes.xaxis.set_major_formatter(lambda v, _: f"{int(v) // 60}:{int(v) % 60:02d}")
    unit = panel["fieldConfig"]["defaults"]["unit"]
    axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(4))
    axes.yaxis.set_major_formatter(lambda v, _: number(v, unit))


def draw_stat(c, panel, box, answers):
    x, y, w, h = box
    found = lines(panel, answers)
    times, values = found[0][1:] if found else ([0], [math.nan])
    value = next((v for v in reversed(values) if math.isfinite(v)), math.nan)
    text, face = mapped(everywhere(panel, "mappings"), value)
    steps = everywhere(panel, "thresholds")["steps"]
    face = face or colour(steps, value)
    filled = panel["options"]["colorMode"] == "background"
    c.ground(x, y, w, h, face if filled else PANEL)
    if panel["options"]["graphMode"] == "area" and len(times) > 1:
        a = c.box(x, y + h * 0.62, w, h * 0.36)
        a.axis("off")
        a.fill_between(times, values, color="#ffffff" if filled else face, alpha=0.18, linewidth=0)
        top = highest(values, 1)
        a.set_ylim(0, top * 1.1 or 1)
        a.set_xlim(times[0], times[-1])
    c.text(x + 8, y + 7, panel["title"], fontsize=8, color="white" if filled else TEXT, weight="bold")
    c.text(x + w / 2, y + h * 0.52, text or number(value, panel["fieldConfig"]["defaults"]["unit"]), fontsize=17, weight="bold",
           color="white" if filled else face, ha="center", va="center")


def title(c, panel, box):
    x, y, w, h = box
    c.ground(x, y, w, h)
    c.text(x + 9, y + 8, panel["title"], fontsize=8.5, weight="bold")


def draw_timeseries(c, panel, box, answers):
    x, y, w, h = box
    title(c, panel, box)
    found = lines(panel, answers)
    by_name = {n: PALETTE[i % len(PALETTE)] for i, n in enumerate(sorted({n for n, _, _ in found}))}
    shown = found[:5 if w < 500 else 6]
    room = 13 * math.ceil(len(shown) / 2) + 6
    axes = c.box(x + 54, y + 30, w - 66, h - 52 - room)
    span = (0, answers.end - answers.start)
    plain(axes, panel, span)
    custom = panel["fieldConfig"]["defaults"]["custom"]
    if custom["stacking"]["mode"] == "normal":
        grid = list(range(int(span[1]) + 1))
        rows = []
        for _, times, values in found:
            at = {round(t): v for t, v in zip(times, values)}
            rows.append([at.get(t, 0) if math.isfinite(at.get(t, 0)) else 0 for t in grid])
        axes.stackplot(grid, rows, colors=[by_name[n] for n, _, _ in found], alpha=0.8, linewidth=0)
    else:
        for n, times, values in found:
            axes.plot(times, values, color=by_name[n], linewidth=1.3)
    top = axes.get_ylim()[1]
    axes.set_ylim(0, top if top > 1e-12 else 1)
    for s in (everywhere(panel, "thresholds") or {"steps": []})["steps"]:
        if s["value"] is not None and s["value"] <= axes.get_ylim()[1] * 1.5:
            axes.axhline(s["value"], color=NAMED[s["color"]], linewidth=1, linestyle=(0, (4, 3)))
            axes.set_ylim(0, max(axes.get_ylim()[1], s["value"] * 1.1))
    unit = panel["fieldConfig"]["defaults"]["unit"]
    column = (w - 20) / 2
    for i, (n, _, values) in enumerate(shown):
        lx, ly = x + 12 + (i % 2) * column, y + h - room + 13 * (i // 2)
        c.text(lx, ly, "▬", fontsize=7, color=by_name[n])
        last = f"  max {number(highest(values), unit)}"
        fits = int(column / 5.6) - len(last)
        c.text(lx + 15, ly, (n if len(n) <= fits else n[:fits - 1] + "…") + last, fontsize=7, color=DIM)


def draw_state_timeline(c, panel, box, answers):
    x, y, w, h = box
    title(c, panel, box)
    found = sorted(lines(panel, answers), key=lambda s: s[0], reverse=True)
    left = min(max([16 + 5.4 * len(n) for n, _, _ in found] or [60]), 0.42 * w)
    axes = c.box(x + left, y + 30, w - left - 12, h - 56)
    plain(axes, panel, (0, answers.end - answers.start))
    axes.grid(False)
    states = everywhere(panel, "mappings")
    for row, (_, times, values) in enumerate(found):
        start = 0
        for i in range(1, len(values) + 1):
            if i == len(values) or values[i] != values[start]:
                text, face = mapped(states, values[start])
                until = times[i] if i < len(values) else times[-1] + 1
                axes.barh(row, until - times[start], left=times[start], height=0.82, color=face, alpha=0.8, linewidth=0)
                if (until - times[start]) * (w - left - 12) / (answers.end - answers.start) > 6.5 * len(text):
                    axes.text((until + times[start]) / 2, row, text, fontsize=7, color="white", ha="center", va="center")
                start = i
    axes.set_yticks(range(len(found)), [n if len(n) < left / 5.2 else n[:int(left / 5.2)] + "…" for n, _, _ in found])
    axes.set_ylim(-0.6, len(found) - 0.4)


def draw_heatmap(c, panel, box, answers):
    x, y, w, h = box
    title(c, panel, box)
    axes = c.box(x + 54, y + 30, w - 66, h - 56)
    plain(axes, panel, (0, answers.end - answers.start))
    axes.grid(False)
    buckets = sorted(((float(labels["le"]), times, values) for labels, times, values in answers.of(panel["targets"][0])), key=lambda b: b[0])
    grid = list(range(int(answers.end - answers.start) + 1))
    below, rows = [0] * len(grid), []
    for _, times, values in buckets:
        at = {round(t - answers.start): v for t, v in zip(times, values)}
        here = [at.get(t, 0) for t in grid]
        rows.append([max(a - b, 0) or math.nan for a, b in zip(here, below)])
        below = here
    axes.pcolormesh([*grid, grid[-1] + 1], range(len(rows) + 1), rows, cmap="inferno", linewidth=0)
    axes.set_yticks([i + 0.5 for i in range(0, len(rows), 2)], [number(b[0], "ms") if math.isfinite(b[0]) else "more" for b in buckets[::2]])


def draw_bargauge(c, panel, box, answers):
    x, y, w, h = box
    title(c, panel, box)
    found = sorted(lines(panel, answers), key=lambda s: s[2][-1])
    left = max([20 + 5.6 * len(n) for n, _, _ in found] or [60])
    axes = c.box(x + left, y + 32, w - left - 65, h - 44)
    axes.axis("off")
    top = panel["fieldConfig"]["defaults"].get("max") or max([s[2][-1] for s in found] or [1]) or 1
    steps = everywhere(panel, "thresholds")["steps"]
    for row, (n, _, values) in enumerate(found):
        axes.barh(row, top, height=0.62, color="#22252b")
        axes.barh(row, values[-1], height=0.62, color=colour(steps, values[-1]))
        axes.text(-0.02 * top, row, n, fontsize=7.5, color=TEXT, ha="right", va="center")
        axes.text(1.02 * top, row, number(values[-1] if values[-1] < 10 else round(values[-1]), panel["fieldConfig"]["defaults"]["unit"]),
                  fontsize=7.5, color=TEXT, va="center")
    axes.set_xlim(0, top)
    axes.set_ylim(-0.6, max(len(found), 4) - 0.4)


def draw_table(c, panel, box, answers):
    x, y, w, h = box
    title(c, panel, box)
    organized = next(t for t in panel["transformations"] if t["id"] == "organize")["options"]
    keys = [k for k in organized["indexByName"] if k != "Time"]
    columns = [v for k, v in organized["renameByName"].items() if k.startswith("Value")]
    rows = {}
    for name, target in zip(columns, panel["targets"]):
        for labels, _, values in answers.of(target):
            rows.setdefault(tuple(labels.get(k, "") for k in keys), {})[name] = values[-1]
    by = {o["matcher"]["options"]: {p["id"]: p["value"] for p in o["properties"]} for o in panel["fieldConfig"]["overrides"][1:]}
    sort = panel["options"]["sortBy"][0]["displayName"]
    order = sorted(rows, key=lambda k: -rows[k].get(sort, -1) if math.isfinite(rows[k].get(sort, -1)) else 1)
    room = [max([len(k), *(len(key[i]) for key in rows)]) * 6.2 + 16 for i, k in enumerate(keys)]
    at = [x + 12 + sum(room[:i]) for i in range(len(keys))]
    left = max(sum(room), 0.2 * w)
    at += [x + 12 + left + (w - left - 20) * i / len(columns) for i in range(len(columns))]
    for name, cx in zip([*(k.capitalize() for k in keys), *columns], at):
        c.text(cx, y + 32, name, fontsize=7.5, color="#6e9fff", weight="bold")
    for i, key in enumerate(order[:int((h - 60) / 21)]):
        cy = y + 54 + 21 * i
        for text, cx in zip(key, at):
            c.text(cx, cy, text, fontsize=7.5)
        for name, cx in zip(columns, at[len(keys):]):
            value = rows[key].get(name, math.nan)
            text, face = mapped(by[name].get("mappings"), value)
            if "thresholds" in by[name] and math.isfinite(value):
                face = colour(by[name]["thresholds"]["steps"], value)
            c.text(cx, cy, text or number(value, by[name]["unit"]), fontsize=7.5, color=face or TEXT)


DRAW = {"stat": draw_stat, "timeseries": draw_timeseries, "state-timeline": draw_state_timeline, "heatmap": draw_heatmap,
        "bargauge": draw_bargauge, "table": draw_table}


def draw(dashboard, rows, answers, path):
    rows_seen, chosen = -1, []
    for p in dashboard["panels"]:
        rows_seen += p["type"] == "row"
        if rows_seen in rows:
            chosen.append(p)
    last = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in chosen)
    head = 34
    c = Canvas(head + last * UNIT_PX + 8)
    c.text(14, 10, dashboard["title"], fontsize=12, weight="bold")
    for p in chosen:
        at = p["gridPos"]
        x, y = 6 + at["x"] * (WIDTH_PX - 12) / 24, head + at["y"] * UNIT_PX
        w, h = at["w"] * (WIDTH_PX - 12) / 24, at["h"] * UNIT_PX
        if p["type"] == "row":
            c.text(x + 6, y + 11, "▾ " + p["title"], fontsize=9, weight="bold")
        else:
            DRAW[p["type"]](c, p, (x + 3, y + 3, w - 6, h - 6), answers)
    path.parent.mkdir(parents=True, exist_ok=True)
    c.figure.savefig(path, dpi=DPI, facecolor=PAGE)
    plt.close(c.figure)
    Image.open(path).convert("RGB").quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB", flush=True)


# ---- main --------------------------------------------------------------------------------------------------------------


def main():
    options = argparse.ArgumentParser(description="draws the dashboards into docs/images")
    options.add_argument("--pace", type=float, default=3, help="how much slower than in the tests the scenario runs")
    options.add_argument("names", nargs="*", default=list(MAIN))
    given = options.parse_args()
    plt.rcParams["font.family"] = "DejaVu Sans"
    with tempfile.TemporaryDirectory() as folder:
        tmp = pathlib.Path(folder)
        play = scenario.Scenario(tmp, pace=given.pace)
        prom = None
        try:
            rules = play.weir.cli("alerts", "-c", "weir.yaml").stdout
            prom = prometheus.Prometheus(tmp, play.weir.port, prometheus.hurried(rules))
            play.run()
            prom.scraped(2)
            for name in given.names:
                rows, until = MAIN[name]
                answers = Answers(prom, play.at(1.5), play.at(until))
                draw(prometheus.dashboards()[name], rows, answers, ROOT / f"docs/images/dashboard-{name}.png")
        finally:
            if prom:
                prom.stop()
            play.stop()


if __name__ == "__main__":
    main()
