"""`diagram`, `init`, `schema`: commands that read and write designs and touch no machine (but for
`--live`).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from colonnade import catalog
from colonnade.cli.options import File, LabName
from colonnade.cli.screen import Screen
from colonnade.model.schema import json_schema
from colonnade.verbs import diagram as drawing
from colonnade.verbs import init as starting
from colonnade.verbs.opening import open_design

PRINT = Path("-")


def add_to(app: typer.Typer) -> None:
    for command in (diagram, init, schema):
        app.command()(command)


def diagram(
    file: File = None,
    lab: LabName = "",
    live: Annotated[
        bool, typer.Option("--live", help="Ask the machines, and colour every member by its health.")
    ] = False,
) -> None:
    """Print the design as a Mermaid diagram."""
    opened = open_design(file, lab)
    screen = Screen()
    if not live:
        sys.stdout.write(drawing.diagram(opened))
        return
    with screen.progress() as progress:
        text = drawing.live(opened, progress)
    sys.stdout.write(text)


def init(
    source: Annotated[
        Path | None, typer.Option("--from", help="The design to write. Without it: an example.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Where to; - prints. Default: site.yaml, with --from: -"),
    ] = None,
) -> None:
    """Write a site.yaml to start from."""
    text = starting.init(source)
    target = output or (PRINT if source else Path("site.yaml"))
    if target == PRINT:
        sys.stdout.write(text)
    else:
        starting.write(text, target)
        Screen().say(f"Wrote {target}. Next: colonnade up -f {target}")


def schema() -> None:
    """Print the JSON Schema of site.yaml, for editors."""
    Screen().json(json_schema(catalog.load().kinds))
