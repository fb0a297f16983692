"""The web tier: static files of the release, what is compressed for whom, app servers lost under load."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.readers import while_read
from tests.lab.site import Reply, Site, new_id, within

pytestmark = pytest.mark.lab

APP = Path(__file__).parent / "probe_app"
DESIGN = """
site: web.foobar.com
services:
  edge: {kind: haproxy, machines: [lb1], to: [web], trusted: [198.18.0.0/15]}
  web: {kind: nginx, machines: [web1, web2], to: [app]}
  app: {kind: app, machines: [app1, app2], source: app}
"""
STYLE = hashlib.sha256((APP / "static" / "plain.css").read_bytes()).hexdigest()[:12]
HASHED = f"/static/style.{STYLE}.css"
GAP = 2.0
"""Seconds that readers may wait when an app server is lost."""

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("web")
    shutil.copytree(APP, folder / "app")
    (folder / "site.yaml").write_text(DESIGN)
    with Site(folder / "site.yaml", "t-web", folder) as site:
        yield site


def lines_of(site: Site, machine: str, request: str) -> list[dict[str, Any]]:
    """The access log's, of one request."""
    return [json.loads(line) for line in site.access_log(machine, request)]


# Static files


def test_static_files_come_from_the_web_server(web: Site) -> None:
    reply = web.get("/static/plain.css")
    assert (reply.status, len(reply.body)) == (200, 3800)
    assert reply.headers["content-type"] == "text/css; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert "last-modified" not in reply.headers
    request = reply.headers["x-request-id"]
    found = within(5, lambda: [x for m in ("web1", "web2") for x in lines_of(web, m, request)], "no log")
    assert [(line["path"], line["app"]) for line in found] == [("/static/plain.css", "")]


def test_a_name_with_a_hash_is_for_ever(web: Site) -> None:
    assert web.get(HASHED).headers["cache-control"] == "public, max-age=31536000, immutable"


def test_both_web_servers_agree_on_a_files_tag(web: Site) -> None:
    tags = {web.get("/static/plain.css").headers["etag"] for _ in range(4)}
    assert len(tags) == 1
    assert web.get("/static/plain.css", "--header", f"If-None-Match: {tags.pop()}").status == 304


def test_parts_and_packed_copies(web: Site) -> None:
    part = web.get("/static/plain.css", "--range", "0-3")
    assert (part.status, part.body, part.headers["content-range"]) == (206, "body", "bytes 0-3/3800")
    packed = web.get("/static/plain.css", "--compressed")
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert int(packed.headers["content-length"]) < 200
    assert len(packed.body) == 3800


def test_what_is_no_static_file_is_asked_of_the_app(web: Site) -> None:
    assert web.get("/static/own.txt").body == "the app's own"
    assert web.get("/static/sub/module.mjs").headers["content-type"].startswith("text/javascript")
    for path in ("/static/nothing.css", "/static/sub/", "/static/"):
        assert web.get(path).body == "no such file"


@pytest.mark.parametrize("path", ["/static/.colonnade-tree", "/static/sub/.hidden"])
def test_hidden_files_are_nobodys(web: Site, path: str) -> None:
    assert web.get(path).status == 404


def test_links_lead_nowhere_and_no_code_is_on_a_web_server(web: Site) -> None:
    for machine in web.machines("nginx"):
        tree = "/srv/colonnade/app/current/static"
        web.sh(machine, f"ln -sfn /etc/hostname {tree}/link.txt; ln -sfn /etc {tree}/folder")
        try:
            assert web.get("/static/link.txt").body == "no such file"
            assert web.get("/static/folder/hostname").body == "no such file"
        finally:
            web.sh(machine, f"rm {tree}/link.txt {tree}/folder")
        assert web.sh(machine, "find / -xdev -name serve.py -o -xdev -name Procfile") == ""


def test_pages_of_the_last_release_find_their_files_after_the_next(web: Site) -> None:
    static = web.folder / "app" / "static"
    renamed = static / "style.0123456789ab.css"
    (static / Path(HASHED).name).rename(renamed)
    (static / "plain.css").write_text("p { margin: 1px }\n")
    old = web.get("/static/plain.css").headers["etag"]
    web.up()
    try:
        assert web.get("/static/style.0123456789ab.css").headers["cache-control"].endswith("immutable")
        assert len(web.get(HASHED).body) == 3800
        within(10, lambda: "1px" in web.get("/static/plain.css").body, "the old file is still given out")
        assert web.get("/static/plain.css").headers["etag"] != old
    finally:
        renamed.rename(static / Path(HASHED).name)
        shutil.copy(APP / "static" / "plain.css", static / "plain.css")
        web.up()
    assert web.changes() == []


# Answers of the app


@pytest.mark.parametrize(
    ("headers", "packed"),
    [
        ((), True),
        (("Cookie: session=1",), False),
        (("Authorization: Basic YTpi",), False),
        (("Cookie: session=1", "Sec-Fetch-Site: same-origin"), True),
        (("Cookie: session=1", "Sec-Fetch-Site: none"), True),
        (("Cookie: session=1", "Sec-Fetch-Site: cross-site"), False),
        (("Cookie: session=1", "Sec-Fetch-Site: same-site"), False),
        (("Sec-Fetch-Site: cross-site",), True),
    ],
)
def test_a_known_users_page_is_not_compressed_for_another_site(
    web: Site, headers: tuple[str, ...], packed: bool
) -> None:
    reply = web.get("/long", "--compressed", *(word for each in headers for word in ("--header", each)))
    assert (reply.status, "content-encoding" in reply.headers) == (200, packed)
    assert len(reply.body) == 10500


def test_the_visitors_own_address_goes_all_the_way(web: Site) -> None:
    reply = web.get("/seen?token=private", "--header", "X-Forwarded-For: 192.0.2.66")
    client, request = str(web.lab.addresses("client")["outside"]), reply.headers["x-request-id"]
    seen = reply.json["headers"]
    assert (seen["x-forwarded-for"], seen["x-request-id"]) == (client, request)
    machine = seen["x-colonnade-web"]
    (line,) = within(5, lambda: lines_of(web, machine, request), "no log")
    assert (line["client"], line["via"], line["path"]) == (client, web.inside("lb1"), "/seen")
    assert line["app"] == f"{web.inside(reply.json['app'])}:9443"


def test_a_large_body_is_refused_with_413(web: Site) -> None:
    web.sh("client", "head -c 11000000 /dev/zero > /tmp/large")
    assert web.get("/upload", "--data-binary", "@/tmp/large").status == 413


def test_the_access_log_is_not_for_everybody_and_stays_short(web: Site) -> None:
    folder = "/var/log/colonnade"
    log = f"{folder}/web-access.log"
    for machine in ("web1", "web2"):
        web.sh(
            machine, f"head -c 70000000 /dev/zero | tr '\\0' '\\n' >> {log}; systemctl start colonnade-logs"
        )
    modes = web.sh("web1", f"stat --format='%A %U:%G' {folder} {log} {log}.1.gz").splitlines()
    assert modes == ["drwxr-s--- root:adm", "-rw-r----- root:adm", "-rw-r----- root:adm"]
    request = web.get("/now").headers["x-request-id"]
    within(5, lambda: [x for m in ("web1", "web2") for x in lines_of(web, m, request)], "no log")
    assert int(web.sh("web1", f"stat --format=%s {log}")) < 1_000_000


# App servers are lost under load

PATHS = ("/now", "/now?wait=0.1", "/static/plain.css")


@pytest.mark.parametrize("fault", ["freeze", "kill"])
def test_a_lost_app_server_fails_no_reader(web: Site, fault: str, record_property: Record) -> None:
    (app, *_), lab = web.machines("app"), web.lab
    strike, heal = {"freeze": (lab.freeze, lab.thaw), "kill": (lab.kill, lab.start)}[fault]
    try:
        log = while_read(web, 12, PATHS, lambda: strike(app))
    finally:
        heal(app)
        within(30, lambda: all_apps_up(web), f"{app} is not back")
    record_property(f"seconds: the slowest GET when {app} is lost by {fault}", round(log.slowest, 2))
    record_property(f"seconds: the longest gap when {app} is lost by {fault}", round(log.longest_gap, 2))
    assert not log.failed
    assert log.slowest <= GAP
    assert len(log.visits) > 500


def all_apps_up(site: Site) -> bool:
    """The watches say so, and nginx believes it, which first tries one that was lost with single requests."""
    details = [m["detail"] for s in site.status()["services"] if s["name"] == "web" for m in s["members"]]
    serving = {site.get("/now").json["app"] for _ in range(4)}
    known = all(detail == "serves, 2 of 2 app servers up" for detail in details)
    return known and serving == set(site.machines("app"))


@pytest.mark.parametrize("fault", ["freeze", "kill"])
def test_a_slow_page_outlives_the_machine_that_worked_on_it(web: Site, fault: str) -> None:
    (app, *_), lab = web.machines("app"), web.lab
    strike, heal = {"freeze": (lab.freeze, lab.thaw), "kill": (lab.kill, lab.start)}[fault]
    replies: list[Reply] = []
    asking = [threading.Thread(target=lambda: replies.append(web.get("/report?wait=5"))) for _ in range(6)]
    for each in asking:
        each.start()
    try:
        within(10, lambda: busy(web, app) > 0, "nobody asks")
        strike(app)
        for each in asking:
            each.join()
    finally:
        heal(app)
        within(30, lambda: all_apps_up(web), f"{app} is not back")
    assert [reply.status for reply in replies] == [200] * 6
    assert {reply.json["app"] for reply in replies} == {"app2"}


def busy(site: Site, app: str) -> int:
    """How many requests the app works on there, one from its sidecar's check perhaps among them."""
    return int(json.loads(site.sh(app, "curl -sS http://127.0.0.1:8000/"))["at_work"]) - 1


def test_a_slow_page_is_asked_for_once(web: Site) -> None:
    """Nobody loses patience with an app server that works, as long as `answer_timeout` allows it."""
    entry = new_id()
    assert web.get("/report?wait=20", "--max-time", "30", "--data", entry).status == 200
    assert counted(web)[entry] == 1


def test_what_was_posted_is_never_sent_twice(web: Site, record_property: Record) -> None:
    """Half of it is on its way to a machine that stands still, and that does it when it goes on."""
    app, entries = web.machines("app")[0], [new_id() for _ in range(20)]
    posts = [web_post(web, entry) for entry in entries]
    for each in posts:
        each.start()
    within(10, lambda: busy(web, app) > 4, "nobody asks")
    web.lab.freeze(app)
    for each in posts:
        each.join()
    web.lab.thaw(app)
    within(30, lambda: all_apps_up(web), f"{app} is not back")
    times = counted(web)
    record_property("of 20 posts in a freeze, served", sum(times[entry] for entry in entries))
    assert max(times[entry] for entry in entries) == 1


def web_post(site: Site, entry: str) -> threading.Thread:
    return threading.Thread(target=lambda: site.get("/post?wait=3", "--data", entry))


def counted(site: Site) -> Counter[str]:
    """How often each body came to an app server."""
    ask = "curl -sS http://127.0.0.1:8000/"
    found: Counter[str] = Counter()
    for app in site.machines("app"):
        found.update(json.loads(site.sh(app, ask))["seen"])
    return found


def test_only_what_is_safe_shares_connections_to_the_app(web: Site) -> None:
    """In turn, so that each post finds connections that were left open."""
    gets, posts = zip(
        *((web.get("/now").json, web.get("/now", "--data", new_id()).json) for _ in range(10)), strict=True
    )
    assert max(get["requests"] for get in gets) > 1
    assert {post["requests"] for post in posts} == {1}
    assert {post["headers"]["connection"] for post in posts} == {"close"}


def test_an_app_that_closes_a_connection_just_then_fails_no_reader(web: Site) -> None:
    for _ in range(4):
        web.get("/now")
    assert Counter(web.get("/fickle").status for _ in range(20)) == {200: 20}


def test_a_slow_page_is_in_the_journal_of_every_hop(web: Site) -> None:
    reply = web.get("/now?wait=1.2")
    request, app = reply.headers["x-request-id"], reply.json["app"]
    machine = reply.json["headers"]["x-colonnade-web"]
    for hop, unit in (("lb1", "haproxy"), (machine, "nginx"), (app, "colonnade-app-sidecar")):
        argv = ["journalctl", "--quiet", "--output=cat", f"--unit={unit}", f"--grep={request}"]
        within(5, lambda: web.on(hop, argv).stdout, f"not told by {unit}")  # noqa: B023


def test_reloads_fail_no_reader(web: Site, record_property: Record) -> None:
    """Of nginx, on both machines in turn; and its watch is killed."""
    reload = "systemctl kill -s KILL colonnade-web-watch; for i in $(seq 20); do systemctl reload nginx; done"

    def storm() -> None:
        for machine in web.machines("nginx"):
            web.sh(machine, reload)

    log = while_read(web, 15, PATHS, storm, readers=4)
    record_property("seconds: the slowest GET in 40 reloads of the web tier", round(log.slowest, 2))
    assert not log.failed
