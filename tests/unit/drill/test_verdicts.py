"""What visitors saw becomes numbers, and numbers a verdict: with answers known beforehand."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from colonnade.drill.values import Contents, Values, measure
from colonnade.drill.verdict import Limit, Outcome, judge
from colonnade.drill.visits import read
from tests.unit.drill.stories import MOMENTS, A, B, Story, all_there, quiet

EVERYTHING = (
    Limit("failed_requests", 0),
    Limit("failed_probes", 0),
    Limit("gap_own", 0.5),
    Limit("gap_others", 0.25),
    Limit("gap_by_name", 1.0),
    Limit("slowest_read", 2.0),
    Limit("lost", 0),
    Limit("duplicated", 0),
)


def values_of(story: Story, *own: str, contents: dict[str, int] | None = None) -> Values:
    visits = story.visits
    return measure(visits, MOMENTS, own, Contents(all_there(visits) if contents is None else contents))


def test_nobody_notices() -> None:
    values = values_of(quiet(), A)
    found = judge(EVERYTHING, values)
    assert (found.outcome, found.reason) == (Outcome.HELD, "")
    assert all(f.held for f in found.findings)
    assert values.requests == 60, "from the fault to the end, and not before"
    assert values.acknowledged == 30, "all of the run"
    assert values.gap_own == pytest.approx(0.05, abs=0.011)


# Gaps


def test_the_gap_of_an_address_is_from_one_good_answer_to_the_next() -> None:
    story = Story()
    story.probes(A, (110.0, 110.4))
    story.probes(B)
    values = values_of(story, A)
    assert values.gap_own == pytest.approx(0.45, abs=0.011), "from 109.96 to 110.41"
    assert values.gap_others == pytest.approx(0.05, abs=0.011)
    assert values.gaps == {A: values.gap_own, B: values.gap_others}


def test_an_address_that_never_comes_back_has_a_gap_to_the_end() -> None:
    story = Story()
    story.probes(A, (112.0, 1000.0))
    assert values_of(story, A).gap_own == pytest.approx(MOMENTS.end - 111.96, abs=0.06)


def test_one_that_never_answered_has_a_gap_of_the_whole_time() -> None:
    story = Story()
    story.probes(A, (0.0, 1000.0))
    assert values_of(story, A).gap_own == MOMENTS.end - MOMENTS.steady


def test_what_failed_before_the_fault_is_not_the_faults() -> None:
    story = Story()
    story.probes(A, (102.0, 104.0))
    story.ask("read", 103.0, 0.1, 503)
    values = values_of(story, A)
    assert values.gap_own == pytest.approx(0.05, abs=0.011)
    assert values.failed_reads == 0


def test_what_went_wrong_while_healing_counts() -> None:
    story = Story()
    story.probes(A, (121.0, 122.0))
    assert values_of(story, A).gap_own == pytest.approx(1.05, abs=0.011)


def test_the_wait_by_name_is_from_wanting_to_having() -> None:
    story = Story()
    story.ask("newcomer", 109.0, 0.02)
    story.ask("newcomer", 111.0, 0.8)
    story.ask("newcomer", 112.0, 0.02)
    assert values_of(story).gap_by_name == pytest.approx(0.8)


def test_a_newcomer_who_failed_waits_until_another_is_served() -> None:
    story = Story()
    story.ask("newcomer", 111.0, 1.0, 0, opened=None)
    story.ask("newcomer", 112.0, 1.0, 503)
    story.ask("newcomer", 113.0, 0.5)
    assert values_of(story).gap_by_name == pytest.approx(2.5)
    story.lines = story.lines[:-3]
    assert values_of(story).gap_by_name == pytest.approx(MOMENTS.end - 111.0)


# Failures


def test_a_read_fails_by_its_status_or_without_one() -> None:
    story = Story()
    for status in (500, 503, 404, 0):
        story.ask("read", 111.0, 0.1, status)
    story.ask("read", 111.0, 0.1, 304)
    values = values_of(story)
    assert (values.failed_reads, values.failed_requests) == (4, 4)


def test_connections_that_the_fault_found_open_are_told_apart() -> None:
    story = Story()
    story.ask("read", 111.0, 5.0, 0, opened=105.0)
    story.ask("read", 111.0, 0.1, 503, opened=110.5)
    story.ask("read", 112.0, 2.0, 0, opened=None)
    values = values_of(story)
    assert (values.failed_reads, values.failed_reads_anew) == (3, 2)


def test_one_under_way_when_the_fault_comes_counts() -> None:
    story = Story()
    story.ask("read", 109.9, 5.0, 0)
    assert values_of(story).failed_reads == 1


def test_one_begun_after_the_end_does_not_count() -> None:
    story = quiet()
    story.ask("read", MOMENTS.end + 0.1, 0.1, 503)
    story.ask("read", MOMENTS.end - 0.1, 5.0, 0)
    assert values_of(story).failed_reads == 1


def test_a_write_without_an_answer_is_neither_lost_nor_failed() -> None:
    story = Story()
    story.hello()
    story.ask("write", 111.0, 5.0, 0, id="drill-ab-1")
    story.ask("write", 111.0, None, id="drill-ab-2")
    story.ask("write", 111.0, 1.0, 0, id="drill-ab-3", opened=None)
    story.ask("write", 111.0, 0.1, 503, id="drill-ab-4")
    values = values_of(story, contents={"drill-ab-2": 1, "drill-ab-4": 1})
    assert (values.unknown_writes, values.failed_writes) == (2, 2)
    assert (values.acknowledged, values.lost, values.duplicated) == (0, 0, 0)


def test_a_slow_read_is_one_of_users_and_good() -> None:
    story = Story()
    story.ask("read", 111.0, 1.5)
    story.ask("read", 111.0, 4.0, 503)
    story.ask("newcomer", 111.0, 3.0)
    assert values_of(story).slowest_read == pytest.approx(1.5)


# Latency


def test_latency_is_by_time_and_by_nearest_rank() -> None:
    story = Story()
    for number in range(100):
        story.ask("read", 105.0, (number + 1) / 1000)
        story.ask("read", 115.0, (number + 1) / 100)
    values = values_of(story)
    assert values.before.p50 == pytest.approx(0.05)
    assert values.before.p99 == pytest.approx(0.099)
    assert values.during.p99 == pytest.approx(0.99)
    assert values.after.p50 is None


# The verdict


def test_a_number_over_its_limit_is_named_with_both() -> None:
    story = quiet()
    story.ask("read", 111.0, 0.1, 503)
    found = judge(EVERYTHING, values_of(story, A))
    assert found.outcome is Outcome.FAILED
    assert found.reason == "requests failed or without an end: 1, not claimed (none)"


def test_what_was_not_measured_is_said() -> None:
    values = measure(quiet().visits, MOMENTS, (), None)
    found = judge(EVERYTHING, values)
    assert found.held
    assert {f.limit.value for f in found.findings if f.held is None} == {"gap_own", "lost", "duplicated"}


def test_a_client_that_stood_still_can_not_tell() -> None:
    story = quiet()
    story.ask("newcomer", 111.0, 1.6)
    story.line("stall", 112.4, seconds=0.7)
    assert judge(EVERYTHING, values_of(story, A)).outcome is Outcome.INVALID
    story.ask("newcomer", 113.0, 1.9)
    assert judge(EVERYTHING, values_of(story, A)).outcome is Outcome.FAILED, "more than it stood still"


def test_a_computer_that_was_slow_before_the_fault_can_not_tell() -> None:
    story = Story()
    story.probes(A, (103.0, 103.2), (111.0, 111.4))
    found = judge((Limit("gap_own", 0.3),), values_of(story, A))
    assert found.outcome is Outcome.INVALID
    assert "0.25 s" in found.reason


def test_a_failed_request_is_no_matter_of_standing_still() -> None:
    story = quiet()
    story.ask("read", 111.0, 0.1, 503)
    story.line("stall", 112.4, seconds=9.0)
    assert judge(EVERYTHING, values_of(story, A)).outcome is Outcome.FAILED


# Whatever happens

IDS = sorted(quiet().visits.acknowledged)


@settings(max_examples=20)
@given(st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS)))
def test_a_lost_write_is_always_found_and_so_is_a_doubled_one(lost: set[str], doubled: set[str]) -> None:
    there = {i: 2 if i in doubled else 1 for i in IDS if i not in lost}
    values = values_of(quiet(), contents=there)
    assert (values.lost, values.duplicated) == (len(lost), len(doubled - lost))
    found = judge((Limit("lost", 0), Limit("duplicated", 0)), values)
    assert found.held is not bool(lost or doubled)


@settings(max_examples=20)
@given(st.integers())
def test_the_order_of_lines_does_not_matter(seed: int) -> None:
    story = quiet()
    story.ask("read", 111.0, 0.1, 503)
    story.ask("write", 111.0, 5.0, 0, id="drill-ab-x")
    straight = values_of(story, A)
    random.Random(seed).shuffle(story.lines)
    assert values_of(story, A) == straight


@settings(max_examples=20)
@given(st.integers(0, 400), st.floats(0.0, 9.0))
def test_one_more_good_answer_never_makes_a_claim_fail(tenths: int, seconds: float) -> None:
    story = quiet()
    story.ask("pin", 100 + tenths / 20, min(seconds, 1.0), address=A)
    assert judge(EVERYTHING[:4], values_of(story, A)).held


@settings(max_examples=20)
@given(st.floats(110.0, 129.0), st.sampled_from([0, 404, 500, 503]))
def test_one_failed_read_is_never_overlooked(at: float, status: int) -> None:
    story = quiet()
    story.ask("read", at, 0.5, status)
    assert not judge((Limit("failed_reads", 0),), values_of(story)).held


def test_a_ledger_that_ends_in_the_middle_is_read() -> None:
    story = quiet()
    visits = read(story.lines[:-1])
    assert not visits.whole
    assert replace(visits, whole=True) == story.visits
