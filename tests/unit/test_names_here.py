"""The opt-in line in /etc/hosts: ours come and go, others stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from colonnade.verbs import names_here

BEFORE = "127.0.0.1 localhost\n::1 localhost # mine"


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    file = tmp_path / "hosts"
    file.write_text(BEFORE)
    return file


def test_added_and_removed_leaves_the_rest_alone(hosts: Path) -> None:
    names_here.add("foo-1", "www.foobar.com", ["198.18.1.10"], hosts)
    assert hosts.read_text() == BEFORE + "\n198.18.1.10 www.foobar.com # colonnade lab foo-1\n"
    names_here.remove("foo-1", hosts)
    assert hosts.read_text() == BEFORE + "\n"


def test_added_twice_stands_once(hosts: Path) -> None:
    names_here.add("foo-1", "www.foobar.com", ["198.18.1.10"], hosts)
    names_here.add("foo-1", "www.foobar.com", ["198.18.1.11", "198.18.2.11"], hosts)
    assert hosts.read_text().count("www.foobar.com") == 2
    assert "198.18.1.10" not in hosts.read_text()


def test_two_labs_do_not_touch_each_other(hosts: Path) -> None:
    names_here.add("foo-1", "www.foobar.com", ["198.18.1.10"], hosts)
    names_here.add("foo-2", "www.foobar.com", ["198.18.5.10"], hosts)
    names_here.remove("foo-1", hosts)
    assert "198.18.5.10 www.foobar.com # colonnade lab foo-2" in hosts.read_text()
