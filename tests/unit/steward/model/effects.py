"""What an action does to a world: transactions with their guards, and verbs as MariaDB carries them out.

Most that is peculiar here was seen in experiments: replication started anew forgets what it had not applied;
turning acknowledgements off finishes the commits that wait; recovery in the replica's role drops what was
acknowledged; closing hangs behind a waiting commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from colonnade_agent.steward.protocol.actions import (
    Action,
    AnswerRequest,
    BarFollowers,
    CloseDatabase,
    DeposeLeader,
    Follow,
    HandOver,
    KillDatabase,
    LeaveReplication,
    OfferAcks,
    OpenDatabase,
    Recovery,
    Reinit,
    ReleaseLeadership,
    RequireAcks,
    StartDatabase,
    StartReceiving,
    StopReceiving,
    TakeLeadership,
    WriteSync,
)
from colonnade_agent.steward.protocol.store import LeaderKey
from tests.unit.steward.model.world import CURRENT, NAMES, STALE, Machine, World

STORE = (TakeLeadership, ReleaseLeadership, DeposeLeader, WriteSync, HandOver, AnswerRequest)


def effects(world: World, index: int, action: Action) -> Iterator[World]:
    """All worlds that can come of it."""
    if isinstance(action, STORE):
        yield on_store(world, index, action)
    else:
        yield from on_database(world, index, action)


def on_store(world: World, index: int, action: Action) -> World:
    match action:
        case TakeLeadership(term=term, lease=lease, sync_revision=revision):
            if world.leader is None and revision == CURRENT:
                return with_leader(world, LeaderKey(NAMES[index], lease, term, 1))
        case ReleaseLeadership(key=key) | DeposeLeader(key=key):
            if world.leader == key:
                return with_leader(world, None)
        case WriteSync(sync=sync, key=key, sync_revision=revision, term=term):
            if world.leader == key and revision == CURRENT:
                history = (*world.history, term) if term else world.history
                return canonical(with_sync(world._replace(sync=sync, history=history)))
        case HandOver(to=to, lease=lease, term=term, key=key, sync_revision=revision):
            target = world.members[NAMES.index(to)]
            if world.leader == key and revision == CURRENT and target and target.lease == lease:
                return with_leader(world, LeaderKey(to, lease, term, 1))
        case AnswerRequest():
            return world._replace(request=None)
    return world


def with_leader(world: World, key: LeaderKey | None) -> World:
    """Guards on the key as it was fail from now on."""
    world = world._replace(leader=key)
    return _forget(world, lambda action: getattr(action, "key", key) != key)


def with_sync(world: World) -> World:
    world = _forget(world, lambda action: getattr(action, "sync_revision", None) == CURRENT)
    stale = tuple(replace(each, sync_seen=STALE) if each else None for each in world.members)
    return world._replace(members=stale)


def canonical(world: World) -> World:
    """Terms numbered anew, or there would be no end of worlds that differ in nothing else. Two things are
    asked of a term: whether key and sync set are of the same one, and who wrote what in the history.
    """
    assert world.leader is not None
    ends = (*(term.start.seq for term in world.history[1:]), None)
    lasting = [term for term, end in zip(world.history, ends, strict=True) if term.start.seq != end]
    merged = [
        term
        for term, before in zip(lasting, (None, *lasting), strict=False)
        if before is None or before.leader != term.leader
    ]
    history = tuple(replace(term, number=number) for number, term in enumerate(merged))
    key = replace(world.leader, term=world.leader.term - world.sync.term + 1)
    machines = tuple(
        each._replace(
            intent=_with_key(each.intent, world.leader, key), late=_with_key(each.late, world.leader, key)
        )
        for each in world.machines
    )
    return world._replace(leader=key, sync=replace(world.sync, term=1), history=history, machines=machines)


def _with_key(action: Action | None, old: LeaderKey, new: LeaderKey) -> Action | None:
    return (
        replace(action, key=new)
        if isinstance(action, ReleaseLeadership | DeposeLeader) and action.key == old
        else action
    )


def new_epoch(world: World, index: int) -> int:
    """One that nobody speaks of: for all that anybody can tell, it never was."""
    said = world.members[index]
    flying = [getattr(action, "sync", None) for each in world.machines for action in (each.intent, each.late)]
    syncs = [world.sync, *(sync for sync in flying if sync)]
    named = [each for sync in syncs for each in (sync.standby, sync.pending) if each]
    spoken = {each.epoch for each in named if each.name == NAMES[index]} | ({said.epoch} if said else set())
    taken = {*spoken, f"e{world.machines[index].epoch}"}
    return next(number for number in range(99) if f"e{number}" not in taken)


def _forget(world: World, dead: object) -> World:
    assert callable(dead)
    machines = tuple(
        each._replace(
            intent=None if each.intent and dead(each.intent) else each.intent,
            late=None if each.late and dead(each.late) else each.late,
        )
        for each in world.machines
    )
    return world._replace(machines=machines)


def on_database(world: World, index: int, action: Action) -> Iterator[World]:
    machine = world.machines[index]
    if isinstance(action, StartDatabase):
        yield from start(world, index, action.recovery)
    elif isinstance(action, KillDatabase):
        yield killed(world, index)
    elif not machine.up:
        yield world
    elif isinstance(action, RequireAcks) and not action.on:
        done = world._replace(acked=world.acked | set(machine.waiting))
        yield done.machine(index, requires_acks=False, waiting=())
    elif isinstance(action, BarFollowers):
        yield bar(world, index, frozenset(map(NAMES.index, action.names)))
    elif isinstance(action, Reinit):
        source = world.machines[NAMES.index(action.source)]
        yield world.machine(index, **_copied(machine, source)._asdict()) if source.up else world
    else:
        yield world.machine(index, **verb(machine, action, new_epoch(world, index))._asdict())


def verb(machine: Machine, action: Action, epoch: int) -> Machine:
    match action:
        case CloseDatabase():
            return machine if machine.waiting else machine._replace(open=False)
        case OpenDatabase():
            return machine._replace(open=True)
        case RequireAcks():
            return machine._replace(requires_acks=True)
        case OfferAcks(on=on):
            # Who connects to acknowledge says with it where it stands.
            return machine._replace(offers=on, owed=(*machine.log, *machine.relay)[-1:] if on else ())
        case StopReceiving():
            return machine._replace(receiving=False, offers=False)
        case StartReceiving():
            return machine._replace(receiving=True)
        case LeaveReplication():
            return machine._replace(
                source=None, receiving=False, applying=False, relay=(), offers=False, diverged=False
            )
        case Follow(source=source):
            return anew(machine._replace(source=NAMES.index(source)), epoch)
    raise AssertionError(action)


def anew(machine: Machine, epoch: int) -> Machine:
    """Replication, both threads started: what was received and not applied is discarded."""
    return machine._replace(
        receiving=True,
        applying=True,
        relay=(),
        owed=(),
        offers=False,
        epoch=epoch,
        diverged=False,
    )


def killed(world: World, index: int) -> World:
    return world.machine(
        index,
        up=False,
        open=False,
        waiting=(),
        requires_acks=False,
        offers=False,
        receiving=False,
        applying=False,
    )


def start(world: World, index: int, recovery: Recovery) -> Iterator[World]:
    machine = world.machines[index]
    if machine.up:
        yield world
        return
    shortest = len(machine.log) if recovery is Recovery.KEEP else machine.base
    for length in range(shortest, len(machine.log) + 1):
        yield world.machine(index, up=True, log=machine.log[:length], base=length, relay=())


def bar(world: World, index: int, barred: frozenset[int]) -> World:
    world = world.machine(index, barred=barred)
    for other in barred:
        if world.machines[other].source == index:
            world = world.machine(other, owed=())
    return world


def _copied(machine: Machine, source: Machine) -> Machine:
    return Machine(log=source.log, base=len(source.log), barred=machine.barred, epoch=machine.epoch)
