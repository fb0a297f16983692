"""Which machines belong to the lab and not to the site? A client to make load and a resolver to find names
with.

Asked by `up`, drills and tests. Both stand outside, where the public is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address

from colonnade.errors import LabError
from colonnade.lab.lab import Lab, MachineSpec

CLIENT = MachineSpec("client", ("outside",))
RESOLVER = MachineSpec("resolver", ("outside",))
SPECS = (CLIENT, RESOLVER)
CA_FILE = "/usr/local/share/ca-certificates/colonnade.crt"
UNBOUND_RESTART = ("systemctl", "restart", "unbound")
UNBOUND_FILE = "/etc/unbound/unbound.conf"
"""Replaced whole: Debian's own file includes one that demands the root's trust anchor."""


def set_zones(lab: Lab, zones: Mapping[str, Sequence[IPv4Address]]) -> None:
    """Make the resolver ask these servers (zone -> authoritative addresses) and the client ask the resolver.

    Answers are kept as long as their TTL says. Nothing changes when all is as it should be already.
    """
    resolver = lab.addresses(RESOLVER.name)["outside"]
    outside = lab.addressing.subnet("outside")
    settings = unbound_settings(zones, resolver, str(outside))
    active = lab.run(RESOLVER.name, ["systemctl", "is-active", "--quiet", "unbound"]).returncode == 0
    start = (("unbound-checkconf",), ("systemctl", "enable", "--quiet", "unbound"), UNBOUND_RESTART)
    _apply(lab, RESOLVER.name, UNBOUND_FILE, settings, *start, anew=not active)
    _apply(lab, CLIENT.name, "/etc/resolv.conf", f"nameserver {resolver}\n")


def trust(lab: Lab, ca_pem: str) -> None:
    """Make the client trust the site's certificate authority, as if a public one had signed it."""
    _apply(lab, CLIENT.name, CA_FILE, ca_pem, ("update-ca-certificates",))


def visit_from(lab: Lab) -> tuple[str, ...]:
    """Give the client addresses to visit from, one for each of many visitors, until it is started anew."""
    prefix = lab.addressing.subnet("outside").prefixlen
    visitors = [str(a) for a in lab.addressing.visitors]
    for address in visitors:
        _do(lab, CLIENT.name, "ip", "address", "replace", f"{address}/{prefix}", "dev", "outside")
    return (str(lab.addresses(CLIENT.name)["outside"]), *visitors)


def unbound_settings(zones: Mapping[str, Sequence[IPv4Address]], listen: IPv4Address, clients: str) -> str:
    """No root servers, no forwarding: what is in no zone is refused, and nothing leaves for the Internet."""
    lines = [
        "server:",
        f"    interface: {listen}",
        f"    access-control: {clients} allow",
        "    ip-freebind: yes",  # it may start before the address is set
        "    module-config: iterator",  # and no validator: the zones are not signed by any parent
        "    cache-max-negative-ttl: 1",
        "    infra-host-ttl: 5",  # forget soon that a server was down
        "    infra-keep-probing: yes",
        "    prefetch: yes",  # who has many users is asked before an answer's time is over
        '    local-zone: "." refuse',
    ]
    # "transparent" takes a zone out of the refused rest of the tree.
    lines += [f'    local-zone: "{zone}" transparent' for zone in sorted(zones)]
    for zone in sorted(zones):
        lines += ["stub-zone:", f'    name: "{zone}"', *(f"    stub-addr: {a}" for a in zones[zone])]
    return "\n".join(lines) + "\n"


def _apply(
    lab: Lab, machine: str, path: str, content: str, *commands: Sequence[str], anew: bool = False
) -> None:
    """Write the file and run what makes it count, unless that was done to its end before.

    Whoever runs this may be killed between the file and its commands, so the file alone proves nothing: a
    copy beside it, written last, does.
    """
    done = f"{path}.applied"
    there = lab.run(machine, ["cat", done])
    if there.returncode == 0 and there.stdout == content and not anew:
        return
    lab.put(machine, path, content.encode())
    for argv in commands:
        _do(lab, machine, *argv)
    lab.put(machine, done, content.encode())


def _do(lab: Lab, machine: str, *argv: str) -> None:
    done = lab.run(machine, argv)
    if done.returncode:
        raise LabError(f"{machine}: {' '.join(argv)}: {(done.stderr or done.stdout).strip()}")
