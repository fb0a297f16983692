"""How the cluster's common knowledge lies in etcd, and each store action as a transaction. Pure.

Under `/steward/<cluster>/`: `leader` and `members/<name>` with a lease; `sync`, `history/<term>`,
`request`, `answered` (the last one's answer), `paused` and `positions/<name>` without. Values are JSON
objects with the fields of `store`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from colonnade_agent.etcd.values import Compare, Delete, KeyValue, Operation, Put, Snapshot, Txn, absent
from colonnade_agent.steward.protocol.actions import (
    AnswerRequest,
    BeginCluster,
    DeposeLeader,
    HandOver,
    ReleaseLeadership,
    StoreAction,
    TakeLeadership,
    WriteSync,
)
from colonnade_agent.steward.protocol.store import (
    LeaderKey,
    Member,
    Pending,
    Position,
    Reached,
    Request,
    Standby,
    Store,
    Sync,
    Term,
)


class Keys:
    """Of one cluster, as the member `name` writes them."""

    def __init__(self, cluster: str, name: str) -> None:
        self.prefix = f"/steward/{cluster}/"
        self.name = name
        self.leader, self.sync = f"{self.prefix}leader", f"{self.prefix}sync"
        self.request, self.paused = f"{self.prefix}request", f"{self.prefix}paused"
        self.answered = f"{self.prefix}answered"
        self.members, self.history = f"{self.prefix}members/", f"{self.prefix}history/"
        self.positions = f"{self.prefix}positions/"

    def transaction(self, action: StoreAction, reason: str = "") -> Txn:
        """Either all of it is done, or what it was decided on is no longer so and nothing is. `reason` is
        what an operator is answered.
        """
        match action:
            case BeginCluster(sync=sync):
                return Txn((absent(self.sync),), (Put(self.sync, _json(sync)),))
            case TakeLeadership(term=term, lease=lease, sync_revision=revision):
                taken = self._leader(self.name, term, lease)
                return Txn((absent(self.leader), self._unchanged(revision)), (taken,))
            case ReleaseLeadership(key=key) | DeposeLeader(key=key):
                return Txn((self._held(key),), (Delete(self.leader),))
            case WriteSync(key=key, sync_revision=revision):
                return Txn((self._held(key), self._unchanged(revision)), self._sync(action))
            case HandOver(to=to, lease=lease, term=term, key=key, sync_revision=revision):
                return Txn((self._held(key), self._unchanged(revision)), (self._leader(to, term, lease),))
            case AnswerRequest(revision=revision, done=done):
                answer = json.dumps({"request": revision, "done": done, "reason": reason}).encode()
                asked = Compare(self.request, "MOD", revision)
                return Txn((asked,), (Delete(self.request), Put(self.answered, answer)))

    def announce(self, member: Member, at: float) -> Txn:
        """What we say of ourselves; gone with our lease. How far we were, and when (`at`, seconds since
        1970), stays: people want to know it of a machine that is lost.
        """
        reached = json.dumps({"applied": member.applied, "at": round(at, 1)}).encode()
        return Txn(
            (),
            (
                Put(self.members + self.name, _json(member), member.lease),
                Put(self.positions + self.name, reached),
            ),
        )

    def withdraw(self, revision: int) -> Txn:
        """Takes back an operator's wish, if it is still that one and nobody has answered it."""
        return Txn((Compare(self.request, "MOD", revision),), (Delete(self.request),))

    def reached(self, snapshot: Snapshot) -> dict[str, Reached]:
        """How far each member was when it last said so."""
        found = self._pairs(snapshot, self.positions)
        return {pair.key.removeprefix(self.positions): Reached(**_object(pair)) for pair in found}

    def ask(self, wish: Request) -> Txn:
        """An operator's wish, if there is none yet. Its revision is the transaction's."""
        said = {"kind": wish.kind, "target": wish.target, "sync_revision": wish.sync_revision}
        return Txn((absent(self.request),), (Put(self.request, json.dumps(said).encode()),))

    def store(self, snapshot: Snapshot) -> Store:
        """Raises ValueError, KeyError or TypeError if what lies there is not ours to read."""
        found = snapshot.keys
        sync, request = found.get(self.sync), found.get(self.request)
        return Store(
            leader=_leader_key(found[self.leader]) if self.leader in found else None,
            sync=_sync(_object(sync)) if sync else None,
            sync_revision=sync.modified if sync else 0,
            members={each.name: each for each in map(_member, self._pairs(snapshot, self.members))},
            history=tuple(sorted(map(_term, self._pairs(snapshot, self.history)), key=lambda t: t.number)),
            request=Request(**{**_object(request), "revision": request.modified}) if request else None,
            paused=self.paused in found,
        )

    def _pairs(self, snapshot: Snapshot, prefix: str) -> list[KeyValue]:
        return [pair for key, pair in snapshot.keys.items() if key.startswith(prefix)]

    def _leader(self, name: str, term: int, lease: int) -> Put:
        return Put(self.leader, json.dumps({"name": name, "term": term}).encode(), lease)

    def _held(self, key: LeaderKey) -> Compare:
        # Not CREATE: a key that is handed over keeps the revision it was created at.
        return Compare(self.leader, "MOD", key.revision)

    def _unchanged(self, revision: int) -> Compare:
        return Compare(self.sync, "MOD", revision)

    def _sync(self, action: WriteSync) -> tuple[Operation, ...]:
        written = Put(self.sync, _json(action.sync))
        if action.term is None:
            return (written,)
        return (written, Put(f"{self.history}{action.term.number}", _json(action.term)))


def _json(value: Any) -> bytes:
    return json.dumps(asdict(value), sort_keys=True).encode()


def _object(pair: KeyValue) -> dict[str, Any]:
    decoded = json.loads(pair.value)
    if not isinstance(decoded, dict):
        raise ValueError(f"{pair.key} holds no object")  # noqa: TRY004 - malformed input, not a wrong argument
    return decoded


def _leader_key(pair: KeyValue) -> LeaderKey:
    said = _object(pair)
    return LeaderKey(said["name"], pair.lease, said["term"], pair.modified)


def _sync(said: dict[str, Any]) -> Sync:
    standby, pending = said["standby"], said["pending"]
    return Sync(
        said["term"],
        said["leader"],
        Standby(**standby) if standby else None,
        Pending(**pending) if pending else None,
    )


def _member(pair: KeyValue) -> Member:
    """The lease is the key's own: what it says of it may be of an earlier session."""
    return Member(**{**_object(pair), "lease": pair.lease})


def _term(pair: KeyValue) -> Term:
    said = _object(pair)
    return Term(said["number"], said["leader"], Position(**said["start"]))
