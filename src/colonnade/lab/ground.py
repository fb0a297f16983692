"""A lab as the ground of a site: its machines made on demand, each reached over SSH exactly as a real one
is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from colonnade.errors import LabError, Unreachable
from colonnade.hosts.ground import Progress, Wanted
from colonnade.hosts.host import Host
from colonnade.hosts.ssh import SshHost
from colonnade.lab import furniture
from colonnade.lab.addressing import Addressing
from colonnade.lab.lab import Lab, MachineSpec
from colonnade.model.addresses import Addresses, FloatingNeed, Line

_FURNITURE = frozenset(spec.name for spec in furniture.SPECS)


@dataclass(frozen=True)
class LabGround:
    """`image` gives the folder machines boot from; it is asked only when machines must be made."""

    lab: Lab
    image: Callable[[Progress], Path]

    @property
    def operator(self) -> str:
        return str(self.lab.addressing.operator)

    @property
    def witnesses(self) -> tuple[str, ...]:
        """The resolver is no part of the site, and answers everyone who asks, if only to refuse."""
        given = self.lab.allocate((furniture.RESOLVER,))
        return (str(given[furniture.RESOLVER.name]["outside"]),)

    def addresses(
        self, wanted: tuple[Wanted, ...], floating: tuple[FloatingNeed, ...] = ()
    ) -> Mapping[str, Addresses]:
        given = self.lab.allocate(_spec(w) for w in wanted)
        return {
            w.name: Addresses(
                str(given[w.name]["inside"]),
                tuple(
                    Line(
                        name, str(given[w.name][network]), shared(self.lab.addressing, w.name, name, floating)
                    )
                    for name, network in zip(w.uplinks, _networks(w), strict=True)
                ),
            )
            for w in wanted
        }

    def bring_up(self, wanted: tuple[Wanted, ...], progress: Progress) -> None:
        """Machines that are no longer wanted are stopped in order; their data stay until the lab is
        destroyed.
        """
        specs = (*(_spec(w) for w in wanted if not w.maintained), *furniture.SPECS)
        self.lab.ensure(specs, self.image(progress), progress)
        mine = {w.name for w in wanted} | {spec.name for spec in furniture.SPECS}
        for name, state in self.lab.states().items():
            if name not in mine and state != "stopped":
                progress(name, "no longer in the design: stopping it (its data stay until `colonnade down`)")
                self.lab.stop(name)

    def host(self, machine: str) -> Host:
        """Hazard: without the lab's network its addresses would be looked for on the real one, so a machine
        that is off is never dialled.
        """
        if self.lab.states().get(machine, "stopped") == "stopped":
            raise Unreachable("is not running", where=machine, hint="`colonnade up` starts what is off")
        return SshHost(
            machine, self._inside[machine], identity=self.lab.ssh_identity, known_hosts=self.lab.known_hosts
        )

    def machines(self) -> tuple[str, ...]:
        """The names of the site's machines that run."""
        return tuple(
            name for name, state in self.lab.states().items() if state != "stopped" and name in self._inside
        )

    @cached_property
    def _inside(self) -> Mapping[str, str]:
        return {
            name: str(self.lab.addresses(name)["inside"])
            for name in self.lab.states()
            if name not in _FURNITURE
        }


def shared(
    addressing: Addressing, machine: str, uplink: str, floating: tuple[FloatingNeed, ...]
) -> tuple[str, ...]:
    """The floating addresses of `machine` on this uplink: each need has the next ones that are free. Pure.

    LabError when there are not so many.
    """
    free = addressing.floating(_network(uplink))
    if sum(need.count for need in floating) > len(free):
        raise LabError(f"a lab has {len(free)} floating addresses on an uplink, and this design wants more")
    found: list[str] = []
    for need in floating:
        own, free = free[: need.count], free[need.count :]
        if machine in need.machines:
            found += map(str, own)
    return tuple(found)


def _spec(wanted: Wanted) -> MachineSpec:
    return MachineSpec(wanted.name, ("inside", *_networks(wanted)))


def _networks(wanted: Wanted) -> tuple[str, ...]:
    """The lab's networks that the design's uplinks are."""
    return tuple(_network(name) for name in wanted.uplinks)


def _network(uplink: str) -> str:
    return f"uplink-{uplink}"
