"""The chance that a structure works when parts of it share events: exact, one event after another. Asked by
availability.

Events are decided in an order; after each, what is left to know is a *state*: the gates that are decided
before all events below them are. Equal states are one, with the sum of their chances, so the work grows with
how many there are side by side (the frontier) and not with the number of cases. This is a binary decision
diagram built level by level (Sekine, Imai and Tani, 1995), without recursion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from colonnade.review.events import Class, Event
from colonnade.review.structure import Gate, Node, Structure

LIMIT = 100_000
"""States in all after which the exact figure is given up."""

DEPTH = 4
"""Gates above a decided one that are asked whether they still wait for it."""

State = frozenset[tuple[Node, bool]]
WORKS, FAILS = -1, -2
"""Where a way through the events ends."""
Step = tuple[int, int]
"""Where a state leads if the event does not happen, and if it does."""


def exact(
    structure: Structure, root: Node, down: Mapping[Event, float]
) -> tuple[float, Mapping[Event, float]] | None:
    """The chance, and how much it grows with that of each event; None where the frontier is too wide."""
    walk = _Walk(structure, root)
    levels = walk.levels()
    if levels is None:
        return None
    events = [structure.event_of(node) for node in walk.order]
    reached = _forwards(levels, events, down)
    return _backwards(levels, reached, events, down)


def _forwards(
    levels: list[list[Step]], events: list[Event], down: Mapping[Event, float]
) -> list[list[float]]:
    """The chance of every state."""
    reached = [[1.0]]
    for level, (steps, event) in enumerate(zip(levels, events, strict=True)):
        width = len(levels[level + 1]) if level + 1 < len(levels) else 0
        after = [0.0] * width
        for chance, (up, gone) in zip(reached[level], steps, strict=True):
            if up >= 0:
                after[up] += chance * (1 - down[event])
            if gone >= 0:
                after[gone] += chance * down[event]
        reached.append(after)
    return reached


def _backwards(
    levels: list[list[Step]], reached: list[list[float]], events: list[Event], down: Mapping[Event, float]
) -> tuple[float, Mapping[Event, float]]:
    """From every state the chance that it ends well."""
    slopes: dict[Event, float] = {}
    after: list[float] = []
    for steps, chances, event in zip(reversed(levels), reversed(reached[:-1]), reversed(events), strict=True):
        ends = {WORKS: 1.0, FAILS: 0.0}
        well = [
            (ends.get(u, after[u] if u >= 0 else 0.0), ends.get(g, after[g] if g >= 0 else 0.0))
            for u, g in steps
        ]
        slopes[event] = sum(chance * (up - gone) for chance, (up, gone) in zip(chances, well, strict=True))
        after = [(1 - down[event]) * up + down[event] * gone for up, gone in well]
    return after[0], slopes


@dataclass
class _Walk:
    structure: Structure
    root: Node
    order: list[Node] = field(default_factory=list)
    _users: dict[Node, list[Node]] = field(default_factory=dict)
    _all: dict[Node, bool] = field(default_factory=dict)
    _ends: dict[int, list[Node]] = field(default_factory=dict)
    _last: dict[Node, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nodes = self.structure.bottom_up(self.root)
        self.order = ordered(self.structure, self.root)
        level = {node: index for index, node in enumerate(self.order)}
        for node in nodes:
            inputs = self.structure.inputs(node)
            self._users[node] = []
            self._all[node] = self.structure.gate(node) is Gate.ALL
            self._last[node] = max(self._last[n] for n in inputs) if inputs else level[node]
            if inputs:
                self._ends.setdefault(self._last[node], []).append(node)
            for n in inputs:
                self._users[n].append(node)

    def levels(self) -> list[list[Step]] | None:
        """For each event where each state before it leads."""
        states: dict[State, int] = {frozenset(): 0}
        levels: list[list[Step]] = []
        total = 0
        for level in range(len(self.order)):
            after: dict[State, int] = {}
            levels.append(
                [(self._to(s, level, True, after), self._to(s, level, False, after)) for s in states]
            )
            states = after
            total += len(after)
            if total > LIMIT:
                return None
        return levels

    def _to(self, state: State, level: int, works: bool, after: dict[State, int]) -> int:
        """The number among `after` of the state that follows when this level's event is so."""
        known = dict(state)
        self._decide(known, self.order[level], works)
        for gate in self._ends.get(level, ()):
            if gate not in known:
                # No input decided it against its nature, and there are no more.
                self._decide(known, gate, self._all[gate])
        if self.root in known:
            return WORKS if known[self.root] else FAILS
        last = self._last
        left = frozenset(
            known_one
            for known_one in known.items()
            if last[known_one[0]] > level and self._matters(known_one[0], known, DEPTH)
        )
        return after.setdefault(left, len(after))

    def _decide(self, known: dict[Node, bool], node: Node, works: bool) -> None:
        """Note it, and all gates that it decides alone: an `all` by failing, an `any` by working."""
        pending = [node]
        known[node] = works
        while pending:
            current = pending.pop()
            for user in self._users[current]:
                if user not in known and self._all[user] is not known[current]:
                    known[user] = known[current]
                    pending.append(user)

    def _matters(self, node: Node, known: dict[Node, bool], depth: int) -> bool:
        """Whether an open gate above still waits for it. Said too often costs time and no exactness."""
        return any(
            user not in known and (depth == 0 or user == self.root or self._matters(user, known, depth - 1))
            for user in self._users[node]
        )


def ordered(structure: Structure, root: Node) -> list[Node]:
    """The events as a walk from the root meets them, each machine's together: what shares fate is decided at
    once.
    """
    met: dict[Node, None] = {}
    pending, seen = [root], {root}
    while pending:
        node = pending.pop()
        if structure.gate(node) is Gate.EVENT:
            met[node] = None
        # Events first: a member's own machine before what it asks.
        inputs = sorted(structure.inputs(node), key=lambda n: structure.gate(n) is Gate.EVENT)
        for n in inputs:
            if n not in seen:
                seen.add(n)
                pending.append(n)
    first: dict[object, int] = {}
    keys = {}
    for index, node in enumerate(met):
        event = structure.event_of(node)
        home = event.machines[:1] if event.kind in {Class.MACHINE, Class.MEMBER} else node
        keys[node] = (first.setdefault(home, index), index)
    return sorted(met, key=lambda node: keys[node])
