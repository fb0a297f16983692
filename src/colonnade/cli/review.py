"""`review`: its arguments, and its answer in the format asked for."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from colonnade.cli.options import AsJson, File
from colonnade.review.severity import Severity

if TYPE_CHECKING:
    from colonnade.verbs.review import Reviewed

FOUND = 3
"""Exit code when something at or above `--fail-on` was found."""


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    MERMAID = "mermaid"


def add_to(app: typer.Typer) -> None:
    app.command()(review)


def review(
    file: File = None,
    form: Annotated[
        Format, typer.Option("--format", help="What to print. `mermaid` is the diagram with findings marked.")
    ] = Format.TEXT,
    fail_on: Annotated[
        Severity, typer.Option("--fail-on", help="From which severity on the exit code is 3.")
    ] = Severity.WARNING,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with a design before it runs: each finding with its line, why, and the fix.

    Exit codes: 0 nothing at or above --fail-on, 3 findings, 2 usage or bad design.
    """
    from colonnade.verbs import review as reviewing  # noqa: PLC0415 - 0.2 s that other commands need not pay

    found = reviewing.review(file)
    sys.stdout.write(written(found, Format.JSON if as_json else form))
    if found.review.at_least(fail_on):
        raise typer.Exit(FOUND)


def written(found: Reviewed, form: Format) -> str:
    match form:
        case Format.JSON:
            return json.dumps(found.json(), indent=2) + "\n"
        case Format.SARIF:
            return json.dumps(found.sarif(), indent=2) + "\n"
        case Format.MARKDOWN:
            return found.markdown()
        case Format.MERMAID:
            return found.mermaid()
        case Format.TEXT:
            return found.text()
