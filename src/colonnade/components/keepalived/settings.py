"""What an operator may say of floating addresses."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Literal

from pydantic import Field

from colonnade.model.kinds import Settings


class KeepalivedSettings(Settings):
    mode: Literal["active-active", "active-passive"] = "active-active"
    """`active-active`: as many addresses on each uplink as there are doors; each door holds one, and takes
    over that of a door that fails. `active-passive`: one address on each uplink, which one door holds."""
    preempt_delay: int = Field(default=30, ge=0, le=3600)
    """Seconds that a door must have been well before it takes its own address back. An address without a home
    (`active-passive`) stays where it is."""
    addresses: tuple[IPv4Address, ...] = ()
    """The floating addresses, for machines that exist: as many as there are doors, or one if
    `active-passive`. A lab has its own."""
