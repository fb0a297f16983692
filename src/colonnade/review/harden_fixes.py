"""Each cure that `harden` knows: where it applies, the design with it, and what it costs. Pure.

A cure asks a kind what it is (`door`, `replicated`, `votes`), never which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from colonnade.model.design import Design, Link, Service
from colonnade.model.kinds import Kinds
from colonnade.model.names import LAB_UPLINKS
from colonnade.model.voters import elects
from colonnade.review.harden_members import complete, place, with_member


@dataclass(frozen=True)
class Change:
    """`rule` is the rule of review that it cures; `machines_added` are those there were not before."""

    rule: str
    what: str
    why: str
    machines_added: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fix:
    """One step: the design after it. `needs`: what must be there first where machines exist already."""

    change: Change
    design: Design
    needs: str = ""


Find = Callable[[Design, Kinds], Iterator[Fix]]


def pairs(design: Design, kinds: Kinds) -> Iterator[Fix]:
    """A member that may ask one only is lost with it."""
    del kinds
    for service, link in design.links():
        target = design.services.get(link.to)
        if target and link.pairs and not complete(link, service, target):
            opened = Link(link.to, (), link.position)
            links = tuple(opened if one is link else one for one in service.links)
            yield Fix(
                Change(
                    "pairs-only",
                    f"Every member of `{service.name}` may reach every member of `{target.name}`",
                    f"A member of `{service.name}` was lost with its pair in `{target.name}`. "
                    "Its own is still asked first, the others when that one is gone",
                ),
                with_service(design, replace(service, links=links)),
            )


def uplink(design: Design, kinds: Kinds) -> Iterator[Fix]:
    del kinds
    if len(design.uplinks) > 1 or not design.doors:
        return
    name = next(n for n in LAB_UPLINKS if n not in design.uplinks)
    yield Fix(
        Change(
            "single-uplink",
            f"A second line to the Internet, `{name}`",
            "With one line its failure takes the whole site away. Every door has an address on both, and DNS "
            "gives those of the lines that work",
        ),
        replace(design, uplinks=(*design.uplinks, name)),
        "a second line is ordered, not written: name it under `uplinks` when it is there",
    )


def doors(design: Design, kinds: Kinds) -> Iterator[Fix]:
    """Two doors of one kind that lead the same way stand in for each other already."""
    for service in design.doors:
        alike = [s for s in design.doors if s.kind == service.kind and ways(s) == ways(service)]
        if len(service.members) == 1 and len(alike) == 1:
            yield second(
                design,
                kinds,
                service,
                "single-door",
                f"Every request came through {service.members[0]}. Now each of the two holds a floating "
                "address, which the other takes over within a second, and DNS gives both addresses",
            )


def ways(service: Service) -> frozenset[str]:
    return frozenset(link.to for link in service.links)


def members(design: Design, kinds: Kinds) -> Iterator[Fix]:
    for service in on_the_way(design):
        kind = kinds[service.kind]
        if len(service.members) == 1 and not (service.public or kind.replicated or kind.votes):
            why = f"Every request needs `{service.name}`, and {service.members[0]} was all of it"
            yield second(design, kinds, service, "single-member", why)


def replicas(design: Design, kinds: Kinds) -> Iterator[Fix]:
    for service in design.services.values():
        kind = kinds[service.kind]
        if len(service.members) == 1 and kind.replicated and not kind.votes:
            after = with_member(design, service.name, place(design, kinds, service))
            why = f"The data stood on {service.members[0]} alone; reading goes on from a replica"
            if elects(after, kinds, service.name):
                why += ", and writing too, as it takes over by itself"
            else:
                why += ". Writing waits until a person makes the replica the primary"
            yield second(design, kinds, service, "no-replica", why)


def fates(design: Design, kinds: Kinds) -> Iterator[Fix]:
    """A machine that holds all there is of a service beside other services takes them down together."""
    needed = {s.name for s in on_the_way(design)}
    for machine in design.machines:
        here = design.on(machine)
        alone = [s for s in here if len(s.members) == 1 and s.name in needed and not kinds[s.kind].votes]
        if len(here) < 2 or not alone:
            continue
        after, placed = design, []
        for service in alone:
            placed.append(place(after, kinds, service))
            after = with_member(after, service.name, placed[-1])
        added = tuple(dict.fromkeys(name for name in placed if name not in design.machines))
        names = ", ".join(f"`{s.name}` on {to}" for s, to in zip(alone, placed, strict=True))
        why = f"{machine} held all there was of {', '.join(f'`{s.name}`' for s in alone)}, and took it along"
        change = Change("shared-fate", f"Second members elsewhere: {names}", why, added)
        yield Fix(change, after, NO_MACHINE if added else "")


FIXES: Mapping[str, Find] = MappingProxyType(
    {
        "pairs-only": pairs,
        "single-uplink": uplink,
        "single-door": doors,
        "single-member": members,
        "no-replica": replicas,
        "shared-fate": fates,
    }
)
NO_MACHINE = "a new machine needs an address: give it one under `machines`, and name it in its service"


def second(design: Design, kinds: Kinds, service: Service, rule: str, why: str) -> Fix:
    """One more member, on a machine that is there if the design puts several services on one."""
    machine = place(design, kinds, service)
    added = () if machine in design.machines else (machine,)
    title = kinds[service.kind].title
    what = f"`{service.name}` has a second {title}, on {machine}"
    return Fix(
        Change(rule, what, why, added),
        with_member(design, service.name, machine),
        NO_MACHINE if added else "",
    )


def with_service(design: Design, service: Service) -> Design:
    return replace(design, services=MappingProxyType({**design.services, service.name: service}))


def on_the_way(design: Design) -> Iterator[Service]:
    """The services that a request may come to, doors first."""
    reached = dict.fromkeys(service.name for service in design.doors)
    pending = list(reached)
    while pending:
        for link in design.services[pending.pop()].links:
            if link.to in design.services and link.to not in reached:
                reached[link.to] = None
                pending.append(link.to)
    return (service for service in design.services.values() if service.name in reached)
