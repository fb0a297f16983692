"""The applier is killed (SIGKILL) at any moment; the next run completes what it began, or leads back."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from colonnade_agent.machine import Resource
from colonnade_agent.pack import payload
from colonnade_agent.resources.command import Command
from colonnade_agent.resources.directory import Directory
from colonnade_agent.resources.file import File
from colonnade_agent.resources.package import Package
from colonnade_agent.resources.symlink import Symlink
from colonnade_agent.resources.sysctl import Sysctl
from colonnade_agent.resources.tree import Tree
from colonnade_agent.resources.user import User
from colonnade_agent.transaction import SETTLE
from colonnade_agent.wire import Request
from tests.lab.agent_demo import RELOADING, desired
from tests.lab.agent_machine import NAME, AgentMachine, actions, gzip_tar, machine, use_local_repository

pytestmark = pytest.mark.lab

KILLS = 30
# What a run leaves that is to be the same however often it was killed. Invocation ids differ by their nature.
STATE = """
find /etc/demo /opt/app /var/lib/colonnade -printf '%p %M %u %l\\n' | sort
tail -n +1 /etc/demo/*.conf /etc/demo/files/* /etc/sysctl.d/60-colonnade.conf /opt/app/.colonnade-tree
cat /run/demo.loaded /run/demo.state /proc/sys/net/ipv4/ip_forward
systemctl is-active demo; systemctl is-enabled demo
"""

# Starts the agent, and kills it so many seconds after it has said that it begins with the stage.
ASSASSIN = """
import subprocess, sys, time
seconds, request, *argv = sys.argv[1:]
agent = subprocess.Popen(argv, stdin=open(request, "rb"), stdout=subprocess.PIPE)
agent.stdout.readline()
time.sleep(float(seconds))
agent.kill()
"""


@pytest.fixture(scope="module")
def m() -> Iterator[AgentMachine]:
    with machine("t-agent-killed") as made:
        use_local_repository(made)
        yield made


def app(value: str) -> bytes:
    return gzip_tar({f"{n}/{value}": value.encode() * 5000 for n in range(50)})


def site(value: str) -> tuple[Resource, ...]:
    extra = [File(f"/etc/demo/files/{n}", f"{value} {n}\n".encode()) for n in range(20)]
    gone = [File("/etc/demo/only-a.conf", b"a\n")] if value == "a" else []
    return (
        User("demo"),
        Directory("/etc/demo/files"),
        *extra,
        *gone,
        Tree("/opt/app", hashlib.sha256(app(value)).hexdigest()),
        Symlink("/etc/demo/link", value),
        Sysctl("net.ipv4.ip_forward", "1" if value == "a" else "0"),
        *desired(value, unit=RELOADING),
        Command(
            "state", ("cat", "/run/demo.state"), ("tee", "/run/demo.state"), expect=value, fix_input=value
        ),
    )


def kill_once(m: AgentMachine, request: Request, sign: str) -> None:
    """Kill the agent when the file `sign` appears on its machine."""
    process = m.begin(request)
    holder = "grep -o '[0-9]*' /run/colonnade.lock | head -1"
    m.sh(f"until test -e {sign}; do sleep 0.02; done; kill -9 $({holder})")
    process.communicate(timeout=10)


def test_killed_at_random_moments_and_completed_by_the_next_run(m: AgentMachine, tmp_path: Path) -> None:
    blobs = {}
    for value in "ab":
        sha = hashlib.sha256(app(value)).hexdigest()
        blobs[sha] = tmp_path / value
        blobs[sha].write_bytes(app(value))
    requests = {value: Request("apply", {"one": site(value)}, who="test") for value in "ab"}
    whole: dict[str, str] = {}
    for value in "aba":
        response = m.ask(requests[value], blobs)
        assert response.failure is None
        took = sum(change.seconds for change in response.changes) + SETTLE
        whole[value] = m.sh(STATE)
        m.lab.put(NAME, f"/root/{value}", b"".join(payload(requests[value], blobs)[1]))
    chance = random.Random(4)
    struck = 0
    for turn in range(KILLS):
        value = "ba"[turn % 2]
        seconds = f"{chance.uniform(0, 1.5 * took):.4f}"
        argv, _ = payload(requests[value])
        m.lab.run(NAME, ["python3", "-c", ASSASSIN, seconds, f"/root/{value}", *argv])
        struck += m.sh("ls /var/lib/colonnade/undo/one", check=False) != ""
        response = m.ask(requests[value], blobs)
        assert response.failure is None, (turn, response.failure)
        assert m.sh(STATE) == whole[value], turn
        assert m.observe(*site(value)) == ()
    print(f"of {KILLS} kills within {1.5 * took:.2f} s, {struck} left a stage half done")
    assert struck > KILLS // 4, "few kills struck where it hurts"


def test_killed_after_the_swap_and_then_given_a_broken_file_the_last_whole_state_is_back(
    m: AgentMachine,
) -> None:
    m.remove_everything()
    assert m.apply(*desired("whole")).failure is None
    hangs = Command("hangs", ("false",), ("sh", "-c", "touch /run/hangs; sleep 5"))
    kill_once(m, Request("apply", {"one": desired("half", hangs)}, who="test"), "/run/hangs")
    assert m.sh("cat /run/demo.loaded") == "half"
    assert ("stage:one", "update") in actions(m.observe(*desired("half")))
    response = m.apply(*desired("broken"))
    assert response.failure
    assert response.rolled_back
    assert m.sh("cat /etc/demo/demo.conf; sleep 0.2; cat /run/demo.loaded; systemctl is-active demo") == (
        "whole\nwhole\nactive"
    )


def test_killed_between_swap_and_reload_the_reload_is_not_forgotten(m: AgentMachine) -> None:
    m.remove_everything()
    slow = File("/etc/demo/slow.conf", b"", validate=("sleep", "0.0"))
    assert m.apply(*desired("old", slow, unit=RELOADING)).failure is None
    m.sh("printf 'new\\n' > /etc/demo/demo.conf")  # where a run that is killed right after the rename gets to
    response = m.apply(*desired("new", slow, unit=RELOADING))
    assert actions(response.changes) == [("unit:demo", "reload")]
    assert m.sh("sleep 0.2; cat /run/demo.loaded") == "new"


def test_killed_during_an_install_the_next_run_waits_for_it_and_mends_the_policy(m: AgentMachine) -> None:
    m.remove_everything()
    request = Request("apply", {"one": (Package("slow"),)}, lock_seconds=30, who="test")
    kill_once(m, request, "/run/slow.installing")
    assert m.sh("cat /usr/sbin/policy-rc.d").endswith("exit 101")
    response = m.ask(request)
    assert response.failure is None, response.failure
    m.sh("dpkg -s slow >/dev/null && ! test -e /usr/sbin/policy-rc.d")
    m.sh("! test -e /run/slow.started")
    assert m.observe(Package("slow")) == ()


def test_a_reader_who_leaves_does_not_leave_the_stage_half(m: AgentMachine) -> None:
    m.remove_everything()
    slow = Command("slow", ("test", "-e", "/run/demo.slow"), ("sh", "-c", "sleep 1; touch /run/demo.slow"))
    stages = {"one": desired("new", slow), "two": (File("/etc/demo/second", b""),)}
    process = m.begin(Request("apply", stages))
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    process.communicate(timeout=20)
    assert (
        m.sh("cat /etc/demo/demo.conf; ls /run/demo.slow; ls -A /etc/demo")
        == "new\n/run/demo.slow\ndemo.conf"
    )
    m.sh("! ls /var/lib/colonnade/undo/*")
