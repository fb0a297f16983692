"""A tree takes another's place at once, and may leave it at hand: on a real disk, without root."""

from __future__ import annotations

from pathlib import Path

import pytest

from colonnade_agent.machine import Machine
from colonnade_agent.records import Records
from colonnade_agent.resources import tree
from colonnade_agent.resources.tree import Tree


@pytest.fixture
def m(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Unpacks by writing the blob's name into one file: Python's own unpacking needs 3.11.4."""
    monkeypatch.setattr(Tree, "_unpack", lambda _, blob, into: (into / "style").write_text(blob.name))
    return Machine(Records(tmp_path / "state"))


def content(folder: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in folder.iterdir() if p.name != tree.MARKER}


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "now" / "static", tmp_path / "before" / "static"


def put(m: Machine, places: tuple[Path, Path], blob: str) -> None:
    sent = m.records.folder / "blobs" / blob
    sent.parent.mkdir(parents=True, exist_ok=True)
    sent.touch()
    wanted = Tree(str(places[0]), blob, previous=str(places[1]))
    wanted.mend(m)
    assert not wanted.observe(m).action


def test_the_tree_that_was_replaced_is_kept_until_the_next_one_is(
    m: Machine, places: tuple[Path, Path]
) -> None:
    now, before = places
    put(m, places, "one")
    assert (content(now), before.exists()) == ({"style": "one"}, False)
    put(m, places, "two")
    assert (content(now), content(before)) == ({"style": "two"}, {"style": "one"})
    put(m, places, "three")
    assert (content(now), content(before)) == ({"style": "three"}, {"style": "two"})


def test_killed_between_keeping_the_old_and_the_swap(m: Machine, places: tuple[Path, Path]) -> None:
    now, before = places
    put(m, places, "one")
    tree.keep(now, before)  # and then the power went
    put(m, places, "two")
    assert (content(now), content(before)) == ({"style": "two"}, {"style": "one"})


def test_when_it_is_no_longer_wanted_both_go(m: Machine, places: tuple[Path, Path], tmp_path: Path) -> None:
    claimed = Tree(str(places[0]), "one", previous=str(places[1])).claim(m)
    assert claimed
    put(m, places, "one")
    put(m, places, "two")
    tree.remove(places[0], claimed)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state"]
