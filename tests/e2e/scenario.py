"""A bad half minute, scripted: what the tests of dashboards and alerts look at, and what their pictures show.

    0        8          14        19          24          27                  38
    | steady | payment  | payment | payment's | half open | recovered ...     |
    |        | is slow  | fails   | breaker is open       |                   |
                                    20 main is away    28 returns and is drained

All along: a shop's errors with personal data, breadcrumbs with and without an error, transactions, a few deliveries
that `archive` refuses for good, rate limits, garbage over UDP and HTTP, gaps in a sender's numbering, a rule set in
shadow, and a health check that fails while `main` is away. `pace` stretches the times (pictures), not the rates.
"""
import http.server
import itertools
import random
import threading
import time
import uuid

from weir import KEY, RELEASE, Sink, Weir, envelope, error_event, free_port

LENGTH = 38
SLOW, FAILS, TRIPPED, HALF, WELL = 8, 14, 19, 24, 27
AWAY, BACK = 20, 28
TICK = 0.1

NAMES_RULES = """name: names
version: "1"
rules:
  names:
    type: password
    keys: [customer, nickname]
    redaction: {method: mask}
  references:
    type: pattern
    pattern: "ref-[0-9]{6}"
    redaction: {method: hash}
applications:
  "**": [names, references]
"""


class Health(http.server.BaseHTTPRequestHandler):
    """A service that is well or not."""
    well = True

    def do_GET(self):
        self.send_response(200 if Health.well else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


class Scenario:
    def __init__(self, tmp, binary=RELEASE, pace=1.0, seed=4):
        self.tmp, self.pace = tmp, pace
        self.random = random.Random(seed)
        self.sequence, self.trace = itertools.count(), None
        self.main_port = free_port()
        self.health = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
        threading.Thread(target=self.health.serve_forever, daemon=True).start()
        self.main = Sink(tmp, port=self.main_port, name="main", extra=["--latency", "8ms"])
        self.archive = Sink(tmp, name="archive", fail="429:0.04,503:0.02",
                            extra=["--refuse", "poisoned:400", "--retry-after", "1", "--latency", "20ms", "--seed", "1"])
        self.weir = Weir(tmp, self.config(), binary=binary)
        self.started = time.time()

    def config(self):
        folder = self.tmp / "weir"
        folder.mkdir(exist_ok=True)
        (folder / "names.yaml").write_text(NAMES_RULES)
        quick = {"retry": {"initial": "100ms", "max": "500ms"}, "breaker": {"failures": 3, "open": "1s", "successes": 2}}
        project = {"keys": [KEY], "filters": {"messages": ["health check*"]}}
        checked = f"http://127.0.0.1:{self.health.server_address[1]}/"
        return {
            "projects": [{"id": "1", **project}, {"id": "42", **project}],
            "destinations": [{"name": "main", "dsn": f"http://{KEY}@127.0.0.1:{self.main_port}/1", **quick},
                             {"name": "archive", "dsn": self.archive.dsn(), **quick, "breaker": {"failures": 20}}],
            "scrub": {"rulesets": {"names": "names.yaml"}, "shadow": ["names"]},
            "spool": {"max_bytes": "1MiB", "path": str(folder / "spool")},
            "breadcrumbs": {"ttl": "5s"},
            "slas": [{"service": "payment", "availability": "99.9%", "p99": "2s", "error_rate": "0.1%"},
                     {"service": "identity", "availability": "99%", "p99": "500ms", "error_rate": "1%"}],
            "health_checks": {"internal_services": [{"service": "user", "endpoint": checked, "interval": "1s", "timeout": "500ms"}],
                              "message_queues": [{"queue": "spool", "check": "queue_depth < 1000", "interval": "1s"}]},
        }

    # ---- what services send ----

    def call(self, service, endpoint, latency_ms, status="200", **more):
        return {"type": "integration", "service": service, "endpoint": endpoint, "status": status,
                "latency_ms": round(latency_ms, 2), "trace_id": uuid.uuid4().hex, **more}

    def around(self, ms):
        return self.random.lognormvariate(0, 0.35) * ms

    def payment(self, t):
        path = f"/charge/{self.random.randrange(10**6)}"
        if TRIPPED <= t < HALF:
            return []
        if FAILS <= t < TRIPPED and self.random.random() < 0.6:
            if self.random.random() < 0.5:
                return [self.call("payment", path, 15000, "timeout")]
            return [self.call("payment", path, self.around(900), "503")]
        return [self.call("payment", path, self.around(2600 if SLOW <= t < WELL else 180))]

    def others(self, i):
        """Well, but for a failure now and then that nobody should be woken for."""
        for n in range(2):
            yield self.call("mail", "/v3/send", self.around(60), "429" if n == i % 120 else "202")
            yield self.call("inventory", f"/items/{self.random.randrange(9999)}", self.around(9), "404" if n == i % 150 - 40 else "200")
        yield self.call("identity", "/oauth/token", self.around(22))
        yield self.call("orders-db", "SELECT * FROM orders WHERE id = 4711", self.around(3), "ok")

    def breakers(self, t):
        state = "open" if TRIPPED <= t < HALF else "half_open" if HALF <= t < WELL else "closed"
        for service in ("payment", "mail", "identity", "inventory"):
            for reporter in ("shop-1", "shop-2"):
                yield {"type": "breaker", "service": service, "reporter": reporter, "state": state if service == "payment" else "closed"}

    def numbered(self, objects):
        """One number in twenty is never sent: that datagram was lost on the way."""
        for o in objects:
            n = next(self.sequence)
            if n % 20 == 7:
                n = next(self.sequence)
            yield {**o, "source": "shop-1", "seq": n}

    def errors(self, i):
        w, trace = self.weir, uuid.uuid4().hex
        person = {"email": "ann.smith@example.org", "ip_address": "203.0.113.7", "nickname": "annie"}
        crumb = {"type": "breadcrumb", "trace_id": trace, "service": "cart", "category": "http", "level": "info",
                 "message": "GET /items 200", "timestamp": time.time()}
        if i % 4 == 0:
            w.send_event(error_event("charge of card 4111 1111 1111 1111 failed, ref-123456", user=person,
                                     extra={"password": "hunter2", "customer": "Ann Smith"}))
        if i % 5 == 0:  # every second of them finds its error, four ticks later
            self.trace = trace
            w.send_udp(crumb)
        if i % 10 == 4:
            w.send_udp({"type": "error", "service": "cart", "message": "no answer from 203.0.113.7", "trace_id": self.trace})
        if i % 10 == 3:
            w.send_event(error_event("poisoned", fingerprint=[str(i)]))
        if i % 10 == 5:
            w.send_event(error_event("health check failed"))
        if i % 5 == 2:
            self.transaction(trace)

    def transaction(self, trace):
        now = time.time()
        span = {"trace_id": trace, "span_id": "1" * 16, "op": "http.server"}
        event = {"type": "transaction", "event_id": uuid.uuid4().hex, "transaction": "GET /cart", "platform": "python",
                 "start_timestamp": now - 0.2, "timestamp": now, "contexts": {"trace": span},
                 "spans": [{"trace_id": trace, "span_id": "2" * 16, "parent_span_id": "1" * 16, "op": "db", "description": "SELECT 1",
                            "start_timestamp": now - 0.1, "timestamp": now}]}
        self.weir.send_envelope(envelope(("transaction", event), event_id=event["event_id"]))

    def garbage(self):
        self.weir.send_udp(b'{"type": "integration", ')
        self.weir.post("/api/42/envelope/", b"garbage", {"X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7"})
        self.weir.send_envelope(b"{}\n", key="0" * 32)

    # ---- the course of events ----

    def tick(self, i, t):
        objects = [*self.payment(t), *self.others(i)]
        if i % 5 == 0:
            objects += self.breakers(t)
        for o in self.numbered(objects):
            self.weir.send_udp(o)
        self.errors(i)
        if i % 10 == 0:
            self.garbage()

    def outage(self, t):
        away = AWAY <= t < BACK
        Health.well = not away
        if away and self.main.p.poll() is None:
            self.main.kill()
        elif t >= BACK and self.main.p.poll() is not None:
            self.main = Sink(self.tmp, port=self.main_port, name="main-again", extra=["--latency", "8ms"])

    def run(self):
        """Plays it; returns when it is over."""
        for i in itertools.count():
            t = (time.time() - self.started) / self.pace
            if t >= LENGTH:
                return
            self.outage(t)
            self.tick(i, t)
            time.sleep(max(0, self.started + (i + 1) * TICK - time.time()))

    def at(self, t):
        """The wall time of a time of the script."""
        return self.started + t * self.pace

    def stop(self):
        self.weir.kill()
        self.main.kill()
        self.archive.kill()
        self.health.shutdown()
        Health.well = True
