"""What a value of a design must look like before it means anything. Asked by `site_file` and its parts."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from colonnade.model.design import Position
from colonnade.model.places import Path
from colonnade.model.source import Problems

Place = Callable[[Path, bool], Position]
"""The position of a path in the document; of its key if the second argument is true."""


def closest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them."""
    names = list(known)
    return nearest(word, names) or (f"known here: {', '.join(names)}" if names else "")


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word; empty when none is near."""
    near = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f"did you mean '{near[0]}'?" if near else ""


@dataclass(frozen=True)
class Shapes:
    """What has another shape is added to `problems`, and something empty stands for it."""

    place: Place
    problems: Problems

    def wrong(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> None:
        self.problems.add(self.place(path, key), message, hint)

    def mapping(self, value: Any, at: Path, known: tuple[str, ...]) -> dict[str, Any]:
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self.wrong(at, "here names and values are wanted", f"known here: {', '.join(known)}")
            return {}
        for key in value:
            if key not in known and not key.startswith("x-"):
                self.wrong((*at, key), f"nothing here is called '{key}'", closest(key, known), key=True)
        return value

    def named(
        self, document: Mapping[str, Any], section: str, build: Callable[[str, Any, Path], Any]
    ) -> dict[str, Any]:
        entries = document.get(section)
        if entries is None:
            return {}
        if not isinstance(entries, dict):
            self.wrong(
                (section,),
                f"'{section}' holds names and what each is",
                f"write  {section}: {{name: {{...}}}}",
            )
            return {}
        built = {}
        for name, entry in entries.items():
            if name.startswith("x-"):
                continue
            if not isinstance(entry, dict):
                self.wrong((section, name), f"'{name}' wants names and values", f"write  {name}: {{...}}")
            elif (made := build(name, entry, (section, name))) is not None:
                built[name] = made
        return built

    def list_of(self, document: Mapping[str, Any], section: str) -> list[Any]:
        entries = document.get(section) or []
        if not isinstance(entries, list):
            self.wrong((section,), f"'{section}' is a list")
            return []
        return entries

    def strings(self, value: Any, at: Path, what: str, *, empty: bool = False) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value) or not (value or empty):
            self.wrong(at, f"'{at[-1]}' wants {what}", key=value is None)
            return []
        return value
