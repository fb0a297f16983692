"""The watcher beside a name server that is restarted, reads its file again, or refuses; and its questions."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from colonnade_agent.uplinks import asking, knot, message
from colonnade_agent.uplinks.decide import DOWN_AFTER, UP_AFTER, Line, Way
from colonnade_agent.uplinks.enforce import Deed, due
from colonnade_agent.uplinks.main import Watcher
from colonnade_agent.uplinks.order import Order, Route, found, read

SITE = "www.foobar.com"
A, B = ("192.0.2.1", "192.0.2.2"), ("198.51.100.1", "198.51.100.2")
EVERY = frozenset(A + B)
ORDER = Order("foobar.com", {SITE: {"a": A, "b": B}}, {Way("a", "w"): Route("192.0.2.1", "203.0.113.53")})
ONLY_B = {"a": Line(given=False), "b": Line()}
BOTH = {"a": Line(), "b": Line()}


class Server:
    """A name server whose zone's file has `file`, and the uplinks by which a witness answers."""

    def __init__(self) -> None:
        self.file = EVERY
        self.gives: frozenset[str] | None = EVERY
        self.refuses = False
        self.reloads = 0
        self.alive = {"a", "b"}

    def withdraw(self, zone: str, records: Iterable[tuple[str, str]]) -> None:
        assert zone == "foobar.com"
        if self.refuses or self.gives is None:
            raise knot.KnotError("refused")
        self.gives -= {address for _, address in records}

    def give_all(self, zone: str) -> None:
        self.reloads += 1
        self.gives = self.file

    def given(self, name: str, seconds: float) -> frozenset[str] | None:
        return self.gives

    def heard(self, routes: Iterable[Way], seconds: float) -> dict[Way, bool]:
        return {Way("a", "w"): "a" in self.alive, Way("b", "w"): "b" in self.alive}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    for module, name in ((knot, "withdraw"), (knot, "give_all"), (asking, "given"), (asking, "heard")):
        monkeypatch.setattr(module, name, getattr(server, name))
    return server


@pytest.fixture
def watcher(server: Server, tmp_path: Path) -> Watcher:
    watcher = Watcher(ORDER, tmp_path / "state.json")
    watcher.begin()
    return watcher


def rounds(watcher: Watcher, number: int) -> None:
    for _ in range(number):
        watcher.round()


def told(watcher: Watcher) -> dict[str, bool]:
    said = json.loads(watcher.state.read_text())
    return {name: line["given"] for name, line in said["uplinks"].items()}


def test_a_dead_uplink_is_withdrawn_and_comes_back(server: Server, watcher: Watcher) -> None:
    server.alive = {"b"}
    rounds(watcher, DOWN_AFTER - 1)
    assert (server.gives, told(watcher)) == (EVERY, {"a": True, "b": True})
    rounds(watcher, 1)
    assert (server.gives, told(watcher)) == (frozenset(B), {"a": False, "b": True})
    server.alive = {"a", "b"}
    rounds(watcher, UP_AFTER)
    assert (server.gives, told(watcher)) == (EVERY, {"a": True, "b": True})


def test_a_restarted_name_server_is_told_again(server: Server, watcher: Watcher) -> None:
    server.alive = {"b"}
    rounds(watcher, DOWN_AFTER)
    server.gives = None
    rounds(watcher, 1)
    server.gives = EVERY
    rounds(watcher, 1)
    assert server.gives == frozenset(B)


def test_a_killed_watcher_finds_what_it_had_done(server: Server, watcher: Watcher) -> None:
    server.alive = {"b"}
    rounds(watcher, DOWN_AFTER)
    again = Watcher(ORDER, watcher.state)
    again.begin()
    rounds(again, 1)
    assert (server.gives, server.reloads) == (frozenset(B), 0)


def test_a_watcher_that_is_told_to_stop_gives_everything_back(server: Server, watcher: Watcher) -> None:
    server.alive = {"b"}
    rounds(watcher, DOWN_AFTER)
    watcher.end()
    assert server.gives == EVERY


def test_a_server_that_refuses_is_asked_again_and_reported(server: Server, watcher: Watcher) -> None:
    server.alive, server.refuses = {"b"}, True
    rounds(watcher, DOWN_AFTER)
    assert json.loads(watcher.state.read_text())["trouble"] == "refused"
    server.refuses = False
    rounds(watcher, 1)
    assert server.gives == frozenset(B)
    assert json.loads(watcher.state.read_text())["trouble"] == ""


def test_a_file_that_lacks_an_address_is_not_read_again_in_every_round(
    server: Server, watcher: Watcher
) -> None:
    server.file = server.gives = EVERY - {A[0]}
    rounds(watcher, 20)
    assert 1 <= server.reloads <= 3
    assert server.gives == EVERY - {A[0]}


def test_addresses_of_others_are_never_touched() -> None:
    strange = frozenset({*EVERY, "203.0.113.9"})
    assert due(ORDER, BOTH, {SITE: strange}) == Deed()
    assert due(ORDER, ONLY_B, {SITE: strange}) == Deed(withdraw=((SITE, A[0]), (SITE, A[1])))


def test_a_server_that_does_not_answer_is_left_alone() -> None:
    assert due(ORDER, ONLY_B, {SITE: None}) == Deed()


def test_a_name_that_one_uplink_alone_leads_to_keeps_its_addresses() -> None:
    order = Order("foobar.com", {SITE: {"a": A, "b": B}, "old.foobar.com": {"a": A}}, {})
    deed = due(order, ONLY_B, {SITE: frozenset(B), "old.foobar.com": frozenset(A)})
    assert deed == Deed()


@pytest.mark.parametrize(
    ("gives", "given"),
    [(EVERY, ["a", "b"]), (frozenset(B), ["b"]), (frozenset(), ["a", "b"]), (None, ["a", "b"])],
)
def test_it_begins_with_what_the_server_gives(gives: frozenset[str] | None, given: list[str]) -> None:
    assert [name for name, line in found(ORDER, {SITE: gives}).items() if line.given] == given


def test_the_order_is_read() -> None:
    way = {"out": "a", "source": "192.0.2.1", "target": "w", "into": "", "address": "203.0.113.53"}
    text = json.dumps({"zone": "foobar.com", "names": {SITE: {"a": A, "b": B}}, "ways": [way]})
    assert read(text) == ORDER


@contextmanager
def name_server(*replies: bytes | None) -> Iterator[int]:
    """Its port. It answers one question with these flags after the question's number; None: not at all."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)

        def serve() -> None:
            asked, source = listening.recvfrom(512)
            for reply in replies:
                if reply is not None:
                    listening.sendto(reply + asked[2:] if len(reply) == 4 else asked[:2] + reply, source)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


ROUTE = {"w": Route("127.0.0.1", "127.0.0.1")}
REFUSED = b"\x80\x05" + b"\0" * 8


@pytest.mark.parametrize(
    ("replies", "heard"),
    [((REFUSED,), True), ((b"nope", REFUSED), True), ((b"nope",), False), ((None,), False)],
)
def test_only_an_answer_to_the_question_counts(replies: tuple[bytes | None, ...], heard: bool) -> None:
    with name_server(*replies) as port:
        assert asking.heard(ROUTE, 0.3 if not heard else 5, port) == {"w": heard}


def test_where_nobody_listens_or_nothing_leads_there_is_no_answer() -> None:
    with name_server(None) as port:
        routes = {"closed": ROUTE["w"], "not ours": Route("203.0.113.1", "127.0.0.1")}
        asking.heard(ROUTE, 0.1, port)
    assert asking.heard(routes, 5, port) == {"closed": False, "not ours": False}


def test_questions_have_numbers_that_nobody_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = set()

    def record(number: int, name: str, kind: int) -> bytes:
        numbers.add(number)
        return b""

    monkeypatch.setattr(message, "question", record)
    asking.heard(dict.fromkeys(range(20), ROUTE["w"]), 0.01, 9)
    assert len(numbers) > 15
