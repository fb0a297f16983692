"""How are measured values told? As a table for people and as JSON for programs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """All values measured of one thing, in the order of the runs."""

    name: str
    unit: str
    values: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def as_json(self) -> Mapping[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "runs": list(self.values),
            "note": self.note,
        }


def ratio(name: str, of: Figure, to: Figure) -> Figure:
    """Of the medians: they were measured in turn, so whatever else the computer did weighed on both."""
    return Figure(name, "x", (of.median / to.median,), f"{of.name} / {to.name}")


def table(figures: Sequence[Figure]) -> str:
    width = max(len(f.name) for f in figures)
    lines = [f"{'what':<{width}}  {'median':>8} {'min':>8} {'max':>8} {'n':>3}  unit"]
    for figure in figures:
        values = (figure.median, min(figure.values), max(figure.values))
        numbers = " ".join(f"{value:>8.{_digits(value)}f}" for value in values)
        note = f"  ({figure.note})" if figure.note else ""
        lines.append(f"{figure.name:<{width}}  {numbers} {len(figure.values):>3}  {figure.unit}{note}")
    return "\n".join(lines)


def _digits(value: float) -> int:
    return 0 if value >= 100 else 1 if value >= 10 else 2
