"""Opens the design an operator points at: reads it, says which lab or machines it stands on, and what is
kept beside it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from colonnade import catalog, shipped
from colonnade.catalog import Catalog
from colonnade.engine import compose
from colonnade.engine.folder import Folder
from colonnade.engine.maintenance import Entry, Register
from colonnade.engine.packing import Blob
from colonnade.engine.site import build_all
from colonnade.errors import UsageError
from colonnade.hosts.direct import Direct
from colonnade.hosts.ground import Ground, Progress
from colonnade.lab import image
from colonnade.lab.ground import LabGround
from colonnade.lab.lab import STATE, Lab
from colonnade.model.design import Design
from colonnade.model.load import load

DEFAULTS = ("site.yaml", "site.md")
IMAGES = STATE / "images"


@dataclass(frozen=True)
class Opened:
    """A design with all that belongs to it on the operator's side. `drawn` is what the file says, `design`
    is whole.
    """

    drawn: Design
    catalog: Catalog
    folder: Folder
    lab: Lab
    base: Path
    overrides: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def design(self) -> Design:
        return compose.whole(self.drawn, self.catalog.rooms)

    @cached_property
    def ground(self) -> Ground:
        if self.drawn.needs_lab:
            return LabGround(self.lab, self._image)
        return Direct(self.drawn.machines)

    @property
    def unmade(self) -> tuple[str, ...]:
        """The machines that `up` has yet to make."""
        if not self.drawn.needs_lab:
            return ()
        made = self.lab.made()
        return tuple(name for name in self.design.machines if name not in made)

    @property
    def maintenance(self) -> Register:
        return Register(self.folder, f"lab-{self.lab.name}" if self.drawn.needs_lab else "machines")

    @property
    def in_maintenance(self) -> Mapping[str, Entry]:
        """Those machines of the design, in the order they were put there."""
        return {m: e for m, e in self.maintenance.entries().items() if m in self.drawn.machines}

    @property
    def maintained(self) -> frozenset[str]:
        return frozenset(self.in_maintenance)

    def releases(self) -> Mapping[str, Blob]:
        """The apps, built or found built."""
        return build_all(self.design, self.catalog.rooms, self.base, shipped.guestbook(), cache())

    def _image(self, progress: Progress) -> Path:
        return image.ensure(IMAGES, image.recipe(self.catalog.packages), progress)


def cache() -> Path:
    """Where built releases are kept: for root with the labs' state, else in the user's cache."""
    if os.geteuid() == 0:
        return STATE / "builds"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "colonnade" / "builds"


def find(file: Path | None) -> Path:
    """The design's path: as named, or the first default there is in this folder. Raises UsageError."""
    if file is not None:
        return file
    for name in DEFAULTS:
        if Path(name).is_file():
            return Path(name)
    raise UsageError(
        f"there is no design here: neither {' nor '.join(DEFAULTS)}",
        where=str(Path.cwd()),
        hint="name one with -f FILE, or start from an example: colonnade init",
    )


def open_design(file: Path | None, lab: str = "") -> Opened:
    """Read the design. Raises DesignError or UsageError; touches no machine."""
    path = find(file)
    rooms = catalog.load()
    design = load(path, rooms.kinds)
    state = Path(os.environ.get("COLONNADE_STATE", ".colonnade"))
    return Opened(
        drawn=design,
        catalog=rooms,
        folder=Folder(state),
        lab=Lab(lab or lab_name(design.site, Path.cwd())),
        base=path.resolve().parent,
    )


def lab_name(site: str, folder: Path) -> str:
    """From the site's name and the folder, so that two folders with one design have two labs. At most 32
    characters.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", site.lower()).strip("-")[:24].rstrip("-")
    return f"{slug}-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:6]}"
