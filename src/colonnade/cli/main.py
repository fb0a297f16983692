"""The entry point: the one place where an error becomes an exit code. Each command's arguments stand in the
file of its name.
"""

from __future__ import annotations

import os
import sys

import typer

from colonnade.cli import db, design, drill, harden, lab, machines, maintain, review, site
from colonnade.cli.screen import Screen
from colonnade.errors import ColonnadeError, DesignError

app = typer.Typer(
    name="colonnade",
    help="Draw your web infrastructure. Colonnade reviews the drawing, hardens it, and runs it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (site, maintain, design, review, harden, machines):
    part.add_to(app)
app.add_typer(lab.app, name="lab")
app.add_typer(drill.app, name="drill")
app.add_typer(db.app, name="db")

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 failed, 2 usage or bad design, 130 interrupted."""
    try:
        app(prog_name="colonnade")
    except ColonnadeError as error:
        Screen().error(error.message if isinstance(error, DesignError) else str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        Screen().error("interrupted; nothing is half-swapped: the same command goes on from here")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away (`| head`). Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
