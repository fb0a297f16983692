"""What a room has run on machines at one moment of a procedure: where, what, and why, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Order:
    """`argv` is run as root on `machine`, for at most `timeout` seconds. It may be run again, and does
    nothing where nothing is to be done. `purpose` is what people read.

    `ready` changes nothing: it is run before the procedure begins, and ends with 0 if the order could be
    carried out then; else it says on standard error why not.
    """

    machine: str
    argv: tuple[str, ...]
    purpose: str
    timeout: float = 30.0
    ready: tuple[str, ...] = ()
