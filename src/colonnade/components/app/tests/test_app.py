"""What an app machine is told to be, for the designs people draw."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from colonnade.components.app.checks import Reading
from colonnade.components.app.component import COMPONENT, PACKAGE
from colonnade.components.app.environment import environment_file, variable
from colonnade.components.app.places import Places
from colonnade.components.app.settings import AppSettings
from colonnade.errors import DesignError
from colonnade.kit.builds import Part
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Audience, Claims, Offer, SecretNeed
from colonnade.kit.component import Component, Resources
from colonnade.kit.resources import Command, Directory, File, Resource, Symlink, Tree, Unit, User
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, External, Link, Machine, Position, Service
from colonnade.model.kinds import Kind, NoSettings
from colonnade.model.reading.words import Lexicon

BLOB = "0" * 64


class Database(Component[NoSettings]):
    kind = Kind("database", "database", replicated=True)

    def claims(self, service: Service, design: Design) -> Claims:
        secret = f"{service.name}/app"
        name = f"{service.name}.internal"
        facts = {"server_name": name, "user": "app", "secret": secret, "database": "site"}
        return Claims(
            offers=(Offer(service.name, "mysql", 3306, Audience.LINKS, "mysql", facts=facts),),
            secrets=(SecretNeed(secret),),
        )

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        return {}


class Web(Component[NoSettings]):
    kind = Kind("web", "web server")

    def claims(self, service: Service, design: Design) -> Claims:
        return Claims()

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        return {}


ROOMS: Mapping[str, Component[Any]] = {"app": COMPONENT, "database": Database(), "web": Web()}


def app(name: str = "app", *members: str, to: Sequence[str] = ("db",), **settings: Any) -> Service:
    chosen = AppSettings.model_validate(settings)
    links = tuple(Link(t) for t in to)
    return Service(name, "app", members or ("app1", "app2"), chosen, links, position=Position(5, 3))


def database(name: str = "db", *members: str) -> Service:
    return Service(name, "database", members or ("db1", "db2"), NoSettings())


def web(*members: str, to: Sequence[str] = ("app",)) -> Service:
    return Service("web", "web", members or ("web1",), NoSettings(), tuple(Link(t) for t in to))


def site(*services: Service, externals: Mapping[str, External] | None = None) -> Design:
    machines = dict.fromkeys(m for s in services for m in s.members)
    made = {m: Machine(m) for m in machines}
    return Design("www.example.org", {s.name: s for s in services}, made, externals or {}, path="site.yaml")


def stages_of(
    design: Design, machine: str = "app1", service: str = "app"
) -> Mapping[Stage, Sequence[Resource]]:
    return COMPONENT.resources(design.services[service], machine, view_of(design, ROOMS))


def everything(stages: Mapping[Stage, Sequence[Resource]]) -> list[Resource]:
    return [r for stage in sorted(stages) for r in stages[stage]]


def text_of(stages: Mapping[Stage, Sequence[Resource]], path: str) -> str:
    (file,) = [r for r in everything(stages) if isinstance(r, File) and r.path == path]
    return file.content.decode()


DRAWN = site(web("web1", "web2"), app(), database())
ONE = site(web("one"), app("app", "one", port=8100, env={"MOTTO": 'a $1 "day"'}), database("db", "one"))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/etc/colonnade/sidecar-app.cfg", "sidecar.cfg"),
        ("/etc/systemd/system/colonnade-app-sidecar.service", "sidecar.service"),
        ("/etc/systemd/system/colonnade-app.service", "app.service"),
        ("/etc/colonnade/app.env", "app.env"),
    ],
)
def test_the_drawn_site(path: str, name: str, golden: Callable[[str, str], None]) -> None:
    golden(name, text_of(stages_of(DRAWN), path))


def test_one_server_with_everything(golden: Callable[[str, str], None]) -> None:
    stages = stages_of(ONE, "one")
    golden("one-server-sidecar.cfg", text_of(stages, "/etc/colonnade/sidecar-app.cfg"))
    golden("one-server.env", text_of(stages, "/etc/colonnade/app.env"))


def test_an_app_that_nobody_and_nothing_is_linked_to_lets_nobody_in() -> None:
    config = text_of(stages_of(site(app(to=()))), "/etc/colonnade/sidecar-app.cfg")
    assert "    http-request deny deny_status 403\n" in config
    assert "listen" not in config
    assert "DATABASE" not in text_of(stages_of(site(app(to=()))), "/etc/colonnade/app.env")


def test_two_apps_on_one_machine_share_nothing() -> None:
    design = site(web(to=["app", "api"]), app(), app("api", "app1", port=8001), database())
    one, two = (everything(stages_of(design, "app1", name)) for name in ("app", "api"))
    ports = [
        {line.split(":")[1].split()[0] for line in text.splitlines() if "    bind " in line and ":" in line}
        for text in (
            text_of(stages_of(design, "app1", name), f"/etc/colonnade/sidecar-{name}.cfg")
            for name in ("app", "api")
        )
    ]
    assert ports == [{"9443", "3307", "3308"}, {"9444", "3327", "3328"}]
    paths = [{r.path for r in each if isinstance(r, File)} for each in (one, two)]
    assert paths[0] & paths[1] == {"/usr/lib/colonnade/run-process"}


def test_the_second_database_is_told_by_its_name() -> None:
    design = site(app(to=["db", "old-orders"]), database(), database("old-orders", "db3"))
    env = text_of(stages_of(design), "/etc/colonnade/app.env")
    assert 'OLD_ORDERS_URL="mysql://app:secret-of-old-orders/app@old-orders.internal:3309/site?' in env
    assert variable("old-orders") == "OLD_ORDERS"


def test_claims_follow_the_conventions() -> None:
    claims = COMPONENT.claims(DRAWN.services["app"], DRAWN)
    (offer,) = claims.offers
    assert (offer.port, offer.protocol, offer.audience) == (9443, "https", Audience.LINKS)
    assert dict(offer.facts) == {"server_name": "app.internal", "health": "/healthz", "static": "/static/"}
    need = claims.certificates[1]
    assert (need.id, need.unit, need.names, need.reader) == (
        "app-app2",
        "app",
        ("app2", "app.internal"),
        "colonnade-app",
    )
    assert [(a.machine, a.name, a.address) for a in claims.aliases] == [
        ("app1", "db.internal", "127.0.0.1"),
        ("app2", "db.internal", "127.0.0.1"),
    ]


@pytest.mark.parametrize(
    ("static", "parts"),
    [(None, (Part("static", "static"),)), ("dist", (Part("static", "dist", required=True),)), ("", ())],
)
def test_a_folder_of_its_own_for_what_anyone_may_have(static: str | None, parts: tuple[Part, ...]) -> None:
    service = replace(DRAWN.services["app"], settings=AppSettings(static=static))
    assert COMPONENT.builds(service).parts == parts


def test_the_release_step_runs_on_the_first_member_only() -> None:
    commands = {
        m: [r for r in everything(stages_of(DRAWN, m)) if isinstance(r, Command)] for m in ("app1", "app2")
    }
    assert [c.name for c in commands["app1"]] == ["release-app"]
    assert commands["app2"] == []


def test_a_database_is_within_reach_before_the_release_step() -> None:
    kinds = [type(r) for r in stages_of(DRAWN)[Stage.RELEASE]]
    assert kinds.index(Unit) < kinds.index(Command)


def test_a_new_release_moves_the_link_and_restarts_the_app_but_not_its_sidecar() -> None:
    old, new = view_of(DRAWN, ROOMS), replace(view_of(DRAWN, ROOMS), blobs={"app": "f" * 64})
    before, after = (everything(COMPONENT.resources(DRAWN.services["app"], "app1", v)) for v in (old, new))
    changed = {r.id for r in after} - {r.id for r in before} | {
        r.id for r in after for b in before if r.id == b.id and r != b
    }
    units = {r.name: r for r in after if isinstance(r, Unit)}
    assert "symlink:/opt/colonnade/app/current" in changed
    assert changed & set(units["colonnade-app.service"].restart_on)
    sidecar = units["colonnade-app-sidecar.service"]
    assert not changed & {*sidecar.restart_on, *sidecar.reload_on}


def test_every_file_stands_in_a_directory_that_is_there() -> None:
    """Those of Debian, those of the base and pki rooms, or one that comes before it in this room."""
    there = {"/etc/colonnade", "/etc/systemd/system", "/usr/lib", "/opt", "/var/lib"}
    for resource in everything(stages_of(DRAWN)):
        if isinstance(resource, Directory | File | Tree | Symlink):
            assert str(Path(resource.path).parent) in there, resource.id
        if isinstance(resource, Directory):
            there.add(resource.path)


def test_the_secret_file_is_secret_and_the_user_comes_with_the_certificates() -> None:
    stages = stages_of(DRAWN)
    (env,) = [r for r in everything(stages) if isinstance(r, File) and r.path.endswith(".env")]
    assert (env.mode, env.secret) == (0o600, True)
    assert "colonnade-app" in [r.name for r in stages[Stage.GROUND] if isinstance(r, User)]
    for resource in everything(stages):
        if resource is not env:
            assert "secret-of-" not in repr(resource)


def test_two_apps_on_one_machine_and_port_are_refused_at_their_line() -> None:
    design = site(app(), app("api", "app2"))
    with pytest.raises(
        DesignError, match=r"site\.yaml:5:3: app and api both listen on port 8000 of app2"
    ) as caught:
        COMPONENT.claims(design.services["api"], design)
    assert caught.value.problems[0].hint


def test_user_names_fit_and_stay_apart() -> None:
    names = {Places(name).user for name in ("app", "x" * 40, "x" * 41)}
    assert len(names) == 3
    assert all(len(name) <= 31 for name in names)


@pytest.mark.parametrize(
    "settings",
    [
        {"port": 80},
        {"health": "healthz"},
        {"health": "/a b"},
        {"env": {"PORT": "1"}},
        {"env": {"A-B": "1"}},
        {"env": {"A": "\0"}},
        {"static": "../elsewhere"},
        {"static": "/etc"},
        {"static_path": "/"},
        {"static_path": "/assets"},
        {"private": ["/static/plans"]},
        {"sauce": "./app"},
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AppSettings.model_validate(settings)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=40))
def test_the_shell_reads_the_environment_file_back_as_systemd_does(value: str) -> None:
    """systemd takes its quoting from the shell; within double quotes both leave these characters alone."""
    text = environment_file({"A": value}).decode()
    assert shlex.split(text.replace("\\$", "$").replace("\\`", "`")) == [f"A={value}"]


@pytest.mark.parametrize(
    ("answer", "healthy", "detail"),
    [
        (Answer(0, "app=1 db-writes=1 db-reads=2\n", ""), True, "serving"),
        (Answer(0, "app=0 db-writes=1 db-reads=2\n", ""), False, "the app does not answer /healthz"),
        (Answer(0, "app=1 db-writes=0 db-reads=1\n", ""), False, "no way to the primary of db"),
        (Answer(7, "", "curl: (7) …"), False, "its sidecar does not answer"),
    ],
)
def test_what_the_sidecar_says(answer: Answer, healthy: bool, detail: str) -> None:
    health = Reading("/healthz", ["db"]).read(answer)
    assert (health.healthy, health.detail) == (healthy, detail)


def run_process(tmp_path: Path, procfile: str | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    script, release = tmp_path / "run-process", tmp_path / "releases" / "1"
    release.mkdir(parents=True)
    script.write_bytes(render(PACKAGE, "run-process.j2"))
    if procfile is not None:
        (release / "Procfile").write_text(procfile)
    (tmp_path / "current").symlink_to(release)
    return subprocess.run(
        ["sh", str(script), *arguments],
        cwd=tmp_path / "current",
        env={"PORT": "8000", "PWD": str(tmp_path / "current")},
        capture_output=True,
        text=True,
        check=False,
    )


PROCFILE = "# mine\nrelease: true && echo migrated\r\nweb:  echo $PORT $PYTHONPATH\nwebhook: false\n"


def test_a_process_runs_in_its_release_with_its_dependencies(tmp_path: Path) -> None:
    done = run_process(tmp_path, PROCFILE, "web")
    release = tmp_path / "releases" / "1"
    assert (done.returncode, done.stdout) == (0, f"8000 {release}:{release}/.deps\n")
    assert run_process(tmp_path / "2", PROCFILE, "release").stdout == "migrated\n"


def test_a_procfile_without_the_line_says_so(tmp_path: Path) -> None:
    done = run_process(tmp_path, "release: true\n", "web")
    assert done.returncode == 78
    assert "has no line 'web: COMMAND'" in done.stderr
    assert run_process(tmp_path / "2", "web: true\n", "--optional", "release").returncode == 0
    assert run_process(tmp_path / "3", None, "web").returncode == 78


LABELS = """Application Server 1, App_Server2, AppServer, App runtime, PHP-FPM, uWSGI, gunicorn app server
Node.js backend, Django app, Ruby on Rails, FastAPI, Spring Boot app, Backend, API server, Tomcat, app-01"""


@pytest.mark.parametrize("label", LABELS.replace("\n", ", ").split(", "))
def test_words_people_draw_it_with(label: str) -> None:
    word = Lexicon.of({"app": COMPONENT.kind}).label(label)
    assert word is not None
    assert word.value == "app"


@pytest.mark.parametrize("label", ["Application files", "Web Server", "Happy users", "MySQL"])
def test_words_that_mean_something_else(label: str) -> None:
    word = Lexicon.of({"app": COMPONENT.kind}).label(label)
    assert word is None or word.value != "app"
