"""Real machines: the design gives their addresses, and the operator's own ssh configuration says how to
reach them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from colonnade.hosts.ground import Progress, Wanted
from colonnade.hosts.host import Host
from colonnade.hosts.ssh import SshHost
from colonnade.model.addresses import Addresses, FloatingNeed, Line
from colonnade.model.design import Machine


@dataclass(frozen=True)
class Direct:
    """A ground of machines that exist. One address a machine serves for everything; what floats between them
    is what the operator named.
    """

    machines: Mapping[str, Machine]
    operator: str = ""
    witnesses: tuple[str, ...] = ()

    def addresses(
        self, wanted: tuple[Wanted, ...], floating: tuple[FloatingNeed, ...] = ()
    ) -> Mapping[str, Addresses]:
        return {w.name: self._addresses(w, floating) for w in wanted}

    def bring_up(self, wanted: tuple[Wanted, ...], progress: Progress) -> None:
        """Nothing to make: whether each machine answers shows when it is asked."""

    def host(self, machine: str) -> Host:
        at = self.machines[machine]
        return SshHost(machine, at.address, at.user, at.port)

    def _addresses(self, wanted: Wanted, floating: tuple[FloatingNeed, ...]) -> Addresses:
        address = self.machines[wanted.name].address
        shared = tuple(a for need in floating if wanted.name in need.machines for a in need.named)
        return Addresses(address, tuple(Line(name, address, shared) for name in wanted.uplinks[:1]))
