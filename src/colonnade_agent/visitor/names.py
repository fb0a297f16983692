"""Which addresses has the site's name? Asked of a resolver anew whenever the last answer's time is over.

The system's own resolver library hides the time to live, so the question is asked here (RFC 1035, over UDP).
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import time
from pathlib import Path

TRY_SECONDS = 1.0
TRIES = 3
A, IN, COMPRESSED = 1, 1, 0xC0
RECURSION_DESIRED = 0x0100
RESOLV_CONF = Path("/etc/resolv.conf")


class NoName(OSError):
    """The resolver does not know the name, or does not answer."""


def system_resolvers() -> tuple[str, ...]:
    words = [line.split() for line in RESOLV_CONF.read_text().splitlines()]
    return tuple(w[1] for w in words if len(w) > 1 and w[0] == "nameserver")


class Names:
    """One name's addresses, as a computer that all visitors share would keep them."""

    def __init__(self, name: str, resolvers: tuple[str, ...], port: int = 53) -> None:
        self._name, self._resolvers, self._port = name, resolvers, port
        self._addresses: tuple[str, ...] = ()
        self._until = 0.0
        self._asking = asyncio.Lock()

    def forgetful(self) -> Names:
        """The same name, as one asks for it who never did before."""
        return Names(self._name, self._resolvers, self._port)

    async def addresses(self) -> tuple[str, ...]:
        """In the resolver's order, at least one. Raises NoName."""
        if time.monotonic() >= self._until:
            async with self._asking:
                if time.monotonic() >= self._until:
                    self._addresses, ttl = await self._ask()
                    self._until = time.monotonic() + ttl
        return self._addresses

    async def _ask(self) -> tuple[tuple[str, ...], int]:
        for attempt in range(TRIES):
            resolver = self._resolvers[attempt % len(self._resolvers)]
            try:
                answer = await asyncio.wait_for(self._ask_one(resolver), TRY_SECONDS)
            except (TimeoutError, OSError):
                continue
            addresses, ttl = read_answer(answer)
            if addresses:
                return addresses, ttl
            raise NoName(f"the resolver knows no address of {self._name}")
        raise NoName(f"no resolver answers for {self._name}")

    async def _ask_one(self, resolver: str) -> bytes:
        question = make_question(self._name, secrets.randbelow(1 << 16))
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Listener(question[:2], answer), remote_addr=(resolver, self._port)
        )
        try:
            transport.sendto(question)
            return await answer
        finally:
            transport.close()


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, identity: bytes, answer: asyncio.Future[bytes]) -> None:
        self._identity, self._answer = identity, answer

    def datagram_received(self, data: bytes, addr: object) -> None:
        if data[:2] == self._identity and not self._answer.done():
            self._answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(exc)


def make_question(name: str, identity: int) -> bytes:
    """A query for A records: header, question (RFC 1035, 4.1)."""
    numbers = (identity, RECURSION_DESIRED, 1, 0, 0, 0)
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.rstrip(".").split("."))
    return b"".join(n.to_bytes(2, "big") for n in numbers) + labels + b"\0\0\1\0\1"


def read_answer(message: bytes) -> tuple[tuple[str, ...], int]:
    """The addresses of its A records, and the shortest time to live among them in seconds."""
    questions, answers = (int.from_bytes(message[at : at + 2], "big") for at in (4, 6))
    place = 12
    for _ in range(questions):
        place = _after_name(message, place) + 4
    found: list[str] = []
    ttl = 1 << 31
    for _ in range(answers):
        place = _after_name(message, place)
        kind, group = (int.from_bytes(message[at : at + 2], "big") for at in (place, place + 2))
        size = int.from_bytes(message[place + 8 : place + 10], "big")
        if (kind, group) == (A, IN):
            found.append(str(ipaddress.IPv4Address(message[place + 10 : place + 10 + size])))
            ttl = min(ttl, int.from_bytes(message[place + 4 : place + 8], "big"))
        place += 10 + size
    return tuple(found), ttl


def _after_name(message: bytes, place: int) -> int:
    while length := message[place]:
        if length >= COMPRESSED:
            return place + 2
        place += 1 + length
    return place + 1
