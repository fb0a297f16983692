"""Which single events, and which pairs of events, end a journey? The minimal cut sets of order one and two.

Worked out bottom-up as in fault tree analysis (MOCUS; Fussell and Vesely, 1972), with everything larger than
a pair left out at once: that keeps the work near-linear in the size of a design. Events that always fail a
journey in the same way (a machine and the one program on it) are one *block*, so that the number of cut sets
is that of the things people see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from colonnade.review.events import Event
from colonnade.review.structure import Gate, Node, Structure

ORDER = 2
Block = tuple[Event, ...]
"""Events of which any one does what any other does."""
Cut = frozenset[Block]
Cuts = frozenset[Cut]


@dataclass(frozen=True)
class CutSets:
    """Of one journey: any event of a block in `singles` ends it; so does any event of both blocks of one of
    `pairs`.
    """

    singles: tuple[Block, ...]
    pairs: tuple[tuple[Block, Block], ...]

    @property
    def points(self) -> tuple[Event, ...]:
        """The single points of failure."""
        return tuple(event for block in self.singles for event in block)

    @property
    def pair_count(self) -> int:
        return sum(len(a) * len(b) for a, b in self.pairs)

    def expanded(self) -> frozenset[frozenset[Event]]:
        """Every minimal cut set, event by event."""
        ones = {frozenset({event}) for event in self.points}
        return frozenset(ones | {frozenset(two) for a, b in self.pairs for two in product(a, b)})


def cut_sets(structure: Structure, root: Node) -> CutSets:
    """Minimal cut sets of at most two events, in a stable order."""
    nodes = structure.bottom_up(root)
    blocks = _blocks(structure, nodes)
    found: dict[Node, Cuts] = {}
    for node in nodes:
        gate = structure.gate(node)
        inputs = structure.inputs(node)
        if gate is Gate.EVENT:
            found[node] = frozenset({frozenset({blocks[node]})})
        elif gate is Gate.ALL:
            found[node] = minimal(cut for n in inputs for cut in found[n])
        else:
            found[node] = _any([found[n] for n in inputs])
    ordered = sorted(tuple(sorted(cut)) for cut in found[root])
    singles = tuple(cut[0] for cut in ordered if len(cut) == 1)
    return CutSets(singles, tuple((cut[0], cut[1]) for cut in ordered if len(cut) == ORDER))


def _blocks(structure: Structure, nodes: list[Node]) -> Mapping[Node, Block]:
    """The block of each event: those that are inputs of exactly the same `all` gates."""
    users: dict[Node, list[Node]] = {}
    for gate in nodes:
        for node in structure.inputs(gate):
            users.setdefault(node, []).append(gate)
    alike: dict[object, list[Node]] = {}
    for node in nodes:
        if structure.gate(node) is Gate.EVENT:
            gates = users.get(node, [])
            series = gates and all(structure.gate(g) is Gate.ALL for g in gates)
            alike.setdefault(tuple(gates) if series else node, []).append(node)
    return {
        node: block
        for together in alike.values()
        for block in [tuple(sorted(structure.event_of(n) for n in together))]
        for node in together
    }


def minimal(cuts: Iterable[Cut]) -> Cuts:
    """Those that hold no other."""
    every = frozenset(cuts)
    if frozenset() in every:
        return frozenset({frozenset()})
    single = {next(iter(cut)) for cut in every if len(cut) == 1}
    return frozenset(cut for cut in every if len(cut) == 1 or not cut & single)


def _any(inputs: list[Cuts]) -> Cuts:
    """What cuts every input at once. An input that nothing small cuts ends the search."""
    found = frozenset({frozenset[Block]()})
    for cuts in sorted(inputs, key=len):
        found = minimal(a | b for a in found for b in cuts if len(a | b) <= ORDER)
        if not found:
            break
    return found
