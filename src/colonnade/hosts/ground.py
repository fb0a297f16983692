"""What a site stands on: machines that exist or can be made, and how each is reached. A lab is one, real
machines another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from colonnade.hosts.host import Host
from colonnade.model.addresses import Addresses, FloatingNeed


class Progress(Protocol):
    """Told what a machine ('' for the site as a whole) is at; `detail` is the step within that, of which
    there may be hundreds.
    """

    def __call__(self, machine: str, text: str, detail: str = "") -> None: ...


@dataclass(frozen=True)
class Wanted:
    """A machine the design has. Where users arrive it needs an address on each of `uplinks`. One that is
    `maintained` stays as it is, on or off.
    """

    name: str
    uplinks: tuple[str, ...] = ()
    maintained: bool = False

    @property
    def public(self) -> bool:
        return bool(self.uplinks)


class Ground(Protocol):
    """Where machines come from. Nothing here changes a machine's inside."""

    @property
    def operator(self) -> str:
        """The address machines see operators come from; empty when unknown."""
        ...

    @property
    def witnesses(self) -> tuple[str, ...]:
        """Addresses far outside the site that answer DNS, as far as the ground has any."""
        ...

    def addresses(
        self, wanted: tuple[Wanted, ...], floating: tuple[FloatingNeed, ...] = ()
    ) -> Mapping[str, Addresses]:
        """Every machine's addresses with those that `floating` asks for, the same at every call, before the
        machines run.
        """
        ...

    def bring_up(self, wanted: tuple[Wanted, ...], progress: Progress) -> None:
        """Make or start what is missing, take away what is no longer wanted, wait until all can be
        reached.
        """
        ...

    def host(self, machine: str) -> Host: ...
