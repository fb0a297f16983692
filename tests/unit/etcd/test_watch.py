"""A watch tells every change once and in order, whatever becomes of the member that tells it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import pytest

from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.connection import Endpoint
from colonnade_agent.etcd.errors import Unreachable
from colonnade_agent.etcd.values import Snapshot
from colonnade_agent.etcd.watch import Changes, Watch
from tests.unit.etcd.scripted import Member, hangs_up, is_silent, member, nobody, plain, says, streams

READ_AT_5 = {"header": {"revision": "5"}}
READ_AT_40 = {"header": {"revision": "40"}}
CREATED = {"result": {"header": {"revision": "5"}, "created": True}}
COMPACTED = {"result": {"canceled": True, "compact_revision": "30"}}
NO_LEADER = {"error": {"grpc_code": 14, "message": "etcdserver: no leader"}}
QUIET = 0.3


def change(revision: int, *, told_at: int = 0) -> dict[str, Any]:
    pair = {"key": "YQ==", "mod_revision": str(revision), "value": "Yg=="}
    return {"result": {"header": {"revision": str(told_at or revision)}, "events": [{"kv": pair}]}}


@contextmanager
def watch(*endpoints: Endpoint) -> Iterator[Watch]:
    with closing(Client(endpoints, plain, QUIET)) as client:
        yield Watch(client, endpoints, plain, "x/", quiet=QUIET)


def first(number: int, watched: Watch) -> list[Snapshot | Changes]:
    with closing(iter(watched)) as told:
        return list(islice(told, number))


def revisions(number: int, *members: Member) -> list[int]:
    with watch(*(each.endpoint for each in members)) as watched:
        return [told.revision for told in first(number, watched)]


def asked_from(member: Member) -> list[str]:
    return [body["create_request"]["start_revision"] for path, body in member.requests if path == "/v3/watch"]


def test_first_all_there_is_and_then_what_changes() -> None:
    with member(says(READ_AT_5), streams(CREATED, change(6), change(8))) as only:
        with watch(only.endpoint) as watched:
            told = first(3, watched)
        assert [type(each) for each in told] == [Snapshot, Changes, Changes]
        assert [each.revision for each in told] == [5, 6, 8]
        assert asked_from(only) == ["6"]


@pytest.mark.parametrize("end", [hangs_up, is_silent])
def test_it_goes_on_with_another_member_where_the_first_one_stopped(end: Any) -> None:
    first_says = (says(READ_AT_5), streams(CREATED, change(6), then=end))
    with member(*first_says) as one, member(streams(CREATED, change(7))) as other:
        assert revisions(3, one, other) == [5, 6, 7]
        assert asked_from(other) == ["7"]


def test_while_it_catches_up_it_believes_the_changes_and_not_the_header() -> None:
    behind = streams(CREATED, change(6, told_at=9), then=hangs_up)
    with member(says(READ_AT_5), behind, streams(CREATED, change(7))) as only:
        assert revisions(3, only) == [5, 6, 7]
        assert asked_from(only) == ["6", "7"]


def test_what_was_compacted_is_read_whole_and_followed_from_there() -> None:
    with member(says(READ_AT_5), streams(COMPACTED), says(READ_AT_40), streams(CREATED, change(41))) as only:
        with watch(only.endpoint) as watched:
            told = first(3, watched)
        assert [type(each) for each in told] == [Snapshot, Snapshot, Changes]
        assert [each.revision for each in told] == [5, 40, 41]
        assert asked_from(only) == ["6", "41"]


def test_a_member_without_leader_is_left() -> None:
    with member(says(READ_AT_5), streams(NO_LEADER)) as one, member(streams(CREATED, change(6))) as other:
        assert revisions(2, one, other) == [5, 6]


def test_quiet_members_that_answer_are_no_failure() -> None:
    quiet = streams(CREATED)
    with member(says(READ_AT_5), quiet, quiet, quiet, streams(CREATED, change(6))) as only:
        assert revisions(2, only) == [5, 6]


def test_nobody_there_is_said_and_a_new_try_misses_nothing() -> None:
    behaviours = says(READ_AT_5), hangs_up, streams(CREATED, change(6))
    with member(*behaviours) as only, watch(only.endpoint) as watched:
        with pytest.raises(Unreachable):
            list(watched)
        assert [told.revision for told in first(1, watched)] == [6]
    with nobody() as gone, watch(gone) as watched, pytest.raises(Unreachable):
        list(watched)
