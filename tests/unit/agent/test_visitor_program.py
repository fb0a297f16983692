"""The visitors' program as a whole, as it is sent to where visitors come from; and how it finds names."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from colonnade_agent import pack
from colonnade_agent.visitor.names import Names, NoName
from colonnade_agent.visitor.order import Order, decode, encode
from tests.unit.agent.visited import NAME, NameServer, Papers, Site, guestbook, naming, ok, played, running

FIRST, SECOND, THIRD = "127.0.0.1", "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return Papers.made(tmp_path_factory.mktemp("papers"))


# Names


def test_a_name_is_asked_for_again_when_its_time_is_over() -> None:
    async def story() -> None:
        server = NameServer(1, FIRST, SECOND)
        async with naming(server) as port:
            names = Names(NAME, ("127.0.0.1",), port)
            for _ in range(3):
                assert sorted(await names.addresses()) == [FIRST, SECOND]
            assert server.asked == 1
            server.addresses = (THIRD,)
            await asyncio.sleep(1.1)
            assert await names.addresses() == (THIRD,)
            assert server.asked == 2

    played(story)


def test_a_resolver_that_is_silent_is_asked_three_times_and_no_more() -> None:
    async def story() -> None:
        server = NameServer(1)
        async with naming(server) as port:
            with pytest.raises(NoName):
                await Names(NAME, ("127.0.0.1",), port).addresses()
            assert server.asked == 3

    played(story)


# The whole program


def test_an_order_survives_its_journey() -> None:
    order = Order("ab", NAME, "ca", (FIRST,), "/healthz", users=3)
    assert decode(json.loads(json.dumps(encode(order)))) == order


@contextlib.asynccontextmanager
async def program(order: Order) -> AsyncIterator[subprocess.Popen[bytes]]:
    argv, stdin = pack.visitor(order)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, *argv[1:]], **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write(stdin)
        process.stdin.flush()
        yield process


async def lines_of(order: Order, seconds: float) -> list[dict[str, Any]]:
    """Its ledger, when told to stop after `seconds`."""
    async with program(order) as process:
        await asyncio.sleep(seconds)
        out, errors = await asyncio.to_thread(process.communicate)
    assert (process.returncode, errors.decode()) == (0, "")
    return [json.loads(line) for line in out.splitlines()]


def test_the_program_visits_until_its_input_ends(papers: Papers) -> None:
    async def story() -> None:
        server = NameServer(60, FIRST, SECOND)
        async with running(guestbook, papers, FIRST, SECOND) as site, naming(server) as dns_port:
            order = Order(
                run="ab12",
                name=NAME,
                ca=papers.ca,
                addresses=(FIRST, SECOND),
                port=site.port,
                resolvers=("127.0.0.1",),
                dns_port=dns_port,
                sources=("127.0.0.7", "127.0.0.8"),
                pause=0.05,
            )
            lines = await lines_of(order, 3)
        assert {"127.0.0.7", "127.0.0.8"} <= site.visitors
        assert lines[-1]["what"] == "bye"
        assert next(line for line in lines if line["what"] == "hello")["writes"] is True
        begun = {line["n"]: line for line in lines if line["what"] == "begin"}
        ended = {line["n"]: line for line in lines if line["what"] == "end"}
        assert begun.keys() == ended.keys()
        assert {line["status"] for line in ended.values()} <= {0, 200, 201}, "0: a busy computer was late"
        good = {begun[n]["kind"] for n, line in ended.items() if line["status"]}
        assert good == {"pin", "newcomer", "read", "write"}
        for address in (FIRST, SECOND):
            probes = [n for n, line in begun.items() if line.get("address") == address]
            assert len(probes) > 5
        written = {begun[n]["id"] for n, line in ended.items() if line["status"] == 201}
        assert written == site.entries.keys()
        assert all(entry.startswith("drill-ab12-") for entry in written)

    played(story)


def test_an_app_that_takes_no_entries_gets_reads_only(papers: Papers) -> None:
    def page(site: Site, what: str, body: bytes, number: int) -> bytes:
        return ok() if what == "GET /" else ok(b"", status="404 Not Found")

    async def story() -> None:
        server = NameServer(60, FIRST)
        async with running(page, papers, FIRST) as site, naming(server) as dns_port:
            order = Order(
                "ab", NAME, papers.ca, port=site.port, resolvers=("127.0.0.1",), dns_port=dns_port, pause=0.05
            )
            lines = await lines_of(order, 1.5)
        hello = next(line for line in lines if line["what"] == "hello")
        assert hello["writes"] is False
        assert "POST /api/entries" in hello["why"]
        later = [line for line in lines if line["what"] == "begin" and line["at"] > hello["at"]]
        assert {line["path"] for line in later} == {"/"}

    played(story)


def test_a_write_is_told_of_before_it_is_sent(papers: Papers) -> None:
    """The program dies the moment the site has the first write: its line is out already, or on its way."""
    sent = asyncio.Event()

    def notes(site: Site, what: str, body: bytes, number: int) -> bytes:
        sent.set()
        return ok()

    async def story() -> None:
        server = NameServer(60, FIRST)
        async with running(notes, papers, FIRST) as site, naming(server) as dns_port:
            order = Order("ab", NAME, papers.ca, port=site.port, resolvers=("127.0.0.1",), dns_port=dns_port)
            async with program(order) as process:
                await sent.wait()
                await asyncio.sleep(0.3)
                process.kill()
                out, _ = await asyncio.to_thread(process.communicate)
        first = json.loads(out.splitlines()[0])
        assert (first["what"], first["kind"]) == ("begin", "write")

    played(story)
