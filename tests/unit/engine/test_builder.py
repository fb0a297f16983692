"""A user's app becomes one tree: the same input the same bytes, a clear word about what can't be built."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from colonnade.engine.builder import build
from colonnade.errors import UsageError
from colonnade.kit.builds import Build

APP = Build("app")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "myapp"
    (folder / "pages").mkdir(parents=True)
    (folder / "Procfile").write_text("web: python3 serve.py\n")
    (folder / "serve.py").write_text("print('hello')\n")
    (folder / "pages" / "index.html").write_text("<h1>hello</h1>")
    return folder


def names(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return tar.getnames()


def test_the_tree_holds_the_app_and_nothing_of_the_workshop(source: Path, tmp_path: Path) -> None:
    for litter in (
        ".git/HEAD",
        "__pycache__/serve.pyc",
        "tests/test_serve.py",
        ".venv/bin/python",
        ".hypothesis/x",
    ):
        (source / litter).parent.mkdir(exist_ok=True, parents=True)
        (source / litter).write_text("litter")
    blob = build(APP, source, tmp_path / "cache")
    assert names(blob.path) == ["Procfile", "pages", "pages/index.html", "serve.py"]


def test_a_cache_that_a_tool_made_since_is_no_other_release(source: Path, tmp_path: Path) -> None:
    first = build(APP, source, tmp_path / "cache")
    (source / ".anycache").mkdir()
    (source / ".anycache" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    (source / ".anycache" / "4711").write_text("litter")
    assert build(APP, source, tmp_path / "cache2").sha == first.sha


def test_the_same_input_gives_the_same_bytes_wherever_it_is_built(source: Path, tmp_path: Path) -> None:
    first = build(APP, source, tmp_path / "cache1")
    (source / "serve.py").touch()
    assert build(APP, source, tmp_path / "cache2").sha == first.sha


def test_a_changed_line_is_another_release(source: Path, tmp_path: Path) -> None:
    first = build(APP, source, tmp_path / "cache")
    (source / "serve.py").write_text("print('bye')\n")
    assert build(APP, source, tmp_path / "cache").sha != first.sha


def test_what_was_built_is_not_built_again(source: Path, tmp_path: Path) -> None:
    first = build(APP, source, tmp_path / "cache")
    made = first.path.stat().st_mtime_ns
    assert build(APP, source, tmp_path / "cache") == first
    assert first.path.stat().st_mtime_ns == made


def test_a_lost_blob_is_built_again(source: Path, tmp_path: Path) -> None:
    first = build(APP, source, tmp_path / "cache")
    first.path.unlink()
    assert build(APP, source, tmp_path / "cache").path.exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        build(APP, tmp_path / "nowhere", tmp_path / "cache")


def test_a_folder_without_a_procfile(source: Path, tmp_path: Path) -> None:
    (source / "Procfile").unlink()
    with pytest.raises(UsageError, match="has no Procfile") as caught:
        build(APP, source, tmp_path / "cache")
    assert "web:" in caught.value.hint
