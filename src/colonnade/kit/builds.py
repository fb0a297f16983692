"""A build on the operator's side, as data: rooms say what, the engine does it and hands back
content-addressed blobs.
"""

from __future__ import annotations

from dataclasses import dataclass

STATIC = "static"
"""The part of an app that anyone may have: web servers give these files out themselves."""


@dataclass(frozen=True)
class Part:
    """A folder of the app, made into a tree of its own for machines that need it and nothing else.

    Only plain files travel: no links, and nothing whose name begins with a dot. Each file's time is made of
    its content, so that it stays the same from release to release as long as the file does. Beside what
    compresses well lies `NAME.gz`. `folder` is relative to the app's; unless it is `required`, the app need
    not have it.
    """

    name: str
    folder: str
    required: bool = False


@dataclass(frozen=True)
class Build:
    """An app's folder made into one tree for the machines' Python, and `parts` of it into one each.

    `source` is a folder, relative to the design's; empty means the app that ships with Colonnade (the
    guestbook).
    """

    service: str
    source: str = ""
    python: str = "3.13"
    parts: tuple[Part, ...] = ()


def part_key(service: str, part: str) -> str:
    """Under what a part's blob is found, where the service's release is found under its name alone."""
    return f"{service}/{part}"
