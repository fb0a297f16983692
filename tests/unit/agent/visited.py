"""Servers for a visitor to visit, on this computer's loopback: a site over TLS and a name server for it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dns.message
import dns.rrset

from colonnade.components.pki import authority

NAME = "www.example.test"

Answer = Callable[["Site", str, bytes, int], bytes | None]
"""(the site, "GET /", the body, which request of its connection it is) -> what is sent; None: hang up."""


@dataclass
class Papers:
    """A CA and the site's certificate by it."""

    ca: str
    context: ssl.SSLContext

    @staticmethod
    def made(folder: Path) -> Papers:
        now = datetime.now(UTC)
        ca_key, key = authority.new_key(), authority.new_key()
        ca = authority.self_signed(ca_key, now)
        subject = authority.Subject(NAME, "door", (NAME,), ())
        chain = authority.sign(ca, ca_key, key, subject, now, 30)
        (folder / "bundle.pem").write_text(chain + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "bundle.pem")
        return Papers(ca, context)


def ok(body: bytes = b"well", head: str = "", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body


@dataclass
class Site:
    """What was asked of it. `answer` may be replaced while it runs."""

    answer: Answer
    port: int = 0
    asked: list[str] = field(default_factory=list)
    connections: int = 0
    resumed: int = 0
    entries: dict[str, int] = field(default_factory=dict)
    visitors: set[str] = field(default_factory=set)
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.add(writer)
        self.visitors.add(writer.get_extra_info("peername")[0])
        self.resumed += bool(writer.get_extra_info("ssl_object").session_reused)
        number = 0
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                number += 1
                lines = head.decode().split("\r\n")
                what = " ".join(lines[0].split()[:2])
                size = next((int(line.split()[1]) for line in lines if line.startswith("Content-Length")), 0)
                self.asked.append(what)
                said = self.answer(self, what, await reader.readexactly(size), number)
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


def guestbook(site: Site, what: str, body: bytes, number: int) -> bytes | None:
    """Answers the contract of drilled writes."""
    if what == "POST /api/entries":
        entry = json.loads(body)["id"]
        site.entries[entry] = site.entries.get(entry, 0) + 1
        return ok(json.dumps({"id": entry}).encode(), status="201 Created")
    if what.startswith("GET /api/entries/"):
        entry = what.rpartition("/")[2]
        found = json.dumps({"id": entry}).encode()
        return ok(found) if entry in site.entries else ok(b"{}", status="404 Not Found")
    return ok()


@asynccontextmanager
async def running(answer: Answer, papers: Papers, *addresses: str, port: int = 0) -> AsyncIterator[Site]:
    """On every one of `addresses` at one port."""
    site = Site(answer)
    servers = []
    for address in addresses:
        server = await asyncio.start_server(site.serve, address, port, ssl=papers.context)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
    site.port = port
    try:
        yield site
    finally:
        for server in servers:
            server.close()
        for writer in site.open:
            if not writer.transport.is_closing():
                writer.transport.abort()
        await asyncio.sleep(0.05)  # until the loop has closed their sockets


@asynccontextmanager
async def black_hole(address: str, port: int) -> AsyncIterator[None]:
    """Takes connections and never says a word, as a machine does whose processes stand still."""

    taken = set[asyncio.StreamWriter]()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.add(writer)
        await reader.read()

    server = await asyncio.start_server(never, address, port)
    try:
        yield
    finally:
        server.close()
        for writer in taken:
            writer.transport.abort()
        await asyncio.sleep(0.05)  # as above


class NameServer(asyncio.DatagramProtocol):
    """Answers with `addresses`, to be kept for `ttl` seconds; silent while there are none."""

    def __init__(self, ttl: int, *addresses: str) -> None:
        self.addresses, self.ttl = addresses, ttl
        self.asked = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        if self.addresses:
            answer = dns.message.make_response(dns.message.from_wire(data))
            answer.answer.append(dns.rrset.from_text(f"{NAME}.", self.ttl, "IN", "A", *self.addresses))
            self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def naming(server: NameServer) -> AsyncIterator[int]:
    """The port it is asked at."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def played(story: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(20):
            await story()

    asyncio.run(limited())
