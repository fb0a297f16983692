"""May this machine be taken for maintenance? A pure reading of the design and of how its members are, asked
by `maintain` before the first change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from colonnade.engine.compose import Rooms
from colonnade.engine.health import MemberHealth
from colonnade.kit.rotation import Member, members_on, without
from colonnade.kit.view import View
from colonnade.model.design import Design, Service

Unwell = Mapping[Member, str]
"""Members that do not serve, and why."""


def objections(
    view: View, rooms: Rooms, machine: str, health: Sequence[MemberHealth], told: Iterable[str]
) -> tuple[str, ...]:
    """Why not, each with what to do about it; empty when it may go. `view` has `machine` among the maintained
    already; `told` are the machines that must change for it.
    """
    unwell = _unwell(view, health)
    return (
        *_held(view, rooms, machine, health),
        *_deaf(view, machine, health, told),
        *_outvoted(view, rooms, machine, unwell),
        *_nobody_left(view, machine, unwell),
    )


def _held(view: View, rooms: Rooms, machine: str, health: Sequence[MemberHealth]) -> Iterable[str]:
    roles = {h.service: h.role for h in health if h.machine == machine}
    for service in view.design.on(machine):
        reason = rooms[service.kind].held(service, machine, roles.get(service.name, ""), view)
        if reason:
            yield reason


def _deaf(view: View, machine: str, health: Sequence[MemberHealth], told: Iterable[str]) -> Iterable[str]:
    silent = {h.machine for h in health if h.healthy is None} - view.maintained
    for other in told:
        if other in silent and other != machine:
            yield (
                f"{other} does not answer, and must be told to send nothing more to {machine}: "
                f"start {other}, or put it in maintenance first"
            )


def _unwell(view: View, health: Sequence[MemberHealth]) -> Unwell:
    """Those in maintenance are not among them."""
    return {
        (h.service, h.machine): h.detail for h in health if not h.healthy and h.machine not in view.maintained
    }


def _outvoted(view: View, rooms: Rooms, machine: str, unwell: Unwell) -> Iterable[str]:
    """Members that decide together need more than half of all there are; one alone is needed whole."""
    for service in (s for s in view.design.on(machine) if rooms[s.kind].kind.votes):
        gone = members_on(view.design, view.maintained) | set(unwell)
        left = [m for m in service.members if (service.name, m) not in gone]
        if 2 * len(left) <= len(service.members):
            others = [m for m in service.members if m != machine and (service.name, m) in gone]
            why = "".join(f"; {_why_not(service.name, m, view, unwell)}" for m in others)
            total = len(service.members)
            yield f"{service.name} would be left with {len(left)} of {total}, and needs more than half{why}"


def _nobody_left(view: View, machine: str, unwell: Unwell) -> Iterable[str]:
    """Only what this machine's going would bring about: a site that does not serve anyhow is no reason."""
    design = view.design
    doors = {(s.name, m) for s in design.doors for m in s.members}
    before = without(design, members_on(design, view.maintained - {machine}) | set(unwell))
    after = without(design, members_on(design, view.maintained) | set(unwell))
    if not doors or not doors <= after or doors <= before:
        return
    lost = [s for s in _on_the_way(design) if _all(s, after) and not _all(s, before)]
    names = {s.name for s in lost}
    first = [s for s in lost if not names & {link.to for link in s.links}]
    for service in [s for s in lost if machine in s.members] or first:
        yield _nobody(service, machine, view, unwell)


def _on_the_way(design: Design) -> Sequence[Service]:
    """The services that users' requests pass, doors first."""
    found = list(design.doors)
    for service in found:
        ways = [link.to for link in service.links if not link.consults]
        targets = [design.services[to] for to in ways if to in design.services]
        found += [t for t in targets if t not in found]
    return found


def _all(service: Service, gone: Iterable[Member]) -> bool:
    return {(service.name, m) for m in service.members} <= set(gone)


def _nobody(service: Service, machine: str, view: View, unwell: Unwell) -> str:
    others = [m for m in service.members if m != machine]
    if not others:
        return f"it has the only {service.name}: give {service.name} a second machine (`colonnade harden`)"
    why = "; ".join(_why_not(service.name, m, view, unwell) for m in others)
    return f"no {service.name} would be left: {why}"


def _why_not(service: str, machine: str, view: View, unwell: Unwell) -> str:
    if machine in view.maintained:
        return f"{machine} is in maintenance (`colonnade maintain {machine} --done` puts it back)"
    detail = unwell.get((service, machine))
    return f"{machine} is not well ({detail})" if detail else f"{machine} leads only to what is gone"
