"""What a design says to those who review it: facts, silenced rules, assumptions. Asked by `site_file`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from colonnade.model.design import Fact, Silence
from colonnade.model.places import Path
from colonnade.model.shapes import Shapes, closest

FACT_KINDS = ("vip", "firewall", "certificate", "monitoring", "backup")
FAILURES = ("machine", "member", "uplink", "link", "external")
"""Classes of failure that share one assumption."""
HOURS = ("mtbf", "mttr")
RULE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Notes(Shapes):
    def facts(self, document: Mapping[str, Any]) -> Iterator[Fact]:
        for index, entry in enumerate(self.list_of(document, "facts")):
            if fact := self.fact(entry, ("facts", index)):
                yield fact

    def fact(self, entry: Any, at: Path) -> Fact | None:
        entry = self.mapping(entry, at, ("kind", "text", "about"))
        kind, text = entry.get("kind"), entry.get("text", "")
        if kind not in FACT_KINDS:
            self.wrong(
                (*at, "kind"), f"there is no fact of the kind '{kind}'", closest(str(kind), FACT_KINDS)
            )
            return None
        about = self.strings(entry.get("about") or [], (*at, "about"), "a list of services", empty=True)
        return Fact(str(kind), str(text), tuple(about), self.place(at, False))

    def silences(self, document: Mapping[str, Any]) -> Iterator[Silence]:
        for index, entry in enumerate(self.list_of(document, "silence")):
            if silence := self.silence(entry, ("silence", index)):
                yield silence

    def silence(self, entry: Any, at: Path) -> Silence | None:
        """Whether there is such a rule is for review to say, which knows them."""
        entry = self.mapping(entry, at, ("rule", "reason", "until"))
        rule, reason, until = (entry.get(key) for key in ("rule", "reason", "until"))
        if not isinstance(rule, str) or not RULE.fullmatch(rule):
            self.wrong((*at, "rule"), "a silence names one rule of review", "write  rule: single-door")
            return None
        if not isinstance(reason, str) or not reason.strip():
            self.wrong(
                (*at, "reason"),
                f"the silence of '{rule}' gives no reason",
                "say why, for those who read this after you",
            )
            return None
        day = day_of(until)
        if day is None:
            hint = "write the last day it holds, as  until: 2030-12-31"
            self.wrong((*at, "until"), f"the silence of '{rule}' has no last day", hint)
            return None
        return Silence(rule, reason, day, self.place(at, False))

    def assumptions(self, document: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
        """Hours between failures and to repair, by class of failure."""
        entries = self.mapping(document.get("assumptions"), ("assumptions",), FAILURES)
        found = {}
        for name in (n for n in entries if n in FAILURES):
            at = ("assumptions", name)
            entry = self.mapping(entries[name], at, HOURS)
            hours = [self.hours(entry, (*at, key)) for key in HOURS]
            found[name] = (hours[0], hours[1])
        return found

    def hours(self, entry: Mapping[str, Any], at: Path) -> float:
        value = entry.get(str(at[-1]))
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
            self.wrong(at, f"'{at[-1]}' is a number of hours above 0", "write  {mtbf: 8766, mttr: 4}")
            return 1.0
        return float(value)


def day_of(written: Any) -> date | None:
    if not isinstance(written, str) or not DAY.fullmatch(written):
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
