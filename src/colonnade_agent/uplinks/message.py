"""DNS messages, as far as the watcher speaks of them (RFC 1035, 4.1). Pure."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

HEADER = struct.Struct(">6H")
RECORD = struct.Struct(">HHIH")
QUESTION_BYTES = 4  # type and class, after the name
ANSWER, TRUNCATED, RCODE = 0x8000, 0x0200, 0x000F
A, NS, IN = 1, 2, 1
NO_ERROR, NO_SUCH_NAME = 0, 3
POINTER = 0xC0


def question(number: int, name: str, kind: int) -> bytes:
    """A query, recursion not desired. `name` is fully qualified; the final dot may be left out."""
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".") if label]
    encoded = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return HEADER.pack(number, 0, 1, 0, 0, 0) + encoded + struct.pack(">HH", kind, IN)


def answers(message: bytes, number: int) -> bool:
    """Whether this is an answer to the question of that number; a refusal is one too."""
    if len(message) < HEADER.size:
        return False
    found, flags, *_ = HEADER.unpack_from(message)
    return found == number and bool(flags & ANSWER)


def addresses(message: bytes, number: int) -> frozenset[str] | None:
    """The A records of an answer; None when it is none, or not whole, or a server's excuse."""
    if not answers(message, number):
        return None
    _, flags, questions, records, _, _ = HEADER.unpack_from(message)
    if flags & TRUNCATED or flags & RCODE not in {NO_ERROR, NO_SUCH_NAME}:
        return None
    try:
        return frozenset(_a_records(message, questions, records))
    except (IndexError, ValueError, struct.error):
        return None


def _a_records(message: bytes, questions: int, records: int) -> list[str]:
    at = HEADER.size
    for _ in range(questions):
        at = _after_name(message, at) + QUESTION_BYTES
    found = []
    for _ in range(records):
        at = _after_name(message, at)
        kind, klass, _, length = RECORD.unpack_from(message, at)
        at += RECORD.size
        if (kind, klass, length) == (A, IN, 4):
            found.append(str(IPv4Address(message[at : at + 4])))
        at += length
    return found


def _after_name(message: bytes, at: int) -> int:
    while length := message[at]:
        if length >= POINTER:
            return at + 2
        at += 1 + length
    return at + 1
