"""What connects a lab's machines, and the lab with the host? Asked by the lab.

Everything stands in one network namespace: a bridge for each network and the router between them. Only one
veth pair reaches the host's namespace, where Docker, NetworkManager and the like live; removing the namespace
removes all. Nothing here has a way to the Internet.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from colonnade.errors import LabError
from colonnade.lab.addressing import NETWORKS, UPLINKS, Addressing
from colonnade.lab.commands import environment, run, succeeds

NAMESPACES = Path("/run/netns")
ROUTER_TABLE = "colonnade_router"
LAB_END = "host"


@dataclass(frozen=True)
class Network:
    lab: str
    addressing: Addressing

    @property
    def namespace(self) -> Path:
        return NAMESPACES / f"colonnade-{self.lab}"

    @property
    def host_end(self) -> str:
        return f"colonnade{self.addressing.number}"

    @property
    def exists(self) -> bool:
        """Whether there is a namespace, and not only the file that a killed run made for it."""
        try:
            return self.namespace.stat().st_dev != NAMESPACES.stat().st_dev
        except FileNotFoundError:
            return False

    def ensure(self) -> None:
        """Make the network, or what is missing of it. The firewall comes last: where it is, all is."""
        if self._complete():
            return
        if not self.exists:
            # A run was killed between making the file and mounting upon it.
            self.namespace.unlink(missing_ok=True)
            run(["ip", "netns", "add", self.namespace.name])
        # The pair holds no state: making it anew mends whatever happened to it, its addresses and its routes.
        succeeds(["ip", "link", "delete", self.host_end])
        # -force: of a half-made network the parts that exist answer "File exists", and that is well.
        complaints = _complaints(["ip", "-force", "-batch", "-"], "\n".join(self._host_links()))
        complaints += _complaints(
            ["ip", "-force", "-n", self.namespace.name, "-batch", "-"], "\n".join(self._links())
        )
        self.inside(["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"])
        self.inside(["nft", "-f", "-"], stdin=self._router_rules())
        if not self._complete():
            raise LabError(f"the lab's network could not be made:\n{complaints.strip()}")

    def remove(self) -> None:
        if succeeds(["ip", "link", "show", self.host_end]):
            run(["ip", "link", "delete", self.host_end])
        if self.exists:
            # By its other end too: the namespace takes it along only some time after it is deleted.
            succeeds(["ip", "-n", self.namespace.name, "link", "delete", LAB_END])
            run(["ip", "netns", "delete", self.namespace.name])
        self.namespace.unlink(missing_ok=True)

    def attach(self, ports: Mapping[str, str]) -> bool:
        """Attach ports to bridges (port -> network); false when one of them isn't there."""
        batch = "\n".join(f"link set dev {port} master {network} up" for port, network in ports.items())
        return not _complaints(["ip", "-n", self.namespace.name, "-batch", "-"], batch)

    def detach(self, ports: Iterable[str]) -> None:
        """Delete these ports, whether they are still there or not."""
        batch = "\n".join(f"link delete dev {port}" for port in ports)
        _complaints(["ip", "-force", "-n", self.namespace.name, "-batch", "-"], batch)

    def ports(self) -> dict[str, str | None]:
        """Each machine's ports, and the bridge it is attached to."""
        return {link["ifname"]: link.get("master") for link in self._show("veth")}

    def inside(self, argv: list[str], *, stdin: str | None = None) -> str:
        return run(["nsenter", f"--net={self.namespace}", *argv], stdin=stdin)

    def _complete(self) -> bool:
        if not self.exists:
            return False
        try:
            routes = json.loads(run(["ip", "-j", "route", "show", "dev", self.host_end]))
            self.inside(["nft", "list", "chain", "inet", ROUTER_TABLE, "forward"])
        except LabError:  # the veth pair or the table isn't there
            return False
        bridges = {link["ifname"] for link in self._show("bridge")}
        return bridges >= set(NETWORKS) and {str(self.addressing.subnet(n)) for n in NETWORKS} <= {
            route["dst"] for route in routes
        }

    def _show(self, kind: str) -> list[dict[str, str]]:
        listing = run(["ip", "-n", self.namespace.name, "-j", "link", "show", "type", kind]) or "[]"
        return [link for link in json.loads(listing) if link]

    def _links(self) -> Iterator[str]:
        yield "link set dev lo up"
        for place, network in enumerate(NETWORKS):
            # Hazard: without a fixed address a bridge takes that of a port, so that the router's address
            # changes whenever a machine comes or goes, and its neighbours talk to the old one for a while.
            yield f"link add name {network} address 02:c0:00:00:00:{place:02x} type bridge"
            prefix = self.addressing.subnet(network).prefixlen
            yield f"address add {self.addressing.router(network)}/{prefix} dev {network}"
            yield f"link set dev {network} up"
        yield f"address add {self.addressing.link[1]}/29 dev {LAB_END}"
        yield f"link set dev {LAB_END} up"

    def _host_links(self) -> Iterator[str]:
        a = self.addressing
        yield f"link add name {self.host_end} type veth peer name {LAB_END} netns {self.namespace.name}"
        yield f"address add {a.operator}/29 dev {self.host_end}"
        yield f"address add {a.visitor}/29 dev {self.host_end}"
        yield f"link set dev {self.host_end} up"
        for network in NETWORKS:
            source = a.visitor if network in UPLINKS else a.operator
            yield f"route replace {a.subnet(network)} via {a.link[1]} dev {self.host_end} src {source}"

    def _router_rules(self) -> str:
        uplinks = ", ".join(f'"{u}"' for u in UPLINKS)
        # Hazard: where the module br_netfilter is loaded (Docker loads it), frames between two machines on
        # one bridge pass here too, with the bridge as both interfaces.
        same = "\n".join(f'    iifname "{n}" oifname "{n}" accept' for n in NETWORKS)
        return f"""table inet {ROUTER_TABLE} {{}}
delete table inet {ROUTER_TABLE}
table inet {ROUTER_TABLE} {{
  chain forward {{
    type filter hook forward priority filter; policy drop;
{same}
    ct state established,related accept
    iifname "{LAB_END}" ip saddr {self.addressing.operator} accept
    iifname {{ "{LAB_END}", "outside", {uplinks} }} oifname {{ {uplinks} }} accept
    iifname {{ {uplinks} }} oifname "outside" accept
  }}
}}
"""


def routed_elsewhere() -> list[IPv4Network]:
    """Destinations the host already has routes to: its own, and those of labs kept elsewhere."""
    routes = json.loads(run(["ip", "-4", "-j", "route", "show", "table", "all"]) or "[]")
    return [IPv4Network(route["dst"], strict=False) for route in routes if route["dst"] != "default"]


def _complaints(argv: list[str], stdin: str) -> str:
    """What it printed to standard error: it may go on after an error, and its exit code says little."""
    return subprocess.run(
        argv, input=stdin, capture_output=True, text=True, check=False, env=environment()
    ).stderr
