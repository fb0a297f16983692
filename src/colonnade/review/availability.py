"""How often does a journey work, and what costs most? Expected availability from stated assumptions. Pure.

Events are taken as independent, each down for MTTR out of MTBF + MTTR (steady state). The figure is exact,
also where events stand in several places, up to a bound on the work.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

from colonnade.model.design import Design
from colonnade.review import frontier
from colonnade.review.cuts import CutSets
from colonnade.review.events import Class, Event
from colonnade.review.structure import Gate, Node, Structure

HOURS_A_YEAR = 8766.0
"""365.25 days."""


@dataclass(frozen=True)
class Assumption:
    """Mean time between failures and to repair, in hours."""

    mtbf: float
    mttr: float

    @property
    def down(self) -> float:
        """The part of time it is down."""
        both = self.mtbf + self.mttr
        return self.mttr / both if both > 0 else 0.0


DEFAULTS: Mapping[Class, Assumption] = {
    Class.MACHINE: Assumption(8766, 4),
    Class.MEMBER: Assumption(2190, 0.1),
    Class.UPLINK: Assumption(2190, 2),
    Class.LINK: Assumption(26298, 2),
    Class.EXTERNAL: Assumption(2190, 1),
}
"""Ours, to be replaced by your own figures: a machine fails once a year and is back in four hours, a program
once a quarter and is restarted in six minutes, a line once a quarter for two hours, a way inside once in
three years.
"""

Assumptions = Mapping[Class, Assumption]


def assumed(design: Design) -> Assumptions:
    """The design's own figures, and ours where it has none."""
    said = design.assumptions
    return {
        kind: Assumption(*said[kind.value]) if kind.value in said else ours for kind, ours in DEFAULTS.items()
    }


@dataclass(frozen=True)
class Contributor:
    """`hours` a year that the journey would work longer if `event` never happened."""

    event: Event
    hours: float


@dataclass(frozen=True)
class Availability:
    """`exact` is False where it was taken from cut sets of at most two events: then it is a little too good.
    `costs`: what each event costs, most first.
    """

    value: float
    exact: bool
    costs: tuple[Contributor, ...]

    @property
    def hours_down(self) -> float:
        """Expected hours a year."""
        return (1 - self.value) * HOURS_A_YEAR

    def doubled(self, points: Iterable[Event], assumptions: Assumptions) -> float:
        """Hours a year won by a second one beside these single points of failure.

        All of them must hold for the journey, so its availability has theirs as a factor.
        """
        up = math.prod(1 - assumptions[event.kind].down for event in set(points))
        return self.value * (1 - up) * HOURS_A_YEAR if up > 0 else 0.0


def availability(structure: Structure, root: Node, cuts: CutSets, assumptions: Assumptions) -> Availability:
    """Of one journey."""
    down = {event: assumptions[event.kind].down for event in structure.events(root)}
    if not _shares(structure, root):
        value, slopes = _independent(structure, root, down)
        exact = True
    else:
        found = frontier.exact(structure, root, down)
        value, slopes = found or _from_cuts(cuts, down)
        exact = found is not None
    costs = [Contributor(e, slopes.get(e, 0.0) * chance * HOURS_A_YEAR) for e, chance in down.items()]
    return Availability(value, exact, tuple(sorted(costs, key=lambda c: (-c.hours, c.event))))


Slopes = Mapping[Event, float]
"""How much the journey's availability grows with that of an event (Birnbaum's importance)."""


def _shares(structure: Structure, root: Node) -> bool:
    """Whether any node is an input of several gates: that makes those gates dependent."""
    nodes = structure.bottom_up(root)
    return sum(len(structure.inputs(node)) for node in nodes) >= len(nodes)


def _independent(structure: Structure, root: Node, down: Mapping[Event, float]) -> tuple[float, Slopes]:
    """One pass up for the value, one down for the slopes."""
    order = structure.bottom_up(root)
    up: dict[Node, float] = {}
    for node in order:
        if structure.gate(node) is Gate.EVENT:
            up[node] = 1 - down[structure.event_of(node)]
        else:
            up[node] = _value(structure.gate(node), [up[n] for n in structure.inputs(node)])
    slope: dict[Node, float] = dict.fromkeys(order, 0.0)
    slope[root] = 1.0
    for node in reversed(order):
        inputs = structure.inputs(node)
        for n, share in zip(inputs, _others(structure.gate(node), [up[n] for n in inputs]), strict=True):
            slope[n] += slope[node] * share
    return up[root], {structure.event_of(n): slope[n] for n in order if structure.gate(n) is Gate.EVENT}


def _value(gate: Gate, inputs: list[float]) -> float:
    return math.prod(inputs) if gate is Gate.ALL else 1 - math.prod(1 - p for p in inputs)


def _others(gate: Gate, inputs: list[float]) -> list[float]:
    """What a change of each input is worth: the product of the others (of their failing, for `any`)."""
    factors = inputs if gate is Gate.ALL else [1 - p for p in inputs]
    before = list(accumulate(factors, mul, initial=1.0))
    after = list(accumulate(reversed(factors), mul, initial=1.0))[::-1]
    return [before[i] * after[i + 1] for i in range(len(factors))]


def _from_cuts(cuts: CutSets, down: Mapping[Event, float]) -> tuple[float, Slopes]:
    """Every small cut as an event of its own; what larger cuts add is left out."""
    sets = sorted(sorted(cut) for cut in cuts.expanded())
    chances = [math.prod(down[e] for e in cut) for cut in sets]
    slopes: dict[Event, float] = {}
    for cut, others in zip(sets, _others(Gate.ALL, [1 - c for c in chances]), strict=True):
        for event in cut:
            rest = math.prod(down[e] for e in cut if e != event)
            slopes[event] = slopes.get(event, 0.0) + rest * others
    return math.prod(1 - c for c in chances), slopes
