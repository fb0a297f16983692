"""A build on the operator's side, as data: rooms say what, the engine does it and hands back
content-addressed blobs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Build:
    """An app's folder made into one tree for the machines' Python.

    `source` is a folder, relative to the design's; empty means the app that ships with Colonnade (the
    guestbook).
    """

    service: str
    source: str = ""
    python: str = "3.13"
