"""The options that many commands share, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[
    Path | None,
    typer.Option(
        "-f",
        "--file",
        envvar="COLONNADE_FILE",
        help="The design: a Markdown page with a Mermaid diagram, or YAML. "
        "Default: site.yaml, else site.md, in this folder.",
    ),
]
LabName = Annotated[
    str,
    typer.Option(
        "--lab",
        envvar="COLONNADE_LAB",
        help="The lab's name. Default: made from the site's name and this folder.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
