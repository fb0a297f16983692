"""The web server room: its file for the usual designs, whom it asks first, how its health is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from colonnade.components.nginx.balance import peers
from colonnade.components.nginx.component import COMPONENT, HASHED
from colonnade.components.nginx.settings import NginxSettings
from colonnade.components.nginx.templates.watch_apps import Plan
from colonnade.errors import DesignError
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience, Claims, Offer
from colonnade.kit.resources import Directory, File, Resource, Tree, Unit, User
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import Target, View
from colonnade.model.design import Design, Link, Machine, Service
from colonnade.model.kinds import NoSettings

Golden = Callable[[str, str], None]


def app_offer(name: str) -> Claims:
    facts = {"server_name": f"{name}.internal", "health": "/healthz", "static": "/static/"}
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


def with_statics(view: View) -> View:
    return replace(view, blobs={**view.blobs, "app/static": "a" * 64})


def everything(view: View, machine: str) -> list[Resource]:
    stages = COMPONENT.resources(view.design.services["web"], machine, view)
    return [resource for stage in Stage for resource in stages.get(stage, ())]


def config(view: View, machine: str, path: str = "/etc/nginx/nginx.conf") -> str:
    found = (r for r in everything(view, machine) if isinstance(r, File) and r.path == path)
    return next(found).content.decode()


def test_behind_an_edge(golden: Golden) -> None:
    view = with_statics(site(edge(), web("web1", "web2"), app("app1", "app2")))
    golden("web1.conf", config(view, "web1"))
    golden("watch.json", config(view, "web1", "/etc/colonnade/watch-web.json"))
    golden("watch.service", config(view, "web1", "/etc/systemd/system/colonnade-web-watch.service"))


def test_the_watch_can_read_its_plan() -> None:
    view = site(edge(), web("web1", "web2"), app("app1", "app2"))
    plan = Plan.read(config(view, "web1", "/etc/colonnade/watch-web.json"))
    assert [(t.machine, t.port) for t in plan.targets] == [("app1", 9443), ("app2", 9443)]
    assert (plan.health, plan.elsewhere) == ("/run/colonnade-web-watch/health", True)


def test_who_is_in_maintenance_is_not_watched() -> None:
    view = site(edge(), web("web1", "web2"), app("app1", "app2"))
    view = replace(view, material=replace(view.material, maintained=frozenset({"app1"})))
    plan = Plan.read(config(view, "web1", "/etc/colonnade/watch-web.json"))
    assert [t.machine for t in plan.targets] == ["app2"]
    assert "10.0.0.4:9443 max_fails=3 fail_timeout=2s down;" in config(view, "web1")


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
    stages = COMPONENT.resources(view.design.services["web"], "www", view)
    assert [type(r) for r in stages[Stage.GROUND]] == [User]
    assert {r.name for r in stages[Stage.DOOR] if isinstance(r, Unit)} == {
        "colonnade-web-watch.service", "nginx.service",
    }  # fmt: skip
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


def test_static_files_are_there_before_the_release_that_names_them_runs() -> None:
    view = with_statics(site(edge(), web("web1"), app("app1")))
    stages = COMPONENT.resources(view.design.services["web"], "web1", view)
    assert Stage.RELEASE < Stage.APP < Stage.WEB
    (tree,) = [r for r in stages[Stage.RELEASE] if isinstance(r, Tree)]
    assert (tree.path, tree.previous, tree.blob) == (
        "/srv/colonnade/app/current/static",
        "/srv/colonnade/app/previous/static",
        "a" * 64,
    )


def test_a_new_release_of_static_files_reloads_nobody() -> None:
    old = with_statics(site(edge(), web("web1"), app("app1")))
    new = replace(old, blobs={**old.blobs, "app/static": "b" * 64})
    changed = [a for a, b in zip(everything(old, "web1"), everything(new, "web1"), strict=True) if a != b]
    assert [type(r) for r in changed] == [Tree]


def test_without_static_files_all_comes_from_the_app() -> None:
    view = site(edge(), web("web1"), app("app1"))
    assert not [r for r in everything(view, "web1") if isinstance(r, Tree)]
    assert "/srv/" not in config(view, "web1")


def test_every_file_stands_in_a_directory_that_is_there() -> None:
    view = with_statics(site(edge(), web("web1"), app("app1")))
    there = {"/etc/colonnade", "/etc/nginx", "/etc/systemd/system", "/srv", "/usr/lib"}
    for resource in everything(view, "web1"):
        if isinstance(resource, Directory | File | Tree):
            assert str(Path(resource.path).parent) in there, resource.id
        if isinstance(resource, Directory):
            there.add(resource.path)


@pytest.mark.parametrize(
    ("name", "hashed"),
    [
        ("main.3f2a9b1c.js", True),
        ("application-0123456789abcdef0123456789abcdef.css", True),
        ("vendor.3f2a9b1c.min.js", True),
        ("vendor.3f2a9b1c.js.map", True),
        ("main.js", False),
        ("report-20240101.pdf", False),
        ("cafe-effacedd.js", False),
        ("jquery-3.7.1.min.js", False),
        ("a1b2c3d4/logo.png", False),
        ("main.3f2a9b1.js", False),
    ],
)
def test_names_that_hold_a_hash(name: str, hashed: bool) -> None:
    assert bool(re.search(HASHED, f"/current/static/{name}")) is hashed


@pytest.mark.parametrize(
    "settings",
    [
        {"trusted": ["office"]},
        {"body_limit": "10 MB"},
        {"hsts_days": -1},
        {"tls": "1.1"},
        {"answer_timeout": 0},
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NginxSettings.model_validate(settings)


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
        (Answer(0, "app1=1 app2=1\n\n200", ""), True, "serves, 2 of 2 app servers up"),
        (Answer(0, "app1=0 app2=1\n\n200", ""), True, "serves, 1 of 2 app servers up"),
        (Answer(0, "app1=0 app2=0\n\n503", ""), False, "serves, but no app server is up (503)"),
        (Answer(0, "<title>502</title>\n502", ""), False, "serves, but no app server is up (502)"),
        (Answer(0, "\n403", ""), False, "answers 403"),
        (Answer(7, "\n000", "curl: (7) refused\n"), False, "does not serve: curl: (7) refused"),
    ],
)
def test_health(answer: Answer, healthy: bool, detail: str) -> None:
    view = site(edge(), web("web1"), app("app1", "app2"))
    (check,) = COMPONENT.checks(view.design.services["web"], "web1", view)
    health = check.read(answer)
    assert (health.healthy, health.detail) == (healthy, detail)


def test_a_door_is_asked_where_its_users_are() -> None:
    view = site(web("www", public=True), app("www"))
    (check,) = COMPONENT.checks(view.design.services["web"], "www", view)
    assert check.argv[-1] == "https://www.foobar.com:443/healthz"
    assert "www.foobar.com:443:192.0.2.1" in check.argv
