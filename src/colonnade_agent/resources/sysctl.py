"""A kernel setting: its live value under /proc/sys, and the same in a file that is read at boot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colonnade_agent import atomic
from colonnade_agent.failure import failed
from colonnade_agent.machine import Machine, Observed

PERSISTED = Path("/etc/sysctl.d/60-colonnade.conf")
HEAD = "# Kept by colonnade: one line for each setting it was asked for.\n"


@dataclass(frozen=True)
class Sysctl:
    """An `optional` key may be one that this kernel or namespace does not have or does not let be written."""

    key: str
    value: str
    optional: bool = False

    @property
    def id(self) -> str:
        return f"sysctl:{self.key}"

    @property
    def fingerprint(self) -> str:
        return self.value

    def observe(self, machine: Machine) -> Observed:
        live, kept = read_live(self.key), read_persisted().get(self.key)
        wanted = _plain(self.value)
        refused = self.optional and machine.records.read("sysctls", self.key) == {"refused": wanted}
        if kept == wanted and (live == wanted or refused):
            return Observed(fingerprint=self.value)
        diff = f"live {live or 'absent'} -> {wanted}; at boot {kept or 'unset'} -> {wanted}"
        return Observed("update" if kept else "create", diff, live or "")

    def mend(self, machine: Machine) -> None:
        wanted = _plain(self.value)
        persist(self.key, wanted)
        if read_live(self.key) == wanted:
            return
        try:
            _live_path(self.key).write_text(wanted)
        except OSError as error:
            if not self.optional:
                raise failed(
                    "write", f"the kernel refuses {self.key} = {wanted}: {error.strerror}", self.id
                ) from error
            machine.records.write("sysctls", self.key, {"refused": wanted})

    def claim(self, machine: Machine) -> dict[str, Any]:
        return {"live": read_live(self.key)}


def _plain(value: str) -> str:
    return " ".join(value.split())


def _live_path(key: str) -> Path:
    return Path("/proc/sys") / key.replace(".", "/")


def read_live(key: str) -> str | None:
    try:
        return _plain(_live_path(key).read_text())
    except OSError:  # absent, or write-only
        return None


def read_persisted() -> dict[str, str]:
    if not PERSISTED.exists():
        return {}
    lines = (
        line.split("=", 1) for line in PERSISTED.read_text().splitlines() if "=" in line and line[0] != "#"
    )
    return {key.strip(): _plain(value) for key, value in lines}


def persist(key: str, value: str | None) -> None:
    """Set the line of `key`, or drop it; a file without lines goes."""
    kept = read_persisted()
    if kept.get(key) == value:
        return
    kept = {k: v for k, v in sorted({**kept, key: value}.items()) if v is not None}
    if not kept:
        PERSISTED.unlink(missing_ok=True)
        return
    atomic.replace(PERSISTED, (HEAD + "".join(f"{k} = {v}\n" for k, v in kept.items())).encode(), 0o644)


def put_back(key: str, live: str | None) -> None:
    """Give `key` its former live value, as far as the kernel lets it."""
    if live is None or read_live(key) == live:
        return
    try:
        _live_path(key).write_text(live)
    except OSError as error:
        raise failed("put back", f"{key} = {live}: {error.strerror}", f"sysctl:{key}") from error


def remove(machine: Machine, key: str, found: dict[str, Any]) -> None:
    refused = machine.records.read("sysctls", key)
    persist(key, None)
    machine.records.forget("sysctls", key)
    if not refused:
        put_back(key, found["live"])
