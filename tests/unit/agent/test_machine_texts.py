"""What other programs write down and the agent reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from colonnade_agent import blobs, dpkg, facts, lock
from colonnade_agent.failure import Failed
from colonnade_agent.parallel import in_parallel
from colonnade_agent.programs import must, run
from colonnade_agent.records import Records

STATUS = """Package: nginx
Status: install ok installed
Version: 1.26.3-3
Description: small
 Status: not a field

Package: gone
Status: deinstall ok config-files
Version: 1

Package: half
Status: install ok half-configured
Version: 2

Package: held
Status: hold ok installed
Version: 3:4-5
"""


def test_only_whole_packages_count_as_installed() -> None:
    assert dpkg.installed(STATUS) == {"nginx": "1.26.3-3", "held": "3:4-5"}


def test_os_release() -> None:
    assert facts.os_release('ID=debian\nVERSION_ID="13"\n# x\n\n') == {"ID": "debian", "VERSION_ID": "13"}


def test_programs_end_by_themselves_or_are_ended() -> None:
    assert run(("sh", "-c", "cat; exit 3"), stdin="hello").output == "hello"
    assert run(("sh", "-c", "sleep 60 & wait"), timeout=0.2).exit == 124
    assert run(("/no/such",)).exit == 127
    with pytest.raises(Failed) as caught:
        must(run(("sh", "-c", "cat; false"), stdin="hunter2"), "command:c", "fix", secret=True)
    assert "hunter2" not in repr(caught.value.failure)


def test_parallel_work_keeps_its_order_and_raises_the_first_error() -> None:
    assert in_parallel(str, range(50)) == [str(n) for n in range(50)]
    with pytest.raises(ZeroDivisionError):
        in_parallel(lambda n: 1 // n, [1, 0, 2])


def test_records_survive_odd_names(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write("units", "a/b%2f", {"x": 1})
    assert records.read("units", "a/b%2f") == {"x": 1}
    assert records.read("units", "a/b/") == {}
    records.forget("units", "a/b%2f")
    assert records.read("units", "a/b%2f") == {}


def test_a_blob_must_be_what_it_is_called(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"hello")
    right = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    for sha, size in (("0" * 64, 5), (right, 6)):
        with source.open("rb") as stream, pytest.raises(Failed, match="cut short or altered"):
            blobs.receive(tmp_path, sha, size, stream)
    with source.open("rb") as stream:
        blobs.receive(tmp_path, right, 5, stream)
    assert [path.name for path in (tmp_path / "blobs").iterdir()] == [right]
    blobs.prune(tmp_path, [])
    assert list((tmp_path / "blobs").iterdir()) == []


def test_the_lock_says_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    told: list[str] = []
    lock.take("alice", 1, told.append, path)
    with pytest.raises(Failed, match="alice"):
        lock.take("bob", 0.1, told.append, path)
    assert len(told) == 1
