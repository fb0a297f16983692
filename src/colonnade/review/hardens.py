"""Which rules can `harden` cure by changing the drawing? Asked by review, to say who fixes a finding."""

from __future__ import annotations

HARDENS: frozenset[str] = frozenset(
    {"single-door", "single-uplink", "pairs-only", "single-member", "no-replica", "shared-fate"}
)
DRAWN_ONLY: frozenset[str] = frozenset({"pairs-only"})
"""Those that cost nothing but arrows: the others want machines or lines, which only a lab makes by itself."""
