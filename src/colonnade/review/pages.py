"""The manual's page of each rule, from the same words that a report has. Asked by the test that keeps
docs/rules current.
"""

from __future__ import annotations

from collections.abc import Iterator

from colonnade.review.hardens import HARDENS
from colonnade.review.rule import Rule, Rules

INTRODUCTION = """\
# Rules

What `colonnade review` looks for. A rule's id stays the same: reports, silences and other programs name it.
These pages are written from the rules themselves (`src/colonnade/review/rules/`) by
`pytest tests/contract/test_rule_pages.py --update`.

A finding that `up` cures anyway is a *note*, whatever the rule's severity: the drawing lacks it, the site
won't.
"""


def index(rules: Rules) -> str:
    rows = (
        f"| [`{rule.id}`](rules/{rule.id}.md) | {rule.severity.value} | {rule.title} |"
        for rule in rules.values()
    )
    return "\n".join([INTRODUCTION, "| rule | severity | what it finds |", "|---|---|---|", *rows]) + "\n"


def page(rule: Rule) -> str:
    return "\n".join(lines(rule)) + "\n"


def lines(rule: Rule) -> Iterator[str]:
    yield from (f"# {rule.id}", "", f"**{rule.title}.** Severity: {rule.severity.value}.", "")
    yield from ("## Why", "", rule.why, "", "## Fix", "", rule.fix, "")
    if rule.id in HARDENS:
        yield from ("`colonnade harden` can change the drawing so.", "")
    if rule.cure:
        yield from (f"A room that provides `{rule.cure}` does it for every site; then `up` fixes it.", "")
    if rule.claim:
        yield from (
            "A document that plainly says that the site has it is believed, and the report says so.",
            "",
        )
    if rule.silenceable:
        yield from ("## Silence", "", "For a time, and with a reason, in `site.yaml`:", "", "```yaml")
        yield from (
            "silence:",
            f"  - {{rule: {rule.id}, reason: why it is right here, until: 2030-12-31}}",
            "```",
            "",
        )
    yield "[All rules](../rules.md)"
