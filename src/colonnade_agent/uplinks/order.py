"""What is a watcher told to watch? Read from its file, which `up` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from colonnade_agent.uplinks.decide import Line, Way


@dataclass(frozen=True)
class Route:
    """Asked from the address `source` of this machine at `address`, port 53."""

    source: str
    address: str


@dataclass(frozen=True)
class Order:
    """`names`: what each leads to, as uplink -> addresses. `ways`: what is asked in each round."""

    zone: str
    names: Mapping[str, Mapping[str, tuple[str, ...]]]
    ways: Mapping[Way, Route]

    @property
    def uplinks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(uplink for led in self.names.values() for uplink in led))

    def withdrawn(self, name: str, lines: Mapping[str, Line]) -> frozenset[str]:
        """The addresses that `name` must not give now. It keeps all when they would be all of them."""
        led = self.names[name]
        if not any(lines[uplink].given for uplink in led):
            return frozenset()
        return frozenset(a for uplink, given in led.items() if not lines[uplink].given for a in given)

    def all_of(self, name: str) -> frozenset[str]:
        return frozenset(a for addresses in self.names[name].values() for a in addresses)


def read(text: str) -> Order:
    data: dict[str, Any] = json.loads(text)
    names = {
        name: {uplink: tuple(addresses) for uplink, addresses in led.items()}
        for name, led in data["names"].items()
    }
    ways = {
        Way(way["out"], way["target"], way["into"]): Route(way["source"], way["address"])
        for way in data["ways"]
    }
    return Order(data["zone"], names, ways)


def found(order: Order, answered: Mapping[str, frozenset[str] | None]) -> dict[str, Line]:
    """How a watcher that has just started finds the uplinks: as the name server gives them now (name ->
    addresses, None where it did not answer), so that being killed changes nothing.
    """
    gives = {address for addresses in answered.values() if addresses is not None for address in addresses}
    lines = {
        uplink: Line(given=any(a in gives for led in order.names.values() for a in led.get(uplink, ())))
        for uplink in order.uplinks
    }
    return lines if any(line.given for line in lines.values()) else dict.fromkeys(lines, Line())
