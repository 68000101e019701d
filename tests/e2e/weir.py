"""The real binary under test: processes of weir and of its sink, and small clients to speak to them."""
import contextlib
import gzip
import http.client
import http.server
import json
import os
import pathlib
import queue
import random
import re
import signal
import socket
import subprocess
import threading
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("WEIR_SHARED", ROOT.parent / "shared"))
RELEASE = os.environ.get("WEIR_RELEASE", str(ROOT / "build/release/weir"))
ASAN = os.environ.get("WEIR_ASAN", str(ROOT / "build/dev/weir"))
KEY = "b70a31b3510c4cf793964a185cfe1fd0"


def free_port():
    """A port that nobody listens on now; weir binds it a moment later."""
    with socket.socket() as s, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
        try:
            u.bind(("127.0.0.1", port))
        except OSError:
            return free_port()
        return port


def wait_for(condition, timeout=20, what="condition", every=0.05):
    """The first true value of condition(), which may raise meanwhile; fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = condition()
            if last:
                return last
        except (OSError, AssertionError, http.client.HTTPException, json.JSONDecodeError, LookupError) as e:
            last = e
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {timeout} s, last seen: {last!r}")
        time.sleep(every)


def request(port, method, path, body=None, headers=None, timeout=60):
    """(status, headers, body) of one request on its own connection."""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        c.request(method, path, body=body, headers=headers or {})
        r = c.getresponse()
        return r.status, r.headers, r.read()
    finally:
        c.close()


def envelope(*items, event_id=None, **header):
    """An envelope of (type, payload) or (type, payload, header) items; payloads are dicts or bytes."""
    if event_id:
        header["event_id"] = event_id
    out = json.dumps(header).encode() + b"\n"
    for it in items:
        kind, payload, extra = (*it, {})[:3]
        if not isinstance(payload, bytes):
            payload = json.dumps(payload).encode()
        out += json.dumps({"type": kind, "length": len(payload), **extra}).encode() + b"\n" + payload + b"\n"
    return out


def error_event(message="boom", **more):
    event_id = more.pop("event_id", None) or uuid.uuid4().hex
    return {"event_id": event_id, "message": message, "level": "error", "platform": "python", "timestamp": time.time(), **more}


class Process:
    """A child whose standard error goes to a file, and which is ended with the test."""

    def __init__(self, command, log, **kw):
        self.log_path = pathlib.Path(log)
        self.log_file = open(log, "ab")
        env = {k: v for k, v in os.environ.items() if not k.startswith("WEIR_")}
        env.update(kw.pop("env", {}))
        env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:exitcode=99")
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        self.p = subprocess.Popen(command, stderr=self.log_file, env=env, **kw)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def signal(self, n):
        self.p.send_signal(n)

    def wait(self, timeout=15):
        return self.p.wait(timeout)

    def kill(self):
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()

    def rss_kib(self):
        text = pathlib.Path(f"/proc/{self.p.pid}/smaps_rollup").read_text() if os.geteuid() == 0 else ""
        m = re.search(r"^Rss:\s+(\d+) kB", text, re.M)
        return int(m.group(1)) if m else 0


class Sink(Process):
    """`weir sink`: what arrives is read as JSON, one object an envelope."""

    def __init__(self, tmp, port=None, fail=None, binary=RELEASE, name="sink", extra=(), read=True):
        self.port = port or free_port()
        command = [binary, "sink", "--listen", f"127.0.0.1:{self.port}", *(["--json"] if read else []), *extra]
        if fail:
            command += ["--fail", fail]
        super().__init__(command, tmp / f"{name}.log", stdout=subprocess.PIPE)
        self.envelopes = []
        self.lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()
        wait_for(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() or True, what="sink listens")

    def _read(self):
        for line in self.p.stdout:
            with contextlib.suppress(json.JSONDecodeError):
                e = json.loads(line)
                with self.lock:
                    self.envelopes.append(e)

    def dsn(self, project="1", key=KEY):
        return f"http://{key}@127.0.0.1:{self.port}/{project}"

    def items(self, kind=None):
        """(header, payload) of all items so far; JSON payloads are decoded."""
        with self.lock:
            all_items = [i for e in self.envelopes for i in e["items"]]
        return [i for i in all_items if kind is None or i["header"].get("type") == kind]

    def events(self):
        return [i["payload"] for i in self.items("event")]

    def event_ids(self):
        return [e["event_id"] for e in self.events()]

    def text(self):
        with self.lock:
            return json.dumps(self.envelopes, ensure_ascii=False)


class Weir(Process):
    """`weir run` in a folder of its own. `config` is YAML or JSON text, or a dict that becomes JSON."""

    def __init__(self, tmp, config=None, dsn=None, binary=ASAN, env=None, name="weir", wait=True):
        self.dir = tmp / name
        self.dir.mkdir(exist_ok=True)
        self.binary = binary
        self.port, self.udp = free_port(), free_port()
        self.env = dict(env or {})
        self.config = None
        self.name = name
        self.configure(config if config is not None else {}, dsn)
        self.start(wait)

    def configure(self, config, dsn=None):
        if isinstance(config, dict):
            config = json.loads(json.dumps(config))
            listen = config.setdefault("listen", {})
            listen.setdefault("http", f"127.0.0.1:{self.port}")
            listen.setdefault("udp", f"127.0.0.1:{self.udp}")
            config.setdefault("spool", {}).setdefault("path", str(self.dir / "spool"))
            if dsn is not None:
                config["destinations"] = [{"name": "main", "dsn": dsn}]
            config = json.dumps(config, indent=1)
        (self.dir / "weir.yaml").write_text(config)

    def start(self, wait=True):
        super().__init__([self.binary, "run", "-c", str(self.dir / "weir.yaml")], self.dir / "log", env=dict(self.env), cwd=self.dir)
        if wait:
            try:
                wait_for(lambda: self.p.poll() is not None or self.get("/health/ready")[0] == 200, what="weir is ready")
                assert self.p.poll() is None
            except AssertionError:
                raise AssertionError("weir did not start:\n" + self.log()) from None

    def stop(self):
        """SIGTERM; it drains and exits 0 within 10 s."""
        self.signal(signal.SIGTERM)
        code = self.wait(15)
        assert code == 0, f"exit status {code}:\n" + self.log()[-4000:]

    def kill9(self):
        self.p.kill()
        self.p.wait()

    def reload(self, config=None, dsn=None):
        if config is not None:
            self.configure(config, dsn)
        self.signal(signal.SIGHUP)

    def get(self, path, **kw):
        return request(self.port, "GET", path, **kw)

    def post(self, path, body, headers=None, **kw):
        return request(self.port, "POST", path, body, headers, **kw)

    def send_envelope(self, body, project="42", key=KEY, headers=None):
        h = {"X-Sentry-Auth": f"Sentry sentry_key={key}, sentry_version=7, sentry_client=test/1", **(headers or {})}
        return self.post(f"/api/{project}/envelope/", body, h)

    def send_event(self, event=None, project="42", key=KEY, **header):
        event = event or error_event()
        status, _, answer = self.send_envelope(envelope(("event", event), event_id=event["event_id"], **header), project, key)
        assert status == 200, answer
        return event["event_id"]

    def send_udp(self, *objects):
        data = b"\n".join(o if isinstance(o, bytes) else json.dumps(o).encode() for o in objects)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(data, ("127.0.0.1", self.udp))

    def metrics(self):
        """{'name{labels}': value} of the 0.0.4 text."""
        status, _, body = self.get("/metrics")
        assert status == 200
        out = {}
        for line in body.decode().splitlines():
            if line and not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                out[series] = float(value)
        return out

    def metric(self, name, **labels):
        """The sum over all series of `name` that carry these labels."""
        total = 0
        for series, value in self.metrics().items():
            if series.split("{")[0] == name and all(f'{k}="{v}"' in series for k, v in labels.items()):
                total += value
        return total

    def status(self):
        status, _, body = self.get("/api/v1/status")
        assert status == 200, body
        return json.loads(body)["data"]

    def ledger(self, destination="main"):
        rows = [d for d in self.status()["destinations"] if d["name"] == destination]
        assert rows, f"no destination {destination} in status"
        ledger = rows[0]["ledger"]
        assert ledger["difference"] == 0, ledger
        return ledger

    def spool_bytes(self):
        """Everything that weir wrote to disk."""
        return b"".join(p.read_bytes() for p in sorted((self.dir / "spool").rglob("*")) if p.is_file())

    def cli(self, *args, **kw):
        env = {**{k: v for k, v in os.environ.items() if not k.startswith("WEIR_")}, **self.env}
        return subprocess.run([self.binary, *args], cwd=self.dir, env=env, capture_output=True, text=True, timeout=60, **kw)


class Destination(http.server.BaseHTTPRequestHandler):
    """The smallest destination: takes everything and keeps the bodies, inflated, in the list it was made with."""

    def do_POST(self):
        self.server.bodies.append(gzip.decompress(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def destination(wrap=lambda socket: socket):
    """A Destination on a free port for the length of a `with`; server.bodies is what came."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Destination)
    server.bodies = []
    server.socket = wrap(server.socket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def canaries():
    """The planted secrets of shared/clients/common.sh by name."""
    text = (SHARED / "clients/common.sh").read_text()
    return dict(re.findall(r'^export (C_\w+)="(.*)"$', text, re.M))
