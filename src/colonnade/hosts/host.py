"""How a machine is reached, whatever it is: one command, bytes in, lines and bytes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Completed:
    """What a command on a machine ended with. `stdout` holds everything, also the lines already handed to
    `on_line`.
    """

    exit: int
    stdout: bytes
    stderr: str


OnLine = Callable[[str], None]


class Host(Protocol):
    """One machine. `name` is the design's, `address` what is dialled."""

    name: str
    address: str

    def run(
        self,
        argv: tuple[str, ...],
        stdin: Iterable[bytes] = (),
        *,
        timeout: float = 60,
        on_line: OnLine | None = None,
    ) -> Completed:
        """Run as root on the machine; `on_line` sees each line of standard output as it arrives.

        Raises Unreachable when the machine can't be talked to (which says nothing of its state),
        RemoteFailed after `timeout`
        seconds. A command that ends with another exit code than 0 is an answer, not an error.
        """
        ...

    def interactive(self, argv: tuple[str, ...]) -> tuple[str, ...]:
        """The local command line that gives an operator this terminal on the machine (a shell when `argv` is
        empty).
        """
        ...

    def close(self) -> None:
        """End what is kept open to the machine."""
        ...
