"""The journeys of a design: what a reading user, a writing user and a recovering operator rest on. Pure.

Nothing here knows a product: what can stand in for what follows from arrows, pairs, shared machines and what
a kind says of itself (`replicated`, `voters`, `votes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import networkx as nx

from colonnade.model.design import Design, Link, Service
from colonnade.model.kinds import Kinds
from colonnade.model.voters import with_voters
from colonnade.review.events import Class, Event
from colonnade.review.structure import Node, Structure


class Journey(StrEnum):
    READ = "read"
    WRITE = "write"
    RECOVER = "recover"


VISITS = (Journey.READ, Journey.WRITE)

TITLES: Mapping[Journey, str] = {
    Journey.READ: "a user reads",
    Journey.WRITE: "a user writes",
    Journey.RECOVER: "an operator recovers",
}

VOTERS = 15
"""Voters up to which a majority is worked out. Every change waits for a majority, so nobody runs more."""

BACKUP = "backup"
"""What a kind that keeps copies provides, and the kind of fact that draws one."""


@dataclass(frozen=True)
class Journeys:
    """All journeys of one design over one structure; a journey the design does not have is missing from
    `roots`. `members` holds what each member (`web@web1`) rests on, `tiers` what each service does.
    """

    structure: Structure
    roots: Mapping[Journey, Node]
    members: Mapping[tuple[Journey, str], Node]
    tiers: Mapping[tuple[Journey, str], Node]


def journeys(design: Design, kinds: Kinds) -> Journeys:
    """Reading and writing need a line and a door and all behind it; recovering needs one machine that holds
    the data, or a backup. The voters that come with a design are part of it.
    """
    design = with_voters(design, kinds)
    builder = _Builder(design, kinds)
    roots: dict[Journey, Node] = {}
    if design.doors and all(service.members for service in design.doors):
        roots = {journey: builder.visit(journey) for journey in VISITS}
    if holders := builder.holders():
        roots[Journey.RECOVER] = builder.structure.any(holders)
    return Journeys(builder.structure, roots, builder.members, builder.tiers)


@dataclass
class _Builder:
    design: Design
    kinds: Kinds
    structure: Structure = field(default_factory=Structure)
    members: dict[tuple[Journey, str], Node] = field(default_factory=dict)
    tiers: dict[tuple[Journey, str], Node] = field(default_factory=dict)
    _hosts: dict[str, Event] = field(default_factory=dict)
    _pairs: dict[tuple[str, str], Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._hosts = hosts(self.design)

    def visit(self, journey: Journey) -> Node:
        """Services come after those they lead to, so that a site may be any number of tiers deep."""
        arrows: nx.DiGraph[str] = nx.DiGraph((s.name, link.to) for s, link in self.design.links())
        arrows.add_nodes_from(self.design.services)
        for name in reversed(list(nx.topological_sort(arrows))):
            if name in self.design.services:
                self._service(journey, self.design.services[name])
        uplinks = [self.structure.event(Event(Class.UPLINK, name)) for name in self.design.uplinks]
        doors = [
            self.members[journey, member_name(service, machine)]
            for service in self.design.doors
            for machine in service.members
        ]
        lines = [self.structure.any(uplinks)] if uplinks else []
        return self.structure.all([*lines, self.structure.any(doors)])

    def holders(self) -> list[Node]:
        """Who has a copy of the data: while one is left, an operator can bring everything back."""
        holding = [s for s in self.design.services.values() if self._holds(s)]
        nodes = [self._machine(machine) for service in holding for machine in service.members]
        drawn = [fact for fact in self.design.facts if fact.kind == BACKUP]
        if nodes and drawn:
            backup = Event(Class.EXTERNAL, drawn[0].text or BACKUP, position=drawn[0].position)
            nodes.append(self.structure.event(backup))
        return nodes

    def _holds(self, service: Service) -> bool:
        kind = self.kinds[service.kind]
        return kind.replicated or BACKUP in kind.provides

    def _service(self, journey: Journey, service: Service) -> None:
        for machine in service.members:
            self.members[journey, member_name(service, machine)] = self._member(journey, service, machine)
        self.tiers[journey, service.name] = self._tier(journey, service)

    def _member(self, journey: Journey, service: Service, machine: str) -> Node:
        """The machine, the program on it, and everything the program's arrows lead to on a request's way."""
        name = member_name(service, machine)
        program = Event(Class.MEMBER, name, (machine,), service.name, service.position)
        asks = [link for link in service.links if not link.consults]
        ways = [self._way(journey, service, machine, link) for link in asks]
        return self.structure.all([self._machine(machine), self.structure.event(program), *ways])

    def _tier(self, journey: Journey, service: Service) -> Node:
        """What everyone who may use all of its members rests on. A write needs the primary, or one that takes
        over from it.
        """
        kind = self.kinds[service.kind]
        members = [self.members[journey, member_name(service, machine)] for machine in service.members]
        if kind.votes and len(members) <= VOTERS:
            return self.structure.quorum(members)
        if not kind.replicated or journey is not Journey.WRITE:
            return self.structure.any(members)
        if not service.consulted:
            return members[0]
        return self._led(members, self.tiers[journey, service.consulted])

    def _led(self, members: list[Node], voters: Node) -> Node:
        """Only a change needs a majority of the voters: another primary, or one that goes on without its
        standby. While that is missing writes go on as long as no member fails.

        Left out: the seconds that a take-over takes; that of several replicas one is the standby, so that a
        second loss before the next is admitted stops writes; and that a majority comes back.
        """
        changing = self.structure.all([voters, self.structure.any(members)])
        return self.structure.any([self.structure.all(members), changing])

    def _way(self, journey: Journey, source: Service, machine: str, link: Link) -> Node:
        target = self.design.services.get(link.to)
        if target is None:
            position = self.design.externals[link.to].position
            return self.structure.event(Event(Class.EXTERNAL, link.to, (), source.name, position))
        if not link.pairs:
            return self.tiers[journey, target.name]
        key = (source.name, link.to)
        if key not in self._pairs:
            self._pairs[key] = ends_of(link, target)
        ends = self._pairs[key].get(machine, ())
        return self.structure.any(self._pair(journey, source, machine, target, end, link) for end in ends)

    def _pair(
        self, journey: Journey, source: Service, machine: str, target: Service, end: str, link: Link
    ) -> Node:
        """A drawn pair has a way of its own, which can fail; within one machine there is none."""
        member = self.members[journey, member_name(target, end)]
        if self._hosts[machine] == self._hosts[end]:
            return member
        name = f"{member_name(source, machine)} -> {member_name(target, end)}"
        way = Event(Class.LINK, name, (machine, end), source.name, link.position)
        return self.structure.all([self.structure.event(way), member])

    def _machine(self, machine: str) -> Node:
        return self.structure.event(self._hosts[machine])


def ends_of(link: Link, target: Service) -> Mapping[str, tuple[str, ...]]:
    """For each machine that pairs lead from, the machines they lead to, in the target's order: all at once,
    for a tier may have thousands.
    """
    order = {machine: index for index, machine in enumerate(target.members)}
    found: dict[str, set[str]] = {}
    for source, machine in link.pairs:
        if machine in order:
            found.setdefault(source, set()).add(machine)
    return {source: tuple(sorted(ends, key=order.__getitem__)) for source, ends in found.items()}


def member_name(service: Service, machine: str) -> str:
    return f"{service.name}@{machine}"


def hosts(design: Design) -> dict[str, Event]:
    """For each machine the event of losing it. Names with one address and port are one computer."""
    together: dict[tuple[str, int], list[str]] = {}
    for machine in design.machines.values():
        together.setdefault(machine.computer, []).append(machine.name)
    found = {}
    for names in together.values():
        position = design.machines[names[0]].position
        event = Event(Class.MACHINE, names[0], tuple(names), position=position)
        found.update(dict.fromkeys(names, event))
    return found
