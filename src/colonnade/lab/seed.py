"""What does the lab write into a machine before it boots? Pure; asked by the machines.

Only what a hosting provider would hand over: a name, addresses, a host key and the operator's public key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from colonnade.lab.addressing import UPLINKS, Addressing

FIRST_TABLE = 1001


@dataclass(frozen=True)
class SeedFile:
    content: str
    mode: int = 0o644


def network_files(addressing: Addressing, addresses: Mapping[str, IPv4Address]) -> dict[str, SeedFile]:
    """systemd-networkd files, path -> file, for a machine's addresses (network -> address)."""
    return {
        f"etc/systemd/network/10-{network}.network": SeedFile(_network_file(addressing, network, address))
        for network, address in addresses.items()
    }


def _network_file(addressing: Addressing, network: str, address: IPv4Address) -> str:
    prefix = addressing.subnet(network).prefixlen
    head = (
        f"[Match]\nName={network}\n\n"
        f"[Network]\nAddress={address}/{prefix}\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
    )
    return head + "".join(f"\n{section}\n" for section in _routes(addressing, network))


def _routes(addressing: Addressing, network: str) -> Iterator[str]:
    router = addressing.router(network)
    if network == "inside":
        yield f"[Route]\nDestination={addressing.operator}/32\nGateway={router}"
    elif network in UPLINKS:
        # Two ways out: what comes from an uplink's address, floating ones too, must leave by that uplink.
        place, subnet = UPLINKS.index(network), addressing.subnet(network)
        table = FIRST_TABLE + place
        yield f"[Route]\nGateway={router}\nMetric={(place + 1) * 100}"
        yield f"[Route]\nDestination={subnet}\nScope=link\nTable={table}"
        yield f"[Route]\nGateway={router}\nTable={table}"
        yield f"[RoutingPolicyRule]\nFrom={subnet}\nTable={table}\nPriority={table}"
    else:
        yield f"[Route]\nGateway={router}"


def identity_files(
    name: str, machine_id: str, host_key: str, host_key_public: str, operator: str
) -> dict[str, SeedFile]:
    """Path -> file. `operator` is the public key that may log in as root."""
    return {
        "etc/hostname": SeedFile(f"{name}\n"),
        # Hazard: with an empty machine-id systemd takes this for a first boot, and enables every unit by its
        # preset.
        "etc/machine-id": SeedFile(f"{machine_id}\n", 0o444),
        "etc/ssh/ssh_host_ed25519_key": SeedFile(host_key, 0o600),
        "etc/ssh/ssh_host_ed25519_key.pub": SeedFile(host_key_public),
        "root/.ssh/authorized_keys": SeedFile(operator, 0o600),
    }
