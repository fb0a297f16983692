"""The chain that Colonnade's is compared with: the same programs on the same machines, configured by hand.

`chain/` has its configurations. It speaks TLS wherever the site does, with the site's own certificates, and
leads to the same app; it has no logs, limits, headers or checks. It stands beside the site, on ports of its
own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from bench.process import CommandFailed
from colonnade.kit.claims import CA_FILE, PKI
from colonnade.lab.lab import Lab
from colonnade.model.design import Design

CONFIGS = Path(__file__).parent / "chain"
EDGE, WEB, APP = 8444, 18443, 19443
"""Ports that no room takes."""

FIREWALL = "nft insert rule inet colonnade input tcp dport {port} accept comment bench"
CLOSE = (
    "nft --handle list chain inet colonnade input | sed -n 's/.* comment \"bench\" # handle //p'"
    " | xargs -r -n1 nft delete rule inet colonnade input handle"
)
START = "systemd-run --quiet --collect --unit={unit} --property=LimitNOFILE=65536 {command}"


@dataclass(frozen=True)
class Link:
    """One program on one machine. `name` is that of its configuration, too."""

    machine: str
    name: str
    port: int
    config: str

    @property
    def file(self) -> str:
        return f"/run/bench-{self.name}"

    @property
    def unit(self) -> str:
        return f"bench-{self.name.partition('.')[0]}"

    @property
    def command(self) -> str:
        if self.name == "nginx.conf":
            return f"nginx -c {self.file} -g 'daemon off;'"
        return f"haproxy -W -db -f {self.file}"


@contextmanager
def running(lab: Lab, design: Design) -> Iterator[str]:
    """Yields the chain's address, such as `https://www.example.org:8444`."""
    links = tuple(chain(lab, design))
    end(lab, links)  # what a killed run left
    try:
        for link in links:
            lab.put(link.machine, link.file, link.config.encode(), 0o600)
            do(lab, link.machine, FIREWALL.format(port=link.port))
            do(lab, link.machine, START.format(unit=link.unit, command=link.command))
        yield f"https://{design.site}:{EDGE}"
    finally:
        end(lab, links)


def end(lab: Lab, links: Iterable[Link]) -> None:
    for link in links:
        lab.run(link.machine, ["systemctl", "stop", link.unit])
        lab.run(link.machine, ["sh", "-c", CLOSE])


def chain(lab: Lab, design: Design) -> Iterator[Link]:
    """From the app to the door, so that each finds the next one there."""
    edge = design.doors[0]
    web, app = (next(s for s in design.services.values() if s.kind == kind) for kind in ("nginx", "app"))

    def address(machine: str, network: str = "inside") -> str:
        return str(lab.addresses(machine)[network])

    for machine in app.members:
        yield _link(
            machine,
            "sidecar.cfg",
            APP,
            address=address(machine),
            bundle=f"{PKI}/{app.name}-{machine}/bundle.pem",
        )
    apps = "".join(f"        server {address(m)}:{APP};\n" for m in app.members)
    for machine in web.members:
        own = f"{PKI}/{web.name}-{machine}"
        yield _link(machine, "nginx.conf", WEB, address=address(machine), own=own, app=app.name, servers=apps)
    named = f"sni str({web.name}.internal) verifyhost {web.name}.internal"
    webs = "".join(f"    server {m} {address(m)}:{WEB} {named}\n" for m in web.members)
    for machine in edge.members[:1]:
        yield _link(
            machine,
            "edge.cfg",
            EDGE,
            address=address(machine, "uplink-a"),
            door=f"{PKI}/door/bundle.pem",
            client=f"{PKI}/{edge.name}-{machine}/bundle.pem",
            servers=webs,
        )


def _link(machine: str, name: str, port: int, **facts: str) -> Link:
    text = Template((CONFIGS / name).read_text())
    return Link(machine, name, port, text.substitute(facts, port=port, ca=CA_FILE, app_port=8000))


def do(lab: Lab, machine: str, script: str, timeout: float = 60) -> str:
    done = lab.run(machine, ["sh", "-c", script], timeout=timeout)
    if done.returncode:
        raise CommandFailed(f"{machine}: {script} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout
