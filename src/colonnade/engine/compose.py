"""From a design to the desired state of every machine: two passes over the rooms, all pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from colonnade.errors import DesignError, Problem
from colonnade.kit.builds import Build
from colonnade.kit.checks import Check
from colonnade.kit.claims import Claims
from colonnade.kit.component import Component
from colonnade.kit.orders import Order
from colonnade.kit.resources import Package, Resource
from colonnade.kit.stages import Stage
from colonnade.kit.view import View
from colonnade.model import voters
from colonnade.model.design import Design

Rooms = Mapping[str, Component[Any]]
Desired = Mapping[Stage, Sequence[Resource]]


def whole(design: Design, rooms: Rooms) -> Design:
    """The design with the services that come with every site. Raises DesignError when a drawn service has
    one of their names.
    """
    services = dict(design.services)
    problems = []
    kinds = {name: room.kind for name, room in rooms.items()}
    coming = [service for room in rooms.values() for service in room.implied(design)]
    for service in (*voters.implied(design, kinds), *coming):
        drawn = services.setdefault(service.name, service)
        if drawn is not service:
            at = drawn.position
            hint = f"call it something else: a site like this has its own {service.name}"
            problems.append(Problem(at.line, at.column, f"the name {drawn.name} is taken", hint))
    if problems:
        raise DesignError(design.path, problems)
    return voters.asked(dataclasses.replace(design, services=services), kinds)


def claims(design: Design, rooms: Rooms) -> Claims:
    """Pass 1. `design` is whole."""
    return Claims.merge(rooms[s.kind].claims(s, design) for s in design.services.values())


def builds(design: Design, rooms: Rooms) -> tuple[Build, ...]:
    found = (rooms[s.kind].builds(s) for s in design.services.values())
    return tuple(build for build in found if build)


def desired(view: View, rooms: Rooms) -> Mapping[str, Desired]:
    """Pass 2: machine -> stage -> resources. What two rooms state alike on one machine stands once, in the
    earlier of their stages.
    """
    return {machine: _machine(view, rooms, machine) for machine in view.design.machines}


def _machine(view: View, rooms: Rooms, machine: str) -> Desired:
    services = view.design.on(machine)
    packages = sorted({name for s in services for name in rooms[s.kind].packages})
    stated: list[tuple[Stage, Resource]] = [(Stage.GROUND, Package(name)) for name in packages]
    for service in services:
        for stage, resources in rooms[service.kind].resources(service, machine, view).items():
            stated += [(stage, resource) for resource in resources]
    stages: dict[Stage, list[Resource]] = {stage: [] for stage in Stage}
    seen: dict[str, Resource] = {}
    # By stage: what one room needs early is not delayed by another that needs it later.
    for stage, resource in sorted(stated, key=lambda one: one[0]):
        first = seen.setdefault(resource.id, resource)
        if first is resource:
            stages[stage].append(resource)
        elif first != resource:
            # A fault of the rooms, not of the operator: two of them want one thing in two ways.
            raise AssertionError(f"{machine}: two rooms contradict each other about {resource.id}")
    return {stage: tuple(found) for stage, found in stages.items() if found}


def settled(view: View, rooms: Rooms) -> Mapping[str, tuple[Check, ...]]:
    """Machine -> what tells that its members have done with the configuration they had before."""
    return {
        machine: tuple(c for s in view.design.on(machine) for c in rooms[s.kind].settled(s, machine, view))
        for machine in view.design.machines
    }


def leaving(view: View, rooms: Rooms) -> Mapping[str, tuple[Order, ...]]:
    """Machine -> what is run before anyone is told that it goes into maintenance."""
    return {
        machine: tuple(o for s in view.design.on(machine) for o in rooms[s.kind].leaving(s, machine, view))
        for machine in view.design.machines
    }


def returned(view: View, rooms: Rooms) -> Mapping[str, tuple[Order, ...]]:
    """Machine -> what is run once it serves again after maintenance."""
    return {
        machine: tuple(
            order
            for s in view.design.on(machine)
            for order in rooms[s.kind].returned(s, machine, view)
            if order.machine not in view.maintained
        )
        for machine in view.design.machines
    }


def checks(view: View, rooms: Rooms) -> Mapping[str, tuple[Check, ...]]:
    """Machine -> the checks of all members on it."""
    return {
        machine: tuple(c for s in view.design.on(machine) for c in rooms[s.kind].checks(s, machine, view))
        for machine in view.design.machines
    }
