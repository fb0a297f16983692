"""How a database is, from what its machines answer: what can't be reached has not failed."""

from __future__ import annotations

from typing import Any

import pytest

from colonnade.errors import Unhealthy
from colonnade.verbs.database_state import Answer, state_of

CLUSTER: dict[str, Any] = {
    "now": 70,
    "leader": {"name": "db1", "lease": 5, "term": 3, "revision": 40},
    "sync": {"term": 3, "leader": "db1", "standby": {"name": "db2", "epoch": "e1"}, "pending": None},
    "members": {"db1": {"applied": 100}, "db2": {"applied": 97}},
    "reached": {"db1": {"applied": 99, "at": 1.0}},
    "successor": {"name": "db2", "reason": "it has every commit that was acknowledged"},
    "paused": False,
    "request": None,
    "answered": None,
}
PRIMARY = {
    "primary": True,
    "behind_seconds": 0.0,
    "written": 101.0,
    "lease_seconds": 4.0,
    "reason": "leading",
}
STANDBY = {"primary": False, "behind_seconds": 0.4, "reason": "following db1", "action": "Wait"}
BOTH = (Answer("db1", True, "", PRIMARY, CLUSTER), Answer("db2", True, "", STANDBY, CLUSTER))


def test_all_is_well() -> None:
    state = state_of("db", BOTH)
    assert state.safe
    assert (state.leader, state.standby, state.term, state.lease_seconds) == ("db1", "db2", 3, 4.0)
    assert [(m.machine, m.role, m.well, m.behind) for m in state.members] == [
        ("db1", "primary", True, 0),
        ("db2", "standby", True, 4),
    ]


def test_a_primary_that_can_not_be_reached_from_here_may_lead_all_the_same() -> None:
    state = state_of("db", [Answer("db1", False, "is not running"), BOTH[1]])
    (lost, _) = state.members
    assert (lost.role, lost.well) == ("primary", None)
    assert "can't be reached from here: is not running; its steward is heard of" in lost.reason
    assert state.safe


def test_a_steward_that_does_not_answer_has_failed() -> None:
    silent = Answer("db2", True, "the steward on db2 does not answer", None, CLUSTER)
    (_, standby) = state_of("db", [BOTH[0], silent]).members
    assert (standby.well, standby.reason) == (False, "the steward on db2 does not answer")


def test_nobody_leads() -> None:
    alone = {**CLUSTER, "leader": None, "successor": {"name": "", "reason": "db2's steward is not heard of"}}
    state = state_of("db", [Answer("db1", False, "off"), Answer("db2", True, "", STANDBY, alone)])
    assert (state.leader, state.data_of, state.safe) == ("", "db1", False)
    assert [m.role for m in state.members] == ["last primary", "standby"]


def test_the_newest_of_what_machines_know_counts() -> None:
    older = {**CLUSTER, "now": 60, "leader": None}
    state = state_of("db", [Answer("db1", True, "", PRIMARY, older), BOTH[1]])
    assert state.leader == "db1"


def test_where_nobody_reads_the_voters_that_is_the_error() -> None:
    with pytest.raises(Unhealthy, match="db1: off"):
        state_of("db", [Answer("db1", False, "off"), Answer("db2", True, "etcd: no leader", STANDBY, None)])
