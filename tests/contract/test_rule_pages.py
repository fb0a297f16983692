"""The manual's pages of rules are those of the rules there are; `--update` writes them."""

from __future__ import annotations

import pytest

from colonnade import catalog
from colonnade.review import pages
from tests.contract.sources import CHECKOUT

DOCS = CHECKOUT / "docs"
RULES = catalog.load().rules


def test_the_pages_are_current(request: pytest.FixtureRequest) -> None:
    wanted = {DOCS / "rules.md": pages.index(RULES)}
    wanted.update({DOCS / "rules" / f"{rule.id}.md": pages.page(rule) for rule in RULES.values()})
    there = {DOCS / "rules.md", *(DOCS / "rules").glob("*.md")}
    if request.config.getoption("--update"):
        (DOCS / "rules").mkdir(exist_ok=True)
        for path in there - set(wanted):
            path.unlink(missing_ok=True)
        for path, text in wanted.items():
            path.write_text(text, encoding="utf-8")
        return
    assert there == set(wanted), "run pytest --update"
    assert not [path for path, text in wanted.items() if path.read_text("utf-8") != text], (
        "run pytest --update"
    )


def test_every_rule_is_scanned() -> None:
    files = (CHECKOUT / "src" / "colonnade" / "review" / "rules").glob("*.py")
    assert {f.stem.replace("_", "-") for f in files if f.stem != "__init__"} == set(RULES)
