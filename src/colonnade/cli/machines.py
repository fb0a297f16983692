"""`ssh`, `logs`, `doctor`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from colonnade.cli.options import AsJson, File, LabName
from colonnade.cli.screen import Screen
from colonnade.verbs import doctor as examining
from colonnade.verbs import reach
from colonnade.verbs.opening import open_design


def add_to(app: typer.Typer) -> None:
    app.command()(ssh)
    app.command()(logs)
    app.command()(doctor)


def ssh(
    machine: Annotated[str, typer.Argument(help="A machine of the design.")],
    command: Annotated[
        list[str] | None, typer.Argument(help="A command to run there, after --. Without it: a shell.")
    ] = None,
    file: File = None,
    lab: LabName = "",
) -> None:
    """Log in to a machine, or run a command on it. The exit code is the command's (255: it can't be
    reached).
    """
    line = reach.ssh_command(open_design(file, lab), machine, tuple(command or ()))
    os.execvp(line[0], line)  # noqa: S606 - the operator's terminal becomes the machine's


def logs(
    of: Annotated[str, typer.Argument(help="A machine, or a service. Without it: every machine.")] = "",
    file: File = None,
    lab: LabName = "",
    lines: Annotated[
        int, typer.Option("-n", "--lines", help="How many of the last lines of each machine.")
    ] = 50,
    follow: Annotated[bool, typer.Option("-F", "--follow", help="Go on as new lines come.")] = False,
) -> None:
    """Show the journals of machines, or of one service's units."""
    screen = Screen()
    reach.logs(
        open_design(file, lab),
        of,
        lines=lines,
        follow=follow,
        show=lambda m, line: screen.say(f"{m:<14} {line}"),
    )


def doctor(as_json: AsJson = False) -> None:
    """Look at this computer: can a lab run here? Exit codes: 0 yes, 1 something is missing."""
    screen = Screen(quiet=as_json)
    found = examining.doctor()
    if as_json:
        screen.json([{"check": f.check, "ok": f.ok, "detail": f.detail, "hint": f.hint} for f in found])
    for line in [] if as_json else found:
        screen.say(
            f"{'✓' if line.ok else '✗'} {line.check:<18} {line.detail}", style="" if line.ok else "bold red"
        )
        if line.hint and not line.ok:
            screen.say(f"  hint: {line.hint}")
    if not all(f.ok for f in found):
        raise typer.Exit(1)
