"""The walls between rooms: a room includes its own headers, core's, and the walls it may know, nothing deeper."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

CORE = {"err", "str", "arena", "buf", "hash", "queue", "riders", "clock", "log", "text", "json", "inflate", "item", "limits", "version", "metrics", "config", "yaml", "scan", "sample", "seal"}

# Room -> walls it may include besides core, configuration and metrics.
ALLOWED = {
    "collector/core": set(),
    "collector/config": {"scrub"},
    "collector/listen": {"listen", "http_types", "admin", "decode", "stage", "delivery", "spool", "scrub", "join"},
    "collector/decode": {"decode"},
    "collector/pipeline": {"stage", "decode", "delivery", "scrub", "spool"},
    "scrubbers": {"scrub"},
    "collector/spool": {"spool", "delivery"},
    "collector/join": {"join", "spool", "delivery"},
    "collector/forward": {"forward", "spool", "delivery"},
    "collector/observe": {"admin", "alerts", "checks", "http_types", "spool", "forward", "join", "delivery", "scrub"},
    "collector/cli": None,  # wires everything together
}


def sources():
    for room in ALLOWED:
        for path in sorted((ROOT / room).glob("*.[ch]")):
            yield pytest.param(room, path, id=str(path.relative_to(ROOT)))


@pytest.mark.parametrize("room, path", sources())
def test_a_room_knows_its_walls_only(room, path):
    allowed = ALLOWED[room]
    for line in path.read_text().splitlines():
        m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not m:
            continue
        name = m.group(1)
        if name.startswith("weir/"):
            header = name[len("weir/"):-len(".h")]
            if allowed is not None:
                assert header in CORE | allowed, f"{path.relative_to(ROOT)} reaches into {name}"
        else:
            assert (path.parent / name).exists(), f"{path.relative_to(ROOT)} includes {name}, which is not in its room"


def test_every_room_has_sources():
    for room in ALLOWED:
        assert list((ROOT / room).glob("*.c")), f"{room} is empty"


def test_no_name_leaves_two_rooms():
    """Two functions of one name in a static library: the linker would take either, silently."""
    seen = {}
    for room in ALLOWED:
        for path in sorted((ROOT / room).glob("*.c")):
            for name in re.findall(r"^(?!static)[a-z][\w \*]*?\b(weir_\w+)\([^;]*?\)\s*\{", path.read_text(), re.M):
                assert seen.setdefault(name, path) == path, f"{name} is in {seen[name].name} and {path.name}"
