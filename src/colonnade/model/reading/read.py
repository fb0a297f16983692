"""A drawing as a `Design`, and how each thing on it was understood. Asked by `load`.

page -> drawing -> senses (what each node is) -> machines, arrows -> services -> links -> document -> Design
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from colonnade.errors import DesignError
from colonnade.model.check import check
from colonnade.model.design import Design, Position
from colonnade.model.kinds import Kinds
from colonnade.model.mermaid.document import Page, draw, page
from colonnade.model.mermaid.tokens import NotMermaid
from colonnade.model.names import slug, telling, unique
from colonnade.model.places import Places
from colonnade.model.reading import directives, facts, uplinks
from colonnade.model.reading.arrows import Flows, flows
from colonnade.model.reading.boxes import taken_apart
from colonnade.model.reading.links import Wiring, describe, in_order, wire
from colonnade.model.reading.machines import place
from colonnade.model.reading.senses import Sketch, understand
from colonnade.model.reading.services import Tier, tiers
from colonnade.model.reading.site import site
from colonnade.model.reading.vocabulary import EXTERNAL
from colonnade.model.reading.words import Lexicon
from colonnade.model.site_file import Builder
from colonnade.model.source import Problems


def read(text: str, path: str, kinds: Kinds, *, markdown: bool) -> Design:
    """Raises `DesignError` with every problem of the first diagram that has any."""
    found = page(text, markdown=markdown)
    if not found.diagrams:
        raise nothing(found, path)
    read_ones: list[tuple[int, Design]] = []
    failed: list[DesignError] = []
    for body, line in found.diagrams:
        try:
            read_ones.append((line, one(body, line, found, path, kinds)))
        except DesignError as error:
            failed.append(error)
    if not read_ones:
        raise failed[0]
    if len(read_ones) > 1:
        lines = ", ".join(str(line) for line, _ in read_ones)
        raise Problems(path).stop(
            f"the page has {len(read_ones)} diagrams that could be the infrastructure (lines {lines})",
            "keep the one to run in a file of its own, or mark the others as another language than mermaid",
            Position(read_ones[1][0], 1),
        )
    return read_ones[0][1]


def nothing(found: Page, path: str) -> DesignError:
    problems = Problems(path)
    if found.unmarked:
        return problems.stop(
            "this fence holds a diagram and doesn't say so",
            "open it with ```mermaid",
            Position(found.unmarked, 1),
        )
    if found.others:
        return problems.stop(
            "the page has diagrams, but none is a flowchart or an architecture diagram",
            "draw the servers with `flowchart TD` in a ```mermaid fence",
        )
    return problems.stop(
        "the page has no diagram", "draw the servers in a fence: ```mermaid, flowchart TD, arrows, ```"
    )


def one(body: str, line: int, found: Page, path: str, kinds: Kinds) -> Design:
    problems = Problems(path)
    try:
        drawing = draw(body, line)
    except NotMermaid as error:
        raise problems.stop(error.message, error.hint, error.position) from None
    sketch = Sketch(taken_apart(drawing, Lexicon.of(kinds)), kinds, problems)
    places = Places({}, {(): drawing.position})
    document = directives.whole(drawing.comments, places, problems)
    if document is None:
        document = interpret(sketch, found, path, places)
        document = directives.apply(document, places, drawing.comments, problems)
    problems.stop_if_any()
    if not document.get("services"):
        raise problems.stop(
            "nothing on the diagram is a server",
            f"draw one of: {', '.join(k.title for k in kinds.values() if k.drawn)}",
            drawing.position,
        )
    builder = Builder(lambda at, key: places.of(at, key=key), problems, kinds)
    design = builder.design(document, path)
    problems.stop_if_any()
    problems.extend(check(design, kinds, places.of(("site",))))
    problems.stop_if_any()
    return replace(
        design, prose=found.prose, readings=tuple(sorted(sketch.readings, key=lambda r: r.position))
    )


def undirected(text: str, path: str, kinds: Kinds) -> dict[str, Any] | None:
    """What a drawing says without its `%% colonnade:` lines, as a document; None if it can't be read."""
    found = page(text, markdown=False)
    problems = Problems(path)
    try:
        sketch = Sketch(taken_apart(draw(*found.diagrams[0]), Lexicon.of(kinds)), kinds, problems)
    except NotMermaid:
        return None
    document = interpret(sketch, found, path, Places())
    return None if problems.found else document


def interpret(sketch: Sketch, found: Page, path: str, places: Places) -> dict[str, Any]:
    """What the drawing says, as a document of the shape of a site.yaml; fills in the places of its parts."""
    moved, wiring = wired(sketch)
    named = wiring.tiers
    name, where = site(sketch.drawing, found, path)
    at = sketch.drawing.position
    sketch.say(
        at,
        "the site",
        f"{name}, from {where}"
        if where
        else f"{name}, for the design names none; give it in front matter: site: www.example.com",
    )
    lines = uplinks.told(sketch, places)
    document: dict[str, Any] = {"site": name, **({"uplinks": lines} if lines else {})}
    document |= {"services": {}, "external": {}}
    for tier in named:
        document["services"][tier.name] = entry(sketch, wiring, tier, places)
        for member in tier.members:
            sketch.say(member.node.position, member.shown, describe(sketch, wiring, tier, member))
    for id_, external in wiring.externals.items():
        places.put(("external", external), sketch.senses[id_].node.position)
        document["external"][external] = {"what": sketch.senses[id_].value}
    document["facts"] = facts.told(sketch, moved, wiring, Lexicon.of(sketch.kinds), places)
    return document


def wired(sketch: Sketch) -> tuple[Flows, Wiring]:
    """Who is who on the drawing, and who asks whom."""
    understand(sketch)
    moved = flows(sketch)
    named = tiers(sketch, moved.asks)
    wiring = Wiring(named, place(sketch), externals(sketch, {t.name for t in named}))
    wire(sketch, moved, wiring)
    return moved, wiring


def externals(sketch: Sketch, used: set[str]) -> dict[str, str]:
    """The name of each program without a room, by its node's id."""
    names: dict[str, str] = {}
    for id_, sense in sketch.senses.items():
        if sense.sort == EXTERNAL:
            wanted = telling(id_) or slug(sense.node.label) or slug(sense.value)
            names[id_] = unique(wanted, used | set(names.values()))
    return names


def entry(sketch: Sketch, wiring: Wiring, tier: Tier, places: Places) -> Mapping[str, Any]:
    """One service as a site.yaml says it."""
    at = ("services", tier.name)
    places.put(at, tier.members[0].node.position)
    written: dict[str, Any] = {"kind": tier.kind, "machines": wiring.members(tier)}
    if to := leads(sketch, wiring, tier, places):
        written["to"] = to
    if wiring.public:
        written["public"] = tier.name in wiring.public
    for key, (value, position) in wiring.settings.get(tier.name, {}).items():
        places.put((*at, key), position)
        written[key] = value
    return written


def leads(sketch: Sketch, wiring: Wiring, tier: Tier, places: Places) -> list[Any]:
    by_name = {t.name: t for t in wiring.tiers}
    to: list[Any] = []
    for target in wiring.links.get(tier.name, {}):
        pairs = in_order(sketch, wiring, tier, by_name[target]) if target in by_name else []
        paired: dict[str, list[str]] = {}
        for source, machine in pairs:
            paired.setdefault(source, []).append(machine)
        places.put(("services", tier.name, "to", len(to)), wiring.places[tier.name, target])
        to.append({target: paired} if paired else target)
    return to
