"""`colonnade lab …`: the machines of a lab as an operator may hurt and heal them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from colonnade.cli.options import AsJson, File, LabName
from colonnade.cli.screen import Screen
from colonnade.lab.lab import Lab
from colonnade.lab.status import MachineStatus
from colonnade.verbs import faults
from colonnade.verbs.opening import open_design

app = typer.Typer(
    help="Look at labs; cut the power, freeze, cut off and heal their machines.", no_args_is_help=True
)

Machines = Annotated[list[str], typer.Argument(help="Machines of the lab, or `all` for all of the site's.")]


class NetworkName(StrEnum):
    INSIDE = "inside"
    UPLINK_A = "uplink-a"
    UPLINK_B = "uplink-b"


Network = Annotated[NetworkName | None, typer.Option(help="Only this network; without it: all.")]


class Direction(StrEnum):
    BOTH = "both"
    IN = "in"
    OUT = "out"


@app.command(name="list")
def show(as_json: AsJson = False) -> None:
    """Every lab on this computer, its machines, and what was done to them."""
    found = faults.labs()
    screen = Screen()
    if as_json:
        screen.json(
            [
                {"lab": lab, "machines": [_json(n, s) for n, s in machines.items()]}
                for lab, machines in found.items()
            ]
        )
        return
    if not found:
        screen.say("There is no lab. `colonnade up` makes one.")
    for lab, machines in found.items():
        screen.say(lab, style="bold")
        screen.out.print(_table(machines))


@app.command()
def kill(machines: Machines, file: File = None, lab: LabName = "") -> None:
    """Cut the power: every process of the machine is gone at once. Its disk stays."""
    target, names = _chosen(machines, file, lab)
    faults.each(names, target.kill)
    _done("killed", names)


@app.command()
def start(machines: Machines, file: File = None, lab: LabName = "") -> None:
    """Switch machines on again, and wait until they answer."""
    target, names = _chosen(machines, file, lab)
    faults.each(names, target.start)
    _done("started", names)


@app.command()
def freeze(machines: Machines, file: File = None, lab: LabName = "") -> None:
    """Stop every process of the machine where it stands; its connections stay open and silent."""
    target, names = _chosen(machines, file, lab)
    faults.each(names, target.freeze)
    _done("frozen", names)


@app.command()
def thaw(machines: Machines, file: File = None, lab: LabName = "") -> None:
    """Let frozen machines go on."""
    target, names = _chosen(machines, file, lab)
    faults.each(names, target.thaw)
    _done("thawed", names)


@app.command()
def cut(
    machines: Machines,
    file: File = None,
    lab: LabName = "",
    network: Network = None,
    direction: Annotated[
        Direction, typer.Option(help="in: what comes to the machine; out: what it sends.")
    ] = Direction.BOTH,
) -> None:
    """Cut the cable: the machine's packets are dropped without a word."""
    target, names = _chosen(machines, file, lab)
    faults.each(names, lambda name: target.cut(name, network and network.value, direction.value))
    _done("cut off", names)


@app.command()
def heal(machines: Machines, file: File = None, lab: LabName = "") -> None:
    """Take cuts, losses and freezes away. A machine that is off stays off: `lab start` switches it on."""
    target, names = _chosen(machines, file, lab)
    faults.each(names, target.heal)
    _done("healed", names)


def _chosen(machines: list[str], file: Path | None, lab: str) -> tuple[Lab, tuple[str, ...]]:
    opened = open_design(file, lab)
    return opened.lab, faults.chosen(opened.lab, machines, tuple(opened.drawn.machines))


def _done(word: str, names: tuple[str, ...]) -> None:
    Screen().say(f"{word}: {', '.join(names)}")


def _table(machines: Mapping[str, MachineStatus]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, status in machines.items():
        addresses = ", ".join(f"{network} {address}" for network, address in status.addresses.items())
        table.add_row(
            "", name, status.state, f"{status.memory / 1e6:.0f} MB", addresses, ", ".join(status.faults)
        )
    return table


def _json(name: str, status: MachineStatus) -> Mapping[str, object]:
    return {
        "name": name,
        "state": status.state,
        "faults": list(status.faults),
        "addresses": {network: str(address) for network, address in status.addresses.items()},
        "pid": status.pid,
        "memory": status.memory,
    }
