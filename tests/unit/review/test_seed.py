"""The document everyone begins with: what its own lists complain of is found from its diagram alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from colonnade import catalog
from colonnade.model.load import loads
from colonnade.review.beliefs import beliefs
from colonnade.review.review import Review, review
from colonnade.review.severity import FixedBy, Severity
from tests.contract.sources import CHECKOUT

CATALOG = catalog.load()
TEXT = (Path(__file__).parent / "designs" / "three-tiers.md").read_text("utf-8")
LISTS = "## What is wrong with it"
OWN = [
    ("Load Balancer", "single-door", "single point of failure", 11, FixedBy.HARDEN),
    ("Database Primary", "database-primary", "single point of failure", 24, None),
    ("Network", "single-uplink", "network connection", 11, FixedBy.HARDEN),
    ("No Firewall", "no-firewall", "no firewall", 11, FixedBy.UP),
    ("No HTTPS", "no-https", "no HTTPS", 11, FixedBy.UP),
    ("No SSL/TLS", "no-tls-inside", "no TLS between", 28, FixedBy.UP),
    ("track server performance", "no-monitoring", "Performance", 11, None),
    ("detect failures automatically", "no-monitoring", "Failures", 11, None),
    ("monitor resource usage", "no-monitoring", "Resource", 11, None),
    ("track application metrics", "no-monitoring", "Application metrics", 11, None),
    ("No Backup System", "no-backup", "no backup", 24, None),
    ("No Disaster Recovery Plan", "no-recovery-plan", "recovery plan", 24, None),
    ("Limited Scalability", "limited-scale", "scaling", 24, None),
]
"""Words of the document's own lists; rule, words of its title, line, and who fixes it where no later room can
change that.
"""


def reviewed(text: str) -> Review:
    design = loads(text, "three-tiers.md", CATALOG.kinds)
    return review(design, CATALOG.kinds, CATALOG.rules, date(2026, 1, 1))


DIAGRAM = reviewed(TEXT.partition(LISTS)[0])


def test_the_lists_are_cut_off() -> None:
    before, heading, lists = TEXT.partition(LISTS)
    assert heading
    for words, *_ in OWN:
        assert words in lists
        assert f"**{words}**" not in before.partition("```mermaid")[2].partition("```")[0]


@pytest.mark.parametrize(("words", "rule", "title", "line", "fixed_by"), OWN, ids=[o[0] for o in OWN])
def test_an_item_of_its_lists_is_found(
    words: str, rule: str, title: str, line: int, fixed_by: FixedBy | None
) -> None:
    del words
    (found,) = [f for f in DIAGRAM.findings if f.rule.id == rule and title in f.title]
    assert found.position.line == line
    assert found.fix
    assert found.rule.why
    assert fixed_by is None or found.fixed_by is fixed_by


def test_what_its_lists_leave_out_is_found_too() -> None:
    found = {f.rule.id for f in DIAGRAM.findings}
    assert {
        "pairs-only",
        "no-offsite-copy",
        "no-headroom",
        "reads-miss-replica",
        "writes-reach-replica",
    } <= found


def test_what_up_does_anyway_is_a_note() -> None:
    assert all((f.severity is Severity.NOTE) or f.fixed_by is not FixedBy.UP for f in DIAGRAM.findings)


def test_nothing_its_prose_says_counts_as_having_it() -> None:
    """It speaks of HTTPS, firewalls, TLS, monitoring and backups, and only to say that there are none; and of
    a replica that "serves as a backup", which it does not.
    """
    whole = reviewed(TEXT)
    assert not whole.believed
    assert not beliefs(whole.design)
    assert [f.rule.id for f in whole.findings] == [f.rule.id for f in DIAGRAM.findings]


GIVEN = CHECKOUT.parent / "shared" / "seed" / "distributed_web_infrastructure.md"


@pytest.mark.skipif(
    not GIVEN.exists(), reason="the document the project began with is not beside this checkout"
)
def test_the_document_the_project_began_with() -> None:
    """Its own lists cut off, and nothing its prose complains of taken for a claim."""
    text = GIVEN.read_text("utf-8")
    before, heading, _ = text.partition("## Issues with this Infrastructure")
    assert heading
    rules = {rule for _, rule, *_ in OWN}
    assert rules <= {f.rule.id for f in reviewed(before).findings}
    assert not beliefs(reviewed(text).design)
