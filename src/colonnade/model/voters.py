"""Who decides which member of a replicated service is the primary, and on which machines? Pure.

Asked by the engine, which puts the voters there, and by review, which judges what they survive. A machine is
never made for them: see `seats`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from colonnade.model.design import Design, Link, Service
from colonnade.model.kinds import Kinds

NAME = "voters"
"""Of the service where nobody drew one."""
FEWEST = 3
"""Of two voters each is needed, so two decide less often than one."""


def with_voters(design: Design, kinds: Kinds) -> Design:
    """The design with the voters that come with it, asked by whoever elects. A drawn service that has their
    name stays what it is.
    """
    coming = {s.name: s for s in implied(design, kinds) if s.name not in design.services}
    return asked(replace(design, services=MappingProxyType({**design.services, **coming})), kinds)


def elects(design: Design, kinds: Kinds, name: str) -> bool:
    """Whether this service's primary is replaced by itself, with the voters that come with the design."""
    return bool(with_voters(design, kinds).services[name].consulted)


def implied(design: Design, kinds: Kinds) -> tuple[Service, ...]:
    """The voters of a design in which somebody elects, if none are drawn and there are machines for them."""
    count = max((wanted(service, kinds) for service in design.services.values()), default=0)
    kind = next((kind for kind in kinds.values() if kind.votes), None)
    if not count or kind is None or drawn(design, kinds):
        return ()
    machines = seats(design, kinds, count)
    return (Service(NAME, kind.name, machines, kind.settings()),) if machines else ()


def asked(design: Design, kinds: Kinds) -> Design:
    """The design with an arrow to the voters from every service that elects; the same without voters."""
    voters = drawn(design, kinds)
    if voters is None:
        return design
    link = Link(voters.name, consults=True)
    services = {
        s.name: replace(s, links=(*s.links, link)) if wanted(s, kinds) and not s.link_to(voters.name) else s
        for s in design.services.values()
    }
    return replace(design, services=MappingProxyType(services))


def drawn(design: Design, kinds: Kinds) -> Service | None:
    """The voters there are. Of several services of such a kind the first is asked."""
    return next((s for s in design.services.values() if kinds[s.kind].votes), None)


def wanted(service: Service, kinds: Kinds) -> int:
    """How many voters choose this service's primary; 0 where there is no choice."""
    kind = kinds[service.kind]
    return kind.voters(service.settings) if kind.replicated and len(service.members) > 1 else 0


def seats(design: Design, kinds: Kinds, count: int) -> tuple[str, ...]:
    """The machines that vote, in the design's order: `count` of them, or the greatest odd number there are
    computers for; none where these are fewer than three.

    The first that are neither doors nor databases; then doors, then databases. No place (one address, with
    whatever ports) has a majority unless there is no other choice. So a machine at the design's end moves a
    voter only away from a door or a database, or out of a place that had a majority, and never more than one.
    """
    able = list(_able(design, kinds))
    count = min(count, len(able) - (len(able) + 1) % 2)
    if count < FEWEST:
        return ()
    chosen: list[str] = []
    held = Counter[str]()
    for machine in able:
        place = design.machines[machine].address or machine
        if len(chosen) < count and held[place] < count // 2:
            chosen.append(machine)
            held[place] += 1
    chosen += [machine for machine in able if machine not in chosen][: count - len(chosen)]
    return tuple(machine for machine in design.machines if machine in chosen)


def _able(design: Design, kinds: Kinds) -> Iterator[str]:
    """One machine of each computer, best first."""
    doors = {m for service in design.doors for m in service.members}
    data = {m for s in design.services.values() if kinds[s.kind].replicated for m in s.members}
    ordered = sorted(design.machines, key=lambda m: 2 if m in data else 1 if m in doors else 0)
    seen: set[object] = set()
    for name in ordered:
        computer = design.machines[name].computer
        if computer not in seen:
            seen.add(computer)
            yield name
