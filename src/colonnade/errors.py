"""Every error the product raises on purpose: where, what, what next.

Only the entry point (`cli.main`) turns one into an exit code; everything else raises.

    ColonnadeError            exit 1
    ├── UsageError            exit 2   the command line asks for something that can't be
    ├── DesignError           exit 2   the design can't be understood; carries every problem found, each with
    its line
    ├── LabError              exit 1   the lab on this computer can't do what was asked
    ├── StateError            exit 1   what is kept beside the design (secrets, CA) is missing or damaged
    ├── HostError             exit 1   something about one machine
    │   ├── Unreachable                no answer: says nothing about the machine's state
    │   └── RemoteFailed               the machine answered, and a step on it failed
    └── Unhealthy             exit 1   everything was done, and a member still does not work
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ColonnadeError(Exception):
    """`message` says what is wrong, `where` names the place (file:line:column, machine, …), `hint` what to
    do next.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  hint: {self.hint}" if self.hint else head


class UsageError(ColonnadeError):
    exit_code = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a design. Lines and columns count from 1; 0 means the file as a whole."""

    line: int
    column: int
    message: str
    hint: str = ""


class DesignError(ColonnadeError):
    """The design at `path` has `problems`, sorted by line."""

    exit_code = 2

    def __init__(self, path: str, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(self._line(p) for p in self.problems))

    def _line(self, problem: Problem) -> str:
        place = f"{self.path}:{problem.line}:{problem.column}" if problem.line else self.path
        hint = f"\n  hint: {problem.hint}" if problem.hint else ""
        return f"{place}: {problem.message}{hint}"

    def __str__(self) -> str:
        return self.message


class LabError(ColonnadeError):
    pass


class StateError(ColonnadeError):
    pass


class HostError(ColonnadeError):
    """Something about one machine; `where` is the machine's name."""


class Unreachable(HostError):
    pass


class RemoteFailed(HostError):
    pass


class Unhealthy(ColonnadeError):
    pass
