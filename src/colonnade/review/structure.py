"""What each journey needs, as gates over events: `all of` and `any of`. Pure; a directed graph without
cycles.

A journey is what somebody wants of the site: a user reads, a user writes, an operator recovers. The graph's
leaves are events; a gate works while all (or any) of its inputs work, and a leaf works until its event
happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import networkx as nx

from colonnade.review.events import Event


class Gate(StrEnum):
    ALL = "all"
    ANY = "any"
    EVENT = "event"


FLAT = 256
"""Inputs up to which an `all` dissolves in the `all` around it: tiers in a row a thousand deep stay cheap."""

Node = int
"""A node of a `Structure`; equal parts of a journey are one node, so that shared fate is seen as shared."""


@dataclass
class Structure:
    """Nodes are numbers; `graph` leads from a gate to its inputs. Built bottom-up: an input is there before
    its gate.
    """

    graph: nx.DiGraph[int] = field(default_factory=nx.DiGraph)
    _known: dict[tuple[Gate, object], Node] = field(default_factory=dict)
    _gates: list[Gate] = field(default_factory=list)
    _inputs: list[tuple[Node, ...]] = field(default_factory=list)
    _events: dict[Node, Event] = field(default_factory=dict)
    _orders: dict[Node, list[Node]] = field(default_factory=dict)

    def event(self, event: Event) -> Node:
        node = self._node(Gate.EVENT, event, ())
        self._events.setdefault(node, event)
        return node

    def all(self, inputs: Iterable[Node]) -> Node:
        """Works while every input works. Nested `all`s are one as long as they are small, so that what their
        neighbours share can be seen.
        """
        flat: dict[Node, None] = {}
        for node in inputs:
            if self._never(node):
                return node
            inside = self.inputs(node)
            dissolves = self.gate(node) is Gate.ALL and len(inside) <= FLAT
            flat.update(dict.fromkeys(inside if dissolves else (node,)))
        return next(iter(flat)) if len(flat) == 1 else self._gate(Gate.ALL, flat)

    def any(self, inputs: Iterable[Node]) -> Node:
        """Works while at least one input works; without inputs, never. What all inputs need stands before it
        once: the same, said shorter.
        """
        flat = [node for node in dict.fromkeys(inputs) if not self._never(node)]
        if len(flat) == 1:
            return flat[0]
        needs = [self._needs(node) for node in flat]
        shared = {n: None for n in (needs[0] if needs else {}) if all(n in other for other in needs[1:])}
        if not shared:
            return self._gate(Gate.ANY, dict.fromkeys(flat))
        rests = [[n for n in need if n not in shared] for need in needs]
        if not all(rests):
            return self.all(shared)
        return self.all([*shared, self._gate(Gate.ANY, dict.fromkeys(self.all(rest) for rest in rests))])

    def quorum(self, inputs: Iterable[Node]) -> Node:
        """Works while more than half of the inputs work."""
        nodes = list(inputs)
        majority = len(nodes) // 2 + 1
        # enough[k]: at least k of the nodes from here on work; None where that can't be.
        enough: list[Node | None] = [self.all(()), *[None] * majority]
        for node in reversed(nodes):
            enough = [enough[0], *(self._one_more(node, enough, k) for k in range(1, majority + 1))]
        reached = enough[majority]
        assert reached is not None
        return reached

    def _one_more(self, node: Node, enough: list[Node | None], k: int) -> Node | None:
        """At least `k` with this node counted in or left out."""
        fewer, without = enough[k - 1], enough[k]
        counted = None if fewer is None else node if k == 1 else self.all([node, fewer])
        ways = [way for way in (counted, without) if way is not None]
        return self.any(ways) if ways else None

    def gate(self, node: Node) -> Gate:
        return self._gates[node]

    def event_of(self, node: Node) -> Event:
        return self._events[node]

    def inputs(self, node: Node) -> tuple[Node, ...]:
        return self._inputs[node]

    def bottom_up(self, root: Node) -> list[Node]:
        """Every node that `root` rests on and itself last, inputs before their gates."""
        if root not in self._orders:
            # A node is made after its inputs, so its number is greater and what it rests on never changes.
            self._orders[root] = sorted({root, *nx.descendants(self.graph, root)})
        return self._orders[root]

    def events(self, root: Node) -> tuple[Event, ...]:
        return tuple(self.event_of(n) for n in self.bottom_up(root) if self.gate(n) is Gate.EVENT)

    def _never(self, node: Node) -> bool:
        return self.gate(node) is Gate.ANY and not self.inputs(node)

    def _needs(self, node: Node) -> dict[Node, None]:
        return dict.fromkeys(self.inputs(node) if self.gate(node) is Gate.ALL else (node,))

    def _gate(self, gate: Gate, inputs: Mapping[Node, None]) -> Node:
        return self._node(gate, frozenset(inputs), tuple(inputs))

    def _node(self, gate: Gate, identity: object, inputs: tuple[Node, ...]) -> Node:
        known = self._known.get((gate, identity))
        if known is not None:
            return known
        node = len(self._gates)
        self._known[gate, identity] = node
        self._gates.append(gate)
        self._inputs.append(inputs)
        self.graph.add_node(node)
        self.graph.add_edges_from((node, n) for n in inputs)
        return node
