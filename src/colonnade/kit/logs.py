"""Where does a hop write an access log? Asked by rooms whose programs are hops, and by the one that keeps
such files short.

The journal is for what an operator should see; decision 39 says which requests are.
"""

from __future__ import annotations

FOLDER = "/var/log/colonnade"
"""Root's, and readable by the group adm, which every file in it inherits. Who writes there opens files to
append: they are cut short in their place."""

SLOW_MS = 1000
"""From here on the wait for the head of an answer is worth a line in the journal."""


def access_log(service: str) -> str:
    """One JSON object for each request that this service's member on the machine had."""
    return f"{FOLDER}/{service}-access.log"
