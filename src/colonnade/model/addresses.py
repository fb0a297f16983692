"""Where one machine is reached: the word that grounds, rooms and the engine share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """IPv4 addresses of one machine: `inside` towards the other machines, `public` where users arrive (may be
    empty).
    """

    inside: str
    public: tuple[str, ...] = ()

    @property
    def arrivals(self) -> tuple[str, ...]:
        """Where users arrive; a machine that has one network only is reached by its inside address."""
        return self.public or (self.inside,)
