"""What is known of a claim: the ledger's records, and whether the last one still speaks of this design.

`ledger.jsonl` stands beside the design and is only ever added to: one line for each drill that ended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from colonnade.drill.drill import Drill
from colonnade.drill.verdict import Outcome
from colonnade.errors import StateError
from colonnade.model.design import Design, Service

LEDGER = "ledger.jsonl"


class State(StrEnum):
    HELD = "held"
    FAILED = "failed"
    STALE = "stale"
    """There is evidence, of a design that was another one."""
    NEVER = "never"


@dataclass(frozen=True)
class Record:
    """One drill that was run. `when` is in ISO 8601, UTC; `timeline` names the file that holds its course."""

    site: str
    drill: str
    part: str
    claim: str
    outcome: Outcome
    reason: str
    hypothesis: Mapping[str, float]
    values: Mapping[str, Any]
    design: str
    when: str
    version: str
    timeline: str = ""

    def line(self) -> str:
        return json.dumps(self.__dict__, separators=(",", ":")) + "\n"


def read(text: str, path: str) -> tuple[Record, ...]:
    """Raises StateError for a line that is none of ours; a last line that was cut off is passed over."""
    lines = text.splitlines(keepends=True)
    whole = [line for line in lines if line.strip() and line.endswith("\n")]
    return tuple(_record(line, f"{path}:{number}") for number, line in enumerate(whole, 1))


def _record(line: str, where: str) -> Record:
    try:
        values = json.loads(line)
        return Record(**{**values, "outcome": Outcome(values["outcome"])})
    except (ValueError, TypeError, KeyError) as error:
        raise StateError(
            "this line is no record of a drill", where=where, hint="take the line out, or move the file away"
        ) from error


def last(records: Iterable[Record], site: str, drill: str) -> Record | None:
    """The last one that says something; one that was invalid does not."""
    said = (r for r in records if r.site == site and r.drill == drill and r.outcome is not Outcome.INVALID)
    found = list(said)
    return found[-1] if found else None


def state(drill: Drill, record: Record | None, design: str) -> State:
    """`design` is the hash of the design as it is now. Another hypothesis makes evidence stale too."""
    if record is None:
        return State.NEVER
    if record.design != design or dict(record.hypothesis) != drill.as_json()["hypothesis"]:
        return State.STALE
    return State(record.outcome.value)


def design_hash(design: Design) -> str:
    """Of what the design means: comments, prose, layout and the order of machines in a file do not count."""
    meaning = {
        "site": design.site,
        "uplinks": sorted(design.uplinks),
        "services": {name: _meaning(service) for name, service in design.services.items()},
        "machines": {m.name: [m.address, m.user, m.port] for m in design.machines.values()},
        "externals": {e.name: e.what for e in design.externals.values()},
    }
    return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()[:16]


def _meaning(service: Service) -> Mapping[str, Any]:
    return {
        "kind": service.kind,
        "members": service.members,
        "public": service.public,
        "settings": service.settings.model_dump(mode="json"),
        "links": {link.to: sorted(link.pairs) for link in service.links},
    }
