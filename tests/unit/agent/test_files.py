"""Diffs, staging and the way back: on a real disk, without root."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

import pytest

from colonnade_agent.failure import Failed
from colonnade_agent.machine import Machine
from colonnade_agent.records import Records
from colonnade_agent.resources.file import File, claim_path, put_back, unified_diff
from colonnade_agent.undo import Undo

ME = pwd.getpwuid(os.geteuid()).pw_name
MY_GROUP = grp.getgrgid(os.getegid()).gr_name


@pytest.fixture
def m(tmp_path: Path) -> Machine:
    return Machine(Records(tmp_path / "state"))


def file(path: Path, content: bytes, *, validate: tuple[str, ...] = (), secret: bool = False) -> File:
    return File(str(path), content, 0o640, ME, MY_GROUP, validate, secret)


def test_diffs() -> None:
    assert unified_diff(b"a\nb\n", b"a\nc\n") == "@@ -1,2 +1,2 @@\n a\n-b\n+c"
    assert unified_diff(b"a\n", b"a") == "the line ends differ"
    assert unified_diff(b"\xff", b"a") == "binary content differs (1 -> 1 bytes)"
    assert unified_diff(b"a\0", b"a") == "binary content differs (2 -> 1 bytes)"


def test_a_file_is_created_seen_and_mended(m: Machine, tmp_path: Path) -> None:
    wanted = file(tmp_path / "conf", b"one\n")
    assert wanted.observe(m).action == "create"
    wanted.stage()
    wanted.check()
    wanted.mend(m)
    observed = wanted.observe(m)
    assert (observed.action, observed.fingerprint) == ("", wanted.fingerprint)
    (tmp_path / "conf").chmod(0o600)
    assert wanted.observe(m).diff == f"0600 {ME}:{MY_GROUP} -> 0640 {ME}:{MY_GROUP}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["conf"]


def test_a_secret_shows_neither_old_nor_new(m: Machine, tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("hunter1")
    assert "hunter" not in file(tmp_path / "conf", b"hunter2", secret=True).observe(m).diff


def test_the_validator_sees_the_staged_file_with_its_final_mode(m: Machine, tmp_path: Path) -> None:
    wanted = file(
        tmp_path / "conf", b"x", validate=("sh", "-c", 'stat -c %a "$0"; cat "$0"; exit 9', "{staged}")
    )
    wanted.stage()
    with pytest.raises(Failed) as caught:
        wanted.check()
    failure = caught.value.failure
    assert (failure.step, failure.exit, failure.output) == ("validate", 9, "640\nx")
    assert not (tmp_path / "conf").exists()


def test_a_file_without_its_folder_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"no does not exist: a Directory resource"):
        file(tmp_path / "no" / "conf", b"").stage()


@pytest.mark.parametrize("interrupted", [False, True])
def test_what_was_there_comes_back(tmp_path: Path, interrupted: bool) -> None:
    path = tmp_path / "conf"
    path.write_text("theirs")
    found = claim_path(path)
    if interrupted:  # killed before anything was written down: the same is claimed again
        found = claim_path(path)
    path.unlink()
    path.write_text("ours")
    put_back(path, found)
    put_back(path, found)
    assert path.read_text() == "theirs"


def test_the_way_back_leads_behind_an_interrupted_run(m: Machine, tmp_path: Path) -> None:
    kept, new, link = (tmp_path / name for name in ("kept", "new", "link"))
    kept.write_text("whole")
    link.symlink_to("kept")
    paths = [str(path) for path in (kept, new, link)]
    Undo(m.records.folder, "one").remember(paths=paths, machine=m)
    kept.write_text("half")
    new.write_text("half")
    second = Undo(m.records.folder, "one")  # the next run
    assert second.was_left
    second.remember(paths=paths, machine=m)
    kept.write_text("more")
    link.unlink()
    second.restore_disk()
    assert kept.read_text() == "whole"
    assert not new.exists()
    assert link.readlink() == Path("kept")
    second.discard()
    assert not Undo(m.records.folder, "one").was_left


def test_a_way_back_that_was_being_dropped_is_dropped_by_the_next_run(m: Machine) -> None:
    undo = Undo(m.records.folder, "one")
    undo.remember(machine=m)
    (undo.folder / "manifest.json").unlink()  # where a run that is killed in `discard` gets to
    again = Undo(m.records.folder, "one")
    assert again.was_left
    again.discard()
    assert not again.folder.exists()


def test_restoring_leaves_what_did_not_change_untouched(m: Machine, tmp_path: Path) -> None:
    path = tmp_path / "conf"
    path.write_text("same")
    undo = Undo(m.records.folder, "one")
    undo.remember(paths=[str(path)], machine=m)
    before = path.stat()
    undo.restore_disk()
    assert (path.stat().st_ino, path.stat().st_ctime) == (before.st_ino, before.st_ctime)
