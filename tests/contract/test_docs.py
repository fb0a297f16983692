"""The pages keep up with the code: links lead somewhere; commands, rooms, settings, layers are the real ones.

`pytest tests/contract/test_docs.py --update` writes the table of settings from the rooms' own texts.
"""

from __future__ import annotations

import configparser
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from colonnade import catalog, components
from colonnade.cli.main import app
from colonnade.model.kinds import Kind
from tests.contract.sources import CHECKOUT, project_files, shown

DOCS = CHECKOUT / "docs"
LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
SETTINGS = re.compile(r"(<!-- settings:[^\n]*-->\n)(.*?)(<!-- end of settings -->)", re.DOTALL)
ROOMS = catalog.load()
PAGES = [path for path in project_files() if path.suffix == ".md"]
PICTURE_BYTES = 300_000


def prose(path: Path) -> str:
    return CODE.sub("", FENCE.sub("", path.read_text(encoding="utf-8")))


def anchors(path: Path) -> set[str]:
    """The ids that GitHub gives to a page's headings."""
    headings = HEADING.findall(FENCE.sub("", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def dead_links(path: Path) -> Iterator[str]:
    for target in LINK.findall(prose(path)):
        place, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        end = path.parent / place if place else path
        if not end.exists():
            yield f"{shown(path)} leads to {target}, which is not there"
        elif anchor and anchor not in anchors(end):
            yield f"{shown(path)} leads to {target}, and that page has no such heading"


def test_links_lead_somewhere() -> None:
    assert not [dead for page in PAGES for dead in dead_links(page)]


def test_every_page_is_linked() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in LINK.findall(prose(page))
    }
    assert not [shown(path) for path in PAGES if path.is_relative_to(DOCS) and path.resolve() not in linked]


def commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_the_page_has_the_commands_that_exist() -> None:
    sections = re.findall(r"^### (.+)$", (DOCS / "commands.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(sections) == sorted(" ".join(name) for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_a_command_is_described_with_its_options(name: tuple[str, ...]) -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    section = re.split(
        r"^##+ ", page.partition(f"### {' '.join(name)}\n")[2], maxsplit=1, flags=re.MULTILINE
    )[0]
    (usage,) = re.findall(rf"^`(colonnade {' '.join(name)}\b[^`]*)`", section, re.MULTILINE)
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", usage)) | (
        {"--file"} if "[-f DESIGN]" in usage else set()
    )
    taken = {o for p in COMMANDS[name].params for o in p.opts if o.startswith("--")} - {"--help"}
    assert told == taken


def settings_of(kind: Kind) -> Iterator[str]:
    schema = kind.settings.model_json_schema()
    yield f"**`{kind.name}`** ({kind.title})\n\n"
    if not schema.get("properties"):
        yield "No settings.\n\n"
        return
    yield "| setting | default | meaning |\n|---|---|---|\n"
    for name, field in schema["properties"].items():
        default = field.get("default", "(none)")
        shown_default = f"`{default}`" if default not in ("", "(none)") else "(none)"
        text = " ".join(str(field.get("description", "")).split())
        yield f"| `{name}` | {shown_default} | {text} |\n"
    yield "\n"


def test_the_settings_are_those_of_the_rooms(request: pytest.FixtureRequest) -> None:
    path = DOCS / "design-language.md"
    page = path.read_text(encoding="utf-8")
    named = [kind for kind in ROOMS.kinds.values() if kind.in_yaml]
    wanted = "\n" + "".join(line for kind in named for line in settings_of(kind))
    if request.config.getoption("--update"):
        path.write_text(SETTINGS.sub(lambda m: m[1] + wanted + m[3], page), encoding="utf-8")
        return
    found = SETTINGS.search(page)
    assert found
    assert found[2] == wanted, "run pytest --update"


def test_every_setting_is_explained() -> None:
    fields = [(k.name, n, f) for k in ROOMS.kinds.values() for n, f in k.settings.model_fields.items()]
    assert not [f"{kind}.{name}" for kind, name, field in fields if not field.description]


@pytest.mark.parametrize("kind", ROOMS.kinds)
def test_every_room_has_its_page(kind: str) -> None:
    room = CHECKOUT / "src" / "colonnade" / "components" / kind / "README.md"
    assert room.exists()
    assert f"components/{kind}/README.md)" in (DOCS / "rooms.md").read_text(encoding="utf-8")


def test_the_drawing_of_the_layers_is_the_one_that_is_enforced() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    drawn = re.search(r"<!-- layers -->\n```\n(.*?)```", page, re.DOTALL)
    assert drawn
    contracts = configparser.ConfigParser()
    contracts.read(CHECKOUT / ".importlinter")
    enforced = contracts["importlinter:contract:layers"]["layers"]
    names = [
        [re.sub(r"[() ]", "", name) for name in line.split("|")] for line in enforced.split("\n") if line
    ]
    assert [[n.strip() for n in line.split("|")] for line in drawn[1].splitlines()] == names


def test_the_numbers_of_decisions_are_in_order() -> None:
    pages = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for number, page in enumerate(pages, 1):
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Evidence",
            "Consequences",
        ]


def files_of_the_worked_room() -> Iterator[tuple[str, str]]:
    """Name and text of each file that docs/adding-a-room.md shows."""
    page = (DOCS / "adding-a-room.md").read_text(encoding="utf-8")
    for name in (
        "component.py",
        "templates/redis.conf.j2",
        "templates/redis-server.service.conf",
        "tests/test_redis.py",
    ):
        block = re.search(
            r"^```\w*\n(.*?)^```", page.partition(f"\n## {name}\n")[2], re.MULTILINE | re.DOTALL
        )
        assert block, name
        yield name, block[1]


def test_the_worked_room_is_a_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's own test runs on the page's own files."""
    for name, text in files_of_the_worked_room():
        (tmp_path / "redis" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "redis" / name).write_text(text, encoding="utf-8")
    (tmp_path / "redis" / "__init__.py").touch()
    monkeypatch.setattr(components, "__path__", [*components.__path__, str(tmp_path)])
    for name in ("colonnade.components.redis", "colonnade.components.redis.component"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert "redis" in catalog.load().rooms
    stories = runpy.run_path(str(tmp_path / "redis" / "tests" / "test_redis.py"))
    tests = [story for name, story in stories.items() if name.startswith("test_")]
    assert len(tests) == 3
    for test in tests:
        test()


def test_pictures_are_small() -> None:
    assert not [shown(p) for p in (DOCS / "images").iterdir() if p.stat().st_size > PICTURE_BYTES]
