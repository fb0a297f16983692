"""How a room finds out whether a member works: a command run on the member's machine, and a pure reading of
its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    exit: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Health:
    """`detail` is one short line for people. `role` is what the member says it is now (`primary`, `replica`,
    `leader`, `follower`), else empty.
    """

    healthy: bool
    detail: str
    role: str = ""


def by_exit(good: str = "ok") -> Callable[[Answer], Health]:
    """Healthy when the command ended with 0; otherwise its last line says why."""

    def read(answer: Answer) -> Health:
        if answer.exit == 0:
            return Health(True, good)
        lines = (answer.stderr.strip() or answer.stdout.strip()).splitlines()
        return Health(False, lines[-1] if lines else f"exit {answer.exit}")

    return read


@dataclass(frozen=True)
class Check:
    """`argv` runs as root on the machine with `input` on its standard input, for at most `timeout`
    seconds.
    """

    service: str
    argv: tuple[str, ...]
    read: Callable[[Answer], Health]
    input: str = ""
    timeout: float = 5.0


@dataclass(frozen=True)
class Ask:
    """A command that prints rows, one a line with tabs between columns, for what stands in `input`."""

    argv: tuple[str, ...]
    input: str
