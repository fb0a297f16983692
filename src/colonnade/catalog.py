"""The only module that sees all rooms and all rules: it scans `components/` and `review/rules/` for them.
Nothing else imports a room, nothing else imports by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from colonnade import components
from colonnade.kit.component import Component
from colonnade.model.kinds import Kinds
from colonnade.review import rules


@dataclass(frozen=True)
class Catalog:
    """Every room by the name of its kind."""

    rooms: Mapping[str, Component[Any]]

    @cached_property
    def kinds(self) -> Kinds:
        return {name: room.kind for name, room in self.rooms.items()}

    @cached_property
    def packages(self) -> tuple[str, ...]:
        """The Debian packages of all rooms, sorted: what the lab's image holds."""
        return tuple(sorted({package for room in self.rooms.values() for package in room.packages}))

    @cached_property
    def rules(self) -> Mapping[str, Any]:
        """The `RULE` of every module in `review/rules` by its id, sorted by file name."""
        names = sorted(found.name for found in pkgutil.iter_modules(rules.__path__))
        found = [importlib.import_module(f"{rules.__name__}.{name}").RULE for name in names]
        return {rule.id: rule for rule in found}


def load() -> Catalog:
    """Import every room's `component` module. Rooms come sorted by folder name, so nothing depends on the
    file system's order.
    """
    names = sorted(found.name for found in pkgutil.iter_modules(components.__path__) if found.ispkg)
    modules = [importlib.import_module(f"{components.__name__}.{name}.component") for name in names]
    return Catalog({module.COMPONENT.kind.name: module.COMPONENT for module in modules})
