"""`plan`: what `up` would change, without changing it."""

from __future__ import annotations

from datetime import UTC, datetime

from colonnade.engine.converge import Outcome, observe
from colonnade.engine.site import Site, assemble
from colonnade.hosts.ground import Progress
from colonnade.verbs.opening import Opened


def plan(opened: Opened, progress: Progress) -> Outcome:
    """Ask every machine what differs. Machines a lab has not made yet can't be asked: they come as failures
    (unreachable).
    """
    return observe(site_of(opened), progress)


def site_of(opened: Opened) -> Site:
    """The assembled site, for commands that only look."""
    return assemble(
        opened.design,
        opened.catalog.rooms,
        opened.ground,
        opened.folder,
        opened.releases(),
        datetime.now(UTC),
    )
