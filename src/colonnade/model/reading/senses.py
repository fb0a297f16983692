"""What each node of a drawing is: a member of some kind, or one of the things that are no machines. Asked by
`read`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from colonnade.model.design import Position, Reading
from colonnade.model.kinds import Kinds
from colonnade.model.mermaid.ast import Drawing, Group, Node
from colonnade.model.names import ADDRESS, telling
from colonnade.model.reading.vocabulary import (
    EXTERNAL,
    FACT,
    JOINT,
    LOOSE,
    MEMBER,
    NET,
    STAFF,
    UPLINK,
    USER,
)
from colonnade.model.reading.words import PRIMARY, REPLICA, Lexicon, Word, bare, forms, plain, role
from colonnade.model.shapes import closest
from colonnade.model.source import Problems

NUMBERING = re.compile(r"(?:servers?|srv|nodes?|vm|host|instance|machine|member|box|no|n)?\d*|[a-z]\d*")
"""A word of a label like `Server 1`, `node B` or `vm2`."""


@dataclass(frozen=True)
class Sense:
    """How a node is understood; `role` is primary, replica or empty, and only of a replicated kind."""

    node: Node
    sort: str
    value: str
    through: bool = False
    role: str = ""

    @property
    def shown(self) -> str:
        return " ".join(self.node.label.split())


@dataclass
class Sketch:
    """A drawing while it is read: every step adds what it understood, and what it couldn't."""

    drawing: Drawing
    kinds: Kinds
    problems: Problems
    senses: dict[str, Sense] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)

    def say(self, position: Position, drawn: str, read: str) -> None:
        reading = Reading(position, " ".join(drawn.split()), read)
        if reading not in self.readings:
            self.readings.append(reading)

    def members(self) -> Iterator[Sense]:
        return (s for s in self.senses.values() if s.sort == MEMBER)

    def tier(self, id_: str) -> int:
        """Rank along the request path: users, doors, data, and behind all the programs of others."""
        sense = self.senses[id_]
        if sense.sort == MEMBER:
            return self.kinds[sense.value].tier
        return {USER: -2, NET: -1}.get(sense.sort, 100)


def understand(sketch: Sketch) -> None:
    """Fills `sketch.senses`; a node that nobody can read is a problem at its line."""
    lexicon = Lexicon.of(sketch.kinds)
    linked = {end for edge in sketch.drawing.edges for end in (edge.source, edge.target)}
    for node in sketch.drawing.nodes.values():
        around = tuple(sketch.drawing.around(node.id))
        joint = Word(JOINT, "a junction of arrows", through=True)
        word = joint if node.shape == "junction" else look(lexicon, node, around)
        if word is None and node.id not in linked and not re.search(r"\w", node.label):
            word = Word(LOOSE, "no machine")
        if word is None:
            refuse(sketch, node)
            continue
        replicated = word.sort == MEMBER and sketch.kinds[word.value].replicated
        part = role(node.label, node.id, *(g.title for g in around)) if replicated else ""
        sketch.senses[node.id] = Sense(node, word.sort, word.value, word.through, part)
        tell(sketch, sketch.senses[node.id])


def look(lexicon: Lexicon, node: Node, around: tuple[Group, ...]) -> Word | None:
    """The label says it, or the id, or the subgraph it is drawn in, or at last a store's shape with a role on
    it.
    """
    for text in (node.label, node.id if telling(node.id) else ""):
        if word := lexicon.label(text):
            return word
    for group in around if nameless(node.label) else ():
        word = lexicon.label(group.title) or lexicon.label(group.id)
        if word and word.sort == MEMBER:
            return word
    stores = [kind.name for kind in lexicon.kinds.values() if kind.shape == "cylinder"]
    if node.shape == "cylinder" and role(node.label, node.id) and len(stores) == 1:
        return Word(MEMBER, stores[0])
    return None


def nameless(label: str) -> bool:
    """Whether a label only numbers a machine or names a part, so that the tier around it says the rest."""
    rest = REPLICA.sub(" ", PRIMARY.sub(" ", plain(bare(label))))
    return all(NUMBERING.fullmatch(word) for word in rest.split())


def refuse(sketch: Sketch, node: Node) -> None:
    shown = " ".join(node.label.split())
    known = ", ".join(k.title for k in sketch.kinds.values() if k.drawn)
    words = {
        plain(w): k.title
        for k in sketch.kinds.values()
        for w in (k.name, k.title, *k.words)
        if re.fullmatch(r"[\w ]+", w)
    }
    near = ""
    for form in (f for text in (node.label, node.id) for f in forms(text)):
        for word in (form, *form.split()):
            hint = closest(word, words)
            if hint.startswith("did you mean") and len(word) > 2:
                near = near or f"{hint} Or "
    sketch.problems.add(node.position, f"nobody can read '{shown}'", f"{near}say on it what it is: {known}")


def tell(sketch: Sketch, sense: Sense) -> None:
    """Members are told later, when their machine has a name."""
    at, shown = sense.node.position, sense.shown
    if sense.sort == EXTERNAL:
        sketch.say(at, shown, f"external ({sense.value}): a program that Colonnade does not run")
    elif sense.sort == FACT:
        sketch.say(at, shown, f"a fact about what it is drawn with ({sense.value}), no machine")
    elif sense.sort in {USER, NET, JOINT} and sense.value != UPLINK:
        sketch.say(at, shown, f"{sense.value}, no machine")
    elif sense.sort in {STAFF, LOOSE}:
        sketch.say(
            at,
            shown,
            sense.value if sense.sort == LOOSE else f"{sense.value}: their way in is no part of the drawing",
        )
    if found := ADDRESS.search(sense.node.label):
        sketch.say(
            at,
            found.group(),
            (
                "left out: a machine's address is given in site.yaml, under 'machines'; without one a "
                "lab makes it"
            ),
        )
