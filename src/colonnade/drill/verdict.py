"""Did the claim hold? Pure code over numbers, with a reason for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from colonnade.drill.values import Values

SECONDS = frozenset({"gap_by_name", "gap_own", "gap_others", "slowest_read", "longest_write"})
WORDS = {
    "gap_by_name": "longest wait by name",
    "gap_own": "longest gap on its addresses",
    "gap_others": "longest gap on other addresses",
    "slowest_read": "slowest read of a user",
    "longest_write": "longest wait of a writer",
    "new_terms": "leaderships begun anew",
    "failed_reads": "failed reads",
    "failed_reads_anew": "failed reads on new connections",
    "failed_requests": "requests failed or without an end",
    "failed_writes": "failed writes",
    "failed_probes": "failed probes",
    "lost": "acknowledged writes lost",
    "duplicated": "writes duplicated",
}


class Outcome(StrEnum):
    HELD = "held"
    FAILED = "failed"
    INVALID = "invalid"
    """Nothing was learned: the drill could not be done, or its client could not see."""


@dataclass(frozen=True)
class Limit:
    """Part of a hypothesis: the number called `value` is at most `at_most`."""

    value: str
    at_most: float

    def __str__(self) -> str:
        return f"{WORDS[self.value]}: {shown(self.value, self.at_most, 'at most ')}"


@dataclass(frozen=True)
class Finding:
    """`held` is None when the number could not be measured here."""

    limit: Limit
    measured: float | None
    held: bool | None

    def __str__(self) -> str:
        words, at_most = WORDS[self.limit.value], shown(self.limit.value, self.limit.at_most, "at most ")
        if self.measured is None:
            return f"{words}: not measured ({at_most} is claimed)"
        seen = shown(self.limit.value, self.measured)
        return f"{words}: {seen}, {'as' if self.held else 'not'} claimed ({at_most})"


@dataclass(frozen=True)
class Verdict:
    """`reason` says in a sentence why it is so; of a drill that held it is empty."""

    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""

    @property
    def held(self) -> bool:
        return self.outcome is Outcome.HELD

    def as_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome.value,
            "reason": self.reason,
            "findings": [
                {"value": f.limit.value, "at_most": f.limit.at_most, "measured": f.measured, "held": f.held}
                for f in self.findings
            ],
        }


def invalid(reason: str) -> Verdict:
    return Verdict(Outcome.INVALID, reason=reason)


def judge(hypothesis: Sequence[Limit], values: Values) -> Verdict:
    """What was not measured neither holds nor fails, but something must have been."""
    findings = tuple(_finding(limit, values) for limit in hypothesis)
    broken = [f for f in findings if f.held is False]
    if not broken:
        return Verdict(Outcome.HELD, findings)
    if all(_blurred(f, values.blur) for f in broken):
        reason = f"too busy to tell: this computer alone puts {values.blur:.2f} s between answers"
        return Verdict(Outcome.INVALID, findings, reason)
    return Verdict(Outcome.FAILED, findings, "; ".join(str(f) for f in broken))


def _finding(limit: Limit, values: Values) -> Finding:
    measured = values.named(limit.value)
    return Finding(limit, measured, None if measured is None else measured <= limit.at_most)


def _blurred(finding: Finding, blur: float) -> bool:
    """Whether what is over the limit may be this computer's own doing."""
    assert finding.measured is not None
    return finding.limit.value in SECONDS and finding.measured - blur <= finding.limit.at_most


def shown(value: str, number: float, prefix: str = "") -> str:
    if value in SECONDS:
        return f"{prefix}{number:.2f} s"
    return f"{prefix if number else ''}{'none' if not number else f'{number:g}'}"
