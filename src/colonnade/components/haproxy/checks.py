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

    It is the door's own answer, and bothers no web server. The request comes from `address` too, by which the
    door knows its own machine.
    """
    return (*curl("--fail", *front(site, address)), f"https://{site}{STATUS_PATH}")


def visit(site: str, address: str, path: str) -> tuple[str, ...]:
    """As a visitor, all the way. Which servers are up is what was found last, and a program that has just
    started takes all for up.
    """
    answer = ("--output", "/dev/null", "--write-out", "%{http_code}")
    return (*curl(*answer, *front(site, address)), f"https://{site}{path}")


def ask_behind(site: str) -> tuple[str, ...]:
    """The same question where no crowd of users is in the way. Any user of the machine may ask it."""
    return (*curl("--fail", "--unix-socket", STATUS_SOCKET), f"https://{site}{STATUS_PATH}")


def front(site: str, address: str) -> tuple[str, ...]:
    return ("--interface", address, "--resolve", f"{site}:443:{address}")


def curl(*options: str) -> tuple[str, ...]:
    return ("curl", "-sS", "--max-time", "4", "--cacert", CA_FILE, *options)


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


def served(answer: Answer) -> Health:
    """Reads `visit`. What the app says is its own affair (404, 401), as long as it can say it."""
    if answer.exit != 0:
        return Health(False, f"visitors get no answer: {answer.stderr.strip() or f'curl {answer.exit}'}")
    status = int(answer.stdout)
    return Health(False, f"visitors get {status}") if status >= 500 else Health(True, "")
