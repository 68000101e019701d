"""Fixtures: weir, its sink, a real Bugsink, the drivers of real SDKs."""
import json
import os
import subprocess

import pytest

from weir import ASAN, SHARED, Sink, Weir


@pytest.fixture
def processes():
    """Whatever is put in here is killed at the end, and a sanitizer's complaint fails the test."""
    started = []
    yield started
    complaints = []
    for p in reversed(started):
        if p.p.poll() is None:
            p.kill()
        log = p.log()
        if "Sanitizer" in log or "runtime error:" in log:
            complaints.append(log[-6000:])
    assert not complaints, complaints[0]


@pytest.fixture
def sink(tmp_path, processes):
    """make(fail=..., port=..., name=...) starts a sink."""
    def make(**kw):
        kw.setdefault("name", f"sink{len(processes)}")
        processes.append(Sink(tmp_path, **kw))
        return processes[-1]
    return make


@pytest.fixture
def weir(tmp_path, processes):
    """make(config, dsn=...) starts weir (under ASan unless binary=RELEASE)."""
    def make(config=None, **kw):
        kw.setdefault("binary", ASAN)
        processes.append(Weir(tmp_path, config, **kw))
        return processes[-1]
    return make


class Bugsink:
    """A real Sentry-compatible backend."""

    key = "5a1d0c0de5a1d0c0de5a1d0c0de5a1d0"

    def __init__(self):
        self.env = {**os.environ, "BUGSINK_ASYNC": "0"}

    def run(self, *args):
        r = subprocess.run(["bash", SHARED / "infra/bugsink.sh", *args], env=self.env, capture_output=True, text=True, timeout=180)
        return r.stdout

    def dsn(self, project=1):
        return f"http://{self.key}@127.0.0.1:9300/{project}"

    def counts(self):
        return json.loads(self.run("counts").strip().splitlines()[-1])

    def events(self):
        return [json.loads(line) for line in self.run("events").splitlines() if line.startswith("{")]

    def issues(self):
        return json.loads(self.run("issues"))

    def database(self):
        """All that it stored, as bytes."""
        d = os.environ.get("BUGSINK_DIR", "/tmp/weir-bugsink")
        out = b""
        for name in ("db.sqlite3", "db.sqlite3-wal"):
            path = os.path.join(d, name)
            if os.path.exists(path):
                out += open(path, "rb").read()
        return out


@pytest.fixture(scope="session")
def bugsink_server():
    if not SHARED.is_dir():
        pytest.skip("the folder shared/ with the real servers is not beside this checkout")
    server = Bugsink()
    subprocess.run(["bash", SHARED / "infra/bugsink.sh", "start"], env=server.env, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=400)
    yield server
    server.run("stop")


@pytest.fixture
def bugsink(bugsink_server):
    subprocess.run(["bash", SHARED / "infra/bugsink.sh", "reset"], env=bugsink_server.env, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=400)
    return bugsink_server


@pytest.fixture
def driver():
    """run(name, weir, **env): drives a real SDK against weir."""
    if not SHARED.is_dir():
        pytest.skip("the folder shared/ with the SDK drivers is not beside this checkout")

    def run(name, weir, key, project="42", **env):
        e = {**os.environ, "HOST": "127.0.0.1", "PORT": str(weir.port), "UDP_PORT": str(weir.udp), "KEY": key, "PROJECT": project, **env}
        e.pop("DSN", None)
        r = subprocess.run(["bash", SHARED / f"clients/drivers/{name}/run.sh"], env=e, capture_output=True, text=True, timeout=400)
        assert r.returncode == 0, r.stdout[-2000:] + r.stderr[-4000:]
        return r.stdout
    return run
