"""What a steward tells those who ask it: kept in memory, and judged by the clock at the moment of asking.

A steward that hangs leaves what it knew last; so an answer never rests on that alone. Pure but for being
told.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from colonnade_agent.steward.protocol.observation import Lease

TURN_SECONDS = 3.0
"""Knowledge older than this says nothing about now."""


@dataclass(frozen=True)
class Known:
    """Of the loop's last turn. `serves`: the database takes writes, and the leader key is ours. `fresh`: up
    to which moment this copy has everything. `standby`: the member that could take over from us.
    """

    turned: float = 0.0
    up: bool = False
    serves: bool = False
    leads: bool = False
    term: int = 0
    leader: str = ""
    standby: str = ""
    fresh: float | None = None
    paused: bool = False
    store_read: bool = False
    action: str = ""
    reason: str = "the steward is starting"
    figures: dict[str, float] = field(default_factory=dict)


class Standing:
    """Told by the loop, asked by the API's threads. `lease` is read live: it is renewed between two turns."""

    def __init__(self, name: str, soft_fence: float, ttl: int, lease: Callable[[], Lease | None]) -> None:
        self.name = name
        self.known = Known()
        self.failsafe_until = 0.0
        self._soft_fence, self._ttl, self._lease = soft_fence, ttl, lease
        self._lock = threading.Lock()
        self._promised_until = 0.0
        self._standing = False

    def is_primary(self) -> bool:
        """From the clock, not from the loop: past the deadline the answer is no, whatever the loop does."""
        known, now = self.known, time.monotonic()
        if known.paused:
            return known.serves
        lease = self._lease()
        until = max(lease.deadline if lease else 0.0, self.failsafe_until)
        return known.serves and until - now > self._soft_fence and now - known.turned < TURN_SECONDS

    def staleness(self) -> float | None:
        """By how many seconds this machine's data may be behind the leader's; None where that isn't known."""
        known, now = self.known, time.monotonic()
        if not known.up or now - known.turned > TURN_SECONDS:
            return None
        if self.is_primary():
            return 0.0
        return now - known.fresh if known.fresh is not None else None

    def alive(self) -> bool:
        return time.monotonic() - self.known.turned < TURN_SECONDS

    # While etcd is away

    def promise(self, leader: str, term: int) -> bool:
        """Whether we will not take over from `leader` for a lease's length, reckoned from now."""
        with self._lock:
            known = self.known
            if self._standing or known.leads or known.term > term or known.leader != leader:
                return False
            self._promised_until = time.monotonic() + self._ttl
            return True

    @property
    def promised_until(self) -> float:
        return self._promised_until

    def stand(self) -> bool:
        """Whether we may reach for leadership: then no promise is given until `settled`."""
        with self._lock:
            self._standing = time.monotonic() >= self._promised_until
            return self._standing

    def settled(self) -> None:
        """Who leads has been read anew."""
        with self._lock:
            self._standing = False

    def document(self) -> dict[str, Any]:
        known, lease = self.known, self._lease()
        staleness = self.staleness()
        return {
            "name": self.name,
            "primary": self.is_primary(),
            "leads": known.leads,
            "leader": known.leader,
            "standby": known.standby,
            "term": known.term,
            "paused": known.paused,
            "lease_seconds": round(lease.deadline - time.monotonic(), 3) if lease else None,
            "behind_seconds": round(staleness, 3) if staleness is not None else None,
            "action": known.action,
            "reason": known.reason,
            **known.figures,
        }
