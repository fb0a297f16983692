"""A folder of the app as a tree of its own: only what anyone may have, and times that tell contents apart."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import pytest

from colonnade.engine.parts import FIRST_TIME, TIMES, build_part
from colonnade.errors import UsageError
from colonnade.kit.builds import Part

STATIC = Part("static", "static")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "myapp"
    (folder / "static" / "fonts").mkdir(parents=True)
    (folder / "serve.py").write_text("SECRET = 'not for anyone'\n")
    (folder / "static" / "style.css").write_text("body { margin: 0 }\n" * 100)
    (folder / "static" / "fonts" / "small.svg").write_text("<svg/>")
    return folder


def members(path: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(path) as tar:
        return {member.name: member for member in tar.getmembers()}


def packed(source: Path, cache: Path) -> dict[str, tarfile.TarInfo]:
    blob = build_part(STATIC, source, cache)
    assert blob
    return members(blob.path)


def test_only_the_folders_own_plain_files_travel(source: Path, tmp_path: Path) -> None:
    static = source / "static"
    (static / ".htpasswd").write_text("hidden")
    (static / ".git").mkdir()
    (static / ".git" / "config").write_text("hidden")
    (static / "link.py").symlink_to("../serve.py")
    (static / "up").symlink_to("..")
    found = packed(source, tmp_path / "cache")
    assert sorted(found) == ["fonts", "fonts/small.svg", "style.css", "style.css.gz"]
    assert all(member.isfile() or member.isdir() for member in found.values())


def test_what_compresses_well_is_there_compressed_too(source: Path, tmp_path: Path) -> None:
    blob = build_part(STATIC, source, tmp_path / "cache")
    assert blob
    with tarfile.open(blob.path) as tar:
        plain, small = (tar.extractfile(name) for name in ("style.css", "style.css.gz"))
        assert plain
        assert small
        assert gzip.decompress(small.read()) == plain.read()


def test_who_compresses_himself_is_left_alone(source: Path, tmp_path: Path) -> None:
    (source / "static" / "style.css.gz").write_bytes(b"mine")
    assert packed(source, tmp_path / "cache")["style.css.gz"].size == 4


def test_a_files_time_changes_with_its_content_and_with_nothing_else(source: Path, tmp_path: Path) -> None:
    first = packed(source, tmp_path / "cache1")["fonts/small.svg"]
    (source / "static" / "fonts" / "small.svg").touch()
    (source / "static" / "style.css").write_text("p {}")
    again = packed(source, tmp_path / "cache2")["fonts/small.svg"]
    (source / "static" / "fonts" / "small.svg").write_text("<sVg/>")
    other = packed(source, tmp_path / "cache2")["fonts/small.svg"]
    assert first.mtime == again.mtime != other.mtime
    assert all(FIRST_TIME <= each.mtime < FIRST_TIME + TIMES for each in (first, other))


def test_the_same_files_are_one_blob_made_once(source: Path, tmp_path: Path) -> None:
    first = build_part(STATIC, source, tmp_path / "cache")
    assert first
    made = first.path.stat().st_mtime_ns
    (source / "serve.py").write_text("changed")
    assert build_part(STATIC, source, tmp_path / "cache") == first
    assert first.path.stat().st_mtime_ns == made


def test_an_app_need_not_have_static_files_unless_it_says_so(source: Path, tmp_path: Path) -> None:
    assert build_part(Part("static", "assets"), source, tmp_path / "cache") is None
    with pytest.raises(UsageError, match="has no folder dist"):
        build_part(Part("static", "dist", required=True), source, tmp_path / "cache")


@pytest.mark.parametrize("folder", [".", "static/..", "..", "../elsewhere", "/etc", "out"])
def test_the_whole_app_and_what_is_outside_of_it_are_never_for_anyone(
    source: Path, tmp_path: Path, folder: str
) -> None:
    (source / "out").symlink_to("/etc")
    with pytest.raises(UsageError, match="is not within the app's folder"):
        build_part(Part("static", folder, required=True), source, tmp_path / "cache")
