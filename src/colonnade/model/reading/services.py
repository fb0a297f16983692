"""Which members form one service, in which order, and under which name. Asked by `read`.

Members of one kind are one service, unless they are drawn in subgraphs of their own or one asks another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from colonnade.model.mermaid.ast import Group
from colonnade.model.names import stem, telling, unique
from colonnade.model.reading.arrows import Arrow, peers
from colonnade.model.reading.machines import LOCATION, is_machine, label_name, node_name, short, titles
from colonnade.model.reading.senses import Sense, Sketch
from colonnade.model.reading.vocabulary import MEMBER
from colonnade.model.reading.words import PRIMARY, REPLICA


@dataclass(frozen=True)
class Tier:
    """A service as drawn: its members in order, of a replicated kind the primary first."""

    name: str
    kind: str
    members: tuple[Sense, ...]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(m.node.id for m in self.members)


def tiers(sketch: Sketch, asks: tuple[Arrow, ...]) -> list[Tier]:
    parts: dict[tuple[str, str, int], list[Sense]] = {}
    groups = {sense.node.id: group_of(sketch, sense) for sense in sketch.members()}
    depth = depths(sketch, asks, groups)
    for sense in sketch.members():
        group = groups[sense.node.id]
        parts.setdefault((sense.value, group.id if group else "", depth[sense.node.id]), []).append(sense)
    sets = [
        (members, groups[members[0].node.id]) for members in replicate(sketch, list(parts.values()), asks)
    ]
    made: list[Tier] = []
    used: set[str] = set()
    shortest = Counter(common(members) for members, _ in sets)
    for members, group in sets:
        kind = sketch.kinds[members[0].value]
        ordered = order(sketch, members, asks) if kind.replicated else members
        shared = (
            group if group and {m.node.id for m in members} <= set(sketch.drawing.inside(group.id)) else None
        )
        alike = common(members)
        if len(members) == 1 and shortest[alike] > 1:
            alike = node_name(members[0])
        name = unique((service_name(shared) if shared else "") or alike or kind.name, used)
        used.add(name)
        made.append(Tier(name, kind.name, tuple(ordered)))
    return made


def service_name(group: Group) -> str:
    return (telling(group.id) if group.named else "") or short(group.title)


def common(members: list[Sense]) -> str:
    """What their names share at the start, or at the end: `primary-db`, `replica-db` -> `db`.

    One alone is called as it would be with a second beside it, so that a service keeps its name when it
    grows.
    """
    for written in ([node_name(m) for m in members], [label_name(m.node) for m in members]):
        if not all(written):
            continue
        names = written if len(written) > 1 else [without_role(written[0])]
        if telling(stem(names)):
            return stem(names)
        words = [[w for w in n.split("-") if not w.isdigit()] for n in names]
        if all(w and w[-1] == words[0][-1] for w in words) and telling(words[0][-1]):
            return words[0][-1]
    return ""


def without_role(name: str) -> str:
    words = [w for w in name.split("-") if not PRIMARY.fullmatch(w) and not REPLICA.fullmatch(w)]
    return "-".join(words) or name


def group_of(sketch: Sketch, sense: Sense) -> Group | None:
    """The subgraph that is this member's tier: the nearest that is no machine and no place, and holds one
    kind only.
    """
    for group in sketch.drawing.around(sense.node.id):
        if is_machine(sketch, group):
            continue
        kinds = {
            s.value
            for i in sketch.drawing.inside(group.id)
            if (s := sketch.senses.get(i)) and s.sort == MEMBER
        }
        if len(kinds) == 1 and not any(LOCATION.search(t) for t in titles(group)):
            return group
    return None


def depths(sketch: Sketch, asks: tuple[Arrow, ...], groups: dict[str, Group | None]) -> dict[str, int]:
    """How many of its own kind stand before a member on the way of a request: what is asked by its like plays
    another part.
    """
    leads: dict[str, set[str]] = {}
    for arrow in asks:
        same = sketch.senses[arrow.source].value == sketch.senses[arrow.target].value
        if sketch.senses[arrow.target].sort == MEMBER and not (same and peers(arrow)):
            leads.setdefault(arrow.source, set()).add(arrow.target)
    loose = [
        s for s in sketch.members() if groups[s.node.id] is None and not sketch.kinds[s.value].replicated
    ]
    reached = {s.node.id: reach(leads, s.node.id) for s in loose}
    depth: dict[str, int] = {s.node.id: 0 for s in sketch.members()}
    for sense in sorted(loose, key=lambda s: -len(reached[s.node.id])):
        before = [
            depth[o.node.id]
            for o in loose
            if o.value == sense.value and one_way(reached, o.node.id, sense.node.id)
        ]
        depth[sense.node.id] = max(before, default=-1) + 1
    return depth


def one_way(reached: dict[str, set[str]], source: str, target: str) -> bool:
    return target in reached[source] and source not in reached[target]


def reach(leads: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        for target in leads.get(pending.pop(), ()):
            if target not in found:
                found.add(target)
                pending.append(target)
    return found


def replicate(sketch: Sketch, parts: list[list[Sense]], asks: tuple[Arrow, ...]) -> list[list[Sense]]:
    """Parts of a replicated kind that belong together become one; databases that have nothing in common
    become several.
    """
    whole: list[list[Sense]] = []
    for part in parts:
        if not sketch.kinds[part[0].value].replicated:
            whole.append(part)
            continue
        for stranger in strangers(part, asks):
            piece = stranger
            ids = {s.node.id for s in piece}
            kin = [w for w in whole if w[0].value == piece[0].value and belongs(w, piece, ids, asks)]
            for one in kin:
                whole.remove(one)
                piece = [*one, *piece]
            whole.append(piece)
    return whole


def belongs(one: list[Sense], other: list[Sense], ids: set[str], asks: tuple[Arrow, ...]) -> bool:
    mine = {s.node.id for s in one}
    if any((a.source in mine and a.target in ids) or (a.target in mine and a.source in ids) for a in asks):
        return True
    roles = [{s.role for s in part} for part in (one, other)]
    return any(a == {"replica"} and "primary" in b for a, b in (roles, reversed(roles)))


def strangers(part: list[Sense], asks: tuple[Arrow, ...]) -> list[list[Sense]]:
    """Members without a role, an arrow between them or a common name are databases of their own."""
    ids = {s.node.id for s in part}
    tied = any(a.source in ids and a.target in ids for a in asks)
    if len(part) == 1 or tied or any(s.role for s in part) or telling(stem([node_name(s) for s in part])):
        return [part]
    return [[s] for s in part]


def order(sketch: Sketch, members: list[Sense], asks: tuple[Arrow, ...]) -> list[Sense]:
    """The primary first: said on it, else where the arrow between them starts, else the first drawn that is
    no replica.
    """
    ids = {m.node.id for m in members}
    primaries = [m for m in members if m.role == "primary"]
    if len(primaries) > 1:
        sketch.problems.add(
            primaries[1].node.position,
            f"'{primaries[1].shown}' is a second primary beside '{primaries[0].shown}'",
            "one database takes the writes: call the others replicas",
        )
    between = [a for a in asks if a.source in ids and a.target in ids and a.directed]
    sources = {a.source for a in between} - {a.target for a in between}
    first = next(iter(primaries), None) or next(
        (m for m in members if m.node.id in sources and m.role != "replica"), None
    )
    first = first or next((m for m in members if m.role != "replica"), members[0])
    if len(members) > 1 and not primaries:
        sketch.say(first.node.position, first.shown, "the primary, for nothing else is said to be it")
    return [first, *(m for m in members if m is not first)]
