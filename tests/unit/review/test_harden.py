"""What `harden` makes of a design: nothing that harden could cure is left, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from colonnade import catalog
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kinds, no_voters
from colonnade.model.load import load, loads
from colonnade.model.review_notes import FAILURES
from colonnade.model.voters import with_voters
from colonnade.review.cuts import cut_sets
from colonnade.review.events import Class
from colonnade.review.harden import harden, hours_down
from colonnade.review.harden_fixes import FIXES
from colonnade.review.hardens import HARDENS
from colonnade.review.journeys import Journey, journeys
from colonnade.review.review import review
from colonnade.review.rule import Finding
from colonnade.review.severity import FixedBy
from tests.contract.sources import CHECKOUT
from tests.unit.model.kinds import KINDS
from tests.unit.model.test_round_trip import VALID

ROOMS = catalog.load().kinds
SEED = Path(__file__).parent / "designs" / "three-tiers.md"
FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
SITE = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [lb01], to: [web]}
  web: {kind: nginx, machines: [web-a, web-b], to: [{app: {web-a: [app], web-b: [app]}}]}
  app: {kind: app, machines: [app], to: [db]}
  db: {kind: mariadb, machines: [db-primary]}
"""


def site(text: str = SITE) -> Design:
    return loads(text, "site.yaml", ROOMS)


def members(design: Design) -> dict[str, tuple[str, ...]]:
    return {s.name: s.members for s in design.services.values()}


def test_there_is_a_cure_for_every_rule_that_harden_is_said_to_cure() -> None:
    assert set(FIXES) == HARDENS


def test_every_class_of_failure_can_be_assumed() -> None:
    assert {kind.value for kind in Class} == set(FAILURES)


def test_names_go_on_as_the_design_began_them() -> None:
    done = harden(site(), ROOMS)
    assert members(done.design) == {
        "edge": ("lb01", "lb02"),
        "web": ("web-a", "web-b"),
        "app": ("app", "app2"),
        "db": ("db-primary", "db-replica"),
    }
    assert done.machines_added == ("lb02", "app2", "db-replica")
    assert [c.rule for c in done.changes] == ["single-uplink", "single-door", "single-member", "no-replica"]


def test_a_new_member_is_reached_by_all_that_reached_the_others() -> None:
    done = harden(site(), ROOMS, {"single-member"})
    assert done.design.services["web"].links[0].pairs == ()


def test_pairs_are_opened_and_nothing_else() -> None:
    text = SITE.replace("machines: [app]", "machines: [a1, a2]").replace("web-a: [app]", "web-a: [a1]")
    before = site(text.replace("web-b: [app]", "web-b: [a2]"))
    done = harden(before, ROOMS, {"pairs-only"})
    assert [c.machines_added for c in done.changes] == [()]
    web = before.services["web"]
    opened = replace(web, links=(replace(web.links[0], pairs=()),))
    assert done.design == replace(before, services={**before.services, "web": opened})


def test_on_shared_machines_a_second_member_takes_one_that_is_there() -> None:
    three = """\
site: www.example.com
services:
  edge: {kind: haproxy, machines: [server1], to: [web]}
  web: {kind: nginx, machines: [server1, server2], to: [app]}
  app: {kind: app, machines: [server2, server3], to: [db]}
  db: {kind: mariadb, machines: [server3, server1]}
"""
    done = harden(site(three), ROOMS)
    assert done.machines_added == ()
    assert done.design.services["edge"].members == ("server1", "server2")


@pytest.mark.parametrize("rules", [HARDENS, frozenset({"shared-fate"})], ids=["all", "shared fate alone"])
def test_one_server_gets_one_like_it(rules: frozenset[str]) -> None:
    one = """\
site: www.example.com
services:
  web: {kind: nginx, machines: [server1], to: [app]}
  app: {kind: app, machines: [server1], to: [db]}
  db: {kind: mariadb, machines: [server1]}
"""
    done = harden(site(one), ROOMS, rules)
    assert done.machines_added == ("server2",)
    assert set(members(done.design).values()) == {("server1", "server2")}


def test_doors_that_lead_the_same_way_stand_in_for_each_other() -> None:
    two = SITE.replace("  web:", "  edge2: {kind: haproxy, machines: [lb9], to: [web]}\n  web:")
    assert "single-door" not in {c.rule for c in harden(site(two), ROOMS).changes}


def test_machines_that_exist_are_not_made_up() -> None:
    machines = "".join(
        f"  {m}: {{address: 192.0.2.{i}}}\n"
        for i, m in enumerate(["lb01", "web-a", "web-b", "app", "db-primary"], 1)
    )
    before = site(f"{SITE}machines:\n{machines}")
    done = harden(before, ROOMS)
    assert done.design == before
    assert [left.change.rule for left in done.left_out] == ["single-uplink", "single-door"]
    assert "needs an address" in done.left_out[1].reason


def test_the_budget_goes_to_what_buys_most() -> None:
    before = site()
    done = harden(before, ROOMS, max_machines=1)
    assert [c.rule for c in done.changes] == ["single-uplink", "single-door"]
    assert {left.change.rule for left in done.left_out} == {"no-replica", "single-member"}
    for rule in ("no-replica", "single-member"):
        other = harden(before, ROOMS, {"single-uplink", rule})
        assert hours_down(done.design, ROOMS) <= hours_down(other.design, ROOMS)


@pytest.mark.parametrize("budget", [3, 9])
def test_with_enough_budget_nothing_is_left_out(budget: int) -> None:
    done = harden(site(), ROOMS, max_machines=budget)
    assert done.left_out == ()
    assert members(done.design) == members(harden(site(), ROOMS).design)


@FEW
@given(VALID)
def test_twice_changes_nothing_more(design: Design) -> None:
    once = harden(design, KINDS)
    assert harden(once.design, KINDS).changes == ()


@FEW
@given(VALID)
def test_what_was_there_stays(design: Design) -> None:
    after = harden(design, KINDS).design
    assert list(after.services) == list(design.services)
    for name, service in design.services.items():
        grown = after.services[name]
        assert grown.members[: len(service.members)] == service.members
        assert (grown.settings, grown.public, grown.kind) == (service.settings, service.public, service.kind)
        assert [link.to for link in grown.links] == [link.to for link in service.links]
    assert set(design.machines.items()) <= set(after.machines.items())


@FEW
@given(VALID.filter(lambda design: design.needs_lab))
def test_no_single_loss_ends_reading(design: Design) -> None:
    found = journeys(harden(design, KINDS).design, KINDS)
    points = cut_sets(found.structure, found.roots[Journey.READ]).points
    assert {event.kind for event in points} <= {Class.EXTERNAL}


# The seed: every loss tried out, by a walk that shares nothing with the cut sets.

Loss = tuple[str, ...]


def losses(design: Design) -> Iterator[Loss]:
    """Every member, machine, line and way between two members."""
    yield from (("uplink", name) for name in design.uplinks)
    yield from (("machine", name) for name in design.machines)
    for service in design.services.values():
        yield from (("member", service.name, m) for m in service.members)
        for link in service.links:
            target = design.services[link.to]
            for source in service.members:
                for end in link.targets(source, target.members):
                    yield ("way", service.name, source, target.name, end)


def visit(design: Design, kinds: Kinds, lost: Loss, *, writes: bool) -> bool:
    """Whether a request that meets this loss is answered."""

    def alive(service: Service, machine: str) -> bool:
        return lost not in {("machine", machine), ("member", service.name, machine)}

    def answers(service: Service, machine: str) -> bool:
        if not alive(service, machine):
            return False
        for link in (link for link in service.links if not link.consults):
            target = design.services[link.to]
            ends = link.targets(machine, target.members)
            kind = kinds[target.kind]
            if writes and kind.replicated and not led(target):
                return False
            ways = [e for e in ends if lost != ("way", service.name, machine, target.name, e)]
            if not any(answers(target, end) for end in ways):
                return False
        return True

    def led(service: Service) -> bool:
        here = [alive(service, m) for m in service.members]
        if not service.consulted:
            return here[0]
        voters = design.services[service.consulted]
        votes = sum(alive(voters, m) for m in voters.members)
        return all(here) or (any(here) and 2 * votes > len(voters.members))

    lines = [name for name in design.uplinks if lost != ("uplink", name)]
    return bool(lines) and any(answers(s, m) for s in design.doors for m in s.members)


def fatal(drawn: Design, kinds: Kinds, *, writes: bool) -> set[Loss]:
    design = with_voters(drawn, kinds)
    assert visit(design, kinds, (), writes=writes)
    return {loss for loss in losses(design) if not visit(design, kinds, loss, writes=writes)}


def test_the_seed_as_it_is_falls_with_its_door_and_its_line() -> None:
    found = fatal(load(SEED, ROOMS), ROOMS, writes=False)
    assert found == {
        ("uplink", "a"),
        ("machine", "load-balancer"),
        ("member", "load-balancer", "load-balancer"),
    }


def test_the_hardened_seed_survives_every_single_loss_for_reading() -> None:
    assert fatal(harden(load(SEED, ROOMS), ROOMS).design, ROOMS, writes=False) == set()


TODAY = date(2026, 6, 1)
LAB_DESIGNS = sorted([*(CHECKOUT / "examples").glob("*.[my]*"), *SEED.parent.iterdir()])


def writes_wait_for_the_primary(design: Design, finding: Finding) -> bool:
    """Until somebody takes over from a lost primary, its machine stops writing whatever else is drawn."""
    services = with_voters(design, ROOMS).services.values()
    data = [s for s in services if ROOMS[s.kind].replicated and not s.consulted]
    primaries = {s.members[0] for s in data}
    lost = {machine for event in finding.points for machine in event.machines}
    return finding.journeys == (Journey.WRITE,) and lost <= primaries


@pytest.mark.parametrize("path", LAB_DESIGNS, ids=lambda p: p.stem)
def test_review_finds_nothing_more_that_harden_could_cure(path: Path) -> None:
    done = harden(load(path, ROOMS), ROOMS)
    found = review(done.design, ROOMS, catalog.load().rules, TODAY).findings
    left = [f for f in found if f.fixed_by is FixedBy.HARDEN]
    assert [f.title for f in left if not writes_wait_for_the_primary(done.design, f)] == []


def test_for_writing_exactly_the_primary_remains_while_nobody_takes_over() -> None:
    kinds = {name: replace(kind, voters=no_voters) for name, kind in ROOMS.items()}
    assert fatal(harden(load(SEED, kinds), kinds).design, kinds, writes=True) == {
        ("machine", "db-primary"),
        ("member", "database-cluster", "db-primary"),
    }


def test_for_writing_nothing_remains_once_another_takes_over() -> None:
    hardened = harden(load(SEED, ROOMS), ROOMS).design
    assert fatal(hardened, ROOMS, writes=True) == set()
    found = journeys(hardened, ROOMS)
    assert not cut_sets(found.structure, found.roots[Journey.WRITE]).singles
