"""The binary under test, on many events of one configuration at a time."""
import json
import os
import pathlib
import subprocess

HASH_KEY = "differential"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    for path in (os.environ.get("WEIR"), ROOT / "build/dev/weir", ROOT / "build/release/weir"):
        if path and pathlib.Path(path).exists():
            return str(path)
    raise FileNotFoundError("no weir: build it, or name it in WEIR")


def run(rules, *args, stdin=""):
    """`rules` is a path. The result of `weir scrub -r`."""
    env = {**os.environ, "WEIR_HASH_KEY": HASH_KEY}
    return subprocess.run([binary(), "scrub", "-r", str(rules), *args], input=stdin, capture_output=True, text=True, env=env, timeout=60)


def strip(config, events, directory):
    """The events scrubbed by that rule set."""
    rules = pathlib.Path(directory) / "rules.json"
    rules.write_text(config if isinstance(config, str) else json.dumps(config))
    out = run(rules, stdin="".join(json.dumps(e) + "\n" for e in events))
    assert out.returncode == 0, out.stderr
    return [json.loads(line) for line in out.stdout.splitlines()]


def complaint(config, directory):
    """None, or what is said against the rule set."""
    rules = pathlib.Path(directory) / "rules.json"
    rules.write_text(config if isinstance(config, str) else json.dumps(config, ensure_ascii=False))
    out = run(rules, stdin="{}\n")
    assert out.returncode in (0, 78), out.stderr
    return out.stderr if out.returncode else None
