"""What the members' checks say, put together. Pure."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace

from colonnade.errors import HostError
from colonnade.kit.checks import Answer, Check, Health
from colonnade.kit.rotation import Member
from colonnade.model.design import Design


@dataclass(frozen=True)
class MemberHealth:
    """`healthy` is None when the machine can't be reached: that is neither healthy nor failed. `excused`: its
    machine is in maintenance, or all that it leads to is; how it is does not count.
    """

    service: str
    machine: str
    healthy: bool | None
    detail: str
    role: str = ""
    excused: bool = False

    @property
    def well(self) -> bool:
        """Whether the site is as it should be, as far as this member is concerned."""
        return self.excused or self.healthy is True

    @property
    def judged(self) -> bool | None:
        """As programs and drawings are told: who is excused may be well, and is never failing."""
        return None if self.excused and not self.healthy else self.healthy


def members(machine: str, checks: Sequence[Check], answers: Sequence[Answer]) -> tuple[MemberHealth, ...]:
    """One line for each service checked on the machine; `answers` stand in the order of `checks`."""
    by_service: dict[str, list[Health]] = {}
    for check, answer in zip(checks, answers, strict=True):
        by_service.setdefault(check.service, []).append(check.read(answer))
    return tuple(_member(service, machine, found) for service, found in by_service.items())


def unknown(machine: str, checks: Sequence[Check], error: HostError) -> tuple[MemberHealth, ...]:
    """The same lines for a machine that did not answer."""
    return tuple(
        MemberHealth(s, machine, None, error.message) for s in dict.fromkeys(c.service for c in checks)
    )


def excused(health: Sequence[MemberHealth], resting: Collection[Member]) -> tuple[MemberHealth, ...]:
    """The same lines; those of members that rest say so, and do not count."""
    return tuple(
        replace(h, excused=True, detail=f"at rest: {h.detail}") if (h.service, h.machine) in resting else h
        for h in health
    )


def _member(service: str, machine: str, found: Sequence[Health]) -> MemberHealth:
    bad = [h.detail for h in found if not h.healthy]
    role = next((h.role for h in found if h.role), "")
    details = bad or [h.detail for h in found]
    return MemberHealth(service, machine, not bad, "; ".join(dict.fromkeys(d for d in details if d)), role)


def as_json(
    design: Design, health: Sequence[MemberHealth], maintained: Container[str] = ()
) -> list[Mapping[str, object]]:
    """The `services` of `status --json`."""
    found = {(h.service, h.machine): h for h in health}
    return [
        {
            "name": service.name,
            "kind": service.kind,
            "members": [
                _member_json(found.get((service.name, m)), m, m in maintained) for m in service.members
            ],
        }
        for service in design.services.values()
    ]


def _member_json(health: MemberHealth | None, machine: str, maintained: bool) -> Mapping[str, object]:
    if health is None:
        detail = "in maintenance" if maintained else "no check"
        return {"machine": machine, "role": None, "healthy": None, "detail": detail}
    return {
        "machine": machine,
        "role": health.role or None,
        "healthy": health.judged,
        "detail": health.detail,
    }
