"""Which of the app's members a web server asks first. Pure; asked by the room when it writes the upstream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from colonnade.kit.view import Target


@dataclass(frozen=True)
class Peer:
    """A `backup` is asked only while none of the others answers."""

    target: Target
    backup: bool


def peers(position: int, count: int, targets: Sequence[Target], *, pairs_drawn: bool) -> tuple[Peer, ...]:
    """What the web server at `position` of `count` asks.

    Pairs that were drawn are all there is, in turns. Otherwise the targets are dealt out like cards: each web
    server has its own, so that a request stays on few machines, and every other one as backup.
    """
    if pairs_drawn:
        return tuple(Peer(target, backup=False) for target in targets)
    hands = min(count, len(targets))
    return tuple(
        Peer(target, backup=number % hands != position % hands) for number, target in enumerate(targets)
    )
