"""What people are told: who would take over and why, and what would be lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from colonnade_agent.steward.protocol.prospect import loss, successor
from colonnade_agent.steward.protocol.store import LeaderKey, Member, Pending, Reached, Standby, Store, Sync

ALL = ("db1", "db2", "db3")
KEY = LeaderKey("db1", 5, 3, 40)
DB2 = Member("db2", 6, "e1", "db1", connected=True, received=10, applied=9)
DB3 = Member("db3", 7, "e9", "db1", connected=True, received=8, applied=8)
STORE = Store(KEY, Sync(3, "db1", Standby("db2", "e1")), 9, {"db2": DB2, "db3": DB3})
ALONE = replace(STORE, sync=Sync(3, "db1"))


def test_the_standby_would_take_over() -> None:
    assert successor(STORE, ALL).name == "db2"


@pytest.mark.parametrize(
    ("store", "why"),
    [
        (Store(), "the cluster has not begun"),
        (replace(STORE, paused=True), "automatic action is paused"),
        (replace(STORE, members={}), "db2 has every commit, and its steward is not heard of"),
        (replace(STORE, members={"db2": replace(DB2, epoch="e2")}), "has restarted since"),
        (replace(STORE, members={"db2": replace(DB2, no_failover=True)}), "db2 is in maintenance"),
        (replace(ALONE, members={}), "db2's steward is not heard of; db3's steward is not heard of"),
        (replace(ALONE, sync=Sync(3, "db1", None, Pending("db2", "e1"))), "db2 is being taken on"),
        (replace(ALONE, members={"db2": replace(DB2, connected=False)}), "db2 receives nothing from db1"),
        (replace(ALONE, members={"db2": replace(DB2, epoch=None)}), "db2 applies nothing"),
        (ALONE, "db3 receives, and has not kept up for long enough"),
    ],
)
def test_why_nobody_would(store: Store, why: str) -> None:
    found = successor(store, ALL)
    assert found.name == ""
    assert why in found.reason


def test_what_the_leader_had_and_the_target_has_not_is_lost() -> None:
    found = loss(ALONE, {"db1": Reached(15, 1000.0)}, "db2")
    assert (found.has, found.last, found.at, found.missing, found.revision) == (10, 15, 1000.0, 5, 9)
    assert found.words.startswith("5 transactions are known to be lost")


def test_who_has_as_much_loses_nothing_that_is_known() -> None:
    found = loss(ALONE, {"db1": Reached(10, 1000.0)}, "db2")
    assert found.missing == 0
    assert found.words.startswith("nothing is known to be lost")


def test_the_standby_is_sure_to_lose_nothing() -> None:
    assert loss(STORE, {"db1": Reached(15, 1000.0)}, "db2").words.startswith("nothing is lost")


def test_what_is_not_known_is_said_to_be_so() -> None:
    assert loss(ALONE, {}, "db2").missing is None
    assert "not known how far db1 was" in loss(ALONE, {}, "db2").words
    gone = loss(replace(ALONE, members={}), {"db1": Reached(15, 1000.0)}, "db2")
    assert gone.has is None
    assert "not heard of" in gone.words
