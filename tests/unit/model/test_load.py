"""What `load` says of files that are no designs, and that broken encodings are no obstacle."""

from __future__ import annotations

from pathlib import Path

import pytest

from colonnade.errors import DesignError, UsageError
from colonnade.model.load import load, loads
from tests.unit.model.kinds import KINDS

DRAWING = "# Größe 🏗️\n\n```mermaid\nflowchart TD\n    user --> web[Nginx]\n    web --> app[🙂 App]\n```\n"


def test_a_file_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("site: a.b\n")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(UsageError, match=r"there is no such file") as raised:
        load(tmp_path / "sita.yaml", KINDS)
    assert raised.value.hint == "designs there: site.yaml"


def test_a_folder_is_no_design(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is a folder") as raised:
        load(tmp_path, KINDS)
    assert raised.value.hint == "there is no .yaml, .md or .mmd file in that folder"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path / "nowhere" / "site.yaml", KINDS)
    assert "can't be read either" in raised.value.hint


def test_an_unknown_ending(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no design by its name"):
        load(tmp_path / "site.json", KINDS)


@pytest.mark.parametrize(
    "data",
    [
        DRAWING.encode(),
        DRAWING.replace("\n", "\r\n").encode(),
        DRAWING.encode("utf-8-sig"),
        DRAWING.encode("utf-16"),
        DRAWING.replace("🏗️", "").replace("🙂", "").encode("latin-1"),
        DRAWING.encode().decode("cp1254", "replace").encode(),
        DRAWING.encode() + b"\x00\xff\xfe",
    ],
    ids=["utf-8", "CRLF", "BOM", "utf-16", "latin-1", "mojibake", "garbage"],
)
def test_encodings(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "www.foobar.com.md"
    path.write_bytes(data)
    design = load(path, KINDS)
    assert design.site == "www.foobar.com"
    assert [(s.name, s.members) for s in design.services.values()] == [("web", ("web",)), ("app", ("app",))]


def test_too_much_text_is_refused() -> None:
    with pytest.raises(DesignError, match="is this really a design"):
        loads("a" * 300_000, "a.yaml", KINDS)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(DesignError) as raised:
        loads(
            "flowchart TD\nuser --> a[Frob]\na --> b[Nginx]\nb --> c[Blob]\nuser --> d[(MySQL)]\n",
            "a.mmd",
            KINDS,
        )
    assert [p.line for p in raised.value.problems] == [2, 4, 5]


def test_settings_and_positions_come_from_where_they_were_written() -> None:
    with pytest.raises(DesignError) as raised:
        loads(
            "site: a.example\nservices:\n  web:\n    kind: nginx\n    machines: [web1]\n    to: [nobody]\n",
            "a.yaml",
            KINDS,
        )
    assert [(p.line, p.column) for p in raised.value.problems] == [(6, 10)]


def test_prose_keeps_its_lines_and_leaves_out_fences() -> None:
    page = f"{DRAWING}\nBelow.\n\n```sh\nufw enable\n```\nEnd.\n"
    prose = loads(page, "www.foobar.com.md", KINDS).prose.split("\n")
    assert len(prose) == page.count("\n") + 1
    said = {number: line for number, line in enumerate(prose, 1) if line}
    assert said == {1: "# Größe 🏗️", 9: "Below.", 14: "End."}
    assert loads("flowchart TD\nuser --> web[Nginx]\n", "a.mmd", KINDS).prose == ""
