"""What an operator may say about a database. Read by the loaders, and by this room."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from colonnade.model.kinds import Settings


class MariadbSettings(Settings):
    database: str = Field(default="app", pattern=r"^[a-z][a-z0-9_]{0,62}$")
    """The database the app gets, with an account of its own."""

    buffer_pool: str = Field(default="128M", pattern=r"^[1-9][0-9]*[MG]$")
    """Memory for InnoDB's cache, such as `512M` or `8G`: two thirds of a machine that does nothing else."""

    connections: int = Field(default=200, ge=10, le=100_000)
    """How many client connections may be open at once."""

    keep_binlogs_days: int = Field(default=30, ge=1, le=365)
    """How long changes are kept in the binary log. A new replica replays it from its beginning, so one can be
    added without a backup for as long as it reaches back to the primary's first start."""

    voters: Literal[3, 5] = 3
    """How many machines vote on which member is the primary: three survive the loss of one, five of two. They
    are machines of the design. It does not count where voters (`etcd`) are drawn, nor for one member."""


def voters(settings: MariadbSettings) -> int:
    return settings.voters
