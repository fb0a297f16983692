"""Which connections a design allows."""

from __future__ import annotations

from colonnade.kit.claims import Audience, Claims, Offer
from colonnade.kit.flows import Flow, flows
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import NoSettings

ONE = NoSettings()


def design(*services: Service) -> Design:
    names = dict.fromkeys(m for s in services for m in s.members)
    return Design("www.example.test", {s.name: s for s in services}, {n: Machine(n) for n in names})


def offer(service: str, audience: Audience, port: int = 80) -> Claims:
    return Claims(offers=(Offer(service, "http", port, audience, "http"),))


def ends(found: tuple[Flow, ...]) -> set[tuple[str, str]]:
    return {(flow.source, flow.target) for flow in found}


def test_an_open_arrow_lets_every_member_reach_every_member() -> None:
    site = design(
        Service("web", "w", ("w1", "w2"), ONE, (Link("app"),)), Service("app", "a", ("a1", "a2"), ONE)
    )
    found = flows(site, offer("app", Audience.LINKS))
    assert ends(found) == {("w1", "a1"), ("w1", "a2"), ("w2", "a1"), ("w2", "a2")}


def test_pairs_stay_pairs() -> None:
    pairs = (("w1", "a1"), ("w2", "a2"))
    site = design(
        Service("web", "w", ("w1", "w2"), ONE, (Link("app", pairs),)), Service("app", "a", ("a1", "a2"), ONE)
    )
    assert ends(flows(site, offer("app", Audience.LINKS))) == set(pairs)


def test_an_offer_to_links_that_no_arrow_leads_to_is_reached_by_nobody() -> None:
    site = design(Service("web", "w", ("w1",), ONE), Service("app", "a", ("a1",), ONE))
    assert flows(site, offer("app", Audience.LINKS)) == ()


def test_traffic_within_one_machine_is_no_flow() -> None:
    site = design(Service("web", "w", ("one",), ONE, (Link("app"),)), Service("app", "a", ("one",), ONE))
    assert flows(site, offer("app", Audience.LINKS)) == ()


def test_peers_reach_each_other_and_nobody_else() -> None:
    site = design(Service("db", "d", ("d1", "d2", "d3"), ONE), Service("app", "a", ("a1",), ONE))
    found = ends(flows(site, offer("db", Audience.PEERS)))
    assert found == {(a, b) for a in ("d1", "d2", "d3") for b in ("d1", "d2", "d3") if a != b}


def test_neighbours_reach_each_other_beside_the_inside_network() -> None:
    site = design(Service("edge", "e", ("e1", "e2"), ONE))
    vrrp = Claims(offers=(Offer("edge", "vrrp", 0, Audience.NEIGHBOURS, "vrrp", "vrrp"),))
    why = "edge -> edge vrrp"
    assert flows(site, vrrp) == (
        Flow("e1", "e2", 0, "vrrp", why, beside=True),
        Flow("e2", "e1", 0, "vrrp", why, beside=True),
    )


def test_the_public_and_the_operator_are_sources_of_their_own() -> None:
    site = design(Service("edge", "e", ("e1",), ONE))
    assert ends(flows(site, offer("edge", Audience.PUBLIC))) == {("public", "e1")}
    assert ends(flows(site, offer("edge", Audience.OPERATOR))) == {("operator", "e1")}


def test_one_connection_stands_once_however_many_arrows_want_it() -> None:
    both = (Link("app"),)
    site = design(
        Service("web", "w", ("m",), ONE, both),
        Service("jobs", "j", ("m",), ONE, both),
        Service("app", "a", ("a1",), ONE),
    )
    assert len(flows(site, offer("app", Audience.LINKS))) == 1
