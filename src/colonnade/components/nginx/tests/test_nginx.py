"""The web server room: its file for the usual designs, whom it asks first, how its health is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade.components.nginx.balance import peers
from colonnade.components.nginx.component import COMPONENT
from colonnade.components.nginx.settings import NginxSettings
from colonnade.errors import DesignError
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience, Claims, Offer
from colonnade.kit.resources import File
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import Target, View
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import NoSettings

Golden = Callable[[str, str], None]


def app_offer(name: str) -> Claims:
    facts = {"server_name": f"{name}.internal", "health": "/healthz"}
    return Claims(offers=(Offer(name, "https", 9443, Audience.LINKS, "https", facts=facts),))


def site(*services: Service) -> View:
    machines = {m: Machine(m) for s in services for m in s.members}
    design = Design("www.foobar.com", {s.name: s for s in services}, machines, path="site.yaml")
    return view_of(design, {"nginx": COMPONENT}, [app_offer(s.name) for s in services if s.kind == "app"])


def edge() -> Service:
    return Service("edge", "haproxy", ("lb1",), NoSettings(), (Link("web"),), public=True)


def web(*members: str, to: tuple[Link, ...] = (Link("app"),), public: bool = False) -> Service:
    return Service("web", "nginx", members, NginxSettings(), to, public=public)


def app(*members: str, name: str = "app") -> Service:
    return Service(name, "app", members, NoSettings())


def config(view: View, machine: str) -> str:
    ((_, resources),) = COMPONENT.resources(view.design.services["web"], machine, view).items()
    return next(r for r in resources if isinstance(r, File) and r.validate).content.decode()


def test_behind_an_edge(golden: Golden) -> None:
    view = site(edge(), web("web1", "web2"), app("app1", "app2"))
    golden("web1.conf", config(view, "web1"))


def test_pairs_as_drawn(golden: Golden) -> None:
    pairs = Link("app", (("web1", "app1"), ("web2", "app2")))
    view = site(edge(), web("web1", "web2", to=(pairs,)), app("app1", "app2"))
    servers = [line for line in config(view, "web2").splitlines() if " max_fails" in line]
    golden("web2-paired-servers.txt", "\n".join(servers) + "\n")


def test_the_door_of_a_site_on_one_machine(golden: Golden) -> None:
    view = site(web("www", public=True), app("www"))
    golden("door.conf", config(view, "www"))


def test_a_door_without_an_app(golden: Golden) -> None:
    golden("alone.conf", config(site(web("www", to=(), public=True)), "www"))


def test_a_door_comes_up_last_and_has_the_sites_name() -> None:
    view = site(web("www", public=True), app("www"))
    assert list(COMPONENT.resources(view.design.services["web"], "www", view)) == [Stage.DOOR]
    assert [(n.fqdn, n.machines) for n in view.claims.names] == [("www.foobar.com", ("www",))]
    assert {(o.port, o.audience) for o in view.claims.offers if o.service == "web"} == {
        (443, Audience.PUBLIC), (80, Audience.PUBLIC),
    }  # fmt: skip


def test_two_doors_state_the_same_certificate() -> None:
    first = web("www1", to=(), public=True)
    second = Service("web2", "nginx", ("www2",), NginxSettings(), public=True)
    view = site(first, second)
    needs = [
        c for s in (first, second) for c in COMPONENT.claims(s, view.design).certificates if c.id == "door"
    ]
    assert needs[0] == needs[1]
    assert needs[0].machines == ("www1", "www2")


def test_two_apps_behind_one_web_server_are_an_error_at_its_line() -> None:
    service = web("web1", to=(Link("app"), Link("api")))
    view = site(edge(), service, app("app1"), app("api1", name="api"))
    with pytest.raises(DesignError, match="web leads to app and api"):
        config(view, "web1")


def test_a_clients_name_is_no_pattern() -> None:
    front = Service("e.ge", "haproxy", ("lb1",), NoSettings(), (Link("web"),), public=True)
    assert r"OU=e\.ge(?:" in config(site(front, web("web1"), app("app1")), "web1")


TARGETS = [Target(f"app{i}", f"10.0.1.{i}", 9443) for i in range(1, 6)]


@pytest.mark.parametrize(
    ("position", "webs", "apps", "first"),
    [
        (0, 2, 2, ["app1"]),
        (1, 2, 2, ["app2"]),
        (0, 1, 3, ["app1", "app2", "app3"]),
        (0, 2, 3, ["app1", "app3"]),
        (1, 2, 3, ["app2"]),
        (2, 3, 2, ["app1"]),
        (0, 2, 0, []),
    ],
)
def test_whom_a_web_server_asks_first(position: int, webs: int, apps: int, first: list[str]) -> None:
    found = peers(position, webs, TARGETS[:apps], pairs_drawn=False)
    assert [p.target.machine for p in found if not p.backup] == first
    assert [p.target for p in found] == TARGETS[:apps]


@given(webs=st.integers(1, 7), apps=st.integers(1, 5))
def test_no_app_is_only_a_backup_and_no_web_server_has_only_backups(webs: int, apps: int) -> None:
    dealt = [peers(i, webs, TARGETS[:apps], pairs_drawn=False) for i in range(webs)]
    assert {p.target for hand in dealt for p in hand if not p.backup} == set(TARGETS[:apps])
    assert all(any(not p.backup for p in hand) for hand in dealt)


@pytest.mark.parametrize(
    ("answer", "healthy", "detail"),
    [
        (Answer(0, "200", ""), True, "serves, app answers"),
        (Answer(0, "502", ""), False, "serves, but no app answers (502)"),
        (Answer(0, "403", ""), False, "answers 403"),
        (Answer(7, "000", "curl: (7) refused\n"), False, "does not serve: curl: (7) refused"),
    ],
)
def test_health(answer: Answer, healthy: bool, detail: str) -> None:
    view = site(edge(), web("web1"), app("app1"))
    (check,) = COMPONENT.checks(view.design.services["web"], "web1", view)
    health = check.read(answer)
    assert (health.healthy, health.detail) == (healthy, detail)


def test_a_door_is_asked_where_its_users_are() -> None:
    view = site(web("www", public=True), app("www"))
    (check,) = COMPONENT.checks(view.design.services["web"], "www", view)
    assert check.argv[-1] == "https://www.foobar.com:443/healthz"
    assert "www.foobar.com:443:192.0.2.1" in check.argv
