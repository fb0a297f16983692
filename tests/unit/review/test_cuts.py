"""Cut sets are right: compared with taking every thing and every two things away from the design itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from colonnade import catalog
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import Kind, Kinds, NoSettings
from colonnade.model.load import load
from colonnade.model.voters import with_voters
from colonnade.review.cuts import CutSets, cut_sets
from colonnade.review.journeys import VISITS, Journey, journeys
from colonnade.review.review import review
from colonnade.review.structure import Structure
from tests.contract.sources import CHECKOUT
from tests.unit.model.kinds import KINDS
from tests.unit.model.test_round_trip import VALID
from tests.unit.review.oracle import Thing, things, works

CATALOG = catalog.load()
SOME = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
EXAMPLES = [*sorted((CHECKOUT / "examples").glob("*.md")), *sorted((CHECKOUT / "examples").glob("*.yaml"))]
SEED = Path(__file__).parent / "designs" / "three-tiers.md"


def cuts(design: Design, kinds: Kinds) -> dict[Journey, CutSets]:
    found = journeys(design, kinds)
    return {journey: cut_sets(found.structure, root) for journey, root in found.roots.items()}


def named(found: CutSets) -> set[frozenset[Thing]]:
    return {frozenset((e.kind.value, e.name) for e in cut) for cut in found.expanded()}


def by_removal(drawn: Design, kinds: Kinds, journey: str) -> set[frozenset[Thing]]:
    design = with_voters(drawn, kinds)
    every = things(design)
    if not works(design, kinds, journey, frozenset()):
        return set()
    ones = {frozenset({t}) for t in every if not works(design, kinds, journey, frozenset({t}))}
    rest = [t for t in every if frozenset({t}) not in ones]
    twos = {
        frozenset(two) for two in combinations(rest, 2) if not works(design, kinds, journey, frozenset(two))
    }
    return ones | twos


@SOME
@given(VALID)
def test_every_cut_set_is_found_and_nothing_else(design: Design) -> None:
    for journey, found in cuts(design, KINDS).items():
        assert named(found) == by_removal(design, KINDS, journey.value)


ELECTING = {
    **KINDS,
    "mariadb": replace(KINDS["mariadb"], voters=lambda _: 3),
    "votes": Kind("votes", "voter", tier=3, votes=True),
}


@SOME
@given(
    VALID.filter(
        lambda design: any(len(s.members) > 1 and s.kind == "mariadb" for s in design.services.values())
    )
)
def test_nor_is_any_missed_where_members_elect(design: Design) -> None:
    for journey, found in cuts(design, ELECTING).items():
        assert named(found) == by_removal(design, ELECTING, journey.value)


@pytest.mark.parametrize("path", [*EXAMPLES, SEED], ids=lambda path: path.name)
def test_on_the_examples(path: Path) -> None:
    design = load(path, CATALOG.kinds)
    found = cuts(design, CATALOG.kinds)
    assert set(found) == set(Journey)
    for journey, sets in found.items():
        assert named(sets) == by_removal(design, CATALOG.kinds, journey.value)


@SOME
@given(VALID, st.data())
def test_one_more_member_never_adds_a_single_point(design: Design, data: st.DataObject) -> None:
    service = data.draw(st.sampled_from(list(design.services.values())))
    assert not added(design, with_one_more(design, service))


@SOME
@given(VALID)
def test_opening_pairs_never_adds_a_single_point(design: Design) -> None:
    assume(any(link.pairs for _, link in design.links()))
    opened = {
        name: replace(s, links=tuple(replace(link, pairs=()) for link in s.links))
        for name, s in design.services.items()
    }
    assert not added(design, replace(design, services=opened))


def added(before: Design, after: Design) -> set[frozenset[Thing]]:
    """Single points that are new. What never worked had nothing to lose."""
    was, now = cuts(before, KINDS), cuts(after, KINDS)
    return {
        cut
        for journey, sets in now.items()
        if journey in was and works(before, KINDS, journey.value, frozenset())
        for cut in named(sets) - named(was[journey])
        if len(cut) == 1
    }


def with_one_more(design: Design, service: Service) -> Design:
    """One more member on a new machine, with an arrow to whatever any other has one to."""
    links = tuple(
        replace(
            link, pairs=(*link.pairs, *(("spare", end) for end in dict.fromkeys(e for _, e in link.pairs)))
        )
        if link.pairs
        else link
        for link in service.links
    )
    grown = replace(service, members=(*service.members, "spare"), links=links)
    machines = {**design.machines, "spare": Machine("spare")}
    return replace(design, services={**design.services, service.name: grown}, machines=machines)


@SOME
@given(VALID)
def test_every_single_point_is_named_by_a_finding(design: Design) -> None:
    silent = replace(design, silences=())
    found = review(silent, KINDS, CATALOG.rules, date(2026, 1, 1))
    said = {event for finding in found.findings for event in finding.points}
    assert {event for report in found.journeys.values() for event in report.cuts.points} <= said


VOTES = {**KINDS, "votes": Kind("votes", "voter", tier=3, votes=True)}


def voting(voters: int) -> Design:
    members = tuple(f"v{i}" for i in range(voters))
    services = {
        "web": Service("web", "nginx", ("web1", "web2"), NoSettings(), (Link("votes"),), public=True),
        "votes": Service("votes", "votes", members, NoSettings()),
    }
    machines = {m: Machine(m) for m in ("web1", "web2", *members)}
    return Design("www.example.com", services, machines, uplinks=("a", "b"))


@pytest.mark.parametrize(
    ("voters", "single", "pairs"),
    [(1, 1, 0), (2, 2, 0), (3, 0, 3), (4, 0, 6), (5, 0, 0), (6, 0, 0), (40, 0, 0)],
)
def test_a_majority_must_be_there(voters: int, single: int, pairs: int) -> None:
    found = cuts(voting(voters), VOTES)[Journey.READ]
    voters_in = [cut for cut in found.expanded() if all("v" in e.machines[0] for e in cut if e.machines)]
    machines = [cut for cut in voters_in if all(e.kind.value == "machine" for e in cut)]
    assert sum(len(cut) == 1 for cut in machines) == single
    assert sum(len(cut) == 2 for cut in machines) == pairs


def electing(**services: tuple[str, ...]) -> Design:
    """A door on web1 and web2, `db` and, where they are named, `votes`."""
    links = (Link("db"),)
    found = {"web": Service("web", "nginx", ("web1", "web2"), NoSettings(), links, public=True)}
    kinds = {"db": "mariadb", "votes": "votes"}
    found |= {name: Service(name, kinds[name], machines, NoSettings()) for name, machines in services.items()}
    machines = {m: Machine(m) for s in found.values() for m in s.members}
    return Design("www.example.com", found, machines, uplinks=("a", "b"))


def written(design: Design) -> CutSets:
    return cuts(design, ELECTING)[Journey.WRITE]


def test_a_primary_that_is_taken_over_is_no_single_point() -> None:
    assert not written(electing(db=("db1", "db2"))).points
    assert cuts(electing(db=("db1", "db2")), {**ELECTING, "mariadb": KINDS["mariadb"]})[Journey.WRITE].points


def test_without_a_majority_writes_go_on_until_a_database_fails() -> None:
    found = named(written(electing(db=("db1", "db2"), votes=("v1", "v2", "v3"))))
    machines = {frozenset(name for _, name in cut) for cut in found if all(k == "machine" for k, _ in cut)}
    assert machines == {frozenset({"db1", "db2"}), frozenset({"web1", "web2"})}


def test_a_voter_beside_a_database_is_half_of_what_must_be_lost() -> None:
    found = named(written(electing(db=("db1", "db2"), votes=("v1", "v2", "db1"))))
    assert {frozenset({("machine", "db1"), ("machine", v)}) for v in ("v1", "v2")} <= found


@pytest.mark.parametrize("votes", [("v1", "db1"), ("v1", "v2", "v3", "db1")])
def test_of_an_even_number_more_must_be_there(votes: tuple[str, ...]) -> None:
    found = named(written(electing(db=("db1", "db2"), votes=votes)))
    lost = {name for cut in found if len(cut) == 1 for _, name in cut}
    assert lost == ({"db1"} if len(votes) == 2 else set())
    assert (frozenset({("machine", "db1"), ("machine", "v1")}) in found) == (len(votes) == 4)


def test_one_voter_is_missed_only_with_a_database() -> None:
    found = written(electing(db=("db1", "db2"), votes=("v1",)))
    assert not found.points
    assert frozenset({("machine", "db1"), ("machine", "v1")}) in named(found)


def test_two_databases_on_two_machines_have_nobody_to_decide() -> None:
    site = electing(db=("web1", "web2"))
    assert {e.name for e in written(site).points} == {"web1", "db@web1"}


def test_two_names_with_one_address_are_one_computer() -> None:
    services = {
        "web": Service("web", "nginx", ("web1", "web2"), NoSettings(), (Link("db"),), public=True),
        "db": Service("db", "mariadb", ("db1", "db2"), NoSettings()),
    }
    addresses = {"web1": "192.0.2.1", "web2": "192.0.2.2", "db1": "192.0.2.3", "db2": "192.0.2.3"}
    machines = {name: Machine(name, address) for name, address in addresses.items()}
    design = Design("www.example.com", services, machines, uplinks=("a", "b"))
    for journey in (Journey.READ, Journey.RECOVER):
        (event,) = cuts(design, KINDS)[journey].points
        assert event.machines == ("db1", "db2")


def test_tiers_may_be_thousands_deep() -> None:
    depth = 3000
    services = {
        f"s{i}": Service(
            f"s{i}", "nginx", (f"m{i}",), NoSettings(), (Link(f"s{i + 1}"),) if i + 1 < depth else (), i == 0
        )
        for i in range(depth)
    }
    design = Design("www.example.com", services, {f"m{i}": Machine(f"m{i}") for i in range(depth)})
    assert len(cuts(design, KINDS)[Journey.READ].points) == 2 * depth + 1


def test_what_leads_nowhere_never_works() -> None:
    structure = Structure()
    nothing = structure.any(())
    assert structure.all([structure.quorum([structure.any(())]), nothing]) == nothing
    assert not cut_sets(structure, nothing).points


def test_users_and_operators_have_their_journeys() -> None:
    assert tuple(cuts(voting(3), VOTES)) == VISITS
