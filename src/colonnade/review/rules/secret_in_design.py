"""A password or key stands in the design."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from colonnade.model.design import Position
from colonnade.review.case import Case
from colonnade.review.rule import Rule, Sighting
from colonnade.review.secret_words import in_setting, in_text
from colonnade.review.severity import Severity


def look(case: Case) -> Iterator[Sighting]:
    for service in case.design.services.values():
        for name, value in settings(service.settings.model_dump(mode="json", exclude_defaults=True)):
            if in_setting(name, value):
                yield Sighting(
                    f"The setting '{name}' of '{service.name}' holds what looks like a secret.",
                    service.position,
                    (),
                    case.members([service]),
                )
    for line in sorted({line for line, text in texts(case) if in_text(text)}):
        yield Sighting(f"Line {line} holds what looks like a secret.", Position(line, 1))


def settings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a service's settings with the name it stands under."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from settings(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from settings(inner, name)


def texts(case: Case) -> Iterator[tuple[int, str]]:
    yield from enumerate(case.design.prose.split("\n"), 1)
    yield from ((reading.position.line, reading.drawn) for reading in case.design.readings)
    yield from ((fact.position.line, fact.text) for fact in case.design.facts)
    yield from ((e.position.line, e.what) for e in case.design.externals.values())


RULE = Rule(
    id="secret-in-design",
    severity=Severity.ERROR,
    title="There is a secret in the design",
    why="A design is read by everyone, copied into tickets and kept in version control for ever. What "
    "was in it once can't be taken back.",
    fix="Take it out, and change it wherever it is used: it is known now. Passwords of the site's own "
    "parts are made by `up` and kept beside the design; others belong into the environment of the "
    "app.",
    look=look,
)
