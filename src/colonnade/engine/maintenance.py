"""Which machines are in maintenance? Kept in the operator's folder with its secrets, for a machine that is
off can't say so itself. Read by every command that looks at a site, written by `maintain`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from colonnade.engine.folder import Folder
from colonnade.errors import StateError


@dataclass(frozen=True)
class Entry:
    """`by` is user@host of the operator."""

    since: datetime
    by: str


@dataclass(frozen=True)
class Register:
    """The machines of one ground that are in maintenance. `ground` tells a lab from another, and from real
    machines: one folder may serve them all.
    """

    folder: Folder
    ground: str

    @property
    def name(self) -> str:
        return f"maintenance/{self.ground}.json"

    def entries(self) -> Mapping[str, Entry]:
        """By machine, in the order they were put there. Raises StateError when the file is damaged."""
        content = self.folder.get(self.name)
        try:
            return {
                m: Entry(datetime.fromisoformat(e["since"]), e["by"]) for m, e in _parsed(content).items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateError(
                f"it does not say which machines are in maintenance: {error}",
                where=str(self.folder.path / self.name),
                hint="remove it, then run `colonnade maintain MACHINE` again for those that are",
            ) from error

    def add(self, machine: str, entry: Entry) -> None:
        """One that is in the register keeps its entry."""
        self._write({**self.entries(), machine: self.entries().get(machine, entry)})

    def remove(self, machine: str) -> None:
        self._write({m: e for m, e in self.entries().items() if m != machine})

    def clear(self) -> None:
        if self.folder.get(self.name) is not None:
            self._write({})

    def _write(self, entries: Mapping[str, Entry]) -> None:
        found = {m: {"since": e.since.isoformat(timespec="seconds"), "by": e.by} for m, e in entries.items()}
        self.folder.put(self.name, json.dumps(found, indent=2).encode() + b"\n")


def _parsed(content: bytes | None) -> dict[str, dict[str, str]]:
    return dict(json.loads(content)) if content is not None else {}
