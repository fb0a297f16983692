"""`status`: does the site work? Asked of every machine at once; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from colonnade.engine import health
from colonnade.engine.converge import Outcome, examine
from colonnade.engine.maintenance import Entry
from colonnade.engine.site import Site
from colonnade.hosts.ground import Progress
from colonnade.model.design import Design
from colonnade.verbs.opening import Opened
from colonnade.verbs.plan import site_of


@dataclass(frozen=True)
class Status:
    """`drawn` is the design as its file has it, `ca` the path of the certificate that browsers must trust,
    `maintenance` has the machines in maintenance. `told` are the services whose members people want to see
    even if all are well: those of kinds that a site.yaml may name, drawn or not.
    """

    drawn: Design
    site: Site
    ca: str
    outcome: Outcome
    maintenance: Mapping[str, Entry]
    told: frozenset[str]

    @property
    def url(self) -> str:
        return f"https://{self.site.design.site}/"

    def as_json(self) -> Mapping[str, object]:
        """The document of `status --json`."""
        design = self.site.design
        return {
            "site": design.site,
            "url": self.url,
            "addresses": list(self.site.addresses),
            "ca": self.ca,
            "healthy": self.outcome.healthy,
            "machines": [self._machine(name) for name in design.machines],
            "services": health.as_json(design, self.outcome.health, self.maintenance),
        }

    def _machine(self, name: str) -> Mapping[str, object]:
        """`up` asks no machine that is in maintenance, so whether that can be reached is not known."""
        asked = self.outcome.machines.get(name)
        return {
            "name": name,
            "address": self.site.view.addresses(name).inside,
            "reachable": not asked.unreachable if asked else None,
            "maintenance": name in self.maintenance,
        }


def status(opened: Opened, progress: Progress) -> Status:
    site = site_of(opened)
    return status_of(opened, site, examine(site, progress))


def status_of(opened: Opened, site: Site, outcome: Outcome) -> Status:
    kinds = opened.catalog.kinds
    told = frozenset(s.name for s in site.design.services.values() if kinds[s.kind].in_yaml)
    return Status(opened.drawn, site, str(opened.folder.ca_file), outcome, opened.in_maintenance, told)
