"""`colonnade lab …`: the machines and uplinks of a lab as an operator may hurt and heal them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from colonnade.cli.options import AsJson, File, LabName
from colonnade.cli.screen import Screen
from colonnade.errors import UsageError
from colonnade.lab.lab import Lab
from colonnade.lab.status import MachineStatus
from colonnade.verbs import faults
from colonnade.verbs.opening import Opened, open_design

app = typer.Typer(
    help="Look at labs; cut the power, freeze, cut off and heal their machines and uplinks.",
    no_args_is_help=True,
)

MACHINES = "Machines of the lab, or `all` for all of the site's."
Machines = Annotated[list[str], typer.Argument(help=MACHINES)]
AnyMachines = Annotated[list[str] | None, typer.Argument(help=MACHINES)]
Uplink = Annotated[
    str, typer.Option(help="An uplink of the site (`a`) instead of machines: its provider, for all machines.")
]


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
                {
                    "lab": lab,
                    "machines": [_json(n, s) for n, s in status.machines.items()],
                    "uplinks": [{"name": n, "faults": list(f)} for n, f in status.uplinks.items()],
                }
                for lab, status in found.items()
            ]
        )
        return
    if not found:
        screen.say("There is no lab. `colonnade up` makes one.")
    for lab, status in found.items():
        screen.say(lab, style="bold")
        screen.out.print(_table(status.machines))
        for network, done in status.uplinks.items():
            if done:
                screen.say(f"  the provider of {network}: {', '.join(done)}")


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
    machines: AnyMachines = None,
    file: File = None,
    lab: LabName = "",
    network: Network = None,
    uplink: Uplink = "",
    direction: Annotated[
        Direction, typer.Option(help="in: what comes to the machine or the site; out: what it sends.")
    ] = Direction.BOTH,
) -> None:
    """Cut the cable: the machine's packets are dropped without a word. Or a whole uplink, at its provider."""
    opened = _opened(machines, uplink, file, lab)
    if uplink:
        opened.lab.cut_uplink(faults.uplink(opened, uplink), direction.value)
        _done("cut off", (f"uplink {uplink}",))
    else:
        names = _named(opened, machines or [])
        faults.each(names, lambda name: opened.lab.cut(name, network and network.value, direction.value))
        _done("cut off", names)


@app.command()
def heal(machines: AnyMachines = None, file: File = None, lab: LabName = "", uplink: Uplink = "") -> None:
    """Take cuts, losses and freezes away; `all` means the uplinks' too.

    A machine that is off stays off: `lab start` switches it on. What a drill that was killed left broken is
    healed too, whatever it is.
    """
    from colonnade.verbs import drill as drilling  # noqa: PLC0415 - what other commands need not pay

    opened = _opened(machines, uplink, file, lab)
    drilling.heal_what_was_left(opened, lambda _, what: Screen().note(what))
    if uplink:
        opened.lab.heal_uplink(faults.uplink(opened, uplink))
        _done("healed", (f"uplink {uplink}",))
        return
    names = _named(opened, machines or [])
    faults.each(names, opened.lab.heal)
    if machines == [faults.ALL]:
        faults.each(tuple(opened.lab.uplinks()), opened.lab.heal_uplink)
    _done("healed", names)


def _chosen(machines: list[str], file: Path | None, lab: str) -> tuple[Lab, tuple[str, ...]]:
    opened = open_design(file, lab)
    return opened.lab, _named(opened, machines)


def _named(opened: Opened, machines: list[str]) -> tuple[str, ...]:
    return faults.chosen(opened.lab, machines, tuple(opened.drawn.machines))


def _opened(machines: list[str] | None, uplink: str, file: Path | None, lab: str) -> Opened:
    """Raises UsageError when neither machines nor an uplink are named, or both."""
    if bool(machines) == bool(uplink):
        raise UsageError("name machines, or one uplink", hint="such as `lb1 lb2`, `all`, or `--uplink a`")
    return open_design(file, lab)


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
