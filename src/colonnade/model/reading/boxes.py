"""Boxes that name several programs at once, taken apart: `Server 1, Nginx, App server` is a machine with two.

Asked by `read`, before anything else is understood.
"""

from __future__ import annotations

import re
from dataclasses import replace

from colonnade.model.mermaid.ast import Drawing, Group, Node
from colonnade.model.reading.machines import HOST, MACHINE
from colonnade.model.reading.vocabulary import MEMBER
from colonnade.model.reading.words import PRIMARY, REPLICA, Lexicon, bare, plain

JOINED = re.compile(r"\s(?:\+|&|and)\s|[+,/&]")
BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
FILLER = frozenset(
    {"server", "servers", "the", "a", "cluster", "node", "service", "instance", "runtime", "db"}
)


def taken_apart(drawing: Drawing, lexicon: Lexicon) -> Drawing:
    nodes: dict[str, Node] = {}
    groups = dict(drawing.groups)
    for node in drawing.nodes.values():
        parts = programs(lexicon, node.label)
        if not parts:
            nodes[node.id] = node
            continue
        inside = [replace(node, id=f"{kind}_{node.id}", label=label) for kind, label in parts.items()]
        nodes |= {part.id: part for part in inside}
        title = node.label.split("\n")[0]
        groups = {
            node.id: Group(node.id, title, tuple(p.id for p in inside), True, node.position),
            **groups,
        }
    return replace(drawing, nodes=nodes, groups=groups)


def programs(lexicon: Lexicon, label: str) -> dict[str, str]:
    """The kinds that a box holds, each with its words; empty if it is one thing.

    `Load balancer, Nginx` is one thing named twice: only a box with a machine's title, or with a list in
    one of its lines, holds several.
    """
    lines = [BRACKETS.sub(" ", line) for line in label.split("\n")]
    listed = [pure(lexicon, JOINED.split(line)) for line in lines]
    first = " ".join(plain(bare(lines[0])).split())
    titled = bool(MACHINE.search(first) or HOST.match(first)) and lexicon.line(lines[0]) is None
    if titled:
        listed.append({kind: text for found in listed[1:] for kind, text in found.items()})
    return next((found for found in listed if len(found) > 1), {})


def pure(lexicon: Lexicon, parts: list[str]) -> dict[str, str]:
    """The kinds of those parts that say nothing else: `App server 1`, not `asks the app server`."""
    found: dict[str, str] = {}
    for part in parts:
        word = lexicon.part(part)
        if word and word.sort == MEMBER:
            text = plain(part)
            rest = f"{text[: word.start]} {text[word.start + word.length :]}"
            rest = REPLICA.sub(" ", PRIMARY.sub(" ", rest))
            left = [w for w in rest.split() if w not in FILLER and not w.isdigit()]
            if not any(lexicon.part(w) is None for w in left):
                found.setdefault(word.value, part.strip())
    return found
