"""Nothing in the project is tied to where it was made, or to one registry: a mirror is as good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.sources import project_files, shown

# Spelt in pieces, so that this file does not hold what it forbids.
REGISTRIES = (
    r"pypi\.org",
    r"python[h]osted\b",
    r"deb\.debian\.org",
    r"debian\.org/debian",
    r"registry\.npmjs",
    r"npmjs\.(org|com)",
)
MAKERS_PLACES = ("/work", "/tmp/w")
FORBIDDEN = re.compile(
    "|".join(REGISTRIES)
    + "|"
    + "|".join(rf"(?<![\w.{{}}$)]){re.escape(place)}(?=/)" for place in MAKERS_PLACES)
)


def forbidden_words(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:  # a picture
        return []
    return [
        f"{shown(path)}:{number} says {found[0]}"
        for number, line in enumerate(lines, start=1)
        if (found := FORBIDDEN.search(line))
    ]


def test_no_file_names_a_registry_or_a_place_of_its_makers() -> None:
    assert not [word for path in project_files() for word in forbidden_words(path)]


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("see https://" + "pypi" + ".org/simple", True),
        ('"resolved": "https://registry' + ".npmjs" + '.org/x"', True),
        ("cp /" + "work/shared/x .", True),
        ("cd '/tmp" + "/w/x'", True),
        ("overlay/work/x and /tmp/www/x", False),
    ],
)
def test_the_pattern_finds_them(text: str, forbidden: bool) -> None:
    assert bool(FORBIDDEN.search(text)) is forbidden
