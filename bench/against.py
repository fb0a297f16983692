"""How fast does Colonnade converge machines, and how fast does Ansible the same machines to the same state?

Both start from machines that have booted and have nothing on them, in two labs alike, and take turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench import ansible
from bench.figures import Figure, ratio
from bench.process import Run
from bench.subject import Subject
from colonnade.lab.lab import Lab


def converge(design: Path, scratch: Path, fresh: int, again: int) -> Iterator[Figure]:
    """`fresh` rounds from bare machines; in each, `again` rounds with nothing to change."""
    ours: list[Run] = []
    theirs: list[Run] = []
    ours_again: list[Run] = []
    theirs_again: list[Run] = []
    left: list[list[str]] = []
    for turn in range(fresh):
        mine = Subject(design, "bench-ours", _folder(scratch, f"ours{turn}"))
        other = Subject(design, "bench-ansible", _folder(scratch, f"ansible{turn}"))
        with mine.booted(), other.booted():
            playbook = _playbook(other)
            ours.append(mine.up())
            theirs.append(playbook.run())
            for _ in range(again):
                ours_again.append(mine.up())
                theirs_again.append(playbook.run())
            left.append(other.differences())
    yield from _told("bare machines", ours, theirs)
    yield from _told("nothing to change", ours_again, theirs_again)
    kinds = ", ".join(sorted({resource for found in left for resource in found}))
    counts = tuple(float(len(found)) for found in left)
    yield Figure("changes that plan sees after Ansible", "", counts, kinds or "both did the same work")


def _told(what: str, ours: list[Run], theirs: list[Run]) -> Iterator[Figure]:
    mine = _seconds(f"colonnade up, {what}", ours)
    other = _seconds(f"ansible-playbook, {what}", theirs)
    yield mine
    yield other
    yield ratio(f"ratio, {what}", other, mine)
    yield ratio(
        f"ratio of the commands' own CPU, {what}",
        Figure("ansible-playbook", "s", tuple(run.cpu for run in theirs)),
        Figure("colonnade up", "s", tuple(run.cpu for run in ours)),
    )


def _playbook(subject: Subject) -> ansible.Playbook:
    folder = subject.folder / "playbook"
    folder.mkdir(mode=0o700)
    return ansible.write(subject.assembled(), Lab(subject.lab), folder)


def _seconds(name: str, runs: list[Run]) -> Figure:
    return Figure(name, "s", tuple(run.seconds for run in runs))


def _folder(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir(mode=0o700)
    return folder
