"""What members say to one another goes in the clear."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.model.design import NOWHERE
from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    hops = [(s, k) for s, k in case.design.links() if k.to in case.design.services and not k.consults]
    if not hops:
        return
    said = ", ".join(dict.fromkeys(f"{s.name} -> {link.to}" for s, link in hops[:6]))
    more = f" and {len(hops) - 6} more" if len(hops) > 6 else ""
    yield Sighting(
        f"Nothing says that these hops are encrypted, or that either end proves who it is: {said}{more}.",
        next((link.position for _, link in hops if link.position != NOWHERE), case.door),
        case.visits,
        case.members(case.design.services.values()),
    )


RULE = Rule(
    id="no-tls-inside",
    severity=Severity.WARNING,
    title="There is no TLS between components",
    why="Whoever gets onto the inside network, by one broken machine or one wrong cable, reads every "
    "query and can pose as any server.",
    fix="Use mutual TLS on every hop, with certificates of the site's own authority.",
    look=look,
    cure="tls-inside",
    claim="tls-inside",
)
