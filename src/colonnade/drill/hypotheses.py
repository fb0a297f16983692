"""The numbers that claims are tested by. What each means stands in `values`; why it is so, here."""

from __future__ import annotations

from colonnade.drill.verdict import Limit
from colonnade_agent.visitor.order import CONNECT_SECONDS

UNTOUCHED = 0.25
"""Seconds: the longest gap of an address that a fault is not about. Probes come every 40 ms; the rest is what
a busy computer makes of that.
"""

NOTHING_LOST = (Limit("lost", 0), Limit("duplicated", 0))
NO_ONE_NOTICES = (
    Limit("failed_requests", 0),
    Limit("failed_probes", 0),
    Limit("gap_by_name", CONNECT_SECONDS),
    *NOTHING_LOST,
)

EDGE_MACHINE = (
    Limit("gap_own", 0.5),
    Limit("gap_others", UNTOUCHED),
    Limit("gap_by_name", CONNECT_SECONDS),
    Limit("failed_reads_anew", 0),
    *NOTHING_LOST,
)
EDGE_PROCESS = (
    Limit("gap_own", 1.0),
    Limit("gap_others", UNTOUCHED),
    Limit("gap_by_name", CONNECT_SECONDS),
    Limit("failed_reads_anew", 0),
    *NOTHING_LOST,
)
UPLINK = (
    Limit("gap_by_name", CONNECT_SECONDS),
    Limit("gap_others", UNTOUCHED),
    Limit("failed_reads_anew", 0),
    *NOTHING_LOST,
)
BEHIND_THE_DOOR = (
    Limit("failed_reads", 0),
    Limit("slowest_read", 2.0),
    Limit("gap_by_name", 2.0),
    *NOTHING_LOST,
)
"""A web or app server that is gone or hangs: what was under way there is asked of another."""
WRITES_BACK = (
    Limit("failed_reads", 0),
    Limit("longest_write", 2.0),
    *NOTHING_LOST,
)
"""The primary's database is gone, its machine is there and says so at once."""
WRITES_ELSEWHERE = (
    Limit("failed_reads", 0),
    Limit("longest_write", 5.0),
    *NOTHING_LOST,
)
"""The primary's machine is gone or hangs: only the end of its lease says so."""
HANDED_OVER = (
    Limit("failed_requests", 0),
    Limit("longest_write", 1.0),
    *NOTHING_LOST,
)
ROLES_STAY = (
    Limit("new_terms", 0),
    Limit("failed_reads", 0),
    *NOTHING_LOST,
)
STANDBY_GONE = (
    Limit("new_terms", 0),
    Limit("failed_reads", 0),
    Limit("longest_write", 5.0),
    *NOTHING_LOST,
)
"""Writes wait until the primary has written down that it stands alone."""
SLOWED = (Limit("failed_reads", 0), Limit("gap_by_name", 4.0), *NOTHING_LOST)
"""A server that still answers, but badly: nobody is refused, some wait."""
