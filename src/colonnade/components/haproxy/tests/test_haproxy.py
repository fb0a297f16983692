"""What the door is told to do, for the designs people draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from colonnade.components.haproxy.component import COMPONENT, HaproxySettings, read_label, servers_up
from colonnade.errors import DesignError
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience, Claims, Name, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.resources import File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Link, Machine, Position, Service
from colonnade.model.kinds import Kind, NoSettings
from colonnade.model.reading.words import Lexicon

CONFIG = "/etc/haproxy/haproxy.cfg"


class Web(Component[NoSettings]):
    """Something that speaks HTTPS inside, as the rooms of web and app servers do."""

    def __init__(self, kind: str, port: int, health: str) -> None:
        self.kind = Kind(kind, kind)
        self._port, self._health = port, health

    def claims(self, service: Service, design: Design) -> Claims:
        facts = {"server_name": f"{service.name}.internal", "health": self._health}
        return Claims(
            offers=(Offer(service.name, "https", self._port, Audience.LINKS, "https", facts=facts),)
        )

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        return {}


ROOMS: Mapping[str, Component[Any]] = {
    "haproxy": COMPONENT,
    "web": Web("web", 8443, "/.colonnade/health"),
    "app": Web("app", 9443, "/healthz"),
}


def edge(*to: Link, members: Sequence[str] = ("lb1",), balance: str = "roundrobin") -> Service:
    settings = HaproxySettings.model_validate({"balance": balance})
    return Service("edge", "haproxy", tuple(members), settings, to, public=True, position=Position(3, 1))


def tier(name: str, kind: str, *members: str, to: Sequence[Link] = ()) -> Service:
    return Service(name, kind, members, NoSettings(), tuple(to), position=Position(9, 1))


def site(*services: Service) -> Design:
    machines = dict.fromkeys(m for s in services for m in s.members)
    return Design(
        "www.example.org", {s.name: s for s in services}, {m: Machine(m) for m in machines}, path="site.yaml"
    )


def config_of(design: Design, machine: str = "lb1") -> str:
    resources = COMPONENT.resources(design.services["edge"], machine, view_of(design, ROOMS))
    files = {r.path: r for r in resources[Stage.DOOR] if isinstance(r, File)}
    return files[CONFIG].content.decode()


def test_the_drawn_site(golden: Callable[[str, str], None]) -> None:
    golden("haproxy.cfg", config_of(site(edge(Link("web")), tier("web", "web", "web1", "web2"))))


def test_one_server_with_everything(golden: Callable[[str, str], None]) -> None:
    design = site(edge(Link("app"), members=["one"], balance="source"), tier("app", "app", "one"))
    golden("one-server.cfg", config_of(design, "one"))


def test_only_what_is_drawn_gets_requests() -> None:
    pairs = (("lb1", "web2"), ("lb2", "web1"))
    design = site(edge(Link("web", pairs), members=["lb1", "lb2"]), tier("web", "web", "web1", "web2"))
    assert servers(config_of(design, "lb1")) == ["web:web2"]
    assert servers(config_of(design, "lb2")) == ["web:web1"]


def test_two_web_services_share_the_requests() -> None:
    design = site(edge(Link("web"), Link("old")), tier("web", "web", "w1"), tier("old", "web", "w2"))
    text = config_of(design)
    assert servers(text) == ["web:w1", "old:w2"]
    assert "check-sni old.internal" in text


def servers(config: str) -> list[str]:
    return [line.split()[1] for line in config.splitlines() if line.strip().startswith("server ")]


def test_what_a_door_claims() -> None:
    design = site(edge(Link("web"), members=["lb1", "lb2"]), tier("web", "web", "web1"))
    claims = COMPONENT.claims(design.services["edge"], design)
    assert {(o.port, o.audience) for o in claims.offers} == {(443, Audience.PUBLIC), (80, Audience.PUBLIC)}
    assert claims.names == (Name("www.example.org", ("lb1", "lb2")),)
    by_id = {need.id: need for need in claims.certificates}
    assert set(by_id) == {"door", "edge-lb1", "edge-lb2"}
    assert (by_id["door"].machines, by_id["door"].names) == (("lb1", "lb2"), ("www.example.org",))
    assert (by_id["edge-lb2"].machines, by_id["edge-lb2"].unit) == (("lb2",), "edge")


def test_renewed_certificates_reload_and_do_not_restart() -> None:
    design = site(edge(Link("web")), tier("web", "web", "web1"))
    resources = COMPONENT.resources(design.services["edge"], "lb1", view_of(design, ROOMS))
    (unit,) = [r for r in resources[Stage.DOOR] if isinstance(r, Unit)]
    for path in ("door/bundle.pem", "edge-lb1/bundle.pem", "ca.pem"):
        assert f"file:/etc/colonnade/pki/{path}" in unit.reload_on
    assert not [i for i in unit.restart_on if "pki" in i]


def test_every_file_has_its_directory() -> None:
    design = site(edge(Link("web")), tier("web", "web", "web1"))
    stage = COMPONENT.resources(design.services["edge"], "lb1", view_of(design, ROOMS))[Stage.DOOR]
    assert "directory:/etc/systemd/system/haproxy.service.d" in [r.id for r in stage]


NOWHERE_TO_GO = (edge(),)
TWO_KINDS = (
    edge(Link("web"), Link("app", position=Position(4, 7))),
    tier("web", "web", "w"),
    tier("app", "app", "a"),
)
INNER = (edge(Link("web")), tier("web", "web", "w"), tier("front", "web", "f", to=[Link("edge")]))
NOBODY_ARRIVES = (replace(edge(Link("web")), public=False), tier("web", "web", "w"))


@pytest.mark.parametrize(
    ("services", "line", "says"),
    [
        (NOWHERE_TO_GO, 3, "edge leads to no web server"),
        (TWO_KINDS, 4, "edge leads to web and app, which differ in kind"),
        (INNER, 9, "front leads to edge, and haproxy is a door"),
        (NOBODY_ARRIVES, 3, "edge is a door, and no users arrive there"),
    ],
)
def test_designs_it_refuses(services: Sequence[Service], line: int, says: str) -> None:
    with pytest.raises(DesignError) as caught:
        config_of(site(*services))
    (problem,) = caught.value.problems
    assert (problem.line, says in problem.message, bool(problem.hint)) == (line, True, True)


@pytest.mark.parametrize(
    ("label", "balance"),
    [
        ("Round Robin", "roundrobin"),
        ("weighted round-robin", "roundrobin"),
        ("RR", "roundrobin"),
        ("Least Connections", "leastconn"),
        ("leastconn", "leastconn"),
        ("IP hash", "source"),
        ("source-IP hashing", "source"),
        ("sticky sessions", "source"),
        ("Random", "random"),
        ("first", "first"),
    ],
)
def test_labels_that_name_an_algorithm(label: str, balance: str) -> None:
    assert HaproxySettings.model_validate(read_label(label)).balance == balance


@pytest.mark.parametrize(
    "label", ["", "HTTPS 443", "forwards requests", "3. HTTP/HTTPS Request", "error rate"]
)
def test_labels_that_name_none(label: str) -> None:
    assert read_label(label) == {}


@pytest.mark.parametrize(
    ("answer", "healthy", "detail"),
    [
        (Answer(0, "2\n", ""), True, "2 of 2 web servers up"),
        (Answer(0, "1\n", ""), True, "1 of 2 web servers up"),
        (Answer(0, "0\n", ""), False, "0 of 2 web servers up"),
        (Answer(7, "", "curl: (7) Failed to connect\n"), False, "curl: (7) Failed to connect"),
        (Answer(0, "<html>", ""), False, "something other than this door answers on its address"),
    ],
)
def test_what_the_door_says_of_itself(answer: Answer, healthy: bool, detail: str) -> None:
    health = servers_up(2)(answer)
    assert (health.healthy, health.detail) == (healthy, detail)


@pytest.mark.parametrize(
    "label",
    ["HAProxy Load Balancer", "Load_Balancer", "LB1", "HAproxy", "ha-proxy", "LoadBalancer", "lb-02", "Edge"],
)
def test_words_people_draw_it_with(label: str) -> None:
    word = Lexicon.of({"haproxy": COMPONENT.kind}).label(label)
    assert word is not None
    assert word.value == "haproxy"
