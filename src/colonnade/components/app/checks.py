"""Does a member work? Asked by this room for `status`, and while units start.

The sidecar knows of the app and of every way to a database, so it is asked; the app itself only as it starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from colonnade.components.app.places import Places
from colonnade.components.app.settings import AppSettings
from colonnade.kit.checks import Answer, Health


def ask_app(settings: AppSettings, site: str) -> tuple[str, ...]:
    """Asked as visitors are passed on: some apps answer for no other host, or redirect plain HTTP."""
    headers = ("-H", f"Host: {site}", "-H", "X-Forwarded-Proto: https")
    url = f"http://127.0.0.1:{settings.port}{settings.health}"
    return ("curl", "-fsS", "--max-time", "2", "-o", "/dev/null", *headers, url)


def ask_sidecar(places: Places) -> tuple[str, ...]:
    """How many servers behind each route are up: `app=1 db-writes=1 db-reads=2`."""
    return (
        "curl",
        "-sS",
        "--max-time",
        "2",
        "--unix-socket",
        f"/run/{places.sidecar_run}/status.sock",
        "http://sidecar/",
    )


@dataclass(frozen=True)
class Reading:
    """Reads `ask_sidecar`."""

    health: str
    databases: Sequence[str]

    def read(self, answer: Answer) -> Health:
        if answer.exit != 0:
            return Health(False, "its sidecar does not answer")
        up = dict(word.partition("=")[::2] for word in answer.stdout.split())
        if up.get("app", "0") == "0":
            return Health(False, f"the app does not answer {self.health}")
        lost = [name for name in self.databases if up.get(f"{name}-writes", "0") == "0"]
        if lost:
            return Health(False, f"no way to the primary of {', '.join(lost)}")
        return Health(True, "serving")
