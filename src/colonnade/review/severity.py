"""How bad a finding is, and who cures it. Apart from the rest: a command line names them at no cost."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class FixedBy(StrEnum):
    UP = "up"
    """`colonnade up` does it anyway: the drawing lacks it, the site won't."""
    HARDEN = "harden"
    """`colonnade harden` changes the drawing."""
    OPERATOR = "operator"
    """A person has to."""
