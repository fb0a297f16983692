"""Which traffic is cut or lost on purpose? Pure rules and their reading back; asked by the lab.

A fault is a set of nftables rules on the machine's port of the bridge; each carries the fault in its comment,
so the kernel's table is the only record there is, and healing everything is deleting the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from colonnade.errors import LabError

Direction = Literal["both", "in", "out"]
TABLE = "colonnade_faults"


@dataclass(frozen=True, order=True)
class Fault:
    """`percent` of the packets of `machine` on `network` are dropped; 100 is a cut. `in` is towards the
    machine.
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

    def __str__(self) -> str:
        what = "cut" if self.percent == 100 else f"loss {self.percent}%"
        arrow = "" if self.direction == "both" else f" {self.direction}"
        return f"{what}{arrow} {self.network}"


def with_fault(faults: Iterable[Fault], fault: Fault) -> list[Fault]:
    """`fault` takes the place of what its machine had on that network before."""
    return sorted([*(f for f in faults if (f.machine, f.network) != (fault.machine, fault.network)), fault])


def rules(faults: Iterable[Fault], port: Callable[[str, str], str]) -> str:
    """The nft script that replaces the whole table; `port` gives the bridge port of (machine, network)."""
    faults = sorted(faults)
    head = f"table bridge {TABLE} {{}}\ndelete table bridge {TABLE}\n"
    if not faults:
        return head
    leaving = "\n".join(_lines(faults, port, "iifname", "out"))
    entering = "\n".join(_lines(faults, port, "oifname", "in"))
    return f"""{head}table bridge {TABLE} {{
  chain leaving {{
    type filter hook prerouting priority -300; policy accept;
{leaving}
  }}
  chain entering {{
    type filter hook postrouting priority -300; policy accept;
{entering}
  }}
}}
"""


def _lines(
    faults: Iterable[Fault], port: Callable[[str, str], str], interface: str, way: Direction
) -> Iterator[str]:
    for fault in faults:
        if fault.direction in ("both", way):
            chance = "" if fault.percent == 100 else f"numgen random mod 100 < {fault.percent} "
            words = f"{fault.machine} {fault.network} {fault.direction} {fault.percent}"
            yield f'    {interface} "{port(fault.machine, fault.network)}" {chance}drop comment "{words}"'


def read(listing: str) -> list[Fault]:
    """The faults in what `nft -j list ruleset bridge` printed."""
    found = set()
    for entry in json.loads(listing)["nftables"]:
        if entry.get("rule", {}).get("table") == TABLE:
            machine, network, direction, percent = entry["rule"]["comment"].split()
            found.add(Fault(machine, network, direction, int(percent)))
    return sorted(found)
