"""All that a steward can do. A decision is one of these and a sentence that says why.

Each is one step that can be done twice. Those on the store are transactions, guarded by what was seen when
they were decided on: if that has changed, nothing happens, and the next look shows why.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from colonnade_agent.steward.protocol.store import LeaderKey, Sync, Term


class Recovery(Enum):
    """What a database that was killed does with transactions that it had written and not finished."""

    KEEP = "keep"
    DROP = "drop"


@dataclass(frozen=True)
class Wait:
    """Nothing, until something changes."""


@dataclass(frozen=True)
class BeginCluster:
    """If there is no sync set yet, write the first one."""

    sync: Sync


@dataclass(frozen=True)
class TakeLeadership:
    """If nobody has it and the sync set is still the one seen."""

    term: int
    lease: int
    sync_revision: int


@dataclass(frozen=True)
class ReleaseLeadership:
    """If it is still ours."""

    key: LeaderKey


@dataclass(frozen=True)
class DeposeLeader:
    """If it still holds the key as seen. Its lease would end too, a little later; what it has committed and
    nobody has acknowledged stays unacknowledged either way.
    """

    key: LeaderKey


@dataclass(frozen=True)
class WriteSync:
    """If we still lead and the sync set is the one seen. `term` begins a term in the history."""

    sync: Sync
    key: LeaderKey
    sync_revision: int
    term: Term | None = None


@dataclass(frozen=True)
class HandOver:
    """The leader key goes to the standby, under its lease. Guarded as WriteSync is. Only the key: that it
    still has everything is for the standby to see, and then it writes the sync set.
    """

    to: str
    lease: int
    term: int
    key: LeaderKey
    sync_revision: int


@dataclass(frozen=True)
class AnswerRequest:
    """Takes the operator's request away, if it is still that one. What became of it is the reason."""

    revision: int
    done: bool


@dataclass(frozen=True)
class StartDatabase:
    """Closed, and following nobody."""

    recovery: Recovery


@dataclass(frozen=True)
class KillDatabase:
    """At once. Never a stop in order: that would finish commits which nobody has acknowledged."""


@dataclass(frozen=True)
class CloseDatabase:
    """No more writes, then end the sessions of apps. Fails after a second if a lock is in the way."""


@dataclass(frozen=True)
class OpenDatabase:
    """For writes."""


@dataclass(frozen=True)
class RequireAcks:
    """Whether a commit waits until another member has it. Turned off, those that wait are finished."""

    on: bool


@dataclass(frozen=True)
class BarFollowers:
    """Exactly these members may not fetch from here; their connections are ended."""

    names: frozenset[str]


@dataclass(frozen=True)
class OfferAcks:
    """Whether we acknowledge what we receive. The receiver is restarted, the applier must not be."""

    on: bool


@dataclass(frozen=True)
class StopReceiving:
    """And acknowledging, even if somebody starts the receiver again by hand. The applier goes on."""


@dataclass(frozen=True)
class StartReceiving:
    """Again, from the same source; the applier has gone on meanwhile, so the epoch has."""


@dataclass(frozen=True)
class LeaveReplication:
    """Stop applying, forget the source."""


@dataclass(frozen=True)
class Follow:
    """Replicate from another member, from where our own history ends. Begins an epoch."""

    source: str


@dataclass(frozen=True)
class Reinit:
    """Replace our data by a copy of another member's; ours are kept aside where there is room."""

    source: str


StoreAction = (
    BeginCluster | TakeLeadership | ReleaseLeadership | DeposeLeader | WriteSync | HandOver | AnswerRequest
)
DatabaseAction = (
    StartDatabase
    | KillDatabase
    | CloseDatabase
    | OpenDatabase
    | RequireAcks
    | BarFollowers
    | OfferAcks
    | StopReceiving
    | StartReceiving
    | LeaveReplication
    | Follow
    | Reinit
)
Action = Wait | StoreAction | DatabaseAction


@dataclass(frozen=True)
class Decision:
    action: Action
    reason: str


def wait(reason: str) -> Decision:
    return Decision(Wait(), reason)
