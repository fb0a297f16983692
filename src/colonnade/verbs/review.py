"""`review`: what is wrong with a design before it runs. Reads the file and touches no machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from colonnade import catalog
from colonnade.catalog import Catalog
from colonnade.model.design import Design
from colonnade.model.load import load
from colonnade.model.source import decode
from colonnade.model.write_mermaid import to_mermaid
from colonnade.review.formats.as_json import to_json
from colonnade.review.formats.markdown import to_markdown
from colonnade.review.formats.marks import STYLES, marks
from colonnade.review.formats.sarif import to_sarif
from colonnade.review.formats.text import to_text
from colonnade.review.review import Review
from colonnade.review.review import review as judge
from colonnade.verbs.opening import find


@dataclass(frozen=True)
class Reviewed:
    """`drawn` is what the file says, `source` its text."""

    review: Review
    drawn: Design
    source: str
    catalog: Catalog

    def text(self) -> str:
        return to_text(self.review, self.source)

    def markdown(self) -> str:
        return to_markdown(self.review)

    def json(self) -> dict[str, Any]:
        return to_json(self.review)

    def sarif(self) -> dict[str, Any]:
        return to_sarif(self.review, self.catalog.rules)

    def mermaid(self) -> str:
        return to_mermaid(self.drawn, self.catalog.kinds, marks(self.review), STYLES)


def review(file: Path | None, today: date | None = None) -> Reviewed:
    """Raises UsageError or DesignError. `today` decides whether silences have expired."""
    path = find(file)
    rooms = catalog.load()
    drawn = load(path, rooms.kinds)
    day = today or datetime.now(UTC).date()
    found = judge(drawn, rooms.kinds, rooms.rules, day)
    return Reviewed(found, drawn, decode(path.read_bytes()), rooms)
