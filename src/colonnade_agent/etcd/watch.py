"""What changes under a prefix, told as it happens, without a gap: not over reconnects, not over compaction.

A watch only saves waiting. What is decided on is read (`Client.read`): a watch may be late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from colonnade_agent.etcd.client import Client, checked
from colonnade_agent.etcd.connection import Connect, Connection, Endpoint, NoAnswer, NotSent, Stream
from colonnade_agent.etcd.errors import Compacted, EtcdError, Unreachable
from colonnade_agent.etcd.values import (
    Event,
    Json,
    Snapshot,
    decode_events,
    encode_watch,
)

QUIET_SECONDS = 5.0
"""So long a member may say nothing before another is asked: one that is frozen or cut off says nothing."""

# A member without a leader ends its streams then, instead of keeping them quiet.
HEADERS = {"Grpc-Metadata-hasleader": "true"}


@dataclass(frozen=True)
class Changes:
    """In the order in which they came about; those of one revision are never parted."""

    revision: int
    events: tuple[Event, ...]


class Watch:
    """Iterate: first all there is, as a Snapshot, then Changes; a new Snapshot where changes were compacted.

    Raises Unreachable when no member tells; then iterate again, and it goes on where it was. `client` is
    only used by the thread that iterates.
    """

    def __init__(
        self,
        client: Client,
        endpoints: Sequence[Endpoint],
        connect: Connect,
        prefix: str,
        quiet: float = QUIET_SECONDS,
    ) -> None:
        self._client = client
        self._connections = deque(Connection(endpoint, connect) for endpoint in endpoints)
        self._prefix = prefix
        self._quiet = quiet
        self._revision = 0

    def __iter__(self) -> Generator[Snapshot | Changes, None, None]:
        failures: list[str] = []
        while len(failures) < len(self._connections):
            if not self._revision:
                snapshot = self._client.read(self._prefix)
                self._revision = snapshot.revision
                yield snapshot
            connection = self._connections[0]
            failures.append(f"{connection.endpoint}: it ended the watch")
            try:
                for changes in self._follow(connection):
                    failures.clear()  # also when nothing has changed: it answers
                    if changes.events:
                        yield changes
            except Compacted:
                self._revision = 0
                failures.clear()
            except (NotSent, NoAnswer, EtcdError) as reason:
                failures[-1:] = [str(reason)] if failures else []
            finally:
                connection.close()
            self._connections.rotate(-1)
        raise Unreachable("; ".join(failures))

    def _follow(self, connection: Connection) -> Iterator[Changes]:
        asked = encode_watch(self._prefix, self._revision + 1)
        stream = connection.stream("/v3/watch", asked, HEADERS, self._quiet)
        # A prefix on which nothing happens is as quiet as a dead member: so silence ends the stream.
        while (said := self._next(stream)) is not None:
            events = decode_events(said)
            # Not the header's: while a watch catches up, that is ahead of what has been told.
            self._revision = max(self._revision, *(event.revision for event in events), 0)
            yield Changes(self._revision, events)

    def _next(self, stream: Stream) -> Json | None:
        said = stream.next(self._quiet)
        if said is None:
            return None
        result: Json = checked(stream.status, said).get("result", {})
        if oldest := int(result.get("compact_revision", 0)):
            raise Compacted(oldest)
        if result.get("canceled"):
            raise NoAnswer(str(result.get("cancel_reason", "the watch was cancelled")))
        return result
