"""What `harden` writes comes up as it stands, and what it cured no longer ends the site."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from colonnade.lab.addressing import UPLINKS
from tests.lab.odd_visitors import s_client
from tests.lab.site import COMMAND, DONE, Site, distributed_design, environment, new_id, within

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hardened")
    design = folder / "hardened.md"
    argv = [*COMMAND, "harden", "-f", str(distributed_design()), "-o", str(design)]
    done = subprocess.run(argv, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == DONE, done.stderr
    with Site(design, "t-hardened", folder) as site:
        yield site


def doors(site: Site) -> tuple[str, ...]:
    return tuple(m for s in site.design.doors for m in s.members)


def addresses(site: Site) -> list[str]:
    """Where users are led: on each uplink a floating address for each door."""
    return [
        str(address) for line in UPLINKS for address in site.lab.addressing.floating(line)[: len(doors(site))]
    ]


def at(site: Site, address: str) -> int:
    """The status that a visitor gets who asks this one address."""
    return site.get("/", "--resolve", f"{site.design.site}:443:{address}", "--max-time", "5").status


def statuses(site: Site) -> list[int]:
    return [at(site, address) for address in addresses(site)]


def test_two_doors_on_two_lines_answer_on_four_addresses(hardened: Site) -> None:
    assert len(doors(hardened)) == 2
    assert statuses(hardened) == [200] * 4
    told = hardened.client(["kdig", "+short", hardened.design.site, "A"]).stdout.split()
    assert sorted(told) == sorted(addresses(hardened))


@pytest.mark.parametrize("number", [0, 1])
def test_every_address_goes_on_when_a_door_is_lost(hardened: Site, number: int) -> None:
    lost = doors(hardened)[number]
    hardened.lab.kill(lost)
    try:
        within(5, lambda: statuses(hardened) == [200] * 4, f"an address is lost with {lost}")
        entry = new_id()
        assert within(30, lambda: hardened.post(entry).status in {200, 201}, f"no writing without {lost}")
        assert hardened.remembers(entry)
    finally:
        hardened.lab.start(lost)
    within(60, lambda: at(hardened, hardened.public(lost)[0]) == 200, f"{lost} does not come back")


def test_the_other_line_serves_when_one_is_cut(hardened: Site) -> None:
    for door in doors(hardened):
        hardened.lab.cut(door, "uplink-a")
    try:
        assert statuses(hardened) == [0, 0, 200, 200]
    finally:
        for door in doors(hardened):
            hardened.lab.heal(door)
    within(30, lambda: statuses(hardened) == [200] * 4, "the healed line does not come back")


def test_any_app_server_may_be_lost(hardened: Site) -> None:
    for machine in hardened.machines("app"):
        hardened.lab.kill(machine)
        try:
            answers = [hardened.get("/").status for _ in range(10)]
            assert set(answers) == {200}, f"{machine} away: {answers}"
        finally:
            hardened.lab.start(machine)
        within(60, lambda: hardened.status()["healthy"], f"{machine} does not come back")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_session_begun_at_one_door_goes_on_at_the_other(hardened: Site, version: str) -> None:
    one, other = (hardened.public(door)[0] for door in doors(hardened))
    ticket = f"/tmp/doors{version}"
    assert "New, TLSv" in s_client(hardened, version, "-sess_out", ticket, address=one)
    assert "Reused, TLSv" in s_client(hardened, version, "-sess_in", ticket, address=other)
