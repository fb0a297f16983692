"""What a steward tells the journal: one JSON object a line, after its priority (sd-daemon(3))."""

from __future__ import annotations

import json
from enum import StrEnum


class Priority(StrEnum):
    WARNING = "<4>"
    NOTICE = "<5>"
    INFO = "<6>"


def tell(event: str, priority: Priority = Priority.INFO, **facts: object) -> None:
    """`facts` are values that JSON has, or say themselves by str()."""
    print(priority + json.dumps({"event": event, **facts}, default=str), flush=True)
