"""A design on a ground: everything the engine needs to bring machines to what the design says, gathered
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from colonnade.engine import builder, compose
from colonnade.engine.compose import Desired, Rooms
from colonnade.engine.folder import Folder, secret_values
from colonnade.engine.packing import Blob
from colonnade.engine.parts import build_part
from colonnade.hosts.ground import Ground, Wanted
from colonnade.kit.builds import part_key
from colonnade.kit.checks import Check
from colonnade.kit.claims import Claims
from colonnade.kit.material import Issued, Material
from colonnade.kit.orders import Order
from colonnade.kit.view import View
from colonnade.model.design import Design


@dataclass(frozen=True)
class Site:
    """`desired`, `checks`, `settled`, `leaving` and `returned` are by machine; `blobs` are the built releases
    by their SHA-256.
    """

    view: View
    ground: Ground
    desired: Mapping[str, Desired]
    checks: Mapping[str, tuple[Check, ...]]
    settled: Mapping[str, tuple[Check, ...]]
    leaving: Mapping[str, tuple[Order, ...]]
    returned: Mapping[str, tuple[Order, ...]]
    blobs: Mapping[str, Path]

    @property
    def design(self) -> Design:
        return self.view.design

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where users arrive, in the order of the door's members."""
        doors = [m for s in self.design.doors for m in s.members]
        return tuple(dict.fromkeys(a for m in doors for a in self.view.addresses(m).arrivals))


def wanted(design: Design, maintained: frozenset[str] = frozenset()) -> tuple[Wanted, ...]:
    """The machines a ground must have for this design."""
    public = {m for s in design.doors for m in s.members}
    return tuple(
        Wanted(name, design.uplinks if name in public else (), name in maintained) for name in design.machines
    )


def build_all(design: Design, rooms: Rooms, base: Path, shipped: Path, cache: Path) -> Mapping[str, Blob]:
    """Service name -> its built release, and `part_key` -> a part of it. `base` is the design's folder;
    `shipped` the app taken where none is named.
    """
    found = {}
    for what in compose.builds(design, rooms):
        source = (base / what.source) if what.source else shipped
        found[what.service] = builder.build(what, source, cache)
        parts = {part_key(what.service, part.name): build_part(part, source, cache) for part in what.parts}
        found.update({key: blob for key, blob in parts.items() if blob})
    return found


def assemble(
    design: Design,
    rooms: Rooms,
    ground: Ground,
    folder: Folder,
    releases: Mapping[str, Blob],
    now: datetime,
    maintained: frozenset[str] = frozenset(),
) -> Site:
    """Both passes. Secrets and certificates that are missing are made and kept in `folder`. `design` is
    whole.
    """
    claims = compose.claims(design, rooms)
    material = replace(_material(design, rooms, ground, folder, claims, now), maintained=maintained)
    _show_ca(folder, material)
    view = View(design, claims, material, {key: blob.sha for key, blob in releases.items()})
    return _site(view, rooms, ground, {blob.sha: blob.path for blob in releases.values()})


def with_maintained(site: Site, rooms: Rooms, maintained: frozenset[str]) -> Site:
    """The same site with other machines in maintenance."""
    material = replace(site.view.material, maintained=maintained)
    return _site(replace(site.view, material=material), rooms, site.ground, site.blobs)


def _site(view: View, rooms: Rooms, ground: Ground, blobs: Mapping[str, Path]) -> Site:
    return Site(
        view=view,
        ground=ground,
        desired=compose.desired(view, rooms),
        checks=compose.checks(view, rooms),
        settled=compose.settled(view, rooms),
        leaving=compose.leaving(view, rooms),
        returned=compose.returned(view, rooms),
        blobs=blobs,
    )


def _material(
    design: Design, rooms: Rooms, ground: Ground, folder: Folder, claims: Claims, now: datetime
) -> Material:
    addresses = ground.addresses(wanted(design), claims.floating)
    certificates: dict[str, Issued] = {}
    for room in rooms.values():
        certificates.update(room.issue(claims.certificates, addresses, folder, now))
    secrets = secret_values(claims.secrets, folder)
    witnesses = tuple(dict.fromkeys((*design.witnesses, *ground.witnesses)))
    return Material(addresses, secrets, certificates, ground.operator, witnesses=witnesses)


def _show_ca(folder: Folder, material: Material) -> None:
    """Where people and programs outside find the CA, without knowing how the pki room keeps it."""
    ca = next(iter(material.certificates.values())).ca.encode()
    if folder.get(folder.ca_file.name) != ca:
        folder.put(folder.ca_file.name, ca)


def ca_of(site: Site) -> str:
    """The site's CA certificate in PEM, as every machine has it."""
    return next(iter(site.view.material.certificates.values())).ca
