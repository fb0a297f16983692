"""Where one machine is reached: the words that grounds, rooms and the engine share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FloatingNeed:
    """`machines` share `count` addresses on each uplink that they are on: each address is held by one of them
    at a time. `named` are those that the operator gives; a lab takes its own.
    """

    machines: tuple[str, ...]
    count: int
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A machine on one uplink: the address it has there always, and the floating ones it may come to hold."""

    uplink: str
    own: str
    floating: tuple[str, ...] = ()


@dataclass(frozen=True)
class Addresses:
    """Addresses of one machine: `inside` towards the other machines, and one line for each uplink it is on
    (none where no users arrive).
    """

    inside: str
    lines: tuple[Line, ...] = ()

    @property
    def own(self) -> tuple[str, ...]:
        """What is always this machine's where users arrive. Who has one network only is there by its inside
        address.
        """
        return tuple(line.own for line in self.lines) or (self.inside,)

    @property
    def floating(self) -> tuple[str, ...]:
        """What it shares with others, whoever holds it now."""
        return tuple(address for line in self.lines for address in line.floating)

    @property
    def listens(self) -> tuple[str, ...]:
        """What a door answers on, as soon as the machine holds it."""
        return (*self.own, *self.floating)

    @property
    def led(self) -> Mapping[str, tuple[str, ...]]:
        """Where users are led, by uplink."""
        return {line.uplink: line.floating if self.floating else (line.own,) for line in self.lines}

    @property
    def arrivals(self) -> tuple[str, ...]:
        """Where users are led: to addresses that outlive this machine if there are any."""
        return self.floating or self.own
