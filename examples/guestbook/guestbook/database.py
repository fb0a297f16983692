"""How the app talks to its database so that a failing server costs visitors a moment, not an error.

- Writes go to the primary. Reads go to the replica, and to the primary when the replica cannot answer.
- Every unit of work is a function of a connection. It may run more than once, so it must be safe to repeat:
  reads are, and our only write inserts a row whose primary key the client made.
- An error on COMMIT means *unknown*: it may or may not have been stored. It is treated like any other lost
  connection: the work runs again, and finds its row or stores it.
- Which errors are tried again is decided in `faults`; here is the only loop that does it.
- There is no ping before use: an idle connection that died in the pool is noticed by the work itself, which
  throws away the whole pool and tries again at once. A ping would cost each healthy request a round trip.
"""

import random
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from guestbook.faults import Fault, RetryPolicy, fault_of
from guestbook.settings import SettingsError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Work = Callable[[Connection], T]

REPLICA_REST = 2.0
"""Seconds a replica that failed is left alone, so that not every read pays for finding out."""


class Unavailable(Exception):
    """The database gave no answer within the budget. For a write: it may or may not have been stored."""


class Overloaded(Unavailable):
    """As many requests as we allow are already waiting for the database; this one was not even begun."""


class Refused(Exception):
    """The database answered with an error that no retry can mend."""


@dataclass(frozen=True)
class Answer(Generic[T_co]):
    value: T_co
    server: str
    """`@@hostname` of the server that did the work."""
    from_primary: bool


@dataclass(frozen=True)
class Limits:
    """Seconds. `answer` bounds each wait for the server, the TLS and login handshake included."""

    connect: float
    answer: float
    pool_size: int = 16
    pool_wait: float = 1.0


@dataclass(frozen=True)
class Observation:
    """What was last seen of a server: `state` is up, down or unknown; `at` is monotonic seconds."""

    state: str = "unknown"
    at: float = float("-inf")


class Failure(Exception):
    """One try failed; `fault` says whether another can help."""

    def __init__(self, fault: Fault, cause: Exception) -> None:
        super().__init__(f"{fault.value}: {getattr(cause, 'orig', None) or cause}")
        self.fault = fault


class Source:
    """One way to a database server: an engine with its pool, and what was last seen through it."""

    def __init__(self, name: str, url: str, limits: Limits, *, transactional: bool, primary: bool) -> None:
        self.name = name
        self.primary = primary
        self._transactional = transactional
        self.observed = Observation()
        self._engine = make_engine(url, limits, transactional=transactional)

    def run(self, work: Work[T]) -> Answer[T]:
        """Does `work` once, in a transaction if the source is transactional. Raises Failure."""
        try:
            with self._open() as connection:
                server = server_name(connection)
                value = work(connection)
        except (DBAPIError, PoolTimeout, OSError) as error:
            failure = Failure(fault_in(error), error)
            if failure.fault.connection_is_useless:
                self.observed = Observation("down", time.monotonic())
            raise failure from error
        self.observed = Observation("up", time.monotonic())
        return Answer(value, server, self.primary)

    def _open(self) -> AbstractContextManager[Connection]:
        # Outside of transactions every statement commits itself: a COMMIT at the end would be a round trip for nothing.
        return self._engine.begin() if self._transactional else self._engine.connect()

    @property
    def resting(self) -> bool:
        return self.observed.state == "down" and time.monotonic() - self.observed.at < REPLICA_REST

    def pool_usage(self) -> dict[str, int]:
        pool = self._engine.pool
        assert isinstance(pool, QueuePool)
        return {"in_use": pool.checkedout(), "idle": pool.checkedin(), "limit": pool.size()}

    def close(self) -> None:
        self._engine.dispose()


class Database:
    """The site's database: `write` and `read`. Thread-safe; one per process."""

    WRITES = RetryPolicy(budget=10.0)
    READS = RetryPolicy(budget=3.0)
    # A commit may rightly wait: the primary holds it until a replica has it, or until it has given the replica up.
    WRITE_LIMITS = Limits(connect=1.5, answer=5.0)
    READ_LIMITS = Limits(connect=1.0, answer=1.5)

    def __init__(
        self, primary_url: str, replica_url: str | None, at_once: int, on_retry: Callable[[str, Fault], None]
    ) -> None:
        self._writer = Source("primary", primary_url, self.WRITE_LIMITS, transactional=True, primary=True)
        fresh = Source("primary_reads", primary_url, self.READ_LIMITS, transactional=False, primary=True)
        self._readers: tuple[Source, ...] = (fresh,)
        if replica_url and replica_url != primary_url:
            replica = Source("replica", replica_url, self.READ_LIMITS, transactional=False, primary=False)
            self._readers = (replica, fresh)
        self._slots = threading.BoundedSemaphore(at_once)
        self._on_retry = on_retry

    @property
    def sources(self) -> tuple[Source, ...]:
        return (self._writer, *self._readers)

    def write(self, work: Work[T]) -> Answer[T]:
        """Does `work` on the primary in one transaction; it may run several times. Raises Unavailable, Refused."""
        with self._slot():
            return first_answer((self._writer,), work, self.WRITES, self._on_retry)

    def read(self, work: Work[T], *, fresh: bool = False) -> Answer[T]:
        """Does `work` on the replica, else on the primary; `fresh`: on the primary only."""
        with self._slot():
            sources = self._readers[-1:] if fresh else self._readers
            return first_answer(sources, work, self.READS, self._on_retry)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        # Never waits: a thread that waits here could not answer /healthz either.
        if not self._slots.acquire(blocking=False):
            raise Overloaded("too many requests are waiting for the database")
        try:
            yield
        finally:
            self._slots.release()

    def close(self) -> None:
        for source in self.sources:
            source.close()


def first_answer(
    sources: Sequence[Source], work: Work[T], policy: RetryPolicy, on_retry: Callable[[str, Fault], None]
) -> Answer[T]:
    """The first answer any of `sources` gives, asked in order, round after round, until the budget is spent."""
    deadline = time.monotonic() + policy.budget
    for pause in policy.pauses(random.Random()):
        for source in sources:
            last = source is sources[-1]
            if source.resting and not last:
                continue
            try:
                return source.run(work)
            except Failure as failure:
                if last and not failure.fault.retryable:
                    raise final(failure) from failure
                if last and time.monotonic() + pause >= deadline:
                    raise Unavailable(f"{source.name} {failure}") from failure
                on_retry(source.name, failure.fault)
        time.sleep(pause)
    raise AssertionError("pauses never end")


def final(failure: Failure) -> Exception:
    return (Unavailable if failure.fault is Fault.NOT_READY else Refused)(str(failure))


def fault_in(error: Exception) -> Fault:
    if isinstance(error, PoolTimeout):
        return Fault.CROWDED
    if isinstance(error, DBAPIError):
        return fault_of(code_of(error.orig))
    return Fault.LOST  # OSError: a certificate file is being replaced, or the network refused us


def code_of(error: BaseException | None) -> int:
    """The server's or client library's error number; -1 when the driver gave none."""
    code = error.args[0] if error is not None and error.args else -1
    return code if isinstance(code, int) else -1


def server_name(connection: Connection) -> str:
    """`@@hostname`, asked once per pooled connection."""
    if "server" not in connection.info:
        connection.info["server"] = str(connection.scalar(text("SELECT @@hostname")))
    return str(connection.info["server"])


def make_engine(url: str, limits: Limits, *, transactional: bool) -> Engine:
    """An engine for a URL such as `mysql://user:password@host:3306/name?ssl_ca=/path`; nothing connects yet."""
    address, tls = parse(url)
    engine = create_engine(
        address,
        pool_size=limits.pool_size,
        max_overflow=0,
        pool_timeout=limits.pool_wait,
        pool_recycle=300,
        # `Source.run` ends every transaction itself; a ROLLBACK when the connection goes back would be a round trip more.
        pool_reset_on_return=None,
        skip_autocommit_rollback=True,
        isolation_level="READ COMMITTED" if transactional else "AUTOCOMMIT",
        connect_args={
            "connect_timeout": limits.connect,
            "read_timeout": limits.answer,
            "write_timeout": limits.answer,
        },
        hide_parameters=True,
    )

    @event.listens_for(engine, "do_connect")
    def add_tls(_dialect: Any, _record: Any, _args: Any, options: dict[str, Any]) -> None:
        # Read anew for each connection, so that renewed certificates need no restart.
        if tls:
            options["ssl"] = tls_context(tls)

    @event.listens_for(engine, "handle_error")
    def drop_useless_connections(context: ExceptionContext) -> None:
        # SQLAlchemy knows broken connections. It cannot know that "read only" means: a deposed primary.
        fault = fault_of(code_of(context.original_exception))
        context.is_disconnect = context.is_disconnect or fault.connection_is_useless

    return engine


def parse(url: str) -> tuple[URL, dict[str, str]]:
    """The SQLAlchemy address and the TLS files (ssl_ca, ssl_cert, ssl_key) a database URL names."""
    try:
        given = make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError(
            "the database URL cannot be read; expected mysql://USER:PASSWORD@HOST:PORT/NAME"
        ) from None
    if given.get_backend_name() not in ("mysql", "mariadb") or not (given.host and given.database):
        raise SettingsError("the database URL must look like mysql://USER:PASSWORD@HOST:PORT/NAME")
    tls = {name: str(value) for name, value in given.query.items()}
    unknown = sorted(tls.keys() - {"ssl_ca", "ssl_cert", "ssl_key"})
    if unknown or (tls and "ssl_ca" not in tls) or ("ssl_key" in tls) != ("ssl_cert" in tls):
        raise SettingsError(
            "the database URL's parameters must be ssl_ca, and ssl_cert together with ssl_key"
            + (f"; not {', '.join(unknown)}" if unknown else "")
        )
    return given.set(drivername="mysql+pymysql", query={"charset": "utf8mb4"}), tls


def tls_context(tls: dict[str, str]) -> ssl.SSLContext:
    """Verifies the server's certificate and its host name; shows our certificate if we have one."""
    context = ssl.create_default_context(cafile=tls["ssl_ca"])
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if "ssl_cert" in tls:
        context.load_cert_chain(tls["ssl_cert"], tls["ssl_key"])
    return context
