"""Someone got into one machine, or stands outside, and tries every door: only what the design draws opens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from colonnade.kit.flows import OPERATOR, PUBLIC
from colonnade.lab.furniture import CLIENT, RESOLVER
from tests.lab.site import Site, environment

pytestmark = pytest.mark.lab

HOST = "this computer"
OUTSIDE = (CLIENT.name, RESOLVER.name, HOST)
SCANNER = Path(__file__).with_name("scanner.py").read_text()
WELL_KNOWN = (
    21,
    22,
    23,
    25,
    53,
    80,
    111,
    123,
    161,
    443,
    2019,
    2379,
    2380,
    3000,
    4369,
    5432,
    6379,
    8080,
    9090,
    9100,
)
EVERY_PORT = ((1, 65535),)
SECONDS = 2.5
"""How long a probe waits: a first SYN that is lost is sent again after one second."""

SECONDS_OF_ALL = 1.2
"""The same for each lot of many thousand ports, all of which but a few stay silent."""

Ports = Sequence[tuple[int, int]]
"""(first, last)"""

Reached = set[tuple[str, str, int, str]]
"""(source, target address, port, transport)"""


def scan(site: Site, source: str, ports: Ports, addresses: Sequence[str], name: str = "") -> Reached:
    seconds = SECONDS_OF_ALL if ports == EVERY_PORT else SECONDS
    asked = json.dumps({"addresses": addresses, "ports": ports, "seconds": seconds, "name": name})
    if source == HOST:
        argv = [sys.executable, "-", asked]
        done = subprocess.run(
            argv, input=SCANNER, capture_output=True, text=True, timeout=60, check=False, env=environment()
        )
    else:
        done = site.on(source, ["python3", "-", asked], stdin=SCANNER, timeout=120)
    assert done.returncode == 0, f"{source}: {done.stderr}"
    return {(source, address, port, transport) for address, port, transport, _ in json.loads(done.stdout)}


def drawn(site: Site) -> Reached:
    """What the design allows between two hosts: public ports at public addresses, all else inside."""
    found: Reached = set()
    for flow in site.flows:
        if flow.source == PUBLIC:
            found |= {(s, a, flow.port, flow.transport) for s in OUTSIDE for a in site.public(flow.target)}
        else:
            source = HOST if flow.source == OPERATOR else flow.source
            found.add((source, site.inside(flow.target), flow.port, flow.transport))
    return found


def listening(site: Site) -> set[int]:
    """Every port on which anything listens on any machine, on whatever address."""
    script = "ss --listening --tcp --udp --numeric --no-header | awk '{print $5}'"
    lines = [line for m in site.design.machines for line in site.sh(m, script).splitlines()]
    return {int(line.rsplit(":", 1)[1]) for line in lines}


def told(reached: Reached, site: Site) -> list[str]:
    names = {a: m for m in site.design.machines for a in (site.inside(m), *site.public(m))}
    return sorted(f"{source} -> {names[address]} ({address}) {port}/{transport}"
                  for source, address, port, transport in reached)  # fmt: skip


def test_from_every_machine_to_every_other_only_drawn_flows_connect(
    site: Site, record_property: Callable[[str, object], None]
) -> None:
    offered = {flow.port for flow in site.flows}
    ports = sorted(listening(site) | offered | set(WELL_KNOWN))
    assert offered <= listening(site)
    sources = (*site.design.machines, *OUTSIDE)

    def others(source: str) -> list[str]:
        every = [m for m in site.design.machines if m != source]
        return [a for m in every for a in (site.inside(m), *site.public(m))]

    with ThreadPoolExecutor(3) as pool:
        single = [(port, port) for port in ports]
        scans = pool.map(lambda s: scan(site, s, single, others(s), site.design.site), sources)
        reached = set().union(*scans)
    record_property("probes in the matrix", sum(len(others(s)) * (len(ports) + 1) for s in sources))
    assert told(reached - drawn(site), site) == []
    assert told(drawn(site) - reached, site) == []


def test_of_all_ports_of_the_primary_an_app_server_reaches_one(site: Site) -> None:
    primary = site.inside(site.databases()[0])
    app = site.machines("app")[0]
    assert scan(site, app, EVERY_PORT, [primary]) == {
        (app, primary, f.port, "tcp")
        for f in site.flows
        if (app, primary) == (f.source, site.inside(f.target))
    }


def test_of_all_ports_of_the_door_a_visitor_reaches_the_public_ones(site: Site) -> None:
    (address,) = site.public(site.door)
    found = scan(site, CLIENT.name, EVERY_PORT, [address])
    public = {f.port for f in site.flows if f.source == PUBLIC and f.transport == "tcp"}
    assert {port for _, _, port, _ in found} == public


def test_a_program_that_opens_a_port_of_its_own_is_not_reached(site: Site) -> None:
    port, targets = 34567, (site.door, site.machines("app")[0], site.machines("mariadb")[0])
    ask = f"curl -s -o /dev/null --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:{port}/"
    try:
        for target in targets:
            site.sh(target, f"systemd-run --quiet --collect --unit=t-open python3 -m http.server {port}")
        for target in targets:
            site.sh(target, ask)
        addresses = [a for target in targets for a in (site.inside(target), *site.public(target))]
        for source in (site.machines("nginx")[0], CLIENT.name, HOST):
            assert told(scan(site, source, [(port, port)], addresses), site) == []
    finally:
        for target in targets:
            site.on(target, ["systemctl", "stop", "t-open"])


def hops(site: Site) -> Iterator[tuple[str, str, str, int]]:
    """(from machine, to machine, its service, port) of one drawn hop to each kind that speaks mutual TLS."""
    for kind in ("nginx", "app"):
        service = site.service(kind)
        flow = next(
            f
            for f in site.flows
            if f.target in service.members
            and f.source in site.design.machines
            and f.why.split(" -> ")[1].startswith(f"{service.name} ")
        )
        yield flow.source, flow.target, service.name, flow.port


def answer(site: Site, source: str, *options: str) -> tuple[int, str]:
    """curl's exit code and the status it was given ('000' for none)."""
    ask = ["curl", "-s", "-o", "/dev/null", "--max-time", "10", "--write-out", "%{http_code}", *options]
    done = site.on(source, ask)
    return done.returncode, done.stdout


def own_certificate(site: Site, machine: str, kind: str) -> tuple[str, ...]:
    folder = f"/etc/colonnade/pki/{site.service(kind).name}-{machine}"
    return ("--cert", f"{folder}/chain.pem", "--key", f"{folder}/key.pem")


def test_between_machines_only_the_drawn_service_with_its_certificate_is_heard(site: Site) -> None:
    for source, target, service, port in hops(site):
        name = f"{service}.internal"
        at = ("--resolve", f"{name}:{port}:{site.inside(target)}")
        url, ca = f"https://{name}:{port}/api/whoami", ("--cacert", "/etc/colonnade/pki/ca.pem")
        source_kind = next(s.kind for s in site.design.on(source) if s.link_to(service))
        own = own_certificate(site, source, source_kind)

        assert answer(site, source, *at, *ca, *own, url) == (0, "200"), f"{source} -> {target} is drawn"
        assert answer(site, source, *at, f"http://{name}:{port}/")[1] in {"000", "400"}, "plain HTTP"
        assert answer(site, source, *at, *ca, url)[1] in {"000", "400"}, "no certificate"
        assert answer(site, source, *at, *ca, *strangers_certificate(site, source), url)[1] == "403"
        assert answer(site, source, *at, *ca, *self_made_certificate(site, source), url)[1] in {"000", "400"}
        assert answer(site, source, *at, *own, url) == (60, "000"), (
            "its own certificate is not of a public CA"
        )


def strangers_certificate(site: Site, machine: str) -> tuple[str, ...]:
    """A good certificate of the site, of a service that no arrow leads from: the replica's, stolen."""
    replica = site.databases()[-1]
    folder = f"/etc/colonnade/pki/{site.service('mariadb').name}-{replica}"
    return _placed(site, machine, *(site.sh(replica, f"cat {folder}/{f}.pem") for f in ("chain", "key")))


def self_made_certificate(site: Site, machine: str) -> tuple[str, ...]:
    """Says all the right things, but another CA says so."""
    service = next(s for s in site.design.on(machine) if s.links)
    site.sh(
        machine,
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 2>/dev/null"
        f" -subj '/OU={service.name}/CN={machine}' -keyout /run/t-self.key -out /run/t-self.pem",
    )
    return ("--cert", "/run/t-self.pem", "--key", "/run/t-self.key")


def _placed(site: Site, machine: str, chain: str, key: str) -> tuple[str, ...]:
    site.lab.put(machine, "/run/t-chain.pem", f"{chain}\n".encode())
    site.lab.put(machine, "/run/t-key.pem", f"{key}\n".encode(), 0o600)
    return ("--cert", "/run/t-chain.pem", "--key", "/run/t-key.pem")


def test_the_database_lets_no_one_in_without_tls_certificate_and_password(site: Site) -> None:
    app, (primary, replica) = site.machines("app")[0], site.databases()
    environment_file = f"/etc/colonnade/{site.service('app').name}.env"
    password = site.sh(app, f"sed -n 's,^DATABASE_URL=\"mysql://app:\\([^@]*\\)@.*,\\1,p' {environment_file}")
    assert password
    assert password not in site.sh(app, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    folder = f"/etc/colonnade/pki/{site.service('app').name}-{app}"
    certificate = (
        f"--ssl-ca=/etc/colonnade/pki/ca.pem --ssl-cert={folder}/chain.pem --ssl-key={folder}/key.pem"
    )
    host = f"mariadb --no-defaults --protocol=tcp --host={site.inside(primary)} --user=app"

    def tries(options: str, word: str) -> tuple[int, str]:
        command = f"MYSQL_PWD='{word}' {host} {options} --execute='SELECT 1'"
        done = site.on(app, ["sh", "-c", command])
        return done.returncode, done.stderr

    good = f"{certificate} --ssl-verify-server-cert"
    assert tries(good, password)[0] == 0
    for options, word, said in (
        ("--skip-ssl", password, "denied|insecure transport"),
        ("--ssl --skip-ssl-verify-server-cert", password, "denied"),
        (good, "wrong", "denied"),
    ):
        code, words = tries(options, word)
        assert code != 0, options
        assert any(part in words for part in said.split("|")), words
    elsewhere = site.on(replica, ["sh", "-c", f"MYSQL_PWD='{password}' {host} --execute='SELECT 1'"])
    assert "denied" in elsewhere.stderr, "the app's account is bound to the app's machines"


def test_the_machines_take_no_passwords_over_ssh(site: Site) -> None:
    for machine in site.design.machines:
        settings = site.sh(machine, "sshd -T").splitlines()
        assert {"passwordauthentication no", "kbdinteractiveauthentication no"} <= set(settings)


def test_keys_and_secrets_are_for_their_readers_only(site: Site) -> None:
    secret = "\\( -name 'key.pem' -o -name 'bundle.pem' -o -name '*.env' \\)"
    mode = f"find /etc/colonnade -type f {secret} -perm /007"
    for machine in site.design.machines:
        assert site.sh(machine, mode) == ""
        assert site.sh(machine, "find / -xdev -name ca.key 2>/dev/null; true") == ""
    state = site.folder / ".colonnade"
    assert state.stat().st_mode & 0o777 == 0o700
    readable = [p for p in state.rglob("*") if p.is_file() and p.stat().st_mode & 0o077]
    assert [p.name for p in readable if p.name not in {".gitignore", "lock"}] == []
