"""What the agent remembers on the machine: small JSON files under /var/lib/colonnade, each written
atomically.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from colonnade_agent import atomic

STATE = Path("/var/lib/colonnade")


class Records:
    """`read` answers {} for what was never written: nothing here is needed to know what a machine should
    be.
    """

    def __init__(self, folder: Path = STATE) -> None:
        self.folder = folder

    def read(self, room: str, name: str) -> dict[str, Any]:
        path = self._path(room, name)
        return dict(json.loads(path.read_bytes())) if path.exists() else {}

    def write(self, room: str, name: str, record: dict[str, Any]) -> None:
        if self.read(room, name) == record:
            return
        path = self._path(room, name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic.replace(path, json.dumps(record, sort_keys=True).encode())

    def forget(self, room: str, name: str) -> None:
        self._path(room, name).unlink(missing_ok=True)

    def _path(self, room: str, name: str) -> Path:
        return self.folder / room / f"{name.replace('%', '%25').replace('/', '%2f')}.json"
