"""Nobody sees how the site is."""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.severity import Severity

ASPECTS = (
    (
        "Performance is not measured",
        "Nobody sees how many requests come, how long they take and how many fail.",
        "Collect request rate, duration and errors at the door and at every tier.",
    ),
    (
        "Failures are not detected",
        "Nobody is told when a member, a machine or the replication stops.",
        "Probe the site from outside and every member inside, and alert a person.",
    ),
    (
        "Resource usage is not watched",
        "Nobody sees disks fill, memory run out or processors saturate.",
        "Collect processor, memory, disk and network of every machine, with alerts before they are full.",
    ),
    (
        "Application metrics are not collected",
        "Nobody sees what the app itself counts: sign-ups, queue lengths, slow queries.",
        "Let the app offer its metrics and collect them.",
    ),
)
"""Title, detail and fix of each thing that monitoring is for."""


def look(case: Case) -> Iterator[Sighting]:
    members = case.members(case.design.services.values())
    for title, detail, fix in ASPECTS:
        by_hand = (
            "" if "monitoring" in case.provided else " No room does this yet: run a monitor of your own."
        )
        yield Sighting(detail, case.door, (), members, title=title, fix=fix + by_hand)


RULE = Rule(
    id="no-monitoring",
    severity=Severity.WARNING,
    title="There is no monitoring",
    why="What is not watched fails twice: once when it breaks, and again when the spare that took "
    "over breaks too. Redundancy without alarms only makes the first failure silent.",
    fix="Collect the metrics of machines, members and the app, probe the site from outside, and alert "
    "somebody.",
    look=look,
    cure="monitoring",
    claim="monitoring",
)
