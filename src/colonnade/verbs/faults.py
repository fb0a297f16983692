"""`lab …`: what labs there are, and power cuts, freezes and cut cables for their machines and uplinks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from colonnade.errors import UsageError
from colonnade.lab.lab import Lab
from colonnade.lab.status import MachineStatus
from colonnade.verbs.opening import Opened

ALL = "all"


@dataclass(frozen=True)
class LabStatus:
    """`uplinks` are those in use, each with what was done to its provider."""

    machines: Mapping[str, MachineStatus]
    uplinks: Mapping[str, Sequence[str]]


def labs() -> Mapping[str, LabStatus]:
    """Every lab on this computer, by name."""
    return {name: LabStatus(Lab(name).status(), Lab(name).uplinks()) for name in Lab.all()}


def chosen(lab: Lab, names: Sequence[str], site: Sequence[str]) -> tuple[str, ...]:
    """The machines meant: as named, or those of the site for `all`. Raises UsageError for one the lab does
    not have.
    """
    known = lab.status()
    if list(names) == [ALL]:
        return tuple(n for n in known if n in site)
    for name in names:
        if name not in known:
            there = ", ".join(known) or "no machine at all: `up` makes them"
            raise UsageError(f"lab {lab.name} has no machine {name}", hint=f"it has {there}")
    return tuple(names)


def uplink(opened: Opened, name: str) -> str:
    """The lab's network that this uplink of the site is. Raises UsageError for one it does not have."""
    if name not in opened.drawn.uplinks:
        there = ", ".join(opened.drawn.uplinks)
        raise UsageError(f"the site has no uplink {name}", hint=f"its uplinks: {there}")
    return f"uplink-{name}"


def each(names: Sequence[str], act: Callable[[str], None]) -> None:
    """The same to every one, in order: the lab takes one change at a time."""
    for name in names:
        act(name)
