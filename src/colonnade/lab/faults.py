"""Which traffic is cut or lost on purpose? Pure rules and their reading back; asked by the lab.

A machine's fault is a set of nftables rules on its port of the bridge, an uplink's on the router behind that
bridge. Each rule carries its fault in a comment, so the kernel's tables are the only record there is, and
healing everything is deleting them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from colonnade.errors import LabError

Direction = Literal["both", "in", "out"]
TABLE = "colonnade_faults"
PROVIDER = "*"
"""Stands in a rule's comment for no machine: none can be called that."""


@dataclass(frozen=True, order=True)
class Fault:
    """`percent` of the packets of `machine` on `network` are dropped; 100 is a cut. `in` is towards the
    machine.

    Without a `machine` it is the provider's: what passes between `network` and the world beyond its router is
    dropped. Machines on it still see one another and the router, as behind a switch whose provider is gone.
    """

    machine: str
    network: str
    direction: Direction = "both"
    percent: int = 100

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 100:
            raise LabError(f"a loss is between 1 and 100 percent, not {self.percent}")
        if self.direction not in get_args(Direction):
            raise LabError(f"a direction is both, in or out, not {self.direction!r}")

    def goes(self, way: Direction) -> bool:
        return self.direction in {"both", way}

    def __str__(self) -> str:
        what = "cut" if self.percent == 100 else f"loss {self.percent}%"
        arrow = "" if self.direction == "both" else f" {self.direction}"
        return f"{what}{arrow} {self.network}"


def with_fault(faults: Iterable[Fault], fault: Fault) -> list[Fault]:
    """`fault` takes the place of what its machine had on that network before."""
    return sorted([*(f for f in faults if (f.machine, f.network) != (fault.machine, fault.network)), fault])


def rules(faults: Iterable[Fault], port: Callable[[str, str], str]) -> str:
    """The nft script that replaces both tables; `port` gives the bridge port of (machine, network)."""
    ordered = sorted(faults)
    providers, machines = [f for f in ordered if not f.machine], [f for f in ordered if f.machine]
    return _bridge_table(machines, port) + _router_table(providers)


def _bridge_table(faults: Sequence[Fault], port: Callable[[str, str], str]) -> str:
    if not faults:
        return _gone("bridge")

    def lines(interface: str, way: Direction) -> str:
        return "\n".join(
            _drop(f, f'{interface} "{port(f.machine, f.network)}"') for f in faults if f.goes(way)
        )

    return f"""{_gone("bridge")}table bridge {TABLE} {{
  chain leaving {{
    type filter hook prerouting priority -300; policy accept;
{lines("iifname", "out")}
  }}
  chain entering {{
    type filter hook postrouting priority -300; policy accept;
{lines("oifname", "in")}
  }}
}}
"""


def _router_table(faults: Sequence[Fault]) -> str:
    """Hazard: frames from one machine to another on a bridge may pass here too, with the bridge as both
    interfaces (br_netfilter).
    """
    if not faults:
        return _gone("inet")
    out = [_drop(f, f'iifname "{f.network}" oifname != "{f.network}"') for f in faults if f.goes("out")]
    into = [_drop(f, f'iifname != "{f.network}" oifname "{f.network}"') for f in faults if f.goes("in")]
    lines = "\n".join(out + into)
    return f"""{_gone("inet")}table inet {TABLE} {{
  chain passing {{
    type filter hook forward priority -300; policy accept;
{lines}
  }}
}}
"""


def _gone(family: str) -> str:
    return f"table {family} {TABLE} {{}}\ndelete table {family} {TABLE}\n"


def _drop(fault: Fault, match: str) -> str:
    chance = "" if fault.percent == 100 else f"numgen random mod 100 < {fault.percent} "
    words = f"{fault.machine or PROVIDER} {fault.network} {fault.direction} {fault.percent}"
    return f'    {match} {chance}drop comment "{words}"'


def read(listing: str) -> list[Fault]:
    """The faults in what `nft -j list ruleset` printed."""
    found = set()
    for entry in json.loads(listing)["nftables"]:
        if entry.get("rule", {}).get("table") == TABLE:
            machine, network, direction, percent = entry["rule"]["comment"].split()
            found.add(Fault("" if machine == PROVIDER else machine, network, direction, int(percent)))
    return sorted(found)
