"""The rules that every design keeps, however it was written. Asked by both loaders; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from colonnade.errors import Problem
from colonnade.model.design import NOWHERE, Design, Link, Position, Service
from colonnade.model.kinds import Kinds
from colonnade.model.names import MACHINE_LENGTH, TAKEN, is_domain, is_host_name
from colonnade.model.shapes import closest


def check(design: Design, kinds: Kinds, site_at: Position = NOWHERE) -> list[Problem]:
    """What is wrong with the design as a whole, sorted by line; `site_at` is where its name was written."""
    return sorted(
        {
            *names(design, site_at),
            *members(design),
            *links(design, kinds),
            *doors(design, kinds),
            *cycles(design),
        }
    )


def problem(at: Position, message: str, hint: str = "") -> Problem:
    return Problem(at.line, at.column, message, hint)


def names(design: Design, site_at: Position) -> Iterator[Problem]:
    if not is_domain(design.site):
        yield problem(
            site_at,
            f"the site's name '{design.site}' is no DNS name",
            "write one as users type it: www.example.com",
        )
    if not design.services:
        yield problem(Position(), "the design has no services", "draw at least one server that users reach")
    for service in design.services.values():
        yield from name("service", service.name, service.position)
        for member in service.members:
            yield from name("machine", member, service.position)
    for external in design.externals.values():
        yield from name("external", external.name, external.position)
        if external.name in design.services:
            yield problem(
                external.position, f"'{external.name}' names a service and an external", "rename one of them"
            )


def name(what: str, written: str, at: Position) -> Iterator[Problem]:
    if not is_host_name(written):
        yield problem(
            at,
            f"the {what} '{written}' has no valid name",
            (
                f"use a to z, 0 to 9 and '-', at most {MACHINE_LENGTH} characters, with a letter or "
                f"digit at both ends"
            ),
        )
    elif written.startswith("x-"):
        yield problem(
            at,
            f"the {what} '{written}' has a name that begins with 'x-'",
            "such names are for notes, which nobody reads: choose another",
        )
    elif what == "machine" and written in TAKEN:
        yield problem(
            at, f"no machine can be called '{written}': the lab uses that name itself", f"call it {written}1"
        )


def members(design: Design) -> Iterator[Problem]:
    for service in design.services.values():
        for machine, times in Counter(service.members).items():
            if times > 1:
                yield problem(
                    service.position,
                    f"the service '{service.name}' is on the machine '{machine}' twice",
                    "a machine has one member of a service: draw a second machine",
                )
    for machine in design.machines:
        if not design.on(machine):
            yield problem(
                design.machines[machine].position,
                f"no service runs on the machine '{machine}'",
                closest(machine, (m for m in design.machines if design.on(m))),
            )
        kinds: dict[str, Service] = {}
        for service in design.on(machine):
            first = kinds.setdefault(service.kind, service)
            if first is not service:
                yield problem(
                    service.position,
                    (
                        f"the machine '{machine}' has two services of the kind {service.kind}: "
                        f"'{first.name}' and '{service.name}'"
                    ),
                    "put one of them on another machine",
                )
    if design.machines and not design.needs_lab:
        for machine_ in design.machines.values():
            if not machine_.address:
                yield problem(
                    machine_.position,
                    f"the machine '{machine_.name}' has no address, and others have one",
                    "give every machine an address, or none: then a lab makes them all",
                )


def links(design: Design, kinds: Kinds) -> Iterator[Problem]:
    for service, link in design.links():
        if kinds[service.kind].replicated:
            yield problem(
                link.position,
                (
                    f"an arrow leads from '{service.name}' to '{link.to}', and "
                    f"{kinds[service.kind].title} asks nobody"
                ),
                "draw the arrow from the one that asks to the one that answers",
            )
        yield from target(design, kinds, service, link)
    for service in design.services.values():
        for to, times in Counter(link.to for link in service.links).items():
            if times > 1:
                yield problem(
                    service.position, f"'{service.name}' leads to '{to}' twice", "name it once in 'to'"
                )


def target(design: Design, kinds: Kinds, service: Service, link: Link) -> Iterator[Problem]:
    if link.to == service.name:
        yield problem(link.position, f"the service '{service.name}' leads to itself", "take that arrow away")
        return
    if link.to in design.externals:
        if link.pairs:
            yield problem(
                link.position,
                f"'{link.to}' is external, so it has no machines to pair",
                f"write  to: [{link.to}]",
            )
        return
    to = design.services.get(link.to)
    if to is None:
        known = [*(s for s in design.services if s != service.name), *design.externals]
        yield problem(
            link.position,
            f"'{service.name}' leads to '{link.to}', and there is no such service",
            closest(link.to, known),
        )
    elif link.pairs and kinds[to.kind].replicated:
        yield problem(
            link.position,
            f"an arrow to '{link.to}' can't be bound to one machine: its roles move",
            f"write  to: [{link.to}]",
        )
    else:
        for source, machine in link.pairs:
            for end, owner in ((source, service), (machine, to)):
                if end not in owner.members:
                    yield problem(
                        link.position, f"'{end}' is no machine of '{owner.name}'", closest(end, owner.members)
                    )


def doors(design: Design, kinds: Kinds) -> Iterator[Problem]:
    for service in design.doors:
        if not kinds[service.kind].door:
            able = ", ".join(k.title for k in kinds.values() if k.door)
            yield problem(
                service.position,
                f"users can't arrive at '{service.name}', which is {kinds[service.kind].title}",
                f"let them arrive at {able}",
            )
    if design.services and not design.doors:
        able = ", ".join(k.name for k in kinds.values() if k.door)
        yield problem(
            Position(),
            "there is no door: no service where users arrive",
            f"add a service of the kind {able}, or mark one with  public: true",
        )


def cycles(design: Design) -> Iterator[Problem]:
    """Each service that can be reached from itself through others, told once per circle."""
    seen: set[frozenset[str]] = set()
    for start in design.services:
        circle = way_back(design, start)
        if len(circle) > 1 and frozenset(circle) not in seen:
            seen.add(frozenset(circle))
            link = design.services[circle[0]].link_to(circle[1])
            lines = sorted(
                {
                    hop.position.line
                    for a, b in zip(circle, (*circle[1:], circle[0]), strict=True)
                    if (hop := design.services[a].link_to(b)) and hop.position.line
                }
            )
            where = f" (lines {', '.join(map(str, lines))})" if lines else ""
            yield problem(
                link.position if link else Position(),
                f"services wait for one another in a circle: {' -> '.join((*circle, circle[0]))}{where}",
                "take one of these arrows away, or mark an answer as such: A -->|response| B",
            )


def way_back(design: Design, start: str) -> tuple[str, ...]:
    """The shortest circle through `start`, empty if there's none."""
    came: dict[str, str] = {}
    pending = [start]
    while pending:
        current = pending.pop(0)
        for link in design.services[current].links:
            if link.to == start and current != start:
                way = [current]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            if link.to in design.services and link.to not in came and link.to != start:
                came[link.to] = current
                pending.append(link.to)
    return ()
