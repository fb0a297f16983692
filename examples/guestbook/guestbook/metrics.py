"""What the app counts, in Prometheus' text format. Asked by the request envelope, the database and `/metrics`."""

from collections.abc import Iterable, Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from guestbook.database import Source
from guestbook.faults import Fault
from guestbook.settings import Settings

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """One per app, with its own registry: two apps in one process do not mix."""

    def __init__(self, settings: Settings) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter(
            "guestbook_http_requests",
            "Answered requests",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "guestbook_http_request_seconds",
            "Time from request to answer",
            ["route", "method"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._retries = Counter(
            "guestbook_database_retries",
            "Failed tries that were tried again",
            ["source", "fault"],
            registry=self.registry,
        )
        info = Gauge("guestbook_info", "Always 1", ["machine", "release"], registry=self.registry)
        info.labels(settings.machine, settings.release).set(1)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """`route` is the pattern, not the path: a label must not grow with what clients make up."""
        known = method if method in METHODS else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._seconds.labels(route, known).observe(seconds)

    def retried(self, source: str, fault: Fault) -> None:
        self._retries.labels(source, fault.value).inc()

    def watch(self, sources: Iterable[Source]) -> None:
        self.registry.register(DatabaseCollector(tuple(sources)))


class DatabaseCollector(Collector):
    """Reads the pools and the last observations when Prometheus asks."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self._sources = sources

    def collect(self) -> Iterator[GaugeMetricFamily]:
        pool = GaugeMetricFamily(
            "guestbook_database_pool_connections", "Pooled connections", labels=["source", "state"]
        )
        up = GaugeMetricFamily("guestbook_database_up", "1 when last seen answering", labels=["source"])
        for source in self._sources:
            up.add_metric([source.name], float(source.observed.state == "up"))
            for state, number in source.pool_usage().items():
                pool.add_metric([source.name, state], number)
        yield pool
        yield up
