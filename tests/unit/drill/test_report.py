"""What people read of claims: golden pages of a small ledger, and the picture of a drill's course."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

from colonnade import catalog as rooms
from colonnade.drill import report, timeline
from colonnade.drill.catalog import drills
from colonnade.drill.evidence import Record, State
from colonnade.drill.plot import plot
from colonnade.drill.report import Known
from colonnade.drill.timeline import Timeline
from colonnade.drill.values import Contents, measure
from colonnade.drill.verdict import judge
from colonnade.model.load import loads
from tests.unit.drill.stories import MOMENTS, A, B, Story, all_there, quiet

YAML = """
site: www.example.test
services:
  edge: {kind: haproxy, machines: [lb1], to: [web]}
  web: {kind: nginx, machines: [web1], to: [app]}
  app: {kind: app, machines: [app1], to: [db]}
  db: {kind: mariadb, machines: [db1]}
"""
KINDS = rooms.load().kinds
DRILLS = {drill.name: drill for drill in drills(loads(YAML, "site.yaml", KINDS), KINDS)}


def troubled() -> Story:
    story = Story()
    story.hello()
    for second in range(100, 130):
        story.ask("newcomer", second + 0.3, 0.03)
        story.ask("write", second + 0.5, 0.04, 201, id=f"drill-ab-{second}", opened=99.0)
    story.ask("read", 111.0, 0.3, 503, opened=110.9)
    story.ask("write", 111.0, 5.0, 0, id="drill-ab-x")
    story.probes(A, (110.0, 111.5))
    story.probes(B)
    story.bye()
    return story


def known(name: str, story: Story, state: State | None = None) -> Known:
    drill, visits = DRILLS[name], story.visits
    values = measure(visits, MOMENTS, (A,), Contents(all_there(visits)))
    verdict = judge(drill.hypothesis, values)
    record = Record(
        site="www.example.test",
        drill=name,
        part=drill.part,
        claim=drill.claim,
        outcome=verdict.outcome,
        reason=verdict.reason,
        hypothesis=drill.as_json()["hypothesis"],
        values=values.as_json(),
        design="0123456789abcdef",
        when="2026-01-02T03:04:05+00:00",
        version="1.2.3",
    )
    return Known(drill, state or State(verdict.outcome.value), record, timeline.of(visits, MOMENTS))


def everything() -> list[Known]:
    return [
        known("edge-machine-killed/lb1", quiet()),
        known("web-killed/web1", troubled()),
        known("reload-storm", quiet(), State.STALE),
        Known(DRILLS["uplink-cut/a"], State.NEVER),
    ]


def test_the_pages_are_these(golden: Callable[[str, str], None]) -> None:
    golden("drills.md", report.markdown("www.example.test", everything(), "2026-01-02 04:00 UTC"))
    golden("drills.html", report.html("www.example.test", everything(), "2026-01-02 04:00 UTC"))


def test_the_page_needs_nothing_else() -> None:
    page = report.html("www.example.test", everything(), "now")
    assert not re.search(r"<script|<link|@import|url\(|src=|https?:", page)
    assert "prefers-color-scheme: dark" in page


def test_what_people_wrote_is_text_and_no_markup() -> None:
    one = known("web-killed/web1", quiet())
    assert one.record
    page = report.html(
        "<b>", [replace(one, record=replace(one.record, claim="<script>alert(1)</script>"))], ""
    )
    assert "<script>" not in page
    assert "<b>" not in page


def test_a_claim_whose_timeline_is_gone_is_told_without_a_picture() -> None:
    page = report.html("www.example.test", [replace(everything()[1], timeline=None)], "now")
    assert "<svg" not in page
    assert "failed reads" in page


# The course


def test_a_timeline_counts_by_tenths_of_a_second() -> None:
    story = Story()
    story.ask("read", 110.01, 0.02)
    story.ask("read", 110.01, 0.05, 503)
    story.ask("newcomer", 110.32, 0.25)
    story.ask("pin", 110.01, 0.02, address=A)
    story.ask("pin", 110.51, 0.02, 0, address=A)
    story.ask("pin", 110.52, 0.02, address=B)
    found = timeline.of(story.visits, MOMENTS)
    assert (found.seconds, found.fault, found.heal) == (30.0, 10.0, 20.0)
    assert (found.good[100], found.failed[100], found.slowest[100]) == (1, 1, 20)
    assert (found.good[105], found.slowest[103]) == (1, 250), "by its end; by its beginning"
    assert found.addresses[A][100:106] == "o....x"
    assert found.addresses[B][105] == "o"
    assert sum(found.good) == 2


def test_a_timeline_is_read_back_as_written() -> None:
    found = timeline.of(troubled().visits, MOMENTS)
    assert timeline.read(found.text()) == found
    assert len(found.text()) < 6000, "small enough to be kept"


def test_the_picture_is_whole_and_within_its_frame() -> None:
    for found in (timeline.of(troubled().visits, MOMENTS), Timeline(0.0, 0.0, 0.0)):
        root = ET.fromstring(plot(found))
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for box in root.iter("rect"):
            x, y, w, h = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + w <= width
            assert 0 <= y <= y + h <= height
    words = [text.text for text in ET.fromstring(plot(timeline.of(troubled().visits, MOMENTS))).iter("text")]
    assert {"fault", "healing", A, B, "requests"} <= set(words)
