"""How a step that did not work is told: which resource, which step, what was run, what it said.

Every part of the agent raises `Failed`; `apply` rolls back on it, and it ends as `Response.failure`.
"""

from __future__ import annotations

from dataclasses import dataclass

TAIL = 4000


@dataclass(frozen=True)
class Failure:
    """`exit` is the program's exit code, None where no program was involved. `output` is the end of what it
    printed.
    """

    step: str
    output: str
    resource: str = ""
    stage: str = ""
    argv: tuple[str, ...] = ()
    exit: int | None = None


class Failed(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.resource} {failure.step}: {failure.output}".strip())
        self.failure = failure


def failed(step: str, output: str, resource: str = "") -> Failed:
    """A failure in which no program was involved."""
    return Failed(Failure(step=step, output=output[-TAIL:], resource=resource))
