"""A timeline as a picture: SVG that stands in a page by itself. Colours are the page's, by class."""

from __future__ import annotations

import html
from collections.abc import Iterator
from itertools import groupby

from colonnade.drill.timeline import BAD, GOOD, STEP, Timeline

WIDTH, LEFT, RIGHT = 760, 120, 12
REQUESTS, LATENCY, STRIP, SPACE, AXIS = 64, 48, 12, 14, 18
LONGEST_WORD = 40


def plot(timeline: Timeline) -> str:
    """Requests and failures, the slowest answers, a strip for each address, with fault and healing marked."""
    strips = len(timeline.addresses) * (STRIP + 4)
    body = SPACE + REQUESTS + SPACE + LATENCY + SPACE + strips
    parts = [
        *_bars(timeline, SPACE),
        *_slowest(timeline, SPACE + REQUESTS + SPACE),
        *_strips(timeline, SPACE + REQUESTS + SPACE + LATENCY + SPACE),
        *_marks(timeline, body),
        *_seconds(timeline, body),
    ]
    head = f'<svg viewBox="0 0 {WIDTH} {body + AXIS}" role="img" aria-label="Course of the drill">'
    return "\n".join([head, *parts, "</svg>"])


def _x(seconds: float, timeline: Timeline) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / max(timeline.seconds, STEP)


def _bars(timeline: Timeline, top: int) -> Iterator[str]:
    highest = max((g + f for g, f in zip(timeline.good, timeline.failed, strict=True)), default=0) or 1
    yield _label(top + 10, "requests")
    yield _label(top + 22, f"most: {highest} in 0.1 s", "small")
    bottom = top + REQUESTS
    for place, (good, failed) in enumerate(zip(timeline.good, timeline.failed, strict=True)):
        tall, red = REQUESTS * good / highest, REQUESTS * failed / highest
        if good:
            yield _box(timeline, place, 1, bottom - tall, tall, "good")
        if failed:
            yield _box(timeline, place, 1, bottom - tall - red, red, "bad")


def _slowest(timeline: Timeline, top: int) -> Iterator[str]:
    highest = max(timeline.slowest, default=0) or 1
    yield _label(top + 10, "slowest answer")
    yield _label(top + 22, f"most: {highest} ms", "small")
    for place, value in enumerate(timeline.slowest):
        if value:
            tall = LATENCY * value / highest
            yield _box(timeline, place, 1, top + LATENCY - tall, tall, "slow")


def _strips(timeline: Timeline, top: int) -> Iterator[str]:
    for row, (address, strip) in enumerate(timeline.addresses.items()):
        y = top + row * (STRIP + 4)
        yield _label(y + 10, address, "small")
        place = 0
        for letter, run in groupby(strip):
            length = len(list(run))
            if letter in {GOOD, BAD}:
                yield _box(timeline, place, length, y, STRIP, "good" if letter == GOOD else "bad")
            place += length


def _box(timeline: Timeline, place: int, length: int, y: float, height: float, kind: str) -> str:
    x = _x(place * STEP, timeline)
    width = _x((place + length) * STEP, timeline) - x
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _marks(timeline: Timeline, bottom: int) -> Iterator[str]:
    for seconds, word in ((timeline.fault, "fault"), (timeline.heal, "healing")):
        x = _x(seconds, timeline)
        yield f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{bottom}"/>'
        near_the_end = x > WIDTH - RIGHT - LONGEST_WORD
        place = f'x="{x - 3:.1f}" text-anchor="end"' if near_the_end else f'x="{x + 3:.1f}"'
        yield f'<text class="small" {place} y="9">{word}</text>'


def _seconds(timeline: Timeline, bottom: int) -> Iterator[str]:
    step = next((s for s in (1, 2, 5, 10, 20, 60) if timeline.seconds / s <= 12), 120)
    for second in range(0, int(timeline.seconds) + 1, step):
        x = _x(second, timeline)
        yield f'<text class="small tick" x="{x:.1f}" y="{bottom + 13}">{second} s</text>'


def _label(y: float, text: str, kind: str = "") -> str:
    classes = " ".join(filter(None, ("label", kind)))
    return f'<text class="{classes}" x="{LEFT - 8}" y="{y:.1f}">{html.escape(text)}</text>'
