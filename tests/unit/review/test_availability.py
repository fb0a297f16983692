"""Expected availability is right: against every case there is, against many samples, and by hand."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from colonnade import catalog
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import Kinds, NoSettings
from colonnade.model.load import load
from colonnade.model.voters import with_voters
from colonnade.review import frontier
from colonnade.review.availability import DEFAULTS, Availability, assumed, availability
from colonnade.review.cuts import cut_sets
from colonnade.review.events import Class
from colonnade.review.journeys import VISITS, Journey, journeys
from tests.contract.sources import CHECKOUT
from tests.unit.model.kinds import KINDS
from tests.unit.model.test_round_trip import VALID
from tests.unit.review.oracle import Thing, samples, things

SOME = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
ROOMS = catalog.load().kinds
OFTEN = {
    "machine": (9.0, 1.0),
    "member": (4.0, 1.0),
    "uplink": (7.0, 1.0),
    "link": (5.0, 1.0),
    "external": (6.0, 1.0),
}
"""So bad that mistakes show."""
SAMPLES = 100_000


def figure(design: Design, kinds: Kinds, journey: Journey) -> Availability:
    found = journeys(design, kinds)
    root = found.roots[journey]
    return availability(found.structure, root, cut_sets(found.structure, root), assumed(design))


def chance(thing: Thing) -> float:
    mtbf, mttr = OFTEN[thing[0]]
    return mttr / (mtbf + mttr)


def of_every_case(design: Design, kinds: Kinds, journey: str) -> float:
    """The chances of all cases in which the journey works."""
    every = things(design)
    cases = 1 << len(every)
    up = {t: sum(1 << c for c in range(cases) if not c >> i & 1) for i, t in enumerate(every)}
    good = samples(design, kinds, journey, up, (1 << cases) - 1)
    return math.fsum(
        math.prod(chance(t) if c >> i & 1 else 1 - chance(t) for i, t in enumerate(every))
        for c in range(cases)
        if good >> c & 1
    )


@SOME
@given(VALID)
def test_as_every_case_counted(design: Design) -> None:
    assume(design.doors and len(things(design)) <= 10)
    often = replace(design, assumptions=OFTEN)
    for journey in VISITS:
        found = figure(often, KINDS, journey)
        assert found.exact
        assert found.value == pytest.approx(of_every_case(often, KINDS, journey.value), abs=1e-12)


def designs() -> list[Design]:
    paths = [*(CHECKOUT / "examples").glob("*.md"), *(CHECKOUT / "examples").glob("*.yaml")]
    return [*(load(path, ROOMS) for path in sorted(paths)), crossed(6), ring(5)]


def crossed(count: int) -> Design:
    """Every machine has a web server and an app server, and each web server asks that of the next machine."""
    names = tuple(f"m{i}" for i in range(count))
    pairs = tuple((name, names[(i + 1) % count]) for i, name in enumerate(names))
    return two_tiers(names, names, pairs)


def ring(count: int) -> Design:
    """Each web server may ask two app servers, and each of those is asked by two."""
    webs, apps = tuple(f"w{i}" for i in range(count)), tuple(f"a{i}" for i in range(count))
    pairs = tuple((web, apps[(i + step) % count]) for i, web in enumerate(webs) for step in (0, 1))
    return two_tiers(webs, apps, pairs)


def two_tiers(webs: tuple[str, ...], apps: tuple[str, ...], pairs: tuple[tuple[str, str], ...]) -> Design:
    services = {
        "web": Service("web", "nginx", webs, NoSettings(), (Link("app", pairs),), public=True),
        "app": Service("app", "app", apps, NoSettings()),
    }
    return Design("www.example.com", services, {m: Machine(m) for m in (*webs, *apps)})


def test_as_a_hundred_thousand_samples() -> None:
    """Monte Carlo: within four standard errors of the share of samples in which the journey works."""
    luck = random.Random(3)
    for design in designs():
        often = with_voters(replace(design, assumptions=OFTEN), ROOMS)
        up = {thing: drawn(luck, 1 - chance(thing)) for thing in things(often)}
        for journey in VISITS:
            good = samples(often, ROOMS, journey.value, up, (1 << SAMPLES) - 1).bit_count() / SAMPLES
            found = figure(often, ROOMS, journey)
            assert found.exact
            assert abs(found.value - good) < 4 * math.sqrt(good * (1 - good) / SAMPLES), often.site


def drawn(luck: random.Random, share: float) -> int:
    """An integer whose bits are each 1 with this chance, by the binary digits of the chance from the last."""
    bits = 0
    for place in range(40, 0, -1):
        coin = luck.getrandbits(SAMPLES)
        bits = bits | coin if int(share * (1 << place)) & 1 else bits & coin
    return bits


@SOME
@given(VALID)
def test_what_an_event_costs_is_what_is_won_without_it(design: Design) -> None:
    assume(design.doors)
    often = replace(design, assumptions=OFTEN)
    found = journeys(often, KINDS)
    root = found.roots[Journey.READ]
    cuts, assumptions = cut_sets(found.structure, root), assumed(often)
    before = availability(found.structure, root, cuts, assumptions)
    lines = sum(c.hours for c in before.costs if c.event.kind is Class.UPLINK)
    never = {**assumptions, Class.UPLINK: replace(assumptions[Class.UPLINK], mttr=0.0)}
    after = availability(found.structure, root, cuts, never)
    if len(often.uplinks) == 1:
        assert before.hours_down - after.hours_down == pytest.approx(lines, abs=1e-6)


def test_a_second_one_beside_a_single_point_wins_what_is_said() -> None:
    one = replace(two_tiers(("w1",), ("a1", "a2"), ()), assumptions=OFTEN)
    before = figure(one, KINDS, Journey.READ)
    points = [c.event for c in before.costs if "w1" in c.event.machines]
    doubled = replace(
        one,
        services={**one.services, "web": replace(one.services["web"], members=("w1", "w2"))},
        machines={**one.machines, "w2": Machine("w2")},
    )
    after = figure(doubled, KINDS, Journey.READ)
    said = before.doubled(points, assumed(one))
    assert before.hours_down - after.hours_down == pytest.approx(said)


def test_assumptions_are_the_designs_own_where_it_has_some() -> None:
    design = replace(two_tiers(("w1",), ("a1",), ()), assumptions={"machine": (99.0, 1.0)})
    assert assumed(design)[Class.MACHINE].down == pytest.approx(0.01)
    assert assumed(design)[Class.UPLINK] == DEFAULTS[Class.UPLINK]


def test_by_hand() -> None:
    design = replace(two_tiers(("w1",), ("a1",), ()), assumptions=OFTEN)
    assert figure(design, KINDS, Journey.READ).value == pytest.approx((7 / 8) * (9 / 10 * 4 / 5) ** 2)


def test_where_the_frontier_is_too_wide_the_figure_is_a_little_too_good_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    design = ring(4)
    right = figure(design, KINDS, Journey.READ)
    monkeypatch.setattr(frontier, "LIMIT", 3)
    about = figure(design, KINDS, Journey.READ)
    assert right.exact
    assert not about.exact
    assert about.value >= right.value
    assert about.value == pytest.approx(right.value, abs=1e-6)


def test_the_designs_are_there() -> None:
    assert len(designs()) >= 5
    assert Path(CHECKOUT / "examples").is_dir()
