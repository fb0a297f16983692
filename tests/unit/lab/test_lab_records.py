from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colonnade.errors import LabError
from colonnade.lab.addressing import FIRST_HOST, LABS, LAST_HOST
from colonnade.lab.records import FILE, LabRecord, free_number, load, numbers_in_use, save

names = st.text("abcdef", min_size=1, max_size=3)


@given(st.lists(st.tuples(st.booleans(), names), max_size=40))
def test_machines_keep_their_host_number_as_others_come_and_go(steps: list[tuple[bool, str]]) -> None:
    record = LabRecord(0)
    for comes, name in steps:
        before = {n: m.host for n, m in record.machines.items()}
        record = record.with_machine(name, ("inside",)) if comes else record.without([name])
        after = {n: m.host for n, m in record.machines.items()}
        assert {n: h for n, h in before.items() if n in after} == {
            n: h for n, h in after.items() if n in before
        }
        assert len(set(after.values())) == len(after)
        assert all(FIRST_HOST <= host <= LAST_HOST for host in after.values())


def test_a_full_lab_says_so() -> None:
    record = LabRecord(0)
    for n in range(FIRST_HOST, LAST_HOST + 1):
        record = record.with_machine(f"m{n}", ("inside",))
    with pytest.raises(LabError, match="at most 110 machines; web1 is one too many"):
        record.with_machine("web1", ("inside",))


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    record = LabRecord(7).with_machine("lb1", ("inside", "uplink-a")).with_machine("web1", ("inside",))
    save(tmp_path / "shop", record)
    assert load(tmp_path / "shop") == record
    assert numbers_in_use(tmp_path) == {"shop": 7}


def test_a_lab_never_made_has_no_record(tmp_path: Path) -> None:
    assert load(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"number": 1, "machines": {"a": 3}}'])
def test_a_damaged_record_is_named_and_keeps_no_other_lab_from_a_number(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / FILE).write_text(text)
    with pytest.raises(LabError, match="damaged") as raised:
        load(tmp_path / "bad")
    assert raised.value.where == str(tmp_path / "bad" / FILE)
    assert numbers_in_use(tmp_path) == {}


def test_a_number_is_free_if_no_lab_has_it_and_no_route_goes_there() -> None:
    elsewhere = [IPv4Network("198.18.5.0/24"), IPv4Network("10.0.0.0/8"), IPv4Network("198.18.0.0/15")]
    assert free_number([0], elsewhere) == 2
    with pytest.raises(LabError, match="all 128 lab numbers"):
        free_number(range(LABS), [])
