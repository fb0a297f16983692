"""The same design with what `harden` can cure cured: a second of what there is one of. Pure.

Every step is a design that could be drawn; names, order and settings of what is there stay. Only what rooms
can run is added: what they can't is for the operator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from colonnade.model.design import Design
from colonnade.model.kinds import Kinds
from colonnade.review import harden_fixes as fixes
from colonnade.review.availability import HOURS_A_YEAR, assumed, availability
from colonnade.review.cuts import cut_sets
from colonnade.review.harden_fixes import Change, Fix
from colonnade.review.hardens import HARDENS
from colonnade.review.journeys import VISITS, journeys


@dataclass(frozen=True)
class LeftOut:
    """What could be better and was not done, and why not."""

    change: Change
    reason: str


@dataclass(frozen=True)
class Hardened:
    design: Design
    changes: tuple[Change, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def machines_added(self) -> tuple[str, ...]:
        return tuple(name for change in self.changes for name in change.machines_added)


def harden(
    design: Design, kinds: Kinds, rules: Collection[str] = HARDENS, max_machines: int | None = None
) -> Hardened:
    """Cure what these rules of review find. With `max_machines`, what buys most for a machine comes first."""
    if not design.needs_lab:
        return _without_machines(design, kinds, rules)
    if max_machines is not None:
        return _within(design, kinds, rules, max_machines)
    changes: list[Change] = []
    while fix := next(candidates(design, kinds, rules), None):
        design = fix.design
        changes.append(fix.change)
    return Hardened(design, tuple(changes))


def candidates(design: Design, kinds: Kinds, rules: Collection[str]) -> Iterator[Fix]:
    """Every single step that is possible now, the cheapest sort first."""
    for rule, find in fixes.FIXES.items():
        if rule in rules:
            yield from find(design, kinds)


def hours_down(design: Design, kinds: Kinds) -> float:
    """Expected hours a year that users can't read, and that they can't write, together."""
    all_ = journeys(design, kinds)
    roots = [all_.roots[j] for j in VISITS if j in all_.roots]
    structure = all_.structure
    found = [availability(structure, r, cut_sets(structure, r), assumed(design)) for r in roots]
    return sum(one.hours_down for one in found) if found else HOURS_A_YEAR


def _within(design: Design, kinds: Kinds, rules: Collection[str], budget: int) -> Hardened:
    changes: list[Change] = []
    while True:
        found = list(candidates(design, kinds, rules))
        able = [fix for fix in found if len(fix.change.machines_added) <= budget]
        if not able:
            break
        best = max(able, key=lambda fix: _worth(fix, design, kinds))
        budget -= len(best.change.machines_added)
        design = best.design
        changes.append(best.change)
    left = {fix.change.rule + fix.change.what: fix.change for fix in found}
    reason = f"needs a machine, and {_left(budget)} of those allowed"
    return Hardened(design, tuple(changes), tuple(LeftOut(change, reason) for change in left.values()))


def _left(budget: int) -> str:
    return "none is left" if budget == 0 else f"{budget} {'is' if budget == 1 else 'are'} left"


def _worth(fix: Fix, design: Design, kinds: Kinds) -> float:
    """Hours of downtime a year that it saves for each machine; what costs none is always worth it."""
    cost = len(fix.change.machines_added)
    if not cost:
        return float("inf")
    return (hours_down(design, kinds) - hours_down(fix.design, kinds)) / cost


def _without_machines(design: Design, kinds: Kinds, rules: Collection[str]) -> Hardened:
    """Machines and lines that exist can't be made by writing a design: only what needs none is done."""
    changes: list[Change] = []
    left: dict[str, LeftOut] = {}
    while True:
        found = list(candidates(design, kinds, rules))
        able = next((fix for fix in found if not fix.needs), None)
        if able is None:
            break
        design = able.design
        changes.append(able.change)
    for fix in found:
        left.setdefault(fix.needs, LeftOut(fix.change, f"the design's machines exist, and {fix.needs}"))
    return Hardened(design, tuple(changes), tuple(left.values()))
