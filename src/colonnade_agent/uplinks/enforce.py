"""What must be done so that the name server gives what was decided? Pure. Asked by the watcher's loop.

It goes by what the server really gives: that a server was restarted, or read its file again, is found in the
next round and needs no memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from colonnade_agent.uplinks.decide import Line
from colonnade_agent.uplinks.order import Order


@dataclass(frozen=True)
class Deed:
    """`give_all`: read the zone's file again. `withdraw`: (name, address) records to take out."""

    give_all: bool = False
    withdraw: tuple[tuple[str, str], ...] = ()


def due(order: Order, lines: Mapping[str, Line], gives: Mapping[str, frozenset[str] | None]) -> Deed:
    """`gives`: name -> the addresses the server gives now, None where it does not answer.

    Reading the file again is all that can be done for an address that is missing. Where a server does not
    answer, nothing is due: it will have everything when it comes back.
    """
    surplus: list[tuple[str, str]] = []
    missing = False
    for name, now in gives.items():
        if now is not None:
            withheld = order.withdrawn(name, lines)
            surplus += [(name, address) for address in sorted(now & withheld)]
            missing = missing or not order.all_of(name) - withheld <= now
    return Deed(missing, tuple(surplus))
