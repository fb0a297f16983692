"""Every kind of resource keeps the same promises, on a real Debian machine.

absent -> observed so, and observing changes nothing -> applied -> converged -> drift is seen -> mended ->
removed, and nothing is left. Killed at any moment is `tests/lab/test_agent_killed.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from colonnade_agent.machine import Resource
from colonnade_agent.resources.command import Command
from colonnade_agent.resources.directory import Directory
from colonnade_agent.resources.file import File
from colonnade_agent.resources.package import Package
from colonnade_agent.resources.symlink import Symlink
from colonnade_agent.resources.sysctl import Sysctl
from colonnade_agent.resources.tree import Tree
from colonnade_agent.resources.unit import Unit
from colonnade_agent.resources.user import User
from colonnade_agent.wire import KINDS, Request
from tests.lab.agent_machine import AgentMachine, actions, gzip_tar, machine, use_local_repository

pytestmark = pytest.mark.lab

SERVICE = b"[Service]\nType=exec\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
FOLDERS = "/etc /usr/local /srv /opt /var/lib/colonnade"
SNAPSHOT = (
    f"find {FOLDERS} -printf '%p %M %u %g %C@ %l\\n' 2>/dev/null | sort;"
    "cat /etc/passwd /proc/sys/net/ipv4/ip_forward; systemctl is-active probe; systemctl is-enabled probe"
)


BLOB = gzip_tar({"bin/run": b"#!/bin/sh\n", "README": b"hello\n"})
SHA = hashlib.sha256(BLOB).hexdigest()


@dataclass(frozen=True)
class Case:
    """`gone` is a script that exits 0 when, after removal, things are as `Removal` promises for this kind."""

    resource: Resource
    action: str
    drift: str
    drifted: str
    gone: str
    needs: tuple[Resource, ...] = ()


CASES = {
    "package": Case(Package("probe"), "install", "dpkg --purge probe", "install", "dpkg -s probe"),
    "user": Case(
        User("probe", home="/srv", groups=("adm",)),
        "create",
        "usermod -s /bin/sh -G '' probe",
        "update",
        "id probe",
    ),
    "directory": Case(
        Directory("/srv/a/b", 0o750, "root", "adm"),
        "create",
        "chmod 777 /srv/a/b",
        "update",
        "! test -e /srv/a",
    ),
    "file": Case(
        File("/etc/probe.conf", b"right\n", 0o640, "root", "adm", ("grep", "-q", "right", "{staged}")),
        "create",
        "echo wrong > /etc/probe.conf",
        "update",
        "! ls -A /etc | grep probe",
    ),
    "symlink": Case(
        Symlink("/etc/probe.link", "passwd"),
        "create",
        "ln -sf group /etc/probe.link",
        "update",
        "! test -L /etc/probe.link",
    ),
    "sysctl": Case(
        Sysctl("net.ipv4.ip_forward", "1"),
        "create",
        "echo 0 > /proc/sys/net/ipv4/ip_forward",
        "update",
        "grep -q 0 /proc/sys/net/ipv4/ip_forward && ! test -e /etc/sysctl.d/60-colonnade.conf",
    ),
    "tree": Case(
        Tree("/opt/app/one", SHA, previous="/opt/app/before/one"),
        "create",
        "echo 00 > /opt/app/one/.colonnade-tree",
        "update",
        "! test -e /opt/app",
    ),
    "unit": Case(
        Unit("probe", restart_on=("file:/etc/systemd/system/probe.service",)),
        "start",
        "systemctl stop probe",
        "start",
        "! systemctl is-active probe && ! test -e /etc/systemd/system/multi-user.target.wants/probe.service",
        (File("/etc/systemd/system/probe.service", SERVICE),),
    ),
    "command": Case(
        Command("probe", ("cat", "/run/probe"), ("tee", "/run/probe"), expect="yes", fix_input="yes"),
        "run",
        "echo no > /run/probe",
        "run",
        "true",
    ),
}


@pytest.fixture(scope="module")
def m() -> Iterator[AgentMachine]:
    with machine("t-agent-contract") as made:
        use_local_repository(made)
        yield made


def test_every_kind_has_a_case() -> None:
    assert set(CASES) == set(KINDS)


@pytest.mark.parametrize("kind", CASES)
def test_the_life_of_a_resource(m: AgentMachine, kind: str, tmp_path: Path) -> None:
    case = CASES[kind]
    stages = {"one": (*case.needs, case.resource)}
    blob = tmp_path / "blob"
    blob.write_bytes(BLOB)

    def observe() -> list[tuple[str, str]]:
        before = m.sh(SNAPSHOT, check=False)
        response = m.ask(Request("observe", stages))
        assert response.failure is None
        assert m.sh(SNAPSHOT, check=False) == before, "observing changed something"
        assert response.missing_blobs in {(), (SHA,)}
        return actions(response.changes)

    def apply(*, blobs: dict[str, Path] | None = None) -> list[tuple[str, str]]:
        response = m.ask(Request("apply", stages), blobs)
        assert response.failure is None, response.failure
        return actions(response.changes)

    assert observe()[-1] == (case.resource.id, case.action)
    assert apply(blobs={SHA: blob})[-1] == (case.resource.id, case.action)
    assert observe() == []
    before = m.sh(SNAPSHOT, check=False)
    assert apply() == []
    assert m.sh(SNAPSHOT, check=False) == before, "nothing was to do"
    m.sh(case.drift)
    assert observe() == [(case.resource.id, case.drifted)]
    assert apply() == [(case.resource.id, case.drifted)]
    assert observe() == []
    removed = m.remove_everything()
    assert removed.failure is None, removed.failure
    m.sh(case.gone)
    m.sh("! test -e /var/lib/colonnade")
