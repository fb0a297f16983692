"""A flowchart's text with what a design has more than it: members, arrows, uplinks. Asked by `edit`.

What is drawn stays where it is; new things stand beside their like. Who asks checks what came of it, so a
drawing that is too unusual may be left as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from colonnade.model.design import Design, Position, Service
from colonnade.model.editing.lines import Lines, Unusual
from colonnade.model.editing.members import NewMember, add_at_end
from colonnade.model.kinds import Kinds
from colonnade.model.mermaid.ast import Edge
from colonnade.model.mermaid.statements import FLOW, OTHER, Mention
from colonnade.model.reading.directives import MARK
from colonnade.model.reading.outline import Outline, outline
from colonnade.model.source import clean
from colonnade.model.write_yaml import document


def redrawn(text: str, before: Design, after: Design, kinds: Kinds) -> str:
    """The text of the whole file with the diagram changed; as it was where nothing could be done."""
    markdown = before.path.lower().endswith((".md", ".markdown"))

    def now(text: str) -> Outline | None:
        return outline(clean(text), before.path, kinds, markdown=markdown)

    first = now(text)
    if first is None:
        return text
    text = directives(text, first, before, after)
    for service, machine in new_members(before, after):
        if found := now(text):
            lines = Lines.of(text)
            NewMember(lines, found, kinds, service, machine).draw()
            text = lines.text()
    if found := now(text):
        text = arrows(text, found, after, kinds)
    if (found := now(text)) and len(after.uplinks) > len(before.uplinks):
        text = uplinks(text, found, after)
    if found := now(text):
        text = numbers(text, first, found)
    return text


def new_members(before: Design, after: Design) -> Iterator[tuple[Service, str]]:
    """Each with its service as it is when the member is drawn."""
    for service in after.services.values():
        known = before.services[service.name].members
        for number, machine in enumerate(service.members):
            if machine not in known:
                yield replace(service, members=service.members[: number + 1]), machine


def arrows(text: str, found: Outline, after: Design, kinds: Kinds) -> str:
    """Those that the design has and the drawing lacks."""
    lines = Lines.of(text)
    for service in after.services.values():
        for link in service.links:
            target = after.services.get(link.to)
            if target is None or not drawn_whole(found, service, target):
                continue
            drawn = found.links.get((service.name, link.to), set())
            for machine in service.members:
                wanted = link.targets(machine, target.members)
                if kinds[target.kind].replicated:
                    wanted = () if any(s == machine for s, _ in drawn) else wanted[:1]
                missing = [m for m in wanted if (machine, m) not in drawn]
                if missing:
                    join(lines, found, service, machine, target, missing)
    return lines.text()


def drawn_whole(found: Outline, *services: Service) -> bool:
    """Not what a `%% colonnade:` line says alone."""
    return all((s.name, m) in found.nodes for s in services for m in s.members)


def join(
    lines: Lines, found: Outline, service: Service, machine: str, target: Service, missing: list[str]
) -> None:
    """`& app2` at the end of an arrow that leads there already, else an arrow of its own."""
    source = found.nodes[service.name, machine]
    ids = [found.nodes[target.name, m] for m in missing]
    known = {found.nodes[target.name, m] for m in target.members if (target.name, m) in found.nodes}
    mention = next(leading(found, source, known), None)
    if mention:
        lines.insert(mention.end, "".join(f" & {id_}" for id_ in ids))
    else:
        add_at_end(lines, found, f"{source} --> {' & '.join(ids)}")


def leading(found: Outline, source: str, targets: set[str]) -> Iterator[Mention]:
    """The last node at the other end of an arrow from `source` alone to one of `targets`."""
    for statement in found.statements:
        if statement.sort != FLOW or statement.inside is not None:
            continue
        for one, other in zip(statement.sides, statement.sides[1:], strict=False):
            for here, there in ((one, other), (other, one)):
                if [m.id for m in here] == [source] and {m.id for m in there} <= targets:
                    yield there[-1]


def uplinks(text: str, found: Outline, after: Design) -> str:
    """Between users and doors, each line to the Internet as a node."""
    lines = Lines.of(text)
    new = [name for name in after.uplinks if name not in found.uplinks]
    ids = {name: uplink_id(found, name) for name in new}
    shapes = [f"{ids[name]}([Uplink {name.upper()}])" for name in new]
    if found.uplinks:
        beside_uplinks(lines, found, shapes, list(ids.values()))
        return lines.text()
    for side in arriving(lines, found):
        lines.insert(side[0].start, f"{' & '.join(shapes)} --> ")
        shapes = list(ids.values())
    if shapes != list(ids.values()):
        doors = [found.nodes[s.name, m] for s in after.doors if drawn_whole(found, s) for m in s.members]
        if not doors:
            raise Unusual("uplinks")
        add_at_end(lines, found, f"{' & '.join(shapes)} --> {' & '.join(doors)}")
    return lines.text()


def uplink_id(found: Outline, name: str) -> str:
    capital = any(id_[:1].isupper() for id_ in found.drawing.nodes)
    wanted = f"Uplink_{name.upper()}" if capital else f"uplink_{name}"
    while wanted in found.used:
        wanted += "_"
    return wanted


def beside_uplinks(lines: Lines, found: Outline, shapes: list[str], ids: list[str]) -> None:
    last = list(found.uplinks.values())[-1]
    for statement in found.statements:
        for side in statement.sides if statement.arrows else ():
            for mention in (m for m in side if m.id == last):
                lines.insert(mention.end, "".join(f" & {new}" for new in shapes))
                shapes = ids


def arriving(lines: Lines, found: Outline) -> Iterator[tuple[Mention, ...]]:
    """What stands at the end of each arrow on which users come, unless it is written backwards."""
    for statement in found.statements:
        for number, arrow in enumerate(statement.arrows):
            if arrow in found.arrivals and lines.line(arrow.line)[arrow.column - 1] != "<":
                yield statement.sides[number + 1]


def numbers(text: str, first: Outline, now: Outline) -> str:
    """`linkStyle` counts arrows, so its numbers move when new ones come before them."""
    if "linkStyle" not in text:
        return text
    moved = {}
    at = 0
    edges = [key(edge) for edge in now.drawing.edges]
    for old, edge in enumerate(first.drawing.edges):
        if key(edge) in edges[at:]:
            at = edges.index(key(edge), at)
        moved[old] = at
        at += 1
    lines = Lines.of(text)
    for statement in now.statements:
        found = re.match(r"linkStyle\s+([\d,\s]*\d)", statement.text) if statement.sort == OTHER else None
        if found:
            changed = re.sub(r"\d+", lambda m: str(moved.get(int(m.group()), m.group())), found[1])
            at_number = Position(statement.start.line, statement.start.column + found.start(1))
            lines.replace(at_number, len(found[1]), changed)
    return lines.text()


def key(edge: Edge) -> tuple[str, str, str]:
    return edge.source, edge.target, edge.label


def directives(text: str, found: Outline, before: Design, after: Design) -> str:
    """What a `%% colonnade:` line says of a service that changed."""
    lines = Lines.of(text)
    old, new = document(before), document(after)
    for comment in found.drawing.comments:
        said = MARK.match(comment.text)
        parts = json.loads(said[1]) if said else {}
        services = parts.get("services") or {}
        for name, entry in services.items():
            if entry and old["services"][name] != new["services"][name]:
                services[name] = entry | {
                    k: new["services"][name].get(k) for k in ("machines", "to") if k in entry
                }
        if "uplinks" in parts:
            parts["uplinks"] = list(after.uplinks)
        if said and parts != json.loads(said[1]):
            line = comment.position.line
            whole = lines.line(line)
            start = whole.index(said[1])
            lines.replace(Position(line, start + 1), len(said[1]), json.dumps(parts, ensure_ascii=False))
    return lines.text()
