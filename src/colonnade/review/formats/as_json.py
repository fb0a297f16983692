"""A review as data for programs."""

from __future__ import annotations

from typing import Any

from colonnade.review.cuts import Block, CutSets
from colonnade.review.formats import words
from colonnade.review.review import JourneyReport, Review
from colonnade.review.rule import Finding
from colonnade.review.secret_words import masked
from colonnade.review.severity import Severity


def to_json(review: Review) -> dict[str, Any]:
    return {
        "site": review.design.site,
        "file": review.design.path,
        "findings": [finding(f) for f in review.findings],
        "silenced": [
            {**finding(s.finding), "reason": s.silence.reason, "until": s.silence.until.isoformat()}
            for s in review.silenced
        ],
        "believed": [
            {"id": b.rule.id, "line": b.belief.position.line or None, "text": masked(b.belief.text)}
            for b in review.believed
        ],
        "availability": {journey.value: report(r) for journey, r in review.journeys.items()},
        "cut_sets": {journey.value: cut_sets(r.cuts) for journey, r in review.journeys.items()},
        "assumptions": {
            kind.value: {"mtbf": a.mtbf, "mttr": a.mttr} for kind, a in review.assumptions.items()
        },
        "summary": {s.value: sum(f.severity is s for f in review.findings) for s in reversed(Severity)},
    }


def finding(one: Finding) -> dict[str, Any]:
    """`line` is null for what was not written, as in a design that a program made."""
    return {
        "id": one.rule.id,
        "severity": one.severity.value,
        "title": one.title,
        "detail": one.detail,
        "why": one.rule.why,
        "fix": one.fix,
        "fixed_by": one.fixed_by.value,
        "line": one.position.line or None,
        "column": one.position.column or None,
        "journeys": [journey.value for journey in one.journeys],
        "members": list(one.members),
    }


def report(one: JourneyReport) -> dict[str, Any]:
    figure = one.availability
    return {
        "expected": figure.value,
        "hours_down_a_year": figure.hours_down,
        "exact": figure.exact,
        "contributors": [
            {"kind": c.event.kind.value, "name": c.event.name, "hours_a_year": c.hours}
            for c in figure.costs[: words.TOP]
        ],
        "fixes": [
            {"id": g.finding.rule.id, "members": list(g.finding.members), "hours_a_year": g.hours}
            for g in one.gains
        ],
    }


def cut_sets(cuts: CutSets) -> dict[str, Any]:
    """Each block is a list of events any of which has the same effect; of a pair one of each must happen."""
    return {
        "singles": [block(b) for b in cuts.singles],
        "pairs": [[block(a), block(b)] for a, b in cuts.pairs],
        "single_count": len(cuts.points),
        "pair_count": cuts.pair_count,
    }


def block(events: Block) -> list[dict[str, str]]:
    return [{"kind": e.kind.value, "name": e.name} for e in events]
