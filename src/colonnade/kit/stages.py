"""The order in which a site comes up. Every room puts its resources into stages; `plan` shows them in this
order.

A stage is one round trip to each machine that has something to change in it, and the next one starts when
all have answered.
"""

from __future__ import annotations

from enum import IntEnum


class Stage(IntEnum):
    GROUND = 0
    """What every machine stands on: packages, host settings, certificates, firewall, names."""
    DATA = 1
    """Databases, and whatever keeps data: each machine's own part."""
    ROLES = 2
    """They have agreed who leads, and hold the accounts they should: what takes more than one machine.
    Nothing that DATA has put there is put back when this fails."""
    RELEASE = 3
    """The user's app is brought to its machines, and its release step (migrations) runs once, on the first of
    them. When that machine fails, the others keep the release they have."""
    APP = 4
    WEB = 5
    DOOR = 6
    """Last: users arrive only when everything behind the door is up."""
