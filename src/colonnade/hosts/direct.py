"""Real machines: the design gives their addresses, and the operator's own ssh configuration says how to
reach them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from colonnade.hosts.ground import Progress, Wanted
from colonnade.hosts.host import Host
from colonnade.hosts.ssh import SshHost
from colonnade.model.addresses import Addresses
from colonnade.model.design import Machine


@dataclass(frozen=True)
class Direct:
    """A ground of machines that exist. One address a machine serves for everything."""

    machines: Mapping[str, Machine]
    operator: str = ""

    def addresses(self, wanted: tuple[Wanted, ...]) -> Mapping[str, Addresses]:
        found = {w.name: (self.machines[w.name].address, w.public) for w in wanted}
        return {
            name: Addresses(address, (address,) if public else ())
            for name, (address, public) in found.items()
        }

    def bring_up(self, wanted: tuple[Wanted, ...], progress: Progress) -> None:
        """Nothing to make: whether each machine answers shows when it is asked."""

    def host(self, machine: str) -> Host:
        at = self.machines[machine]
        return SshHost(machine, at.address, at.user, at.port)
