"""Is a history a part of the cluster's? Asked before a member that has led follows again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from colonnade_agent.steward.protocol.store import Position, Term


def belongs(end: Position, history: Sequence[Term]) -> bool:
    """`end` was written by a leader in a term of its own, before the next one began.

    A transaction that its origin wrote after the next term's start is in no other member's history, even
    where others have one with the same number.
    """
    if not history or not end.seq:
        return True
    terms = sorted(history, key=lambda term: term.number)
    if end.seq <= terms[0].start.seq:
        return True  # from before the cluster began, which all have in common
    return any(
        term.leader == end.origin and term.start.seq < end.seq <= following.start.seq
        for term, following in pairwise(terms)
    ) or (terms[-1].leader == end.origin and terms[-1].start.seq < end.seq)
