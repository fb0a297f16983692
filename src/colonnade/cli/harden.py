"""`harden`: the design with its findings fixed, as a diff or a file. Touches no machine."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from colonnade.cli.options import AsJson, File
from colonnade.cli.screen import Screen
from colonnade.errors import UsageError

if TYPE_CHECKING:
    from colonnade.verbs.harden import Result

PRINT = Path("-")


def add_to(app: typer.Typer) -> None:
    app.command()(harden)


def harden(
    file: File = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write the design there; - prints it. Default: a diff."),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Write it over the design's own file.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="RULE", help="Cure this rule alone; may be repeated."),
    ] = None,
    max_machines: Annotated[
        int | None, typer.Option("--max-machines", min=0, metavar="N", help="Add at most so many machines.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Fix what review finds, where a change of the design can: a second of what there is one of."""
    from colonnade.verbs import harden as hardening  # noqa: PLC0415 - 0.2 s that other commands need not pay

    if in_place and output:
        raise UsageError("-o and --in-place name two places to write to", hint="take one of them")
    found = hardening.harden(file, only or (), max_machines, today=datetime.now(UTC).date())
    screen = Screen(quiet=json)
    target = found.path if in_place else output
    if target and target != PRINT:
        hardening.write(found, target, in_place=in_place)
    if json:
        screen.json(as_json(found))
        return
    told(screen, found)
    if target == PRINT:
        sys.stdout.buffer.write(found.encoded(found.after))
    elif target:
        screen.note(f"Wrote {target}. Next: colonnade up -f {target}")
    else:
        sys.stdout.buffer.write(found.encoded(found.diff))


def told(screen: Screen, found: Result) -> None:
    """What was done, for people; standard output is the design's."""
    from colonnade.review.harden_words import cost  # noqa: PLC0415 - as above

    done = found.hardened
    for change in done.changes:
        screen.note(f"{change.rule}: {change.what}")
    for left in done.left_out:
        screen.note(f"left out: {left.change.what} ({left.reason})")
    for silence in found.silences:
        screen.note(f"silenced until {silence.until}: {silence.rule} ({silence.reason})")
    if found.drawn_anew:
        screen.note("The file was too unusual to be changed piece by piece: its design is written anew.")
    screen.note(cost(done) if done.changes else "There is nothing to change.")


def as_json(found: Result) -> dict[str, object]:
    done = found.hardened
    return {
        "changes": [
            {"rule": c.rule, "what": c.what, "why": c.why, "machines_added": list(c.machines_added)}
            for c in done.changes
        ],
        "left_out": [
            {"rule": o.change.rule, "what": o.change.what, "reason": o.reason} for o in done.left_out
        ],
        "silenced": [s.rule for s in found.silences],
        "machines_added": list(done.machines_added),
        "drawn_anew": found.drawn_anew,
        "diff": found.diff.encode("utf-8", "replace").decode(),
    }
