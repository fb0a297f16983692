"""The site's name on this computer: an opt-in line in /etc/hosts, so that its browser finds a lab's site.
`down` takes it away.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from colonnade.errors import ColonnadeError

HOSTS = Path("/etc/hosts")


def add(lab: str, site: str, addresses: Sequence[str], file: Path = HOSTS) -> None:
    """One line for each address, marked with the lab's name; replaces the lab's earlier lines."""
    kept = _without(lab, file.read_text())
    _write(file, kept + "".join(f"{address} {site} {_mark(lab)}\n" for address in addresses))


def remove(lab: str, file: Path = HOSTS) -> None:
    """Take the lab's lines away; others are not touched."""
    if not file.exists():
        return
    before = file.read_text()
    after = _without(lab, before)
    if after != before:
        _write(file, after)


def _mark(lab: str) -> str:
    return f"# colonnade lab {lab}"


def _without(lab: str, text: str) -> str:
    lines = text.splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.rstrip().endswith(_mark(lab)))
    return kept if not kept or kept.endswith("\n") else kept + "\n"


def _write(file: Path, text: str) -> None:
    # Not a rename: in a container /etc/hosts may be a mount of its own, which can't be replaced.
    try:
        with file.open("r+") as opened:
            opened.write(text)
            opened.truncate()
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise ColonnadeError(
            f"can't write it: {error.strerror}", where=str(file), hint="run it with sudo"
        ) from error
