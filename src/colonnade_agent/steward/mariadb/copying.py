"""How does a member get another's data? One streams a backup of its running server, another unpacks it.

The stream is made by mariadb-backup, and passes unread between two stewards. The new data directory is made
beside the old one and takes its place when it is whole, so a copy that was interrupted is begun again.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import BinaryIO

from colonnade_agent import atomic
from colonnade_agent.programs import ENVIRONMENT, run
from colonnade_agent.steward.engine import EngineError
from colonnade_agent.steward.mariadb import datadir
from colonnade_agent.steward.mariadb.reading import last
from colonnade_agent.steward.mariadb.settings import MariadbSettings

Fetch = Callable[[str], AbstractContextManager[BinaryIO]]
"""Member -> the stream that its `stream_backup` writes. It must raise, at its end too, if that one failed."""

POSITION = "mariadb_backup_binlog_info"
"""Made by mariadb-backup: file, offset and GTID position of the binary log, tabs between."""
STATE = "binlog.state"
"""Beside the log named `binlog` (log_bin=binlog): with no log there, the server begins with this position
(MYSQL_BIN_LOG::do_binlog_recovery)."""
CHUNK = 1 << 20
PREPARE_SECONDS = 3600
OWNER = "mysql"
COMPLAINT = 2000


def stream_backup(settings: MariadbSettings, to: BinaryIO) -> None:
    """Of the running server. Raises EngineError if the stream is not a whole backup, OSError as `to` does."""
    argv = (
        "mariadb-backup", "--no-defaults", "--backup", "--stream=mbstream", "--user=root",
        f"--socket={settings.socket}", f"--datadir={settings.datadir}", f"--target-dir={settings.runtime}",
    )  # fmt: skip
    settings.runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = settings.runtime / "backup.log"
    with log.open("wb") as errors, _running(argv, DEVNULL, PIPE, errors) as backup:
        assert backup.stdout
        shutil.copyfileobj(backup.stdout, to, CHUNK)
        if backup.wait():
            raise EngineError(f"mariadb-backup --backup: {_end(log)}")


def replace_data(settings: MariadbSettings, source: str, fetch: Fetch) -> None:
    """Of a server that is down."""
    new = settings.datadir.with_name(settings.datadir.name + ".new")
    _remove(new)
    _drop_aside(settings)
    new.mkdir(mode=0o700)
    with fetch(source) as stream:
        _unpack(new, stream)
    _prepare(settings, new)
    atomic.sync_directory(new.parent)
    _put_aside(settings.datadir)
    new.rename(settings.datadir)
    atomic.sync_directory(new.parent)


def _put_aside(data: Path) -> None:
    if not data.exists():
        return
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = data.with_name(f"{data.name}.aside-{stamp}")
    try:
        data.rename(aside)
    except OSError as error:
        # An overlay does not rename a folder of its lower layer.
        if error.errno != errno.EXDEV:
            raise
        shutil.copytree(data, aside, symlinks=True)
        _remove_data(data)


def _remove_data(data: Path) -> None:
    """Without its system tables it is no database, so what is left by an interruption is taken for none."""
    _remove(data / datadir.SYSTEM_TABLES)
    _remove(data)


def _drop_aside(settings: MariadbSettings) -> None:
    """What was kept of earlier copies; and our own data, if there would be no room for as much again."""
    for old in settings.datadir.parent.glob(f"{settings.datadir.name}.aside-*"):
        _remove(old)
    if not settings.datadir.exists():
        return
    used = sum(path.lstat().st_size for path in settings.datadir.rglob("*"))
    if shutil.disk_usage(settings.datadir.parent).free < used * 1.2:
        _remove_data(settings.datadir)


def _unpack(new: Path, stream: BinaryIO) -> None:
    log = new.with_name(new.name + ".log")
    with log.open("wb") as errors:
        argv = ("mbstream", "--extract", f"--directory={new}")
        with _running(argv, PIPE, DEVNULL, errors) as unpacking:
            assert unpacking.stdin
            with suppress(BrokenPipeError):  # it says why, and that it failed
                shutil.copyfileobj(stream, unpacking.stdin, CHUNK)
                unpacking.stdin.close()
            if unpacking.wait():
                raise EngineError(f"mbstream --extract: {_end(log)}")
    log.unlink()


def _prepare(settings: MariadbSettings, new: Path) -> None:
    argv = ("mariadb-backup", "--no-defaults", "--prepare", f"--target-dir={new}")
    done = run(argv, timeout=PREPARE_SECONDS)
    if done.exit:
        raise EngineError(f"mariadb-backup --prepare: {done.output[-COMPLAINT:]}")
    (new / STATE).write_text(f"{position(new)}\n", encoding="ascii")
    (new / datadir.MARK).write_text(f"{settings.cluster}\n", encoding="utf-8")
    for path in (new, *new.rglob("*")):
        shutil.chown(path, OWNER, OWNER)
    os.sync()


def position(new: Path) -> str:
    """The GTID at which the copy ends, of the one domain."""
    path = new / POSITION
    fields = path.read_text(encoding="ascii").split() if path.exists() else []
    if len(fields) < 3 or last(fields[2]) is None:
        raise EngineError(f"the backup does not say where it ends: {POSITION}: {' '.join(fields)}")
    found = last(fields[2])
    assert found is not None
    return f"0-{found.server}-{found.seq}"


@contextmanager
def _running(argv: Sequence[str], stdin: int, stdout: int, errors: BinaryIO) -> Iterator[Popen[bytes]]:
    """A program that does not outlive the block."""
    process = Popen(argv, stdin=stdin, stdout=stdout, stderr=errors, env=ENVIRONMENT, cwd="/")
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)


def _end(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-COMPLAINT:].strip()
