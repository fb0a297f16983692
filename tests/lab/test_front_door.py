"""A visitor comes to the site: from the name to the page, from the page to both databases, and no further."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable

import pytest

from colonnade.lab.furniture import RESOLVER
from tests.lab.site import Reply, Site, new_id, within

pytestmark = pytest.mark.lab

REPLICATION_SECONDS = 10
# Speaks to a database as the app on this machine does: with the URL and the certificate of its environment.
AS_THE_APP = """
import os, shlex, subprocess, sys
from urllib.parse import parse_qs, unquote, urlsplit

unit, variable, statement = sys.argv[1:]
show = ["systemctl", "show", "--property=EnvironmentFiles", "--value", unit]
file = subprocess.run(show, capture_output=True, text=True, check=True).stdout.split(" (")[0]
lines = [line.split("=", 1) for line in open(file).read().splitlines()]
url = urlsplit({name: shlex.split(value)[0] for name, value in lines}[variable])
tls = {name: values[0] for name, values in parse_qs(url.query).items()}
argv = ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--protocol=tcp",
    f"--host={url.hostname}", f"--port={url.port}", f"--user={unquote(url.username)}",
    *(f"--{name.replace('_', '-')}={value}" for name, value in tls.items()), "--ssl-verify-server-cert",
    url.path[1:], f"--execute={statement}"]
os.execvpe(argv[0], argv, {**os.environ, "MYSQL_PWD": unquote(url.password)})
"""


def test_the_resolver_leads_to_the_door(site: Site) -> None:
    resolver = str(site.lab.addresses(RESOLVER.name)["outside"])
    name = site.design.site
    asked = site.client(["kdig", f"@{resolver}", "+short", "+timeout=2", name, "A"]).stdout.split()
    assert asked == list(site.public(site.door))
    found = site.client(["getent", "ahostsv4", name]).stdout.split()
    assert found[0] == asked[0]


def test_the_name_servers_know_their_zone_and_nothing_else(site: Site) -> None:
    (address,) = site.public(site.door)

    def header(name: str, *options: str) -> str:
        return site.client(["kdig", f"@{address}", "+timeout=2", *options, name]).stdout

    assert "status: NOERROR" in header(site.design.site)
    assert "Flags: qr aa" in header(site.design.site)
    assert "status: REFUSED" in header("www.example.org")
    assert site.design.site not in header(site.design.site.split(".", 1)[1], "AXFR").replace(";;", "")


def test_https_is_verified_with_our_ca_and_fails_without(site: Site) -> None:
    page = site.get("/")
    assert (page.status, page.headers["content-type"].split(";")[0]) == (200, "text/html"), page.error
    (address,) = site.public(site.door)
    argv = ["curl", "-sS", "--resolve", f"{site.design.site}:443:{address}", f"{site.url}/"]
    nobody_told_it = site.on(RESOLVER.name, argv)
    assert nobody_told_it.returncode == 60
    assert "unable to get local issuer certificate" in nobody_told_it.stderr
    other_name = site.curl("https://www.example.org/", "--connect-to", f"::{address}:443")
    assert "no alternative certificate subject name matches" in other_name.error


def test_plain_http_only_says_where_the_site_is(site: Site) -> None:
    for path in ("/", "/api/whoami?x=%2F"):
        moved = site.curl(f"http://{site.design.site}{path}")
        assert (moved.status, moved.headers["location"]) == (308, f"{site.url}{path}")
    posted = site.curl(f"http://{site.design.site}/api/entries", "--json", "{}")
    assert (posted.status, posted.headers["location"]) == (308, f"{site.url}/api/entries")


def test_twenty_requests_alternate_between_the_web_servers(site: Site) -> None:
    done = site.client(["curl", "-sS", "--fail", "--max-time", "30", f"{site.url}/api/whoami?[1-20]"])
    assert done.returncode == 0, done.stderr
    answers = [json.loads(part + "}") for part in done.stdout.split("}") if part.strip()]
    webs = [answer["web"] for answer in answers]
    assert set(webs[:2]) == set(site.machines("nginx"))
    assert webs == webs[:2] * 10
    pairs = Counter((answer["web"], answer["app"]) for answer in answers)
    drawn = site.service("nginx").links[0].pairs
    assert set(pairs) == set(drawn or pairs)
    print("served:", pairs, Counter(answer["database"] for answer in answers))


def test_what_is_written_is_stored_once_and_read_through_the_other_app_server(site: Site) -> None:
    entry = new_id()
    first = site.post(entry, "as first told")
    assert (first.status, first.json["text"]) == (201, "as first told"), first
    again = site.post(entry, "told again")
    assert (again.status, again.json["text"]) == (200, "as first told")

    def through_another() -> Reply | None:
        reply = site.get(f"/api/entries/{entry}")
        return reply if reply.served_by["app"] != first.served_by["app"] else None

    found = within(10, through_another, "only one app server answers")
    assert (found.status, found.json["text"]) == (200, "as first told")
    assert first.served_by["database"] == site.databases()[0]


def test_reads_come_from_the_replica(site: Site) -> None:
    replicas = set(site.databases()[1:])
    served = {site.get("/api/entries?limit=1").served_by["database"] for _ in range(4)}
    assert served <= replicas


def test_the_replica_follows_by_gtid_over_tls(site: Site) -> None:
    primary, replica = site.databases()
    rows = site.sh(replica, "mariadb --execute='SHOW REPLICA STATUS\\G'")
    lines = [line.partition(":") for line in rows.splitlines()]
    facts = {name.strip(): value.strip() for name, _, value in lines}
    assert facts["Master_Host"] == primary
    assert (facts["Slave_IO_Running"], facts["Slave_SQL_Running"]) == ("Yes", "Yes")
    assert facts["Using_Gtid"] in {"Slave_Pos", "Current_Pos"}
    assert (facts["Master_SSL_Allowed"], facts["Master_SSL_Verify_Server_Cert"]) == ("Yes", "Yes")
    assert (facts["Last_IO_Errno"], facts["Last_SQL_Errno"]) == ("0", "0")
    seen = site.sh(primary, 'ss --tcp --numeric --no-header state established "sport = 3306"')
    assert site.inside(replica) in seen


def test_the_replica_has_what_the_primary_has(site: Site) -> None:
    entry = new_id()
    assert site.post(entry).status == 201
    _, replica = site.databases()
    query = f"SELECT COUNT(*) FROM app.entries WHERE id='{entry}'"
    count = f'mariadb --batch --skip-column-names --execute="{query}"'
    within(REPLICATION_SECONDS, lambda: site.sh(replica, count) == "1", "the replica lacks the new entry")


def test_as_the_app_one_can_not_write_on_the_replica(site: Site) -> None:
    entry = new_id()
    write = f"INSERT INTO entries (id, text) VALUES ('{entry}', 'past the primary')"
    primary, replica = site.databases()
    for app in site.machines("app"):
        ask = as_the_app(site, app)
        assert ask("DATABASE_REPLICA_URL", "SELECT @@hostname") == (0, replica)
        assert ask("DATABASE_URL", "SELECT @@hostname") == (0, primary)
        code, said = ask("DATABASE_REPLICA_URL", write)
        assert code != 0
        assert "ERROR 1290" in said
    assert not site.remembers(entry)


def test_the_app_may_not_do_more_than_an_app_needs(site: Site) -> None:
    ask = as_the_app(site, site.machines("app")[0])
    for statement in (
        "SET GLOBAL read_only = ON",
        "SELECT * FROM mysql.global_priv",
        "CREATE DATABASE other",
    ):
        code, said = ask("DATABASE_URL", statement)
        assert code != 0, statement
        assert "denied" in said


def as_the_app(site: Site, machine: str) -> Callable[[str, str], tuple[int, str]]:
    """Runs a statement by the database URL in a variable of the app's environment: (exit code, output)."""
    unit = f"colonnade-{site.service('app').name}.service"

    def ask(variable: str, statement: str) -> tuple[int, str]:
        done = site.on(machine, ["python3", "-", unit, variable, statement], stdin=AS_THE_APP)
        return done.returncode, (done.stdout + done.stderr).strip()

    return ask


def test_what_a_visitor_claims_of_himself_is_not_believed(site: Site) -> None:
    forged = {
        "X-Colonnade-Web": "forged",
        "X-Colonnade-App": "forged",
        "X_Colonnade_Web": "forged",
        "X-Forwarded-For": "192.0.2.66",
        "X-Forwarded-Host": "forged.example",
        "X-Request-ID": "forged-id",
        "Forwarded": "for=192.0.2.66",
    }
    options = [word for name, value in forged.items() for word in ("--header", f"{name}: {value}")]
    reply = site.get("/api/whoami", *options)
    assert reply.status == 200
    assert reply.json["web"] in site.machines("nginx")
    assert reply.headers["x-request-id"] != "forged-id"
    assert "forged" not in f"{reply.headers} {reply.body}"
    client = str(site.lab.addresses("client")["outside"])
    web = reply.json["web"]
    request = reply.headers["x-request-id"]
    (logged,) = within(5, lambda: site.access_log(web, request), "no log of the request")
    assert client in logged
    assert "192.0.2.66" not in logged


@pytest.mark.parametrize(
    "path",
    [
        "/.colonnade/health",
        "/.colonnade/door",
        "/%2ecolonnade/health",
        "//.colonnade/health",
        "/.COLONNADE/health",
        "/metrics",
        "/%6detrics",
    ],
)
def test_what_machines_ask_each_other_is_not_for_visitors(site: Site, path: str) -> None:
    assert site.get(path, "--path-as-is").status == 404


def test_the_door_holds_one_site(site: Site) -> None:
    assert site.get("/", "--header", "Host: www.example.org").status == 421


def test_the_page_shows_who_served_it(site: Site) -> None:
    page = site.get("/")
    for machine in page.served_by.values():
        assert machine in page.body


def test_the_site_answers_the_operators_computer_too(site: Site) -> None:
    """As `up` says at its end: with --resolve and the CA file it names."""
    status = site.status()
    (address,) = status["addresses"]
    argv = ["curl", "-sS", "--max-time", "10", "--cacert", str(site.folder / status["ca"])]
    argv += ["--resolve", f"{site.design.site}:443:{address}", status["url"]]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert "<html" in done.stdout
    assert status["healthy"]
    assert all(m["reachable"] for m in status["machines"])


def test_how_long_it_took(site: Site, record_property: Callable[[str, object], None]) -> None:
    record_property("seconds: the first up of the distributed site", round(site.up_seconds, 1))
    memory = {name: round(s.memory / 2**20) for name, s in site.lab.status().items()}
    record_property(f"MiB of memory in all: {memory}", sum(memory.values()))
