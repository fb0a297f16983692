"""A visitor does what browsers do, and tells all of it. Real sockets and real TLS, on loopback."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from colonnade_agent.visitor.browser import Browser, Internet, Wish
from colonnade_agent.visitor.connecting import Trust
from colonnade_agent.visitor.names import Names
from colonnade_agent.visitor.order import CONNECT_SECONDS, NEXT_ADDRESS_SECONDS, Order
from colonnade_agent.visitor.record import Record
from tests.unit.agent.visited import (
    NAME,
    Papers,
    Site,
    black_hole,
    guestbook,
    ok,
    played,
    running,
)

FIRST, SECOND, THIRD = "127.0.0.1", "127.0.0.2", "127.0.0.3"
HOME = Wish("read", "/")
WRITE = Wish("write", "/api/entries", "one", b'{"id": "one", "text": "x"}')


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers.made(tmp_path_factory.mktemp("papers"))


class Told(Record):
    """A record that can be read as it grows."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self._nowhere = os.open(os.devnull, os.O_WRONLY)
        super().__init__(self._nowhere, lambda: None)

    def write(self, what: str, **values: object) -> None:
        super().write(what, **values)
        self.lines.append({"what": what, **values})

    def words(self) -> list[str]:
        return [line["what"] for line in self.lines]

    def close(self) -> None:
        super().close()
        os.close(self._nowhere)


class FixedNames(Names):
    def __init__(self, *addresses: str) -> None:
        super().__init__(NAME, ())
        self._fixed = addresses

    async def addresses(self) -> tuple[str, ...]:
        return self._fixed


@asynccontextmanager
async def visitor(
    ca: str, port: int, *addresses: str, pinned: str = ""
) -> AsyncIterator[tuple[Browser, Told]]:
    told = Told()
    net = Internet(Order("r", NAME, ca, port=port), Trust.of(ca), FixedNames(*addresses), told)
    browser = Browser(net, pinned)
    try:
        yield browser, told
    finally:
        browser.close()
        told.close()


# One address after another


def test_an_address_that_says_nothing_costs_a_moment_and_no_more(papers: Papers) -> None:
    async def story() -> None:
        async with running(guestbook, papers, SECOND) as site, black_hole(FIRST, site.port):
            for _ in range(8):  # the order is by chance: in some of these the dead one comes first
                async with visitor(papers.ca, site.port, FIRST, SECOND) as (browser, told):
                    started = time.monotonic()
                    answer = await browser.ask(HOME)
                    assert answer is not None
                    assert answer.status == 200
                    assert time.monotonic() - started < NEXT_ADDRESS_SECONDS + 0.7
                    assert told.lines[-1]["address"] == SECOND

    played(story)


def test_one_that_refuses_costs_nothing(papers: Papers) -> None:
    async def story() -> None:
        async with (
            running(guestbook, papers, THIRD) as site,
            visitor(papers.ca, site.port, FIRST, SECOND, THIRD) as (browser, told),
        ):
            answer = await browser.ask(HOME)
            assert answer is not None
            assert told.words() == ["begin", "send", "end"]

    played(story)


def test_a_visitor_remembers_who_answered_and_who_did_not(papers: Papers) -> None:
    async def story() -> None:
        async with (
            running(guestbook, papers, SECOND) as site,
            black_hole(FIRST, site.port),
            visitor(papers.ca, site.port, FIRST, SECOND) as (browser, _),
        ):
            assert await browser.ask(HOME)
            browser.close()
            started = time.monotonic()
            for _ in range(5):
                assert await browser.ask(HOME)
                browser.close()
            assert time.monotonic() - started < NEXT_ADDRESS_SECONDS * 4

    played(story)


def test_when_no_address_answers_it_says_why_of_each(papers: Papers) -> None:
    async def story() -> None:
        async with (
            running(guestbook, papers, THIRD) as site,
            black_hole(FIRST, site.port),
            visitor(papers.ca, site.port, FIRST, SECOND) as (browser, told),
        ):
            started = time.monotonic()
            assert await browser.ask(WRITE) is None
            assert time.monotonic() - started < CONNECT_SECONDS + NEXT_ADDRESS_SECONDS + 1
            assert told.words() == ["begin", "end"]
            assert told.lines[-1]["status"] == 0
            error = told.lines[-1]["error"]
            assert f"{FIRST}: no answer in time" in error
            assert f"{SECOND}: " in error

    played(story)


def test_a_probe_tries_its_own_address_only(papers: Papers) -> None:
    async def story() -> None:
        async with (
            running(guestbook, papers, SECOND) as site,
            visitor(papers.ca, site.port, SECOND, pinned=FIRST) as (browser, told),
        ):
            assert await browser.ask(Wish("pin", "/")) is None
            assert told.lines[0]["address"] == FIRST

    played(story)


def test_who_is_not_certified_is_not_visited(papers: Papers, tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            running(guestbook, papers, FIRST) as site,
            visitor(Papers.made(tmp_path).ca, site.port, FIRST) as (browser, told),
        ):
            assert await browser.ask(HOME) is None
            assert "CERTIFICATE_VERIFY_FAILED" in told.lines[-1]["error"]

    played(story)


# Connections that end


def hangs_up_on_the_second(site: Site, what: str, body: bytes, number: int) -> bytes | None:
    return None if number == 2 else guestbook(site, what, body, number)


def breaks_off_on_the_second(site: Site, what: str, body: bytes, number: int) -> bytes | None:
    return b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf" if number == 2 else ok()


def hangs_up(site: Site, what: str, body: bytes, number: int) -> bytes | None:
    return None


@pytest.mark.parametrize("wish", [HOME, WRITE])
def test_a_used_connection_that_died_is_no_reason_to_fail(papers: Papers, wish: Wish) -> None:
    async def story() -> None:
        async with (
            running(hangs_up_on_the_second, papers, FIRST) as site,
            visitor(papers.ca, site.port, FIRST) as (browser, told),
        ):
            assert await browser.ask(HOME)
            answer = await browser.ask(wish)
            assert answer is not None
            assert answer.status in {200, 201}
            assert told.words() == ["begin", "send", "end", "begin", "send", "send", "end"]
            assert [line["reused"] for line in told.lines if line["what"] == "send"] == [
                False,
                True,
                False,
            ]
            assert site.connections == 2

    played(story)


def test_one_that_dies_new_is_a_failure(papers: Papers) -> None:
    async def story() -> None:
        async with (
            running(hangs_up, papers, FIRST) as site,
            visitor(papers.ca, site.port, FIRST) as (browser, told),
        ):
            assert await browser.ask(HOME) is None
            assert (site.connections, told.words()) == (1, ["begin", "send", "end"])

    played(story)


def test_half_an_answer_is_not_asked_for_again(papers: Papers) -> None:
    """What was begun to be answered was read, and who knows what it did."""

    async def story() -> None:
        async with (
            running(breaks_off_on_the_second, papers, FIRST) as site,
            visitor(papers.ca, site.port, FIRST) as (browser, told),
        ):
            assert await browser.ask(HOME)

            async def end_it() -> None:
                await asyncio.sleep(0.1)
                browser._open.writer.transport.abort()  # type: ignore[union-attr]

            ending = asyncio.create_task(end_it())
            assert await browser.ask(WRITE) is None
            await ending
            assert told.words()[3:] == ["begin", "send", "end"]

    played(story)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("said", "status", "body", "connections"),
    [
        (ok(b"whole"), 200, b"whole", 1),
        (CHUNKED, 200, b"hello world", 1),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok(b"late"), 200, b"late", 1),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", 1),
        (ok(b"last", "Connection: close\r\n"), 200, b"last", 2),
        (ok(b"busy", status="503 Service Unavailable"), 503, b"busy", 1),
    ],
)
def test_answers_are_read_as_http_has_them(
    papers: Papers, said: bytes, status: int, body: bytes, connections: int
) -> None:
    async def story() -> None:
        async with (
            running(lambda *_: said, papers, FIRST) as site,
            visitor(papers.ca, site.port, FIRST) as (browser, _),
        ):
            for _ in range(2):
                answer = await browser.ask(HOME)
                assert answer is not None
                assert (answer.status, answer.body) == (status, body)
            assert site.connections == connections

    played(story)


def test_what_is_no_http_is_no_answer(papers: Papers) -> None:
    async def story() -> None:
        async with (
            running(lambda *_: b"220 mail\r\n\r\n", papers, FIRST) as site,
            visitor(papers.ca, site.port, FIRST) as (browser, told),
        ):
            assert await browser.ask(HOME) is None
            assert "no status line" in told.lines[-1]["error"]

    played(story)


def test_tls_sessions_are_taken_up_again(papers: Papers) -> None:
    async def story() -> None:
        async with (
            running(guestbook, papers, FIRST) as site,
            visitor(papers.ca, site.port, FIRST) as (browser, _),
        ):
            for _ in range(4):
                assert await browser.ask(HOME)
                browser.close()
            assert (site.connections, site.resumed) == (4, 3)

    played(story)


def test_a_trust_is_a_context_that_checks_names(papers: Papers) -> None:
    trust = Trust.of(papers.ca)
    assert trust.check_hostname
    assert trust.verify_mode is ssl.CERT_REQUIRED
