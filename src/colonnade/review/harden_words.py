"""What `harden` did, told in the document it did it to. Pure; asked by the verb `harden`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from colonnade.review.harden import Hardened

HEADING = "## What Colonnade changed"
NEXT = re.compile(r"^#{1,2} ")


def section(done: Hardened, *, drawn_anew: bool) -> Iterator[str]:
    """The lines of the section below its heading."""
    yield "`colonnade harden` changed the diagram above."
    if drawn_anew:
        yield "It was too unusual to be changed piece by piece, so it is drawn anew: its comments are gone."
    yield ""
    yield "| changed | why | cures | new machines |"
    yield "|---|---|---|---|"
    for change in done.changes:
        machines = ", ".join(change.machines_added) or "none"
        yield f"| {change.what} | {change.why} | `{change.rule}` | {machines} |"
    yield ""
    yield cost(done)
    for left in done.left_out:
        yield f"- Left out: {left.change.what} ({left.reason})."


def cost(done: Hardened) -> str:
    added = done.machines_added
    if not added:
        return "It costs no machine."
    return f"It costs {len(added)} more machine{'s' if len(added) > 1 else ''}: {', '.join(added)}."


def with_section(text: str, lines: list[str]) -> str:
    """At the end of the document, or of the section if it is there from an earlier time."""
    ending = "\r\n" if "\r\n" in text else "\n"
    written = text.split(ending)
    if HEADING in written:
        start = written.index(HEADING) + 1
        end = next((i for i in range(start, len(written)) if NEXT.match(written[i])), len(written))
        while end > start and not written[end - 1].strip():
            end -= 1
        return ending.join([*written[:end], "", *lines, *(written[end:] or [""])])
    gap = [""] if written[-1] else []
    return ending.join([*written, *gap, HEADING, "", *lines, ""])
