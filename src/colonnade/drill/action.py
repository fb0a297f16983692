"""What a drill does to a site, as data: so that it can be shown, noted before it is done, and undone by
whoever comes next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Deed(StrEnum):
    KILL = "kill"
    """Cut the power of `machine`."""
    START = "start"
    FREEZE = "freeze"
    THAW = "thaw"
    CUT = "cut"
    """Drop all packets of `machine` on the network `of` (all: ''), `way` in, out or both."""
    LOSS = "loss"
    """Drop `percent` of its packets."""
    SLOW = "slow"
    """Let `machine` send and receive but slowly."""
    HEAL = "heal"
    """Take what was done to the packets and the disk of `machine` away."""
    CUT_UPLINK = "cut-uplink"
    """Cut the site's line to the Internet called `of`."""
    HEAL_UPLINK = "heal-uplink"
    FILL = "fill"
    """Let `machine` have no space left on its disk."""
    KILL_PROCESS = "kill-process"
    """SIGKILL to every process of the service `of` on `machine`."""
    KILL_DATABASE = "kill-database"
    """SIGKILL to the database of the service `of` on `machine`, and to nothing beside it."""
    KILL_STEWARD = "kill-steward"
    """SIGKILL to what decides there who leads."""
    SWITCHOVER = "switchover"
    """Another member of the service `of` is to lead, by an operator's wish."""
    RELOAD = "reload"
    """Reload the service `of` on `machine`, `times` over."""
    BREAK_CONFIG = "break-config"
    """Put a configuration that can't be read in the place of that of `of` on `machine`, and ask for a
    reload."""
    UP = "up"
    MAINTAIN = "maintain"
    MAINTAIN_DONE = "maintain-done"


class Role(StrEnum):
    """Who is meant, where a machine has no name before the site is asked."""

    PRIMARY = "the primary"
    STANDBY = "the standby"
    VOTERS_LEADER = "the voters' leader"


@dataclass(frozen=True)
class Action:
    """`role`: on the machine that has this role in the service `of` when the drill begins."""

    deed: Deed
    machine: str = ""
    of: str = ""
    way: str = "both"
    percent: int = 0
    times: int = 1
    role: str = ""

    def __str__(self) -> str:
        extra = {
            Deed.CUT: f" on {self.of or 'all networks'}{'' if self.way == 'both' else f', {self.way} only'}",
            Deed.LOSS: f" of {self.percent} % of the packets",
            Deed.RELOAD: f" of {self.of}{f', {self.times} times' if self.times > 1 else ''}",
            Deed.KILL_PROCESS: f" of {self.of}",
            Deed.KILL_DATABASE: f" of {self.of}",
            Deed.KILL_STEWARD: f" of {self.of}",
            Deed.SWITCHOVER: f" of {self.of}",
            Deed.BREAK_CONFIG: f" of {self.of}",
            Deed.CUT_UPLINK: f" {self.of}",
            Deed.HEAL_UPLINK: f" {self.of}",
        }.get(self.deed, "")
        where = self.machine or (f"{self.role} of {self.of}" if self.role else "")
        place = f" on {where}" if where and extra else f" {where}" if where else ""
        return f"{self.deed}{extra}{place}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def from_json(values: dict[str, Any]) -> Action:
    """Raises TypeError or ValueError for what is no action."""
    return Action(**{**values, "deed": Deed(values["deed"])})


UNDONE_BY = {
    Deed.KILL: Deed.START,
    Deed.FREEZE: Deed.THAW,
    Deed.CUT: Deed.HEAL,
    Deed.LOSS: Deed.HEAL,
    Deed.SLOW: Deed.HEAL,
    Deed.CUT_UPLINK: Deed.HEAL_UPLINK,
    Deed.FILL: Deed.HEAL,
    Deed.BREAK_CONFIG: Deed.UP,
    Deed.MAINTAIN: Deed.MAINTAIN_DONE,
}
"""What is not here heals by itself, or needs no healing."""

PROCESS_DEEDS = frozenset(
    {
        Deed.KILL_PROCESS,
        Deed.KILL_DATABASE,
        Deed.KILL_STEWARD,
        Deed.SWITCHOVER,
        Deed.RELOAD,
        Deed.BREAK_CONFIG,
        Deed.UP,
        Deed.MAINTAIN,
        Deed.MAINTAIN_DONE,
    }
)
"""Those that need no lab: they are done on the machine, by its own means."""


def heals(faults: Iterable[Action]) -> tuple[Action, ...]:
    """What takes these back, the last one first. All of it may be done twice."""
    found = [
        Action(undone, fault.machine, fault.of if undone is Deed.HEAL_UPLINK else "")
        for fault in faults
        if (undone := UNDONE_BY.get(fault.deed))
    ]
    return tuple(dict.fromkeys(reversed(found)))
