"""What can fail, one by one: machines, the programs on them, the lines between and out. Asked by journeys and
rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from colonnade.model.design import NOWHERE, Position


class Class(StrEnum):
    """Kinds of failure that share one assumption about how often and how long."""

    MACHINE = "machine"
    """The machine as a whole: power, disk, kernel, its cable."""
    MEMBER = "member"
    """One program on one machine."""
    UPLINK = "uplink"
    """The site's line to the Internet."""
    LINK = "link"
    """The way between the two ends of a drawn pair."""
    EXTERNAL = "external"
    """A program that Colonnade does not run."""


@dataclass(frozen=True, order=True)
class Event:
    """`name` as people say it (`web@web1`, `lb1`); `machines` are those it happens on; `service` is
    the one that stops, or for a link the one it leaves.
    """

    kind: Class
    name: str
    machines: tuple[str, ...] = field(default=(), compare=False)
    service: str = field(default="", compare=False)
    position: Position = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name}"
