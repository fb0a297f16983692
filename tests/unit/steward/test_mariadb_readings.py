"""What MariaDB says of itself, and what a steward takes it to mean."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.mariadb import copying, datadir, reading, settings
from colonnade_agent.steward.mariadb.reading import Gtid
from colonnade_agent.steward.mariadb.settings import MariadbSettings
from colonnade_agent.steward.protocol.store import Position

ORDER = {
    "cluster": "db",
    "member": "db1",
    "members": {
        "db1": {"host": "db1", "address": "10.0.0.3", "server_id": 3},
        "db2": {"host": "db2", "address": "10.0.0.4", "server_id": 4, "port": 3310},
    },
    "user": "replication",
    "password_file": "/etc/steward/password",
    "ca": "/etc/steward/ca.pem",
    "certificate": "/etc/steward/leaf.pem",
    "key": "/etc/steward/leaf.key",
}
ROW = {
    "Master_Host": "db2",
    "Slave_IO_Running": "Yes",
    "Slave_SQL_Running": "Yes",
    "Slave_SQL_Running_State": "Slave has read all relay log; waiting for more updates",
    "Gtid_IO_Pos": "0-4-20",
    "Last_IO_Errno": 0,
    "Last_SQL_Errno": 0,
    "applied": "0-4-18",
    "acking": "ON",
    "id": 3 ^ 0x8000_0000,
}


@pytest.fixture
def order() -> MariadbSettings:
    return settings.read(json.loads(json.dumps(ORDER)))


def test_the_order_is_read(order: MariadbSettings) -> None:
    assert order.members["db2"].port == 3310
    assert order.environment == Path("/run/colonnade-steward/mariadbd.env")
    assert order.names == {3: "db1", 4: "db2", 0x8000_0003: "db1", 0x8000_0004: "db2"}


@pytest.mark.parametrize(
    "change",
    [
        {"member": "db3"},
        {"members": {**ORDER["members"], "db2": {"host": "db2", "address": "10.0.0.4", "server_id": 3}}},  # type: ignore[dict-item]
    ],
)
def test_an_order_that_can_not_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"member|server_id"):
        settings.read({**ORDER, **change})


@pytest.mark.parametrize(
    ("gtids", "found"),
    [
        ("", None),
        ("0-3-7", Gtid(7, 3)),
        ("1-3-9,0-4-7", Gtid(7, 4)),
        ("10-3-9", None),
    ],
)
def test_only_the_one_domain_counts(gtids: str, found: Gtid | None) -> None:
    assert reading.last(gtids) == found


def test_a_history_ends_with_what_was_written_or_copied_last(order: MariadbSettings) -> None:
    assert reading.written(order, "", "") == Position(0, "")
    assert reading.written(order, "0-3-7", "0-4-5") == Position(7, "db1")
    assert reading.written(order, "", "0-4-5") == Position(5, "db2")
    assert reading.written(order, "0-9-7", "") == Position(7, "server 9")


def test_a_copy_that_keeps_up(order: MariadbSettings) -> None:
    found = reading.replication(order, ROW, offers=True)
    assert (found.source, found.received, found.applied) == ("db2", 20, 18)
    assert found.receiving
    assert found.connected
    assert found.offers_acks
    assert not found.diverged
    assert not found.drained


@pytest.mark.parametrize(
    ("change", "received"),
    [
        ({"Gtid_IO_Pos": ""}, None),
        ({"Gtid_IO_Pos": "", "applied": ""}, 0),
        ({"Gtid_IO_Pos": "", "applied": "", "Slave_SQL_Running_State": "Reading event"}, None),
        ({"Gtid_IO_Pos": "0-4-10"}, 18),
        ({"Slave_SQL_Running": "No"}, None),
        ({"id": 3}, None),
    ],
)
def test_what_is_not_known_is_not_zero(
    order: MariadbSettings, change: dict[str, str], received: int | None
) -> None:
    assert reading.replication(order, {**ROW, **change}, offers=False).received == received


@pytest.mark.parametrize(
    ("change", "diverged"),
    [
        ({"Slave_IO_Running": "No", "Last_IO_Errno": 1236}, True),
        ({"Slave_IO_Running": "No", "Last_IO_Errno": 1045}, False),
        ({"Slave_IO_Running": "Connecting", "Last_IO_Errno": 2003}, False),
        ({"Slave_SQL_Running": "No", "Last_SQL_Errno": 1062}, True),
        ({"Slave_SQL_Running": "No", "Last_SQL_Errno": 1205}, False),
        ({"Last_SQL_Errno": 1062}, False),
    ],
)
def test_only_other_data_are_a_reason_for_a_copy(
    order: MariadbSettings, change: dict[str, Any], diverged: bool
) -> None:
    assert reading.replication(order, {**ROW, **change}, offers=False).diverged is diverged


@pytest.mark.parametrize(("offers", "acking"), [(True, "OFF"), (False, "ON")])
def test_who_was_told_to_or_still_does_offers_acknowledgements(
    order: MariadbSettings, offers: bool, acking: str
) -> None:
    assert reading.replication(order, {**ROW, "acking": acking}, offers).offers_acks


def test_a_long_statement_is_not_a_long_wait() -> None:
    waiters = reading.Waiters()
    row = {"ID": 5, "QUERY_ID": 70, "TIME_MS": 9000.0}
    assert waiters.longest([], 100.0) is None
    assert waiters.longest([row], 100.0) == 0.0
    assert waiters.longest([row], 101.5) == 1.5
    assert waiters.longest([{**row, "QUERY_ID": 71, "TIME_MS": 100.0}], 102.0) == 0.0
    assert waiters.longest([], 103.0) is None


def test_whose_data_they_are_is_told_by_the_folder(order: MariadbSettings, tmp_path: Path) -> None:
    here = dataclasses.replace(order, datadir=tmp_path / "mysql")
    assert datadir.marks(here) == datadir.Marks(fresh=True, joined=False)
    (here.datadir / "mysql").mkdir(parents=True)
    assert datadir.marks(here) == datadir.Marks(fresh=True, joined=False)
    (here.datadir / "binlog.index").touch()
    assert datadir.marks(here) == datadir.Marks(fresh=False, joined=False)
    datadir.mark(here)
    assert datadir.marks(here) == datadir.Marks(fresh=False, joined=True)
    (here.datadir / "mysql").rmdir()
    assert datadir.marks(here).fresh, "a copy that was interrupted"


def test_a_backup_says_where_it_ends(tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        copying.position(tmp_path)
    (tmp_path / copying.POSITION).write_text("binlog.000002\t344\t0-3-10\n")
    assert copying.position(tmp_path) == "0-3-10"
    (tmp_path / copying.POSITION).write_text("binlog.000002\t344\n")
    with pytest.raises(EngineError):
        copying.position(tmp_path)
