"""The program beside nginx that knows which app servers live. Asked by the room, where there is an app.

What it does and why stands at the top of `templates/watch_apps.py`, which runs on the machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from colonnade.kit.claims import CA_FILE, CertificateFiles
from colonnade.kit.resources import Directory, File, Resource, Unit
from colonnade.kit.templates import render
from colonnade.kit.view import Target

PACKAGE = "colonnade.components.nginx"
PROGRAM = "/usr/lib/colonnade/watch-apps"
USER = "nginx-watch"


@dataclass(frozen=True)
class Places:
    """Where things of one web service's watch are on its machines."""

    service: str

    @property
    def unit(self) -> str:
        return f"colonnade-{self.service}-watch.service"

    @property
    def plan(self) -> str:
        return f"/etc/colonnade/watch-{self.service}.json"

    @property
    def run(self) -> str:
        """Relative to /run. The file `health` in it is there while an app server is up."""
        return f"colonnade-{self.service}-watch"


@dataclass(frozen=True)
class Watched:
    """The app as it is watched. `health` is the path that a member answers while it can work."""

    server_name: str
    health: str
    targets: Sequence[Target]


def resources(
    service: str, site: str, app: Watched, files: CertificateFiles, *, elsewhere: bool
) -> list[Resource]:
    """Program, plan and unit. The user is there since the ground. `elsewhere`: another machine of the service
    can be asked when no app server is up here.
    """
    places = Places(service)
    program = File(PROGRAM, render(PACKAGE, "watch_apps.py"), mode=0o755)
    plan = {
        "site": site,
        "path": app.health,
        "server_name": app.server_name,
        "ca": CA_FILE,
        "chain": files.chain,
        "key": files.key,
        "targets": [{"machine": t.machine, "address": t.address, "port": t.port} for t in app.targets],
        "health": f"/run/{places.run}/health",
        "elsewhere": elsewhere,
    }
    plan_file = File(places.plan, (json.dumps(plan, indent=1) + "\n").encode())
    unit_file = File(
        f"/etc/systemd/system/{places.unit}",
        render(
            PACKAGE,
            "watch.service.j2",
            service=service,
            program=PROGRAM,
            plan=places.plan,
            run=places.run,
            user=USER,
        ),
    )
    unit = Unit(places.unit, restart_on=(program.id, plan_file.id, unit_file.id))
    return [Directory("/usr/lib/colonnade"), program, plan_file, unit_file, unit]
