"""When is a site well? When all its members are at one and the same look, and not each at some time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pytest

from colonnade.engine import converge
from colonnade.engine.applying import Task
from colonnade.engine.converge import MachineOutcome, Outcome, Scope
from colonnade.engine.health import MemberHealth
from colonnade.engine.site import Site
from colonnade.errors import RemoteFailed
from colonnade.hosts.ground import Progress


@dataclass
class Told:
    """What each machine's member says at each look (`+` well, `-` not); the last for ever."""

    looks: Mapping[str, str]
    asked: dict[str, int] = field(default_factory=dict)

    @property
    def desired(self) -> Mapping[str, object]:
        return {machine: {} for machine in self.looks}

    checks = desired

    def one(self, _site: Site, machine: str, _task: Task, _progress: Progress) -> MachineOutcome:
        number = self.asked[machine] = self.asked.get(machine, 0) + 1
        said = self.looks[machine][min(number, len(self.looks[machine])) - 1]
        return MachineOutcome(health=(MemberHealth("it", machine, said == "+", ""),))


def settled(told: Told, monkeypatch: pytest.MonkeyPatch, begun: Mapping[str, MachineOutcome]) -> Outcome:
    monkeypatch.setattr(converge, "_one", told.one)
    monkeypatch.setattr("colonnade.engine.converge.time.sleep", lambda _seconds: None)
    scope = Scope(tuple(told.looks), (), frozenset())
    return converge._settle(cast(Site, told), Outcome(begun), lambda *_: None, scope)


def untouched(told: Told) -> dict[str, MachineOutcome]:
    return dict.fromkeys(told.looks, MachineOutcome())


def test_all_well_at_the_first_look_are_asked_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told({"lb1": "+", "app1": "+"})
    assert settled(told, monkeypatch, untouched(told)).healthy
    assert told.asked == {"lb1": 1, "app1": 1}


def test_who_was_well_before_is_asked_again_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that took its servers for up before it had asked them, and then found that they were not."""
    told = Told({"lb1": "+---+", "app1": "--+"})
    assert settled(told, monkeypatch, untouched(told)).healthy
    assert told.asked == {"lb1": 6, "app1": 5}


def test_a_machine_that_failed_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told({"lb1": "-+", "app1": "-"})
    begun = {**untouched(told), "app1": MachineOutcome(error=RemoteFailed("no", where="app1"))}
    assert not settled(told, monkeypatch, begun).healthy
    assert told.asked["app1"] == 1


def test_the_wait_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converge, "HEALTH_SECONDS", 0.0)
    told = Told({"lb1": "+", "app1": "-"})
    assert not settled(told, monkeypatch, untouched(told)).healthy
