"""How a talk with etcd can fail. Three kinds, because callers must do three different things.

EtcdError
├── Unreachable        nothing was changed, and nothing is known: ask again, later
├── UnknownOutcome     it may have been done, now or later: read before deciding anything
└── Refused            etcd answered, and did not do it
    ├── LeaseGone      the lease has expired or was revoked
    ├── Compacted      the revision asked for is no longer kept
    └── Rewound        etcd shows less than it had shown before: it was restored from a snapshot
"""

from __future__ import annotations

CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, NOT_FOUND = 1, 2, 4, 5
OUT_OF_RANGE, INTERNAL, UNAVAILABLE = 11, 13, 14

UNDECIDED = frozenset({CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE})
"""gRPC codes after which a proposal may still be in the log: "request timed out" comes as UNAVAILABLE
(etcd's api/v3rpc/rpctypes/error.go), and so does "leader changed".
"""


class EtcdError(Exception):
    """Of all below; never raised itself."""


class Unreachable(EtcdError):
    """No endpoint answered, and what was asked was not carried out."""


class UnknownOutcome(EtcdError):
    """A change was sent and its answer lost. It may have been done, or be done at any later time."""


class Refused(EtcdError):
    """etcd's answer is no. Nothing was changed."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class LeaseGone(Refused):
    """The lease does not exist any more, and with it none of its keys."""


class Compacted(Refused):
    """`revision` is the oldest that can still be asked for; 0 when etcd did not say."""

    def __init__(self, revision: int) -> None:
        super().__init__(OUT_OF_RANGE, f"required revision has been compacted; kept from {revision}")
        self.revision = revision


class Rewound(Refused):
    """A linearizable answer was older than one received before it was asked for."""

    def __init__(self, seen: int, shown: int) -> None:
        super().__init__(OUT_OF_RANGE, f"etcd is at revision {shown} and has been at {seen}: it was restored")


def refusal(code: int, message: str) -> Refused:
    """What etcd's own error means."""
    if code == NOT_FOUND and "lease" in message:
        return LeaseGone(code, message)
    if code == OUT_OF_RANGE and "compacted" in message:
        return Compacted(0)
    return Refused(code, message)
