"""What the door is told to do, for the designs people draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from colonnade.components.haproxy.checks import served, servers_up
from colonnade.components.haproxy.component import COMPONENT
from colonnade.components.haproxy.settings import HaproxySettings, read_label
from colonnade.errors import DesignError
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience, Claims, Name, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.resources import Command, File, Unit
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


def edge(*to: Link, members: Sequence[str] = ("lb1",), **chosen: Any) -> Service:
    settings = HaproxySettings.model_validate(chosen)
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


def test_everything_said(golden: Callable[[str, str], None]) -> None:
    chosen: dict[str, Any] = {
        "backup": ["web2"],
        "tls": "1.3",
        "hsts_days": 730,
        "hsts_subdomains": True,
        "body_limit": "512k",
        "client_requests": 30,
        "client_connections": 50,
        "trusted": ["203.0.113.7", "198.51.100.0/24", "2001:db8::/32"],
        "connections": 1000,
        "server_requests": 64,
    }
    golden(
        "all-settings.cfg", config_of(site(edge(Link("web"), **chosen), tier("web", "web", "web1", "web2")))
    )


def test_two_doors_have_the_same_ticket_secret_and_program() -> None:
    design = site(edge(Link("web"), members=["lb1", "lb2"]), tier("web", "web", "web1"))
    view = view_of(design, ROOMS)
    one, two = (COMPONENT.resources(design.services["edge"], m, view)[Stage.GROUND] for m in ("lb1", "lb2"))
    assert one == two
    files = {r.path: r for r in one if isinstance(r, File)}
    secret = files["/etc/haproxy/ticket-secret"]
    assert (secret.content, secret.mode, secret.secret) == (b"secret-of-door/tickets\n", 0o600, True)
    assert not [path for path, file in files.items() if b"secret-of" in file.content and file is not secret]


def test_ticket_keys_are_there_before_the_configuration_is_validated(
    golden: Callable[[str, str], None],
) -> None:
    design = site(edge(Link("web")), tier("web", "web", "web1"))
    stages = COMPONENT.resources(design.services["edge"], "lb1", view_of(design, ROOMS))
    (command,) = [r for r in stages[Stage.GROUND] if isinstance(r, Command)]
    files = {r.path: r.content.decode() for stage in stages.values() for r in stage if isinstance(r, File)}
    assert f"tls-ticket-keys {command.check[-1]} " in files[CONFIG]
    for name in (
        "colonnade-ticket-keys.service",
        "colonnade-ticket-keys.timer",
        "haproxy.service.d/colonnade.conf",
    ):
        golden(name.replace("/", "-"), files[f"/etc/systemd/system/{name}"])


@pytest.mark.parametrize(
    ("backup", "reserve"),
    [((), []), ("others", ["web2", "web3"]), (["web1", "web3"], ["web1", "web3"])],
)
def test_those_in_reserve(backup: object, reserve: Sequence[str]) -> None:
    design = site(edge(Link("web"), backup=backup), tier("web", "web", "web1", "web2", "web3"))
    text = config_of(design)
    marked = [
        line.split()[1]
        for line in text.splitlines()
        if line.strip().startswith("server ") and "backup" in line
    ]
    assert marked == [f"web:{machine}" for machine in reserve]
    assert ("option allbackups" in text) == bool(reserve)


def test_only_what_is_drawn_gets_requests() -> None:
    pairs = (("lb1", "web2"), ("lb2", "web1"))
    design = site(edge(Link("web", pairs), members=["lb1", "lb2"]), tier("web", "web", "web1", "web2"))
    assert servers(config_of(design, "lb1")) == {"web:web2"}
    assert servers(config_of(design, "lb2")) == {"web:web1"}


def test_two_web_services_share_the_requests() -> None:
    design = site(edge(Link("web"), Link("old")), tier("web", "web", "w1"), tier("old", "web", "w2"))
    text = config_of(design)
    assert servers(text) == {"web:w1", "old:w2"}
    assert "check-sni old.internal" in text


def servers(config: str) -> set[str]:
    return {line.split()[1] for line in config.splitlines() if line.strip().startswith("server ")}


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
NO_SUCH_RESERVE = (edge(Link("web"), backup=["web9"]), tier("web", "web", "web1", "web2"))
ALL_IN_RESERVE = (edge(Link("web"), backup=["web2", "web1"]), tier("web", "web", "web1", "web2"))
NOBODY_ARRIVES = (replace(edge(Link("web")), public=False), tier("web", "web", "w"))


@pytest.mark.parametrize(
    ("services", "line", "says"),
    [
        (NOWHERE_TO_GO, 3, "edge leads to no web server"),
        (TWO_KINDS, 4, "edge leads to web and app, which differ in kind"),
        (INNER, 9, "front leads to edge, and haproxy is a door"),
        (NOBODY_ARRIVES, 3, "edge is a door, and no users arrive there"),
        (NO_SUCH_RESERVE, 3, "edge has web9 in reserve, where no web server is"),
        (ALL_IN_RESERVE, 3, "edge has all its web servers in reserve"),
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
    "label", ["active-passive", "Active/Standby", "hot standby", "round robin (active-passive)"]
)
def test_labels_that_put_all_but_the_first_in_reserve(label: str) -> None:
    settings = HaproxySettings.model_validate(read_label(label))
    assert (settings.backup, settings.balance) == ("others", "roundrobin")


@pytest.mark.parametrize(
    "chosen",
    [
        {"backup": "rest"},
        {"tls": "1.1"},
        {"body_limit": "10"},
        {"trusted": ["10.0.0.1/8"]},
        {"trusted": ["the office"]},
        {"client_requests": 0},
        {"connections": 1},
        {"hsts_days": -1},
    ],
)
def test_settings_that_cannot_be(chosen: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HaproxySettings.model_validate(chosen)


@pytest.mark.parametrize(
    "label", ["", "HTTPS 443", "forwards requests", "3. HTTP/HTTPS Request", "error rate"]
)
def test_labels_that_name_none(label: str) -> None:
    assert read_label(label) == {}


@pytest.mark.parametrize(
    ("answer", "healthy", "detail"),
    [
        (Answer(0, "web:web1=1\nweb:web2=1\n", ""), True, "2 of 2 web servers up"),
        (Answer(0, "web:web1=1\nweb:web2=0\n", ""), True, "1 of 2 web servers up, not web2"),
        (Answer(0, "web:web1=0\nweb:web2=0\n", ""), False, "0 of 2 web servers up, not web1 and web2"),
        (Answer(0, "web:web1=1\n", ""), True, "1 of 1 web server up"),
        (Answer(0, "", ""), False, "0 of 0 web servers up"),
        (Answer(7, "", "curl: (7) Failed to connect\n"), False, "curl: (7) Failed to connect"),
        (Answer(0, "<html>", ""), False, "something other than this door answers on its address"),
    ],
)
def test_what_the_door_says_of_itself(answer: Answer, healthy: bool, detail: str) -> None:
    health = servers_up(answer)
    assert (health.healthy, health.detail) == (healthy, detail)


@pytest.mark.parametrize(
    ("answer", "healthy", "detail"),
    [
        (Answer(0, "200", ""), True, ""),
        (Answer(0, "404", ""), True, ""),
        (Answer(0, "503", ""), False, "visitors get 503"),
        (Answer(28, "000", "curl: (28) timed out\n"), False, "visitors get no answer: curl: (28) timed out"),
    ],
)
def test_what_a_visitor_gets_tells_of_the_whole_way(answer: Answer, healthy: bool, detail: str) -> None:
    health = served(answer)
    assert (health.healthy, health.detail) == (healthy, detail)


@pytest.mark.parametrize(
    "label",
    ["HAProxy Load Balancer", "Load_Balancer", "LB1", "HAproxy", "ha-proxy", "LoadBalancer", "lb-02", "Edge"],
)
def test_words_people_draw_it_with(label: str) -> None:
    word = Lexicon.of({"haproxy": COMPONENT.kind}).label(label)
    assert word is not None
    assert word.value == "haproxy"
