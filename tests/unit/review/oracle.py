"""Does a journey work while some things are gone? Worked out from the design alone, sharing nothing with
review.

A member works while its machine, its program and, for each of its arrows, one working end are there. Found by
taking away what can't work, wave by wave, until nothing more falls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from itertools import combinations
from operator import and_, or_

from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kinds

Thing = tuple[str, str]
"""Class of failure and name, as in `machine lb1`."""


def things(design: Design) -> tuple[Thing, ...]:
    """Everything that can fail."""
    found: dict[Thing, None] = {("machine", machine): None for machine in design.machines}
    for service in design.services.values():
        found.update({("member", f"{service.name}@{machine}"): None for machine in service.members})
    for service, link in design.links():
        if link.to in design.externals:
            found["external", link.to] = None
        for source, end in link.pairs:
            if source != end:
                found["link", f"{service.name}@{source} -> {link.to}@{end}"] = None
    found.update({("uplink", name): None for name in design.uplinks})
    found.update({("external", f.text or "backup"): None for f in design.facts if f.kind == "backup"})
    return tuple(found)


def works(design: Design, kinds: Kinds, journey: str, gone: frozenset[Thing]) -> bool:
    if journey == "recover":
        return any(("machine", m) not in gone for m in holders(design, kinds)) or backup(design, gone)
    alive = standing(design, kinds, journey, gone)
    doors = any((service.name, m) in alive for service in design.doors for m in service.members)
    return doors and any(("uplink", name) not in gone for name in design.uplinks)


def holders(design: Design, kinds: Kinds) -> Iterator[str]:
    for service in design.services.values():
        if kinds[service.kind].replicated:
            yield from service.members


def backup(design: Design, gone: frozenset[Thing]) -> bool:
    drawn = [fact for fact in design.facts if fact.kind == "backup"]
    return bool(drawn) and ("external", drawn[0].text or "backup") not in gone


def standing(design: Design, kinds: Kinds, journey: str, gone: frozenset[Thing]) -> set[tuple[str, str]]:
    """Service and machine of every member that works."""
    alive = {
        (service.name, machine)
        for service in design.services.values()
        for machine in service.members
        if ("machine", machine) not in gone and ("member", f"{service.name}@{machine}") not in gone
    }
    fallen = True
    while fallen:
        fallen = False
        for name, machine in sorted(alive):
            service = design.services[name]
            if not all(
                led(design, kinds, journey, gone, alive, service, machine, to.to)
                for to in service.links
                if not to.consults
            ):
                alive.discard((name, machine))
                fallen = True
    return alive


def led(
    design: Design,
    kinds: Kinds,
    journey: str,
    gone: frozenset[Thing],
    alive: set[tuple[str, str]],
    service: Service,
    machine: str,
    to: str,
) -> bool:
    """Whether the arrow from this member leads to something that works."""
    if to in design.externals:
        return ("external", to) not in gone
    target, link = design.services[to], service.link_to(to)
    assert link is not None
    kind = kinds[target.kind]
    if kind.replicated and journey == "write":
        return led_by_someone(design, target, alive)
    if not link.pairs:
        return any((to, end) in alive for end in target.members)
    return any(
        (to, end) in alive and ("link", f"{service.name}@{machine} -> {to}@{end}") not in gone
        for source, end in link.pairs
        if source == machine
    )


def led_by_someone(design: Design, service: Service, alive: set[tuple[str, str]]) -> bool:
    """Whether it has a primary, or gets one: by a majority, or since nothing has happened to any member."""
    here = [(service.name, machine) in alive for machine in service.members]
    if not service.consulted:
        return here[0]
    voters = design.services[service.consulted].members
    votes = sum((service.consulted, machine) in alive for machine in voters)
    return all(here) or (any(here) and 2 * votes > len(voters))


def samples(design: Design, kinds: Kinds, journey: str, up: Mapping[Thing, int], every: int) -> int:
    """In which of many samples the journey works: bit i of an integer stands for sample i. `every` has all
    bits.
    """
    done: dict[tuple[str, str], int] = {}

    def member(service: Service, machine: str) -> int:
        key = (service.name, machine)
        if key not in done:
            bits = up["machine", machine] & up["member", f"{service.name}@{machine}"]
            for link in (link for link in service.links if not link.consults):
                if link.to in design.externals:
                    bits &= up["external", link.to]
                    continue
                target = design.services[link.to]
                kind = kinds[target.kind]
                ends = link.targets(machine, target.members)
                if kind.replicated and journey == "write":
                    bits &= written(target)
                    continue
                reached = 0
                for end in ends:
                    way = up.get(("link", f"{service.name}@{machine} -> {link.to}@{end}"), every)
                    reached |= member(target, end) & way
                bits &= reached
            done[key] = bits
        return done[key]

    def written(service: Service) -> int:
        here = [member(service, machine) for machine in service.members]
        if not service.consulted:
            return here[0]
        voters = design.services[service.consulted]
        votes = [member(voters, machine) for machine in voters.members]
        enough = [reduce(and_, some) for some in combinations(votes, len(votes) // 2 + 1)]
        return reduce(and_, here) | (reduce(or_, here) & reduce(or_, enough))

    doors = lines = 0
    for service in design.doors:
        for machine in service.members:
            doors |= member(service, machine)
    for name in design.uplinks:
        lines |= up["uplink", name]
    return doors & lines
