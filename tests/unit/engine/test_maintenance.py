"""The register of machines in maintenance: what is written is read back, and damage is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from colonnade.engine.folder import Folder
from colonnade.engine.maintenance import Entry, Register
from colonnade.errors import StateError

NOON = Entry(datetime(2026, 3, 1, 12, 0, tzinfo=UTC), "ann@desk")
LATER = Entry(datetime(2026, 3, 1, 13, 0, tzinfo=UTC), "bob@laptop")


def register(folder: Path, ground: str = "machines") -> Register:
    return Register(Folder(folder / ".colonnade"), ground)


def test_nothing_is_in_maintenance_at_first(tmp_path: Path) -> None:
    assert register(tmp_path).entries() == {}
    register(tmp_path).clear()
    assert not (tmp_path / ".colonnade").exists()


def test_another_operator_reads_what_one_wrote(tmp_path: Path) -> None:
    register(tmp_path).add("web1", NOON)
    register(tmp_path).add("app1", LATER)
    assert register(tmp_path).entries() == {"web1": NOON, "app1": LATER}


def test_who_put_it_there_first_is_kept(tmp_path: Path) -> None:
    register(tmp_path).add("web1", NOON)
    register(tmp_path).add("web1", LATER)
    assert register(tmp_path).entries() == {"web1": NOON}


def test_one_is_taken_out_and_the_others_stay(tmp_path: Path) -> None:
    for machine in ("web1", "web2"):
        register(tmp_path).add(machine, NOON)
    register(tmp_path).remove("web1")
    register(tmp_path).remove("web1")
    assert list(register(tmp_path).entries()) == ["web2"]


def test_two_labs_of_one_folder_do_not_share_it(tmp_path: Path) -> None:
    register(tmp_path, "lab-one").add("web1", NOON)
    assert register(tmp_path, "lab-two").entries() == {}


@pytest.mark.parametrize(
    "text", ["", "[]x", "[1]", '{"web1": {}}', '{"web1": 3}', '{"web1": {"since": "noon"}}']
)
def test_damage_is_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    found = register(tmp_path)
    found.folder.put(found.name, text.encode())
    with pytest.raises(StateError, match=r"maintenance/machines\.json"):
        found.entries()
