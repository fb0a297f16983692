"""What members' health comes to when some of them are at rest."""

from __future__ import annotations

import pytest

from colonnade.engine.converge import MachineOutcome, Outcome
from colonnade.engine.health import MemberHealth, excused
from colonnade.errors import Unreachable

OFF = Unreachable("is not running", where="web1")


def member(healthy: bool | None, *, machine: str = "web1") -> MemberHealth:
    return MemberHealth("web", machine, healthy, "…")


@pytest.mark.parametrize(
    ("healthy", "judged"), [(True, True), (False, None), (None, None)], ids=["well", "sick", "silent"]
)
def test_who_is_at_rest_does_not_count_and_is_never_failing(
    healthy: bool | None, judged: bool | None
) -> None:
    (found,) = excused([member(healthy)], {("web", "web1")})
    assert (found.well, found.judged, found.detail) == (True, judged, "at rest: …")


def test_all_others_count_as_ever() -> None:
    found = excused(
        [member(True), member(False, machine="web2"), member(None, machine="web3")], {("db", "db1")}
    )
    assert [(m.well, m.judged) for m in found] == [(True, True), (False, False), (False, None)]


def test_a_site_is_healthy_without_the_machine_in_maintenance_and_not_without_another() -> None:
    away = excused([member(None)], {("web", "web1")})
    assert Outcome({"web1": MachineOutcome(error=OFF, health=away, maintained=True)}).healthy
    assert not Outcome({"web1": MachineOutcome(error=OFF, health=(member(None),))}).healthy
