"""`up`: the design as running machines. What is there already is found and kept; killed anywhere, the next
`up` goes on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address

from colonnade.engine import compose
from colonnade.engine.converge import Outcome, converge
from colonnade.engine.packing import Blob
from colonnade.engine.site import Site, assemble, ca_of, wanted
from colonnade.errors import LabError, UsageError
from colonnade.hosts.ground import Progress
from colonnade.lab import furniture, prerequisites
from colonnade.verbs.opening import Opened


@dataclass(frozen=True)
class Risen:
    """What `up` did. `outcome` has every machine's changes, failures and health."""

    site: Site
    outcome: Outcome


def up(opened: Opened, progress: Progress, *, without_external: bool = False) -> Risen:
    """Bring the site to what the design says. Raises before the first change when that can't be done at
    all.
    """
    refuse_externals(opened, without_external)
    compose.claims(opened.design, opened.catalog.rooms)  # rooms that refuse the design do so here
    with opened.folder.lock(f"colonnade up (pid {os.getpid()})"):
        if opened.drawn.needs_lab:
            _prepare_host(progress)
        for machine in opened.maintained:
            progress(machine, "in maintenance: left as it is")
        releases = _machines_and_releases(opened, progress)
        site = assemble(
            opened.design,
            opened.catalog.rooms,
            opened.ground,
            opened.folder,
            releases,
            datetime.now(UTC),
            opened.maintained,
        )
        with ThreadPoolExecutor(1) as beside:
            outside = beside.submit(_tell_outside, opened, site) if opened.drawn.needs_lab else None
            outcome = converge(site, progress)
            if outside:
                outside.result()
    return Risen(site, outcome)


def refuse_externals(opened: Opened, without: bool) -> None:
    """A design that needs a program Colonnade can't run is not quietly run without it. Raises UsageError."""
    externals = opened.drawn.externals.values()
    if externals and not without:
        named = ", ".join(f"{e.name} ({e.what})" if e.name != e.what.lower() else e.what for e in externals)
        line = next((e.position.line for e in externals), 0)
        raise UsageError(
            f"this design has what Colonnade does not run: {named}",
            where=f"{opened.drawn.path}:{line}",
            hint="run it yourself and say so with --without-external, or take it out of the design",
        )


def _prepare_host(progress: Progress) -> None:
    prerequisites.require_root()
    missing = prerequisites.missing()
    if missing:
        prerequisites.install(missing, progress)


def _machines_and_releases(opened: Opened, progress: Progress) -> Mapping[str, Blob]:
    """Machines are made while the apps are built: neither needs the other."""
    with ThreadPoolExecutor(1) as beside:
        building = beside.submit(opened.releases)
        opened.ground.bring_up(wanted(opened.design, opened.maintained), progress)
        return building.result()


def _tell_outside(opened: Opened, site: Site) -> None:
    """The lab's resolver asks the site's name servers; its client trusts the site's CA."""
    zones = {
        zone.name: [IPv4Address(a) for m in zone.machines for a in site.view.addresses(m).own]
        for zone in site.view.claims.zones
    }
    try:
        furniture.set_zones(opened.lab, zones)
        furniture.trust(opened.lab, ca_of(site))
    except LabError as error:
        error.hint = error.hint or "the site itself is not touched by this; run `up` again"
        raise
