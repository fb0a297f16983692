"""Labs that are killed half-way, stand side by side, or are taken away: nothing is left, nothing collides."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from colonnade.errors import LabError
from colonnade.lab import image
from colonnade.lab.lab import STATE, Lab, MachineSpec

pytestmark = pytest.mark.lab

NAME = "t-leftovers"
SPECS = (MachineSpec("lb1", ("inside", "uplink-a")), MachineSpec("web1", ("inside",)))
KILLED = f"""
import sys
from pathlib import Path
from colonnade.lab.lab import Lab, MachineSpec
specs = (MachineSpec("lb1", ("inside", "uplink-a")), MachineSpec("web1", ("inside",)))
print("begins", flush=True)
Lab({NAME!r}).ensure(specs, Path(sys.argv[1]), lambda subject, what: None)
"""


def silent(subject: str, what: str) -> None:
    pass


@pytest.fixture(scope="module")
def base_image() -> Path:
    return image.ensure(STATE / "images", image.recipe([]), silent)


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab(NAME)
    lab.destroy()
    try:
        yield lab
    finally:
        lab.destroy()


def traces(*marks: str) -> list[str]:
    """Every line of the host's tables and process list in which one of `marks` stands."""
    commands = (
        "ip -o link",
        "ip route show table all",
        "ip netns list",
        "cat /proc/self/mountinfo",
        "find /sys/fs/cgroup -type d",
        "ls /run/lock /run/netns /run/systemd/nspawn/propagate /var/lib/colonnade/labs",
        "ps -eo args",
    )
    lines = [line for c in commands for line in _output(c).splitlines()]
    return [line for line in lines if any(mark in line for mark in marks) and "pytest" not in line]


def _output(command: str) -> str:
    return subprocess.run(command.split(), capture_output=True, text=True, check=False).stdout


def marks(lab: Lab) -> tuple[str, str]:
    return f"{lab.name}", f"colonnade{lab.addressing.number} "


def hostname_over_ssh(lab: Lab, machine: str) -> str:
    address = lab.addresses(machine)["inside"]
    flags = [f"-oUserKnownHostsFile={lab.known_hosts}", "-oStrictHostKeyChecking=yes", "-oBatchMode=yes"]
    argv = ["ssh", "-F", "none", "-i", str(lab.ssh_identity), *flags, f"root@{address}", "hostname"]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=20).stdout.strip()


def kill_ensure_after(seconds: float, base_image: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [sys.executable, "-c", KILLED, str(base_image)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begins\n"
        time.sleep(seconds)
        process.kill()


def test_destroyed_it_leaves_nothing(lab: Lab, base_image: Path) -> None:
    lab.ensure(SPECS, base_image, silent)
    lab.cut("web1")
    lab.freeze("lb1")
    mine = marks(lab)
    assert traces(*mine), "the test would see nothing, whatever was left"
    started = time.monotonic()
    lab.destroy()
    print(f"destroyed in {time.monotonic() - started:.2f} s")
    assert traces(*mine) == []
    assert NAME not in Lab.all()


def test_with_a_damaged_record_it_can_still_be_destroyed(lab: Lab, base_image: Path) -> None:
    lab.ensure(SPECS, base_image, silent)
    mine = marks(lab)
    (STATE / "labs" / NAME / "lab.json").write_text("{")
    with pytest.raises(LabError, match="damaged"):
        lab.ensure(SPECS, base_image, silent)
    lab.destroy()
    assert traces(*mine) == []


# From before the first folder to after the last boot, on a quiet computer and on a busy one.
@pytest.mark.parametrize("seconds", [0.01, 0.03, 0.06, 0.1, 0.15, 0.25, 0.5, 1.0])
def test_killed_at_any_moment_the_next_goes_on(lab: Lab, base_image: Path, seconds: float) -> None:
    kill_ensure_after(seconds, base_image)
    lab.ensure(SPECS, base_image, silent)
    assert [hostname_over_ssh(lab, spec.name) for spec in SPECS] == ["lb1", "web1"]


def test_a_namespace_half_made_is_no_obstacle(lab: Lab, base_image: Path) -> None:
    lab.allocate(SPECS)
    place = Path(f"/run/netns/colonnade-{NAME}")
    place.touch()
    lab.destroy()
    assert traces(NAME) == []
    place.touch()
    lab.ensure(SPECS, base_image, silent)
    assert hostname_over_ssh(lab, "web1") == "web1"


@pytest.mark.parametrize("seconds", [0.02, 0.12, 0.4])
def test_killed_at_any_moment_it_can_be_destroyed(lab: Lab, base_image: Path, seconds: float) -> None:
    kill_ensure_after(seconds, base_image)
    lab.destroy()
    assert traces(NAME) == []


@pytest.mark.parametrize(
    "damage",
    [
        "ip link delete colonnade{number}",
        "ip -n colonnade-{lab} link delete inside",
        "ip -n colonnade-{lab} link set dev m11-inside nomaster",
        "ip route flush dev colonnade{number}",
        "ip netns exec colonnade-{lab} nft flush ruleset",
    ],
)
def test_what_others_broke_is_mended(lab: Lab, base_image: Path, damage: str) -> None:
    lab.ensure(SPECS, base_image, silent)
    number = lab.addressing.number
    subprocess.run(damage.format(number=number, lab=NAME).split(), check=True)
    lab.ensure(SPECS, base_image, silent)
    assert [hostname_over_ssh(lab, spec.name) for spec in SPECS] == ["lb1", "web1"]


def test_a_machine_that_died_is_booted_again(lab: Lab, base_image: Path) -> None:
    lab.ensure(SPECS, base_image, silent)
    leader = lab.status()["web1"].pid
    assert leader is not None
    os.kill(leader, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while lab.status()["web1"].state != "stopped" and time.monotonic() < deadline:
        time.sleep(0.05)
    lab.ensure(SPECS, base_image, silent)
    assert hostname_over_ssh(lab, "web1") == "web1"


def test_data_addresses_and_keys_survive_being_taken_down(lab: Lab, base_image: Path) -> None:
    lab.ensure(SPECS, base_image, silent)
    lab.put("web1", "/srv/kept", b"kept")
    before = (lab.addresses("web1"), lab.known_hosts.read_text())
    mine = f"/{NAME}", f"{NAME}-web1", f"colonnade{lab.addressing.number} "
    lab.destroy(keep_data=True)
    assert traces(*mine) == []
    assert lab.status()["web1"].state == "stopped"
    lab.ensure(SPECS, base_image, silent)
    assert lab.run("web1", ["cat", "/srv/kept"]).stdout == "kept"
    assert (lab.addresses("web1"), lab.known_hosts.read_text()) == before


def test_addresses_are_known_before_the_boot_and_stay(lab: Lab, base_image: Path) -> None:
    given = lab.allocate(SPECS)
    assert lab.allocate(SPECS[1:]) == given
    lab.ensure(SPECS[1:], base_image, silent)
    assert str(given["web1"]["inside"]) in lab.run("web1", ["hostname", "-I"]).stdout


def test_a_machine_never_booted_can_not_be_started(lab: Lab) -> None:
    lab.allocate(SPECS)
    with pytest.raises(LabError, match="web1 has no image"):
        lab.start("web1")


def test_a_machine_taken_away_leaves_the_others(lab: Lab, base_image: Path) -> None:
    lab.ensure(SPECS, base_image, silent)
    lab.cut("web1")
    lab.remove(["web1"])
    assert set(lab.status()) == {"lb1"}
    assert "web1" not in lab.known_hosts.read_text()
    assert hostname_over_ssh(lab, "lb1") == "lb1"
    lab.ensure(SPECS, base_image, silent)
    assert lab.status()["web1"].faults == ()
    assert hostname_over_ssh(lab, "web1") == "web1"


def test_a_machine_moves_to_another_network(lab: Lab, base_image: Path) -> None:
    lab.ensure(SPECS, base_image, silent)
    moved = MachineSpec("web1", ("inside", "uplink-b"))
    lab.put("web1", "/srv/kept", b"kept")
    lab.allocate((SPECS[0], moved))
    lab.ensure((SPECS[0], moved), base_image, silent)
    assert lab.run("web1", ["cat", "/srv/kept"]).stdout == "kept"
    assert str(lab.addresses("web1")["uplink-b"]) in lab.run("web1", ["hostname", "-I"]).stdout


def test_a_second_lab_beside_the_first(lab: Lab, base_image: Path) -> None:
    other = Lab("t-beside")
    other.destroy()
    try:
        lab.ensure(SPECS, base_image, silent)
        other.ensure(SPECS, base_image, silent)
        assert other.addressing.number != lab.addressing.number
        for one, two in ((lab, other), (other, lab)):
            assert hostname_over_ssh(one, "web1") == "web1"
            theirs = str(two.addresses("web1")["inside"])
            assert one.run("lb1", ["ping", "-c1", "-W0.5", theirs]).returncode == 1
        mine = marks(other)
        other.destroy()
        assert traces(*mine) == []
        assert hostname_over_ssh(lab, "web1") == "web1"
    finally:
        other.destroy()


def test_two_commands_at_once_do_not_collide(lab: Lab, base_image: Path) -> None:
    lab.allocate(SPECS)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    holder = f"""
import time
from pathlib import Path
from colonnade.lab import lock
from colonnade.lab.store import Store
with lock.hold(Store(Path("/"), {NAME!r}).lock_file, "x", seconds=1):
    print("held", flush=True)
    time.sleep(60)
"""
    argv = [sys.executable, "-c", holder]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(LabError, match=f"the lab {NAME} is being changed by process {process.pid}"):
            lab.ensure(SPECS, base_image, silent)
        process.kill()
