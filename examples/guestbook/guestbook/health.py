"""Is this app able to serve? Asked by the load balancer (`/healthz`) and by Prometheus (`/metrics`).

The app is healthy when it answers: a database that is down must not take every app server out of rotation, since then
visitors get nothing at all. What is known of the database is said in the body.
"""

import threading
import time

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Connection, text

from guestbook.database import Database, Failure, Source
from guestbook.metrics import Metrics
from guestbook.settings import Settings

FRESH = 2.0
"""Seconds for which an observation made by ordinary traffic is good enough."""
PATIENCE = 0.3
"""Seconds /healthz waits for new observations. The checks go on behind it and serve the next one."""


class Watch:
    """Keeps the observations of all sources young, never more than one check per source at a time."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self._sources = sources
        self._checks: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def look(self) -> dict[str, str]:
        """Source name -> up, down or unknown, within PATIENCE seconds."""
        deadline = time.monotonic() + PATIENCE
        for check in self._start():
            check.join(max(0.0, deadline - time.monotonic()))
        return {source.name: source.observed.state for source in self._sources}

    def _start(self) -> list[threading.Thread]:
        with self._lock:
            for source in self._sources:
                busy = source.name in self._checks and self._checks[source.name].is_alive()
                if not busy and time.monotonic() - source.observed.at > FRESH:
                    self._checks[source.name] = threading.Thread(target=check, args=(source,), daemon=True)
                    self._checks[source.name].start()
            return [thread for thread in self._checks.values() if thread.is_alive()]


def check(source: Source) -> None:
    """One try; the source itself records what it saw."""
    try:
        source.run(ping)
    except Failure:
        return


def ping(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))


def health(settings: Settings, database: Database, metrics: Metrics) -> Blueprint:
    routes = Blueprint("health", __name__)
    watch = Watch(database.sources)

    @routes.get("/healthz")
    def healthz() -> ResponseReturnValue:
        return jsonify(ok=True, app=settings.machine, release=settings.release, database=watch.look())

    @routes.get("/metrics")
    def exposition() -> ResponseReturnValue:
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return routes
