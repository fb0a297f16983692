"""The only module that sees all rooms: it scans `components/` for them. Nothing else imports a room, nothing
else imports by name.
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


def load() -> Catalog:
    """Import every room's `component` module. Rooms come sorted by folder name, so nothing depends on the
    file system's order.
    """
    names = sorted(found.name for found in pkgutil.iter_modules(components.__path__) if found.ispkg)
    modules = [importlib.import_module(f"{components.__name__}.{name}.component") for name in names]
    return Catalog({module.COMPONENT.kind.name: module.COMPONENT for module in modules})
