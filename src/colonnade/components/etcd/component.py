"""The voters: etcd, where leadership is decided and kept. Asked by the catalog like every room."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from colonnade.kit.checks import Answer, Check, Health
from colonnade.kit.claims import CA_FILE, Audience, CertificateNeed, Claims, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.programs import program
from colonnade.kit.resources import Command, Directory, File, Resource, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind, NoSettings

PACKAGE = "colonnade.components.etcd"
CLIENT_PORT, PEER_PORT = 2379, 2380
"""Registered with IANA for etcd."""
DROP_INS = "/etc/systemd/system/etcd.service.d"
FOLDER = "/etc/colonnade/etcd"
PROGRAM = "/usr/lib/colonnade/voter"
COMPILES = "import ast, sys; ast.parse(open(sys.argv[1]).read())"
STATE = "/var/lib/etcd"
DATA = f"{STATE}/voter"
MAY_BEGIN = f"{STATE}/may-begin"


class Etcd(Component[NoSettings]):
    kind = Kind(
        name="etcd",
        title="etcd",
        words=(
            r"etcd( (cluster|server|node|voter|member))?",
            r"(quorum|consensus)( (store|node|voter))?",
            r"voter",
        ),
        tier=3,
        shape="cylinder",
        votes=True,
    )
    packages = ("etcd-client", "etcd-server")

    def claims(self, service: Service, design: Design) -> Claims:
        del design
        facts = {"server_name": f"{service.name}.internal"}
        return Claims(
            offers=(
                Offer(service.name, "client", CLIENT_PORT, Audience.LINKS, "etcd", facts=facts),
                # A voter that joins asks the others as a client does.
                Offer(service.name, "members", CLIENT_PORT, Audience.PEERS, "etcd"),
                Offer(service.name, "peers", PEER_PORT, Audience.PEERS, "etcd-raft"),
            ),
            certificates=tuple(certificate(service, machine) for machine in service.members),
        )

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        return {Stage.DATA: (*voter(service, machine, view), *upkeep(service, machine, view))}

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        ask = (*etcdctl(service, machine, view), "endpoint", "status", "--write-out=json")
        return (Check(service.name, ask, read_status(len(service.members))),)


def voter(service: Service, machine: str, view: View) -> tuple[Resource, ...]:
    """The program, what it is told, and the unit. Never reloaded: etcd reads its certificates anew by
    itself.
    """
    environment = settings(service, machine, view)
    drop_in = File(
        f"{DROP_INS}/colonnade.conf",
        render(PACKAGE, "etcd.service.conf.j2", program=PROGRAM, folder=FOLDER, state=STATE),
    )
    return (
        Directory("/usr/lib/colonnade"),
        File(PROGRAM, program("voter"), validate=("python3", "-I", "-c", COMPILES, "{staged}")),
        Directory(FOLDER),
        environment,
        # Who the others are counts only for a voter without data: a change of it restarts nobody.
        others(service, machine, view),
        Directory(DROP_INS),
        drop_in,
        Directory(STATE, mode=0o700, owner="etcd", group="etcd"),
        Command(
            "voter may begin a cluster",
            check=("sh", "-c", f"test -d {DATA}/member || test -e {MAY_BEGIN}"),
            fix=("touch", MAY_BEGIN),
        ),
        Unit("etcd.service", restart_on=(environment.id, drop_in.id), ready_seconds=60),
    )


def settings(service: Service, machine: str, view: View) -> File:
    content = render(
        PACKAGE,
        "voter.env.j2",
        service=service.name,
        machine=machine,
        url=f"https://{view.addresses(machine).inside}",
        client_port=CLIENT_PORT,
        peer_port=PEER_PORT,
        files=certificate(service, machine).files,
        ca=CA_FILE,
        data=DATA,
    )
    return File(f"{FOLDER}/voter.env", content, mode=0o600)


def others(service: Service, machine: str, view: View) -> File:
    """What `colonnade_agent.voter` reads."""
    files = certificate(service, machine).files
    urls = {m: f"https://{view.addresses(m).inside}" for m in service.members}
    told = {
        "name": machine,
        "peers": {m: f"{url}:{PEER_PORT}" for m, url in urls.items()},
        "clients": {m: f"{url}:{CLIENT_PORT}" for m, url in urls.items()},
        "tls": [f"--cacert={CA_FILE}", f"--cert={files.chain}", f"--key={files.key}"],
        "may_begin": MAY_BEGIN,
    }
    return File(f"{FOLDER}/voter.json", json.dumps(told, indent=1).encode() + b"\n")


def upkeep(service: Service, machine: str, view: View) -> tuple[Resource, ...]:
    """Who has left the design leaves the cluster; room is given back weekly, a voter at a time."""
    ask = etcdctl(service, machine, view)
    names = ("etcd-defragment.service", "etcd-defragment.timer")
    minutes = 10 * service.members.index(machine)
    units = tuple(
        File(f"/etc/systemd/system/{name}", render(PACKAGE, f"{name}.j2", ask=ask, minutes=minutes))
        for name in names
    )
    found: list[Resource] = [*units, Unit(names[1], restart_on=(units[1].id,))]
    if machine == service.members[0]:
        leave = render(PACKAGE, "members.sh.j2", ask=ask, members=sorted(service.members)).decode()
        found.append(
            Command(
                "voters are those of the design",
                check=("sh", "-c", leave, "sh", "list"),
                fix=("sh", "-c", leave, "sh", "remove"),
                expect="not in the design: none",
                timeout=300,
            )
        )
    return tuple(found)


def etcdctl(service: Service, machine: str, view: View) -> tuple[str, ...]:
    """Asks this machine's own voter, as itself."""
    files = certificate(service, machine).files
    return (
        *("etcdctl", f"--endpoints=https://{view.addresses(machine).inside}:{CLIENT_PORT}"),
        *(f"--cacert={CA_FILE}", f"--cert={files.chain}", f"--key={files.key}"),
        *("--dial-timeout=2s", "--command-timeout=3s"),
    )


def certificate(service: Service, machine: str) -> CertificateNeed:
    """For both ends: etcd's own gateway is a client of the voter it belongs to."""
    return CertificateNeed(
        f"{service.name}-{machine}",
        common_name=machine,
        unit=service.name,
        machines=(machine,),
        names=(machine, f"{service.name}.internal"),
        addresses_of=(machine,),
        reader="etcd",
    )


def read_status(voters: int) -> Callable[[Answer], Health]:
    """Reads `etcdctl endpoint status`, which needs no leader to answer."""

    def read(answer: Answer) -> Health:
        if answer.exit != 0:
            lines = answer.stderr.strip().splitlines()
            return Health(False, lines[-1] if lines else f"etcdctl ended with {answer.exit}")
        status: dict[str, Any] = json.loads(answer.stdout)[0]["Status"]
        if errors := status.get("errors"):
            return Health(False, "; ".join(errors))
        leader = status.get("leader", 0)
        if not leader:
            return Health(False, f"no leader: fewer than {voters // 2 + 1} of {voters} voters agree")
        leads = leader == status["header"]["member_id"]
        megabytes = status["dbSize"] / 1e6
        detail = f"{'leads' if leads else 'follows'} in term {status['raftTerm']}, {megabytes:.1f} MB"
        return Health(True, detail, "leader" if leads else "follower")

    return read


COMPONENT = Etcd()
