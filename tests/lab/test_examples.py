"""Every example is run as its reader would: up, a visit, a plan, down for the night, up again, and away."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.site import EXAMPLES, SEED, Site, new_id

pytestmark = pytest.mark.lab

DESIGNS = sorted(path for pattern in ("*.md", "*.yaml") for path in EXAMPLES.glob(pattern))
HOSTS = Path("/etc/hosts")


def test_there_are_examples() -> None:
    assert len(DESIGNS) >= 3


@pytest.mark.parametrize("path", DESIGNS, ids=lambda path: path.name)
def test_an_example_runs_beside_another_lab_keeps_its_data_and_leaves_nothing(
    path: Path, site: Site, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    hosts = HOSTS.read_text()
    with Site(path, "t-example", tmp_path) as example:
        record_property(f"seconds: up of {path.name} beside the session's lab", round(example.up_seconds, 1))
        entry = works(example)
        assert example.lab.addressing.number != site.lab.addressing.number

        example.up("--hosts")
        assert f" {example.design.site} " in HOSTS.read_text()
        marks = (example.lab.name, f"colonnade{example.lab.addressing.number} ", str(tmp_path))
        assert traces(*marks), "the test would see nothing, whatever was left"

        started = time.monotonic()
        example.down("--keep-data")
        record_property(f"seconds: down --keep-data of {path.name}", round(time.monotonic() - started, 1))
        assert [line for line in traces(*marks) if "/var/lib/colonnade/labs" not in line] == []
        started = time.monotonic()
        example.up()
        record_property(f"seconds: up with kept data of {path.name}", round(time.monotonic() - started, 1))
        found = example.get(f"/api/entries/{entry}")
        assert found.status == 200, found

        example.down()
        assert traces(*marks) == []
        assert not Path("/var/lib/colonnade/labs", example.lab.name).exists()
    assert HOSTS.read_text() == hosts
    beside = site.get("/")
    assert beside.status == 200, f"the lab beside it was hurt: {beside}"


def works(example: Site) -> str:
    """The site is well, serves, and `plan` finds nothing. Returns the id of what was written there."""
    status = example.status()
    assert status["healthy"], status
    assert [m["name"] for m in status["machines"]] == list(example.design.machines)
    databases = [s for s in status["services"] if s["kind"] == "mariadb"]
    roles = [[m["role"] for m in service["members"]] for service in databases]
    assert all(found == ["primary", *["replica"] * (len(found) - 1)] for found in roles)
    entry = new_id()
    assert example.post(entry, "from a reader").status == 201
    assert example.get(f"/api/entries/{entry}").json["text"] == "from a reader"
    assert example.changes() == []
    return entry


def traces(*marks: str) -> list[str]:
    """Every line of this computer's tables, and every process, in which one of `marks` stands."""
    commands = (
        "ip -o link",
        "ip route show table all",
        "ip netns list",
        "nft list ruleset",
        "cat /proc/self/mountinfo /etc/hosts",
        "find /sys/fs/cgroup -type d",
        "ls /run/lock /run/netns /run/systemd/nspawn/propagate",
        "find /var/lib/colonnade/labs -maxdepth 1",
    )
    lines = [line for command in commands for line in _output(command).splitlines()]
    return [line for line in [*lines, *_processes()] if any(mark in line for mark in marks)]


def _output(command: str) -> str:
    done = subprocess.run(command.split(), capture_output=True, text=True, timeout=30, check=False)
    return done.stdout


def _processes() -> list[str]:
    """Command line and working folder of each; of a shared SSH connection the folder tells whose it is."""
    mine = {os.getpid(), os.getppid()}
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) in mine:
            continue
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            found.append(f"process {process.name} in {(process / 'cwd').readlink()}: {words}")
        except OSError:  # it ended meanwhile
            continue
    return found


@pytest.mark.skipif(
    not SEED.exists(), reason="the document the project began with is not beside this checkout"
)
def test_the_example_is_of_the_shape_of_the_document_the_project_began_with() -> None:
    def shape(path: Path) -> list[tuple[str, int, bool]]:
        design = Site(path, "t-none", path.parent).design
        return [
            (s.kind, len(s.members), bool(s.links and s.links[0].pairs)) for s in design.services.values()
        ]

    assert shape(EXAMPLES / "www.foobar.com.md") == shape(SEED)
