"""What an operator may say about a web server. Read by the loaders, and by this room."""

from __future__ import annotations

from pydantic import Field

from colonnade.kit.door import DoorSettings


class NginxSettings(DoorSettings):
    body_limit: str = Field(default="10m", pattern=r"^[1-9][0-9]*[km]$")
    """The largest request body, such as an upload: `512k`, `10m`. A larger one gets the answer 413."""
    answer_timeout: int = Field(default=60, ge=1, le=3600)
    """Seconds that the app may stay silent before its client gets the answer 504."""
    static_seconds: int = Field(default=300, ge=0, le=31_536_000)
    """How long browsers may keep a static file without asking again. One whose name holds a hash of its
    content, such as `main.3f2a9b1c.css`, is kept for a year."""
    client_connections: int = Field(default=200, ge=1, le=100_000)
    """As the door: how many requests of one client address may be on their way at once; the rest get the
    answer 429."""
    connections: int = Field(default=8000, ge=100, le=500_000)
    """How many connections clients may have open at once on each machine. More are refused."""
