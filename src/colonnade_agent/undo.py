"""What a stage is about to change, as it was before: written before the first change, gone with the commit.

It survives a kill. The next run of the stage adds to it and never overwrites it, so a failure then still
leads back to the last state that was whole, and not to the half of a killed run. Layout of
/var/lib/colonnade/undo/STAGE:

    manifest.json   {"paths": {path: {"kind": "absent" | "file" | "link" | "other", ...}},
                     "units": {name: {"active", "enabled"}},
                     "sysctls": {key: live value}, "trees": {path: blob},
                     "claimed": {id of what was not ours: {}}}
    SHA-OF-PATH     the content of a file
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from colonnade_agent import atomic
from colonnade_agent.machine import Machine
from colonnade_agent.resources import sysctl, tree
from colonnade_agent.resources.file import staged_path

UnitBefore = dict[str, bool]


class Undo:
    def __init__(self, state: Path, stage: str) -> None:
        self.folder = state / "undo" / stage
        self._manifest = self.folder / "manifest.json"
        self.was_left = self.folder.exists()
        self._kept: dict[str, dict[str, Any]] = {
            "paths": {},
            "units": {},
            "sysctls": {},
            "trees": {},
            "claimed": {},
        }
        if self._manifest.exists():
            self._kept.update(json.loads(self._manifest.read_bytes()))

    @property
    def units(self) -> dict[str, UnitBefore]:
        return self._kept["units"]

    @property
    def claimed(self) -> list[str]:
        return list(self._kept["claimed"])

    @property
    def paths(self) -> list[str]:
        return list(self._kept["paths"])

    def remember(
        self,
        paths: Iterable[str] = (),
        units: Iterable[str] = (),
        sysctls: Iterable[str] = (),
        trees: Iterable[str] = (),
        claimed: Iterable[str] = (),
        *,
        machine: Machine,
    ) -> None:
        """Keep how these are now, unless it is already kept how they were before an interrupted run."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._add("paths", paths, self._picture)
        self._add("sysctls", sysctls, sysctl.read_live)
        self._add("trees", trees, lambda path: tree.marker_of(Path(path)))
        self._add("units", units, lambda name: _unit(machine, name))
        self._add("claimed", claimed, lambda _: {})
        atomic.replace(self._manifest, json.dumps(self._kept).encode())

    def restore_disk(self) -> None:
        """Put back files, links, kernel settings and trees. Can be done again after being interrupted."""
        for path, picture in self._kept["paths"].items():
            self._restore(Path(path), picture)
        for folder in {Path(path).parent for path in self._kept["paths"]}:
            if folder.is_dir():
                atomic.sync_directory(folder)
        for path, blob in self._kept["trees"].items():
            _restore_tree(Path(path), blob)
        for key, live in self._kept["sysctls"].items():
            sysctl.put_back(key, live)

    def sweep(self) -> None:
        """Drop what a killed run had staged."""
        for path in self._kept["paths"]:
            staged_path(Path(path)).unlink(missing_ok=True)

    def discard(self) -> None:
        """The stage is whole: nothing leads back behind this point."""
        for path in self._kept["trees"]:
            tree.drop(tree.aside_path(Path(path)))
        # Hazard: the manifest goes first; pictures without it mean nothing, it without them would restore
        # nothing.
        self._manifest.unlink(missing_ok=True)
        tree.drop(self.folder)

    def _add(self, room: str, names: Iterable[str], picture: Callable[[str], Any]) -> None:
        self._kept[room].update({name: picture(name) for name in names if name not in self._kept[room]})

    def _picture(self, path: str) -> dict[str, Any]:
        try:
            found = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return {"kind": "absent"}
        if stat.S_ISLNK(found.st_mode):
            return {"kind": "link", "target": str(Path(path).readlink())}
        if not stat.S_ISREG(found.st_mode):
            return {"kind": "other"}
        copy = hashlib.sha256(path.encode()).hexdigest()
        atomic.write_new(self.folder / copy, Path(path).read_bytes(), 0o600)
        return {
            "kind": "file",
            "copy": copy,
            "mode": stat.S_IMODE(found.st_mode),
            "uid": found.st_uid,
            "gid": found.st_gid,
        }

    def _restore(self, path: Path, picture: dict[str, Any]) -> None:
        staged = staged_path(path)
        staged.unlink(missing_ok=True)
        if picture["kind"] == "absent":
            path.unlink(missing_ok=True)
        elif picture["kind"] == "link":
            staged.symlink_to(picture["target"])
            staged.rename(path)
        elif picture["kind"] == "file":
            content = (self.folder / picture["copy"]).read_bytes()
            if self._is_untouched(path, content, picture):
                return
            atomic.write_new(staged, content, picture["mode"], picture["uid"], picture["gid"])
            staged.rename(path)

    @staticmethod
    def _is_untouched(path: Path, content: bytes, picture: dict[str, Any]) -> bool:
        """Nothing is to be restored: the file keeps its change time, and nobody reloads for it."""
        if path.is_symlink() or not path.is_file() or path.read_bytes() != content:
            return False
        found = path.stat()
        rights = (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)
        return rights == (picture["mode"], picture["uid"], picture["gid"])


def leftovers(state: Path) -> list[str]:
    """Stages of which an interrupted run left something."""
    folder = state / "undo"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _unit(machine: Machine, name: str) -> UnitBefore:
    state = machine.unit(name)
    return {"active": state.active, "enabled": bool(state.enabled)}


def _restore_tree(path: Path, blob: str) -> None:
    """A new tree stays, unused. One that took another's place gives it back."""
    aside = tree.aside_path(path)
    if blob and tree.marker_of(path) != blob and tree.marker_of(aside) == blob:
        tree.exchange(aside, path)
    tree.drop(aside)
