"""A drill's course in tenths of seconds, small enough to be kept: what a plot of it needs, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from colonnade.drill.values import Moments
from colonnade.drill.visits import Request, Visits
from colonnade_agent.visitor.order import PIN

STEP = 0.1
GOOD, BAD, NOTHING = "o", "x", "."


@dataclass(frozen=True)
class Timeline:
    """Bins of STEP seconds from the steady state on; `fault`, `heal` and `seconds` count from there.

    `good` and `failed`: requests by name, by when they ended. `slowest`: milliseconds of the slowest good one
    in each bin, by when it began. `addresses`: for each probed address one letter a bin: GOOD when any probe
    had an answer, BAD when one failed and none had, NOTHING when none ended.
    """

    seconds: float
    fault: float
    heal: float
    good: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    slowest: tuple[int, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)

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
        addresses={a: _strip(count, [r for r in visits.of(PIN) if r.address == a]) for a in sorted(probes)},
    )


def _strip(count: Any, probes: list[Request]) -> str:
    good, bad = count(r for r in probes if r.good), count(r for r in probes if not r.good)
    return "".join(GOOD if g else BAD if b else NOTHING for g, b in zip(good, bad, strict=True))


def read(text: str) -> Timeline:
    """Raises ValueError, TypeError or KeyError for what is no timeline."""
    values = json.loads(text)
    series = {name: tuple(values[name]) for name in ("good", "failed", "slowest")}
    return Timeline(**{**values, **series})
