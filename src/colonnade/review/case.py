"""What every rule looks at: the design, its journeys and their cut sets, and what rooms do for each site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from colonnade.model.design import NOWHERE, Design, Position, Service
from colonnade.model.kinds import Kind, Kinds
from colonnade.review.cuts import CutSets
from colonnade.review.events import Class, Event
from colonnade.review.journeys import VISITS, Journey, Journeys, member_name
from colonnade.review.structure import Gate


@dataclass(frozen=True)
class Case:
    """`rules` are the ids of all rules there are."""

    design: Design
    kinds: Kinds
    journeys: Journeys
    cuts: Mapping[Journey, CutSets]
    today: date
    rules: frozenset[str] = frozenset()

    @cached_property
    def provided(self) -> frozenset[str]:
        """What the rooms of this site's services, and those that come with every site, cure."""
        used = {service.kind for service in self.design.services.values()}
        return frozenset(
            word
            for kind in self.kinds.values()
            if kind.name in used or not kind.drawn
            for word in kind.provides
        )

    @cached_property
    def data(self) -> tuple[Service, ...]:
        """The services that keep what users wrote."""
        return tuple(s for s in self.design.services.values() if self.kind(s).replicated)

    @cached_property
    def visits(self) -> tuple[Journey, ...]:
        return tuple(journey for journey in VISITS if journey in self.cuts)

    @cached_property
    def direct(self) -> Mapping[str, tuple[Event, ...]]:
        """For each member (`web@web1`) what stops it for readers, each alone."""
        structure = self.journeys.structure
        return {
            name: tuple(
                structure.event_of(n) for n in structure.inputs(node) if structure.gate(n) is Gate.EVENT
            )
            for (journey, name), node in self.journeys.members.items()
            if journey is Journey.READ
        }

    @property
    def door(self) -> Position:
        """Where users arrive: the line of what is about the site as a whole."""
        services = self.design.doors or tuple(self.design.services.values())
        return next((s.position for s in services if s.position != NOWHERE), NOWHERE)

    def kind(self, service: Service) -> Kind:
        return self.kinds[service.kind]

    def members(self, services: Iterable[Service]) -> tuple[str, ...]:
        return tuple(member_name(service, machine) for service in services for machine in service.members)

    @cached_property
    def _on(self) -> Mapping[str, tuple[Service, ...]]:
        found: dict[str, list[Service]] = {}
        for service in self.design.services.values():
            for machine in service.members:
                found.setdefault(machine, []).append(service)
        return {machine: tuple(services) for machine, services in found.items()}

    def lost_with(self, event: Event) -> tuple[Service, ...]:
        """The services that have a member on the machine that this event takes."""
        if event.kind is not Class.MACHINE:
            return ()
        found = {s.name: s for machine in event.machines for s in self._on.get(machine, ())}
        return tuple(found.values())
