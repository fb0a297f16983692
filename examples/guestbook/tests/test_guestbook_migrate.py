"""Migrations against a real server: twice, at once, killed half-way."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from guestbook_servers import APP, MariaDB, wait_until

from guestbook.migrate import Migration, MigrationError, load, migrate

CODE = """
import sys
from guestbook.migrate import Migration, migrate
migrate(sys.argv[1], [Migration(1, "0001_slow.sql", sys.argv[2])])
"""
SLOW = """
CREATE TABLE IF NOT EXISTS one (n INT);
-- a comment; with a semicolon
SELECT SLEEP(2);
CREATE TABLE IF NOT EXISTS two (n INT);
"""


def tables(server: MariaDB) -> set[str]:
    return {str(row[0]) for row in server.sql("SHOW TABLES")}


def test_it_can_be_run_again(primary: MariaDB) -> None:
    assert migrate(primary.url, load()) == [one.name for one in load()]
    assert migrate(primary.url, load()) == []
    assert tables(primary) == {"entries", "schema_migrations"}


def test_every_migration_can_be_repeated(primary: MariaDB) -> None:
    """Killed after its last statement and before it is recorded: the whole file runs again."""
    migrate(primary.url, load())
    primary.sql("DELETE FROM schema_migrations")
    assert len(migrate(primary.url, load())) == len(load())


def test_two_at_once_apply_each_migration_once(primary: MariaDB) -> None:
    plan = [Migration(1, "0001_x.sql", "CREATE TABLE once (n INT);\nSELECT SLEEP(0.5);\n")]
    with ThreadPoolExecutor(4) as runs:
        done = list(runs.map(lambda _: migrate(primary.url, plan), range(4)))
    assert sorted(map(len, done)) == [0, 0, 0, 1]


def test_killed_half_way_it_goes_on(primary: MariaDB) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", CODE, primary.url, SLOW],
        cwd=APP,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    wait_until(lambda: "one" in tables(primary))
    run.kill()
    run.wait()
    assert tables(primary) == {"schema_migrations", "one"}
    assert migrate(primary.url, [Migration(1, "0001_slow.sql", SLOW)]) == ["0001_slow.sql"]
    assert tables(primary) == {"schema_migrations", "one", "two"}


def test_it_outlives_a_crash_of_the_server(primary: MariaDB) -> None:
    with ThreadPoolExecutor(1) as runs:
        run = runs.submit(migrate, primary.url, [Migration(1, "0001_slow.sql", SLOW)])
        wait_until(lambda: "one" in tables(primary))
        primary.kill()
        primary.start()
        assert run.result() == ["0001_slow.sql"]
    assert "two" in tables(primary)


def test_a_changed_file_is_refused_and_a_newer_database_is_not(primary: MariaDB) -> None:
    first, second = Migration(1, "0001_a.sql", "SELECT 1;\n"), Migration(2, "0002_b.sql", "SELECT 2;\n")
    migrate(primary.url, [first, second])
    assert migrate(primary.url, [first]) == []
    try:
        migrate(primary.url, [Migration(1, "0001_a.sql", "SELECT 3;\n")])
    except MigrationError as error:
        assert "0001_a.sql was changed" in str(error)
    else:
        raise AssertionError("the change was not noticed")
