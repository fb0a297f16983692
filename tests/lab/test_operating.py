"""A database that chooses its primary itself, in its operator's hands: switched over, maintained, copied
anew, and forced, while visitors read and write.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab.site import DONE, FAILED, USAGE, Site, new_id, within
from tests.lab.visitors import Tally, Visitors

pytestmark = pytest.mark.lab

DESIGN = """\
site: www.operated.example
services:
  edge: {kind: haproxy, machines: [lb], to: [web], trusted: [198.18.0.0/15]}
  web: {kind: nginx, machines: [web], to: [app]}
  app: {kind: app, machines: [app1, app2], to: [db]}
  db: {kind: mariadb, machines: [db1, db2]}
"""
LONG = 400.0
SETTLED_SECONDS = 60.0

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("operated")
    design = folder / "site.yaml"
    design.write_text(DESIGN)
    with Site(design, "t-operated", folder) as site:
        yield site


def said(site: Site, *words: str, expect: int = DONE) -> str:
    done = site.cli(*words, timeout=LONG)
    assert done.returncode == expect, f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def state(site: Site) -> Any:
    return json.loads(site.cli("db", "status", "--json").stdout)


def safe(site: Site) -> bool:
    done = site.cli("db", "status", "--json")
    return done.returncode == DONE and bool(json.loads(done.stdout)["safe"])


def pair(site: Site) -> tuple[str, str]:
    """(primary, standby), once there are both."""
    within(SETTLED_SECONDS, lambda: safe(site), "no member could take over")
    now = state(site)
    return now["leader"], now["standby"]


def nobody_noticed(site: Site, tally: Tally) -> None:
    assert tally.requests > 100
    assert tally.failed == ()
    assert [entry for entry in tally.acknowledged[-50:] if not site.remembers(entry)] == []


def test_a_switchover_fails_no_request(site: Site, record_property: Record) -> None:
    primary, standby = pair(site)
    with Visitors(site) as visitors:
        done = json.loads(said(site, "db", "switchover", "--json"))
        assert done["leader"] == standby
        assert pair(site) == (standby, primary)
        said(site, "db", "switchover", "--to", primary)
    nobody_noticed(site, visitors.tally)
    record_property("switchover seconds", done["seconds"])
    record_property("slowest request of a visitor", visitors.tally.slowest)
    assert pair(site) == (primary, standby)
    terms = json.loads(said(site, "db", "history", "--json"))
    assert [term["leader"] for term in terms[-2:]] == [standby, primary]


def test_the_primarys_machine_is_rebooted_and_no_request_fails(site: Site, record_property: Record) -> None:
    primary, standby = pair(site)
    with Visitors(site) as visitors:
        said(site, "maintain", primary)
        assert state(site)["leader"] == standby
        refused = said(site, "maintain", standby, expect=FAILED)
        assert "it is the primary, and no other member could take over" in refused
        site.lab.kill(primary)
        within(30, site.serves, f"nothing serves without {primary}")
        site.lab.start(primary)
        said(site, "maintain", primary, "--done")
    nobody_noticed(site, visitors.tally)
    record_property("slowest request of a visitor in maintenance", visitors.tally.slowest)
    assert pair(site) == (standby, primary)
    assert site.status()["healthy"]
    assert site.changes() == []


def test_a_standby_in_maintenance_is_neither_waited_for_nor_chosen(site: Site) -> None:
    primary, standby = pair(site)
    with Visitors(site) as visitors:
        said(site, "maintain", standby)
        now = state(site)
        assert (now["leader"], now["standby"], now["successor"]) == (primary, "", "")
        assert "is in maintenance" in now["why"]
        assert "is in maintenance" in said(site, "db", "switchover", expect=FAILED)
        site.lab.kill(standby)
        within(30, site.serves, f"nothing serves without {standby}")
        site.lab.start(standby)
        said(site, "maintain", standby, "--done")
    nobody_noticed(site, visitors.tally)
    assert pair(site) == (primary, standby)


def test_while_it_is_paused_nothing_is_begun(site: Site) -> None:
    primary, _ = pair(site)
    said(site, "db", "pause")
    try:
        assert "paused" in said(site, "db", "status", expect=FAILED)
        assert "paused" in said(site, "db", "switchover", expect=FAILED)
        assert state(site)["leader"] == primary
        assert site.serves()
    finally:
        said(site, "db", "resume")
    assert pair(site)[0] == primary


def test_a_member_takes_a_new_copy(site: Site) -> None:
    primary, standby = pair(site)
    assert "those that count" in said(site, "db", "reinit", primary, expect=USAGE)
    assert "--yes" in said(site, "db", "reinit", standby, expect=USAGE)
    said(site, "db", "reinit", standby, "--yes")
    assert pair(site) == (primary, standby)
    assert site.sh(standby, "ls -d /var/lib/mysql.aside-* | wc -l") == "1"


def test_what_is_lost_is_shown_before_it_is(site: Site) -> None:
    primary, standby = pair(site)
    site.lab.kill(standby)
    within(30, lambda: state(site)["standby"] == "", "the lost standby was never given up")
    only_there = new_id()
    assert site.post(only_there).status == 201
    time.sleep(2)  # longer than between two words of a steward about itself
    site.lab.kill(primary)
    site.lab.start(standby)
    within(
        60, lambda: {m["machine"]: m["role"] for m in state(site)["members"]}[standby] == "replica", "down"
    )
    within(30, lambda: not state(site)["leader"], "somebody leads")
    assert state(site)["data_of"] == primary
    shown = said(site, "db", "failover", "--to", standby, expect=USAGE)
    assert "are known to be lost" in shown
    assert "nothing was changed" in shown
    assert state(site)["leader"] == ""
    done = said(site, "db", "failover", "--to", standby, "--force", "--i-accept-loss")
    assert f"{standby} leads" in done
    within(30, site.serves, "it takes no writes")
    assert not site.remembers(only_there)
    site.lab.start(primary)
    assert pair(site) == (standby, primary)
    assert site.status()["healthy"]
