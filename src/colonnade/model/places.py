"""Where each part of a document was written, by its path. Asked by everything that reports a problem."""

from __future__ import annotations

from dataclasses import dataclass, field

from colonnade.model.design import NOWHERE, Position

Path = tuple[str | int, ...]


@dataclass
class Places:
    """`keys`: where a name stands; `values`: where what follows it stands."""

    keys: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)

    def of(self, path: Path, *, key: bool = False) -> Position:
        """The position of the path, or of the nearest written thing around it."""
        for end in range(len(path), -1, -1):
            found = (self.keys if key else self.values).get(path[:end]) or self.keys.get(path[:end])
            if found:
                return found
        return self.values.get((), NOWHERE)

    def put(self, path: Path, position: Position) -> None:
        """All of `path` was written here; what was known of its parts no longer holds."""
        for known in (self.keys, self.values):
            for old in [p for p in known if p[: len(path)] == path]:
                del known[old]
            known[path] = position
