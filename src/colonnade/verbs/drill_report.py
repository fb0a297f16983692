"""`drill report`: what is known of every claim, as Markdown and as one HTML page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from colonnade.drill import report, timeline
from colonnade.drill.evidence import Record
from colonnade.drill.report import Known
from colonnade.drill.timeline import Timeline
from colonnade.errors import ColonnadeError, StateError
from colonnade.verbs.drill import claims
from colonnade.verbs.opening import Opened


def write(opened: Opened, folder: Path) -> tuple[Path, ...]:
    """The files written. Touches no machine."""
    known = [Known(c.drill, c.state, c.record, _timeline(opened, c.record)) for c in claims(opened)]
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    pages = {"drills.md": report.markdown, "drills.html": report.html}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in pages.items():
            (folder / name).write_text(page(opened.drawn.site, known, made), encoding="utf-8")
    except OSError as error:
        raise ColonnadeError(f"can't write the report: {error.strerror}", where=str(folder)) from error
    return tuple(folder / name for name in pages)


def _timeline(opened: Opened, record: Record | None) -> Timeline | None:
    """None where there is none: it is kept with the operator's own files, and a ledger may travel."""
    text = opened.folder.get(record.timeline) if record and record.timeline else None
    if text is None:
        return None
    try:
        return timeline.read(text.decode())
    except (ValueError, TypeError, KeyError) as error:
        where = str(opened.folder.path / (record.timeline if record else ""))
        raise StateError("this is no timeline of a drill", where=where, hint="remove the file") from error
