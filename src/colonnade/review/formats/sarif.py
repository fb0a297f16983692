"""A review as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the design's lines."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from colonnade.review.review import Review
from colonnade.review.rule import Finding, Rule, Rules
from colonnade.review.severity import Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.NOTE: "note", Severity.WARNING: "warning", Severity.ERROR: "error"}


def to_sarif(review: Review, rules: Rules) -> dict[str, Any]:
    """Silenced findings are there as suppressed ones."""
    numbers = {rule: number for number, rule in enumerate(rules)}
    results = [result(review, f, numbers) for f in review.findings]
    for silenced in review.silenced:
        one = result(review, silenced.finding, numbers)
        one["suppressions"] = [{"kind": "inSource", "justification": silenced.silence.reason}]
        results.append(one)
    driver = {"name": "colonnade", "rules": [described(r) for r in rules.values()]}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def described(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def result(review: Review, finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": numbers[finding.rule.id],
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.title}. {finding.detail} Fix: {finding.fix}"},
        "locations": [{"physicalLocation": location(review, finding)}],
        "properties": {
            "fixed_by": finding.fixed_by.value,
            "journeys": [journey.value for journey in finding.journeys],
            "members": list(dict.fromkeys(finding.members)),
        },
    }


def location(review: Review, finding: Finding) -> dict[str, Any]:
    """What was not written stands for the file as a whole."""
    where: dict[str, Any] = {"artifactLocation": {"uri": _uri(review.design.path or "design")}}
    if finding.position.line:
        where["region"] = {
            "startLine": finding.position.line,
            "startColumn": max(finding.position.column, 1),
        }
    return where


def _uri(path: str) -> str:
    """A relative path as a relative URI reference (RFC 3986), an absolute one as a `file:` URI."""
    whole = PurePosixPath("/", path).as_uri()
    return whole if path.startswith("/") else whole.removeprefix("file:///")
