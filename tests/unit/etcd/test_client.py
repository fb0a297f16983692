"""What the client makes of members that answer, refuse, fall silent, or lose an answer on its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.connection import Endpoint
from colonnade_agent.etcd.errors import (
    Compacted,
    EtcdError,
    LeaseGone,
    Refused,
    Rewound,
    UnknownOutcome,
    Unreachable,
)
from colonnade_agent.etcd.values import Put, Txn
from tests.unit.etcd.scripted import (
    Behaviour,
    drips,
    hangs_up,
    http,
    is_silent,
    member,
    nobody,
    plain,
    says,
    sends,
)

AT_7 = {"header": {"revision": "7"}}
YES = {**AT_7, "succeeded": True}
CHANGE = Txn((), (Put("a", b"b"),))
SECONDS = 0.3

LOST: dict[str, Behaviour] = {
    "hangs up": hangs_up,
    "is silent": is_silent,
    "drips": drips,
    "is no etcd": sends(http(b"<html>Bad gateway", "502 Bad Gateway")),
    "is cut off": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
    "timed out": says({"code": 14, "message": "etcdserver: request timed out"}, "503 Service Unavailable"),
    "has no leader": says({"code": 14, "message": "etcdserver: no leader"}, "503 Service Unavailable"),
    "says an unknown error": says({"message": "?"}, "500 Internal Server Error"),
}
Opened = Callable[[list[Endpoint]], Client]
lost = pytest.mark.parametrize("lost", LOST.values(), ids=LOST)


@pytest.fixture
def opened() -> Iterator[Opened]:
    with ExitStack() as stack:
        yield lambda endpoints: stack.enter_context(closing(Client(endpoints, plain, SECONDS)))


@lost
def test_a_read_goes_on_to_the_next_member(lost: Behaviour, opened: Opened) -> None:
    with member(lost) as first, member(says(AT_7)) as second:
        client = opened([first.endpoint, second.endpoint])
        assert client.read("x/").revision == 7
        assert client.read("x/").revision == 7
        assert len(first.requests) == 1, "the member that answered is asked first from then on"


@lost
def test_a_change_whose_answer_was_lost_is_unknown_and_not_repeated(lost: Behaviour, opened: Opened) -> None:
    with member(lost) as first, member(says(YES)) as second:
        with pytest.raises(UnknownOutcome):
            opened([first.endpoint, second.endpoint]).commit(CHANGE)
        assert not second.requests


def test_a_change_that_could_not_be_sent_goes_to_the_next_member(opened: Opened) -> None:
    with nobody() as first, member(says(YES)) as second:
        assert opened([first, second.endpoint]).commit(CHANGE).succeeded


def test_nobody_there_is_unreachable_for_reads_and_changes(opened: Opened) -> None:
    with nobody() as first, nobody() as second:
        client = opened([first, second])
        with pytest.raises(Unreachable, match=str(first)):
            client.read("x/")
        with pytest.raises(Unreachable):
            client.commit(CHANGE)


def test_no_wait_is_longer_than_it_may_be(opened: Opened) -> None:
    with member(drips) as first, member(is_silent) as second:
        started = time.monotonic()
        with pytest.raises(Unreachable):
            opened([first.endpoint, second.endpoint]).read("x/")
        assert time.monotonic() - started < 4 * SECONDS


def test_a_connection_that_was_closed_meanwhile_loses_no_change(opened: Opened) -> None:
    """A restarted etcd closes idle connections; a change sent into one would be of unknown outcome."""

    def answers_and_goes(peer: object) -> None:
        says(AT_7)(peer)  # type: ignore[arg-type]
        hangs_up(peer)  # type: ignore[arg-type]

    with member(answers_and_goes, says(YES)) as only:
        client = opened([only.endpoint])
        client.read("x/")
        time.sleep(0.1)
        assert client.commit(CHANGE).succeeded
        assert only.connections == 2


@pytest.mark.parametrize("headers", ["", "Connection: close\r\n"])
def test_answers_are_read_whether_or_not_the_connection_is_kept(headers: str, opened: Opened) -> None:
    with member(says(AT_7, headers=headers)) as only:
        client = opened([only.endpoint])
        assert [client.read("x/").revision for _ in range(3)] == [7, 7, 7]
        assert only.connections == (3 if headers else 1)


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        ({"code": 3, "message": "duplicate key given in txn request"}, "400 Bad Request", Refused),
        ({"code": 5, "message": "etcdserver: requested lease not found"}, "404 Not Found", LeaseGone),
        ({"code": 8, "message": "etcdserver: mvcc: database space exceeded"}, "429 Too Many", Refused),
        ({"code": 11, "message": "required revision has been compacted"}, "400 Bad Request", Compacted),
        ({"error": {"grpc_code": 7, "message": "permission denied"}}, "200 OK", Refused),
    ],
)
def test_what_etcd_refuses_was_not_done(
    answer: dict[str, object], status: str, error: type[EtcdError], opened: Opened
) -> None:
    with member(says(answer, status)) as first, member(says(YES)) as second:
        with pytest.raises(error):
            opened([first.endpoint, second.endpoint]).commit(CHANGE)
        assert not second.requests


def test_a_lease_that_has_ended_is_gone_though_etcd_answers_well(opened: Opened) -> None:
    with member(says({"result": {**AT_7, "ID": "5"}})) as only, pytest.raises(LeaseGone):
        opened([only.endpoint]).keep_alive(5)


def test_a_lease_is_kept_through_another_member(opened: Opened) -> None:
    with member(is_silent) as first, member(says({"result": {**AT_7, "ID": "5", "TTL": "4"}})) as second:
        assert opened([first.endpoint, second.endpoint]).keep_alive(5) == 4


def test_revoking_what_is_gone_is_done(opened: Opened) -> None:
    with member(says({"code": 5, "message": "etcdserver: requested lease not found"}, "404 X")) as only:
        opened([only.endpoint]).revoke(5)


def test_a_store_restored_from_a_snapshot_is_refused(opened: Opened) -> None:
    with member(says(AT_7), says({"header": {"revision": "3"}})) as only:
        client = opened([only.endpoint])
        client.read("x/")
        with pytest.raises(Rewound):
            client.read("x/")


@pytest.mark.parametrize("call", [lambda c: c.read("x/"), lambda c: c.keep_alive(5)])
def test_reads_are_linearizable(call: Callable[[Client], object], opened: Opened) -> None:
    with member(says({**AT_7, "result": {"TTL": "1"}})) as only:
        call(opened([only.endpoint]))
        assert "serializable" not in only.requests[0][1]
