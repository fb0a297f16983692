"""etcd as the steward needs it, over its v3 JSON gateway: linearizable reads, transactions, leases.

A read is asked of one member after the other. A change is not: once a member may have seen it, its answer is
the only one there is, and without it the outcome is unknown. Not for several threads at once.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Sequence

from colonnade_agent.etcd.connection import Connect, Connection, Endpoint, NoAnswer, NotSent
from colonnade_agent.etcd.errors import (
    NOT_FOUND,
    UNDECIDED,
    UNKNOWN,
    LeaseGone,
    Rewound,
    UnknownOutcome,
    Unreachable,
    refusal,
)
from colonnade_agent.etcd.values import (
    Json,
    Snapshot,
    Txn,
    TxnResult,
    decode_snapshot,
    decode_txn,
    encode_range,
    encode_txn,
    revision_of,
)

SECONDS = 1.0
"""For one try at one member, connecting included."""

HTTP_OK = 200


class Client:
    def __init__(self, endpoints: Sequence[Endpoint], connect: Connect, seconds: float = SECONDS) -> None:
        self._connections = deque(Connection(endpoint, connect) for endpoint in endpoints)
        self._seconds = seconds
        self._seen = 0

    def read(self, prefix: str) -> Snapshot:
        """All keys that begin with `prefix`, as of now. Raises Unreachable, Refused."""
        return decode_snapshot(self._repeat("/v3/kv/range", encode_range(prefix)))

    def commit(self, txn: Txn) -> TxnResult:
        """Raises Unreachable (it was not done), UnknownOutcome, Refused; LeaseGone if a put's lease is."""
        return decode_txn(self._once("/v3/kv/txn", encode_txn(txn)))

    def grant(self, seconds: int) -> int:
        """A new lease. One that was granted without our hearing of it ends by itself."""
        answer = self._repeat(
            "/v3/lease/grant", lambda: {"TTL": str(seconds), "ID": str(secrets.randbits(62) or 1)}
        )
        return int(answer["ID"])

    def keep_alive(self, lease: int) -> int:
        """How many seconds the lease lives from some moment after the call. Raises Unreachable, LeaseGone."""
        answer = self._repeat("/v3/lease/keepalive", {"ID": str(lease)})
        seconds = int(answer.get("result", {}).get("TTL", 0))
        if seconds <= 0:  # etcd answers 200 without TTL
            raise LeaseGone(NOT_FOUND, f"lease {lease} has ended")
        return seconds

    def left(self, lease: int) -> int:
        """Whole seconds that the lease lives yet, rounded down; -1 when it has ended. Raises Unreachable."""
        return int(self._repeat("/v3/lease/timetolive", {"ID": str(lease)}).get("TTL", 0))

    def revoke(self, lease: int) -> None:
        """After this the lease and its keys are gone. Raises Unreachable."""
        try:
            self._repeat("/v3/lease/revoke", {"ID": str(lease)})
        except LeaseGone:
            return

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _repeat(self, path: str, body: Json | Callable[[], Json]) -> Json:
        """For what may be done twice."""
        reasons = []
        for _ in range(len(self._connections)):
            try:
                return self._ask(path, body() if callable(body) else body)
            except (NotSent, NoAnswer) as reason:
                reasons.append(str(reason))
                self._connections.rotate(-1)
        raise Unreachable("; ".join(reasons))

    def _once(self, path: str, body: Json) -> Json:
        """For what must not be done twice: another member is asked only if this one cannot have heard."""
        reasons = []
        for _ in range(len(self._connections)):
            try:
                return self._ask(path, body)
            except NotSent as reason:
                reasons.append(str(reason))
                self._connections.rotate(-1)
            except NoAnswer as reason:
                self._connections.rotate(-1)
                raise UnknownOutcome(str(reason)) from reason
        raise Unreachable("; ".join(reasons))

    def _ask(self, path: str, body: Json) -> Json:
        """Of the member that answered last. Raises NotSent, NoAnswer, Refused."""
        seen = self._seen
        answer = self._connections[0].ask(path, body, self._seconds)
        content = checked(answer.status, answer.body)
        if (shown := revision_of(content.get("result", content))) and shown < seen:
            raise Rewound(seen, shown)
        self._seen = max(seen, shown)
        return content


def checked(status: int, body: Json) -> Json:
    """The body, if it is no error. Raises NoAnswer where the error leaves the outcome open; Refused."""
    error = body.get("error")
    if status == HTTP_OK and error is None:
        return body
    # A stream's error is an object under "error"; any other has its fields at the top.
    said = error if isinstance(error, dict) else body
    code = int(said.get("grpc_code") or said.get("code") or UNKNOWN)
    message = str(said.get("message", error or f"HTTP {status}"))
    if code in UNDECIDED:
        raise NoAnswer(message)
    raise refusal(code, message)
