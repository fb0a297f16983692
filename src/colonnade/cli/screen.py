"""What people see: words on standard output, work in progress and errors on standard error. JSON goes out
untouched.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 160
"""Columns of a table that no terminal limits."""


class Screen:
    """`quiet` keeps progress back (for --json)."""

    def __init__(self, quiet: bool = False) -> None:
        self.out = Console(highlight=False, soft_wrap=True)
        if not self.out.is_terminal:
            self.out.width = PIPE_WIDTH
        self.err = Console(stderr=True, highlight=False, soft_wrap=True)
        self.quiet = quiet

    def say(self, text: str = "", style: str = "") -> None:
        self.out.print(Text(text, style=style))

    def note(self, text: str) -> None:
        """What happens, for people who watch."""
        if not self.quiet:
            self.err.print(Text(text, style="dim"))

    def error(self, text: str) -> None:
        self.err.print(Text.assemble(("error: ", "bold red"), text))

    def json(self, value: object) -> None:
        sys.stdout.write(json.dumps(value, indent=2) + "\n")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """One line a machine that changes in place on a terminal; elsewhere a plain line for each step."""
        shown: Progress = (
            Silent() if self.quiet else (Rows(self.err) if self.err.is_terminal else Lines(self.err))
        )
        with shown:
            yield shown


class Progress:
    """Called from many threads with what a machine ('' for the site as a whole) is at."""

    def __call__(self, machine: str, text: str, detail: str = "") -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Silent(Progress):
    def __call__(self, machine: str, text: str, detail: str = "") -> None:
        return None


class Lines(Progress):
    """For logs and pipes: no details, for there may be hundreds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start = time.monotonic()
        self._last: dict[str, str] = {}
        self._lock = threading.Lock()

    def __call__(self, machine: str, text: str, detail: str = "") -> None:
        with self._lock:
            if self._last.get(machine) == text:
                return
            self._last[machine] = text
            self._console.print(Text(f"{time.monotonic() - self._start:6.1f}s  {machine:<18} {text}"))


class Rows(Progress):
    """For terminals."""

    def __init__(self, console: Console) -> None:
        self._rows: dict[str, str] = {}
        self._lock = threading.Lock()
        self._live = Live(console=console, transient=True, refresh_per_second=8, get_renderable=self._table)

    def __call__(self, machine: str, text: str, detail: str = "") -> None:
        with self._lock:
            self._rows[machine] = f"{text}: {detail}" if detail else text

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        with self._lock:
            for machine, text in self._rows.items():
                table.add_row(Text(machine or "site", style="bold"), Text(text))
        return table

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
