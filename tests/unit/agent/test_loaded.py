"""When a running program has to read its files again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from colonnade_agent import loaded
from colonnade_agent.systemd import parse

BOOT = 1_000_000.0
RUNNING = parse(
    "LoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\nInvocationID=aa\n"
    "InactiveExitTimestampMonotonic=100000000\nCanReload=yes\nType=exec\nNeedDaemonReload=no",
    BOOT,
)
STARTED = BOOT + 100
OLD, NEW = {"file:/c": "old"}, {"file:/c": "new"}
OWN = loaded.record_of(RUNNING, OLD, {})
OTHER = {**OWN, "invocation": "bb"}


def test_the_state_of_a_unit_is_read_from_systemctl_show() -> None:
    assert (RUNNING.active, RUNNING.enabled, RUNNING.started_at, RUNNING.can_reload) == (
        True,
        True,
        STARTED,
        True,
    )
    unknown = parse("LoadState=not-found\nActiveState=inactive\nSubState=dead", BOOT)
    assert (unknown.loaded, unknown.active, unknown.enabled, unknown.started_at) == (False, False, False, 0.0)
    assert parse("UnitFileState=static", BOOT).enabled is None
    looping = parse("ActiveState=activating\nSubState=auto-restart", BOOT)
    assert (looping.active, looping.starting) == (False, False)


@pytest.mark.parametrize(
    ("record", "reload", "changed_at", "expected"),
    [
        pytest.param(OWN, OLD, STARTED + 50, "", id="same process, same content: whatever the times say"),
        pytest.param(
            OWN, NEW, STARTED - 50, "reload", id="same process, other content: killed after the swap"
        ),
        pytest.param({**OWN, "reload": ""}, OLD, 0, "reload", id="killed while reloading"),
        pytest.param(OTHER, NEW, STARTED - 50, "", id="booted since the swap: it started with the new"),
        pytest.param(OTHER, OLD, STARTED + 50, "reload", id="swapped since an unknown start"),
        pytest.param(OTHER, OLD, STARTED - 0.5, "reload", id="too close to tell"),
        pytest.param({}, NEW, STARTED - 50, "", id="never met, and nothing changed since it started"),
        pytest.param({}, NEW, STARTED + 50, "reload", id="never met, and changed since"),
    ],
)
def test_a_reload_is_due(
    record: dict[str, str], reload: dict[str, str], changed_at: float, expected: str
) -> None:
    assert loaded.due(RUNNING, record, reload, {}, changed_at, 0.0) == expected


def test_a_restart_includes_a_reload_and_stands_in_for_one() -> None:
    assert loaded.due(RUNNING, OWN, NEW, NEW, 0, 0) == "restart"
    assert loaded.due(replace(RUNNING, can_reload=False), OWN, NEW, {}, 0, 0) == "restart"


def test_a_list_that_lost_a_file_is_due() -> None:
    two = loaded.record_of(RUNNING, {**OLD, "file:/d": "x"}, {})
    assert loaded.due(RUNNING, two, OLD, {}, 0, 0) == "reload"
