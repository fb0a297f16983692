"""`diagram`: the design as Mermaid, plain or coloured by what its members' checks say."""

from __future__ import annotations

from collections.abc import Mapping

from colonnade.engine.health import MemberHealth
from colonnade.hosts.ground import Progress
from colonnade.model.write_mermaid import to_mermaid
from colonnade.verbs.opening import Opened
from colonnade.verbs.status import status

STYLES = {
    "healthy": "fill:#d3f2d8,stroke:#1f7a34",
    "failing": "fill:#f9d0d0,stroke:#a61b1b",
    "unknown": "fill:#eee,stroke:#777",
}
"""CSS by class, as `classDef` lines name them."""


def diagram(opened: Opened) -> str:
    return to_mermaid(opened.drawn, opened.catalog.kinds)


def live(opened: Opened, progress: Progress) -> str:
    """Every member marked healthy, failing, or unknown (its machine is silent, or in maintenance)."""
    found = status(opened, progress).outcome.health
    return to_mermaid(opened.drawn, opened.catalog.kinds, marks(found), STYLES)


def marks(health: tuple[MemberHealth, ...]) -> Mapping[str, str]:
    """`service@machine` -> class."""
    words = {True: "healthy", False: "failing", None: "unknown"}
    return {f"{h.service}@{h.machine}": words[h.judged] for h in health}
