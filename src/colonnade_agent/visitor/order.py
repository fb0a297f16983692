"""What is a visitor told to do, and in which words does it tell what happened? Both ends import this.

An order is one JSON object on standard input. Back come JSON lines, each with `what` and `at` (seconds of the
client's monotonic clock); `n` is a request's number.

    hello   writes (the app answers the contract of drilled writes), why (when it does not)
    begin   n kind path id address     a visitor wants something. Written before anything is sent
    send    n address opened reused    the request goes out on a connection that was opened then
    end     n status address error     the answer is there and whole, or why there will be none (status 0)
    stall   seconds                    this program itself was kept from running so long, until `at`
    bye                                all requests have ended. Without it the program died
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

CONNECT_SECONDS = 1.0
"""What one address gets to open a connection, TLS included."""
NEXT_ADDRESS_SECONDS = 0.25
"""After which the next address is tried beside it: RFC 8305, 8, recommends 250 ms."""
ANSWER_SECONDS = 5.0
"""How long a visitor waits for an answer that does not come."""

PIN, NEWCOMER, READ, WRITE = "pin", "newcomer", "read", "write"
"""Kinds of requests: a new connection to one address; a new visitor who knows but the name; users, who keep
their connections and remember which address answered.
"""


@dataclass(frozen=True)
class Order:
    """`run` makes the ids of this run's writes unique. `addresses` are probed one by one every `pin_every`
    seconds, with `probe`, a path that costs little; newcomers ask for it too. `resolvers` are those of
    /etc/resolv.conf when empty. Visitors come from `sources`, addresses of this computer (empty: as it
    chooses), since doors give each client address its share and no more. Each of `users` pauses `pause`
    seconds on average after an answer.
    """

    run: str
    name: str
    ca: str
    addresses: tuple[str, ...] = ()
    probe: str = "/"
    port: int = 443
    resolvers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    dns_port: int = 53
    users: int = 6
    pause: float = 0.4
    pin_every: float = 0.04
    newcomer_every: float = 0.1


def encode(order: Order) -> dict[str, Any]:
    return asdict(order)


def decode(values: dict[str, Any]) -> Order:
    found: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return Order(**found)
