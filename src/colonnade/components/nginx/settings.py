"""What an operator may say about a web server. Read by the loaders, and by this room."""

from __future__ import annotations

from pydantic import Field

from colonnade.model.kinds import Settings


class NginxSettings(Settings):
    body_limit: str = Field(default="10m", pattern=r"^[1-9][0-9]*[km]$")
    """The largest request body, such as an upload: `512k`, `10m`. A larger one gets the answer 413."""

    answer_timeout: int = Field(default=60, ge=1, le=3600)
    """Seconds that the app may stay silent before its client gets the answer 504."""
