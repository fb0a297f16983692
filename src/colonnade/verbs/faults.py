"""`lab …`: what labs there are, and power cuts, freezes and cut cables for their machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from colonnade.errors import UsageError
from colonnade.lab.lab import Lab
from colonnade.lab.status import MachineStatus

ALL = "all"


def labs() -> Mapping[str, Mapping[str, MachineStatus]]:
    """Every lab on this computer: name -> machine -> status."""
    return {name: Lab(name).status() for name in Lab.all()}


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


def each(names: Sequence[str], act: Callable[[str], None]) -> None:
    """The same to every one, in order: the lab takes one change at a time."""
    for name in names:
        act(name)
