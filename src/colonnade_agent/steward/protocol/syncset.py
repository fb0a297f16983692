"""Who is sure to have all that was acknowledged? How the leader gives up a standby that is lost, and takes
one on.

The order is the point. Giving up: first the store says that there is none (from then on nobody else may
lead), then commits stop waiting. Taking on: first commits wait, then the barrier is read, then it is reached,
then the store says so (from then on the standby may lead).
"""

from __future__ import annotations

from dataclasses import replace

from colonnade_agent.steward.protocol.actions import BarFollowers, Decision, RequireAcks, WriteSync, wait
from colonnade_agent.steward.protocol.observation import Scene
from colonnade_agent.steward.protocol.store import Member, Pending, Standby, Sync


def settle(scene: Scene) -> Decision:
    """Open and leading: one step towards a standby."""
    if gone := lost(scene):
        return gone
    if scene.sync.pending:
        return _take_on(scene, scene.sync.pending)
    if first := require(scene) or _readmit(scene):
        return first
    if scene.sync.standby:
        return wait(f"leading; {scene.sync.standby.name} has everything")
    candidate = _candidate(scene)
    if candidate and candidate.epoch:
        return _write(scene, _pending(candidate), f"{candidate.name} keeps up, and shall be the standby")
    return wait("leading alone: no member keeps up")


def require(scene: Scene) -> Decision | None:
    """I3: whether commits must wait follows from what the store says, and never runs ahead of it."""
    needed = must_wait(scene)
    if needed == scene.database.requires_acks:
        return None
    why = "a standby is named" if needed else "the store says that nobody else may lead"
    return Decision(RequireAcks(needed), why)


def must_wait(scene: Scene) -> bool:
    sync = scene.sync
    return scene.seen.settings.strict or sync.standby is not None or sync.pending is not None


def lost(scene: Scene) -> Decision | None:
    """The standby can't be relied on any more: say so, and name a better one at once if there is one."""
    recorded = scene.sync.standby
    if recorded is None or not (why := _loss(scene, recorded)):
        return None
    if scene.seen.settings.strict and not _candidate(scene):
        return None
    candidate = _candidate(scene)
    if candidate and candidate.epoch:
        return _write(scene, _pending(candidate), f"{why}; {candidate.name} takes its place")
    return _write(scene, replace(scene.sync, standby=None, pending=None), why)


def _loss(scene: Scene, recorded: Standby) -> str:
    """Why the standby is none any more, or nothing."""
    said, limit = scene.store.members.get(recorded.name), scene.seen.settings.degrade_after
    if said and said.epoch != recorded.epoch:
        return f"{recorded.name} has restarted: what it had not applied is gone"
    if said and said.no_failover:
        return f"{recorded.name} is set never to lead"
    if scene.seen.ages.standby_unwell >= limit:
        return f"{recorded.name} has not been heard of or not received for {limit:g} s"
    if scene.database.waiting is not None and scene.database.waiting >= limit:
        return f"{recorded.name} has acknowledged nothing for {limit:g} s"
    return ""


def _take_on(scene: Scene, pending: Pending) -> Decision:
    said, database = scene.store.members.get(pending.name), scene.database
    without = replace(scene.sync, pending=None)
    if said is None or said.epoch != pending.epoch:
        return _write(scene, without, f"{pending.name} has gone or restarted")
    if (database.waiting or 0.0) >= scene.seen.settings.degrade_after:
        return _write(scene, without, f"{pending.name} acknowledges nothing")
    barred = _barred(scene, pending.name)
    if barred != database.barred:
        return Decision(BarFollowers(barred), f"only {pending.name} may acknowledge")
    if not said.offers_acks and not database.requires_acks:
        return wait(f"{pending.name} is about to offer acknowledgements")
    if not database.requires_acks:
        return Decision(RequireAcks(True), f"{pending.name} acknowledges")
    return _publish(scene, pending, said)


def _publish(scene: Scene, pending: Pending, said: Member) -> Decision:
    if pending.barrier is None:
        barrier = scene.database.written.seq
        marked = replace(scene.sync, pending=replace(pending, barrier=barrier))
        return _write(scene, marked, f"{pending.name} has to receive transaction {barrier}")
    if not reached(pending, said):
        return wait(f"{pending.name} has received {said.received} of {pending.barrier}")
    published = replace(scene.sync, standby=Standby(pending.name, pending.epoch), pending=None)
    return _write(scene, published, f"{pending.name} has all that was acknowledged")


def reached(pending: Pending, said: Member) -> bool:
    """I2. The epoch was compared before."""
    return pending.barrier is not None and said.received is not None and said.received >= pending.barrier


def _readmit(scene: Scene) -> Decision | None:
    """Those barred who have said that they do not acknowledge may fetch again; all, where nobody counts on
    who acknowledges.
    """
    standby = scene.sync.standby
    barred = _barred(scene, standby.name) & scene.database.barred if standby else frozenset[str]()
    if barred == scene.database.barred:
        return None
    return Decision(BarFollowers(barred), "their acknowledgements can do no harm")


def _barred(scene: Scene, acker: str) -> frozenset[str]:
    """I1. A member not heard of may come back at any moment and acknowledge, as it was once told to. Who has
    read the sync set that does not name it, and offers nothing, will not.
    """
    others = scene.seen.settings.members - {scene.me, acker}
    return frozenset(name for name in others if not _is_harmless(scene, scene.store.members.get(name)))


def _is_harmless(scene: Scene, said: Member | None) -> bool:
    return said is not None and not said.offers_acks and said.sync_seen >= scene.store.sync_revision


def _candidate(scene: Scene) -> Member | None:
    """The best of those who keep up: never the standby itself, in the epoch that was lost."""
    fit = [each for each in scene.store.members.values() if _is_fit(scene, each)]
    return max(fit, key=lambda each: (each.received or 0, each.name), default=None)


def _is_fit(scene: Scene, said: Member) -> bool:
    settings, recorded = scene.seen.settings, scene.sync.standby
    if said.name == scene.me or said.no_failover or said.epoch is None or said.source != scene.me:
        return False
    if recorded == Standby(said.name, said.epoch):
        return False
    behind = scene.database.written.seq - said.applied
    stable = scene.seen.ages.streaming.get(said.name, 0.0) >= settings.stable
    return said.connected and said.received is not None and behind <= settings.max_gap and stable


def _pending(candidate: Member) -> Pending:
    assert candidate.epoch is not None
    return Pending(candidate.name, candidate.epoch)


def _write(scene: Scene, change: Sync | Pending, why: str) -> Decision:
    key = scene.key
    assert key is not None
    if isinstance(change, Pending):
        change = replace(scene.sync, standby=None, pending=change)
    return Decision(WriteSync(change, key, scene.store.sync_revision), why)
