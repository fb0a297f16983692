"""`up`, `down`, `plan`, `status`: the arguments, and what people read."""

from __future__ import annotations

from typing import Annotated

import typer

from colonnade.cli import report
from colonnade.cli.options import AsJson, File, LabName
from colonnade.cli.screen import Screen
from colonnade.verbs import down as downing
from colonnade.verbs import names_here
from colonnade.verbs import plan as planning
from colonnade.verbs import status as asking
from colonnade.verbs import up as rising
from colonnade.verbs.opening import open_design

CHANGES = 3
"""Exit code of `plan` when `up` would change something."""


def add_to(app: typer.Typer) -> None:
    for command in (up, down, plan, status):
        app.command()(command)


def up(
    file: File = None,
    lab: LabName = "",
    hosts: Annotated[
        bool, typer.Option("--hosts", help="Add the site's name to /etc/hosts; `down` removes it.")
    ] = False,
    without_external: Annotated[
        bool, typer.Option("--without-external", help="Run the site without what Colonnade has no room for.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the design: make what is missing, change what differs, wait until it is healthy. Safe to run again.

    Exit codes: 0 the site is as designed and healthy, 1 something failed (the rest was finished), 2 usage or
    bad design.
    """
    screen = Screen(quiet=as_json)
    opened = open_design(file, lab)
    if not as_json:
        report.readings(screen, opened)
    with screen.progress() as progress:
        risen = rising.up(opened, progress, without_external=without_external)
    if hosts:
        names_here.add(opened.lab.name, opened.design.site, risen.site.addresses)
    found = asking.status_of(opened, risen.site, risen.outcome)
    if as_json:
        screen.json({**found.as_json(), **report.changes_json(risen.outcome)})
    else:
        report.risen(screen, opened, found, hosts)
    if not risen.outcome.healthy:
        raise typer.Exit(1)


def down(
    file: File = None,
    lab: LabName = "",
    keep_data: Annotated[
        bool, typer.Option("--keep-data", help="Keep the machines' disks for the next `up`.")
    ] = False,
) -> None:
    """Take the lab down: no process, mount, network or rule of it stays. Its data go too, unless they are
    kept.
    """
    screen = Screen()
    opened = open_design(file, lab)
    with screen.progress() as progress:
        found = downing.down(opened, progress, keep_data=keep_data)
    if not found:
        screen.say(f"There is no lab {opened.lab.name}; nothing to take down.")
    else:
        screen.say(f"Lab {opened.lab.name} is down; its data are {'kept' if keep_data else 'gone'}.")


def plan(
    file: File = None,
    lab: LabName = "",
    diff: Annotated[bool, typer.Option("--diff", help="Show the content that would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what `up` would change. Exit codes: 0 nothing, 3 something, 1 a machine could not be asked, 2 bad
    design.
    """
    screen = Screen(quiet=as_json)
    opened = open_design(file, lab)
    with screen.progress() as progress:
        outcome = planning.plan(opened, progress)
    if as_json:
        screen.json({**report.changes_json(outcome), "maintenance": list(opened.in_maintenance)})
    else:
        report.maintenance(screen, opened.in_maintenance)
        report.planned(screen, outcome, diff)
    if outcome.errors:
        raise typer.Exit(1)
    if outcome.changes:
        raise typer.Exit(CHANGES)


def status(file: File = None, lab: LabName = "", as_json: AsJson = False) -> None:
    """Show whether every member works. Exit codes: 0 healthy, 1 not, 2 usage or bad design."""
    screen = Screen(quiet=as_json)
    with screen.progress() as progress:
        found = asking.status(open_design(file, lab), progress)
    if as_json:
        screen.json(found.as_json())
    else:
        report.status(screen, found)
    if not found.outcome.healthy:
        raise typer.Exit(1)
