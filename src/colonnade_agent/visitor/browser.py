"""One visitor's browser: which connection a request goes out on, and what is tried when that fails.

A request on a connection that was used before, and that ends before one byte of an answer, was most likely
never read: browsers send it once more on a new connection, and so does this one.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from colonnade_agent.visitor.connecting import Connection, Trust, described, first_of, open_to
from colonnade_agent.visitor.exchange import Closed, Request, Response, exchange
from colonnade_agent.visitor.names import Names
from colonnade_agent.visitor.order import ANSWER_SECONDS, Order
from colonnade_agent.visitor.record import Record


@dataclass(frozen=True)
class Internet:
    """What all visitors share."""

    order: Order
    trust: Trust
    names: Names
    record: Record


@dataclass(frozen=True)
class Wish:
    """What a visitor wants. `id` names a write; writes may be repeated, for the app finds the id again."""

    kind: str
    path: str
    id: str = ""
    body: bytes = b""


class Browser:
    """`pinned` to an address it asks for no name and tries no other. `source`: the address it comes from."""

    def __init__(self, internet: Internet, pinned: str = "", source: str = "") -> None:
        self._net, self._pinned, self._source = internet, pinned, source
        self._open: Connection | None = None
        self._answered = ""
        self._refused = dict[str, float]()

    async def ask(self, wish: Wish) -> Response | None:
        """The answer, whatever its status; None when there was none. All of it is in the record."""
        record, n = self._net.record, self._net.record.number()
        known = {"address": self._pinned} if self._pinned else {}
        record.write("begin", n=n, kind=wish.kind, path=wish.path, id=wish.id, **known)
        try:
            response, address = await self._answer(n, wish)
        except OSError as error:
            self.close()
            record.write("end", n=n, status=0, error=described(error))
            return None
        record.write("end", n=n, status=response.status, address=address)
        return response

    def close(self) -> None:
        if self._open:
            self._open.close()
            self._open = None

    async def _answer(self, n: int, wish: Wish) -> tuple[Response, str]:
        connection = self._open or await self._connect()
        self._open = connection
        reused = connection.used > 0
        try:
            return await self._exchange(n, connection, wish), connection.address
        except Closed as error:
            if not (reused and error.silent):
                raise
        self.close()
        self._open = connection = await self._connect()
        return await self._exchange(n, connection, wish), connection.address

    async def _exchange(self, n: int, connection: Connection, wish: Wish) -> Response:
        reused, opened = connection.used > 0, round(connection.opened, 4)
        self._net.record.write("send", n=n, address=connection.address, opened=opened, reused=reused)
        async with asyncio.timeout(ANSWER_SECONDS):
            response = await exchange(connection, Request(self._net.order.name, wish.path, wish.body))
        self._net.trust.keep(connection.writer.get_extra_info("ssl_object"))
        if not response.keep:
            self.close()
        return response

    async def _connect(self) -> Connection:
        addresses = (self._pinned,) if self._pinned else self._sorted(await self._net.names.addresses())
        connection = await first_of(addresses, self._try)
        self._answered = connection.address
        return connection

    async def _try(self, address: str) -> Connection:
        order = self._net.order
        try:
            connection = await open_to(address, order.port, order.name, self._net.trust, self._source)
        except OSError:
            self._refused[address] = time.monotonic()
            raise
        self._refused.pop(address, None)
        return connection

    def _sorted(self, addresses: Sequence[str]) -> list[str]:
        """The one that answered last first, then by chance, those that failed lately at the end."""
        shuffled = random.sample(addresses, len(addresses))
        return sorted(shuffled, key=lambda a: (a != self._answered, self._refused.get(a, 0.0)))
