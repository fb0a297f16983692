"""How do all doors open each other's TLS session tickets? Asked by the room for a machine's resources.

Each door works its keys out of one secret and the time (`templates/ticket_keys.py`, which runs there). They
are on the machine before haproxy's configuration names their file, and change without a reload.
"""

from __future__ import annotations

from collections.abc import Sequence

from colonnade.kit.claims import SecretNeed
from colonnade.kit.resources import Command, Directory, File, Resource, Unit
from colonnade.kit.templates import render

SECRET = SecretNeed("door/tickets", characters=43)
"""256 bits. One for all doors of the site, of whatever service."""
SOURCE = "/etc/haproxy/ticket-secret"
FOLDER = "colonnade-ticket-keys"
KEYS_FILE = f"/run/{FOLDER}/keys"
SECONDS = 8 * 3600
"""`PERIOD` of the program, by which it counts time."""
UNIT = "colonnade-ticket-keys"
PROGRAM = "/usr/lib/colonnade/ticket-keys"


def ticket_keys(package: str, secret: str) -> Sequence[Resource]:
    """`package` is the room, whose templates are rendered."""
    kept = File(SOURCE, f"{secret}\n".encode(), mode=0o600, secret=True)
    program = File(PROGRAM, render(package, "ticket_keys.py"), mode=0o755)
    service = File(
        f"/etc/systemd/system/{UNIT}.service",
        render(package, "ticket_keys.service.j2", program=PROGRAM, folder=FOLDER),
    )
    timer = File(f"/etc/systemd/system/{UNIT}.timer", render(package, "ticket_keys.timer.j2"))
    return (
        Directory("/usr/lib/colonnade"),
        kept,
        program,
        service,
        timer,
        Unit(f"{UNIT}.timer", restart_on=(timer.id,)),
        Command(
            "this door's ticket keys",
            check=("test", "-s", KEYS_FILE),
            fix=("systemctl", "start", f"{UNIT}.service"),
            after=(kept.id, program.id),
        ),
    )
