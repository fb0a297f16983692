"""What is printed, in every format: for the examples and for the document everyone begins with."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from colonnade.cli import main as cli
from colonnade.model.design import NOWHERE, Position, Silence
from colonnade.model.load import loads
from colonnade.review.formats.as_json import to_json
from colonnade.review.formats.frame import frame
from colonnade.review.formats.markdown import to_markdown
from colonnade.review.formats.sarif import to_sarif
from colonnade.review.formats.text import to_text
from colonnade.review.formats.words import hours
from colonnade.review.review import review
from colonnade.verbs.review import Reviewed
from colonnade.verbs.review import review as open_and_review
from tests.contract.sources import CHECKOUT

DESIGNS = [
    Path(__file__).parent / "designs" / "three-tiers.md",
    *(CHECKOUT / "examples" / name for name in ("www.foobar.com.md", "one-server.md", "three-servers.yaml")),
]
IDS = [path.name for path in DESIGNS]
DAY = date(2026, 6, 1)
FINDING = ("id", "severity", "title", "why", "fix", "fixed_by", "line", "journeys", "members")

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
RULE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {
            "additionalProperties": False,
            "properties": {"level": {"enum": ["none", "note", "warning", "error"]}},
        },
    },
}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "additionalProperties": False,
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~/%-]+$"}},
                },
                "region": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "startLine": {"type": "integer", "minimum": 1},
                        "startColumn": {"type": "integer", "minimum": 1},
                    },
                },
            },
        }
    },
}
RESULT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["message"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": -1},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": {"type": "array", "items": LOCATION},
        "properties": {"type": "object"},
        "suppressions": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "additionalProperties": False,
                "required": ["kind"],
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "justification": {"type": "string"},
                },
            },
        },
    },
}
SARIF = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "pattern": "sarif-schema-2.1.0.json$"},
        "version": {"enum": ["2.1.0"]},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "rules": {"type": "array", "uniqueItems": True, "items": RULE},
                                },
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                },
            },
        },
    },
}
"""The part of the SARIF 2.1.0 schema that we write, stricter where we can be: nothing else may stand there.
"""


def reviewed(path: Path) -> Reviewed:
    """With the path as its name says, so that what is printed does not depend on the folder."""
    found = open_and_review(path, DAY)
    design = replace(found.drawn, path=path.name)
    return replace(found, drawn=design, review=replace(found.review, design=design))


@pytest.mark.parametrize("path", DESIGNS, ids=IDS)
def test_golden(path: Path, golden: Callable[[str, str], None]) -> None:
    found = reviewed(path)
    golden(f"{path.name}.review.txt", found.text())
    golden(f"{path.name}.review.md", found.markdown())
    golden(f"{path.name}.review.mmd", found.mermaid())
    golden(f"{path.name}.review.json", json.dumps(rounded(found.json()), indent=2) + "\n")
    golden(f"{path.name}.review.sarif", json.dumps(found.sarif(), indent=2) + "\n")


def rounded(value: Any) -> Any:
    """Figures to nine digits: the last ones depend on the processor."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, Mapping):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", DESIGNS, ids=IDS)
def test_json_has_what_programs_rely_on(path: Path) -> None:
    data = json.loads(json.dumps(reviewed(path).json()))
    assert data["findings"]
    for finding in data["findings"]:
        assert set(FINDING) <= set(finding)
        assert finding["severity"] in {"note", "warning", "error"}
        assert finding["fixed_by"] in {"up", "harden", "operator"}
        assert finding["line"] >= 1
    for journey in data["availability"].values():
        assert len(journey["contributors"]) <= 3
        assert 0 < journey["expected"] < 1


@pytest.mark.parametrize("path", DESIGNS, ids=IDS)
def test_sarif_is_valid(path: Path) -> None:
    found = reviewed(path)
    silence = Silence("single-uplink", "a second is ordered", date(2030, 1, 1), Position(1, 1))
    quiet = replace(found.drawn, silences=(silence,))
    for design in (found.drawn, quiet, replace(quiet, path="a folder/ünï & co.md")):
        judged = review(design, found.catalog.kinds, found.catalog.rules, DAY)
        data = to_sarif(judged, found.catalog.rules)
        jsonschema.Draft7Validator(SARIF).validate(data)
        (run,) = data["runs"]
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"])
        assert sum("suppressions" in r for r in run["results"]) == len(judged.silenced)


def test_silences_and_beliefs_are_told() -> None:
    found = reviewed(DESIGNS[0])
    silence = Silence("single-uplink", "a second is ordered", date(2030, 1, 1), Position(1, 1))
    design = replace(found.drawn, silences=(silence,), prose="The site is served over HTTPS.")
    judged = review(design, found.catalog.kinds, found.catalog.rules, DAY)
    text = to_text(judged, found.source)
    assert "single-uplink (1 finding) until 2030-01-01: a second is ordered" in text
    assert 'no-https left out: three-tiers.md:1:1 says "The site is served over HTTPS."' in text
    assert "a second is ordered" in to_markdown(judged)
    assert "served over HTTPS" in to_markdown(judged)
    data = to_json(judged)
    assert data["silenced"][0]["reason"] == "a second is ordered"
    assert data["believed"] == [{"id": "no-https", "line": 1, "text": "The site is served over HTTPS."}]


def test_a_frame_shows_the_line_and_no_secret() -> None:
    assert list(frame(["a", "password: hunter22 = x"], Position(2, 11))) == [
        "   |",
        " 2 | password: ******** = x",
        "   |           ^",
    ]
    assert not list(frame(["a"], NOWHERE))
    assert not list(frame(["a"], Position(7, 1)))
    (_, shown, caret) = frame(["x" * 300 + "y" + "x" * 300], Position(1, 301))
    assert shown[caret.index("^")] == "y"


def test_hours_as_people_say_them() -> None:
    assert [hours(h) for h in (100, 12.4, 0.5, 0.01, 0.0001)] == [
        "4.2 days",
        "12.4 hours",
        "30 minutes",
        "36 seconds",
        "less than a second",
    ]


def test_a_secret_is_in_no_format() -> None:
    found = reviewed(DESIGNS[3])
    text = found.source.replace("[db]}", "[db], env: {DB_PASSWORD: hunter22}}")
    design = replace(
        loads(text, "site.yaml", found.catalog.kinds),
        prose="password: hunter22\nHTTPS is on, password: hunter22 used.",
    )
    judged = review(design, found.catalog.kinds, found.catalog.rules, DAY)
    assert "secret-in-design" in {f.rule.id for f in judged.findings}
    written = [to_text(judged, text), to_markdown(judged), json.dumps(to_json(judged))]
    written.append(json.dumps(to_sarif(judged, found.catalog.rules)))
    assert not [one for one in written if "hunter22" in one]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["colonnade", "review", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "sarif", "mermaid"])
def test_the_command_ends_with_3_when_it_found_something(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "-f", str(DESIGNS[0]), "--format", form) == 3
    assert capsys.readouterr().out


def test_the_command_speaks_json_like_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "-f", str(DESIGNS[0]), "--json") == 3
    assert json.loads(capsys.readouterr().out)["findings"]


def test_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [f.rule.id for f in reviewed(DESIGNS[3]).review.findings]
    quiet = tmp_path / "quiet.yaml"
    shutil.copy(DESIGNS[3], quiet)
    silences = "".join(
        f"  - {{rule: {rule}, reason: known, until: 2099-12-31}}\n" for rule in dict.fromkeys(ids)
    )
    quiet.write_text(quiet.read_text("utf-8") + f"silence:\n{silences}", encoding="utf-8")
    assert run(monkeypatch, "-f", str(quiet)) == 0
    assert "silenced" in capsys.readouterr().out.splitlines()[-1]
    notes = tmp_path / "notes.yaml"
    loud = silences.replace("  - {rule: no-firewall, reason: known, until: 2099-12-31}\n", "")
    notes.write_text(DESIGNS[3].read_text("utf-8") + f"silence:\n{loud}", encoding="utf-8")
    assert run(monkeypatch, "-f", str(notes)) == 0
    assert run(monkeypatch, "-f", str(notes), "--fail-on", "note") == 3
    broken = tmp_path / "broken.yaml"
    broken.write_text("site: x\nservices: 3\n", encoding="utf-8")
    assert run(monkeypatch, "-f", str(broken)) == 2
    assert run(monkeypatch, "-f", str(tmp_path / "none.yaml")) == 2
