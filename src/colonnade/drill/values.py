"""What was measured in a drill, in numbers: a pure function of what visitors saw and what the database holds.

docs/drills.md defines each number in the same words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from colonnade.drill.visits import Request, Visits
from colonnade_agent.visitor.order import NEWCOMER, PIN, READ, WRITE

MOST_ERRORS = 6


@dataclass(frozen=True)
class Moments:
    """On the client's clock: since when all was steady, when the fault began and when it was done to its end,
    when healing began, and the end.
    """

    steady: float
    fault: float
    struck: float
    heal: float
    end: float


@dataclass(frozen=True)
class Contents:
    """How often the database holds each id of this run's writes, at the end."""

    counts: Mapping[str, int]


@dataclass(frozen=True)
class Latency:
    """Of good answers by name, in seconds; None where there were none."""

    p50: float | None
    p99: float | None


@dataclass(frozen=True)
class Values:
    """Counts and seconds are of the time from the fault to the end, healing included. None: not measured.

    `gap_own` and `gap_others`: the longest time between two good answers of one address, of those the fault
    is about and of all others. `gap_by_name`: the longest that a newcomer waited for a good answer.
    `slowest_read`: the longest a user's read took until its good answer. `longest_write`: the longest that
    a writer waited for one; None when no writes were made. `new_terms`: how often leadership of a database
    began anew; None where it was not asked. `failed_reads_anew`: those of `failed_reads` whose connection was
    not one that stood when the fault came. `unknown_writes`: sent, and never answered. `lost`: acknowledged,
    and not in the database; `duplicated`: there more than once. `stalled`: the longest that the visitors'
    program itself stood still. `gap_before`: the longest gap of any address while nothing was broken yet.
    """

    requests: int
    probes: int
    failed_reads: int
    failed_reads_anew: int
    failed_writes: int
    unknown_writes: int
    failed_probes: int
    gap_by_name: float
    gap_own: float | None
    gap_others: float | None
    gaps: Mapping[str, float]
    slowest_read: float
    longest_write: float | None
    new_terms: int | None
    acknowledged: int | None
    lost: int | None
    duplicated: int | None
    before: Latency
    during: Latency
    after: Latency
    stalled: float
    gap_before: float
    errors: Mapping[str, int]

    @property
    def blur(self) -> float:
        """Seconds that this computer alone may put between two answers."""
        return max(self.stalled, self.gap_before)

    @property
    def failed_requests(self) -> int:
        """All that a visitor saw not done, or can't know the end of."""
        return self.failed_reads + self.failed_writes + self.unknown_writes

    def named(self, name: str) -> float | None:
        value: float | None = getattr(self, name)
        return value

    def as_json(self) -> dict[str, Any]:
        """Seconds to a tenth of a millisecond: the ledger is read by people too."""
        return {**_rounded(asdict(self)), "failed_requests": self.failed_requests}


def measure(
    visits: Visits,
    moments: Moments,
    own: Iterable[str],
    contents: Contents | None,
    new_terms: int | None = None,
) -> Values:
    """`own`: the addresses the fault is about. `contents` is None when no writes were made."""
    begun = [r for r in visits.requests if r.begun <= moments.end]
    later = [r for r in begun if r.begun >= moments.fault or (r.ended or 0) >= moments.fault]
    reads = [r for r in later if r.kind in {READ, NEWCOMER}]
    writes = [r for r in later if r.kind == WRITE]
    gaps = gaps_of(visits, moments.fault, moments.end)
    mine = set(own)
    return Values(
        requests=len(reads) + len(writes),
        probes=sum(r.probe for r in later),
        failed_reads=sum(r.failed for r in reads),
        failed_reads_anew=sum(r.failed and not _stood(r, moments.struck) for r in reads),
        failed_writes=sum(r.failed for r in writes),
        unknown_writes=sum(r.unknown for r in writes),
        failed_probes=sum(r.probe and r.failed for r in later),
        gap_by_name=longest_wait([r for r in later if r.kind == NEWCOMER], moments.end),
        gap_own=max((gap for address, gap in gaps.items() if address in mine), default=None),
        gap_others=max((gap for address, gap in gaps.items() if address not in mine), default=None),
        gaps=gaps,
        slowest_read=max((r.seconds for r in reads if r.kind == READ and r.good), default=0.0),
        longest_write=longest_wait(writes, moments.end) if writes else None,
        new_terms=new_terms,
        acknowledged=len(visits.acknowledged) if contents else None,
        lost=sum(not contents.counts.get(i) for i in visits.acknowledged) if contents else None,
        duplicated=sum(n > 1 for n in contents.counts.values()) if contents else None,
        before=_latency(visits.by_name, moments.steady, moments.fault),
        during=_latency(visits.by_name, moments.fault, moments.heal),
        after=_latency(visits.by_name, moments.heal, moments.end),
        stalled=max((s.seconds for s in visits.stalls if s.at >= moments.fault), default=0.0),
        gap_before=max(gaps_of(visits, moments.steady, moments.fault).values(), default=0.0),
        errors=_errors(reads + writes),
    )


def _errors(requests: Iterable[Request]) -> dict[str, int]:
    """What went wrong with requests by name, and how often; the most frequent first."""
    bad = (r for r in requests if r.failed or r.unknown)
    return dict(Counter(f"status {r.status}" if r.status else r.error for r in bad).most_common(MOST_ERRORS))


def gaps_of(visits: Visits, since: float, until: float) -> dict[str, float]:
    """The longest time between two good answers of each probed address, from the last one before `since`."""
    answers: dict[str, list[float]] = {}
    for probe in visits.of(PIN):
        times = answers.setdefault(probe.address, [])
        if probe.good and probe.ended is not None:
            times.append(probe.ended)
    first = min((r.begun for r in visits.of(PIN)), default=since)
    return {a: _longest(sorted(times), first, since, until) for a, times in sorted(answers.items())}


def _longest(answers: Sequence[float], first: float, since: float, until: float) -> float:
    """`first`: when probes began."""
    start = max((t for t in answers if t < since), default=first)
    return max(b - a for a, b in pairwise([start, *(t for t in answers if since <= t <= until), until]))


def longest_wait(visitors: Sequence[Request], end: float) -> float:
    """From when a visitor came until it had a good answer; one who got none waits until another is served
    who came later, at most until `end`.
    """
    longest, served = 0.0, end
    for visitor in sorted(visitors, key=lambda r: r.begun, reverse=True):
        if visitor.good and visitor.ended is not None:
            served = min(served, visitor.ended)
            longest = max(longest, visitor.seconds)
        else:
            longest = max(longest, served - visitor.begun)
    return longest


def _stood(request: Request, struck: float) -> bool:
    """Whether it went out on a connection that the fault found open."""
    return request.opened is not None and request.opened < struck


def _latency(requests: Iterable[Request], since: float, until: float) -> Latency:
    found = sorted(r.seconds for r in requests if r.good and since <= r.begun < until)
    return Latency(_percentile(found, 50), _percentile(found, 99))


def _percentile(ascending: Sequence[float], percent: int) -> float | None:
    """By nearest rank: the least value that `percent` of all do not exceed."""
    if not ascending:
        return None
    return ascending[max(math.ceil(len(ascending) * percent / 100), 1) - 1]


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _rounded(value)
        if isinstance(value, Mapping)
        else round(value, 4)
        if isinstance(value, float)
        else value
        for name, value in values.items()
    }
