"""What is the next of its kind called? Asked by whatever adds a machine to a design."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from colonnade.model.names import MACHINE_LENGTH, TAKEN

NUMBERED = re.compile(r"(.*?[^\d])(\d+)")
LETTERED = re.compile(r"(.+-)([a-y])")
FIRST = re.compile(r"(?<![a-z0-9])(?:primary|master|main|leader|writer)(?![a-z0-9])")
LAB_LENGTH = 30
"""Characters of a lab machine's name; a name that fits a lab has successors that do."""


def successor(names: Sequence[str], used: Container[str], *, replica: bool = False) -> str:
    """The name that goes on from the last of `names`: `web1`, `web2` -> `web3`; `load-balancer` ->
    `load-balancer2`; of a replica `db-primary` -> `db-replica`.
    """
    last = names[-1]
    if replica and (named := FIRST.sub("replica", last)) != last and free(named, used):
        return named
    if (lettered := LETTERED.fullmatch(last)) and free(following := lettered[1] + after(lettered[2]), used):
        return following
    numbered = NUMBERED.fullmatch(last)
    base, width = (numbered[1], len(numbered[2])) if numbered else (last, 1)
    number = int(numbered[2]) if numbered else 1
    candidate = last
    while not free(candidate, used) or candidate == last:
        number += 1
        candidate = joined(
            base, f"{number:0{width}}", LAB_LENGTH if len(last) <= LAB_LENGTH else MACHINE_LENGTH
        )
    return candidate


def after(letter: str) -> str:
    return chr(ord(letter) + 1)


def free(name: str, used: Container[str]) -> bool:
    return name not in used and name not in TAKEN


def joined(base: str, number: str, length: int) -> str:
    return base[: length - len(number)] + number
