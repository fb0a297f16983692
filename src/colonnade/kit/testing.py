"""Material for rooms' tests: a view of a design with made-up addresses, secrets and certificates. Shipped,
so third-party rooms can use it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from colonnade.kit.claims import Claims
from colonnade.kit.component import Component
from colonnade.kit.material import Addresses, Issued, Material
from colonnade.kit.view import View
from colonnade.model.design import Design, Service


def view_of(design: Design, rooms: Mapping[str, Component[Any]], extra: Sequence[Claims] = ()) -> View:
    """The view that the engine would make of `design` with these rooms (kind -> room), implied services
    included.

    Machine number i (from 1, in the design's order) has 10.0.0.i inside; machines of public services
    192.0.2.i as well.
    Secrets are `secret-of-NAME`; certificates hold their id as text, so they must not be parsed.
    """
    implied: list[Service] = [s for room in rooms.values() for s in room.implied(design)]
    whole = Design(
        design.site, {**design.services, **{s.name: s for s in implied}}, design.machines, design.externals
    )
    claims = Claims.merge(
        [*(rooms[s.kind].claims(s, whole) for s in whole.services.values() if s.kind in rooms), *extra]
    )
    public = {m for s in design.doors for m in s.members}
    addresses = {
        name: Addresses(f"10.0.0.{i}", (f"192.0.2.{i}",) if name in public else ())
        for i, name in enumerate(design.machines, 1)
    }
    material = Material(
        addresses=addresses,
        secrets={need.name: f"secret-of-{need.name}" for need in claims.secrets},
        certificates={
            n.id: Issued(f"chain of {n.id}\n", f"key of {n.id}\n", "the ca\n") for n in claims.certificates
        },
        operator="10.0.0.254",
    )
    return View(whole, claims, material, {s.name: "0" * 64 for s in design.services.values()})
