"""Brings the database to the shape this release needs: `python3 -m guestbook.migrate`, run before a release starts.

Migrations are the files `migrations/NNNN_name.sql`, applied in order, each once. Rules for whoever writes one:
- Statements end with `;` at the end of a line, and each must be safe to repeat (`IF NOT EXISTS`, …): MariaDB commits
  every CREATE or ALTER by itself, so a run that is killed goes on by repeating the file it was in.
- The release that runs now must be able to work with the result: it is still serving while this runs.
- A file that has been released is never changed; write another one.

A lock in the database lets only one run work at a time. Numbers this release does not know are left alone: they belong
to a newer release, and rolling back must work.
"""

import hashlib
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from guestbook.database import Limits, Refused, Source, Unavailable, first_answer
from guestbook.faults import Fault, RetryPolicy
from guestbook.settings import Settings, SettingsError

FOLDER = Path(__file__).parent / "migrations"
POLICY = RetryPolicy(budget=60.0, longest_pause=2.0)
LIMITS = Limits(connect=2.0, answer=600.0, pool_size=1)
LOCK_WAIT = 300
"""Seconds to wait for another run to finish."""

RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number     INT          NOT NULL PRIMARY KEY,
    name       VARCHAR(200) NOT NULL,
    checksum   CHAR(64)     NOT NULL,
    applied_at DATETIME     NOT NULL DEFAULT (UTC_TIMESTAMP())
) ENGINE = InnoDB
"""


class MigrationError(Exception):
    """The migration files contradict themselves or the database."""


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        code = re.sub(r"^\s*--.*$", "", self.sql, flags=re.MULTILINE)
        return [part.strip() for part in re.split(r";[ \t]*$", code, flags=re.MULTILINE) if part.strip()]


def load(folder: Path = FOLDER) -> list[Migration]:
    """All migrations in order. Raises MigrationError unless they are numbered 1, 2, 3, …"""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_[a-z0-9_]+\.sql", path.name)
        if match is None:
            raise MigrationError(f"{path.name}: expected a name like 0002_add_column.sql")
        found.append(Migration(int(match[1]), path.name, path.read_text(encoding="utf-8")))
    if [one.number for one in found] != list(range(1, len(found) + 1)):
        raise MigrationError(
            f"migrations must be numbered 0001, 0002, … without gap: {[one.name for one in found]}"
        )
    return found


def pending(migrations: Sequence[Migration], applied: dict[int, str]) -> list[Migration]:
    """Those to apply, given number -> checksum of those applied. Raises MigrationError if a file was changed."""
    for one in migrations:
        if applied.get(one.number, one.checksum) != one.checksum:
            raise MigrationError(
                f"{one.name} was changed after it had been applied; write a new migration instead"
            )
    return [one for one in migrations if one.number not in applied]


def migrate(url: str, migrations: Sequence[Migration]) -> list[str]:
    """Applies what is missing and returns the names. Safe to repeat, to interrupt and to run twice at once."""
    source = Source("migration", url, LIMITS, transactional=False, primary=True)
    try:
        return first_answer((source,), lambda link: apply(link, migrations), POLICY, report_retry).value
    finally:
        source.close()


def apply(connection: Connection, migrations: Sequence[Migration]) -> list[str]:
    lock = {"lock": connection.scalar(text("SELECT CONCAT('migrate:', SHA1(DATABASE()))")), "wait": LOCK_WAIT}
    if connection.scalar(text("SELECT GET_LOCK(:lock, :wait)"), lock) != 1:
        raise MigrationError(f"another run has held the lock for {LOCK_WAIT} s; see SHOW PROCESSLIST")
    # The lock goes with the connection: nothing to release, also when this fails.
    connection.exec_driver_sql(RECORD)
    rows = connection.execute(text("SELECT number, checksum FROM schema_migrations"))
    todo = pending(migrations, {row.number: row.checksum for row in rows})
    for one in todo:
        for statement in one.statements:
            connection.exec_driver_sql(statement)
        connection.execute(
            text("INSERT INTO schema_migrations (number, name, checksum) VALUES (:number, :name, :checksum)"),
            {"number": one.number, "name": one.name, "checksum": one.checksum},
        )
    return [one.name for one in todo]


def report_retry(_source: str, fault: Fault) -> None:
    print(f"guestbook.migrate: {fault.value}, trying again", file=sys.stderr, flush=True)


def main() -> int:
    try:
        done = migrate(Settings.from_environment(os.environ).database_url, load())
    except (SettingsError, MigrationError, Unavailable, Refused) as error:
        print(f"guestbook.migrate: {error}", file=sys.stderr)
        return 1
    print(f"guestbook.migrate: {', '.join(done) if done else 'nothing to do'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
