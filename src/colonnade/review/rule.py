"""What a rule of review is, and what it finds. Each rule has a file of its own in `rules/`; the catalog finds
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from colonnade.model.design import Position
from colonnade.review.case import Case
from colonnade.review.events import Event
from colonnade.review.journeys import Journey
from colonnade.review.severity import FixedBy, Severity


@dataclass(frozen=True)
class Sighting:
    """One place where a rule applies. `title` and `fix` say more exactly what the rule says in general.

    `points` are the single points of failure it is about. `cured_by_harden` is False where a change of the
    drawing would not help in this place; `cured_by_up` is True where `up` cures this one place.
    """

    detail: str
    position: Position
    journeys: tuple[Journey, ...] = ()
    members: tuple[str, ...] = ()
    title: str = ""
    fix: str = ""
    points: tuple[Event, ...] = ()
    cured_by_harden: bool = True
    cured_by_up: bool = False


Look = Callable[[Case], Iterable[Sighting]]


@dataclass(frozen=True)
class Rule:
    """`id` is stable: silences and other programs name it. `cure` is the word in `Kind.provides` of a room
    that cures it for every site. `claim` is what a document can say it has (`beliefs.CLAIMS`, or a kind of
    fact); then it is believed. `silenceable` is False for what is said of silences themselves.
    """

    id: str
    severity: Severity
    title: str
    why: str
    fix: str
    look: Look = field(repr=False)
    cure: str = ""
    claim: str = ""
    silenceable: bool = True


Rules = Mapping[str, Rule]


@dataclass(frozen=True)
class Finding:
    rule: Rule
    severity: Severity
    fixed_by: FixedBy
    title: str
    detail: str
    fix: str
    position: Position
    journeys: tuple[Journey, ...] = ()
    members: tuple[str, ...] = ()
    points: tuple[Event, ...] = ()
