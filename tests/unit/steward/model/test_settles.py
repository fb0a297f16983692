"""Safe is not enough: once nothing more goes wrong, the site writes again, on two machines, by itself."""

from __future__ import annotations

import pytest

from colonnade_agent.steward.protocol.actions import Wait
from colonnade_agent.steward.protocol.decide import decide
from tests.unit.steward.model.effects import effects
from tests.unit.steward.model.explorer import NOTHING, database_steps, explore, observe, published
from tests.unit.steward.model.world import NAMES, Bounds, World, alone, paired

EVERY = 40
ROUNDS = 60


def heal(world: World) -> World:
    """Every machine does what it decides, and all that was sent arrives."""
    world = world._replace(left=NOTHING)
    for _ in range(ROUNDS):
        if is_whole(world):
            return world
        before = world
        world = flow(patience(world, "patient"))
        if world == before:
            world = flow(patience(world, "impatient"))
    raise AssertionError(f"still not whole: {world}")


def is_whole(world: World) -> bool:
    leader = world.machines[NAMES.index(world.sync.leader)]
    leads = world.leader is not None and world.leader.name == world.sync.leader
    following = all(each.log == leader.log for each in world.machines)
    alone = sum(each.open for each in world.machines) == 1
    return leads and leader.open and alone and following and not leader.waiting and bool(world.sync.standby)


def patience(world: World, mood: str) -> World:
    for index in range(len(world.machines)):
        world = published(world.machine(index, intent=None, late=None), index)
        machine = world.machines[index]
        others = tuple((each.up, index in each.barred) for each in world.machines)
        action = decide(observe(world, machine, index, others, mood, strict=False)).action
        if not isinstance(action, Wait):
            world = next(effects(world, index, action))
    return world


def flow(world: World) -> World:
    for index in range(len(world.machines)):
        while then := next((t for _, t in database_steps(world, index) if t != world), None):
            world = then
    return world


@pytest.mark.parametrize(
    "first",
    [
        alone(Bounds(crashes=1)),
        paired(Bounds(crashes=2)),
        paired(Bounds(crashes=1, expiries=1)),
        paired(Bounds(expiries=1, slow=1)),
        paired(Bounds(switchovers=1, crashes=1)),
        paired(Bounds(expiries=1), machines=3),
    ],
    ids=["admission", "two kills", "lease and kill", "slow", "switchover", "three machines"],
)
def test_it_becomes_whole_again_from_wherever_it_is(first: World) -> None:
    seen = 0

    def visit(world: World) -> None:
        nonlocal seen
        seen += 1
        if seen % EVERY == 0:
            heal(world)

    explore(first, limit=6_000, visit=visit)
    assert seen > 1000
