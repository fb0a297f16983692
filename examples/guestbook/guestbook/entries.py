"""What an entry is, and how entries are stored and found. Asked by the JSON routes and by the page.

An acknowledgement must be worth the same whether it says "stored" or "was already stored". So posting an id again is
itself a write (it counts `repeats`): it fails on a deposed primary as the first one would, and where the database waits
for a replica before it commits, having this commit there means having every earlier one, the entry included.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, Connection, DateTime, MetaData, String, Table, select
from sqlalchemy.dialects.mysql import insert
from sqlalchemy.engine import Row

from guestbook.database import Answer, Database

ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LONGEST_TEXT = 2000
MOST_LISTED = 1000
LISTED = 50

ENTRIES = Table(
    "entries",
    MetaData(),
    Column("id", String(64), primary_key=True),
    Column("seq", BigInteger),
    Column("text", String(LONGEST_TEXT)),
    Column("repeats", BigInteger),
    Column("created_at", DateTime),
)
SHOWN = (ENTRIES.c.id, ENTRIES.c.text, ENTRIES.c.created_at)


class Invalid(Exception):
    """What the client sent cannot be an entry (or a limit); the text is for the client."""


@dataclass(frozen=True)
class Draft:
    """An entry as the client posts it, checked."""

    id: str
    text: str


@dataclass(frozen=True)
class Entry:
    id: str
    text: str
    created_at: datetime

    def as_json(self) -> dict[str, str]:
        return {
            "id": self.id,
            "text": self.text,
            "created_at": self.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


@dataclass(frozen=True)
class Stored:
    entry: Entry
    created: bool
    """False when the id had been stored before; `entry` is then what was stored first."""


def draft_from_json(body: bytes) -> Draft:
    """Raises Invalid."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise Invalid('the body must be a JSON object like {"id": "...", "text": "..."}')
    return draft(fields)


def draft(fields: Mapping[str, object]) -> Draft:
    """Raises Invalid."""
    identifier, text = fields.get("id"), fields.get("text")
    if not (isinstance(identifier, str) and ENTRY_ID.fullmatch(identifier)):
        raise Invalid("id must be a string of 1 to 64 characters out of A-Z a-z 0-9 _ -")
    if not (isinstance(text, str) and 1 <= len(text) <= LONGEST_TEXT):
        raise Invalid(f"text must be a string of 1 to {LONGEST_TEXT} characters")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Invalid("text holds half of a surrogate pair, which is no character")
    return Draft(identifier, text)


def limit_from(text: str | None) -> int:
    """How many entries to list. Raises Invalid."""
    if text is None:
        return LISTED
    if not (re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= MOST_LISTED):
        raise Invalid(f"limit must be a number from 1 to {MOST_LISTED}")
    return int(text)


def store(database: Database, new: Draft) -> Answer[Stored]:
    """Stores `new` unless its id is taken; safe to repeat, also when an earlier try's outcome is unknown."""

    def work(connection: Connection) -> Stored:
        statement = insert(ENTRIES).values(id=new.id, text=new.text)
        # MariaDB and MySQL count 1 row for an insert, 2 for an update of the row that was there.
        counted = connection.execute(
            statement.on_duplicate_key_update(repeats=ENTRIES.c.repeats + 1)
        ).rowcount
        row = connection.execute(select(*SHOWN).where(ENTRIES.c.id == new.id)).one()
        return Stored(entry(row), created=counted == 1)

    return database.write(work)


def newest(database: Database, limit: int, including: str | None = None) -> Answer[list[Entry]]:
    """The newest entries first. `including`: an id just stored; if the replica lacks it, the primary is asked."""

    def work(connection: Connection) -> list[Entry]:
        return [
            entry(row)
            for row in connection.execute(select(*SHOWN).order_by(ENTRIES.c.seq.desc()).limit(limit))
        ]

    answer = database.read(work)
    if including is None or answer.from_primary or any(one.id == including for one in answer.value):
        return answer
    return database.read(work, fresh=True)


def find(database: Database, identifier: str) -> Answer[Entry | None]:
    """None only if the primary says so: a replica may be behind."""

    def work(connection: Connection) -> Entry | None:
        row = connection.execute(select(*SHOWN).where(ENTRIES.c.id == identifier)).one_or_none()
        return entry(row) if row is not None else None

    answer = database.read(work)
    return answer if answer.value is not None or answer.from_primary else database.read(work, fresh=True)


def entry(row: Row[str, str, datetime]) -> Entry:
    return Entry(row.id, row.text, row.created_at.replace(tzinfo=UTC))
