"""A real Prometheus, and if wanted its Alertmanager, on loopback: Debian's packages."""
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from weir import ROOT, free_port, wait_for


def ask(port, path, **parameters):
    url = f"http://127.0.0.1:{port}{path}?" + urllib.parse.urlencode(parameters, doseq=True)
    try:
        with urllib.request.urlopen(url, timeout=10) as r:
            return json.load(r)
    except urllib.error.HTTPError as e:
        raise AssertionError(f"{parameters}: {e.read().decode()[:300]}") from None


class Daemon:
    """A process that answers /-/ready; its output goes to a file."""

    def __init__(self, tmp, name, command):
        self.log = open(tmp / f"{name}.log", "wb")
        self.p = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=tmp)

        def ready():
            assert self.p.poll() is None, pathlib.Path(self.log.name).read_text()
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=1) as r:
                return r.status == 200
        wait_for(ready, timeout=30, what=f"{name} is ready")

    def stop(self):
        self.p.terminate()
        try:
            self.p.wait(10)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()


class Alertmanager(Daemon):
    """Passes every alert on to `received`, by a webhook."""

    def __init__(self, tmp):
        self.port, self.received = free_port(), []
        received = self.received

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                received.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass
        self.hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=self.hook.serve_forever, daemon=True).start()
        route = {"receiver": "test", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
        hook = {"url": f"http://127.0.0.1:{self.hook.server_address[1]}/"}
        (tmp / "alertmanager.yml").write_text(json.dumps({"route": route, "receivers": [{"name": "test", "webhook_configs": [hook]}]}))
        super().__init__(tmp, "alertmanager", [
            "prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=alertmanager",
            f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="])

    def stop(self):
        super().stop()
        self.hook.shutdown()


class Prometheus(Daemon):
    """Scrapes `target` (a port) each second. `rules` is the text of a rules file."""

    def __init__(self, tmp, target, rules=None, alertmanager=None, job="weir"):
        self.port = free_port()
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1s"},
                  "scrape_configs": [{"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}]}
        if rules:
            (tmp / "rules.yml").write_text(rules)
            config["rule_files"] = ["rules.yml"]
        if alertmanager:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager.port}"]}]}]}
        (tmp / "prometheus.yml").write_text(json.dumps(config))
        super().__init__(tmp, "prometheus", [
            "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus", "--log.level=warn",
            f"--web.listen-address=127.0.0.1:{self.port}", "--enable-feature=exemplar-storage"])
        self.started = time.time()

    def query(self, expr, at=None):
        return ask(self.port, "/api/v1/query", query=expr, **({"time": at} if at else {}))["data"]["result"]

    def query_range(self, expr, start, end, step=1):
        return ask(self.port, "/api/v1/query_range", query=expr, start=start, end=end, step=step)["data"]["result"]

    def rules(self):
        return [r for g in ask(self.port, "/api/v1/rules")["data"]["groups"] for r in g["rules"]]

    def label_values(self, label, match):
        return ask(self.port, f"/api/v1/label/{label}/values", **{"match[]": match})["data"]

    def scraped(self, n):
        """Waits for n more scrapes, so that what happened before is in."""
        since = time.time()
        wait_for(lambda: int(self.query(f"count_over_time(up[{int(time.time() - since) + 1}s])")[0]["value"][1]) >= n and
                 time.time() - since > n, timeout=30, what=f"{n} scrapes")


def dashboards():
    """{name: dashboard} as they lie in the tree."""
    return {p.stem: json.loads(p.read_text()) for p in sorted((ROOT / "dashboards").glob("*.json"))}


def panels(dashboard):
    return [p for p in dashboard["panels"] if p["type"] != "row"]


def concrete(expr, seconds, interval="5s"):
    """An expression as Grafana would send it with everything chosen and the last `seconds` shown."""
    expr = expr.replace("$__rate_interval", interval).replace("$__range", f"{max(int(seconds), 5)}s")
    return re.sub(r"\$\{?(\w+)\}?", ".*", expr)


def hurried(rules):
    """The rules with a second for each minute: times of `for` and of windows."""
    seconds = {"s": 1 / 60, "m": 1, "h": 60, "d": 1440}

    def quick(m):
        return f"{m[1]}{max(1, round(int(m[2]) * seconds[m[3]]))}s{m[4]}"
    return re.sub(r"(for: |\[)(\d+)([smhd])(\]|$)", quick, rules, flags=re.M)


def installed():
    return shutil.which("prometheus") and shutil.which("prometheus-alertmanager")
