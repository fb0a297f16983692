"""Writes to a site's database as its app does, through the sidecar, until standard input ends; prints every
attempt as JSON: [id, when it began, when it was over, the server that acknowledged it, or what came instead].

Run on an app machine with the app's environment and packages. A commit without an answer is unknown: its row
may be there or not.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
import threading
import time
import uuid
from urllib.parse import parse_qs, urlsplit

import pymysql

PAUSE = 0.01
WRITERS = 8


def connect() -> pymysql.connections.Connection:
    url = urlsplit(os.environ["DATABASE_URL"])
    tls = {name: values[0] for name, values in parse_qs(url.query).items()}
    trust = ssl.create_default_context(cafile=tls["ssl_ca"])
    trust.load_cert_chain(tls["ssl_cert"], tls["ssl_key"])
    return pymysql.connect(
        host=url.hostname, port=url.port or 0, user=url.username, password=url.password or "", ssl=trust,
        database=url.path[1:], connect_timeout=1, read_timeout=6, write_timeout=6,
    )  # fmt: skip


def write(over: threading.Event, seen: list[list[object]]) -> None:
    connection = None
    while not over.is_set():
        name, began = f"s-{uuid.uuid4().hex}", time.monotonic()
        server, wrong = "", ""
        try:
            connection = connection or connect()
            with connection.cursor() as cursor:
                cursor.execute("SELECT @@hostname")
                (server,) = cursor.fetchone() or ("",)
                cursor.execute("INSERT INTO entries (id, text) VALUES (%s, %s)", (name, server))
            connection.commit()
        except (pymysql.MySQLError, OSError) as error:
            wrong = repr(error)
            connection = None
        seen.append([name, began, time.monotonic(), "" if wrong else server, wrong])
        time.sleep(PAUSE)


def main() -> None:
    over = threading.Event()
    seen: list[list[object]] = []
    threads = [threading.Thread(target=write, args=(over, seen)) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    print("began", flush=True)
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
