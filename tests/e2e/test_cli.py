"""The command line (contract 1): check, config, scrub, version, exit statuses, help."""
import json
import socket
import os
import re
import shutil
import signal
import subprocess

import pytest

from weir import RELEASE, Process, canaries, free_port, request, wait_for


def run(*args, stdin=None, cwd=None, timeout=30, **env):
    return subprocess.run([RELEASE, *args], input=stdin, capture_output=True, text=True, timeout=timeout, cwd=cwd, env={"PATH": "/usr/bin:/bin", **env})


COMMANDS = ["run", "check", "config", "scrub", "reveal", "rules", "send", "sink", "spool", "alerts", "version"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_there_with_examples(command):
    r = run(command, "--help")
    assert r.returncode == 0 and r.stdout.startswith("Usage: weir " + command)
    assert command == "version" or "Example" in r.stdout


def examples():
    """Of all commands' help, but those that serve until they are ended, take long or need a backend of one's own."""
    for command in COMMANDS:
        text = run(command, "--help").stdout.partition("Examples:\n")[2].replace("\\\n", " ")
        for line in filter(None, map(str.strip, text.splitlines())):
            if not re.match(r"(\S+=\S+ )?weir (run|sink)|pkill|.*--canary|.*sentry\.example\.com", line):
                yield line


def test_the_examples_of_the_help_work(weir, tmp_path):
    w = weir({"destinations": [{"name": "main", "dsn": "http://k@127.0.0.1:1/1"}]})
    for name in ("rules", "samples"):
        (w.dir / name).mkdir()
    event = '{"message":"mail ann@example.org"}'
    for name in ("event.json", "events.ndjson", "samples/event.json"):
        (w.dir / name).write_text(event)
    (w.dir / "rules/shop.yaml").write_text("extends: [default]\ntests: [{input: a, output: a}]\n")
    (w.dir / "bin").mkdir()
    (w.dir / "bin/weir").symlink_to(RELEASE)
    (w.dir / "bin/pkill").write_text("#!/bin/sh\n[ \"$*\" = '-HUP -f weir run' ]\n")
    (w.dir / "bin/pkill").chmod(0o755)
    (w.dir / "found.json").write_text('{"note": "encrypted: no"}')
    tried = 0
    for line in examples():
        if "promtool" in line and not shutil.which("promtool"):
            continue
        words = line.replace("/etc/weir/", "").replace("/etc/prometheus/", "").replace("127.0.0.1:8137", f"127.0.0.1:{w.udp}")
        env = {"PATH": f"{w.dir}/bin:/usr/bin:/bin", "WEIR_DSN": f"http://k@127.0.0.1:{w.port}/1"}
        r = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", words], cwd=w.dir, env=env, capture_output=True, text=True, timeout=60)
        assert r.returncode == 0, line + "\n" + r.stderr
        tried += 1
    assert tried >= 18


def test_usage_errors_are_2():
    assert run().returncode == 2
    assert run("bogus").returncode == 2
    for command in COMMANDS:
        assert run(command, "--no-such-option").returncode == 2, command


@pytest.mark.parametrize("words, says", [
    ("chekc", "no command 'chekc', did you mean check?"),
    ("--bogus", "no option '--bogus'; `weir --help`"),
    ("check --canry", "weir check: unknown option --canry, did you mean --canary?"),
    ("config --canary", "weir config: unknown option --canary"),
    ("check -c", "weir check: a value is missing after -c; `weir check --help`"),
    ("run -z", "weir run: unknown option -z"),
    ("alerts --jbo x", "did you mean --job?"),
    ("alerts --job=", "--job is the job_name in prometheus.yml"),
    ("spool --all=x redrive", "weir spool: --all takes no value"),
    ("scrub --explian", "did you mean --explain?"),
    ("scrub --format html", "--report DIR is missing, for --format"),
    ("scrub --values", "--report DIR is missing, for --values"),
    ("scrub a b", "more than one file: b"),
    ("rules", "`weir rules test FILE`"),
    ("rules test", "`weir rules test FILE`"),
    ("reveal", "WEIR_PRIVATE_KEY"),
    ("reveal --kye x", "did you mean --key?"),
    ("sink --fail often", "'often' is no value for --fail, which is like 503:0.3"),
    ("sink --latency 5", "which is like 200ms"),
    ("sink --listen here", "which is like 127.0.0.1:9137"),
    ("sink --listen 127.0.0.1:99999", "'127.0.0.1:99999' is no HOST:PORT, with a port of at most 65535"),
    ("sink --fail 503,429", "1 at most in all"),
    ("sink --retry-after soon", "'soon' is no value for --retry-after"),
    ("reveal --new-key weir.key event.json", "--new-key stands alone, without event.json"),
])
def test_a_usage_error_is_one_line_that_names_the_way_out(words, says):
    r = run(*words.split(), stdin="")
    assert r.returncode == 2 and r.stdout == ""
    assert says in r.stderr and r.stderr.count("\n") == 1


@pytest.mark.parametrize("words", ["version", "spool --help", "check", "config", "alerts", "scrub event.json", "reveal --key weir.key event.json",
                                   "rules test rules.yaml"])
@pytest.mark.parametrize("how", [">/dev/full", ">&-"])
def test_output_that_cannot_be_written_is_a_failure(tmp_path, words, how):
    (tmp_path / "event.json").write_text('{"message":"hello"}')
    (tmp_path / "rules.yaml").write_text("extends: [default]\ntests: [{input: a, output: a}]\n")
    run("reveal", "--new-key", "weir.key", cwd=tmp_path)
    r = subprocess.run(f"exec '{RELEASE}' {words} {how}", shell=True, capture_output=True, text=True, timeout=30, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"})
    assert r.returncode == 1, r.stderr
    assert f"weir {words.split()[0]}: cannot write to standard output" in r.stderr


def test_a_weir_without_standard_files_serves(tmp_path):
    """Else the first socket or file would be where its log goes."""
    port = free_port()
    (tmp_path / "weir.yaml").write_text(f'listen: {{http: "127.0.0.1:{port}", udp: "127.0.0.1:{port}"}}\n')
    w = subprocess.Popen(f"exec '{RELEASE}' run <&- >&- 2>&-", shell=True, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"})
    try:
        wait_for(lambda: run("send", "--dsn", f"http://k@127.0.0.1:{port}/1", "hello").returncode == 0, what="weir to answer")
        for fd in range(3):
            assert os.readlink(f"/proc/{w.pid}/fd/{fd}") == "/dev/null"
    finally:
        w.send_signal(signal.SIGTERM)
    assert w.wait(20) == 0


def test_two_sinks_do_not_share_a_port(tmp_path):
    """The kernel would give each some of the requests."""
    port = str(free_port())
    first = subprocess.Popen([RELEASE, "sink", "--listen", "127.0.0.1:" + port], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert "DSN" in first.stderr.readline()
        second = run("sink", "--listen", "127.0.0.1:" + port)
        assert second.returncode == 1 and "is it in use?" in second.stderr
    finally:
        first.kill()
        first.wait()


def test_a_sink_says_what_it_has_no_place_for():
    port = free_port()
    s = subprocess.Popen([RELEASE, "sink", "--listen", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert "DSN" in s.stderr.readline()
        assert request(port, "POST", "/v1/traces%1b[31m", b"{}")[0] == 404
        assert s.stderr.readline() == "weir sink: POST /v1/traces?[31m: 404, only /api/{project}/envelope/ and /store/\n"
        assert request(port, "GET", "/api/1/envelope/")[0] == 405
        assert s.stderr.readline() == "weir sink: GET /api/1/envelope/: 405, POST only\n"
    finally:
        s.kill()
        s.wait()


@pytest.mark.parametrize("words, says", [
    ("x timestamp=yesterday", "timestamp must be seconds since 1970"),
    ("x level=loud", "level must be"),
    ("--type span x start=abc", "start must be seconds since 1970 or an RFC 3339 time"),
    ("--type breadcrumb x trace_id=nope", "trace_id must be an id of 32 (or 16) hex digits"),
    ("--type integration payment latency_ms=abc", "latency_ms must be a number"),
])
def test_a_field_that_cannot_be_is_told_before_it_is_sent(words, says):
    for to in (["--udp", f"127.0.0.1:{free_port()}"], ["--dsn", f"http://k@127.0.0.1:{free_port()}/1"]):
        r = run("send", *to, *words.split())
        assert r.returncode == 2 and r.stdout == "" and r.stderr.startswith("weir send: " + says)


def test_what_is_no_field_of_an_event_is_extra(sink):
    s = sink()
    assert run("send", "--dsn", s.dsn(), "hello", "user=ann", "tags=x", "level=info", "trace_id=4bf92f3577b34da6a3ce929d0e0e4736").returncode == 0
    event = wait_for(lambda: s.events(), what="the event")[0]
    assert event["extra"] == {"user": "ann", "tags": "x"} and event["level"] == "info"


def test_a_datagram_that_nobody_takes_is_told():
    r = run("send", "--udp", f"127.0.0.1:{free_port()}", "x")
    assert r.returncode == 1 and r.stdout == "" and "nothing listens at 127.0.0.1:" in r.stderr


def test_reveal_tells_of_boxes_that_were_cut(tmp_path):
    run("reveal", "--new-key", "weir.key", cwd=tmp_path)
    r = run("reveal", "--key", "weir.key", stdin="mail [encrypted:4mPx8", cwd=tmp_path)
    assert r.returncode == 1 and r.stdout == "mail [encrypted:4mPx8" and "1 of the boxes" in r.stderr


def test_the_demo_ends_where_another_weir_listens(weir, tmp_path):
    """Else it shows samples that the other one took."""
    other = weir({})
    demo = os.path.join(os.path.dirname(__file__), "../../tools/demo.sh")
    env = {"PATH": "/usr/bin:/bin", "WEIR_DSN": "http://k@127.0.0.1:1/1", "WEIR_LISTEN_HTTP": f"127.0.0.1:{other.port}", "WEIR_LISTEN_UDP": "127.0.0.1:0"}
    r = subprocess.run([demo, RELEASE], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=30)
    assert r.returncode == 1 and "address in use" in r.stderr and "weir serves" not in r.stdout


def test_a_directory_is_told_as_one(tmp_path):
    for words in (["scrub", "."], ["rules", "test", "."]):
        r = run(*words, cwd=tmp_path)
        assert r.returncode == 1 and "it is a directory" in r.stderr


def test_an_unknown_rule_set_is_told_with_those_there_are(tmp_path):
    r = run("scrub", "-r", "defualt", stdin="{}", cwd=tmp_path)
    assert r.returncode == 78 and "did you mean default?" in r.stderr and "hipaa" in r.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_by_name(command):
    r = run("help", command)
    assert r.returncode == 0 and r.stdout == run(command, "--help").stdout


def test_later_commands_are_absent():
    text = run("--help").stdout
    for command in ("tap", "top"):
        assert f"\n  {command} " not in text
        assert run(command).returncode == 2


def test_alerts_prints_rules_that_prometheus_takes(tmp_path):
    (tmp_path / "weir.yaml").write_text("slas: [{service: payment, availability: 99.9%, p99: 2s}]\n")
    r = run("alerts", "--runbooks", "https://wiki.example.com/", cwd=tmp_path)
    assert r.returncode == 0
    assert 'runbook_url: "https://wiki.example.com/WeirDown.md"' in r.stdout
    (tmp_path / "rules.yml").write_text(r.stdout)
    promtool = shutil.which("promtool")
    if promtool:
        subprocess.run([promtool, "check", "rules", tmp_path / "rules.yml"], check=True)
    assert "- alert:" not in run("alerts", "--recording", cwd=tmp_path).stdout
    assert "- record:" not in run("alerts", "--alerting", cwd=tmp_path).stdout
    (tmp_path / "weir.yaml").write_text("slas: [{service: payment, availability: 100%}]\n")
    r = run("alerts", cwd=tmp_path)
    assert r.returncode == 78 and r.stdout == "" and "weir.yaml:1:41: availability must be under 100%" in r.stderr


def test_version_names_the_libraries():
    out = run("version").stdout
    for name in ("weir 0.", "libmicrohttpd", "libcurl", "sqlite", "jansson", "libyaml", "pcre2", "zlib", "zstd", "brotli", "liblzma", "bzip2"):
        assert name in out


BAD = """listen:
  htp: 127.0.0.1:1
environment: [a]
destinations:
  - name: main
    dsn: nonsense
    timeout: 5 parsecs
spool: {max_bytes: -1}
"""


def test_check_reports_every_mistake_with_its_place(tmp_path):
    (tmp_path / "weir.yaml").write_text(BAD)
    r = run("check", "-c", "weir.yaml", cwd=tmp_path)
    assert r.returncode == 78
    lines = [x for x in (r.stdout + r.stderr).splitlines() if x.startswith("weir.yaml:")]
    places = {tuple(map(int, x.split(":")[1:3]))[0] for x in lines}
    assert {2, 3, 6, 7, 8} <= places
    assert any("http" in x and x.startswith("weir.yaml:2:3") for x in lines), "a did-you-mean"
    assert run("run", "-c", "weir.yaml", cwd=tmp_path).returncode == 78


def test_check_and_config_of_a_good_file(tmp_path):
    (tmp_path / "weir.yaml").write_text("environment: ${STAGE:-qa}\ndestinations: [{name: main, dsn: 'https://5ecretkey@sentry.example/4'}]\nauth: {admin_token: t0ken}\n")
    assert run("check", "-c", "weir.yaml", cwd=tmp_path).returncode == 0
    r = run("config", "-c", "weir.yaml", cwd=tmp_path, STAGE="blue")
    assert r.returncode == 0 and "blue" in r.stdout and "***" in r.stdout
    assert "5ecretkey" not in r.stdout and "t0ken" not in r.stdout
    (tmp_path / "effective.yaml").write_text(run("config", "-c", "weir.yaml", cwd=tmp_path).stdout)
    assert run("config", cwd=tmp_path, WEIR_ENVIRONMENT="override", WEIR_DSN="https://k@h/1").returncode == 0
    assert "override" in run("config", "-c", "weir.yaml", cwd=tmp_path, WEIR_ENVIRONMENT="override").stdout


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_every_line_of_the_log_has_its_form(tmp_path, processes, form):
    config = tmp_path / "weir.yaml"
    config.write_text("listen: {http: '127.0.0.1:0', udp: ''}\nauth: {admin_token: short}\n")
    p = Process([RELEASE, "run", "-c", str(config), "--log-format", form], tmp_path / "log", cwd=tmp_path)
    processes.append(p)
    wait_for(lambda: "weir runs" in p.log(), what="it runs")
    config.write_text("enviroment: x\nspool: {ttl: soon}\n")
    p.signal(signal.SIGHUP)
    wait_for(lambda: "refused" in p.log(), what="the reload is refused")
    p.signal(signal.SIGTERM)
    assert p.wait() == 0
    lines = p.log().splitlines()
    if form == "json":
        lines = [f'time={x["time"]} level={x["level"]} {x.get("why", x["msg"])}' for x in map(json.loads, lines)]
    assert all(x.startswith("time=") for x in lines), lines
    assert any("warn" in x and "shorter" in x for x in lines)
    assert any("error" in x and "weir.yaml:1:1: " in x and "did you mean 'environment'" in x for x in lines)
    assert any("error" in x and "weir.yaml:2:14: " in x for x in lines)


def test_the_canary_check_says_on_a_terminal_where_it_is(tmp_path):
    """And nowhere else: what CI keeps has no escapes."""
    (tmp_path / "weir.yaml").write_text("projects: [{id: '7', keys: [k], rulesets: [pci]}]\n")
    main, other = os.openpty()
    with open(main, "rb", buffering=0) as seen:
        r = subprocess.run([RELEASE, "check", "--canary"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=other, timeout=120, env={"PATH": "/usr/bin:/bin"})
        os.close(other)
        shown = seen.read(1 << 16)
    assert b"canary: project 7: IBAN ..." in shown
    assert b"\r" not in r.stdout and r.stdout.count(b"\n") > 3


def test_an_empty_file_runs(tmp_path):
    (tmp_path / "weir.yaml").write_text("")
    assert run("check", "-c", "weir.yaml", cwd=tmp_path).returncode == 0


def test_scrub_keeps_order_and_explains(tmp_path):
    events = [{"event_id": "a" * 32, "message": "mail bob@example.org"}, {"event_id": "b" * 32, "message": "nothing"}]
    r = run("scrub", "--explain", stdin="\n".join(map(json.dumps, events)) + "\n", cwd=tmp_path)
    out = [json.loads(x) for x in r.stdout.splitlines()]
    assert r.returncode == 0 and [e["event_id"][0] for e in out] == ["a", "b"]
    assert "bob" not in r.stdout and out[1] == events[1]
    assert "message" in r.stderr and "email" in r.stderr and "bob@example.org" not in r.stderr
    meta = out[0]["_meta"]["message"][""]
    assert meta["len"] == len("mail bob@example.org") and meta["rem"][0][1] == "s"


def test_scrub_of_a_list_is_a_list(tmp_path):
    r = run("scrub", stdin='[{"message":"bob@example.org"},{"a":1}]', cwd=tmp_path)
    assert r.returncode == 0 and json.loads(r.stdout) == [{"message": "[email]"}, {"a": 1}]


def test_scrub_takes_an_envelope(tmp_path):
    text = '{"event_id":"%s"}\n{"type":"event"}\n{"message":"bob@example.org"}\n{"type":"attachment","length":19,"filename":"a.txt"}\nmail bob@example.org\n' % ("a" * 32)
    text = text.replace('"length":19', '"length":20')
    r = run("scrub", stdin=text, cwd=tmp_path)
    assert r.returncode == 0, r.stderr
    assert "bob@example.org" not in r.stdout and '"attachment"' in r.stdout and r.stdout.count("\n") >= 5


def test_scrub_of_lines_leaves_out_the_broken_ones_and_says_which(tmp_path):
    lines = ['{"message":"a@example.org"}', '{"message":"cut off', "not json", '{"message":"b"}', "", '{"message":"c@example.org"}']
    for text in ("\n".join(lines), "\n".join(lines[1:2] + lines[3:]) + "\n"):
        r = run("scrub", stdin=text, cwd=tmp_path)
        assert r.returncode == 1
        out = [json.loads(line)["message"] for line in r.stdout.splitlines() if line]
        assert out == (["[email]"] if "a@" in text else []) + ["b", "[email]"]
        assert [line.split(": ")[1] for line in r.stderr.splitlines()] == (["line 2", "line 3"] if "a@" in text else ["line 1"])
        assert "cut off" not in r.stderr


def test_lines_of_one_broken_document_do_not_come_out_by_themselves(tmp_path):
    r = run("scrub", stdin='{\n"password": [\n"hunter2",\n{"a": "hunter3"}\n]\n', cwd=tmp_path)
    assert r.returncode == 1 and "hunter" not in r.stdout + r.stderr and r.stderr


def test_scrub_refuses_what_is_no_json(tmp_path):
    r = run("scrub", stdin='{"broken', cwd=tmp_path)
    assert r.returncode == 1 and r.stderr and "broken" not in r.stderr


def test_default_rules_remove_every_canary_from_an_event(tmp_path):
    c = canaries()
    event = {"event_id": "a" * 32, "message": "user %(C_EMAIL)s from %(C_IP)s and %(C_IP6)s paid with %(C_CARD)s or %(C_CARD_RAW)s, ssn %(C_SSN)s, iban %(C_IBAN)s" % c,
             "request": {"url": "https://x:%(C_DBPASS)s@h/p?token=%(C_TOKEN)s" % c, "headers": [["Authorization", "Bearer " + c["C_JWT"]]], "cookies": "sid=" + c["C_COOKIE"]},
             "extra": {"password": c["C_PASSWORD"]}}
    r = run("scrub", stdin=json.dumps(event), cwd=tmp_path)
    assert r.returncode == 0, r.stderr
    for name in ("C_EMAIL", "C_IP", "C_IP6", "C_CARD", "C_CARD_RAW", "C_SSN", "C_IBAN", "C_DBPASS", "C_TOKEN", "C_JWT", "C_COOKIE", "C_PASSWORD"):
        assert c[name] not in r.stdout, name


def test_a_spool_in_memory_ends_with_its_weir(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        config = {"listen": {"http": "127.0.0.1:%d" % probe.getsockname()[1]}, "spool": {"type": "memory"}, "destinations": [{"name": "main", "dsn": "http://k@127.0.0.1:1/1"}]}
        (tmp_path / "weir.yaml").write_text(json.dumps(config))
        r = run("spool", "status", cwd=tmp_path)  # bound, but nobody listens
    assert r.returncode == 1 and "a spool in memory ends with its weir" in r.stderr
    assert "holds the spool" not in r.stderr
