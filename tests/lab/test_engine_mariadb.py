"""What a steward counts on of MariaDB, on real servers: each verb, and the facts the protocol is built on.

A test that shows a loss shows why a rule is there. If one of these fails with a newer server, the protocol is
to be thought over, not the test.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

import pytest

from tests.lab.database_machines import (
    HALF_MINUTE,
    Failed,
    Member,
    begin_cluster,
    clients,
    drained,
    follow,
    lead_alone,
    machines,
    options,
    rows,
    stand_by,
    states,
)
from tests.lab.site import within

pytestmark = pytest.mark.lab

NUMBERS = itertools.count(1, 1_000_000)


@pytest.fixture(scope="module")
def members() -> Iterator[dict[str, Member]]:
    """A cluster that has begun: the first leads, the second has joined by following."""
    with machines("t-engine", ("db1", "db2")) as members:
        first, second = members.values()
        assert_fresh(first)
        first.start("keep")
        first.verb("open")
        begin_cluster(first, members)
        assert_fresh(second)
        second.verb("reinit", "db1")
        second.start("drop")
        second.verb("follow", "db1")
        within(HALF_MINUTE, lambda: second.caught_up(first), "the second has all")
        yield members


def assert_fresh(member: Member) -> None:
    seen = member.look()
    assert (seen["process"], seen["fresh"], seen["joined"]) == ("down", True, False)


@pytest.fixture
def pair(members: dict[str, Member]) -> Iterator[tuple[Member, Member]]:
    """The first leads and is open, the second acknowledges."""
    first, second = members.values()
    lead_alone(first)
    stand_by(second, first)
    first.verb("require_acks", True)
    yield first, second
    for member in members.values():
        member.lab.heal(member.name)
        member.do("release")
        member.verb("kill")


def write(member: Member, number: int) -> int:
    """So many acknowledged rows; the first one's number."""
    first = next(NUMBERS)
    assert len(member.do("insert", first, number)) == number
    return first


def stall(leader: Member, standby: Member, writers: int = 5) -> tuple[int, list[int]]:
    """Commits that wait because nobody acknowledges: their first number, and the writers' handles."""
    standby.verb("stop_receiving")
    first = next(NUMBERS)
    handles = [leader.later("insert", first + each, 1) for each in range(writers)]
    within(HALF_MINUTE, lambda: leader.look()["waiting"] is not None, "a commit waits")
    return first, handles


def seconds(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def test_it_starts_only_in_a_role_that_was_chosen(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    assert "--init-rpl-role=MASTER" in options(leader)
    assert "--init-rpl-role=SLAVE" in options(standby)
    standby.verb("kill")
    assert standby.sh("ls /run/colonnade-steward") == ""
    assert standby.lab.run(standby.name, ["systemctl", "start", "mariadb.service"]).returncode
    assert standby.look()["process"] == "down"
    standby.start("drop")
    seen = standby.look()
    assert not seen["open"]
    assert not seen["requires_acks"]
    assert not seen["replication"]["receiving"]
    assert not seen["replication"]["offers_acks"]
    assert seen["epoch"] is None


def test_an_epoch_lasts_while_only_the_receiver_is_restarted(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    epoch = standby.look()["epoch"]
    standby.do("hold", "root", "LOCK TABLES app.t WRITE")
    first = write(leader, 50)
    received = standby.look()["replication"]["received"]
    assert received == leader.look()["written"]["seq"]
    for verb, *values in (("offer_acks", False), ("offer_acks", True), ("stop_receiving",)):
        standby.verb(verb, *values)
    standby.verb("start_receiving")
    leader.verb("kill")
    seen = standby.look()
    assert (seen["epoch"], seen["replication"]["received"]) == (epoch, received)
    assert seen["replication"]["applied"] < received
    standby.do("release")
    within(HALF_MINUTE, lambda: standby.look()["replication"]["applied"] == received, "all is applied")
    assert rows(standby, first, 50) == 50


def test_another_epoch_begins_where_what_was_received_is_lost(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    epoch = standby.look()["epoch"]
    standby.do("hold", "root", "LOCK TABLES app.t WRITE")
    first = write(leader, 50)
    leader.verb("kill")
    stopping = standby.later("sql", "STOP SLAVE")
    time.sleep(1.0)
    standby.do("release")
    standby.result(stopping)
    assert standby.look()["epoch"] is None
    standby.sql("START SLAVE")
    within(HALF_MINUTE, lambda: standby.look()["epoch"], "it applies")
    second = standby.look()["epoch"]
    assert second != epoch
    assert rows(standby, first, 50) < 50, "acknowledged, and gone: the reason for epochs"
    standby.verb("kill")
    standby.start("drop")
    assert standby.look()["replication"]["received"] is None
    # By hand it could be refused: what was noted of the relay logs may be older than their files.
    standby.verb("follow", leader.name)
    within(HALF_MINUTE, lambda: standby.look()["epoch"], "it applies")
    assert standby.look()["epoch"] not in {epoch, second}


def test_the_end_of_a_waiting_statement_tells_its_client_that_all_is_well(
    pair: tuple[Member, Member],
) -> None:
    """The known hole: nobody else has what this client believes to be safe."""
    leader, standby = pair
    first, (handle,) = stall(leader, standby, writers=1)
    waiter = leader.sql(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for semi-sync ACK%'"
    )[0][0]
    leader.sql(f"KILL QUERY {waiter}")
    assert leader.result(handle) == [first]
    assert rows(leader, first, 1) == 1
    assert rows(standby, first, 1) == 0


def test_a_stall_is_seen_and_closing_behind_it_fails_in_time(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    first, _ = stall(leader, standby, writers=10)
    within(HALF_MINUTE, lambda: len(states(leader)) == 10, "all writers are under way")
    shape = states(leader)
    assert len([state for state in shape if state.startswith("Waiting for semi-sync ACK")]) == 1
    closing = leader.later("timed", "close")
    assert leader.look()["open"]
    refused = leader.result(closing)
    assert "1205" in refused["error"]
    assert refused["seconds"] < 1.6
    seen = leader.look()
    assert seen["open"]
    assert seen["requires_acks"]
    assert seen["waiting"] >= 1.0
    assert len(states(leader)) == 10, "no session was ended"
    assert seconds(lambda: leader.verb("kill")) < 2.0
    assert leader.look()["process"] == "down"
    leader.start("drop")
    assert rows(leader, first, 10) == 0


def test_closing_ends_apps_and_only_after_no_commit_can_follow(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    write(leader, 3)
    leader.do("hold", "app", "SELECT 1")
    leader.do("hold", "app", "BEGIN")
    leader.verb("close")
    seen = leader.look()
    assert not seen["open"]
    within(
        5,
        lambda: leader.value("COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'app'") == 0,
        "gone",
    )
    assert clients(leader) == 1, "who fetches stays"
    assert leader.do("insert", next(NUMBERS), 1) == []
    within(HALF_MINUTE, lambda: standby.look()["replication"]["applied"] == seen["written"]["seq"], "applied")
    leader.verb("close")
    leader.verb("open")
    write(leader, 1)


@pytest.mark.parametrize(("recovery", "lost"), [("drop", True), ("keep", False)])
def test_a_lone_leader_must_not_recover_as_a_copy(
    members: dict[str, Member], recovery: str, lost: bool
) -> None:
    leader, _ = members.values()
    lead_alone(leader)
    first = write(leader, 5)
    leader.verb("kill")
    leader.start(recovery)
    assert rows(leader, first, 5) == (4 if lost else 5)


def test_a_killed_leader_takes_back_as_a_copy_what_it_wrote_and_dropped(pair: tuple[Member, Member]) -> None:
    """A server skips what bears its own id, in silence: so it has another one while it follows."""
    leader, standby = pair
    first = write(leader, 5)
    leader.verb("kill")
    standby.verb("stop_receiving")
    within(HALF_MINUTE, lambda: drained(standby), "all that was received is applied")
    standby.verb("leave_replication")
    standby.verb("open")
    leader.start("drop")
    assert rows(leader, first, 5) == 4
    follow(leader, standby)
    assert rows(leader, first, 5) == 5
    second = write(standby, 1)
    standby.verb("close")
    within(HALF_MINUTE, lambda: leader.caught_up(standby), "equal")
    assert rows(leader, second, 1) == 1
    assert standby.look()["written"]["origin"] == standby.name


def test_after_a_kill_under_load_nothing_acknowledged_is_lost(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    epoch = standby.look()["epoch"]
    base = next(NUMBERS) * 100
    writing = leader.later("write", 64, base)
    time.sleep(2.0)
    leader.verb("kill")
    acked = set(leader.result(writing))
    assert len(acked) > 64
    standby.verb("stop_receiving")
    within(HALF_MINUTE, lambda: drained(standby), "all that was received is applied")
    assert standby.look()["epoch"] == epoch
    standby.verb("leave_replication")
    standby.verb("open")
    assert not acked - standby.rows()
    write(standby, 5)
    leader.start("drop")
    follow(leader, standby)
    seen = leader.look()
    assert not seen["replication"]["diverged"]
    assert leader.rows() == standby.rows()
    standby.verb("close")
    within(HALF_MINUTE, lambda: leader.caught_up(standby), "equal again")


def test_receiving_ends_in_time_though_the_source_is_frozen(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    write(leader, 1)
    leader.lab.freeze(leader.name)
    stopping = standby.later("timed", "stop_receiving")
    assert seconds(standby.look) < 1.0
    done = standby.result(stopping)
    assert not done["error"]
    assert done["seconds"] < 2.0
    seen = standby.look()
    assert not seen["replication"]["receiving"]
    assert not seen["replication"]["offers_acks"]
    assert seen["epoch"]


def test_who_is_barred_does_not_fetch(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    before = leader.look()["written"]
    leader.verb("bar_followers", [standby.name])
    assert leader.look()["barred"] == [standby.name]
    assert clients(leader) == 0
    time.sleep(2.0)
    assert clients(leader) == 0
    seen = standby.look()
    assert not seen["replication"]["connected"]
    assert seen["epoch"], "what it has received stays"
    leader.verb("bar_followers", [])
    assert leader.look()["barred"] == []
    assert leader.look()["written"] == before
    if not standby.look()["replication"]["receiving"]:
        standby.verb("start_receiving")
    within(HALF_MINUTE, lambda: clients(leader) == 1, "it fetches again")


def test_a_new_steward_ends_what_an_earlier_one_has_under_way(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    stall(leader, standby, writers=1)
    closing = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SET GLOBAL read_only%'"
    leader.later("timed", "close")
    within(1, lambda: leader.lab.run(leader.name, ["mariadb", "-Ne", closing]).stdout == "1\n", "it closes")
    leader.end()
    leader.verb("take_over")
    assert leader.sql(closing)[0][0] == 0
    standby.verb("start_receiving")
    leader.verb("kill")


def test_a_server_that_stands_still_is_hung_and_can_be_killed(pair: tuple[Member, Member]) -> None:
    leader, _ = pair
    leader.sh("kill -STOP $(pidof mariadbd)")
    assert leader.look()["process"] == "hung"
    assert leader.look()["open"]
    assert seconds(leader.look) < 3.0
    leader.end()
    assert leader.look()["process"] == "hung", "for a steward too that never saw it well"
    leader.verb("kill")
    assert leader.look()["process"] == "down"


def test_a_history_of_its_own_is_refused_and_replaced_by_a_copy(pair: tuple[Member, Member]) -> None:
    leader, standby = pair
    first = write(leader, 5)
    leader.verb("require_acks", False)
    standby.verb("leave_replication")
    standby.verb("open")
    own = write(standby, 2)
    standby.verb("close")
    write(leader, 5)
    standby.verb("follow", leader.name)
    within(HALF_MINUTE, lambda: standby.look()["replication"]["diverged"], "the source refuses it")
    assert not standby.look()["fresh"]

    leader.later("serve", 100_000)
    time.sleep(0.5)
    with pytest.raises(Failed):
        standby.verb("reinit", leader.name)
    assert (standby.look()["process"], standby.look()["fresh"]) == ("down", False), "the old data are there"

    serving = leader.later("serve")
    time.sleep(0.5)
    standby.verb("reinit", leader.name)
    leader.result(serving)
    assert standby.look()["joined"]
    standby.start("drop")
    assert standby.look()["written"] == leader.look()["written"]
    after = write(leader, 5)
    follow(standby, leader)
    assert rows(standby, own, 2) == 0
    assert (rows(standby, first, 5), rows(standby, after, 5)) == (5, 5)
    assert "mysql.aside-" in standby.sh("ls /var/lib")
    # Its own log begins where the copy does: it can lead, and who has as much can follow.
    leader.verb("close")
    within(HALF_MINUTE, lambda: standby.caught_up(leader), "equal")
    standby.verb("leave_replication")
    standby.verb("open")
    follow(leader, standby)
    write(standby, 1)
    within(HALF_MINUTE, lambda: leader.caught_up(standby), "it follows")


def test_a_look_costs_little(
    pair: tuple[Member, Member], record_property: Callable[[str, object], None]
) -> None:
    for member in pair:
        cost = member.do("looks", 100)
        for what, value in cost.items():
            record_property(f"ms {what} for a look, {member.name}", round(value * 1000, 1))
        assert cost["cpu"] < 0.01
