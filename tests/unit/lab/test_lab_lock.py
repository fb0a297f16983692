from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from colonnade.errors import LabError
from colonnade.lab import lock

HOLDER = """
import sys, time
from pathlib import Path
from colonnade.lab import lock
with lock.hold(Path(sys.argv[1]), "the lab x", seconds=1):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(
                LabError, match=rf"the lab x is being changed by process {holder.pid} \(.*\) since"
            ),
            lock.hold(path, "the lab x", seconds=0.1),
        ):
            pass
        holder.kill()
    with lock.hold(path, "the lab x", seconds=1):  # what a killed holder left is no obstacle
        pass
    assert not path.exists()


def test_one_at_a_time_though_the_file_goes_and_comes(tmp_path: Path) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(5):
            with lock.hold(tmp_path / "x.lock", "x", seconds=30):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_who_waits_is_told_for_whom(tmp_path: Path) -> None:
    told: list[str] = []
    with (
        lock.hold(tmp_path / "x.lock", "x", seconds=1),
        pytest.raises(LabError),
        lock.hold(tmp_path / "x.lock", "x", seconds=0.2, waiting=told.append),
    ):
        pass
    assert len(told) == 1
    assert f"process {os.getpid()} " in told[0]
