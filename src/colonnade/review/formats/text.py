"""A review as plain text for a terminal: worst first, each with the design's line; the summary last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from colonnade.review.formats import words
from colonnade.review.formats.frame import frame
from colonnade.review.journeys import TITLES
from colonnade.review.review import JourneyReport, Review
from colonnade.review.rule import Finding
from colonnade.review.secret_words import masked
from colonnade.review.severity import Severity

FIXES = 5
"""Fixes shown for each journey."""


def to_text(review: Review, source: str) -> str:
    """`source` is the text of the design's file."""
    lines = source.split("\n")
    parts = [*findings(review, lines), *believed(review), *silenced(review), *availability(review)]
    return "\n".join([*parts, "", words.summary(review)]) + "\n"


def findings(review: Review, lines: Sequence[str]) -> Iterator[str]:
    """What one rule says of one line comes together."""
    for _, group in groupby(review.findings, key=lambda f: (f.severity.rank, f.position, f.rule.id)):
        together = list(group)
        first = together[0]
        title = first.title if len(together) == 1 else first.rule.title
        yield f"{first.severity.value}[{first.rule.id}]: {title}"
        yield f" --> {words.place(review, first.position)}"
        if first.severity is not Severity.NOTE:
            yield from frame(lines, first.position)
            yield f"  why: {first.rule.why}"
        for finding in together:
            yield from particulars(finding, alone=len(together) == 1)
        yield ""


def particulars(finding: Finding, *, alone: bool) -> Iterator[str]:
    yield f"  {finding.detail}" if alone else f"  {finding.title}. {finding.detail}"
    if finding.journeys and finding.severity is not Severity.NOTE:
        yield f"  stops: {words.journeys(finding.journeys)}"
    yield f"  fix ({words.FIXERS[finding.fixed_by]}): {finding.fix}"


def believed(review: Review) -> Iterator[str]:
    if review.believed:
        yield "Believed, for the document says so:"
        for one in review.believed:
            where = words.place(review, one.belief.position)
            yield f'  {one.rule.id} left out: {where} says "{masked(one.belief.text)}"'
        yield ""


def silenced(review: Review) -> Iterator[str]:
    if review.silenced:
        yield "Silenced in the design:"
        for rule, group in groupby(review.silenced, key=lambda s: s.finding.rule.id):
            found = list(group)
            silence = found[0].silence
            many = words.counted(len(found), "finding")
            yield f"  {rule} ({many}) until {silence.until.isoformat()}: {silence.reason}"
        yield ""


def availability(review: Review) -> Iterator[str]:
    if not review.journeys:
        return
    yield "Expected availability:"
    for journey, report in review.journeys.items():
        figure = report.availability
        about = "" if figure.exact else " (from cut sets of one and two, so a little too good)"
        yield (
            f"  {TITLES[journey]}: {words.percent(figure)}, down {words.hours(figure.hours_down)} a "
            f"year{about}"
        )
        yield from costs(report)
    yield ""
    yield "Assumed, in hours between failures and to repair (`assumptions:` in the design changes them):"
    said = (f"{kind.value} {a.mtbf:g}/{a.mttr:g}" for kind, a in review.assumptions.items())
    yield f"  {', '.join(said)}; failures are independent"


def costs(report: JourneyReport) -> Iterator[str]:
    alone = words.counted(len(report.cuts.points), "failure")
    yield f"    {alone} alone would end it, and {words.counted(report.cuts.pair_count, 'pair')} of failures"
    most = [c for c in report.availability.costs[: words.TOP] if c.hours * 3600 >= 1]
    if most:
        said = (f"{words.event(c.event)} {words.hours(c.hours)}" for c in most)
        yield f"    most of it: {', '.join(said)}"
    bought = [g for g in report.gains if g.hours * 3600 >= 1]
    if bought:
        said = (f"{fix_of(g.finding)} {words.hours(g.hours)}" for g in bought[:FIXES])
        more = f" and {len(bought) - FIXES} more" if len(bought) > FIXES else ""
        yield f"    a fix would win: {', '.join(said)}{more}"


def fix_of(finding: Finding) -> str:
    return f"{finding.rule.id} ({words.listed(finding.members, 1)})" if finding.members else finding.rule.id
