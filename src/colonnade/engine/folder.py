"""The folder `.colonnade` beside the design: secrets, the CA, what the operator must keep. Private, whole
files or none.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from colonnade.errors import ColonnadeError, StateError
from colonnade.kit.claims import SecretNeed

ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Folder:
    """Implements kit's Store on files of mode 0600 under `path` (0700, with a .gitignore of its own)."""

    path: Path

    @property
    def ca_file(self) -> Path:
        """The CA certificate that visitors of the site must trust; there once `up` has begun."""
        return self.path / "ca.pem"

    def get(self, name: str) -> bytes | None:
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(f"can't read it: {error.strerror}", where=str(self.path / name)) from error

    def put(self, name: str, content: bytes) -> None:
        target = self.path / name
        try:
            self._prepare()
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            aside = target.with_name(f".{target.name}.{os.getpid()}")
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.rename(target)
        except OSError as error:
            raise StateError(
                f"can't write it: {error.strerror}",
                where=str(target),
                hint="is the disk full, or the folder not yours?",
            ) from error

    def _prepare(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    @contextlib.contextmanager
    def lock(self, who: str, name: str = "lock") -> Iterator[None]:
        """One changing command at a time on one site; each `name` is a lock of its own. Raises ColonnadeError
        that names the holder.
        """
        self._prepare()
        with (self.path / name).open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip() or "another command"
                raise ColonnadeError(
                    f"{holder} is at work on this site", where=str(self.path), hint="wait until it is done"
                ) from None
            file.seek(0)
            file.truncate()
            file.write(who)
            file.flush()
            yield
            file.truncate(0)


def secret_values(needs: Sequence[SecretNeed], folder: Folder) -> Mapping[str, str]:
    """Every needed secret by name; those not yet there are made and kept."""
    return {need.name: _secret(need, folder) for need in needs}


def _secret(need: SecretNeed, folder: Folder) -> str:
    name = f"secrets/{need.name}"
    kept = folder.get(name)
    if kept is not None:
        return kept.decode().strip()
    value = "".join(secrets.choice(ALPHABET) for _ in range(need.characters))
    folder.put(name, value.encode() + b"\n")
    return value
