"""What is written to etcd under which guards, and that it is read back as it was."""

from __future__ import annotations

import json

import pytest

from colonnade_agent.etcd.values import Compare, Delete, KeyValue, Put, Snapshot, Txn
from colonnade_agent.steward.keys import Keys
from colonnade_agent.steward.protocol.actions import (
    AnswerRequest,
    BeginCluster,
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
    Request,
    Standby,
    Store,
    Sync,
    Term,
)

KEYS = Keys("site", "db1")
KEY = LeaderKey("db1", lease=5, term=7, revision=40)
OURS = Compare("/steward/site/leader", "MOD", 40)
FREE = Compare("/steward/site/leader", "CREATE", 0)
UNCHANGED = Compare("/steward/site/sync", "MOD", 9)
SYNC = Sync(7, "db1", Standby("db2", "e1"), Pending("db3", "e4", 12))
TERM = Term(7, "db1", Position(100, "db1"))
MEMBER = Member("db2", 6, "e1", "db1", connected=True, received=3, applied=2, offers_acks=True, sync_seen=9)


@pytest.mark.parametrize(
    ("action", "guards"),
    [
        (BeginCluster(Sync(0, "db1")), {Compare("/steward/site/sync", "CREATE", 0)}),
        (TakeLeadership(8, 5, 9), {FREE, UNCHANGED}),
        (ReleaseLeadership(KEY), {OURS}),
        (WriteSync(SYNC, KEY, 9, TERM), {OURS, UNCHANGED}),
        (HandOver("db2", 6, 8, KEY, 9), {OURS, UNCHANGED}),
        (AnswerRequest(60, done=True), {Compare("/steward/site/request", "MOD", 60)}),
    ],
)
def test_every_action_is_guarded_by_what_it_was_decided_on(action: StoreAction, guards: set[Compare]) -> None:
    txn = KEYS.transaction(action)
    assert set(txn.compares) == guards
    assert txn.success
    assert not txn.otherwise


def test_leadership_hangs_on_its_holders_lease() -> None:
    leases = {
        KEYS.transaction(TakeLeadership(8, 5, 9)).success[0],
        KEYS.transaction(HandOver("db2", 6, 8, KEY, 9)).success[0],
    }
    assert {each.lease for each in leases if isinstance(each, Put)} == {5, 6}


def test_a_term_begins_in_the_same_transaction_as_its_sync_set() -> None:
    keys = [each.key for each in KEYS.transaction(WriteSync(SYNC, KEY, 9, TERM)).success]
    assert keys == ["/steward/site/sync", "/steward/site/history/7"]
    assert len(KEYS.transaction(WriteSync(SYNC, KEY, 9)).success) == 1


def test_the_sync_set_has_no_lease() -> None:
    (put,) = KEYS.transaction(WriteSync(SYNC, KEY, 9)).success
    assert isinstance(put, Put)
    assert put.lease == 0


def test_what_was_written_is_read_back() -> None:
    snapshot = stored(
        KEYS.transaction(TakeLeadership(7, 5, 9)),
        KEYS.transaction(WriteSync(SYNC, KEY, 9, TERM)),
        Keys("site", "db2").announce(MEMBER, 1700000000.04),
        Txn((), (Put("/steward/site/request", b'{"kind": "switchover", "target": "db2"}'),)),
    )
    assert KEYS.store(snapshot) == Store(
        leader=LeaderKey("db1", 5, 7, revision=1),
        sync=SYNC,
        sync_revision=2,
        members={"db2": MEMBER},
        history=(TERM,),
        request=Request("switchover", "db2", revision=4),
    )


def test_an_empty_store_and_a_paused_one() -> None:
    assert KEYS.store(Snapshot(1, {})) == Store()
    assert KEYS.store(stored(Txn((), (Put("/steward/site/paused", b"{}"),)))).paused


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", json.dumps({"term": 1}).encode()])
def test_what_is_not_ours_to_read_is_no_state(value: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        KEYS.store(stored(Txn((), (Put("/steward/site/sync", value),))))


def stored(*txns: Txn) -> Snapshot:
    """Each transaction is one revision, and its guards hold."""
    found: dict[str, KeyValue] = {}
    for revision, txn in enumerate(txns, start=1):
        for operation in txn.success:
            if isinstance(operation, Put):
                created = found[operation.key].created if operation.key in found else revision
                pair = KeyValue(operation.key, operation.value, created, revision, operation.lease)
                found[operation.key] = pair
            elif isinstance(operation, Delete):
                found.pop(operation.key, None)
    return Snapshot(len(txns), found)
