"""Nothing acknowledged is lost, whatever happens in whatever order; and each rule is there for a reason.

What is explored here takes seconds. For more: `python -m tests.unit.steward.model.deeper --help`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from colonnade_agent.steward.protocol import follow, promote, start, syncset
from colonnade_agent.steward.protocol.actions import Decision, OpenDatabase, Recovery, RequireAcks
from colonnade_agent.steward.protocol.observation import Replication, Scene
from colonnade_agent.steward.protocol.store import LeaderKey
from tests.unit.steward.model.explorer import Found, explore
from tests.unit.steward.model.world import Bounds, World, alone, paired

WORLDS = 10_000
"""The nearest to the beginning; so far nothing was left out of their order."""

SAFE = {
    "an admission": alone(Bounds(writes=2)),
    "an admission, slowly": alone(Bounds(slow=2)),
    "an admission and a kill": alone(Bounds(crashes=1)),
    "an admission and a late answer": alone(Bounds(late=1)),
    "two kills": paired(Bounds(crashes=2)),
    "a lease that ends": paired(Bounds(expiries=1, slow=1)),
    "a lease and a kill": paired(Bounds(crashes=1, expiries=1)),
    "a late answer and a lease": paired(Bounds(expiries=1, late=1)),
    "a switchover": paired(Bounds(switchovers=1, slow=1)),
    "a switchover and a kill": paired(Bounds(switchovers=1, crashes=1)),
    "three machines": paired(Bounds(expiries=1), machines=3),
}


def shown(found: Found) -> str:
    return "\n".join(found.violation)


STRICT = ("an admission and a kill", "a lease and a kill")


@pytest.mark.parametrize("name", SAFE)
def test_nothing_acknowledged_is_lost(name: str) -> None:
    found = explore(SAFE[name], limit=WORLDS)
    assert not found.violation, shown(found)
    assert "a is open with acknowledged data" in found.reached


@pytest.mark.parametrize("name", STRICT)
def test_nor_is_it_where_one_machine_alone_must_not_write(name: str) -> None:
    found = explore(SAFE[name], strict=True, limit=WORLDS)
    assert not found.violation, shown(found)


def test_the_exploration_comes_to_where_it_hurts() -> None:
    found = explore(paired(Bounds(expiries=1)), limit=WORLDS)
    assert {"b is open with acknowledged data", "two are open"} <= found.reached
    assert "b is open with acknowledged data" in explore(paired(Bounds(switchovers=1))).reached


def breaks(first: World) -> Found:
    found = explore(first, limit=400_000)
    assert found.violation, f"{found.worlds} worlds without the rule, and nothing lost"
    print(shown(found))
    return found


def test_without_i1_a_stranger_acknowledges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "acknowledges", lambda _: True)
    monkeypatch.setattr(syncset, "_barred", lambda *_: frozenset())
    first = paired(Bounds(expiries=1), machines=3)
    breaks(first.machine(0, barred=frozenset()))


def test_without_the_barrier_of_i2_the_standby_lacks_what_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncset, "reached", lambda *_: True)
    breaks(alone(Bounds(expiries=1)))


def test_without_the_epoch_of_i2_a_restarted_standby_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_name(scene: Scene) -> bool:
        return scene.sync.standby is not None and scene.sync.standby.name == scene.me

    monkeypatch.setattr(Scene, "is_standby", property(by_name))
    breaks(paired(Bounds(crashes=1, expiries=1)))


def test_without_i3_commits_stop_waiting_while_the_standby_may_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(lost: Callable[[Scene], Decision | None]) -> Callable[[Scene], Decision | None]:
        def decide(scene: Scene) -> Decision | None:
            decision = lost(scene)
            if decision and scene.database.requires_acks:
                return Decision(RequireAcks(False), "commits wait too long")
            return decision

        return decide

    monkeypatch.setattr(syncset, "lost", hasty(syncset.lost))
    breaks(paired(Bounds(expiries=1)))


def test_without_i4_writes_are_taken_before_their_data_count(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = promote._authority

    def open_first(scene: Scene, key: LeaderKey) -> Decision:
        return authority(scene, key) if scene.database.open else Decision(OpenDatabase(), "we hold the key")

    monkeypatch.setattr(promote, "_authority", open_first)
    breaks(paired(Bounds(expiries=1)))


def test_without_i5_a_recovery_drops_what_was_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "recovery", lambda _: Recovery.DROP)
    breaks(alone(Bounds(crashes=1)))


def test_without_the_drain_what_was_received_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Replication, "drained", True)
    breaks(paired(Bounds(expiries=1)))
