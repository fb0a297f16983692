"""How members that decide among themselves which of them leads are asked, and told, by an operator."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Elections:
    """`argv` with a question's words behind it is run as root on a member's machine. It prints an answer in
    JSON; where it can't, it says why on standard error and ends with 1, or with 3 where another member's
    machine may be able to. The questions are those of `colonnade_agent.steward.asking`.

    `program` is the unit that holds the data, `steward` the one that decides.
    """

    argv: tuple[str, ...]
    program: str
    steward: str
