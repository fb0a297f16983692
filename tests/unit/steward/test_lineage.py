"""Which ends of a history are the cluster's, and which were written where nobody led."""

from __future__ import annotations

import pytest

from colonnade_agent.steward.protocol.lineage import belongs
from colonnade_agent.steward.protocol.store import Position, Term

HISTORY = (
    Term(3, "a", Position(50, "a")),
    Term(4, "b", Position(100, "a")),
    Term(6, "a", Position(200, "b")),
)


@pytest.mark.parametrize(
    ("seq", "origin", "expected"),
    [
        (0, "", True),
        (50, "x", True),  # before all terms
        (100, "a", True),
        (101, "a", False),  # b led already
        (101, "b", True),
        (200, "b", True),
        (201, "b", False),
        (201, "a", True),
        (150, "c", False),  # c never led
    ],
)
def test_an_end_belongs_to_the_term_of_who_wrote_it(seq: int, origin: str, expected: bool) -> None:
    assert belongs(Position(seq, origin), HISTORY) is expected


def test_without_a_history_all_is_common() -> None:
    assert belongs(Position(7, "a"), ())
