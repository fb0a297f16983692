"""Who is left to serve when some members are gone? A pure reading of the design's arrows, asked by the view
for maintenance and by the engine before it takes a machine.
"""

from __future__ import annotations

from collections.abc import Iterable

from colonnade.model.design import Design, Service

Member = tuple[str, str]
"""(service, machine)"""


def without(design: Design, gone: Iterable[Member]) -> frozenset[Member]:
    """`gone`, and every member that has no one left to lead to: of some service its arrows lead to, all the
    members it may reach are gone.
    """
    lost = set(gone)
    while more := {
        (service.name, machine)
        for service in design.services.values()
        for machine in service.members
        if (service.name, machine) not in lost and _leads_nowhere(design, service, machine, lost)
    }:
        lost |= more
    return frozenset(lost)


def members_on(design: Design, machines: Iterable[str]) -> frozenset[Member]:
    return frozenset((service.name, machine) for machine in machines for service in design.on(machine))


def _leads_nowhere(design: Design, service: Service, machine: str, lost: set[Member]) -> bool:
    for link in (link for link in service.links if not link.consults):
        target = design.services.get(link.to)
        reached = link.targets(machine, target.members) if target else ()
        if reached and all((link.to, member) in lost for member in reached):
            return True
    return False
