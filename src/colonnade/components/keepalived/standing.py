"""Who should hold a floating address? What an edge's VRRP priority is made of. Pure.

The highest priority takes the address, and of equals the one that has it keeps it. It is a sum of parts:

- An edge whose door answers stands above every one whose door doesn't. But where none answers, somebody still
  holds the address, and gives users the page that says so.
- Of edges whose doors answer, the one at home stands above, but only once it has been well for a while. One
  at home that has just come is equal to one elsewhere that has been well: what moved away does not come back
  at once. And of two that have both just come, the one at home stands above.
- Where an address has no home (active-passive) all that answer are equal: nothing moves but for a failure.

An edge where nothing listens is no candidate at all: it steps down (VRRP's fault state) and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BASE = 150
ANSWERS = 100
SETTLED = 1
HOME = 1
GONE = -254
"""What keepalived takes for a fault: less than -253 (keepalived.conf(5), "Track files")."""


@dataclass(frozen=True)
class Seat:
    """One address on one uplink, as one edge sees it. `number` is its VRRP id there; `home` the edge that it
    belongs to, empty where it has none.
    """

    number: int
    address: str
    home: str
    priority: int


def seats(
    machine: str, machines: Sequence[str], addresses: Sequence[str], *, homes: bool
) -> tuple[Seat, ...]:
    """The i-th address is at home on the i-th machine, where addresses have homes."""
    found = []
    for number, address in enumerate(addresses, 1):
        home = machines[(number - 1) % len(machines)] if homes else ""
        found.append(Seat(number, address, home, BASE + (HOME if machine == home else 0)))
    return tuple(found)
