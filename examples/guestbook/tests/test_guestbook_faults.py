"""What visitors see while databases die, hang, step down and lag. Read as incident stories."""

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from guestbook_servers import App, MariaDB, Reply, Router, free_port, wait_until


def later(action: Callable[[], Reply]) -> Future[Reply]:
    return ThreadPoolExecutor(1).submit(action)


def test_a_write_outlives_a_restart_of_the_primary(app: App, primary: MariaDB) -> None:
    assert app.post("before").status == 201
    primary.kill()
    reply = later(lambda: app.post("during"))
    time.sleep(1.5)
    primary.start()
    assert reply.result().status == 201
    assert {one["id"] for one in app.ask("/api/entries").json["entries"]} == {"before", "during"}
    assert "guestbook_database_retries_total" in app.ask("/metrics").text


def test_a_stream_of_writes_loses_nothing_over_kills(app: App, primary: MariaDB) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def write(writer: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            if app.post(f"w{writer}-{number}").status in (200, 201):
                acknowledged.append(f"w{writer}-{number}")

    with ThreadPoolExecutor(8) as writers:
        for writer in range(8):
            writers.submit(write, writer)
        for _ in range(3):
            time.sleep(0.7)
            primary.kill()
            primary.start()
        time.sleep(0.7)
        stop.set()
    stored = {str(row[0]) for row in primary.sql("SELECT id FROM entries")}
    assert set(acknowledged) <= stored
    assert len(acknowledged) > 100
    assert "Traceback" not in app.log.read_text()


def test_without_a_database_writes_give_up_in_time_and_health_does_not(app: App, primary: MariaDB) -> None:
    primary.kill()
    reply = app.post("never")
    assert (
        reply.status == 503 and reply.json["error"] == "unavailable" and reply.headers["Retry-After"] == "2"
    )
    assert 8 < reply.seconds < 13
    read = app.ask("/api/entries")
    assert read.status == 503 and read.seconds < 4
    page = app.ask("/")
    assert page.status == 503 and "cannot be reached" in page.text and "<textarea" in page.text
    health = app.ask("/healthz")
    assert health.status == 200 and health.json["ok"] and health.json["database"]["primary"] == "down"
    assert health.seconds < 1
    assert "Traceback" not in app.log.read_text()


def test_health_answers_within_a_second_while_every_database_thread_hangs(app: App, primary: MariaDB) -> None:
    app.post("warm")
    primary.freeze()
    with ThreadPoolExecutor(160) as crowd:
        replies = [crowd.submit(app.post, f"crowd{number}") for number in range(160)]
        time.sleep(1)
        health = [app.ask("/healthz") for _ in range(5)]
        primary.thaw()
        statuses = {reply.result().status for reply in replies}
    print("slowest /healthz", max(one.seconds for one in health))
    assert all(one.status == 200 and one.seconds < 1 for one in health)
    assert statuses == {201, 503}
    assert app.post("after").status == 201


def test_a_frozen_primary_is_waited_for(app: App, primary: MariaDB) -> None:
    app.post("warm")
    primary.freeze()
    reply = later(lambda: app.post("patient"))
    time.sleep(6)  # past the read timeout: the first try has failed with its outcome unknown
    primary.thaw()
    assert reply.result().status in (200, 201)
    assert primary.sql("SELECT COUNT(*) FROM entries WHERE id = 'patient'") == [(1,)]


def test_a_deposed_primary_is_left_for_the_new_one(
    primary: MariaDB, replica: MariaDB, tmp_path: Path
) -> None:
    """Pooled connections stay with the old primary, which now is read only; new ones reach the new primary."""
    with (
        Router(primary.port) as router,
        App(primary.url.replace(str(primary.port), str(router.port)), log=tmp_path / "log") as app,
    ):
        with ThreadPoolExecutor(12) as many:
            list(many.map(app.post, (f"warm{number}" for number in range(48))))
        replica.sql(str(primary.sql("SHOW CREATE TABLE entries")[0][1]))
        primary.sql("SET GLOBAL read_only = 1")
        router.target = replica.port
        moved = [app.post(f"moved{number}") for number in range(24)]
        assert {reply.status for reply in moved} == {201}
        assert all(reply.headers["X-Served-By"].endswith("database=db2") for reply in moved)
        print("slowest write", max(reply.seconds for reply in moved))
        # One connection found out for the whole pool.
        retries = 'guestbook_database_retries_total{fault="deposed",source="primary"}'
        assert f"{retries} 1.0" in app.ask("/metrics").text


def test_posting_a_stored_id_to_a_deposed_primary_is_not_acknowledged(app: App, primary: MariaDB) -> None:
    app.post("known")
    primary.sql("SET GLOBAL read_only = 1")
    assert app.post("known").status == 503
    primary.sql("SET GLOBAL read_only = 0")


def test_locks_and_killed_sessions_are_retried(app: App, primary: MariaDB) -> None:
    app.post("row")
    primary.sql("SET GLOBAL innodb_lock_wait_timeout = 1")
    holder = primary.connect()
    holder.begin()
    holder.cursor().execute("SELECT * FROM entries WHERE id = 'row' FOR UPDATE")
    reply = later(lambda: app.post("row"))
    time.sleep(0.5)
    for (session,) in primary.sql("SELECT id FROM information_schema.processlist WHERE user = 'guestbook'"):
        primary.sql(f"KILL {session}")
    time.sleep(2)
    holder.close()
    assert reply.result().status == 200


def test_reads_come_from_the_replica_and_from_the_primary_without_it(
    app_with_replica: App, primary: MariaDB, replica: MariaDB
) -> None:
    app = app_with_replica
    schema = primary.sql("SHOW CREATE TABLE entries")[0][1]
    assert app.ask("/api/entries").json == {
        "entries": []
    }  # the replica has no table yet: the primary answers
    replica.sql(str(schema))
    replica.sql("INSERT INTO entries (id, text) VALUES ('old', 'x')")
    assert app.ask("/api/whoami").json["database"] == "db2"
    assert [one["id"] for one in app.ask("/api/entries").json["entries"]] == ["old"]

    assert app.post("new").headers["X-Served-By"].endswith("database=db1")
    assert app.ask("/api/entries/new").status == 200  # not on the replica yet
    assert app.ask("/?posted=new").text.count("entry-new") == 1
    assert app.ask("/api/entries/none").status == 404

    replica.freeze()
    assert app.ask("/api/entries/new").seconds < 3
    quick = app.ask("/api/entries/new")  # the replica is left alone for a while
    assert quick.headers["X-Served-By"].endswith("database=db1") and quick.seconds < 0.5
    replica.thaw()
    wait_until(lambda: app.ask("/api/whoami").json["database"] == "db2")

    primary.kill()
    assert app.ask("/api/entries/old").status == 200
    assert app.ask("/api/entries/none").status == 503  # unknown is not "not there"


def test_a_stop_lets_requests_finish(primary: MariaDB, tmp_path: Path) -> None:
    with App(primary.url, log=tmp_path / "log") as app:
        primary.kill()
        reply = later(lambda: app.post("last"))
        time.sleep(0.5)
        app.signal(signal.SIGTERM)
        primary.start()
        assert reply.result().status == 201
        assert app.process.wait(timeout=10) == 0


def test_the_app_starts_before_its_database(primary: MariaDB, tmp_path: Path) -> None:
    with App(primary.url, log=tmp_path / "log", migrate=False) as app:
        reply = app.post("early")
        assert reply.status == 503 and reply.seconds < 2  # no table: waiting would not help
        assert app.migrate().returncode == 0
        assert app.post("early").status == 201
    nowhere = f"mysql://guestbook:x@127.0.0.1:{free_port()}/guestbook"
    with App(nowhere, log=tmp_path / "log", migrate=False) as app:
        assert app.ask("/healthz").status == 200
