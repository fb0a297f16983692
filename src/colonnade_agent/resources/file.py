"""A file with its whole content. It is staged beside its target, validated there, and only then renamed
into place.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colonnade_agent import atomic
from colonnade_agent.accounts import ids_of, owner_of
from colonnade_agent.failure import failed
from colonnade_agent.machine import Machine, Observed
from colonnade_agent.programs import must, run

STAGED = "{staged}"
DIFF_LIMIT = 64 * 1024


@dataclass(frozen=True)
class File:
    """`validate` is run before the swap, with every `{staged}` in it replaced by the path of the staged
    file.
    """

    path: str
    content: bytes
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    validate: tuple[str, ...] = ()
    secret: bool = False

    @property
    def id(self) -> str:
        return f"file:{self.path}"

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.content, self.mode, self.owner, self.group)

    @property
    def staged(self) -> Path:
        return staged_path(Path(self.path))

    def observe(self, machine: Machine) -> Observed:
        try:
            found = os.lstat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return Observed("create", self._diff(b""))
        if not stat.S_ISREG(found.st_mode):
            return Observed("update", "is not a regular file\n" + self._diff(b""))
        content = Path(self.path).read_bytes()
        owner, group = owner_of(found)
        fingerprint = _fingerprint(content, stat.S_IMODE(found.st_mode), owner, group)
        if fingerprint == self.fingerprint:
            return Observed(fingerprint=fingerprint, changed_at=found.st_ctime)
        rights = f"{stat.S_IMODE(found.st_mode):04o} {owner}:{group}"
        diff = "" if rights == self._rights else f"{rights} -> {self._rights}\n"
        diff += "" if content == self.content else self._diff(content)
        return Observed("update", diff, fingerprint, found.st_ctime)

    def stage(self) -> None:
        """Write the new content beside the target, with its final owner and mode."""
        uid, gid = ids_of(self.owner, self.group, self.id)
        if Path(self.path).is_dir() and not Path(self.path).is_symlink():
            raise failed("stage", "a directory is in its place; move it away", self.id)
        try:
            atomic.write_new(self.staged, self.content, self.mode, uid, gid)
        except FileNotFoundError as error:
            hint = "a Directory resource or a package has to bring it"
            raise failed("stage", f"{self.staged.parent} does not exist: {hint}", self.id) from error
        except OSError as error:
            raise failed("stage", str(error), self.id) from error

    def check(self) -> None:
        """Run the validator on the staged file; `Failed` when it does not like it."""
        if self.validate:
            argv = tuple(word.replace(STAGED, str(self.staged)) for word in self.validate)
            must(run(argv), self.id, "validate", secret=self.secret)

    def mend(self, machine: Machine) -> None:
        """Swap in what was staged. The caller syncs the directory, once for all files in it."""
        self.staged.rename(self.path)

    def claim(self, machine: Machine) -> dict[str, Any]:
        return claim_path(Path(self.path))

    @property
    def _rights(self) -> str:
        return f"{self.mode:04o} {self.owner}:{self.group}"

    def _diff(self, before: bytes) -> str:
        if self.secret:
            return "content differs (secret)"
        return unified_diff(before, self.content)


def _fingerprint(content: bytes, mode: int, owner: str, group: str) -> str:
    return f"{hashlib.sha256(content).hexdigest()} {mode:04o} {owner}:{group}"


def staged_path(path: Path) -> Path:
    """Beside the target, hence on its filesystem. Neither `*` nor `*.conf` of an include matches it."""
    return path.with_name(f".{path.name}.colonnade-staged")


def unified_diff(before: bytes, after: bytes) -> str:
    """The lines that differ, without the two file names; one sentence when either is not text."""
    import difflib  # noqa: PLC0415 - only paid for when something differs

    try:
        old, new = (text.decode().splitlines() for text in (before, after))
    except UnicodeDecodeError:
        return f"binary content differs ({len(before)} -> {len(after)} bytes)"
    if b"\0" in before + after:
        return f"binary content differs ({len(before)} -> {len(after)} bytes)"
    lines = list(difflib.unified_diff(old, new, lineterm=""))[2:]
    text = "\n".join(lines) if lines else "the line ends differ"
    return text if len(text) <= DIFF_LIMIT else text[:DIFF_LIMIT] + "\n(and more)"


def before_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.before-colonnade")


def claim_path(path: Path) -> dict[str, Any]:
    """Keep aside what is there. After a kill it can be done again: the path is not yet ours."""
    if not path.is_symlink() and not path.is_file():
        return {"existed": False}
    before = before_path(path)
    before.unlink(missing_ok=True)
    os.link(path, before, follow_symlinks=False)
    return {"existed": True}


def put_back(path: Path, found: dict[str, Any]) -> None:
    """Undo what we put at `path`: what it replaced comes back. `before_path` is kept, so this can be done
    again.
    """
    staged = staged_path(path)
    staged.unlink(missing_ok=True)
    if not found["existed"]:
        if path.is_symlink() or path.is_file():
            path.unlink()
    elif os.path.lexists(before_path(path)):
        os.link(before_path(path), staged, follow_symlinks=False)
        # Hazard: renaming one hard link of a file over another does nothing at all (rename(2)), not even
        # remove the first.
        staged.rename(path)
        staged.unlink(missing_ok=True)
    if path.parent.is_dir():
        atomic.sync_directory(path.parent)


def forget(path: Path) -> None:
    """`path` is no longer ours."""
    before_path(path).unlink(missing_ok=True)
