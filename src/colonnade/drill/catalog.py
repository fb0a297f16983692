"""Which drills has a design? One for each thing that may break, found by what a kind is, not by its name.

The list is the same for a good design and a bad one: where there is one web server, the drill that takes it
away says what users would see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from colonnade.drill import hypotheses
from colonnade.drill.action import Action, Deed
from colonnade.drill.catalog_elections import elections
from colonnade.drill.drill import Drill
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind, Kinds
from colonnade.model.voters import with_voters

EDGE, WEB, APP, DATABASE, RELEASE, SITE = "edge", "web", "app", "database", "release", "site"
APP_TIER = 2
INSIDE = "inside"
KILL_WATCH, FREEZE_WATCH, LINE_WATCH, PROCESS_WATCH = 5.0, 7.0, 8.0, 4.0
LOSS_PERCENT = 10
STORM = 10


@dataclass(frozen=True)
class Place:
    """A drawn member: `part` says what it is on the way of a request."""

    part: str
    service: Service
    kind: Kind
    machine: str


def drills(drawn: Design, kinds: Kinds) -> tuple[Drill, ...]:
    """In the order of a request's way."""
    design = with_voters(drawn, kinds)
    places = tuple(_places(design, kinds))
    found = [
        *_edges(places),
        *_uplinks(design),
        *_servers(places),
        *_odd_ways(places),
        *elections(design, kinds),
        *_releases(places),
        *_maintenance(places),
    ]
    return tuple({drill.name: drill for drill in found}.values())


def _places(design: Design, kinds: Kinds) -> Iterator[Place]:
    drawn = [s for s in design.services.values() if kinds[s.kind].drawn]
    for service in sorted(drawn, key=lambda s: (not s.public, kinds[s.kind].tier)):
        kind = kinds[service.kind]
        for machine in service.members:
            yield Place(part_of(service, kind), service, kind, machine)


def part_of(service: Service, kind: Kind) -> str:
    if service.public:
        return EDGE
    if kind.replicated:
        return DATABASE
    return APP if kind.tier >= APP_TIER else WEB


def _edges(places: Iterable[Place]) -> Iterator[Drill]:
    doors = [place for place in places if place.part == EDGE]
    for machine in _machines(doors):
        yield Drill(
            name=f"edge-machine-killed/{machine}",
            part=EDGE,
            claim=f"When {machine} loses its power, its addresses answer again within half a second, "
            "and no other address notices.",
            hypothesis=hypotheses.EDGE_MACHINE,
            faults=(Action(Deed.KILL, machine),),
            watch=KILL_WATCH,
            holder=machine,
        )
    for place in doors:
        yield Drill(
            name=f"{place.service.kind}-killed/{place.machine}",
            part=EDGE,
            claim=f"When the {place.kind.title} on {place.machine} is killed, its addresses answer again "
            "within a second.",
            hypothesis=hypotheses.EDGE_PROCESS,
            faults=(Action(Deed.KILL_PROCESS, place.machine, place.service.name),),
            watch=PROCESS_WATCH,
            holder=place.machine,
        )


def _uplinks(design: Design) -> Iterator[Drill]:
    for uplink in design.uplinks:
        yield Drill(
            name=f"uplink-cut/{uplink}",
            part=EDGE,
            claim=f"When the line {uplink} is cut, whoever asks for the site by name reaches it over "
            "another, after at most one connect timeout.",
            hypothesis=hypotheses.UPLINK,
            faults=(Action(Deed.CUT_UPLINK, of=uplink),),
            watch=LINE_WATCH,
            uplink=uplink,
        )


def _servers(places: Iterable[Place]) -> Iterator[Drill]:
    """Machines behind the door; one that is several things is drilled as the first of them."""
    for place in _first_by_machine(places):
        if place.part not in {WEB, APP}:
            continue
        for word, lost, deed, watch in (
            ("killed", "loses its power", Deed.KILL, KILL_WATCH),
            ("frozen", "hangs", Deed.FREEZE, FREEZE_WATCH),
        ):
            yield Drill(
                name=f"{place.part}-{word}/{place.machine}",
                part=place.part,
                claim=f"When {place.machine} {lost}, no read fails and none takes longer than two seconds.",
                hypothesis=hypotheses.BEHIND_THE_DOOR,
                faults=(Action(deed, place.machine),),
                watch=watch,
            )


def _odd_ways(places: Iterable[Place]) -> Iterator[Drill]:
    """Failures that are neither here nor gone: on the first machine of each part behind the door."""
    seen = set[str]()
    for place in _first_by_machine(places):
        if place.part in {WEB, APP} and place.part not in seen:
            seen.add(place.part)
            yield from _odd(place)


def _odd(place: Place) -> Iterator[Drill]:
    machine, part = place.machine, place.part
    one_way = Action(Deed.CUT, machine, INSIDE, way="in")
    for word, what, action, watch in (
        ("deaf", "sends but receives nothing", one_way, FREEZE_WATCH),
        ("lossy", f"loses {LOSS_PERCENT} % of its packets", _loss(machine), FREEZE_WATCH),
        ("slow", "has a very slow line", Action(Deed.SLOW, machine, INSIDE), FREEZE_WATCH),
        ("disk-full", "has no space left on its disk", Action(Deed.FILL, machine), PROCESS_WATCH),
    ):
        whole = word == "disk-full"
        yield Drill(
            name=f"{part}-{word}/{machine}",
            part=part,
            claim=f"When {machine} {what}, {'no request fails' if whole else 'no read fails'}.",
            hypothesis=hypotheses.NO_ONE_NOTICES if whole else hypotheses.SLOWED,
            faults=(action,),
            watch=watch,
        )


def _loss(machine: str) -> Action:
    return Action(Deed.LOSS, machine, INSIDE, percent=LOSS_PERCENT)


def _releases(places: tuple[Place, ...]) -> Iterator[Drill]:
    served = [place for place in places if place.part != DATABASE]
    for place in served:
        yield Drill(
            name=f"{place.service.kind}-config-broken/{place.machine}",
            part=RELEASE,
            claim=f"When {place.machine} is handed a configuration for its {place.kind.title} that can't be "
            "read, what runs there runs on.",
            hypothesis=hypotheses.NO_ONE_NOTICES,
            faults=(Action(Deed.BREAK_CONFIG, place.machine, place.service.name),),
            watch=PROCESS_WATCH,
        )
    for name, claim, times in (
        ("rolling-reload", "When every server is reloaded, one after the other, no one notices.", 1),
        ("reload-storm", f"When every server is reloaded {STORM} times over, no one notices.", STORM),
    ):
        faults = tuple(Action(Deed.RELOAD, p.machine, p.service.name, times=times) for p in served)
        yield Drill(name, RELEASE, claim, hypotheses.NO_ONE_NOTICES, faults, PROCESS_WATCH)


def _maintenance(places: tuple[Place, ...]) -> Iterator[Drill]:
    held = {p.machine for p in places if _can_not_go(p)}
    for place in _first_by_machine(places):
        if place.machine in held:
            continue
        yield Drill(
            name=f"maintenance/{place.machine}",
            part=place.part,
            claim=f"When {place.machine} is taken out for maintenance and put back, no one notices.",
            hypothesis=hypotheses.NO_ONE_NOTICES,
            faults=(Action(Deed.MAINTAIN, place.machine),),
            watch=PROCESS_WATCH,
        )


def _elects(service: Service) -> bool:
    return any(link.consults for link in service.links)


def _can_not_go(place: Place) -> bool:
    """A primary that no other member stands in for."""
    return place.kind.replicated and not _elects(place.service) and place.machine == place.service.members[0]


def _first_by_machine(places: Iterable[Place]) -> Iterator[Place]:
    seen = set[str]()
    for place in places:
        if place.machine not in seen:
            seen.add(place.machine)
            yield place


def _machines(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.machine for place in places))
