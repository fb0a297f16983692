"""A `Design` as the text of a `site.yaml`. Asked by `init` and by whatever changes a design."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from colonnade.model.design import UPLINKS, Design, Link, Machine, Service


def to_yaml(design: Design) -> str:
    """One line for each service, machine, external and fact; what is left out is the default."""
    return "\n".join(lines(document(design))) + "\n"


def lines(written: dict[str, Any]) -> Iterator[str]:
    for section, value in written.items():
        if isinstance(value, dict):
            yield f"{section}:"
            yield from (f"  {inline({name: entry})[1:-1]}" for name, entry in value.items())
        elif isinstance(value, list) and not isinstance(value[0], str):
            yield f"{section}:"
            yield from (f"  - {inline(entry)}" for entry in value)
        else:
            yield inline({section: value})[1:-1]


def inline(value: Any) -> str:
    return yaml.safe_dump(
        value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    ).rstrip("\n")


def document(design: Design) -> dict[str, Any]:
    """The design as plain data of the shape of a site.yaml."""
    written: dict[str, Any] = {"site": design.site}
    if design.uplinks != UPLINKS:
        written["uplinks"] = list(design.uplinks)
    if design.witnesses:
        written["witnesses"] = list(design.witnesses)
    written["services"] = {s.name: service(design, s) for s in design.services.values()}
    machines = {m.name: said for m in design.machines.values() if (said := machine(m))}
    if machines:
        written["machines"] = machines
    if design.externals:
        written["external"] = {e.name: {"what": e.what} for e in design.externals.values()}
    if design.facts:
        written["facts"] = [
            {"kind": f.kind, "text": f.text, **({"about": list(f.about)} if f.about else {})}
            for f in design.facts
        ]
    return written | notes(design)


def notes(design: Design) -> dict[str, Any]:
    """What review is told."""
    written: dict[str, Any] = {}
    if design.silences:
        written["silence"] = [
            {"rule": s.rule, "reason": s.reason, "until": s.until.isoformat()} for s in design.silences
        ]
    if design.assumptions:
        written["assumptions"] = {
            name: {"mtbf": short(mtbf), "mttr": short(mttr)}
            for name, (mtbf, mttr) in design.assumptions.items()
        }
    return written


def short(hours: float) -> float:
    return int(hours) if hours.is_integer() else hours


def service(design: Design, one: Service) -> dict[str, Any]:
    """`public` is said only where the arrows don't: users arrive at a door that no service leads to."""
    said: dict[str, Any] = {"kind": one.kind, "machines": list(one.members)}
    if one.links:
        said["to"] = [link(each) for each in one.links]
    if one.public == bool(design.sources(one.name)):
        said["public"] = one.public
    return said | one.settings.model_dump(mode="json", exclude_unset=True)


def link(one: Link) -> str | dict[str, dict[str, list[str]]]:
    if not one.pairs:
        return one.to
    paired: dict[str, list[str]] = {}
    for source, target in one.pairs:
        paired.setdefault(source, []).append(target)
    return {one.to: paired}


def machine(one: Machine) -> dict[str, Any]:
    default = Machine(one.name)
    return {
        key: getattr(one, key)
        for key in ("address", "user", "port")
        if getattr(one, key) != getattr(default, key)
    }
