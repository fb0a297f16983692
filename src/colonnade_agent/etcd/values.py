"""What is said to etcd and what comes back, as values; and both as the JSON of its v3 gateway. Pure.

The gateway follows proto3's JSON mapping: bytes are base64, 64-bit numbers are strings, and what is zero,
false or empty is left out.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Target = Literal["VALUE", "VERSION", "CREATE", "MOD", "LEASE"]

FIELDS: Mapping[Target, str] = {
    "VALUE": "value",
    "VERSION": "version",
    "CREATE": "create_revision",
    "MOD": "mod_revision",
    "LEASE": "lease",
}


@dataclass(frozen=True)
class KeyValue:
    """`created` and `modified` are revisions; `lease` is 0 for a key that no lease ends."""

    key: str
    value: bytes
    created: int
    modified: int
    lease: int = 0


@dataclass(frozen=True)
class Snapshot:
    """All keys asked for, as they were at one revision of the whole store."""

    revision: int
    keys: Mapping[str, KeyValue]


@dataclass(frozen=True)
class Event:
    """`now` is None when the key was deleted, by request or by the end of its lease."""

    key: str
    revision: int
    now: KeyValue | None


@dataclass(frozen=True)
class Compare:
    """True if the key's `target` equals `value`. A key that is not there has 0 in every number."""

    key: str
    target: Target
    value: int | bytes


@dataclass(frozen=True)
class Put:
    """The lease must exist, or the whole transaction is refused."""

    key: str
    value: bytes
    lease: int = 0


@dataclass(frozen=True)
class Get:
    key: str


@dataclass(frozen=True)
class Delete:
    """What is not there is deleted with success."""

    key: str


Operation = Put | Get | Delete


@dataclass(frozen=True)
class Txn:
    """All of `compares` true: `success` is done, else `otherwise`; either as one."""

    compares: tuple[Compare, ...]
    success: tuple[Operation, ...]
    otherwise: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class TxnResult:
    """`read` has the keys that `Get`s found in the branch taken."""

    succeeded: bool
    revision: int
    read: Mapping[str, KeyValue]


def absent(key: str) -> Compare:
    return Compare(key, "CREATE", 0)


def prefix_end(prefix: str) -> bytes:
    """The first key after all that begin with `prefix`, as etcd's range wants it (its clientv3/op.go)."""
    end = bytearray(prefix.encode())
    while end:
        if end[-1] < 0xFF:
            end[-1] += 1
            return bytes(end)
        end.pop()
    return b"\0"


def encode_range(prefix: str) -> Json:
    """Without `serializable`, so that the answer is linearizable."""
    return {"key": _text(prefix.encode()), "range_end": _text(prefix_end(prefix))}


def encode_watch(prefix: str, revision: int) -> Json:
    return {"create_request": {**encode_range(prefix), "start_revision": str(revision)}}


def encode_txn(txn: Txn) -> Json:
    return {
        "compare": [_compare(each) for each in txn.compares],
        "success": [_operation(each) for each in txn.success],
        "failure": [_operation(each) for each in txn.otherwise],
    }


def decode_snapshot(answer: Json) -> Snapshot:
    return Snapshot(revision_of(answer), _keys(answer.get("kvs", ())))


def decode_txn(answer: Json) -> TxnResult:
    ranges = [response.get("response_range", {}) for response in answer.get("responses", ())]
    found = [pair for each in ranges for pair in each.get("kvs", ())]
    return TxnResult(bool(answer.get("succeeded")), revision_of(answer), _keys(found))


def decode_events(answer: Json) -> tuple[Event, ...]:
    return tuple(_event(each) for each in answer.get("events", ()))


def revision_of(answer: Json) -> int:
    return int(answer.get("header", {}).get("revision", 0))


def _compare(compare: Compare) -> Json:
    value = _text(compare.value) if isinstance(compare.value, bytes) else str(compare.value)
    named = {"key": _text(compare.key.encode()), "target": compare.target, "result": "EQUAL"}
    return {**named, FIELDS[compare.target]: value}


def _operation(operation: Operation) -> Json:
    key = _text(operation.key.encode())
    match operation:
        case Put(value=value, lease=lease):
            return {"request_put": {"key": key, "value": _text(value), "lease": str(lease)}}
        case Get():
            return {"request_range": {"key": key}}
        case Delete():
            return {"request_delete_range": {"key": key}}


def _event(event: Json) -> Event:
    pair = _pair(event["kv"])
    return Event(pair.key, pair.modified, None if event.get("type") == "DELETE" else pair)


def _keys(pairs: Sequence[Json]) -> dict[str, KeyValue]:
    return {pair.key: pair for pair in map(_pair, pairs)}


def _pair(pair: Json) -> KeyValue:
    return KeyValue(
        key=b64decode(pair["key"]).decode(),
        value=b64decode(pair.get("value", "")),
        created=int(pair.get("create_revision", 0)),
        modified=int(pair.get("mod_revision", 0)),
        lease=int(pair.get("lease", 0)),
    )


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
