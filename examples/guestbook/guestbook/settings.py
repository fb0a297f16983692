"""What the environment tells the app. Asked once, by the entry points: the app factory, the server, the migration."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

THREADS = 128
"""Requests one process works on at once."""

DATABASE_REQUESTS = 112
"""Of these, how many may be busy with (or waiting for) the database. The rest stay free for /healthz and /metrics."""

MACHINE_NAME = re.compile(r"[A-Za-z0-9._-]{0,63}")


class SettingsError(Exception):
    """The environment lacks a variable or holds one that cannot be used; the text says which and what is expected."""


@dataclass(frozen=True)
class Settings:
    database_url: str
    replica_url: str | None
    site_url: str
    machine: str
    release: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        return cls(
            database_url=required(environment, "DATABASE_URL"),
            replica_url=environment.get("DATABASE_REPLICA_URL") or None,
            site_url=site_url(environment.get("SITE_URL", "")),
            machine=machine_name(environment.get("COLONNADE_MACHINE", "")),
            release=environment.get("COLONNADE_RELEASE", ""),
        )


def required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set. Set it as README.md shows.")
    return value


def port(environment: Mapping[str, str]) -> int:
    text = environment.get("PORT", "8000")
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise SettingsError(f"PORT is {text!r}; expected a number from 1 to 65535.")
    return int(text)


def site_url(text: str) -> str:
    """The origin visitors see, such as `https://www.example.com`; empty when unknown (a laptop)."""
    parts = urlsplit(text)
    if text and not (parts.scheme in ("http", "https") and parts.netloc):
        raise SettingsError(f"SITE_URL is {text!r}; expected something like https://www.example.com.")
    return f"{parts.scheme}://{parts.netloc}" if text else ""


def machine_name(text: str) -> str:
    """`text` if it is a plain machine name, else empty: it goes into a response header."""
    return text if MACHINE_NAME.fullmatch(text) else ""
