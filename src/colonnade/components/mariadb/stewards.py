"""Who leads is decided by the members themselves where there are voters: the steward on each machine, its
guard, and what both are told. Asked by the room, in place of roles that the design gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address
from typing import Any

from colonnade.components.mariadb.replication import PORT
from colonnade.components.mariadb.sql import PACKAGE
from colonnade.kit.checks import Answer, Check, Health
from colonnade.kit.claims import CA_FILE, Audience, CertificateFiles, Offer
from colonnade.kit.orders import Order
from colonnade.kit.programs import archive
from colonnade.kit.resources import Command, Directory, File, Resource, Unit
from colonnade.kit.templates import render
from colonnade.kit.view import Upstream, View
from colonnade.model.design import Service

API_PORT = 8008
"""Where Patroni listens by default, for the same questions."""
PROGRAM = "/usr/lib/colonnade/steward.pyz"
FOLDER = "/etc/colonnade/steward"
ORDER = f"{FOLDER}/order.json"
PASSWORD = f"{FOLDER}/replication"
RUNTIME = "/run/colonnade-steward"
ENVIRONMENT = f"{RUNTIME}/mariadbd.env"
"""Written by the steward for the moment of a start."""
GUARD = "/run/colonnade-steward-guard/guard.sock"
STEWARD, GUARD_UNIT = "colonnade-steward.service", "colonnade-steward-guard.service"
MARIADB = "mariadb.service"
ASK = ("python3", "-I", "-B", PROGRAM, ORDER)
"""Every question of `colonnade_agent.steward.asking` goes behind it."""
SETTLED_SECONDS = 180
RESTART_SECONDS = 900
SWITCH_SECONDS = 40
CAUGHT_UP_SECONDS = 60
SEMI_SYNC_TIMEOUT_MS = 31_536_000_000
"""A year. There is no endless one, and near the greatest number the server's clock arithmetic hangs."""


def elects(service: Service) -> bool:
    """Whether voters are asked who is the primary; else it is the first member."""
    return any(link.consults for link in service.links)


def offers(service: Service) -> list[Offer]:
    """Load balancers ask who takes writes; members promise one another, and copy data."""
    facts = {"server_name": f"{service.name}.internal"}
    return [
        Offer(service.name, "steward", API_PORT, Audience.LINKS, "steward", facts=facts),
        Offer(service.name, "stewards", API_PORT, Audience.PEERS, "steward"),
    ]


def variables() -> Mapping[str, str]:
    """What every start of the server begins with; the steward sets what its role needs."""
    names = ("read_only", "rpl_semi_sync_master_enabled", "rpl_semi_sync_slave_enabled")
    return dict(zip(names, ("ON", "OFF", "OFF"), strict=True))


def resources(
    service: Service,
    machine: str,
    view: View,
    *,
    user: str,
    password: str,
    files: CertificateFiles,
) -> tuple[Resource, ...]:
    program = File(PROGRAM, archive("steward"))
    told = order_of(service, machine, view, user=user, files=files)
    order = File(ORDER, json.dumps(told, indent=1).encode() + b"\n")
    secret = File(PASSWORD, password.encode() + b"\n", mode=0o600, secret=True)
    units = {
        name: File(f"/etc/systemd/system/{name}", render(PACKAGE, f"{name}.j2", **_words(service)))
        for name in (GUARD_UNIT, STEWARD)
    }
    watched = (program.id, order.id, secret.id)
    return (
        Directory("/usr/lib/colonnade"),
        program,
        Directory(FOLDER),
        order,
        secret,
        *units.values(),
        Unit(GUARD_UNIT, restart_on=(program.id, order.id, units[GUARD_UNIT].id)),
        Unit(STEWARD, restart_on=(*watched, *certificate(files), units[STEWARD].id), ready_seconds=60),
    )


def roles(files: CertificateFiles, server: Sequence[File]) -> tuple[Resource, ...]:
    """`server`: what mariadbd reads as it starts. The steward restarts it when that has changed, one member
    after the other, and never as primary while another member can be.
    """
    return (
        Unit(
            MARIADB,
            enabled=False,
            running=None,
            reload_on=certificate(files),
            restart_on=tuple(file.id for file in server),
            restart=(*ASK, "restart"),
            restart_seconds=RESTART_SECONDS,
        ),
        Command(
            "database leads or follows",
            check=(*ASK, "settled", "1"),
            fix=(*ASK, "settled", str(SETTLED_SECONDS)),
            timeout=SETTLED_SECONDS + 10,
        ),
    )


def certificate(files: CertificateFiles) -> tuple[str, ...]:
    """The ids of what the pki room writes."""
    return tuple(f"file:{path}" for path in (CA_FILE, files.chain, files.key))


def _words(service: Service) -> Mapping[str, str]:
    return {
        "service": service.name,
        "program": PROGRAM,
        "order": ORDER,
        "runtime": RUNTIME.removeprefix("/run/"),
        "guard": GUARD.removeprefix("/run/").partition("/")[0],
        "mariadb": MARIADB,
    }


def order_of(
    service: Service, machine: str, view: View, *, user: str, files: CertificateFiles
) -> Mapping[str, Any]:
    """What `colonnade_agent.steward.order` reads."""
    voters = _voters(service, machine, view)
    address = {member: view.addresses(member).inside for member in service.members}
    return {
        "cluster": service.name,
        "settings": {
            "name": machine,
            "members": list(service.members),
            "bootstrap": machine == service.members[0],
            "no_failover": machine in view.maintained,
        },
        "etcd": {
            "endpoints": [[target.address, target.port] for target in voters.targets],
            "server_name": voters.offer.facts["server_name"],
        },
        "files": {"ca": CA_FILE, "certificate": files.chain, "key": files.key},
        "listen": [address[machine], API_PORT],
        "peers": {member: [address[member], API_PORT] for member in service.members if member != machine},
        "server_name": f"{service.name}.internal",
        "clients": sorted({service.name, *view.clients(service.name)}),
        "guard": GUARD,
        "runtime": RUNTIME,
        "database": _database(service, machine, address, user, files),
    }


def _database(
    service: Service, machine: str, address: Mapping[str, str], user: str, files: CertificateFiles
) -> Mapping[str, Any]:
    """What `colonnade_agent.steward.mariadb.settings` reads."""
    members = {
        name: {"host": name, "address": at, "server_id": server_id(at), "port": PORT}
        for name, at in address.items()
    }
    return {
        "cluster": service.name,
        "member": machine,
        "members": members,
        "user": user,
        "password_file": PASSWORD,
        "ca": CA_FILE,
        "certificate": files.chain,
        "key": files.key,
        "unit": MARIADB,
        "runtime": RUNTIME,
    }


def server_id(address: str) -> int:
    return int(IPv4Address(address))


def _voters(service: Service, machine: str, view: View) -> Upstream:
    consulted = {link.to for link in service.links if link.consults}
    return next(u for u in view.upstreams(service, machine) if u.service.name in consulted)


def checks(service: Service, machine: str, view: View) -> Sequence[Check]:
    others = [m for m in service.members if m != machine and m not in view.maintained]
    return (Check(service.name, (*ASK, "status"), read_status(bool(others))),)


def leaving(machine: str) -> Sequence[Order]:
    """Another member leads before anything else is done: the apps do not notice."""
    purpose = "hand the role of the primary to another member, if it has it"
    return (Order(machine, (*ASK, "stand-down"), purpose, SWITCH_SECONDS, ready=(*ASK, "may-stand-down")),)


def returned(service: Service, machine: str, view: View) -> Sequence[Order]:
    """Nothing is as it was before another member has every commit."""
    if len([m for m in service.members if m not in view.maintained]) < 2:
        return ()
    wait = (*ASK, "caught-up", str(CAUGHT_UP_SECONDS))
    return (Order(machine, wait, "wait until a standby has every commit", CAUGHT_UP_SECONDS + 10),)


def read_status(others: bool) -> Callable[[Answer], Health]:
    """Reads what a steward knows. `others`: there are members that could take over."""

    def read(answer: Answer) -> Health:
        if answer.exit != 0:
            lines = answer.stderr.strip().splitlines()
            return Health(False, lines[-1] if lines else f"the steward's program ended with {answer.exit}")
        said = json.loads(answer.stdout)
        paused = ", paused" if said["paused"] else ""
        if said["primary"]:
            return _primary(said, paused, others)
        if said["behind_seconds"] is None:
            return Health(False, f"neither leads nor follows: {said['reason']}", "replica")
        part = "standby" if said["standby"] == said["name"] else "replica"
        detail = f"{part} of {said['leader']}, {said['behind_seconds']:.1f} s behind{paused}"
        return Health(True, detail, "replica")

    return read


def _primary(said: Mapping[str, Any], paused: str, others: bool) -> Health:
    term = f"primary in term {said['term']}"
    if said["standby"]:
        return Health(True, f"{term}, {said['standby']} has every commit{paused}", "primary")
    return Health(not others, f"{term}, alone: no member could take over{paused}", "primary")
