"""What a new thing on a drawing is called beside the one it stands with. Pure; asked by `drawing`."""

from __future__ import annotations

import re
from collections.abc import Container
from string import digits

from colonnade.model.kinds import Kind, Kinds
from colonnade.model.names import telling
from colonnade.model.reading.words import PRIMARY, Lexicon

NUMBER = re.compile(r"(\d+)\s*$")
FIRST = re.compile(r"(?<![A-Za-z])(?:primary|master|main|leader|writer)(?![A-Za-z])", re.IGNORECASE)


def new_id(beside: str, machine: str, used: Container[str], *, own: bool) -> str:
    """The id of a new node. `own`: its machine is called after it, so the id must say `machine`."""
    base = beside.rstrip(digits)
    if not own:
        number = int(beside[len(base) :] or 1) + 1
        while f"{base}{number}" in used:
            number += 1
        return f"{base}{number}"
    ending = NUMBER.search(machine)
    for candidate in (f"{base}{ending[1]}" if ending else "", FIRST.sub(as_replica, beside)):
        if candidate and candidate not in used and telling(candidate) == machine:
            return candidate
    return machine


def new_label(label: str, old: str, machine: str, kind: Kind, kinds: Kinds) -> str:
    """The label of a new node beside one that has `label`; `old` is that one's machine if it is called after
    it. Nothing that a label states beside its kind is stated twice.
    """
    if any(Lexicon.of(kinds).facts(label)):
        label = kind.title[:1].upper() + kind.title[1:]
    named = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", machine, label) if old else label
    if kind.replicated:
        return FIRST.sub(as_replica, named) if PRIMARY.search(named.lower()) else f"{named.rstrip()} replica"
    return named if named != label else following(label, machine)


def following(text: str, machine: str) -> str:
    """`Nginx 1` as `Nginx 2`; `Load balancer` as `Load balancer 2`, with the number of the machine."""
    said = NUMBER.search(machine)
    number = NUMBER.search(text)
    if number:
        return text[: number.start(1)] + (said[1] if said else str(int(number[1]) + 1))
    return f"{text.rstrip()} {said[1] if said else 2}"


def as_replica(found: re.Match[str]) -> str:
    return "Replica" if found.group()[0].isupper() else "replica"
