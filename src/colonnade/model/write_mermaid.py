"""A `Design` as a Mermaid diagram that a person would draw. Asked by `diagram` and `init`.

What a drawing can't say (settings, names, machines that services share) follows in `%% colonnade:` lines,
only as far as reading
the drawing back gives something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from colonnade.errors import DesignError
from colonnade.model.design import UPLINKS, Design, Link, Service
from colonnade.model.kinds import Kinds
from colonnade.model.names import stem
from colonnade.model.reading import read
from colonnade.model.write_yaml import document

NOTHING: Mapping[str, str] = MappingProxyType({})
SHAPES = {"rect": ("[", "]"), "cylinder": ("[(", ")]"), "hexagon": ("{{", "}}"), "rounded": ("(", ")")}
RESERVED = frozenset(
    {
        "end",
        "graph",
        "flowchart",
        "flowchart-elk",
        "subgraph",
        "style",
        "class",
        "linkstyle",
        "click",
        "default",
        "direction",
        "call",
        "href",
        "v",
        "interpolate",
    }
)
STEP = "    "
SECTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "site": "",
        "uplinks": list(UPLINKS),
        "witnesses": [],
        "machines": {},
        "external": {},
        "facts": [],
        "silence": [],
        "assumptions": {},
    }
)


def to_mermaid(
    design: Design, kinds: Kinds, marks: Mapping[str, str] = NOTHING, classes: Mapping[str, str] = NOTHING
) -> str:
    """`marks`: a class for a machine (`web1`) or a member (`web@web1`); `classes`: the style of each, as in
    `classDef`.
    """
    drawing = "\n".join(Pencil(drawn(design, kinds), kinds, marks, classes).lines()) + "\n"
    for directives in (missing(drawing, design, kinds), [{"complete": True, **document(design)}]):
        text = drawing + "".join(f"{STEP}%% colonnade: {dump(d)}\n" for d in directives)
        if again(text, kinds) == design:
            return text
    raise AssertionError(f"a drawing of {design.site} can't be read back")


def drawn(design: Design, kinds: Kinds) -> Design:
    """Without the services that no one draws, which directives say."""
    return replace(design, services={n: s for n, s in design.services.items() if kinds[s.kind].drawn})


def dump(value: Any) -> str:
    """JSON that can stand in a comment inside a fence."""
    return json.dumps(value).replace("%", "\\u0025").replace("`", "\\u0060")


def again(text: str, kinds: Kinds) -> Design | None:
    try:
        return read.read(text, "diagram.mmd", kinds, markdown=False)
    except DesignError:
        return None


def missing(drawing: str, design: Design, kinds: Kinds) -> list[dict[str, Any]]:
    """What a reader of the drawing alone gets wrong, a service at a time."""
    wanted = document(design)
    found = read.undirected(drawing, "diagram.mmd", kinds)
    if found is None:
        return []
    directives: list[dict[str, Any]] = [
        {key: wanted.get(key) or empty}
        for key, empty in SECTIONS.items()
        if (wanted.get(key) or empty) != (found.get(key) or empty)
    ]
    services = found["services"]
    for name, entry in wanted["services"].items():
        said = explicit(entry, name, design)
        if said != services.get(name):
            directives.append({"services": {name: said}})
    gone = {name: None for name in services if name not in wanted["services"]}
    return [*directives, *([{"services": gone}] if gone else [])]


def explicit(entry: dict[str, Any], name: str, design: Design) -> dict[str, Any]:
    """A drawing with users on it says of every service whether they arrive there."""
    said = {key: entry[key] for key in ("kind", "machines", "to") if key in entry} | {
        "public": design.services[name].public
    }
    return said | design.services[name].settings.model_dump(mode="json", exclude_defaults=True)


@dataclass
class Pencil:
    design: Design
    kinds: Kinds
    marks: Mapping[str, str]
    classes: Mapping[str, str]
    ids: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        self.choose_ids()
        yield from ("---", f"title: {self.design.site}", "---", "flowchart TD")
        yield f"{STEP}{self.ids['user']}([Users]) -->|{self.design.site}| {self.ids['dns']}([DNS])"
        yield from self.arrivals()
        for service in self.design.services.values():
            if not self.shares(service):
                yield from self.tier(service)
        for machine in self.design.machines:
            if services := [s for s in self.design.on(machine) if self.shares(s)]:
                yield from self.machine(machine, services)
        for external in self.design.externals.values():
            yield f'{STEP}{self.ids[f"external {external.name}"]}[["{quoted(external.what)}"]]'
        for service in self.design.services.values():
            yield from self.arrows(service)
        yield from (f"{STEP}classDef {name} {style}" for name, style in self.classes.items())

    def arrivals(self) -> Iterator[str]:
        """A line of its own is drawn for each uplink only where there are several."""
        user, lines = self.ids["user"], [self.ids[f"uplink {name}"] for name in self.uplinks]
        for number, service in enumerate(self.design.doors):
            if not lines:
                yield f"{STEP}{user} -->|HTTPS| {self.end(service)}"
                continue
            drawn = [f"{i}([Uplink {n}])" for i, n in zip(lines, self.uplinks, strict=True)]
            between = " & ".join(lines if number else drawn)
            yield f"{STEP}{user} -->|HTTPS| {between} --> {self.end(service)}"

    @property
    def uplinks(self) -> tuple[str, ...]:
        return self.design.uplinks if self.design.uplinks != UPLINKS else ()

    # ids

    def choose_ids(self) -> None:
        for service in self.design.services.values():
            alone = len(service.members) == 1
            if not self.own_node(service):
                self.take(f"tier {service.name}", service.name)
            for number, machine in enumerate(service.members, 1):
                self.take(
                    f"{service.name}@{machine}",
                    (service.name if alone else f"{service.name}{number}")
                    if self.shares(service)
                    else machine,
                )
        for machine in self.design.machines:
            self.take(f"machine {machine}", machine)
        for external in self.design.externals:
            self.take(f"external {external}", external)
        for name in self.uplinks:
            self.take(f"uplink {name}", f"uplink_{name}")
        self.take("user", "user")
        self.take("dns", "dns")

    def take(self, key: str, name: str) -> None:
        wanted = name.replace("--", "_")
        used = set(self.ids.values())
        number = 0
        candidate = f"{wanted}_1" if wanted in RESERVED else wanted
        while candidate in used:
            number += 1
            candidate = f"{wanted}_{number}"
        self.ids[key] = candidate

    def shares(self, service: Service) -> bool:
        """Whether it has a machine together with another service, so that it is drawn inside machines."""
        return any(len(self.design.on(machine)) > 1 for machine in service.members)

    def own_node(self, service: Service) -> bool:
        """A tier of one that is named after its machine needs no subgraph."""
        alone = len(service.members) == 1 and service.name in {*service.members, stem([*service.members])}
        return self.shares(service) or alone

    def end(self, service: Service) -> str:
        if self.own_node(service):
            return " & ".join(self.ids[f"{service.name}@{m}"] for m in service.members)
        return self.ids[f"tier {service.name}"]

    # things

    def tier(self, service: Service) -> Iterator[str]:
        if self.own_node(service):
            yield from (f"{STEP}{self.node(service, machine)}" for machine in service.members)
            return
        yield f'{STEP}subgraph {self.ids[f"tier {service.name}"]} ["{service.name} tier"]'
        yield from (f"{STEP * 2}{self.node(service, machine)}" for machine in service.members)
        yield f"{STEP}end"

    def machine(self, name: str, services: list[Service]) -> Iterator[str]:
        title = name if "server" in name else f"Server {name}"
        yield f'{STEP}subgraph {self.ids[f"machine {name}"]} ["{title}"]'
        yield from (f"{STEP * 2}{self.node(service, name)}" for service in services)
        yield f"{STEP}end"

    def node(self, service: Service, machine: str) -> str:
        kind = self.kinds[service.kind]
        opening, closing = SHAPES.get(kind.shape, SHAPES["rect"])
        role = ""
        if kind.replicated and len(service.members) > 1:
            role = ", primary" if machine == service.members[0] else ", replica"
        mark = self.marks.get(f"{service.name}@{machine}") or self.marks.get(machine)
        label = quoted(kind.title[:1].upper() + kind.title[1:] + role)
        return f'{self.ids[f"{service.name}@{machine}"]}{opening}"{label}<br/>{machine}"{closing}' + (
            f":::{mark}" if mark else ""
        )

    def arrows(self, service: Service) -> Iterator[str]:
        if self.kinds[service.kind].replicated and len(service.members) > 1:
            primary, *replicas = (self.ids[f"{service.name}@{m}"] for m in service.members)
            yield f"{STEP}{primary} -.->|replication| {' & '.join(replicas)}"
        for link in service.links:
            yield from self.link(service, link)

    def link(self, service: Service, link: Link) -> Iterator[str]:
        if link.to in self.design.externals:
            yield f"{STEP}{self.end(service)} --> {self.ids[f'external {link.to}']}"
            return
        target = self.design.services[link.to]
        if not link.pairs:
            yield f"{STEP}{self.end(service)} --> {self.end(target)}"
        for source in service.members if link.pairs else ():
            if reached := link.targets(source, target.members):
                ends = " & ".join(self.ids[f"{target.name}@{machine}"] for machine in reached)
                yield f"{STEP}{self.ids[f'{service.name}@{source}']} --> {ends}"


def quoted(text: str) -> str:
    """Text that can stand in a quoted label."""
    return (
        " ".join(text.split())
        .replace("#", "#35;")
        .replace("&", "#38;")
        .replace('"', "#34;")
        .replace("<", "#60;")
        .replace(">", "#62;")
        .replace("`", "#96;")
        .replace("\\", "#92;")
    )
