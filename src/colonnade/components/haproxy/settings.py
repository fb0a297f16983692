"""What may an operator say about the door? The texts of the fields are schema, editor help and manual."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from colonnade.kit.door import DoorSettings

LABELS: tuple[tuple[str, Mapping[str, str]], ...] = (
    (r"\bleast\b|\bleastconn\b|\bfewest\b", {"balance": "leastconn"}),
    (r"\b(ip|source|client)\b.*\bhash|\bsource\b|\bsticky\b|\bsession affinity\b", {"balance": "source"}),
    (r"\bround ?robin\b|\brr\b", {"balance": "roundrobin"}),
    (r"\brandom\b", {"balance": "random"}),
    (r"\bfirst\b", {"balance": "first"}),
    (r"\bactive (passive|standby|backup)\b|\b(hot|warm) standby\b", {"backup": "others"}),
)
"""What people write on the arrow that leaves a load balancer; of two that match, the first wins."""

FACTORS = {"k": 1024, "m": 1024**2}


class HaproxySettings(DoorSettings):
    balance: Literal["roundrobin", "leastconn", "source", "first", "random"] = "roundrobin"
    """How requests are spread over the web servers. `roundrobin`: in turn. `leastconn`: to the one with the
    fewest open connections. `source`: those of one client's address always to the same one. `first`: to the
    first one, and to the next when that has 128 connections. `random`: by chance."""
    backup: Literal["others"] | tuple[str, ...] = ()
    """Web servers in reserve, which get requests only while none of the rest is up: their machines, or
    `others` for all but the first (active-passive)."""
    body_limit: str = Field(default="10m", pattern=r"^[1-9][0-9]*[km]$")
    """The largest request body that may be announced, such as an upload: `512k`, `10m`. A larger one gets the
    answer 413. Web servers have a limit of their own."""
    client_connections: int = Field(default=200, ge=1, le=100_000)
    """How many connections one client address may have open at once. More are refused. It may open as
    many new ones a second as `client_requests` says. An IPv6 client is its /64 network."""
    connections: int = Field(default=8000, ge=100, le=500_000)
    """How many connections users may have open at once on each door. More wait outside."""
    server_requests: int = Field(default=1000, ge=1, le=100_000)
    """How many requests each door gives to one web server at once. More wait at the door, for at most ten
    seconds. With `balance: first` it is 128."""

    @property
    def body_bytes(self) -> int:
        return int(self.body_limit[:-1]) * FACTORS[self.body_limit[-1]]


def read_label(text: str) -> Mapping[str, str]:
    """`Round Robin`, `IP hash`, `active-passive` as settings; empty when the label says none of it."""
    words = re.sub(r"[\W_]+", " ", text.lower())
    found: dict[str, str] = {}
    for pattern, settings in reversed(LABELS):
        if re.search(pattern, words):
            found |= settings
    return found
