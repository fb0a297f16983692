"""Faults at random, one after another and on top of one another, with writers at SQL all the while.

What is done follows from a seed, which is printed: COLONNADE_SEED=N does the same again. A short run is part
of every check; `./check soak --minutes N` takes as long as it is told.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest

from tests.lab.elections import DESIGN, Election, Writers, nothing_lost
from tests.lab.site import Site

pytestmark = pytest.mark.lab

SHORT_MINUTES = 1.5
ONE_WAY: tuple[Literal["in"], Literal["out"]] = ("in", "out")
Undo = Callable[[], object]


@dataclass(frozen=True)
class Faults:
    """Each is done to what the dice say, and gives back what takes it away again."""

    election: Election
    dice: random.Random

    def one(self) -> tuple[str, Undo]:
        fault = self.dice.choice(
            [
                self.database,
                self.database,
                self.machine,
                self.steward,
                self.voter,
                self.voters,
                self.switchover,
            ]
        )
        return fault()

    def database(self) -> tuple[str, Undo]:
        machine, number = self._member(), self.dice.choice(["KILL", "KILL", "STOP"])
        self._try(machine, f"pkill --signal {number} --exact mariadbd")
        return f"{number} of mariadbd on {machine}", lambda: None

    def machine(self) -> tuple[str, Undo]:
        lab, machine = self.election.site.lab, self._member()
        if lab.states()[machine] != "running":
            return f"{machine} is away already", lambda: None
        fault = self.dice.choice(["kill", "freeze", "cut", "cut from the other"])
        if fault == "kill":
            lab.kill(machine)
            return f"power cut of {machine}", lambda: lab.start(machine)
        if fault == "freeze":
            lab.freeze(machine)
            return f"{machine} is frozen", lambda: lab.thaw(machine)
        if fault == "cut":
            lab.cut(machine)
            return f"{machine} is cut off", lambda: lab.heal(machine)
        direction = self.dice.choice(ONE_WAY)
        lab.cut(machine, direction=direction)
        return f"{machine} is cut off, {direction} only", lambda: lab.heal(machine)

    def steward(self) -> tuple[str, Undo]:
        machine, number = self._member(), self.dice.choice(["KILL", "STOP"])
        unit = "colonnade-steward.service"
        self._try(machine, f"systemctl kill --signal={number} --kill-whom=main {unit}")
        again = f"systemctl kill --signal=CONT --kill-whom=main {unit}"
        return f"{number} of the steward on {machine}", lambda: self._try(machine, again)

    def voter(self) -> tuple[str, Undo]:
        machine = self.dice.choice(self.election.site.machines("etcd"))
        self._try(machine, "systemctl kill --signal=KILL etcd.service")
        return f"KILL of the voter on {machine}", lambda: None

    def voters(self) -> tuple[str, Undo]:
        machines = self.dice.sample(self.election.site.machines("etcd"), 2)
        for machine in machines:
            self._try(machine, "systemctl stop etcd.service")

        def undo() -> None:
            for machine in machines:
                self._try(machine, "systemctl start --no-block etcd.service")

        return f"no majority of voters: {', '.join(machines)} stopped", undo

    def switchover(self) -> tuple[str, Undo]:
        machine = self._member()
        ask = "timeout 15 python3 -I -B /usr/lib/colonnade/steward.pyz /etc/colonnade/steward/order.json"
        self._try(machine, f"{ask} switchover")
        return f"switchover asked on {machine}", lambda: None

    def _member(self) -> str:
        return self.dice.choice(self.election.members)

    def _try(self, machine: str, script: str) -> None:
        """Where the machine is up: it may have been killed before."""
        if self.election.site.lab.states()[machine] == "running":
            self.election.site.on(machine, ["sh", "-c", script])


def run(election: Election, minutes: float) -> None:
    seed = int(os.environ.get("COLONNADE_SEED", random.SystemRandom().randrange(10**6)))
    print(f"COLONNADE_SEED={seed}, {minutes:g} minutes")
    faults, end = Faults(election, random.Random(seed)), time.monotonic() + 60 * minutes
    election.settle()
    first, undo = election.term, []
    with Writers(election.site) as writers:
        began = time.monotonic()
        while time.monotonic() < end:
            said, back = faults.one()
            print(f"{time.monotonic() - began:7.1f} s  {said}", flush=True)
            undo.append(back)
            time.sleep(faults.dice.uniform(1, 10))
            while undo and faults.dice.random() < 0.8:
                undo.pop(0)()
            time.sleep(faults.dice.uniform(0, 10))
        for back in undo:
            back()
    nothing_lost(election, writers, changes=election.term - first)
    print(f"{len(writers.acknowledged)} acknowledged, {election.term - first} terms, gap {writers.gap:.1f} s")


@pytest.fixture(scope="module")
def election(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Election]:
    folder = tmp_path_factory.mktemp("random")
    design = folder / "site.yaml"
    design.write_text(DESIGN)
    with Site(design, "t-random", folder) as site:
        yield Election(site)


def test_faults_at_random_lose_nothing(election: Election) -> None:
    run(election, SHORT_MINUTES)


@pytest.mark.soak
def test_faults_at_random_for_long_lose_nothing(election: Election) -> None:
    run(election, float(os.environ.get("COLONNADE_SOAK_MINUTES", "60")))
