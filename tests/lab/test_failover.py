"""The primary is lost in every way there is, with writers at SQL and at the front door. What was acknowledged
is there afterwards, nobody acknowledges beside another, and the lost one comes back by itself.

The bounds on time are the product's promises; they leave room for a computer that is busy.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.lab.elections import DESIGN, Election, Writers, nothing_lost, pause
from tests.lab.site import Site, within

pytestmark = pytest.mark.lab

PROCESS_SECONDS, MACHINE_SECONDS, SWITCH_SECONDS = 2.0, 5.0, 1.0
"""Without a write: after the primary's process has died, after its machine has, and for a switchover."""
BUSY = 3.0
"""By so much a computer that runs all of a site's machines, and these tests, may be slower than they are."""


@pytest.fixture(scope="module")
def election(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Election]:
    folder = tmp_path_factory.mktemp("failover")
    design = folder / "site.yaml"
    design.write_text(DESIGN)
    with Site(design, "t-failover", folder) as site:
        yield Election(site)


@pytest.fixture
def pair(election: Election) -> Iterator[tuple[str, str]]:
    """Primary and standby, before; whatever was done to them is mended after."""
    yield election.settle()
    for machine in election.members:
        election.site.lab.heal(machine)
        if election.site.lab.states()[machine] == "stopped":
            election.site.lab.start(machine)
    election.settle()


def kill(site: Site, machine: str, program: str, number: signal.Signals = signal.SIGKILL) -> None:
    site.sh(machine, f"pkill --signal {number.name.removeprefix('SIG')} {program}")


def test_the_primarys_process_is_killed(election: Election, pair: tuple[str, str]) -> None:
    primary, standby = pair
    with Writers(election.site) as writers:
        pause(3)
        kill(election.site, primary, "--exact mariadbd")
        pause(6)
    nothing_lost(election, writers)
    assert writers.servers == [primary, standby]
    assert election.settle() == (standby, primary)
    assert not election.copied(primary), "it came back as it was"
    assert writers.gap <= PROCESS_SECONDS * BUSY


@pytest.mark.parametrize("fault", ["kill", "freeze", "cut"])
def test_the_primarys_machine_is_lost(election: Election, pair: tuple[str, str], fault: str) -> None:
    """Frozen and cut off, it comes back and finds that it leads no more."""
    primary, standby = pair
    lab = election.site.lab
    with Writers(election.site) as writers:
        pause(3)
        getattr(lab, fault)(primary)
        pause(12)
        {"kill": lab.start, "freeze": lab.thaw, "cut": lab.heal}[fault](primary)
        pause(3)
    nothing_lost(election, writers)
    assert writers.servers == [primary, standby]
    assert election.settle() == (standby, primary)
    assert not election.copied(primary)
    assert writers.gap <= MACHINE_SECONDS * BUSY


def test_the_primary_hangs(election: Election, pair: tuple[str, str]) -> None:
    primary, standby = pair
    with Writers(election.site) as writers:
        pause(3)
        kill(election.site, primary, "--exact mariadbd", signal.SIGSTOP)
        pause(15)
    nothing_lost(election, writers)
    assert writers.servers == [primary, standby]


def test_the_standby_is_lost_and_then_the_primary(election: Election, pair: tuple[str, str]) -> None:
    """Alone, the primary goes on; and then nobody else may lead."""
    primary, standby = pair
    with Writers(election.site) as writers:
        pause(3)
        election.site.lab.kill(standby)
        pause(8)
        alone = election.cluster()["sync"]
        kill(election.site, primary, "--exact mariadbd")
        pause(8)
    assert alone["standby"] is None
    election.site.lab.start(standby)
    nothing_lost(election, writers)
    assert writers.servers == [primary]
    assert election.leader == primary


def test_a_standby_that_has_restarted_may_not_lead(election: Election, pair: tuple[str, str]) -> None:
    """What it had acknowledged and not applied is gone with its first life."""
    primary, standby = pair
    term = election.term
    with Writers(election.site) as writers:
        pause(3)
        kill(election.site, standby, "--exact mariadbd")
        kill(election.site, primary, "--exact mariadbd")
        pause(10)
    nothing_lost(election, writers)
    assert writers.servers == [primary]
    assert election.term >= term


def test_a_switchover_is_hardly_noticed(election: Election, pair: tuple[str, str]) -> None:
    primary, standby = pair
    with Writers(election.site) as writers:
        pause(3)
        election.ask(primary, "switchover")
        pause(4)
    nothing_lost(election, writers)
    assert writers.servers == [primary, standby]
    assert writers.gap <= SWITCH_SECONDS * BUSY


def test_the_steward_is_killed_and_its_successor_goes_on(election: Election, pair: tuple[str, str]) -> None:
    primary, _ = pair
    term = election.term
    with Writers(election.site) as writers:
        pause(3)
        site = election.site
        site.sh(primary, "systemctl kill --signal=KILL colonnade-steward.service")
        pause(8)
    nothing_lost(election, writers)
    assert writers.servers == [primary]
    assert election.term == term


def test_a_steward_that_hangs_takes_its_database_with_it(election: Election, pair: tuple[str, str]) -> None:
    primary, standby = pair
    site = election.site
    before = site.sh(primary, "pidof mariadbd")
    with Writers(site) as writers:
        pause(3)
        site.sh(primary, "systemctl kill --signal=STOP --kill-whom=main colonnade-steward.service")
        within(15, lambda: site.on(primary, ["pidof", "mariadbd"]).stdout.strip() != before, "it is killed")
        pause(8)
    nothing_lost(election, writers)
    assert writers.servers[0] == primary
    assert set(writers.servers) <= {primary, standby}


def test_the_leader_of_the_voters_is_lost(election: Election, pair: tuple[str, str]) -> None:
    primary, _ = pair
    term = election.term
    voter = election.voters_leader()
    with Writers(election.site) as writers:
        pause(3)
        election.site.sh(voter, "systemctl kill --signal=KILL etcd.service")
        pause(8)
    nothing_lost(election, writers)
    assert writers.servers == [primary]
    assert election.term == term


def test_voters_are_away_and_the_members_agree(election: Election, pair: tuple[str, str]) -> None:
    """No majority: the standby promises not to take over, and writes go on."""
    primary, _ = pair
    term = election.term
    voters = election.site.machines("etcd")[:2]
    with Writers(election.site) as writers:
        pause(3)
        for voter in voters:
            election.site.sh(voter, "systemctl stop etcd.service")
        pause(12)
        for voter in voters:
            election.site.sh(voter, "systemctl start --no-block etcd.service")
        pause(6)
    nothing_lost(election, writers)
    assert writers.servers == [primary]
    assert writers.gap <= MACHINE_SECONDS
    assert election.term >= term


def test_a_transaction_past_replication_does_not_survive_unseen(
    election: Election, pair: tuple[str, str]
) -> None:
    """Written as root on what is a copy: it leaves with a fresh copy of the primary's data."""
    primary, standby = pair
    errant = "INSERT INTO app.entries (id, text) VALUES ('errant-{0}', 'x')"
    # The last of them goes with the crash: recovery cuts it off. The first stays.
    election.sql(standby, "SET GLOBAL read_only = 0; " + "; ".join(map(errant.format, (1, 2, 3))))
    kill(election.site, standby, "--exact mariadbd")
    assert election.site.post("after-the-errant").status == 201
    within(90, lambda: election.copied(standby), "its data are replaced")
    election.settle()
    assert election.rows(standby) == election.rows(primary)
    assert not [row for row in election.rows(standby) if row.startswith("errant")]


def test_all_machines_lose_power_at_once(election: Election, pair: tuple[str, str]) -> None:
    primary, _ = pair
    lab = election.site.lab
    machines = list(election.site.design.machines)
    with Writers(election.site) as writers:
        pause(4)
    for machine in machines:
        lab.kill(machine)
    for machine in reversed(machines):
        lab.start(machine)
    within(90, election.site.serves, "the site is back by itself")
    nothing_lost(election, writers)
    assert election.leader == primary


def test_up_finds_nothing_to_do_whoever_leads(election: Election, pair: tuple[str, str]) -> None:
    if pair[0] == election.members[0]:
        election.ask(pair[0], "switchover")
        election.settle()
    assert election.leader != election.members[0]
    assert election.site.changes() == []


def test_what_is_done_to_a_copy_by_hand_is_undone(election: Election, pair: tuple[str, str]) -> None:
    _, standby = pair
    election.sql(standby, "STOP SLAVE; SET GLOBAL read_only = OFF")
    within(30, lambda: election.sql(standby, "SELECT @@read_only") == "1", "it is closed again")
    election.settle()
