"""Everything that can happen, in every order, to machines that do what the real `decide` says."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from colonnade_agent.steward.protocol import decide as core
from colonnade_agent.steward.protocol.actions import Decision, Wait
from colonnade_agent.steward.protocol.observation import (
    Ages,
    Database,
    Lease,
    Observation,
    Process,
    Replication,
    Settings,
)
from colonnade_agent.steward.protocol.store import Position, Request, Store
from tests.unit.steward.model.effects import (
    STORE,
    anew,
    effects,
    killed,
    new_epoch,
    on_store,
    with_leader,
)
from tests.unit.steward.model.world import (
    CURRENT,
    NAMES,
    Bounds,
    Machine,
    World,
    lost,
    origin,
    record,
)

LONG = 1000.0
MOODS = ("patient", "impatient", "lease ends", "leader silent")
"""With which ages a machine decides: all waits have been short, or long; or its lease is about to end."""

NOTHING = Bounds(writes=0)

Step = tuple[str, World]


class Found(NamedTuple):
    worlds: int
    violation: tuple[str, ...]
    """The shortest way to a world in which something acknowledged is lost; empty if there is none."""
    reached: frozenset[str]


def explore(
    first: World,
    *,
    strict: bool = False,
    limit: int = 10_000_000,
    visit: Callable[[World], None] | None = None,
) -> Found:
    """Breadth first, so that what is found is the shortest. Of a world that was seen only its hash is kept:
    should two have the same 64 bits, one of them is not looked into.
    """
    decisions.cache_clear()
    came_from = {hash(first): 0}
    queue, reached = deque([first]), set[str]()
    while queue and len(came_from) < limit:
        world = queue.popleft()
        if visit:
            visit(world)
        for _, then in steps(world, strict):
            number = hash(then)
            if number in came_from:
                continue
            came_from[number] = hash(world)
            if lost(then):
                return Found(len(came_from), tuple(_way(first, came_from, then, strict)), frozenset(reached))
            reached.update(milestones(then))
            queue.append(then)
    return Found(len(came_from), (), frozenset(reached))


def milestones(world: World) -> Iterator[str]:
    """That the exploration was no walk in a garden."""
    leader = world.machines[NAMES.index(world.sync.leader)]
    if world.sync.standby:
        yield f"{world.sync.leader} leads with a standby"
    if leader.open and world.leader and world.leader.name == world.sync.leader:
        yield f"{world.sync.leader} is open" + (" with acknowledged data" if world.acked else "")
    if sum(each.open for each in world.machines) > 1:
        yield "two are open"


def _way(first: World, came_from: dict[int, int], last: World, strict: bool) -> Iterator[str]:
    numbers = [hash(last)]
    while before := came_from[numbers[-1]]:
        numbers.append(before)
    world = first
    for number in reversed(numbers[:-1]):
        what, world = next(step for step in steps(world, strict) if hash(step[1]) == number)
        yield what
    yield f"lost: {sorted(lost(world))}"


def steps(world: World, strict: bool) -> Iterator[Step]:
    """All that can happen next. What changes nothing is left out."""
    for what, then in _steps(world, strict):
        if then != world:
            yield what, then


def _steps(world: World, strict: bool) -> Iterator[Step]:
    for index in range(len(world.machines)):
        yield from steward_steps(world, index, strict)
        yield from database_steps(world, index)
        yield from misfortunes(world, index)
    if world.left.switchovers and world.request is None:
        for name in NAMES[: len(world.machines)]:
            request = Request("switchover", name, 1)
            yield f"an operator asks for {name}", spent(world, "switchovers")._replace(request=request)


def spent(world: World, what: str) -> World:
    return world._replace(left=world.left.less(what))


def steward_steps(world: World, index: int, strict: bool) -> Iterator[Step]:
    name, machine = NAMES[index], world.machines[index]
    if machine.late is not None:
        arrived = on_store(world.machine(index, late=None), index, machine.late)
        yield f"{name}'s late {type(machine.late).__name__} arrives", arrived
    if machine.intent is not None:
        done = world.machine(index, intent=None)
        for then in effects(done, index, machine.intent):
            yield f"{name} at last does {type(machine.intent).__name__}", then
        yield f"{name}'s {type(machine.intent).__name__} comes to nothing", done
        return
    if world.sync.leader != name:  # nobody reads what is said by the one whose data count
        yield f"{name} tells etcd how it is", published(world, index)
    for decision in decide(world, index, strict):
        yield from decided(world, index, decision)


def decided(world: World, index: int, decision: Decision) -> Iterator[Step]:
    action = decision.action
    what = f"{NAMES[index]} does {type(action).__name__}: {decision.reason}"
    for then in effects(world, index, action):
        yield what, then
    if world.left.slow:
        yield f"[slowly] {what}", spent(world, "slow").machine(index, intent=action)
    if world.left.late and isinstance(action, STORE) and world.machines[index].late is None:
        yield f"[no answer] {what}", spent(world, "late").machine(index, late=action)


def published(world: World, index: int) -> World:
    said = record(index, world.machines[index])
    return world._replace(members=(*world.members[:index], said, *world.members[index + 1 :]))


def database_steps(world: World, index: int) -> Iterator[Step]:
    name, machine = NAMES[index], world.machines[index]
    if not machine.up:
        return
    if machine.open and world.left.writes:
        yield f"a client writes at {name}", written(world, index)
    if machine.relay and machine.applying:
        applied = world.machine(index, log=(*machine.log, machine.relay[0]), relay=machine.relay[1:])
        yield f"{name} applies", applied
    if machine.source is None or machine.diverged:
        return
    source = world.machines[machine.source]
    if machine.receiving and source.up and index not in source.barred:
        yield f"{name} receives", received(world, index, source)
    if machine.owed and source.waiting:
        yield f"{name}'s acknowledgement arrives", acknowledged(world, index)


def written(world: World, index: int) -> World:
    machine = world.machines[index]
    # Each has a number of its own, with the machine in it.
    transaction = world.left.writes * 4 + index
    world = spent(world, "writes").machine(index, log=(*machine.log, transaction))
    if machine.requires_acks:
        return world.machine(index, waiting=(*machine.waiting, transaction))
    return world._replace(acked=world.acked | {transaction})


def received(world: World, index: int, source: Machine) -> World:
    machine = world.machines[index]
    have = (*machine.log, *machine.relay)
    if have != source.log[: len(have)]:
        return world.machine(index, diverged=True, receiving=False)
    if len(have) == len(source.log):
        return world
    following = source.log[len(have)]
    owed = (following,) if machine.offers else ()
    return world.machine(index, relay=(*machine.relay, following), owed=(*machine.owed, *owed))


def acknowledged(world: World, index: int) -> World:
    """An acknowledgement is of a place in the log: it is for all that is written before it, too."""
    machine = world.machines[index]
    assert machine.source is not None
    source = world.machines[machine.source]
    first, owed = machine.owed[0], machine.owed[1:]
    world = world.machine(index, owed=owed)
    if first not in source.log:
        return world
    upto = source.log[: source.log.index(first) + 1]
    return world._replace(acked=world.acked | set(source.waiting).intersection(upto)).machine(
        machine.source, waiting=tuple(each for each in source.waiting if each not in upto)
    )


def misfortunes(world: World, index: int) -> Iterator[Step]:
    name, machine = NAMES[index], world.machines[index]
    if world.left.crashes and machine.up:
        crashed = spent(world, "crashes")
        yield f"{name}'s database is killed", killed(crashed, index)
        if machine.applying:
            owed = machine.log[-1:] if machine.offers else ()
            restarted = anew(machine, new_epoch(world, index))
            by_hand = restarted._replace(offers=machine.offers, owed=owed)
            yield (
                f"replication of {name} is started anew by hand",
                crashed.machine(index, **by_hand._asdict()),
            )
    if world.left.expiries and world.leader and world.leader.name == name:
        yield f"{name}'s lease ends", with_leader(spent(world, "expiries"), None)
    if world.left.expiries and world.members[index] and machine.source is not None:
        gone = (*world.members[:index], None, *world.members[index + 1 :])
        yield f"{name} is not heard of", spent(world, "expiries")._replace(members=gone)


def decide(world: World, index: int, strict: bool) -> tuple[Decision, ...]:
    others = tuple((each.up, index in each.barred) for each in world.machines)
    machine = world.machines[index]._replace(intent=None, late=None)
    moods = MOODS if world.left.expiries else MOODS[:2]
    about = world._replace(machines=(), acked=frozenset(), left=NOTHING)
    return decisions(about, machine, index, others, (strict, moods))


@cache
def decisions(
    world: World,
    machine: Machine,
    index: int,
    others: tuple[tuple[bool, bool], ...],
    how: tuple[bool, tuple[str, ...]],
) -> tuple[Decision, ...]:
    strict, moods = how
    made = (core.decide(observe(world, machine, index, others, mood, strict)) for mood in moods)
    return tuple({each.action: each for each in made if not isinstance(each.action, Wait)}.values())


def observe(
    world: World, machine: Machine, index: int, others: tuple[tuple[bool, bool], ...], mood: str, strict: bool
) -> Observation:
    age = LONG if mood == "impatient" else 0.0
    silent = LONG if mood == "leader silent" else 0.0
    streaming = dict.fromkeys(NAMES, LONG)
    members = frozenset(NAMES[: len(others)])
    return Observation(
        settings=Settings(NAMES[index], members, strict=strict),
        now=0.0,
        store=Store(
            leader=world.leader,
            sync=world.sync,
            sync_revision=CURRENT,
            members={each.name: each for each in world.members if each},
            history=world.history,
            request=world.request,
        ),
        lease=Lease(index + 1, 1.0 if mood == "lease ends" else LONG),
        database=database(machine, others, age),
        ages=Ages(
            leader_absent=age,
            leader_silent=silent,
            leader_deaf=silent,
            promoting=age,
            hung=age,
            standby_unwell=age,
            request=age,
            streaming=streaming,
        ),
    )


def database(machine: Machine, others: tuple[tuple[bool, bool], ...], age: float) -> Database:
    last = NAMES[origin(machine.log[-1])] if machine.log else ""
    return Database(
        process=Process.UP if machine.up else Process.DOWN,
        open=machine.open,
        written=Position(len(machine.log), last),
        requires_acks=machine.requires_acks,
        waiting=age if machine.waiting else None,
        barred=frozenset(NAMES[each] for each in machine.barred),
        epoch=f"e{machine.epoch}" if machine.applying else None,
        replication=replication(machine, others),
    )


def replication(machine: Machine, others: tuple[tuple[bool, bool], ...]) -> Replication | None:
    if machine.source is None:
        return None
    up, barred = others[machine.source]
    return Replication(
        source=NAMES[machine.source],
        receiving=machine.receiving,
        connected=machine.receiving and up and not barred,
        applying=machine.applying,
        received=len(machine.log) + len(machine.relay) if machine.applying else None,
        applied=len(machine.log),
        offers_acks=machine.offers,
        diverged=machine.diverged,
    )
