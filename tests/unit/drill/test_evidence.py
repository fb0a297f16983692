"""What is known of a claim: by the last record, as long as it speaks of this design."""

from __future__ import annotations

import json

import pytest

from colonnade import catalog as rooms
from colonnade.drill import evidence
from colonnade.drill.catalog import drills
from colonnade.drill.drill import Drill
from colonnade.drill.evidence import Record, State
from colonnade.drill.verdict import Outcome
from colonnade.errors import StateError
from colonnade.model.design import Design
from colonnade.model.load import loads

KINDS = rooms.load().kinds
YAML = """
site: www.example.test
services:
  edge: {kind: haproxy, machines: [lb1], to: [web], balance: leastconn}
  web: {kind: nginx, machines: [web1, web2], to: [app]}
  app: {kind: app, machines: [app1], to: [db]}
  db: {kind: mariadb, machines: [db1]}
"""


def design(text: str = YAML) -> Design:
    return loads(text, "site.yaml", KINDS)


def drill(name: str = "web-killed/web1") -> Drill:
    return next(d for d in drills(design(), KINDS) if d.name == name)


def record(outcome: Outcome = Outcome.HELD, when: str = "2026-01-01T00:00:00+00:00", of: str = "") -> Record:
    tried = drill()
    return Record(
        site="www.example.test",
        drill=tried.name,
        part=tried.part,
        claim=tried.claim,
        outcome=outcome,
        reason="",
        hypothesis=tried.as_json()["hypothesis"],
        values={"requests": 1},
        design=of or evidence.design_hash(design()),
        when=when,
        version="checkout",
    )


def state(*records: Record, text: str = YAML) -> State:
    last = evidence.last(records, "www.example.test", "web-killed/web1")
    return evidence.state(drill(), last, evidence.design_hash(design(text)))


def test_a_claim_is_as_its_last_record_says() -> None:
    assert state() is State.NEVER
    assert state(record()) is State.HELD
    assert state(record(), record(Outcome.FAILED)) is State.FAILED
    assert state(record(Outcome.FAILED), record()) is State.HELD


def test_a_drill_that_taught_nothing_changes_nothing() -> None:
    assert state(record(), record(Outcome.INVALID)) is State.HELD
    assert state(record(Outcome.INVALID)) is State.NEVER


@pytest.mark.parametrize(
    "change",
    [
        ("machines: [web1, web2]", "machines: [web1, web2, web3]"),
        ("balance: leastconn", "balance: roundrobin"),
        ("site: www.example.test\n", "site: www.example.test\nuplinks: [a, b]\n"),
        ("to: [db]", "to: [db], env: {A: b}"),
    ],
)
def test_another_design_makes_it_stale(change: tuple[str, str]) -> None:
    assert state(record(), text=YAML.replace(*change)) is State.STALE


def test_another_spelling_of_the_same_design_does_not() -> None:
    other = "# why\n" + YAML.replace("balance: leastconn", "balance:   leastconn")
    other += "silence:\n  - {rule: no-backup, reason: later, until: 2030-01-01}\n"
    assert state(record(), text=other) is State.HELD


def test_another_hypothesis_makes_it_stale() -> None:
    older = json.loads(record().line())
    older["hypothesis"]["slowest_read"] = 9.0
    (read,) = evidence.read(json.dumps(older) + "\n", "ledger.jsonl")
    assert state(read) is State.STALE


def test_records_are_read_back_as_written() -> None:
    records = (record(), record(Outcome.FAILED))
    assert evidence.read("".join(r.line() for r in records), "ledger.jsonl") == records


def test_a_last_line_that_was_cut_off_is_passed_over() -> None:
    assert evidence.read(record().line() + record().line()[:40], "ledger.jsonl") == (record(),)


def test_a_line_that_is_no_record_is_named() -> None:
    with pytest.raises(StateError) as raised:
        evidence.read(record().line() + "{}\n", "ledger.jsonl")
    assert raised.value.where == "ledger.jsonl:2"


def test_evidence_of_another_site_or_drill_is_none() -> None:
    assert evidence.last([record()], "other.example.test", "web-killed/web1") is None
    assert evidence.last([record()], "www.example.test", "web-killed/web2") is None
