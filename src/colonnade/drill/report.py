"""What is known of a design's claims, for people: Markdown, and one HTML file that needs no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from colonnade.drill.drill import Drill
from colonnade.drill.evidence import Record, State
from colonnade.drill.plot import plot
from colonnade.drill.timeline import Timeline
from colonnade.drill.verdict import WORDS, Limit, shown

PACKAGE = "colonnade.drill"
MARKS = {State.HELD: "✓", State.FAILED: "✗", State.STALE: "~", State.NEVER: "·"}
LATENCIES = ("before", "during", "after")


@dataclass(frozen=True)
class Row:
    """One number of a hypothesis beside what was measured."""

    words: str
    claimed: str
    measured: str
    held: bool | None


@dataclass(frozen=True)
class Known:
    """A claim with all that is known of it. `timeline` is None where its file is gone or there is none."""

    drill: Drill
    state: State
    record: Record | None = None
    timeline: Timeline | None = None

    @property
    def mark(self) -> str:
        return MARKS[self.state]

    @property
    def anchor(self) -> str:
        return self.drill.name.replace("/", "-")

    @property
    def when(self) -> str:
        return self.record.when[:16].replace("T", " ") if self.record else ""

    @property
    def plot(self) -> str:
        return plot(self.timeline) if self.timeline else ""

    @property
    def rows(self) -> tuple[Row, ...]:
        return rows(self.record) if self.record else ()

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        return tuple(_numbers(self.record.values)) if self.record else ()


def rows(record: Record) -> tuple[Row, ...]:
    """By the record's own hypothesis, which may be an older one."""
    return tuple(_row(Limit(name, at_most), record.values) for name, at_most in record.hypothesis.items())


def markdown(site: str, known: Sequence[Known], made: str) -> str:
    return _render("report.md.j2", site, known, made)


def html(site: str, known: Sequence[Known], made: str) -> str:
    return _render("report.html.j2", site, known, made)


def _render(template: str, site: str, known: Sequence[Known], made: str) -> str:
    environment = Environment(
        loader=PackageLoader(PACKAGE),
        undefined=StrictUndefined,
        autoescape=template.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    counts = Counter(each.state.value for each in known)
    return environment.get_template(template).render(site=site, known=known, made=made, counts=counts)


def _row(limit: Limit, values: Mapping[str, Any]) -> Row:
    claimed = shown(limit.value, limit.at_most, "at most ")
    measured = values.get(limit.value)
    if measured is None:
        return Row(WORDS[limit.value], claimed, "not measured", None)
    return Row(WORDS[limit.value], claimed, shown(limit.value, measured), measured <= limit.at_most)


def _numbers(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "requests by name", f"{values['requests']}"
    yield "probes of addresses", f"{values['probes']}, {values['failed_probes']} of them failed"
    yield (
        "writes acknowledged",
        "none made" if values["acknowledged"] is None else f"{values['acknowledged']}",
    )
    yield "writes sent and never answered", f"{values['unknown_writes']}"
    for name in LATENCIES:
        found = values[name]
        if found["p50"] is not None:
            yield f"latency {name}", f"p50 {found['p50'] * 1000:.0f} ms, p99 {found['p99'] * 1000:.0f} ms"
    for address, gap in values["gaps"].items():
        yield f"longest gap at {address}", f"{gap:.2f} s"
    for error, count in values.get("errors", {}).items():
        yield f"failed with {error}", f"{count}"
