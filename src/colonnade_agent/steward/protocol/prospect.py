"""What people ask of the cluster's common knowledge: who would take over, and what would be lost if somebody
else did? Pure; nothing is decided by it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from colonnade_agent.steward.protocol.store import Member, Reached, Standby, Store, Sync


@dataclass(frozen=True)
class Prospect:
    """Who would lead if the leader died now; `name` is empty where nobody could. `reason` says why."""

    name: str
    reason: str


def successor(store: Store, expected: Collection[str]) -> Prospect:
    """`expected`: all members of the design."""
    sync = store.sync
    if sync is None:
        return Prospect("", "the cluster has not begun")
    if store.paused:
        return Prospect("", "automatic action is paused")
    if sync.standby is None:
        return Prospect("", "; ".join(_why_not(store, sync, name) for name in _others(sync, expected)))
    name = sync.standby.name
    trouble = _unfit(sync.standby, store.members.get(name))
    return Prospect("", trouble) if trouble else Prospect(name, "it has every commit that was acknowledged")


def _unfit(recorded: Standby, said: Member | None) -> str:
    if said is None:
        return f"{recorded.name} has every commit, and its steward is not heard of"
    if said.epoch != recorded.epoch:
        return f"{recorded.name} had every commit, and has restarted since"
    return f"{recorded.name} is in maintenance" if said.no_failover else ""


def _others(sync: Sync, expected: Collection[str]) -> Collection[str]:
    return sorted(set(expected) - {sync.leader})


def _why_not(store: Store, sync: Sync, name: str) -> str:
    said = store.members.get(name)
    if sync.pending and sync.pending.name == name:
        return f"{name} is being taken on: it has almost every commit"
    if said is None:
        return f"{name}'s steward is not heard of"
    if said.no_failover:
        return f"{name} is in maintenance"
    if said.epoch is None:
        return f"{name} applies nothing"
    if said.source != sync.leader or not said.connected:
        return f"{name} receives nothing from {sync.leader}"
    return f"{name} receives, and has not kept up for long enough"


@dataclass(frozen=True)
class Loss:
    """What `target` lacks if it is made to lead. `missing` counts transactions; None where that is not known.
    `has` and `last` are the last transactions of the target and, when it last said so (`at`), of the leader;
    `has` is None where the target is not heard of. `revision` is the state that this was reckoned from.
    `words` say it.
    """

    target: str
    leader: str
    has: int | None
    last: int | None
    at: float | None
    missing: int | None
    revision: int
    words: str


def loss(store: Store, reached: Mapping[str, Reached], target: str) -> Loss:
    sync, said = store.sync, store.members.get(target)
    leader = sync.leader if sync else ""
    known = reached.get(leader)
    has = _has(said)
    last, at = (known.applied, known.at) if known else (None, None)
    missing = max(last - has, 0) if last is not None and has is not None else None
    words = _words(target, leader, missing, has is not None, is_standby=_is_standby(sync, said))
    return Loss(target, leader, has, last, at, missing, store.sync_revision, words)


def _has(said: Member | None) -> int | None:
    """What was received and not yet applied is applied before it leads."""
    return max(said.applied, said.received or 0) if said else None


def _is_standby(sync: Sync | None, said: Member | None) -> bool:
    recorded = sync.standby if sync else None
    return (
        recorded is not None
        and said is not None
        and (recorded.name, recorded.epoch) == (said.name, said.epoch)
    )


def _words(target: str, leader: str, missing: int | None, heard: bool, *, is_standby: bool) -> str:
    if not heard:
        return f"{target}'s steward is not heard of: it could not take over"
    if is_standby:
        return f"nothing is lost: {target} has every commit that was acknowledged"
    if missing is None:
        return f"it is not known how far {leader} was, so not what {target} lacks"
    if missing:
        return f"{missing} transactions are known to be lost: {leader} had them, and {target} has not"
    return f"nothing is known to be lost: {target} has all that {leader} has said it had"
