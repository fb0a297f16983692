from __future__ import annotations

import os
from pathlib import Path

import pytest

from colonnade.errors import LabError
from colonnade.lab import prerequisites
from colonnade.lab.addressing import Addressing
from colonnade.lab.furniture import unbound_settings
from colonnade.lab.image import Recipe, prune
from colonnade.lab.keys import known_hosts
from colonnade.lab.lab import Lab, MachineSpec


@pytest.mark.parametrize("name", ["", "Shop", "-a", "a-", "a_b", "a/b", "a" * 33, "..", "a b"])
def test_a_name_that_can_not_be_a_lab_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="can't name a lab"):
        Lab(name)


@pytest.mark.parametrize("name", ["", "Web1", "web_1", "a" * 31, "../x"])
def test_a_name_that_can_not_be_a_machine_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="can't name a machine"):
        MachineSpec(name, ("inside",))


@pytest.mark.parametrize("networks", [(), ("internet",), ("inside", "dmz")])
def test_an_unknown_network_is_refused_and_the_known_are_named(networks: tuple[str, ...]) -> None:
    with pytest.raises(LabError) as raised:
        MachineSpec("web1", networks)
    assert "inside, uplink-a, uplink-b, outside" in raised.value.hint


def test_a_lab_never_made(tmp_path: Path) -> None:
    lab = Lab("shop", tmp_path)
    assert Lab.all(tmp_path) == []
    assert lab.status() == {}
    with pytest.raises(LabError, match="there is no lab shop"):
        lab.addresses("web1")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may")
def test_only_root_may_make_a_lab(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="only root"):
        Lab("shop", tmp_path).destroy()


def test_too_small_a_disk_is_named(tmp_path: Path) -> None:
    prerequisites.require_space(tmp_path / "not" / "yet", 1)
    with pytest.raises(LabError, match=rf"{tmp_path} has .* GB free, and .* GB are needed"):
        prerequisites.require_space(tmp_path / "not" / "yet", 10**18)


def test_the_image_changes_with_its_packages_and_not_with_their_order() -> None:
    one = Recipe(("nginx", "haproxy"), "amd64")
    assert one.key() == Recipe(("nginx", "haproxy"), "amd64").key()
    assert (
        len({one.key(), Recipe(("nginx",), "amd64").key(), Recipe(("nginx", "haproxy"), "arm64").key()}) == 3
    )


def test_images_no_lab_uses_are_pruned(tmp_path: Path) -> None:
    for name in ("used", "old", "killed.unfinished"):
        (tmp_path / name / "etc").mkdir(parents=True)
    assert sorted(prune(tmp_path, {tmp_path / "used"})) == [tmp_path / "killed.unfinished", tmp_path / "old"]
    assert [p.name for p in tmp_path.iterdir()] == ["used"]


def test_a_machine_is_known_by_name_and_address() -> None:
    text = known_hosts({"web1": "ssh-ed25519 AAAA root@web1\n"}, {"web1": ["198.18.0.10"]})
    assert text == "web1,198.18.0.10 ssh-ed25519 AAAA\n"


def test_the_resolver_asks_the_zone_s_servers_and_refuses_the_rest() -> None:
    lab = Addressing(0)
    text = unbound_settings(
        {"foobar.com": [lab.machine(10, "uplink-a")]}, lab.machine(11, "outside"), "198.18.3.0/25"
    )
    assert '    local-zone: "." refuse\n' in text
    assert 'stub-zone:\n    name: "foobar.com"\n    stub-addr: 198.18.1.10\n' in text
