"""What an operator may say: the one model that a drawing and a `site.yaml` are both read into.

Everything here is data; equality ignores where a thing was written, so a design written out and read back is
equal to itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from colonnade.model.kinds import Settings


@dataclass(frozen=True, order=True)
class Position:
    """Line and column from 1 in the design's file; 0 where a thing was not written but follows."""

    line: int = 0
    column: int = 0


NOWHERE = Position()
UPLINKS = ("a",)
"""The line to the Internet of a design that says nothing of it."""


@dataclass(frozen=True)
class Link:
    """An arrow from a service to another service (or to an external), by name.

    `pairs` is empty when every member may reach every member of the target; otherwise it holds the (from
    machine, to machine) pairs that were drawn, and nothing else may connect. A link to a replicated service
    never has pairs: its roles move. `consults`: no request takes this way; voters are asked who leads.
    """

    to: str
    pairs: tuple[tuple[str, str], ...] = ()
    position: Position = field(default=NOWHERE, compare=False)
    consults: bool = False

    def targets(self, machine: str, members: tuple[str, ...]) -> tuple[str, ...]:
        """The machines among `members` of the target that `machine` may reach, in the target's order."""
        if not self.pairs:
            return members
        drawn = {to for source, to in self.pairs if source == machine}
        return tuple(m for m in members if m in drawn)


@dataclass(frozen=True)
class Service:
    """One tier: `members` are the names of its machines, in order (of a replicated kind the first is the
    primary).
    """

    name: str
    kind: str
    members: tuple[str, ...]
    settings: Settings
    links: tuple[Link, ...] = ()
    public: bool = False
    position: Position = field(default=NOWHERE, compare=False)

    def link_to(self, service: str) -> Link | None:
        return next((link for link in self.links if link.to == service), None)

    @property
    def consulted(self) -> str:
        """The voters that choose this service's primary; empty where it is the first member."""
        return next((link.to for link in self.links if link.consults), "")


@dataclass(frozen=True)
class Machine:
    """A Linux host. Without an address a lab makes it."""

    name: str
    address: str = ""
    user: str = "root"
    port: int = 22
    position: Position = field(default=NOWHERE, compare=False)

    @property
    def computer(self) -> tuple[str, int]:
        """Equal for names of one computer."""
        return (self.address, self.port) if self.address else (f"name {self.name}", 0)


@dataclass(frozen=True)
class External:
    """A program drawn that Colonnade has no room for (`what`: Redis, S3, a CDN); services may link to it by
    name.
    """

    name: str
    what: str
    position: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Fact:
    """Something a drawing states that is no member: kind is vip, firewall, certificate, monitoring or
    backup.
    """

    kind: str
    text: str
    about: tuple[str, ...] = ()
    position: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Silence:
    """A review rule the operator does not want to hear of, why, and (inclusive) until when."""

    rule: str
    reason: str
    until: date
    position: Position = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Reading:
    """How one drawn thing was understood, for `up` to say: `drawn` as written, `read` in the product's
    words.
    """

    position: Position
    drawn: str
    read: str


@dataclass(frozen=True)
class Design:
    """`site` is the DNS name users type. Mappings keep the order of the design.

    `uplinks` are the site's lines to the Internet, each of which every door machine is on. `witnesses` are
    IPv4 addresses far outside that answer DNS: they tell which of two lines is dead. `assumptions` are hours
    between failures and to repair, by class of failure. `prose` is what a document says around its diagrams,
    each line in its place, the lines of fences empty.
    """

    site: str
    services: Mapping[str, Service]
    machines: Mapping[str, Machine]
    externals: Mapping[str, External] = field(default_factory=lambda: MappingProxyType({}))
    facts: tuple[Fact, ...] = ()
    path: str = field(default="", compare=False)
    readings: tuple[Reading, ...] = field(default=(), compare=False)
    uplinks: tuple[str, ...] = UPLINKS
    silences: tuple[Silence, ...] = ()
    assumptions: Mapping[str, tuple[float, float]] = field(default_factory=lambda: MappingProxyType({}))
    prose: str = field(default="", compare=False)
    witnesses: tuple[str, ...] = ()

    def on(self, machine: str) -> tuple[Service, ...]:
        """The services with a member on this machine, in the design's order."""
        return tuple(s for s in self.services.values() if machine in s.members)

    def links(self) -> Iterator[tuple[Service, Link]]:
        for service in self.services.values():
            for link in service.links:
                yield service, link

    def sources(self, service: str) -> tuple[Service, ...]:
        """The services that link to this one."""
        return tuple(s for s, link in self.links() if link.to == service)

    @property
    def doors(self) -> tuple[Service, ...]:
        return tuple(s for s in self.services.values() if s.public)

    @property
    def needs_lab(self) -> bool:
        return not any(m.address for m in self.machines.values())
