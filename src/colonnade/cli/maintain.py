"""`maintain`: its arguments, and what people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from colonnade.cli import report
from colonnade.cli.options import AsJson, File, LabName
from colonnade.cli.screen import Screen
from colonnade.engine.maintenance import Entry
from colonnade.verbs import maintain as maintaining
from colonnade.verbs.maintain import Procedure
from colonnade.verbs.opening import open_design


def add_to(app: typer.Typer) -> None:
    app.command()(maintain)


def maintain(
    machine: Annotated[
        str, typer.Argument(help="A machine of the design. Without it: list those in maintenance.")
    ] = "",
    done: Annotated[bool, typer.Option("--done", help="Put the machine back into the rotation.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Show the steps, and change nothing.")] = False,
    file: File = None,
    lab: LabName = "",
    as_json: AsJson = False,
) -> None:
    """Take a machine out of the rotation so that no request fails, and with --done put it back.

    Exit codes: 0 done, 1 the site can't do without it, or a step failed (run the same again), 2 usage or bad
    design.
    """
    screen = Screen(quiet=as_json)
    opened = open_design(file, lab)
    if not machine:
        if done or plan:
            raise typer.BadParameter("--done and --plan need a machine")
        _list(screen, opened.in_maintenance, as_json)
        return
    with screen.progress() as progress:
        act = maintaining.procedure if plan else maintaining.maintain
        found = act(opened, machine, progress, done=done)
    if as_json:
        screen.json({"machine": machine, "maintenance": not done, "steps": [s.words for s in found.steps]})
    elif plan:
        _steps(screen, found)
    else:
        screen.say(_ending(found, done))


def _list(screen: Screen, entries: Mapping[str, Entry], as_json: bool) -> None:
    if as_json:
        screen.json(
            {
                "maintenance": [
                    {"machine": m, "since": e.since.isoformat(), "by": e.by} for m, e in entries.items()
                ]
            }
        )
        return
    if not entries:
        screen.say("No machine is in maintenance.")
    report.maintenance(screen, entries)


def _steps(screen: Screen, found: Procedure) -> None:
    if not found.steps:
        screen.say(f"{found.machine} is not in maintenance: there is nothing to do.")
    for number, step in enumerate(found.steps, 1):
        screen.say(f"{number:>2}. " + step.words.replace("\n", "\n    "))


def _ending(found: Procedure, done: bool) -> str:
    if not found.steps:
        return f"{found.machine} is not in maintenance: there was nothing to do."
    if done:
        return f"{found.machine} is back: it is as designed, healthy, and serves again."
    return (
        f"{found.machine} is in maintenance: it gets no requests, and none is left.\n"
        f"When it may serve again: colonnade maintain {found.machine} --done"
    )
