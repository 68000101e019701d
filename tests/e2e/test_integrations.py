"""Which integration is sick: the histograms and counters that spans, messages and real SDKs make are those that the test computes."""
import bisect
import collections
import json
import math
import random
import time
import uuid

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from weir import KEY, RELEASE, canaries, envelope, error_event, wait_for

BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000]
V2 = {"content_type": "application/vnd.sentry.items.span.v2+json"}


class Expected:
    """What is to be counted: {labels: [durations]} and {labels: count}."""

    def __init__(self):
        self.calls = collections.defaultdict(list)
        self.errors = collections.Counter()

    def call(self, service, endpoint, status, ms, error=None):
        self.calls[service, endpoint, status].append(ms)
        if error:
            self.errors[service, error] += 1

    def buckets(self, durations):
        counts = [0] * (len(BOUNDS) + 1)
        for ms in durations:
            counts[bisect.bisect_left(BOUNDS, ms)] += 1
        return [sum(counts[: i + 1]) for i in range(len(counts))]


def families(w, openmetrics=False):
    accept = "application/openmetrics-text;version=1.0.0" if openmetrics else "text/plain"
    status, _, body = w.get("/metrics", headers={"Accept": accept})
    assert status == 200
    parse = parse_openmetrics if openmetrics else parse_text
    return {f.name: f for f in parse(body.decode())}


def histograms(family, labels):
    """{label values: (cumulated buckets, sum, count)} without weir's own forwarding."""
    out = collections.defaultdict(lambda: [[], None, None])
    for s in family.samples:
        key = tuple(s.labels[name] for name in labels)
        if s.labels.get("endpoint") == "envelope":
            continue
        if s.name.endswith("_bucket"):
            out[key][0].append(int(s.value))
        elif s.name.endswith("_sum"):
            out[key][1] = s.value
        else:
            out[key][2] = int(s.value)
    return out


def counters(family):
    return {(s.labels["service"], s.labels["error_type"]): int(s.value) for s in family.samples if not s.name.endswith("_created")}


def assert_counted(w, expected, calls="integration_latency_ms", labels=("service", "endpoint", "status"), errors="integration_errors", own=("main",)):
    for openmetrics in (False, True):
        seen = families(w, openmetrics)
        found = histograms(seen[calls], labels)
        assert set(found) == set(expected.calls)
        for key, durations in expected.calls.items():
            buckets, total, count = found[key]
            assert buckets == expected.buckets(durations), key
            assert count == len(durations), key
            assert math.isclose(total, sum(durations), abs_tol=0.001 * len(durations)), key
        assert {k: v for k, v in counters(seen[errors]).items() if k[0] not in own} == dict(expected.errors)


# ---- generated input ---------------------------------------------------------

CALLS = [
    # facts of a span, then what is counted: service, endpoint, status, error
    ({"op": "http.client", "description": "GET https://api.example.com/items/17?x=1", "data": {"http.response.status_code": 200}},
     ("api.example.com", "/items/{id}", "200", None)),
    ({"op": "http.client", "status": "unavailable", "data": {"url.full": "https://Pay.example.com:8443/charge", "http.response.status_code": 503}},
     ("pay.example.com", "/charge", "503", "http_5xx")),
    ({"op": "http.client", "data": {"http.url": "http://x/y", "peer.service": "payment", "http.route": "/y/{z}", "http.status_code": "429"}},
     ("payment", "/y/{z}", "429", "rate_limited")),
    ({"op": "http.client", "status": "internal_error", "data": {"server.address": "gone.example.com", "url.path": "/a"}},
     ("gone.example.com", "/a", "error", "network")),
    ({"op": "db.sql.query", "description": "SELECT * FROM orders WHERE mail = 'bob@example.org'", "data": {"db.system": "postgresql", "db.name": "shop"}},
     ("postgresql/shop", "SELECT orders", "ok", None)),
    ({"op": "db", "status": "deadline_exceeded", "description": "UPDATE carts SET x = 1", "data": {"db.system": "mysql"}},
     ("mysql", "UPDATE carts", "error", "timeout")),
    ({"op": "cache.get", "description": "sess:17", "data": {"server.address": "cache-a"}}, ("cache-a", "cache.get", "ok", None)),
    ({"op": "queue.publish", "data": {"messaging.destination.name": "mails"}}, ("mails", "queue.publish", "ok", None)),
    ({"op": "grpc.client", "data": {"rpc.service": "shop.Cart", "rpc.method": "Add", "rpc.grpc.status_code": 5}},
     ("shop.Cart", "/shop.Cart/Add", "not_found", "http_4xx")),
    ({"op": "http.client", "data": {"server.address": "hooks.stripe.com", "url.path": "/v1"}}, ("stripe", "/v1", "ok", None)),
    ({"op": "function", "description": "work"}, None),
    ({"op": "http.server", "data": {"server.address": "me"}}, None),
]


def iso(t):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + f"{t % 1:.6f}"[1:] + "Z"


def spans(rng, expected, n):
    """n spans as they stand in a transaction. Durations are apart from the bounds by more than a clock's rounding."""
    for _ in range(n):
        facts, counted = rng.choice(CALLS)
        ms = rng.choice([rng.randrange(1, 4), rng.randrange(6, 9000) + 0.5, 40000])
        start = round(time.time()) - 60 + rng.randrange(1000) / 1000
        end = start + ms / 1000
        if counted:
            expected.call(*counted[:3], ms, counted[3])
        as_text = rng.random() < 0.3
        yield facts, iso(start) if as_text else start, iso(end) if as_text else end


def transaction(parts):
    """An envelope of a transaction with these spans; its own name and times are the caller's."""
    return {"type": "transaction", "event_id": uuid.uuid4().hex, "platform": "python", **parts}


def v2_item(facts, start, end):
    attributes = {"sentry.op": facts["op"], **facts.get("data", {})}
    if "description" in facts and facts["op"].startswith("db"):
        attributes["db.query.text"] = facts["description"]
    return {"trace_id": uuid.uuid4().hex, "span_id": uuid.uuid4().hex[:16], "name": facts.get("description", "x"), "is_segment": False,
            "status": facts.get("status", "ok"), "start_timestamp": start, "end_timestamp": end,
            "attributes": {k: {"value": v, "type": "integer" if isinstance(v, int) else "string"} for k, v in attributes.items()}}


def test_histograms_and_errors_are_those_of_the_spans_and_messages(weir, sink):
    rng, expected, own = random.Random(4), Expected(), Expected()
    w = weir({"projects": [{"id": "42", "keys": [KEY], "rulesets": ["default"], "sample": {"traces": 0.5}}],
              "integrations": {"names": {"*.stripe.com": "stripe"}}}, dsn=sink().dsn())
    for i in range(12):
        ms = rng.randrange(1, 900) + 0.5
        failed = i % 4 == 0
        begin = round(time.time()) - 100
        name, status = f"GET /orders/{i}", "500" if failed else "200"
        own.call("checkout" if i % 2 else "42", "GET /orders/{id}", status, ms, "http_5xx" if failed else None)
        t = transaction({
            "transaction": name, "start_timestamp": begin, "timestamp": begin + ms / 1000, "tags": {"service": "checkout"} if i % 2 else {},
            "contexts": {"trace": {"trace_id": uuid.uuid4().hex, "span_id": uuid.uuid4().hex[:16], "op": "http.server", "data": {"http.response.status_code": int(status)}}},
            "spans": [{**f, "start_timestamp": a, "timestamp": b, "span_id": uuid.uuid4().hex[:16]} for f, a, b in spans(rng, expected, 30)],
        })
        assert w.send_envelope(envelope(("transaction", t), event_id=t["event_id"]))[0] == 200
    for _ in range(4):
        items = [v2_item(*s) for s in spans(rng, expected, 25)]
        assert w.send_envelope(envelope(("span", {"version": 2, "items": items}, {**V2, "item_count": len(items)})))[0] == 200
    for facts, start, end in spans(rng, expected, 20):
        assert w.send_envelope(envelope(("span", {**facts, "trace_id": uuid.uuid4().hex, "span_id": uuid.uuid4().hex[:16],
                                                  "start_timestamp": start, "timestamp": end})))[0] == 200
    native = [{"type": "span", "trace_id": uuid.uuid4().hex, "span_id": uuid.uuid4().hex[:16], "parent_span_id": "a" * 16, "service": "shop",
               "start": a, "end": b, **f} for f, a, b in spans(rng, expected, 40)]
    status, _, answer = w.post(f"/api/v1/spans?sentry_key={KEY}", b"\n".join(json.dumps({**n, "project": "42"}).encode() for n in native))
    assert status == 202, answer
    messages = []
    for _ in range(50):
        ms, code = rng.randrange(1, 20000) + 0.25, rng.choice(["200", "503", "timeout"])
        error = {"503": "http_5xx", "timeout": "timeout"}.get(code)
        expected.call("payment", "/charge/{id}", code, ms, error)
        messages.append({"type": "integration", "project": "42", "service": "payment", "endpoint": f"/charge/{rng.randrange(10**6)}", "status": code, "latency_ms": ms})
    for i in range(0, 50, 10):
        w.send_udp(*messages[i : i + 10])
    wait_for(lambda: w.metric("weir_udp_datagrams_total") >= 5, what="the datagrams arrive")
    assert_counted(w, expected)
    assert_counted(w, own, "service_latency_ms", ("service", "transaction", "status"), "service_errors", own=())


def test_exemplars_name_the_trace_of_a_span(weir, sink):
    w = weir({}, dsn=sink().dsn())
    trace = uuid.uuid4().hex
    t = transaction({"transaction": "t", "start_timestamp": 1, "timestamp": 1.007, "contexts": {"trace": {"trace_id": trace, "span_id": "b" * 16}},
                     "spans": [{"op": "http.client", "data": {"server.address": "api"}, "start_timestamp": 1, "timestamp": 1.03}]})
    assert w.send_envelope(envelope(("transaction", t), event_id=t["event_id"]))[0] == 200
    seen = families(w, openmetrics=True)
    for name, service, bound in (("integration_latency_ms", "api", "50.0"), ("service_latency_ms", "42", "10.0")):
        found = [s for s in seen[name].samples if s.labels.get("service") == service and s.labels.get("le") == bound]
        assert [s.exemplar.labels for s in found] == [{"trace_id": trace}]


def test_breadcrumbs_count_where_the_project_says_so_and_once(weir, sink):
    w = weir({"projects": [{"id": "42", "keys": [KEY], "breadcrumb_integrations": True}, {"id": "43", "keys": [KEY]}]}, dsn=sink().dsn())
    crumbs = [{"timestamp": 1700000000 + i, "type": "http", "category": "httplib",
               "data": {"url": "https://api.example.com/v1/7?mail=bob@example.org", "status_code": 500 + i, "method": "GET"}} for i in range(3)]
    for project in ("42", "42", "43"):
        w.send_event(error_event(breadcrumbs={"values": crumbs}), project=project)
    assert w.metric("integration_errors_total", service="api.example.com") == 3
    assert w.metric("integration_errors_total", service="api.example.com", error_type="http_5xx") == 3


def test_the_worst_breaker_state_wins(weir, sink):
    w = weir({}, dsn=sink().dsn())

    def state():
        return {s: w.metric("circuit_breaker_state", service="payment", state=s) for s in ("closed", "half_open", "open")}

    def report(name, how):
        w.send_udp({"type": "breaker", "service": "payment", "state": how, "reporter": name})

    report("a", "closed")
    wait_for(lambda: state() == {"closed": 1, "half_open": 0, "open": 0}, what="closed")
    report("b", "open")
    wait_for(lambda: state() == {"closed": 0, "half_open": 0, "open": 1}, what="one of them is open")
    report("a", "closed")
    report("b", "half_open")
    wait_for(lambda: state() == {"closed": 0, "half_open": 1, "open": 0}, what="one of them tries again")


def test_names_of_the_configuration_hold_for_messages_and_breakers_too(weir, sink):
    w = weir({"integrations": {"names": {"10.0.3.*": "ledger"}}}, dsn=sink().dsn())
    w.send_udp({"type": "integration", "service": "10.0.3.7", "endpoint": "/x", "status": "200", "latency_ms": 1},
               {"type": "integration", "service": "10.0.4.7", "endpoint": "/x", "status": "200", "latency_ms": 1},
               {"type": "breaker", "service": "10.0.3.8", "state": "open", "reporter": "a"})
    wait_for(lambda: w.metric("circuit_breaker_state", service="ledger", state="open") == 1, what="the breaker has the name")
    assert w.metric("integration_latency_ms_count", service="ledger") == 1
    assert "10.0." not in w.get("/metrics")[2].decode()


def test_threads_show_what_they_use(weir, sink):
    w = weir({}, dsn=sink().dsn())
    threads = {s.labels["thread"] for s in families(w)["weir_thread_cpu_seconds"].samples}
    assert threads >= {"weir", "weir-worker", "weir-spool", "weir-join", "weir-forward"}


# ---- bounds --------------------------------------------------------------------

def letters(rng):
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=10))


def test_a_flood_of_services_and_endpoints_stays_within_bounds(weir, sink):
    rng = random.Random(1)
    w = weir({"metrics": {"max_series": 300}}, dsn=sink().dsn(), binary=RELEASE)
    sizes = []
    for _ in range(4):
        for _ in range(25):
            items = [v2_item({"op": "http.client", "data": {"server.address": letters(rng), "url.path": "/" + letters(rng), "http.response.status_code": 500}}, 1, 1.01)
                     for _ in range(400)]
            assert w.send_envelope(envelope(("span", {"version": 2, "items": items}, {**V2, "item_count": 400})))[0] == 200
        sizes.append((len(w.get("/metrics")[2]), w.rss_kib()))
    assert sizes[-1][0] < sizes[0][0] + 4096, sizes
    assert sizes[-1][1] < sizes[0][1] + 8192, sizes
    assert w.metric("integration_latency_ms_count", service="other") > 39000
    assert w.metric("weir_metrics_overflow_total", metric="integration_latency_ms") > 39000


def test_weirs_own_series_are_there_after_a_flood(weir, sink):
    """The flood comes before the first scrape and the first thing to forward."""
    w = weir({"metrics": {"max_series": 50}}, dsn=sink().dsn())
    rng = random.Random(2)
    items = [{"type": "breaker", "service": letters(rng), "state": "closed", "reporter": "a"} for _ in range(400)]
    items += [{"type": "integration", "service": letters(rng), "status": "500", "latency_ms": 1} for _ in range(200)]
    for path, kind in (("breakers", "breaker"), ("integrations", "integration")):
        body = b"\n".join(json.dumps(i).encode() for i in items if i["type"] == kind)
        assert w.post(f"/api/v1/{path}", body)[0] == 202
    w.send_event()
    wait_for(lambda: w.ledger()["forwarded"] == 1, what="it is forwarded")
    assert w.metric("integration_latency_ms_count", service="main", endpoint="envelope", status="200") == 1
    assert w.metric("circuit_breaker_state", service="main", state="closed") == 1
    assert w.metric("weir_breaker_state", destination="main", state="closed") == 1
    assert w.metric("weir_breaker_state", endpoint="other") == 0
    assert w.metric("weir_metrics_overflow_total", metric="weir_breaker_state") == 0


def test_a_service_named_with_control_characters_does_not_break_the_scrape(weir, sink):
    w = weir({}, dsn=sink().dsn())
    assert w.post("/api/v1/integrations", json.dumps({"type": "integration", "service": "a\0b\rc", "endpoint": "/x\0", "status": "200", "latency_ms": 1}))[0] == 202
    assert ("a?b?c", "/{id}", "200") in histograms(families(w)["integration_latency_ms"], ("service", "endpoint", "status"))
    assert families(w, openmetrics=True)


def test_a_scrape_of_many_series_is_quick(weir, sink):
    w = weir({}, dsn=sink().dsn(), binary=RELEASE)
    for i in range(10):
        items = [v2_item({"op": "http.client", "data": {"server.address": f"host-{chr(97 + i)}", "url.path": f"/{chr(97 + k // 26)}{chr(97 + k % 26)}"}}, 1, 1.01)
                 for k in range(490)]
        assert w.send_envelope(envelope(("span", {"version": 2, "items": items}, {**V2, "item_count": 490})))[0] == 200
    took = []
    for _ in range(10):
        begin = time.monotonic()
        body = w.get("/metrics")[2]
        took.append(time.monotonic() - begin)
    assert body.count(b"integration_latency_ms_count{") >= 4900
    print(f"scrape of {len(body)} bytes: {min(took) * 1000:.1f} ms")
    assert min(took) < 0.2


# ---- real SDKs --------------------------------------------------------------------

# (service, endpoint, status) that the spans of each driver describe, and its failures by kind.
DRIVERS = {
    "python-new": ({("127.0.0.1", "/ok", "200"), ("127.0.0.1", "/fail", "500"), ("postgresql", "SELECT users", "error"), ("cache", "cache.get", "ok")},
                   {("127.0.0.1", "http_5xx"), ("postgresql", "other")}),
    "node-new": ({("127.0.0.1", "/ok", "200"), ("127.0.0.1", "/fail", "500"), ("127.0.0.1", "/refused", "error"), ("mysql", "UPDATE users", "error")},
                 {("127.0.0.1", "http_5xx"), ("127.0.0.1", "network"), ("mysql", "other")}),
    "go": ({("127.0.0.1", "/ok", "200"), ("127.0.0.1", "/fail", "503"), ("db", "SELECT u", "error")},
           {("127.0.0.1", "http_5xx"), ("db", "timeout")}),
    "java": ({("api.internal", "/u", "500"), ("postgresql", "UPDATE u", "ok")}, {("api.internal", "http_5xx")}),
}


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_an_sdks_spans_become_integrations(name, weir, sink, driver):
    calls, errors = DRIVERS[name]
    w = weir({"projects": [{"id": "42", "keys": [KEY]}]}, dsn=sink().dsn())
    driver(name, w, KEY)
    seen = families(w)
    assert set(histograms(seen["integration_latency_ms"], ("service", "endpoint", "status"))) >= calls
    assert set(counters(seen["integration_errors"])) >= errors
    jobs = {k for k in histograms(seen["service_latency_ms"], ("service", "transaction", "status")) if k[1] == "nightly-billing"}
    assert jobs, "the driver's transaction is counted"
    text = w.get("/metrics")[2].decode()
    for canary, value in canaries().items():
        assert value not in text, canary
