"""How a database is, from what its members' machines answered. Pure.

What can't be reached has not failed: nothing is known of it but what the others say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from colonnade.errors import Unhealthy

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """Of one machine. `steward` is what its own says of itself, `cluster` what all have in common; None where
    that could not be had, and `trouble` says why.
    """

    machine: str
    reachable: bool
    trouble: str = ""
    steward: Json | None = None
    cluster: Json | None = None


@dataclass(frozen=True)
class Member:
    """`well`: None where the machine can't be reached. `role`: primary, opening, taking over, last primary,
    standby, joining, replica, or nothing where it is not heard of. `behind` is in transactions. `action` and
    `reason` are what its steward decided last, and why.
    """

    machine: str
    well: bool | None
    role: str
    behind: int | None
    behind_seconds: float | None
    action: str
    reason: str


@dataclass(frozen=True)
class State:
    """`leader` holds the lease, which ends in `lease_seconds` unless it is renewed; empty: nobody. `data_of`
    is the member whose data count. `standby` has every commit. `successor` would lead if the leader died now,
    with `why`. `request` is an operator's that is under way, `answered` what became of the last one.
    """

    service: str
    term: int
    leader: str
    data_of: str
    lease_seconds: float | None
    standby: str
    successor: str
    why: str
    paused: bool
    request: Json | None
    answered: Json | None
    members: tuple[Member, ...]

    @property
    def safe(self) -> bool:
        """Writes are taken, and a member could take over."""
        return bool(self.successor) and any(m.role == "primary" and m.well is not False for m in self.members)

    def as_json(self) -> Json:
        return {**asdict(self), "safe": self.safe}


def state_of(service: str, answers: Sequence[Answer]) -> State:
    """Raises Unhealthy when no machine could say what all have in common."""
    known = [a.cluster for a in answers if a.cluster is not None]
    if not known:
        listing = "".join(f"\n  - {a.machine}: {a.trouble or 'its voters do not answer'}" for a in answers)
        raise Unhealthy(f"nobody could say how {service} is:{listing}", hint="see `colonnade status`")
    cluster = max(known, key=lambda each: int(each["now"]))
    sync = cluster["sync"] or {"term": 0, "leader": "", "standby": None, "pending": None}
    holder = cluster["leader"]["name"] if cluster["leader"] else ""
    stewards = {a.machine: a.steward for a in answers if a.steward}
    return State(
        service=service,
        term=sync["term"],
        leader=holder,
        data_of=sync["leader"],
        lease_seconds=stewards.get(holder, {}).get("lease_seconds"),
        standby=sync["standby"]["name"] if sync["standby"] else "",
        successor=cluster["successor"]["name"],
        why=cluster["successor"]["reason"],
        paused=cluster["paused"],
        request=cluster["request"],
        answered=cluster["answered"],
        members=tuple(
            _member(answer, cluster, sync, _written(cluster, sync, stewards)) for answer in answers
        ),
    )


def _written(cluster: Json, sync: Json, stewards: Mapping[str, Json]) -> int | None:
    """The newest that is known of the last transaction of whose data count."""
    name = sync["leader"]
    found = [
        stewards.get(name, {}).get("written"),
        cluster["members"].get(name, {}).get("applied"),
        cluster["reached"].get(name, {}).get("applied"),
    ]
    return max((int(each) for each in found if each is not None), default=None)


def _member(answer: Answer, cluster: Json, sync: Json, written: int | None) -> Member:
    said = cluster["members"].get(answer.machine)
    steward = answer.steward or {}
    role = _role(answer, cluster, sync, steward)
    behind = max(written - said["applied"], 0) if said and written is not None else None
    seconds = steward.get("behind_seconds")
    return Member(
        machine=answer.machine,
        well=(bool(steward) and seconds is not None) if answer.reachable else None,
        role=role,
        behind=0 if role == "primary" else behind,
        behind_seconds=seconds,
        action=steward.get("action", ""),
        reason=steward.get("reason", "") if steward else _silence(answer, said),
    )


def _silence(answer: Answer, said: Json | None) -> str:
    if answer.reachable:
        return answer.trouble
    others = "its steward is heard of" if said else "its steward is not heard of by the others"
    return f"can't be reached from here: {answer.trouble}; {others}"


def _role(answer: Answer, cluster: Json, sync: Json, steward: Json) -> str:
    me, holder = answer.machine, (cluster["leader"] or {}).get("name")
    if me == holder == sync["leader"]:
        return "primary" if steward.get("primary", True) else "opening"
    if me == holder:
        return "taking over"
    if me == sync["leader"]:
        return "last primary"
    for role, recorded in (("standby", sync["standby"]), ("joining", sync["pending"])):
        if recorded and recorded["name"] == me:
            return role
    return "replica" if me in cluster["members"] else ""
