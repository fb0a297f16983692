"""A drill's course in tenths of seconds, small enough to be kept: what a plot of it needs, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from colonnade.drill.values import Moments
from colonnade.drill.visits import Request, Visits
from colonnade_agent.visitor.order import PIN

STEP = 0.1
MOST_FAILURES = 30
GOOD, BAD, NOTHING = "o", "x", "."


@dataclass(frozen=True)
class Failure:
    """`at` counts as in the timeline; `opened` is when its connection was, None when it never had one."""

    at: float
    kind: str
    seconds: float
    opened: float | None
    address: str
    what: str


@dataclass(frozen=True)
class Timeline:
    """Bins of STEP seconds from the steady state on; `fault`, `heal` and `seconds` count from there.

    `good` and `failed`: requests by name, by when they ended. `slowest`: milliseconds of the slowest good one
    in each bin, by when it began. `addresses`: for each probed address one letter a bin: GOOD when any probe
    had an answer, BAD when one failed and none had, NOTHING when none ended. `failures`: the first requests
    by name that failed.
    """

    seconds: float
    fault: float
    heal: float
    good: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    slowest: tuple[int, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()

    def text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def of(visits: Visits, moments: Moments) -> Timeline:
    start = moments.steady
    bins = max(int((moments.end - start) / STEP) + 1, 1)

    def place(at: float) -> int:
        return int((at - start) / STEP)

    def count(requests: Iterable[Request]) -> tuple[int, ...]:
        found = [0] * bins
        for request in requests:
            if request.ended is not None and 0 <= place(request.ended) < bins and request.ended >= start:
                found[place(request.ended)] += 1
        return tuple(found)

    slowest = [0] * bins
    for request in visits.by_name:
        at = place(request.begun)
        if request.good and request.begun >= start and at < bins:
            slowest[at] = max(slowest[at], round(request.seconds * 1000))
    probes = {r.address for r in visits.of(PIN)}
    return Timeline(
        seconds=round(moments.end - start, 2),
        fault=round(moments.fault - start, 2),
        heal=round(moments.heal - start, 2),
        good=count(r for r in visits.by_name if r.good),
        failed=count(r for r in visits.by_name if not r.good),
        slowest=tuple(slowest),
        failures=tuple(_failures(visits, moments))[:MOST_FAILURES],
        addresses={a: _strip(count, [r for r in visits.of(PIN) if r.address == a]) for a in sorted(probes)},
    )


def _failures(visits: Visits, moments: Moments) -> Iterator[Failure]:
    for r in visits.by_name:
        within = moments.steady <= (r.ended or r.begun) and r.begun <= moments.end
        if within and (r.failed or r.unknown):
            yield Failure(
                at=round(r.begun - moments.steady, 2),
                kind=r.kind,
                seconds=round(r.seconds, 2),
                opened=None if r.opened is None else round(r.opened - moments.steady, 2),
                address=r.address,
                what=f"status {r.status}" if r.status else r.error,
            )


def _strip(count: Any, probes: list[Request]) -> str:
    good, bad = count(r for r in probes if r.good), count(r for r in probes if not r.good)
    return "".join(GOOD if g else BAD if b else NOTHING for g, b in zip(good, bad, strict=True))


def read(text: str) -> Timeline:
    """Raises ValueError, TypeError or KeyError for what is no timeline."""
    values = json.loads(text)
    series = {name: tuple(values[name]) for name in ("good", "failed", "slowest")}
    failures = tuple(Failure(**each) for each in values.get("failures", ()))
    return Timeline(**{**values, **series, "failures": failures})
