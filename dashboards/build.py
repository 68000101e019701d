#!/usr/bin/env python3
"""Makes the Grafana dashboards of this folder, and their copies for sharing in export/, from the description below.

    dashboards/build.py            writes them
    dashboards/build.py --check    says which are out of date (exit status 1)

Each dashboard is rows of panels, each panel a title, PromQL, and what it means, in the words of panels.py, which says what
{WEIR}, {SERVICE}, [RATE] in expressions are short for. No library, no network. `make dashboards` runs it;
tests/house/test_dashboards.py checks the result.
"""
import argparse
import json
import pathlib
import sys

from panels import (BAD_FROM_ONE, GOOD_FROM_ONE, GREEN, RED, YELLOW, bars, dashboard, exported, heatmap, series, stat, table,
                    timeline)

HERE = pathlib.Path(__file__).resolve().parent

# ---- expressions said more than once -----------------------------------------------------------------------------------

BREAKER = [(0, "closed", GREEN), (1, "half open", YELLOW), (2, "open", RED)]
UP = [(0, "down", RED), (1, "up", GREEN)]
YES_IS_BAD = [(0, "no", GREEN), (1, "yes", RED)]
SHARE_OF_ERRORS = [(None, GREEN), (0.01, YELLOW), (0.02, RED)]
UTILISATION = [(None, GREEN), (0.5, YELLOW), (0.8, RED)]

CALLS = "sum by (service) (rate(integration_latency_ms_count{SERVICE}[RATE]))"


def share_of_errors(window="RATE", fallback="0 * "):
    """Errors per call of each service; 0 for one that never failed, 1 where only the failures are reported."""
    calls = f"sum by (service) (rate(integration_latency_ms_count{{SERVICE}}[{window}]))"
    errors = f"sum by (service) (rate(integration_errors_total{{SERVICE}}[{window}]))"
    return f"clamp_max(({errors} or {fallback}{calls}) / {calls}, 1)"


def quantile(q, by="service", window="RATE"):
    return f"histogram_quantile({q}, sum by (le, {by}) (rate(integration_latency_ms_bucket{{SERVICE}}[{window}])))"


def target(objective, metric="integration_sla_target_ratio"):
    return f'max by (service) ({metric}{{SERVICE, objective="{objective}"}})'


P99_TARGET = target("p99", "integration_sla_latency_target_ms")

# 2 open, 1 half open, 0 closed; of several instances of weir the worst.
BREAKER_OF_SERVICE = """max by (service) (2 * circuit_breaker_state{SERVICE, state="open"}
    or circuit_breaker_state{SERVICE, state="half_open"})"""
BREAKER_OF_ENDPOINT = """max by (destination, endpoint) (2 * weir_breaker_state{DEST, state="open"}
    or weir_breaker_state{DEST, state="half_open"})"""

SPOOL_FILLED = """sum by (job, instance, destination) (weir_spool_bytes{DEST})
    / on (job, instance, destination) weir_spool_max_bytes{DEST}"""
UDP_LOST = """sum(rate(weir_udp_kernel_drops_total{WEIR}[RATE])) + sum(rate(weir_udp_datagrams_total{WEIR, outcome="dropped"}[RATE]))
    + (sum(rate(weir_udp_lost_total{WEIR}[RATE])) or vector(0))"""
DEPENDENCIES_DOWN = "count(weir_dependency_up{WEIR} == 0) or vector(0)"


def of_seconds(q, name, by, selector="WEIR"):
    labels = ", ".join(["le", *by])
    return f"histogram_quantile({q}, sum by ({labels}) (rate({name}_bucket{{{selector}}}[RATE])))"


# ---- the dashboards ----------------------------------------------------------------------------------------------------


def overview():
    return dashboard(
        "overview", "weir / Overview", "Is anything wrong: with an integration, with the way to the error tracker, or with weir?",
        ["service", "destination"], {
            "Is anything wrong? Everything green: no": [
                stat("Instances of weir down", "count(up{WEIR} == 0) or vector(0)",
                     "Instances that Prometheus cannot scrape.", steps=BAD_FROM_ONE, link="self"),
                stat("Alerts firing", 'count(ALERTS{alertstate="firing", alertname=~"Weir.*|Integration.*|CircuitBreakerOpen|DependencyDown"}) or vector(0)',
                     "Alerts of the rules that `weir alerts` prints.", steps=BAD_FROM_ONE),
                stat("Breakers open", 'sum(max by (service) (circuit_breaker_state{SERVICE, state="open"})) or vector(0)',
                     "Integrations, weir's own destinations included, whose circuit breaker is open.",
                     steps=BAD_FROM_ONE, link="integrations!"),
                stat("SLA targets missed now",
                     f"(count({share_of_errors()} > {target('error_rate')}) or vector(0)) + (count({quantile(0.99)} > {P99_TARGET}) or vector(0))",
                     "Targets of `slas`, error rate and p99, that a service misses at this moment.",
                     steps=BAD_FROM_ONE, link="integrations!"),
                stat("Worst share of errors", f"max({share_of_errors()})", "Failed calls per call, of the integration that fails most.",
                     unit="percentunit", steps=SHARE_OF_ERRORS, link="integrations!"),
                stat("Dependencies down", DEPENDENCIES_DOWN, "Health checks of the configuration that failed the last time.",
                     steps=BAD_FROM_ONE, link="self"),
                stat("Destinations blocked", "sum(max by (destination) (weir_destination_blocked{DEST}))",
                     "Destinations that refuse our credentials. Deliveries wait; nothing is lost before `spool.ttl`.",
                     steps=BAD_FROM_ONE, link="delivery!"),
                stat("Dead letters", 'sum(weir_spool_events{DEST, state="dead"})',
                     "Deliveries that were refused for good and wait for `weir spool redrive` or `drop`.",
                     steps=[(None, GREEN), (1, YELLOW), (100, RED)], link="delivery!"),
                stat("Spool filled", f"max({SPOOL_FILLED})", "Of the destination that uses most of its share.", unit="percentunit",
                     steps=UTILISATION, link="delivery!"),
                stat("Oldest delivery", "max(weir_spool_oldest_seconds{DEST})",
                     "Age of what waits longest. Breadcrumbs may wait `breadcrumbs.ttl` (10 min) for an error of their trace.",
                     unit="s", steps=[(None, GREEN), (900, YELLOW), (3600, RED)], link="delivery!"),
                stat("Ledger difference", "max(abs(weir_ledger_difference{DEST}))",
                     "Deliveries accepted and not accounted for. Anything but 0 is a bug of weir.", steps=BAD_FROM_ONE, link="delivery!"),
                stat("Datagrams lost", UDP_LOST, "UDP datagrams a second that did not arrive or were dropped: what the integrations' "
                     "numbers lack.", unit="pps", steps=[(None, GREEN), (0.001, YELLOW), (10, RED)], link="self"),
            ],
            "Integrations": [
                timeline("Circuit breakers", BREAKER_OF_SERVICE, "State of each integration's breaker as its services report it; "
                         "the worst of several reporters.", "{{service}}", BREAKER, link="integrations"),
                table("Which one is sick", [
                    ("Calls/s", CALLS, "reqps", None),
                    ("Errors", share_of_errors(), "percentunit", SHARE_OF_ERRORS),
                    ("p99", quantile(0.99), "ms", None),
                    ("Breaker", BREAKER_OF_SERVICE, "short", BREAKER),
                ], "Rate, errors and duration of every integration. Click one for its details.", ["service"], width=12,
                    link="integrations", sort="Errors"),
                series("Share of errors", f"topk(10, {share_of_errors()})", "Failed calls per call, the ten worst integrations. "
                       "The line is at 2 %.", "{{service}}", "percentunit", [(None, "transparent"), (0.02, RED)], link="integrations"),
                series("p99 of latency", f"topk(10, {quantile(0.99)})", "What one call in a hundred takes at least, the ten slowest "
                       "integrations.", "{{service}}", "ms", link="integrations"),
            ],
            "Through weir": [
                series("Received", "sum by (type) (rate(weir_received_total{WEIR}[RATE]))", "Items that services sent, by type.",
                       "{{type}}", "cps", stack=True, width=8),
                series("Deliveries", 'sum by (outcome) (rate(weir_events_total{DEST}[RATE]))',
                       "What was accepted, and what became of it in the end.", "{{outcome}}", "cps", width=8, link="delivery!"),
                series("Waiting in the spool", 'sum by (destination) (weir_spool_events{DEST, state!="dead"})',
                       "Deliveries that were accepted and not yet taken by their destination.", "{{destination}}", width=8,
                       link="delivery"),
            ],
        })


def integrations():
    by_status = "sum by (status) (rate(integration_latency_ms_count{SERVICE}[RATE]))"
    actual = f"1 - {share_of_errors('RANGE')}"
    budget = f"1 - ({share_of_errors('RANGE')}) / on (service) (1 - {target('availability')})"
    per_endpoint = "sum by (service, endpoint) (rate(integration_latency_ms_count{SERVICE%s}[RATE]))"
    failing = """, status!~"ok|success|cancelled|[123].." """
    return dashboard(
        "integrations", "weir / Integrations", "Which integration is slow, failing or tripped, since when, and against which target?",
        ["service"], {
            "At a glance": [
                stat("Calls", "sum(rate(integration_latency_ms_count{SERVICE}[RATE]))", "Calls a second of the chosen services.",
                     unit="reqps"),
                stat("Errors", "clamp_max((sum(rate(integration_errors_total{SERVICE}[RATE])) or vector(0)) / "
                     "sum(rate(integration_latency_ms_count{SERVICE}[RATE])), 1)",
                     "Failed calls per call.", unit="percentunit", steps=SHARE_OF_ERRORS),
                stat("p50", "histogram_quantile(0.5, sum by (le) (rate(integration_latency_ms_bucket{SERVICE}[RATE])))",
                     "Half of the calls are faster.", unit="ms"),
                stat("p99", "histogram_quantile(0.99, sum by (le) (rate(integration_latency_ms_bucket{SERVICE}[RATE])))",
                     "One call in a hundred is slower.", unit="ms"),
                stat("Worst breaker", f"max({BREAKER_OF_SERVICE}) or vector(0)", "The worst state among the chosen services.",
                     states=BREAKER, steps=[(None, GREEN), (1, YELLOW), (2, RED)]),
                stat("Numbers complete", f'''1 - ({UDP_LOST}) / clamp_min(sum(rate(weir_udp_datagrams_total{{WEIR, outcome!="dropped"}}[RATE])) + {UDP_LOST}, 1e-9)''',
                     "Share of the datagrams that arrived. Below 100 % these numbers lack calls: see weir itself.",
                     unit="percentunit", steps=[(None, RED), (0.95, YELLOW), (0.999, GREEN)], link="self"),
            ],
            "Rate, errors, duration": [
                series("Calls by integration", CALLS, "Calls a second by integration.", "{{service}}", "reqps", width=8),
                series("Share of errors", share_of_errors(), "Failed calls per call by integration. The line is at 2 %.", "{{service}}",
                       "percentunit", [(None, "transparent"), (0.02, RED)], width=8),
                series("p99 of latency", quantile(0.99), "What one call in a hundred takes at least.", "{{service}}", "ms", width=8),
                timeline("Circuit breakers", BREAKER_OF_SERVICE, "State of each breaker as services report it over `breaker` messages, and of "
                         "weir's own destinations; the worst of several reporters.", "{{service}}", BREAKER),
                series("Errors by kind", "sum by (service, error_type) (rate(integration_errors_total{SERVICE}[RATE]))",
                       "Why calls failed: no answer in time, no connection, TLS, a 4xx or 5xx, limited, an answer that made no sense.",
                       "{{service}} {{error_type}}", "cps", stack=True),
                heatmap("Latency", "sum by (le) (increase(integration_latency_ms_bucket{SERVICE}[RATE]))",
                        "How many calls took how long. Two bands mean two kinds of calls, or a timeout.", "ms"),
                series("Calls by status", by_status, "HTTP or gRPC status, else ok or error, of the chosen services.", "{{status}}",
                       "reqps", stack=True),
                series("Latency quantiles", {f"p{int(q * 100)}": f"histogram_quantile({q}, sum by (le) "
                                             "(rate(integration_latency_ms_bucket{SERVICE}[RATE])))" for q in (0.5, 0.9, 0.99)},
                       "Of all chosen services together. Points are exemplars: they lead to traces.", unit="ms"),
                bars("Breaker open", 'avg by (service) (avg_over_time(circuit_breaker_state{SERVICE, state="open"}[RANGE]))',
                     "Share of the shown time in which the breaker was open.", "{{service}}", "percentunit",
                     [(None, GREEN), (0.001, YELLOW), (0.05, RED)], width=12, max=1),
            ],
            "Service level": [
                table("Targets", [
                    ("Target", target("availability"), "percentunit", None),
                    ("Actual", f"{actual} and on (service) {target('availability')}", "percentunit", None),
                    ("Budget left", budget, "percentunit", [(None, RED), (0, YELLOW), (0.25, GREEN)]),
                    ("p99 target", P99_TARGET, "ms", None),
                    ("p99", f"{quantile(0.99, window='RANGE')} and on (service) {P99_TARGET}", "ms", None),
                    ("Errors allowed", target("error_rate"), "percentunit", None),
                    ("Errors", f"{share_of_errors('RANGE')} and on (service) {target('error_rate')}", "percentunit", None),
                ], "The configured `slas` against what happened in the shown time. Budget left: of the failures that the availability "
                   "allows; below 0 it is spent.", ["service"], height=6, sort="Target"),
                series("Speed at which the budget burns", f"({share_of_errors()}) / on (service) (1 - {target('availability')})",
                       "1 uses up the error budget exactly; at 14.4 a month's budget is gone in two days, which is when "
                       "`weir alerts` pages.", "{{service}}", "short", [(None, "transparent"), (14.4, RED)]),
                series("p99 per target", f"({quantile(0.99)}) / on (service) {P99_TARGET}", "Above 1 the latency target is missed.",
                       "{{service}}", "percentunit", [(None, "transparent"), (1, RED)]),
            ],
            "Endpoints": [
                table("Endpoints", [
                    ("Calls/s", per_endpoint % "", "reqps", None),
                    ("Failed/s", f"({per_endpoint % failing}) or 0 * {per_endpoint % ''}", "reqps", [(None, GREEN), (0.01, YELLOW), (1, RED)]),
                    ("p50", quantile(0.5, "service, endpoint"), "ms", None),
                    ("p99", quantile(0.99, "service, endpoint"), "ms", None),
                ], "Every endpoint of the chosen services, ids in paths made one. Failed by status.", ["service", "endpoint"], height=10),
                series("Slowest endpoints", f"topk(10, {quantile(0.99, 'service, endpoint')})", "p99 of the ten slowest.",
                       "{{service}} {{endpoint}}", "ms", width=24),
            ],
        })


def delivery():
    ended = "sum by (%s) (rate(weir_events_total{DEST, %s}[RATE]))"
    return dashboard(
        "delivery", "weir / Delivery", "Does what weir accepted arrive: ledger, spool, dead letters, rate limits, breakers.",
        ["destination"], {
            "At a glance": [
                stat("Accepted", 'sum(rate(weir_events_total{DEST, outcome="accepted"}[RATE]))', "Deliveries a second that were committed "
                     "and answered.", unit="cps", width=3),
                stat("Forwarded", 'sum(rate(weir_events_total{DEST, outcome="forwarded"}[RATE])) or vector(0)',
                     "Deliveries a second that their destination took.", unit="cps", width=3),
                stat("Waiting", 'sum(weir_spool_events{DEST, state!="dead"})', "Deliveries in the spool, dead letters aside.", width=3),
                stat("Oldest", "max(weir_spool_oldest_seconds{DEST})", "Age of what waits longest.", unit="s",
                     steps=[(None, GREEN), (900, YELLOW), (3600, RED)], width=3),
                stat("Spool filled", f"max({SPOOL_FILLED})", "Of the destination that uses most of its share.", unit="percentunit",
                     steps=UTILISATION, width=3),
                stat("Dead letters", 'sum(weir_spool_events{DEST, state="dead"})', "They wait for `weir spool redrive` or `drop`.",
                     steps=[(None, GREEN), (1, YELLOW), (100, RED)], width=3),
                stat("Blocked", "max(weir_destination_blocked{DEST})", "A destination refuses our credentials.", states=YES_IS_BAD,
                     steps=BAD_FROM_ONE, width=3),
                stat("Ledger difference", "max(abs(weir_ledger_difference{DEST}))", "Accepted and not accounted for: always 0.",
                     steps=BAD_FROM_ONE, width=3),
            ],
            "Ledger: accepted = forwarded + filtered + sampled + collapsed + expired + dropped + dead + spooled": [
                series("Deliveries by outcome", ended % ("outcome", 'outcome=~".+"'), "What was accepted a second, and what became of it.",
                       "{{outcome}}", "cps"),
                series("What did not arrive", ended % ("destination, outcome, reason", 'outcome!~"accepted|forwarded|collapsed"'),
                       "Deliveries left out, given up or put aside, and why.", "{{destination}} {{outcome}} {{reason}}", "cps", stack=True),
                table("In the shown time", [
                    ("Accepted", 'sum by (destination, type) (increase(weir_events_total{DEST, outcome="accepted"}[RANGE]))', "short", None),
                    *((outcome.capitalize(), f"""sum by (destination, type) (increase(weir_events_total{{DEST, outcome="{outcome}"}}[RANGE]))
                       or 0 * sum by (destination, type) (increase(weir_events_total{{DEST, outcome="accepted"}}[RANGE]))""", "short", None)
                      for outcome in ("forwarded", "filtered", "sampled", "collapsed", "expired", "dropped", "dead")),
                ], "Deliveries by destination, type and outcome. Redriven dead letters count as dead and, later, as forwarded.",
                    ["destination", "type"], width=16),
                series("Ledger difference over time", "weir_ledger_difference{DEST}", "Counted in the spool each 10 s. Anything but 0 is a bug of weir.",
                       "{{destination}} {{instance}}", width=8),
            ],
            "Spool": [
                series("Deliveries by state", 'sum by (destination, state) (weir_spool_events{DEST, state!="dead"})',
                       "staged: waits to be joined; ready: may go now; waiting: for a retry, a limit or a breaker; sending: on its way.",
                       "{{destination}} {{state}}", stack=True),
                series("Dead letters over time", 'sum by (destination) (weir_spool_events{DEST, state="dead"})', "Refused for good, or failed too often "
                       "while others went.", "{{destination}}"),
                series("Share of the spool in use", SPOOL_FILLED, "At 100 % requests are answered 503, or the oldest dropped "
                       "(`spool.when_full`).", "{{destination}}", "percentunit", [(None, "transparent"), (0.8, RED)], width=8),
                series("Bytes", "sum by (destination) (weir_spool_bytes{DEST})", "What the spool's rows and blobs hold.", "{{destination}}",
                       "bytes", width=8),
                series("Age of the oldest", "max by (destination) (weir_spool_oldest_seconds{DEST})", "Grows while a destination is away; "
                       "at `spool.ttl` deliveries expire.", "{{destination}}", "s", width=8),
            ],
            "Destinations": [
                timeline("Circuit breakers", BREAKER_OF_ENDPOINT, "weir's own breaker for each endpoint. While it is open deliveries wait and "
                         "spend no attempt.", "{{destination}} {{endpoint}}", BREAKER),
                timeline("Blocked over time", "max by (destination) (weir_destination_blocked{DEST})", "The destination refuses our credentials (401, 403, "
                         "404, 405, a redirect). It is probed each `breaker.open`.", "{{destination}}", YES_IS_BAD),
                series("Attempts by answer", "sum by (destination, code) (rate(weir_forward_seconds_count{DEST}[RATE]))",
                       "HTTP status, or how the connection failed.", "{{destination}} {{code}}", "reqps", stack=True, width=8),
                series("p99 of an attempt", of_seconds(0.99, "weir_forward_seconds", ["destination"], "DEST"),
                       "Time until the answer, the one in a hundred.", "{{destination}}", "s", width=8),
                series("Rate limits", {
                    "429 from destinations": 'sum(rate(weir_forward_seconds_count{DEST, code="429"}[RATE])) or vector(0)',
                    "429 to clients": 'sum(rate(weir_rejected_total{WEIR, reason=~".*limit.*"}[RATE])) or vector(0)',
                }, "How often destinations told weir to wait, and weir its clients (`rate_limit`, `rate_limits: pass_on`).", unit="cps", width=8),
            ],
        })


def scrubbing():
    matches = "sum by (%s) (rate(weir_scrub_matches_total{RULESET}[RATE]))"
    return dashboard(
        "scrubbing", "weir / Scrubbing", "What is removed where: by rule set, rule, method, and what a shadow rule set would remove.",
        ["ruleset"], {
            "At a glance": [
                stat("Removed", 'sum(rate(weir_scrub_matches_total{RULESET, mode="enforce"}[RATE])) or vector(0)',
                     "Places a second where a rule removed something.", unit="cps"),
                stat("Would be removed", 'sum(rate(weir_scrub_matches_total{RULESET, mode="shadow"}[RATE])) or vector(0)',
                     "Places a second where a rule set of `scrub.shadow` would have.", unit="cps"),
                stat("Read", "sum(rate(weir_scrub_bytes_total{WEIR}[RATE]))", "Bytes a second that the scrubber read.", unit="Bps"),
                stat("Removed per MiB", 'sum(rate(weir_scrub_matches_total{RULESET, mode="enforce"}[RATE])) / '
                     "(sum(rate(weir_scrub_bytes_total{WEIR}[RATE])) / 1048576)",
                     "Density of personal data. A jump is a release that logs more than before, or a rule that is too wide."),
                stat("Rules that matched", "count(sum by (ruleset, rule) (increase(weir_scrub_matches_total{RULESET}[RANGE])) > 0) or vector(0)",
                     "In the shown time."),
                stat("Not judgeable", 'sum(increase(weir_events_total{WEIR, outcome="dropped", reason="unscrubbable"}[RANGE])) or vector(0)',
                     "Deliveries dropped in the shown time because the scrubber could not read them: it fails closed.",
                     steps=[(None, GREEN), (1, YELLOW)]),
            ],
            "What is removed": [
                series("By rule set", matches % "ruleset, mode", "Places a second. A mode of shadow changes nothing.", "{{ruleset}} {{mode}}", "cps"),
                series("By rule", f"topk(10, {matches % 'ruleset, rule'})", "The ten rules that match most.", "{{ruleset}} {{rule}}", "cps",
                       stack=True),
                series("By method", matches % "method", "How it was removed: replaced, masked, hashed, removed.", "{{method}}", "cps", stack=True, width=8),
                series("By mode", matches % "mode", "enforce: removed; shadow: counted only.", "{{mode}}", "cps", width=8),
                series("Bytes read", "sum by (instance) (rate(weir_scrub_bytes_total{WEIR}[RATE]))", "By instance of weir.", "{{instance}}", "Bps", width=8),
            ],
            "In the shown time": [
                bars("Rules", "topk(15, sum by (ruleset, rule) (increase(weir_scrub_matches_total{RULESET}[RANGE])))", "The fifteen that matched "
                     "most.", "{{ruleset}} {{rule}}", width=8, height=10, decimals=0),
                table("All rules", [
                    ("Places", "sum by (ruleset, rule, method, mode) (increase(weir_scrub_matches_total{RULESET}[RANGE]))", "short", None),
                    ("Places/s", "sum by (ruleset, rule, method, mode) (rate(weir_scrub_matches_total{RULESET}[RATE]))", "cps", None),
                ], "Where something was removed, or would have been (shadow). Compare a shadow rule set with the one in force before you "
                   "switch it on.", ["ruleset", "rule", "method", "mode"], width=16, height=10),
            ],
        })


def weir_itself():
    return dashboard(
        "self", "weir / weir itself", "Utilisation, saturation and errors of weir's own resources: is it the fault of weir?", [], {
            "At a glance": [
                stat("Up", "min(up{WEIR})", "Whether Prometheus can scrape every chosen instance.", states=UP, steps=GOOD_FROM_ONE, width=3),
                stat("Running for", "time() - max(process_start_time_seconds{WEIR})", "Since the latest start.", unit="dtdurations", width=3),
                stat("Last reload", "min(weir_config_last_reload_successful{WEIR})", "refused: the old configuration stays in force; the log says why.",
                     states=[(0, "refused", RED), (1, "taken", GREEN)], steps=GOOD_FROM_ONE, width=3),
                stat("CPU", "max(rate(process_cpu_seconds_total{WEIR}[RATE]) / on (job, instance) weir_cpu_cores{WEIR})", "Share of the cores in use.",
                     unit="percentunit", steps=UTILISATION, width=3),
                stat("Memory", "max(process_resident_memory_bytes{WEIR})", "Resident.", unit="bytes", width=3),
                stat("Dependencies down", DEPENDENCIES_DOWN, "Health checks that failed the last time.", steps=BAD_FROM_ONE, width=3),
                stat("Errors logged", 'sum(increase(weir_log_lines_total{WEIR, level="error"}[RANGE]))', "In the shown time.",
                     steps=[(None, GREEN), (1, YELLOW)], width=3, decimals=0),
                stat("Series overflowed", "sum(increase(weir_metrics_overflow_total{WEIR}[RANGE])) or vector(0)",
                     "Samples that went to `other` because of `metrics.max_series`.", steps=[(None, GREEN), (1, YELLOW)], width=3, decimals=0),
            ],
            "Utilisation": [
                series("CPU over time", "rate(process_cpu_seconds_total{WEIR}[RATE]) / on (job, instance) weir_cpu_cores{WEIR}", "Share of the cores "
                       "that weir may use.", "{{instance}}", "percentunit", [(None, "transparent"), (0.8, RED)], width=8),
                series("Memory over time", {"resident {{instance}}": "process_resident_memory_bytes{WEIR}"}, "Resident memory.", unit="bytes", width=8),
                series("Files and connections", {
                    "open files": "max(process_open_fds{WEIR} / process_max_fds{WEIR})",
                    "connections": "max(weir_http_connections{WEIR} / weir_http_max_connections{WEIR})",
                    "spool queue": "max(weir_spool_queue_operations{WEIR} / weir_spool_queue_max_operations{WEIR})",
                    "spool": f"max({SPOOL_FILLED.replace('DEST', 'WEIR')})",
                }, "Share of each limit in use, of the instance that uses most.", unit="percentunit", steps=[(None, "transparent"), (0.8, RED)], width=8),
                series("Connections", "weir_http_connections{WEIR}", "Open HTTP connections. At `limits.connections` the longest-idle one is closed.",
                       "{{instance}}", width=8),
                series("Threads", "process_threads{WEIR}", "Threads of the process: constant.", "{{instance}}", width=8),
                series("Virtual memory", "process_virtual_memory_bytes{WEIR}", "Address space: grows with threads, not with backlog.", "{{instance}}",
                       "bytes", width=8),
            ],
            "Saturation": [
                series("Time to answer, p99", of_seconds(0.99, "weir_ingest_seconds", ["transport", "stage"]),
                       "From arrival to decoded, and to committed: what a sender waits.", "{{transport}} {{stage}}", "s", width=8),
                series("Time of a commit", {f"p{int(q * 100)}": of_seconds(q, "weir_spool_commit_seconds", []) for q in (0.5, 0.99)},
                       "One commit of the spool holds many deliveries. Slow: the disk.", unit="s", width=8),
                series("Commits", "sum by (instance) (rate(weir_spool_commit_seconds_count{WEIR}[RATE]))", "Commits a second.", "{{instance}}",
                       "cps", width=8),
                series("Queues", {
                    "operations for the spool": "sum(weir_spool_queue_operations{WEIR})",
                    "deliveries ready": 'sum(weir_spool_events{WEIR, state="ready"})',
                    "deliveries in flight": 'sum(weir_spool_events{WEIR, state="sending"})',
                }, "What waits inside weir.", width=8),
                series("Datagrams lost", {
                    "kernel": "sum(rate(weir_udp_kernel_drops_total{WEIR}[RATE]))",
                    "weir": 'sum(rate(weir_udp_datagrams_total{WEIR, outcome="dropped"}[RATE]))',
                    "on the way": "sum(rate(weir_udp_lost_total{WEIR}[RATE])) or vector(0)",
                }, "Dropped by the kernel (its buffer was full), by weir (spool full), and gaps in the senders' numbering.", unit="pps", width=8),
                series("Breadcrumbs held", "sum by (instance) (weir_breadcrumbs_held{WEIR})", "Waiting for an error of their trace.", "{{instance}}",
                       width=8),
            ],
            "Errors": [
                series("Refused", "sum by (transport, reason) (rate(weir_rejected_total{WEIR}[RATE]))", "Requests and datagrams that weir did not "
                       "take, and why.", "{{transport}} {{reason}}", "cps", stack=True, width=8),
                series("Datagrams by outcome", "sum by (outcome) (rate(weir_udp_datagrams_total{WEIR}[RATE]))", "accepted, malformed, refused "
                       "(`listen.udp_allow`), dropped.", "{{outcome}}", "pps", stack=True, width=8),
                series("Breadcrumbs by outcome", "sum by (outcome) (rate(weir_breadcrumbs_total{WEIR}[RATE]))", "joined to an error, expired, dropped.",
                       "{{outcome}}", "cps", width=8),
                series("Log lines", "sum by (level) (rate(weir_log_lines_total{WEIR}[RATE]))", "Lines logged by level.", "{{level}}", "cps", stack=True, width=8),
                series("Parts by outcome", "sum by (type, outcome) (rate(weir_items_total{WEIR}[RATE]))", "Spans, log records and other parts.",
                       "{{type}} {{outcome}}", "cps", width=8),
                series("Lost by sender", "topk(10, sum by (source) (rate(weir_udp_lost_total{WEIR}[RATE])))", "Gaps in the numbering of the ten "
                       "senders that lose most.", "{{source}}", "pps", width=8),
            ],
            "Dependencies and scraping": [
                timeline("Health checks", "min by (kind, name) (weir_dependency_up{WEIR})", "`health_checks` of the configuration.",
                         "{{kind}} {{name}}", UP, width=8),
                series("Time of a health check", "max by (kind, name) (weir_dependency_seconds{WEIR})", "How long the last check took.",
                       "{{kind}} {{name}}", "s", width=8),
                series("Scrape", {"duration {{instance}}": "scrape_duration_seconds{WEIR}"}, "What Prometheus waits for /metrics.", unit="s", width=8),
                series("Samples", "scrape_samples_scraped{WEIR}", "Samples of a scrape; `metrics.max_series` bounds them.", "{{instance}}", width=8),
                table("Instances", [
                    ("Running", "max by (instance, version, commit) (weir_build_info{WEIR})", "short", None),
                ], "Which version runs where.", ["instance", "version", "commit"], width=16),
            ],
        })


# ---- main --------------------------------------------------------------------------------------------------------------

DASHBOARDS = (overview, integrations, delivery, scrubbing, weir_itself)


def files():
    """{path below this folder: text}."""
    out = {}
    for make in DASHBOARDS:
        d = make()
        name = d["uid"].removeprefix("weir-") + ".json"
        out[name] = json.dumps(d, indent=1, ensure_ascii=False) + "\n"
        out["export/" + name] = json.dumps(exported(d), indent=1, ensure_ascii=False) + "\n"
    return out


def main():
    options = argparse.ArgumentParser(description="makes the Grafana dashboards")
    options.add_argument("--check", action="store_true", help="write nothing, say what is out of date")
    check = options.parse_args().check
    stale = [name for name, text in files().items() if not (HERE / name).exists() or (HERE / name).read_text() != text]
    for name in stale:
        print(f"dashboards/{name} is out of date: make dashboards" if check else f"wrote dashboards/{name}")
        if not check:
            (HERE / name).parent.mkdir(exist_ok=True)
            (HERE / name).write_text(files()[name])
    return bool(check and stale)


if __name__ == "__main__":
    sys.exit(main())
