"""What is wrong with this design, and how often will it be down? Asked by `review` and by whatever changes a
design to make it better. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from colonnade.model.design import Design, Silence
from colonnade.model.kinds import Kinds
from colonnade.model.voters import with_voters
from colonnade.review.availability import (
    Assumptions,
    Availability,
    assumed,
    availability,
)
from colonnade.review.beliefs import Belief, beliefs
from colonnade.review.case import Case
from colonnade.review.cuts import CutSets, cut_sets
from colonnade.review.hardens import DRAWN_ONLY, HARDENS
from colonnade.review.journeys import Journey, Journeys, journeys
from colonnade.review.points import PAIRS
from colonnade.review.rule import Finding, Rule, Rules, Sighting
from colonnade.review.severity import FixedBy, Severity


@dataclass(frozen=True)
class Silenced:
    finding: Finding
    silence: Silence


@dataclass(frozen=True)
class Believed:
    """A rule that was left out, because the document says that the site has what it misses."""

    rule: Rule
    belief: Belief


@dataclass(frozen=True)
class Gain:
    """`hours` a year that the journey works longer once the finding is fixed."""

    finding: Finding
    hours: float


@dataclass(frozen=True)
class JourneyReport:
    """`gains`: what each fix buys alone, most first."""

    cuts: CutSets
    availability: Availability
    gains: tuple[Gain, ...]


@dataclass(frozen=True)
class Review:
    """`findings` come worst first, then in the design's order."""

    design: Design
    findings: tuple[Finding, ...]
    silenced: tuple[Silenced, ...]
    believed: tuple[Believed, ...]
    journeys: Mapping[Journey, JourneyReport]
    assumptions: Assumptions

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity.rank >= severity.rank)


def review(design: Design, kinds: Kinds, rules: Rules, today: date) -> Review:
    """`today` decides whether silences have expired. The voters that come with the design are judged too."""
    design = with_voters(design, kinds)
    found = journeys(design, kinds)
    cuts = {journey: cut_sets(found.structure, root) for journey, root in found.roots.items()}
    case = Case(design, kinds, found, cuts, today, frozenset(rules))
    heard, silenced, believed = judged(case, rules)
    assumptions = assumed(design)
    figures = {
        journey: availability(found.structure, root, cuts[journey], assumptions)
        for journey, root in found.roots.items()
    }
    bought = gains(case, [*heard, *(s.finding for s in silenced)], figures, assumptions)
    reports = {
        journey: JourneyReport(cuts[journey], figures[journey], bought[journey]) for journey in found.roots
    }
    return Review(design, heard, silenced, believed, MappingProxyType(reports), assumptions)


def judged(
    case: Case, rules: Rules
) -> tuple[tuple[Finding, ...], tuple[Silenced, ...], tuple[Believed, ...]]:
    """What the rules find: what is heard, what is silenced, and what the document is believed to have."""
    said = {belief.what: belief for belief in reversed(beliefs(case.design))}
    silences = {s.rule: s for s in case.design.silences if s.until >= case.today}
    heard: list[Finding] = []
    silenced: list[Silenced] = []
    believed: list[Believed] = []
    for rule in rules.values():
        found = list(findings(case, rule))
        if found and rule.claim in said:
            believed.append(Believed(rule, said[rule.claim]))
        elif found and rule.silenceable and rule.id in silences:
            silenced += [Silenced(finding, silences[rule.id]) for finding in found]
        else:
            heard += found
    heard.sort(key=lambda f: (-f.severity.rank, f.position, f.rule.id))
    return tuple(heard), tuple(silenced), tuple(believed)


def findings(case: Case, rule: Rule) -> Iterator[Finding]:
    for seen in rule.look(case):
        fixed_by = who_fixes(case, rule, seen)
        yield Finding(
            rule,
            Severity.NOTE if fixed_by is FixedBy.UP else rule.severity,
            fixed_by,
            seen.title or rule.title,
            seen.detail,
            seen.fix or rule.fix,
            seen.position,
            seen.journeys,
            seen.members,
            seen.points,
        )


def who_fixes(case: Case, rule: Rule, seen: Sighting) -> FixedBy:
    if seen.cured_by_up or (rule.cure and rule.cure in case.provided):
        return FixedBy.UP
    able = HARDENS if case.design.needs_lab else DRAWN_ONLY
    if rule.id in able and seen.cured_by_harden:
        return FixedBy.HARDEN
    return FixedBy.OPERATOR


def gains(
    case: Case, found: list[Finding], figures: Mapping[Journey, Availability], assumptions: Assumptions
) -> Mapping[Journey, tuple[Gain, ...]]:
    """What each fix buys: single points get a second one beside them, pairs are opened."""
    opened = reopened(case, assumptions) if any(f.rule.id == PAIRS for f in found) else {}
    return {
        journey: tuple(
            sorted(journey_gains(case, found, journey, figure, opened, assumptions), key=lambda g: -g.hours)
        )
        for journey, figure in figures.items()
    }


def journey_gains(
    case: Case,
    found: list[Finding],
    journey: Journey,
    figure: Availability,
    opened: Mapping[Journey, Availability],
    assumptions: Assumptions,
) -> Iterator[Gain]:
    single = frozenset(case.cuts[journey].points)
    for finding in found:
        if finding.rule.id == PAIRS and journey in opened:
            hours = figure.hours_down - opened[journey].hours_down
        else:
            hours = figure.doubled(single.intersection(finding.points), assumptions)
        if hours > 0:
            yield Gain(finding, hours)


def reopened(case: Case, assumptions: Assumptions) -> Mapping[Journey, Availability]:
    """How available the design is with all pairs opened."""
    services = {
        name: replace(service, links=tuple(replace(link, pairs=()) for link in service.links))
        for name, service in case.design.services.items()
    }
    found: Journeys = journeys(replace(case.design, services=services), case.kinds)
    return {
        journey: availability(found.structure, root, cut_sets(found.structure, root), assumptions)
        for journey, root in found.roots.items()
        if journey in case.visits
    }
