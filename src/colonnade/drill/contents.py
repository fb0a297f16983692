"""What does the database hold of a run's writes? The question, and the reading of its answer. Pure.

Drilled writes are rows of the table `entries`, by their `id`: docs/drills.md has the contract.
"""

from __future__ import annotations

from colonnade.drill.values import Contents


def question(run: str) -> str:
    """SQL, for a database that holds the app's tables. `run` is of hexadecimal digits."""
    assert run.isalnum()
    return f"SELECT id, COUNT(*) FROM entries WHERE id LIKE 'drill-{run}-%' GROUP BY id;"  # noqa: S608 - as asserted


def answer(text: str) -> Contents:
    """Reads rows of two columns with a tab between. Raises ValueError for anything else."""
    counts = {}
    for line in text.splitlines():
        identifier, count = line.split("\t")
        counts[identifier] = int(count)
    return Contents(counts)
