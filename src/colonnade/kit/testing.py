"""Material for rooms' tests: a view of a design with made-up addresses, secrets and certificates. Shipped,
so third-party rooms can use it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from colonnade.kit.claims import Claims
from colonnade.kit.component import Component
from colonnade.kit.material import Addresses, Issued, Line, Material
from colonnade.kit.view import View
from colonnade.model import voters
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind

NETWORKS = ("192.0.2", "198.51.100")
"""Of the uplinks, from RFC 5737."""


def view_of(
    design: Design,
    rooms: Mapping[str, Component[Any]],
    extra: Sequence[Claims] = (),
    maintained: Collection[str] = (),
) -> View:
    """The view that the engine would make of `design` with these rooms (kind -> room), implied services
    included.

    Machine number i (from 1, in the design's order) has 10.0.0.i inside; machines of public services have
    192.0.2.i on the first uplink and 198.51.100.i on the second. Addresses from .200 on float there.
    Secrets are `secret-of-NAME`; certificates hold their id as text, so they must not be parsed.
    """
    strange = {s.kind: Kind(s.kind, s.kind) for s in design.services.values()}
    kinds = strange | {name: room.kind for name, room in rooms.items()}
    implied: list[Service] = [s for room in rooms.values() for s in room.implied(design)]
    complete = {**design.services, **{s.name: s for s in (*voters.implied(design, kinds), *implied)}}
    whole = voters.asked(replace(design, services=complete), kinds)
    claims = Claims.merge(
        [*(rooms[s.kind].claims(s, whole) for s in whole.services.values() if s.kind in rooms), *extra]
    )
    material = Material(
        addresses=_addresses(whole, claims),
        secrets={need.name: f"secret-of-{need.name}" for need in claims.secrets},
        certificates={
            n.id: Issued(f"chain of {n.id}\n", f"key of {n.id}\n", "the ca\n") for n in claims.certificates
        },
        operator="10.0.0.254",
        maintained=frozenset(maintained),
    )
    return View(whole, claims, material, {s.name: "0" * 64 for s in design.services.values()})


def _addresses(design: Design, claims: Claims) -> Mapping[str, Addresses]:
    public = {m for s in design.doors for m in s.members}
    return {
        name: Addresses(
            f"10.0.0.{i}",
            tuple(
                Line(uplink, f"{net}.{i}", tuple(f"{net}.{n}" for n in _floating(name, claims)))
                for uplink, net in zip(design.uplinks, NETWORKS, strict=False)
                if name in public
            ),
        )
        for i, name in enumerate(design.machines, 1)
    }


def _floating(machine: str, claims: Claims) -> Iterator[int]:
    first = 200
    for need in claims.floating:
        if machine in need.machines:
            yield from range(first, first + need.count)
        first += need.count
