"""How long do `up`, `plan` and `down` take, and how much memory does a machine?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench import computer
from bench.emptiness import emptiness
from bench.figures import Figure
from bench.process import Run
from bench.subject import Subject


def empty_cache(design: Path, scratch: Path) -> Iterator[Figure]:
    """Everything is fetched and built: the image, the app."""
    with emptiness(scratch) as void:
        folder = _folder(scratch, "empty")
        subject = Subject(design, "bench-empty", folder, void.inside, void.environment)
        try:
            yield _seconds("up, empty cache", [subject.up()])
        finally:
            subject.down()


def cached(design: Path, scratch: Path, fresh: int, again: int) -> Iterator[Figure]:
    """A fresh lab `fresh` times, and `again` times `up` on the last one with nothing changed."""
    ups, downs, memory = [], [], []
    subject = Subject(design, "bench-fresh", _folder(scratch, "fresh"))
    with subject.booted():  # so that the image and the app are built
        pass
    for turn in range(fresh):
        subject = replace(subject, folder=_folder(scratch, f"fresh{turn}"))
        before = computer.available_memory()
        try:
            ups.append(subject.up())
            memory.append(before - computer.available_memory())
            if turn == fresh - 1:
                yield from _unchanged(subject, again)
                yield from _memory(subject, memory)
        finally:
            downs.append(subject.down())
    yield _seconds("up, image cached, fresh lab", ups)
    yield Figure("  of it CPU of the command", "s", tuple(run.cpu for run in ups))
    yield _seconds("down", downs)


def _unchanged(subject: Subject, runs: int) -> Iterator[Figure]:
    idle = subject.idle_cpu()
    noops, machines = [], []
    for _ in range(runs):
        before = subject.machine_cpu()
        noops.append(subject.up())
        machines.append(subject.machine_cpu() - before - idle * noops[-1].seconds)
    yield _seconds("up, nothing changed", noops)
    yield Figure("  of it CPU of the command", "s", tuple(run.cpu for run in noops))
    yield Figure("  CPU on all machines together", "s", tuple(machines), "less what they use when idle")
    yield _seconds("plan, nothing changed", [subject.plan() for _ in range(runs)])
    yield Figure("changes that plan sees after up", "", (float(len(subject.differences())),), "has to be 0")


def _memory(subject: Subject, taken: list[float]) -> Iterator[Figure]:
    by_machine = subject.memory()
    for name, value in by_machine.items():
        yield Figure(f"memory of {name}", "MB", (value,), "PSS of its processes")
    yield Figure("memory of all machines", "MB", (sum(by_machine.values()),), f"{len(by_machine)} machines")
    yield Figure("memory the computer lost to up", "MB", tuple(taken), "MemAvailable, before less after")


def _folder(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir(mode=0o700)
    return folder


def _seconds(name: str, runs: list[Run]) -> Figure:
    load = f"load {os.getloadavg()[0]:.1f}"
    return Figure(name, "s", tuple(run.seconds for run in runs), load)
