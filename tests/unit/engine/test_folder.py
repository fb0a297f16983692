"""What is kept beside the design: private, whole, one command at a time."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from colonnade.engine.folder import Folder, secret_values
from colonnade.errors import ColonnadeError, StateError
from colonnade.kit.claims import SecretNeed


def test_what_is_put_is_got_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "state")
    folder.put("pki/leaf/web.key", b"key")
    assert folder.get("pki/leaf/web.key") == b"key"
    for path in (folder.path, folder.path / "pki" / "leaf" / "web.key"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_what_was_never_put_is_nothing(tmp_path: Path) -> None:
    assert Folder(tmp_path / "state").get("pki/ca.key") is None


def test_git_never_sees_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "state")
    folder.put("a", b"1")
    assert (folder.path / ".gitignore").read_text() == "*\n"


def test_a_place_that_cannot_be_written_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    with pytest.raises(StateError, match="state") as caught:
        Folder(tmp_path / "state").put("a", b"1")
    assert caught.value.hint


def test_the_second_command_is_told_who_holds_the_site(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "state")
    with (
        folder.lock("colonnade up (pid 7)"),
        pytest.raises(ColonnadeError, match=r"colonnade up \(pid 7\)"),
        folder.lock("colonnade down"),
    ):
        pass
    with folder.lock("colonnade down"):
        pass


def test_secrets_are_made_once_and_differ(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "state")
    needs = [SecretNeed("db/app"), SecretNeed("db/replication", 40)]
    first = secret_values(needs, folder)
    assert secret_values(needs, folder) == first
    assert first["db/app"] != first["db/replication"]
    assert len(first["db/replication"]) == 40
