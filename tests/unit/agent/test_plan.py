"""Order, and what is no longer desired."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from colonnade_agent import plan
from colonnade_agent.resources.file import File
from colonnade_agent.resources.unit import Unit
from colonnade_agent.wire import REMOVAL, Request

KINDS = st.sampled_from(plan.REMOVAL_ORDER)
IDS = st.builds(
    lambda kind, parts: f"{kind}:/{'/'.join(parts)}", KINDS, st.lists(st.sampled_from("abc"), min_size=1)
)


def own(*ids: str, stage: str = "web") -> dict[str, Any]:
    return {i: {"stage": stage, "found": {}} for i in ids}


@given(st.lists(IDS, unique=True))
def test_removal_stops_units_first_and_never_a_folder_before_what_is_in_it(ids: list[str]) -> None:
    gone = plan.stale(own(*ids), {})
    assert sorted(gone) == sorted(ids)
    ranks = [plan.REMOVAL_ORDER.index(plan.kind_of(i)) for i in gone]
    assert ranks == sorted(ranks)
    folders = [plan.key_of(i) for i in gone if plan.kind_of(i) == "directory"]
    for outer, inner in ((o, i) for o in folders for i in folders if i.startswith(o + "/")):
        assert folders.index(inner) < folders.index(outer)


def test_what_any_stage_desires_is_not_stale() -> None:
    stages = {"one": (File("/a", b""),), "two": (File("/b", b""),)}
    assert plan.stale(own("file:/a", "file:/b", "file:/c"), stages) == ["file:/c"]


def test_stale_files_go_with_their_stage() -> None:
    owned = {**own("file:/c", "symlink:/l", "directory:/d"), **own("file:/other", stage="db")}
    assert plan.stale_files(owned, {"web": (), "db": ()}, "web") == ["file:/c", "symlink:/l"]


def test_the_file_of_a_stale_unit_waits_until_the_unit_is_stopped() -> None:
    path = "file:/etc/systemd/system/app.service"
    assert plan.stale_files(own(path, "unit:app"), {"web": ()}, "web") == []
    assert plan.stale_files(own(path, "unit:app"), {"web": (Unit("app"),)}, "web") == [path]


def test_which_stages_are_applied() -> None:
    stages = {"a": (), "b": ()}
    assert plan.stages_to_apply(Request("apply", stages)) == ["a", "b"]
    assert plan.stages_to_apply(Request("apply", stages, ("b",))) == ["b"]
    assert plan.removes(Request("apply", stages))
    assert not plan.removes(Request("apply", stages, ("a", "b")))
    assert plan.removes(Request("apply", stages, (REMOVAL,)))
