"""Voters: two of three decide, one that lost its disk comes back as another, and they follow the design."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.site import Site, within

pytestmark = pytest.mark.lab

DESIGN = """\
site: www.foobar.com
services:
  edge: {{kind: haproxy, machines: [one], to: [web]}}
  web: {{kind: nginx, machines: [one], to: [app]}}
  app: {{kind: app, machines: [two], to: [db]}}
  db: {{kind: mariadb, machines: [four]}}
  consensus: {{kind: etcd, machines: [{voters}]}}
"""
SECONDS = 90


@pytest.fixture(scope="module")
def voters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("voters")
    (folder / "site.yaml").write_text(DESIGN.format(voters="one, two, three"))
    with Site(folder / "site.yaml", "t-voters", folder) as site:
        assert etcdctl(site, "one", "put greeting hello") == "OK"
        yield site


def etcdctl(site: Site, machine: str, *words: str) -> str:
    """As root of the machine asks its own voter; '' where that does not answer."""
    files = f"/etc/colonnade/pki/consensus-{machine}"
    tls = f"--cacert=/etc/colonnade/pki/ca.pem --cert={files}/chain.pem --key={files}/key.pem"
    endpoint = f"--endpoints=https://{site.inside(machine)}:2379"
    ask = f"etcdctl {endpoint} {tls} --command-timeout=5s {' '.join(words)}"
    return site.on(machine, ["sh", "-c", ask]).stdout.strip()


def members(site: Site, machine: str = "one") -> dict[str, str]:
    """Name -> identity, as a majority sees it."""
    said: dict[str, Any] = json.loads(
        etcdctl(site, machine, "member list --write-out=json") or '{"members": []}'
    )
    return {m.get("name", ""): f"{m['ID']:x}" for m in said["members"]}


def answers(site: Site, machine: str, key: str) -> str:
    return etcdctl(site, machine, "get --print-value-only", key)


def test_what_one_is_told_all_know(voters: Site) -> None:
    assert [answers(voters, machine, "greeting") for machine in ("one", "two", "three")] == ["hello"] * 3


def test_nobody_else_is_heard(voters: Site) -> None:
    address = voters.inside("one")
    for port in (2379, 2380):
        asked = voters.on("four", ["curl", "--silent", "--max-time", "2", f"https://{address}:{port}/health"])
        assert asked.returncode == 28, f"port {port}: {asked}"
    plain = f"curl --silent --insecure --max-time 3 https://{address}:2379/health"
    assert voters.on("two", ["sh", "-c", plain]).returncode != 0, "an answer without a certificate"


def test_two_of_three_decide_and_one_alone_does_not(voters: Site) -> None:
    voters.lab.kill("three")
    within(SECONDS, lambda: etcdctl(voters, "one", "put alone two") == "OK", "two of three don't decide")
    voters.sh("two", "systemctl stop etcd")
    # No answer: that the write came to nothing is not said, and the majority may yet agree to it.
    assert etcdctl(voters, "one", "put alone one") == ""
    voters.sh("two", "systemctl start etcd")
    kept = within(SECONDS, lambda: answers(voters, "one", "alone"), "the majority is back and says nothing")
    assert kept in {"one", "two"}
    voters.lab.start("three")
    within(SECONDS, lambda: answers(voters, "three", "alone") == kept, "the third does not catch up")


def test_a_voter_that_lost_its_data_comes_back_as_another(voters: Site) -> None:
    before = members(voters)
    voters.sh("three", "systemctl stop etcd && rm -r /var/lib/etcd/voter && systemctl start --no-block etcd")
    within(SECONDS, lambda: answers(voters, "three", "greeting") == "hello", "it does not come back")
    after = members(voters)
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} == {"three"}


def test_alone_and_without_data_it_does_not_begin_a_second_cluster(voters: Site) -> None:
    for machine in ("one", "two"):
        voters.sh(machine, "systemctl stop etcd")
    voters.sh("three", "systemctl stop etcd && rm -r /var/lib/etcd/voter && systemctl start --no-block etcd")
    journal = "journalctl --unit=etcd --since=-30s --output=cat"
    said = "no other voter answers, and this one has no data"
    within(30, lambda: said in voters.sh("three", journal), "it does not say why it waits")
    assert voters.on("three", ["test", "-e", "/var/lib/etcd/voter"]).returncode != 0
    for machine in ("one", "two"):
        voters.sh(machine, "systemctl start --no-block etcd")
    within(SECONDS, lambda: answers(voters, "three", "greeting") == "hello", "it does not join the others")


def test_voters_are_those_of_the_design(voters: Site, tmp_path: Path) -> None:
    design = tmp_path / "site.yaml"
    design.write_text(DESIGN.format(voters="one, two, four"))
    voters.up(design=design)
    within(SECONDS, lambda: members(voters).keys() == {"one", "two", "four"}, "three still votes")
    assert answers(voters, "four", "greeting") == "hello"
    assert voters.changes(design) == []


def test_a_power_cut_of_all_loses_nothing(voters: Site, tmp_path: Path) -> None:
    design = tmp_path / "site.yaml"
    design.write_text(DESIGN.format(voters="one, two, four"))
    assert etcdctl(voters, "one", "put last words") == "OK"
    assert voters.cli("lab", "kill", "all", design=design).returncode == 0
    voters.up(design=design)
    assert answers(voters, "four", "last") == "words"
