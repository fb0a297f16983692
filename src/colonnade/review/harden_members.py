"""Where one more member of a service goes, and the design with it. Pure; asked by the cures."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import Kinds
from colonnade.model.successors import successor


def place(design: Design, kinds: Kinds, service: Service) -> str:
    """The machine for a second member: one that is there where machines are shared, else a new one's name."""
    first = service.members[0]
    here = {s.name for s in design.on(first)}
    if len(here) > 1:
        able = [m for m in design.machines if takes(design, m, service, here)]
        if able:
            return min(able, key=lambda m: len(design.on(m)))
        return successor([first], design.machines)
    return successor(service.members, design.machines, replica=kinds[service.kind].replicated)


def takes(design: Design, machine: str, service: Service, beside: set[str]) -> bool:
    """Whether machine is one of those with several services, or made to stand beside the first."""
    there = design.on(machine)
    if any(s.kind == service.kind for s in there):
        return False
    return len(there) > 1 or {s.name for s in there} <= beside


def with_member(design: Design, name: str, machine: str) -> Design:
    """Whoever reached the service reaches the new member too, and it reaches what the others do."""
    services = {
        s.name: replace(
            s,
            members=(*s.members, machine) if s.name == name else s.members,
            links=tuple(joined(design, s, link, name, machine) for link in s.links),
        )
        for s in design.services.values()
    }
    machines = {**design.machines, machine: design.machines.get(machine, Machine(machine))}
    used = dict.fromkeys(m for s in services.values() for m in s.members)
    ordered = {m: machines[m] for m in used} if design.needs_lab else machines
    return replace(design, services=MappingProxyType(services), machines=MappingProxyType(ordered))


def joined(design: Design, source: Service, link: Link, name: str, machine: str) -> Link:
    target = design.services.get(link.to)
    if not link.pairs or target is None:
        return link
    sources = (*source.members, machine) if source.name == name else source.members
    targets = (*target.members, machine) if target.name == name else target.members
    pairs = tuple((s, t) for s in sources for t in targets if machine in {s, t} or (s, t) in link.pairs)
    whole = replace(link, pairs=pairs)
    return replace(link, pairs=()) if len(pairs) == len(sources) * len(targets) else whole


def complete(link: Link, source: Service, target: Service) -> bool:
    if len(link.pairs) < len(source.members) * len(target.members):
        return False
    return {(s, t) for s in source.members for t in target.members} <= set(link.pairs)
