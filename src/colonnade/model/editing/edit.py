"""A design's file changed to say another design, and checked that it does. Asked by `harden`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml.error import YAMLError

from colonnade.errors import DesignError
from colonnade.model.design import Design
from colonnade.model.editing import site_yaml
from colonnade.model.editing.drawing import redrawn
from colonnade.model.editing.lines import Lines, Unusual
from colonnade.model.kinds import Kinds
from colonnade.model.load import MARKDOWN, YAML, loads
from colonnade.model.reading.outline import place
from colonnade.model.source import clean
from colonnade.model.write_mermaid import to_mermaid
from colonnade.model.write_yaml import to_yaml

IN_PLACE, REWRITTEN = "in place", "written anew"


@dataclass(frozen=True)
class Edited:
    """`how`: whether the text was changed where it stands, or its design written anew."""

    text: str
    how: str


def edited(text: str, before: Design, after: Design, kinds: Kinds) -> Edited:
    """`before` is what `text` says (its path tells in which language), `after` has the same services with
    more members and links. What is returned was read back, and is `after`.
    """
    if before == after:
        return Edited(text, IN_PLACE)
    for how, attempt in attempts(text, before, after, kinds):
        made = attempt()
        if made is not None and says(made, before.path, after, kinds):
            return Edited(made, how)
    raise AssertionError(f"{before.path} can't be written so that it says the changed design")


def says(text: str, path: str, design: Design, kinds: Kinds) -> bool:
    try:
        return loads(text, path, kinds) == design
    except DesignError:
        return False


def attempts(
    text: str, before: Design, after: Design, kinds: Kinds
) -> Iterator[tuple[str, Callable[[], str | None]]]:
    suffix = Path(before.path).suffix.lower()
    if suffix in YAML:
        yield IN_PLACE, lambda: guarded(lambda: site_yaml.rewritten(text, before, after))
        yield IN_PLACE, lambda: guarded(lambda: site_yaml.dumped(text, after))
        yield REWRITTEN, lambda: to_yaml(after)
        return
    yield IN_PLACE, lambda: guarded(lambda: redrawn(text, before, after, kinds))
    if suffix in MARKDOWN:
        yield REWRITTEN, lambda: with_diagram(text, before, to_mermaid(after, kinds), kinds)
    else:
        yield REWRITTEN, lambda: to_mermaid(after, kinds)


def guarded(attempt: Callable[[], str]) -> str | None:
    """What the editor does not know, or made a text that is no design, is left for the next attempt."""
    try:
        return attempt()
    except (Unusual, DesignError, YAMLError):
        return None


def with_diagram(text: str, before: Design, diagram: str, kinds: Kinds) -> str:
    """Another diagram in the same fence."""
    lines = Lines.of(text)
    body, first = place(clean(text), before.path, kinds, markdown=True)
    opening = lines.line(first - 1)
    found = re.match(r"[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?", opening)
    indent = re.sub(r"[^ \t>]", " ", found.group()) if found else ""
    lines.exchange(first, first + body.count("\n"), [indent + line for line in diagram.splitlines()])
    return lines.text()
