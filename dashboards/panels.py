"""The words that build.py describes dashboards with: kinds of panels, rows, variables, links. Each returns the JSON that
Grafana keeps of it (schema 39, Grafana 10.4 and later); types checked against @grafana/schema.

In expressions these words are short for

    {WEIR}     the chosen instances of weir          {SERVICE}  and the chosen services
    {DEST}     and the chosen destinations           {RULESET}  and the chosen rule sets
    [RATE]     [$__rate_interval]                    [RANGE]    [$__range]
"""
import json
import re

SOURCE = {"type": "prometheus", "uid": "${datasource}"}

GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"
BAD_FROM_ONE = [(None, GREEN), (1, RED)]
GOOD_FROM_ONE = [(None, RED), (1, GREEN)]
PLAIN = [(None, BLUE)]

WORDS = {
    "WEIR": 'job=~"$job", instance=~"$instance"',
    "SERVICE": 'job=~"$job", instance=~"$instance", service=~"$service"',
    "DEST": 'job=~"$job", instance=~"$instance", destination=~"$destination"',
    "RULESET": 'job=~"$job", instance=~"$instance", ruleset=~"$ruleset"',
}


def promql(text):
    """The expression with its short words spelled out, on one line."""
    for word, selector in WORDS.items():
        text = re.sub(r"\{%s\b" % word, "{" + selector, text)
    text = text.replace("[RATE]", "[$__rate_interval]").replace("[RANGE]", "[$__range]")
    return re.sub(r"\s+", " ", text).strip()


# ---- panels ------------------------------------------------------------------------------------------------------------


def query(expr, legend="", **more):
    return {"expr": promql(expr), "legendFormat": legend, **more}


def queries(expr, legend):
    """`expr` is one expression, or several as {legend: expression}."""
    pairs = [(legend, expr)] if isinstance(expr, str) else list(expr.items())
    return [query(e, name, editorMode="code", range=True) for name, e in pairs]


def for_all_numbers(**properties):
    """Colours, thresholds and mappings of every number in a panel. They are an override, not defaults: the published
    types (@grafana/schema) know them there as TypeScript enums, which no JSON can satisfy."""
    return {"matcher": {"id": "byType", "options": "number"},
            "properties": [{"id": k, "value": v} for k, v in properties.items() if v is not None]}


def thresholds(steps):
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in steps]}


def mappings(states):
    return [{"type": "value", "options": {str(value): {"text": text, "color": color, "index": i}
                                          for i, (value, text, color) in enumerate(states)}}]


def links(to):
    """A click leads to the dashboard `to`, with the service or destination that was clicked."""
    out = []
    for name in [to] if isinstance(to, str) else to or []:
        chosen = {"integrations": "&var-service=${__field.labels.service}",
                  "delivery": "&var-destination=${__field.labels.destination}"}.get(name.rstrip("!"), "")
        if name.endswith("!"):  # of a total, there is nothing to choose
            name, chosen = name[:-1], ""
        out.append({"title": f"weir: {name}", "targetBlank": False,
                    "url": f"/d/weir-{name}?${{__url_time_range}}&${{datasource:queryparam}}&${{job:queryparam}}"
                           f"&${{instance:queryparam}}{chosen}"})
    return out


def panel(kind, title, what, targets, width, height, unit, steps, options, custom=None, link=None, color="thresholds",
          states=None, overrides=(), transformations=(), **defaults):
    everywhere = for_all_numbers(color={"mode": color}, thresholds=thresholds(steps) if steps else None,
                                 mappings=mappings(states) if states else None)
    return {"type": kind, "title": title, "description": what, "datasource": SOURCE,
            "gridPos": {"w": width, "h": height, "x": 0, "y": 0},
            "targets": [{"refId": chr(ord("A") + i), "datasource": SOURCE, **t} for i, t in enumerate(targets)],
            "fieldConfig": {"defaults": {"unit": unit, "custom": custom or {}, "links": links(link), **defaults},
                            "overrides": [everywhere, *overrides]},
            "options": options, "transformations": list(transformations)}


def stat(title, expr, what, unit="short", steps=PLAIN, width=4, height=4, link=None, states=None, **more):
    """One number, whose colour says whether it is fine."""
    options = {"colorMode": "background" if len(steps) > 1 or states else "value", "graphMode": "none" if states else "area",
               "justifyMode": "auto", "orientation": "auto", "textMode": "auto", "wideLayout": True,
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return panel("stat", title, what, queries(expr, ""), width, height, unit, steps, options, link=link, states=states, **more)


def series(title, expr, what, legend="", unit="short", steps=None, stack=False, width=12, height=8, link=None, **more):
    """Lines over time, or areas on top of each other."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if stack else 8, "showPoints": "never",
              "spanNulls": False, "stacking": {"mode": "normal" if stack else "none", "group": "A"},
              "thresholdsStyle": {"mode": "dashed" if steps else "off"}}
    options = {"legend": {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": ["lastNotNull", "max"],
                          "sortBy": "Last *", "sortDesc": True},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    targets = [{**t, "exemplar": "histogram_quantile" in t["expr"]} for t in queries(expr, legend)]
    return panel("timeseries", title, what, targets, width, height, unit, steps, options, custom, link,
                 "palette-classic-by-name", min=0, **more)


def timeline(title, expr, what, legend, states, width=12, height=8, link=None):
    """States over time, one bar each."""
    options = {"mergeValues": True, "showValue": "auto", "rowHeight": 0.85, "alignValue": "left",
               "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
               "tooltip": {"mode": "single", "sort": "none"}}
    steps = [(None if i == 0 else value, color) for i, (value, _, color) in enumerate(states)]
    return panel("state-timeline", title, what, queries(expr, legend), width, height, "short", steps, options,
                 {"fillOpacity": 75, "lineWidth": 0}, link, states=states)


def heatmap(title, expr, what, unit, width=12, height=8):
    """How a histogram's buckets fill over time."""
    options = {"calculate": False, "cellGap": 1, "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "fill": "orange"},
               "yAxis": {"unit": unit, "axisPlacement": "left"}, "legend": {"show": True}, "rowsFrame": {"layout": "auto"},
               "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": False}}
    targets = [query(expr, "{{le}}", format="heatmap", editorMode="code", range=True)]
    return panel("heatmap", title, what, targets, width, height, unit, None, options)


def bars(title, expr, what, legend, unit="short", steps=PLAIN, width=8, height=8, link=None, **more):
    """The same number of several things, side by side."""
    options = {"displayMode": "gradient", "orientation": "horizontal", "showUnfilled": True, "valueMode": "color",
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    targets = [query(expr, legend, instant=True, range=False, editorMode="code")]
    return panel("bargauge", title, what, targets, width, height, unit, steps, options, link=link, min=0, **more)


def table(title, columns, what, keys, width=24, height=8, link=None, sort=None):
    """One line for each value of the labels `keys`; `columns` are (name, expression, unit, steps or states)."""
    overrides, names = [], {"Time": ""}
    for i, (name, _, unit, steps) in enumerate(columns):
        names[f"Value #{chr(ord('A') + i)}" if len(columns) > 1 else "Value"] = name
        properties = [{"id": "unit", "value": unit}]
        if steps and len(steps[0]) == 3:
            properties += [{"id": "mappings", "value": mappings(steps)},
                           {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
        elif steps:
            properties += [{"id": "thresholds", "value": thresholds(steps)}, {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
        overrides.append({"matcher": {"id": "byName", "options": name}, "properties": properties})
    for key in keys:
        names[key] = key.capitalize()
        to = [] if link is None or key not in ("service", "destination") else links(link)
        for one in to:
            one["url"] = re.sub(r"\$\{__field\.labels\.\w+\}", "${__value.raw}", one["url"])
        if to:
            overrides.append({"matcher": {"id": "byName", "options": names[key]}, "properties": [{"id": "links", "value": to}]})
    targets = [query(e, format="table", instant=True, range=False, editorMode="code") for _, e, _, _ in columns]
    order = {name: i for i, name in enumerate(["Time", *keys])}
    transformations = [{"id": "merge", "options": {}},
                       {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": order,
                                                      "renameByName": {k: v for k, v in names.items() if v}}}]
    options = {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"], "fields": ""},
               "sortBy": [{"displayName": sort or columns[0][0], "desc": True}]}
    return panel("table", title, what, targets, width, height, "short", PLAIN, options,
                 {"align": "auto", "filterable": True, "cellOptions": {"type": "auto"}}, color="thresholds",
                 overrides=overrides, transformations=transformations)


# ---- dashboards ------------------------------------------------------------------------------------------------------------

VARIABLES = {
    "job": ("Job", "label_values(weir_build_info, job)"),
    "instance": ("Instance", 'label_values(weir_build_info{job=~"$job"}, instance)'),
    "service": ("Service", 'label_values({__name__=~"integration_latency_ms_count|integration_errors_total|circuit_breaker_state", '
                           'job=~"$job", instance=~"$instance"}, service)'),
    "destination": ("Destination", 'label_values(weir_spool_events{job=~"$job", instance=~"$instance"}, destination)'),
    "ruleset": ("Rule set", 'label_values(weir_scrub_matches_total{job=~"$job", instance=~"$instance"}, ruleset)'),
}


def variable(name):
    label, asked = VARIABLES[name]
    return {"name": name, "label": label, "type": "query", "datasource": SOURCE,
            "query": {"query": asked, "refId": f"variable-{name}"}, "refresh": 2, "sort": 1, "regex": "",
            "multi": True, "includeAll": True, "allValue": ".*", "skipUrlSync": False, "hide": 0, "options": [],
            "current": {"text": ["All"], "value": ["$__all"], "selected": True}}


def source_variable():
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1, "regex": "",
            "multi": False, "includeAll": False, "skipUrlSync": False, "hide": 0, "options": [],
            "current": {"text": "default", "value": "default", "selected": True}}


def lay_out(rows):
    """Panels from left to right, 24 columns wide, below the title of their row."""
    out, y = [], 0
    for title, panels in rows.items():
        out.append({"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        x, y, tallest = 0, y + 1, 0
        for p in panels:
            at = p["gridPos"]
            if x + at["w"] > 24:
                x, y, tallest = 0, y + tallest, 0
            at["x"], at["y"] = x, y
            x, tallest = x + at["w"], max(tallest, at["h"])
            out.append(p)
        y += tallest
    return [{"id": i, **p} for i, p in enumerate(out, 1)]


def dashboard(name, title, what, variables, rows):
    others = {"title": "weir", "type": "dashboards", "tags": ["weir"], "asDropdown": False, "includeVars": True, "keepTime": True,
              "targetBlank": False, "icon": "external link", "tooltip": "The other dashboards of weir", "url": ""}
    return {"uid": f"weir-{name}", "title": title, "description": what, "tags": ["weir"], "schemaVersion": 39, "version": 1,
            "editable": True, "graphTooltip": 1, "refresh": "30s", "timezone": "browser", "time": {"from": "now-1h", "to": "now"},
            "links": [others], "annotations": {"list": []},
            "templating": {"list": [source_variable(), *map(variable, ["job", "instance", *variables])]},
            "panels": lay_out(rows)}


def exported(d):
    """As grafana.com and the import dialog want it: which data source is asked once, instead of a variable."""
    kinds = sorted({p["type"] for p in d["panels"]} - {"row"})
    d = json.loads(json.dumps(d).replace('"${datasource}"', '"${DS_PROMETHEUS}"').replace("&${datasource:queryparam}", ""))
    d["templating"]["list"] = [v for v in d["templating"]["list"] if v["type"] != "datasource"]
    head = {
        "__inputs": [{"name": "DS_PROMETHEUS", "label": "Prometheus", "description": "The Prometheus that scrapes weir",
                      "type": "datasource", "pluginId": "prometheus", "pluginName": "Prometheus"}],
        "__elements": {},
        "__requires": [{"type": "grafana", "id": "grafana", "name": "Grafana", "version": "10.4.0"},
                       {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"},
                       *({"type": "panel", "id": k, "name": k, "version": ""} for k in kinds)],
    }
    return {**head, "id": None, **d}
