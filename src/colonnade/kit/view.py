"""Pass 2's window: the design, everyone's claims and the site's material, as rooms may read them.
Immutable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from colonnade.errors import StateError
from colonnade.kit.builds import part_key
from colonnade.kit.claims import Audience, Claims, Name, Offer
from colonnade.kit.flows import Flow, flows
from colonnade.kit.material import Addresses, Issued, Material
from colonnade.kit.rotation import Member, members_on, without
from colonnade.model.design import Design, Service


@dataclass(frozen=True)
class Target:
    """One member of a linked service as a client sees it. `maintained`: it is to get nothing new."""

    machine: str
    address: str
    port: int
    maintained: bool = False


@dataclass(frozen=True)
class Upstream:
    """A linked service: its offer, and the members that one machine may reach, in the target's order."""

    service: Service
    offer: Offer
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class View:
    """`design` holds the implied services (firewall, names, …) beside the drawn ones."""

    design: Design
    claims: Claims
    material: Material
    blobs: Mapping[str, str]
    """Content-addressed trees: the sha256 of the gzip tar that holds a service's release, by the service's
    name; those of its parts by `part_key`.
    """

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        return flows(self.design, self.claims)

    @property
    def maintained(self) -> frozenset[str]:
        """The machines in maintenance. They may be off, and no one is to need them."""
        return self.material.maintained

    @cached_property
    def resting(self) -> frozenset[Member]:
        """The members that get nothing new: those in maintenance, and those that lead only to such."""
        return without(self.design, members_on(self.design, self.maintained))

    def addresses(self, machine: str) -> Addresses:
        found = self.material.addresses.get(machine)
        if found is None:
            raise StateError(f"machine {machine} has no address yet", hint="run `colonnade up` first")
        return found

    def led(self, machines: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Where users of these machines are led, by uplink."""
        found: dict[str, dict[str, None]] = {}
        for machine in machines:
            for uplink, addresses in self.addresses(machine).led.items():
                found.setdefault(uplink, {}).update(dict.fromkeys(addresses))
        return {uplink: tuple(addresses) for uplink, addresses in found.items()}

    def offers(self, service: str, audience: Audience) -> tuple[Offer, ...]:
        return tuple(o for o in self.claims.offers if o.service == service and o.audience is audience)

    def upstreams(self, service: Service, machine: str) -> tuple[Upstream, ...]:
        """What the arrows that leave `service` lead to from this machine. Externals are not among them.

        Where all targets of an upstream rest, none is marked: there is no one better to ask.
        """
        found = []
        for link in service.links:
            target = self.design.services.get(link.to)
            for offer in self.offers(link.to, Audience.LINKS):
                assert target is not None
                members = link.targets(machine, target.members)
                resting = self._resting(link.to, members)
                ends = tuple(
                    Target(m, self.addresses(m).inside, offer.port, maintained=m in resting) for m in members
                )
                found.append(Upstream(target, offer, ends))
        return tuple(found)

    def _resting(self, service: str, members: tuple[str, ...]) -> frozenset[str]:
        resting = frozenset(m for m in members if (service, m) in self.resting)
        return frozenset() if len(resting) == len(members) else resting

    def led_to(self, name: Name) -> tuple[str, ...]:
        """The machines that a DNS name leads to just now: its own but for doors that rest, if any is left."""
        resting = {m for s in self.design.doors for m in s.members if (s.name, m) in self.resting}
        return tuple(m for m in name.machines if m not in resting) or name.machines

    def clients(self, service: str) -> tuple[str, ...]:
        """Names of the services that may connect to this one: what its certificates' OU must be."""
        return tuple(s.name for s in self.design.sources(service))

    def part(self, service: str, name: str) -> str | None:
        """The blob of a part of the service's release; None where its source has no such folder."""
        return self.blobs.get(part_key(service, name))

    def secret(self, name: str) -> str:
        return self.material.secrets[name]

    def certificate(self, id: str) -> Issued:
        return self.material.certificates[id]
