"""A site whose database members choose their primary: who leads, writers who note every acknowledgement, and
what must be true of both whatever was done to them.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.lab.site import Site, within

DESIGN = """\
site: failover.foobar.com
machines: {front: {}, app1: {}, app2: {}, db1: {}, db2: {}}
services:
  edge: {kind: haproxy, machines: [front], to: [web]}
  web: {kind: nginx, machines: [front], to: [app]}
  app: {kind: app, machines: [app1, app2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""
"""Two database machines, and three that vote: the apps' and the door's."""
STEWARD = ("python3", "-I", "-B", "/usr/lib/colonnade/steward.pyz", "/etc/colonnade/steward/order.json")
ROWS = "SELECT id FROM app.entries ORDER BY id"
PROGRAM = Path(__file__).with_name("sql_writers_program.py")
PLACE = "/tmp/sql_writers.py"
SETTLE_SECONDS = 90
LONGEST_WRITE = 30


class Election:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.members = site.machines("mariadb")

    def ask(self, machine: str, *words: str, timeout: float = 60) -> Any:
        done = self.site.on(machine, [*STEWARD, *words], timeout=timeout)
        assert done.returncode == 0, f"{machine}: {words}: {done.stderr}"
        return json.loads(done.stdout)

    def cluster(self) -> Any:
        """As any member that answers has it from etcd; {} while none does."""
        for machine in self.members:
            if self.site.lab.states().get(machine) != "running":
                continue
            done = self.site.on(machine, [*STEWARD, "cluster"])
            if done.returncode == 0:
                return json.loads(done.stdout)
        return {}

    @property
    def leader(self) -> str:
        """Whose data count, and who holds the key; empty while these are two."""
        said = self.cluster()
        holder = said["leader"]["name"] if said and said["leader"] else ""
        return holder if said and said["sync"]["leader"] == holder else ""

    @property
    def term(self) -> int:
        return int(self.cluster()["sync"]["term"])

    def settle(self, seconds: float = SETTLE_SECONDS) -> tuple[str, str]:
        """The primary and its standby, once one can take over from the other and both have the same rows."""
        found = within(seconds, self._pair, f"a primary and its standby: {self.cluster()}")
        within(seconds, lambda: self.rows(found[0]) == self.rows(found[1]), "both have the same rows")
        return found

    def _pair(self) -> tuple[str, str] | None:
        said = self.cluster()
        standby = said["sync"]["standby"] if said else None
        leader = self.leader
        if not standby or not leader:
            return None
        member = said["members"].get(standby["name"])
        whole = member is not None and member["epoch"] == standby["epoch"] and member["connected"]
        return (leader, standby["name"]) if whole else None

    def rows(self, machine: str) -> list[str]:
        return self.sql(machine, ROWS).split()

    def sql(self, machine: str, statement: str) -> str:
        return self.site.sh(machine, f'mariadb --batch --skip-column-names --execute="{statement}"')

    def copied(self, machine: str) -> bool:
        """Whether its data were ever replaced by a copy."""
        return bool(self.site.sh(machine, "ls -d /var/lib/mysql.aside-* 2>/dev/null || true"))

    def voters_leader(self) -> str:
        for machine in self.site.machines("etcd"):
            unit = self.site.service("etcd").name
            folder = f"/etc/colonnade/pki/{unit}-{machine}"
            files = f"--cacert=/etc/colonnade/pki/ca.pem --cert={folder}/chain.pem --key={folder}/key.pem"
            where = f"--endpoints=https://{self.site.inside(machine)}:2379"
            ask = f"etcdctl {where} {files} endpoint status --write-out=json"
            said = json.loads(self.site.sh(machine, ask))[0]["Status"]
            if said["leader"] == said["header"]["member_id"]:
                return machine
        raise AssertionError("no voter leads")


@dataclass(frozen=True)
class Write:
    id: str
    began: float
    over: float
    server: str
    """Who acknowledged it; empty: nobody, and nothing is known of it."""
    wrong: str


class Writers:
    """`with Writers(site) as writers:` writes at SQL; then `writers.seen`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._machine = site.machines("app")[0]
        self.seen: Sequence[Write] = ()

    def __enter__(self) -> Self:
        self._site.lab.put(self._machine, PLACE, PROGRAM.read_bytes())
        release = "/opt/colonnade/app/current"
        argv = [
            *("systemd-run", "--quiet", "--pipe", "--wait", "--collect"),
            *("--property=EnvironmentFile=/etc/colonnade/app.env", f"--setenv=PYTHONPATH={release}/.deps"),
            *("python3", PLACE),
        ]
        self._process = subprocess.Popen(
            self._site.lab.command(self._machine, argv),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout
        assert self._process.stdout.readline() == "began\n", self._process.communicate()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            said, errors = self._process.communicate(timeout=LONGEST_WRITE)
        finally:
            self._process.kill()
        if kind is None:
            assert self._process.returncode == 0, errors
            self.seen = [Write(*each) for each in json.loads(said)]

    @property
    def acknowledged(self) -> list[Write]:
        return sorted((w for w in self.seen if w.server), key=lambda w: w.over)

    @property
    def gap(self) -> float:
        """The longest time without an acknowledgement, in seconds."""
        overs = [w.over for w in self.acknowledged]
        return max((b - a for a, b in pairwise(overs)), default=0.0)

    @property
    def servers(self) -> list[str]:
        """Who acknowledged, one after the other: each change is a change of primary."""
        return [server for server, _ in groupby(w.server for w in self.acknowledged)]


def nothing_lost(election: Election, writers: Writers, changes: int | None = None) -> None:
    """What was acknowledged is there, and no one acknowledged beside another: in each term one acknowledges,
    and none of before comes in between. `changes`: how many terms have begun since; else each led once.
    """
    leader, _ = election.settle()
    there = set(election.rows(leader))
    lost = [w for w in writers.acknowledged if w.id not in there]
    assert not lost, f"{len(lost)} of {len(writers.acknowledged)} acknowledged writes are lost: {lost[:3]}"
    turns = len(set(writers.servers)) if changes is None else changes + 1
    assert len(writers.servers) <= turns, f"two primaries at once: {writers.servers}"


def pause(seconds: float) -> None:
    """Load goes on meanwhile."""
    time.sleep(seconds)
