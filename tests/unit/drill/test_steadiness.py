"""When is all well enough to begin, and to end? As visitors saw the last seconds."""

from __future__ import annotations

import json

import pytest

from colonnade.drill import contents
from colonnade.drill.steadiness import amiss
from colonnade.drill.values import Contents
from tests.unit.drill.stories import A, B, Story, quiet

NOW = 109.9


def found(story: Story, now: float = NOW) -> str:
    return amiss(story.visits, now, 3.0, (A, B))


def before() -> Story:
    story = quiet()
    story.lines = [line for line in story.lines if '"what": "bye"' not in line and _at(line) <= NOW]
    return story


def _at(line: str) -> float:
    return float(json.loads(line)["at"])


def test_all_is_well() -> None:
    assert found(before()) == ""


def test_one_bad_answer_is_enough() -> None:
    story = before()
    story.ask("read", 108.0, 0.1, 503)
    assert found(story) == "read of / at 192.0.2.1: status 503"


def test_what_is_over_does_not_count() -> None:
    story = before()
    story.ask("read", 105.0, 0.1, 503)
    assert found(story) == ""


def test_a_write_without_an_answer_is_amiss() -> None:
    story = before()
    story.ask("write", 107.0, 2.0, 0, id="drill-ab-9", error="no answer in time")
    assert "no answer in time" in found(story)


def test_every_address_must_answer_lately() -> None:
    story = before()
    story.lines = [line for line in story.lines if B not in line or _at(line) < NOW - 0.6]
    assert found(story) == f"no answer from {B}"


def test_it_takes_its_time_to_know() -> None:
    assert "only just begun" in found(before(), 101.0)
    assert "only just begun" in found(Story())


def test_a_client_that_ended_sees_nothing() -> None:
    story = before()
    story.bye()
    assert found(story) == "the client has ended"


# What the database holds


def test_rows_are_counted_by_id() -> None:
    assert contents.answer("drill-ab-1\t1\ndrill-ab-2\t2\n") == Contents({"drill-ab-1": 1, "drill-ab-2": 2})
    assert contents.answer("") == Contents({})


@pytest.mark.parametrize("text", ["drill-ab-1\n", "drill-ab-1\tone\n", "a\t1\t2\n"])
def test_what_is_no_row_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - python's own, of int() and of unpacking
        contents.answer(text)


def test_the_question_is_about_one_run() -> None:
    assert "LIKE 'drill-ab12-%'" in contents.question("ab12")
    with pytest.raises(AssertionError):
        contents.question("ab'; DROP TABLE entries; --")
