#!/usr/bin/env python3
"""Runs every test and prints the count as the last line; exit status 1 when anything failed.

Steps: unit tests and corpus replay under ASan+UBSan (gcc), the threaded rooms under TSan, each fuzzer
for a few seconds (clang), rule sets against the engine of Sentry Relay, then end to end with the real
binary: under ASan+UBSan, and what measures memory or speed with the release build.
`tools/test.py NAME...` runs the named steps only.
"""
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
passed = failed = skipped = 0


def run(command, **env):
    print("+", " ".join(map(str, command)), flush=True)
    return subprocess.run([str(c) for c in command], cwd=ROOT, env={**os.environ, **env}).returncode


def build(preset, *targets):
    """Configures and builds; a failure counts as one failed test."""
    global failed
    ok = run(["cmake", "--preset", preset]) == 0 and run(
        ["cmake", "--build", f"build/{preset}", *(["--target", *targets] if targets else [])]) == 0
    if not ok:
        failed += 1
        print(f"test: the {preset} build failed", flush=True)
    return ok


def junit(path):
    """Adds the counts of a JUnit file; none written is one failure."""
    global passed, failed, skipped
    if not path.exists():
        failed += 1
        return
    root = ET.parse(path).getroot()
    for suite in [root] if root.tag == "testsuite" else root:
        n = {k: int(suite.get(k) or 0) for k in ("tests", "failures", "errors", "skipped", "disabled")}
        bad, out = n["failures"] + n["errors"], n["skipped"] + n["disabled"]
        failed += bad
        skipped += out
        passed += n["tests"] - bad - out


def ctest(preset, *args):
    out = BUILD / f"ctest-{preset}.xml"
    out.unlink(missing_ok=True)
    run(["ctest", "--test-dir", f"build/{preset}", "-j2", "--output-on-failure", "--no-tests=error", "--output-junit", out, *args])
    junit(out)


def pytest(name, *args, **env):
    global failed
    out = BUILD / f"pytest-{name}.xml"
    out.unlink(missing_ok=True)
    code = run([ROOT / ".venv/bin/python", "-m", "pytest", "-q", "--durations=8", f"--junitxml={out}", *args], **env)
    if code not in (0, 1):
        failed += 1
    junit(out)


def unit():
    if build("dev"):
        ctest("dev")


def threads():
    if build("tsan"):
        ctest("tsan", "-L", "core|spool|listen|forward|join|observe")


def fuzz():
    global passed, failed
    if not build("fuzz"):
        return
    for target in sorted((BUILD / "fuzz/tests").glob("fuzz_*")):
        if not os.access(target, os.X_OK) or target.is_dir():
            continue
        code = run(["tools/fuzz.sh", os.environ.get("FUZZ_SECONDS", "5"), target.name])
        passed, failed = passed + (code == 0), failed + (code != 0)


def house():
    pytest("house", "tests/house")


def differential():
    if build("dev", "weir"):
        pytest("differential", "tests/differential", WEIR=str(BUILD / "dev/weir"))


def e2e():
    if build("dev", "weir") and build("release", "weir"):
        pytest("e2e", "tests/e2e", "tests/pii", WEIR_ASAN=str(BUILD / "dev/weir"), WEIR_RELEASE=str(BUILD / "release/weir"))


STEPS = {"house": house, "unit": unit, "threads": threads, "fuzz": fuzz, "differential": differential, "e2e": e2e}


def main():
    names = sys.argv[1:] or list(STEPS)
    unknown = [n for n in names if n not in STEPS]
    if unknown:
        sys.exit(f"test.py: no step {unknown[0]}; there are {', '.join(STEPS)}")
    BUILD.mkdir(exist_ok=True)
    if run(["bash", "-c", "set -e; . tools/venv.sh"]) != 0:
        sys.exit("test.py: cannot install the Python test tools")
    for name in names:
        print(f"== {name}", flush=True)
        STEPS[name]()
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
