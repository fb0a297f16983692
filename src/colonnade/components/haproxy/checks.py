"""Does a door work? Asked by this room for `status` and while haproxy starts, and by whoever gives a door its
address.
"""

from __future__ import annotations

from colonnade.kit.checks import Answer, Health
from colonnade.kit.claims import CA_FILE

STATUS_PATH = "/.colonnade/door"
STATUS_SOCKET = "/run/haproxy/status.sock"
"""Of a place of its own: it is answered when users have taken all others."""


def ask_door(site: str, address: str) -> tuple[str, ...]:
    """Through the front: port, certificate and name must be right. The answer is which web servers are up.

    It is the door's own answer, for a request that went to a web server would take another's turn. The
    request comes from `address` too, by which the door knows its own machine.
    """
    return (
        *curl("--interface", address, "--resolve", f"{site}:443:{address}"),
        f"https://{site}{STATUS_PATH}",
    )


def ask_behind(site: str) -> tuple[str, ...]:
    """The same question where no crowd of users is in the way. Any user of the machine may ask it."""
    return (*curl("--unix-socket", STATUS_SOCKET), f"https://{site}{STATUS_PATH}")


def curl(*options: str) -> tuple[str, ...]:
    return ("curl", "-sS", "--fail", "--max-time", "4", "--cacert", CA_FILE, *options)


def servers_up(answer: Answer) -> Health:
    """Reads `ask_door`: a line `web:web1=1` for each web server that is up, `=0` for the others."""
    if answer.exit != 0:
        return Health(False, answer.stderr.strip() or f"curl ended with {answer.exit}")
    servers = [line.rpartition("=") for line in answer.stdout.split()]
    if any(up not in {"0", "1"} for _, _, up in servers):
        return Health(False, "something other than this door answers on its address")
    down = [name.partition(":")[2] for name, _, up in servers if up == "0"]
    text = f"{len(servers) - len(down)} of {len(servers)} web server{'s' * (len(servers) != 1)} up"
    return Health(len(down) < len(servers), text + (f", not {' and '.join(down)}" if down else ""))
