"""Which members of a diagram carry findings. Asked by `review --format mermaid`."""

from __future__ import annotations

from collections.abc import Mapping

from colonnade.review.review import Review
from colonnade.review.rule import Finding
from colonnade.review.severity import FixedBy, Severity

STYLES = {
    "error": "fill:#f9d0d0,stroke:#a61b1b",
    "warning": "fill:#fdeec7,stroke:#9a6b00",
    "note": "fill:#e3ecf9,stroke:#3b5f92",
}
"""CSS by class, as `classDef` lines name them."""


def marks(review: Review) -> Mapping[str, str]:
    """The worst that is said of each member, `web@web1` -> class. What is said of the site as a whole marks
    nobody.
    """
    found: dict[str, Severity] = {}
    for finding in reversed(review.findings):
        if particular(finding):
            found.update(dict.fromkeys(finding.members, finding.severity))
    return {member: severity.value for member, severity in found.items()}


def particular(finding: Finding) -> bool:
    """Said of these members, rather than of all that is drawn."""
    return finding.fixed_by is not FixedBy.UP and not finding.rule.claim
