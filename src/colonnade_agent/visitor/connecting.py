"""How does a visitor open a connection: to one address, or to the first of many that answers?"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass

from colonnade_agent.visitor.order import CONNECT_SECONDS, NEXT_ADDRESS_SECONDS

SESSION_SECONDS = 60.0
"""How long a TLS session is taken up again before a newer one replaces it."""


class NoConnection(OSError):
    """None of the addresses let the visitor in; says what each did."""


class Trust(ssl.SSLContext):
    """Trusts one authority, verifies the name, and takes TLS sessions up again, which asyncio alone does
    not.
    """

    session: ssl.SSLSession | None = None
    taken: float = 0.0

    @staticmethod
    def of(ca: str) -> Trust:
        """`ca` is in PEM; empty: what the system trusts."""
        trust = Trust(ssl.PROTOCOL_TLS_CLIENT)
        trust.set_alpn_protocols(["http/1.1"])
        if ca:
            trust.load_verify_locations(cadata=ca)
        else:
            trust.load_default_certs()
        return trust

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session or self.session)

    def keep(self, connection: ssl.SSLObject) -> None:
        """Tickets come after the handshake (RFC 8446, 4.6.1), so this is called after an answer."""
        now = time.monotonic()
        if now - self.taken > SESSION_SECONDS and connection.session and connection.session.has_ticket:
            self.session, self.taken = connection.session, now


@dataclass
class Connection:
    """`opened`: monotonic seconds. `used` counts the requests it has carried."""

    address: str
    opened: float
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: int = 0

    def close(self) -> None:
        # Not an orderly end of TLS: it would wait for a peer that may be dead.
        # Hazard: Python 3.11 can't abort what the other side has closed already.
        if not self.writer.transport.is_closing():
            self.writer.transport.abort()


async def open_to(address: str, port: int, name: str, trust: Trust, source: str = "") -> Connection:
    """TCP and TLS to this address. Raises OSError (TimeoutError and ssl's errors are ones)."""
    own = (source, 0) if source else None
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(
            address, port, ssl=trust, server_hostname=name, local_addr=own
        )
    return Connection(address, time.monotonic(), reader, writer)


async def first_of(
    addresses: Sequence[str], attempt: Callable[[str], Coroutine[None, None, Connection]]
) -> Connection:
    """The first connection that opens. The next address is tried as soon as one fails, and after
    NEXT_ADDRESS_SECONDS also beside it (RFC 8305, 5). Raises NoConnection.
    """
    left, under_way, errors = list(addresses), dict[asyncio.Task[Connection], str](), list[str]()
    try:
        while left or under_way:
            if left:
                address = left.pop(0)
                under_way[asyncio.create_task(attempt(address))] = address
            wait = NEXT_ADDRESS_SECONDS if left else None
            done, _ = await asyncio.wait(under_way, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                address = under_way.pop(task)
                if task.exception() is None:
                    return task.result()
                errors.append(f"{address}: {described(task.exception())}")
        raise NoConnection("; ".join(errors) or "the name has no address")
    finally:
        for task in under_way:
            task.add_done_callback(_drop)
            task.cancel()


def described(error: BaseException | None) -> str:
    """In one line; a TimeoutError has no words of its own."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"{error}".strip() or type(error).__name__


def _drop(task: asyncio.Task[Connection]) -> None:
    """A loser of the race that opened all the same is closed, and its error is nobody's."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
