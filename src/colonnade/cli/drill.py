"""`colonnade drill …`: claims and their evidence, and breaking the site on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from colonnade.cli.options import AsJson, File, LabName
from colonnade.cli.screen import Screen
from colonnade.verbs.opening import open_design

if TYPE_CHECKING:
    from colonnade.drill.evidence import Record
    from colonnade.verbs.drill import Claim

app = typer.Typer(
    help="Try the design's claims on the running site: a fault, and what visitors saw of it.",
    no_args_is_help=True,
)
MARKS = {"held": ("✓", "green"), "failed": ("✗", "bold red"), "stale": ("~", "yellow"), "never": ("·", "dim")}


@app.command(name="list")
def show(file: File = None, lab: LabName = "", as_json: AsJson = False) -> None:
    """Every claim of the design, and its last evidence: held, failed, stale (the design is another) or
    never tried.
    """
    from colonnade.verbs import drill as drilling  # noqa: PLC0415 - what other commands need not pay

    found = drilling.claims(open_design(file, lab))
    screen = Screen(quiet=as_json)
    if as_json:
        screen.json([_claim_json(claim) for claim in found])
        return
    table = Table.grid(padding=(0, 2))
    for claim in found:
        mark, style = MARKS[claim.state.value]
        when = claim.record.when[:16].replace("T", " ") if claim.record else ""
        table.add_row(Text(mark, style=style), claim.drill.name, claim.state.value, when, claim.drill.claim)
    screen.out.print(table)


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Drills by name.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of the design's drills.")] = False,
    file: File = None,
    lab: LabName = "",
    as_json: AsJson = False,
    real: Annotated[
        bool, typer.Option("--on-real-machines", help="Break machines that are no lab's.")
    ] = False,
    really: Annotated[
        str, typer.Option("--yes-really", metavar="SITE", help="The site's name, said once more.")
    ] = "",
) -> None:
    """Run drills: a steady state, a fault, what visitors see, healed again. Also when interrupted.

    Exit codes: 0 every claim held, 1 one failed or could not be tried, 2 usage or bad design.
    """
    from colonnade.verbs import drill as drilling  # noqa: PLC0415 - as above

    opened = open_design(file, lab)
    wanted = drilling.chosen(opened, names or (), every=every)
    drilling.refuse_real(opened, wanted, real=real, really=really)
    screen = Screen(quiet=as_json)
    site = drilling.Range(opened, lambda drill, what: screen.note(f"  {drill}: {what}"))
    found = site.run(wanted, lambda record: None if as_json else _told(screen, record))
    if as_json:
        screen.json([dict(record.__dict__) for record in found])
    if any(record.outcome.value != "held" for record in found):
        raise typer.Exit(1)


@app.command()
def report(
    file: File = None,
    lab: LabName = "",
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where to write it.")
    ] = Path("drill-report"),
) -> None:
    """Write what is known of every claim: drills.md, and drills.html with a plot of each drill's course."""
    from colonnade.verbs import drill_report  # noqa: PLC0415 - as above

    for path in drill_report.write(open_design(file, lab), output):
        Screen().say(f"Wrote {path}")


def _claim_json(claim: Claim) -> Mapping[str, object]:
    evidence = dict(claim.record.__dict__) if claim.record else None
    return {**claim.drill.as_json(), "state": claim.state.value, "evidence": evidence}


def _told(screen: Screen, record: Record) -> None:
    """What was claimed beside what was seen."""
    from colonnade.drill.report import rows  # noqa: PLC0415 - as above

    held = record.outcome.value == "held"
    style = "" if held else "bold red"
    screen.say(f"{'✓' if held else '✗'} {record.drill}: {record.outcome.value}", style=style)
    if record.reason:
        screen.say(f"  {record.reason}")
    table = Table.grid(padding=(0, 2))
    for row in rows(record):
        measured = Text(row.measured, style="bold red" if row.held is False else "")
        table.add_row("", row.words, measured, Text(f"claimed: {row.claimed}", style="dim"))
    for error, count in record.values["errors"].items():
        table.add_row("", f"failed with {error}", f"{count}")
    screen.out.print(table)
