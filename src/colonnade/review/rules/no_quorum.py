"""Voters that can't lose one, or an even number of them."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.model.design import Service
from colonnade.review.case import Case
from colonnade.review.cuts import cut_sets
from colonnade.review.events import Event
from colonnade.review.journeys import Journey
from colonnade.review.points import QUORUM, points
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    stopping = {point.about: point for point in points(case, QUORUM)}
    for service in case.design.services.values():
        if not case.kind(service).votes:
            continue
        point = stopping.get(service.name)
        said = problem(service, lost_together(case, service))
        if said:
            yield Sighting(
                said,
                service.position,
                point.journeys if point else risked(case, service),
                case.members([service]),
                points=point.events if point else (),
            )


def risked(case: Case, service: Service) -> tuple[Journey, ...]:
    """Who only lets them choose a primary can be read without."""
    asking = case.design.sources(service.name)
    reads = not asking or any(source.consulted != service.name for source in asking)
    return tuple(j for j in case.visits if reads or j is Journey.WRITE)


def lost_together(case: Case, service: Service) -> tuple[Event, ...]:
    """What alone takes a majority of them, though the site may serve without."""
    tier = case.journeys.tiers.get((Journey.WRITE, service.name))
    return cut_sets(case.journeys.structure, tier).points if tier is not None else ()


def problem(service: Service, together: tuple[Event, ...]) -> str:
    voters = len(service.members)
    spare = (voters - 1) // 2
    if voters < 3:
        lost = "its loss ends" if voters == 1 else "the loss of either ends"
        return f"'{service.name}' has {voters} of 3 voters: {lost} every decision."
    if voters % 2 == 0:
        return (
            f"'{service.name}' has {voters} voters and survives the loss of {spare}, as {voters - 1} would: "
            "one more can fail, and of a site split in two halves neither has a majority."
        )
    if together:
        names = " and ".join(machine for event in together for machine in event.machines)
        return f"A majority of the voters of '{service.name}' is lost together with {names}."
    return ""


RULE = Rule(
    id=QUORUM,
    severity=Severity.WARNING,
    title="The voters can't lose one",
    why="Voters decide by majority, so that two halves of a split site never decide differently. Two "
    "voters need both; four survive no more than three do. Without a majority nobody may become "
    "primary.",
    fix="Have three voters on three machines, or five on five.",
    look=look,
)
