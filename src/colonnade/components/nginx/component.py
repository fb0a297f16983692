"""The web server: nginx in front of the app, or alone. Asked by the catalog like every room."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from types import MappingProxyType

from colonnade.components.nginx.backend import STATICS, Backend, Statics, backend
from colonnade.components.nginx.certificates import door_certificate, member_certificate
from colonnade.components.nginx.checks import NO_OLD_WORKER, ask, read
from colonnade.components.nginx.settings import NginxSettings
from colonnade.components.nginx.watch import USER as WATCH_USER
from colonnade.components.nginx.watch import Places
from colonnade.components.nginx.watch import resources as watch
from colonnade.kit.checks import Check, by_exit
from colonnade.kit.claims import CA_FILE, Audience, Claims, Name, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.logs import FOLDER, SLOW_MS, access_log
from colonnade.kit.resources import Directory, File, Resource, Tree, Unit, User
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind

PACKAGE = "colonnade.components.nginx"
CONFIG = "/etc/nginx/nginx.conf"
DROP_IN = "/etc/systemd/system/nginx.service.d"
INSIDE_PORT = 8443
HEALTH = "/.colonnade/health"
DOOR = MappingProxyType({"unit": "nginx.service", "status": "/.colonnade/door", "reload": "HUP"})
"""For whoever watches over a door: its unit, where it tells its own machine whether it can serve, and the
signal at which its workers finish what they are at and new ones take over."""
VALIDATE = ("sh", "-c", 'umask 027; exec nginx -t -q -c "$1"', "sh", "{staged}")
"""It makes the log files that the configuration names, as nginx itself would."""
HASHED = r"[.-](?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{8,64}(?:\.min)?(?:\.[a-z0-9]+)+$"
"""Names that hold a hash of the file's content: eight or more hexadecimal digits, and not only figures as in
a date, or only letters as in a word."""

REMOVED_HEADERS = (
    "Forwarded", "Proxy", "X-Client-IP", "X-Colonnade-App", "X-Colonnade-Database", "X-Forwarded-Port",
    "X-Forwarded-Prefix", "X-Forwarded-Scheme", "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Forwarded-User",
    "X-Original-URL", "X-Real-IP", "X-Rewrite-URL",
)  # fmt: skip
"""What a door takes out of users' requests; nginx removes headers by their whole name only."""


class Nginx(Component[NginxSettings]):
    kind = Kind(
        name="nginx",
        title="nginx",
        settings=NginxSettings,
        words=(
            r"nginx( (web ?)?server)?",
            r"web ?servers?",
            r"(http|https) server",
            r"web( ?(node|tier|layer))?",
            r"(nginx )?reverse proxy",
        ),
        door=True,
        tier=1,
        provides=("tls-door",),
    )
    packages = ("nginx", "curl", "python3", "iproute2")

    def claims(self, service: Service, design: Design) -> Claims:
        certificates = [member_certificate(service, machine) for machine in service.members]
        offers = []
        names: tuple[Name, ...] = ()
        if design.sources(service.name):
            facts = {"server_name": f"{service.name}.internal", "health": HEALTH}
            offers.append(Offer(service.name, "https", INSIDE_PORT, Audience.LINKS, "https", facts=facts))
        if service.public:
            certificates.append(door_certificate(design))
            offers.append(Offer(service.name, "public-https", 443, Audience.PUBLIC, "https", facts=DOOR))
            offers.append(Offer(service.name, "public-http", 80, Audience.PUBLIC, "http"))
            names = (Name(design.site, service.members),)
        return Claims(offers=tuple(offers), certificates=tuple(certificates), names=names)

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        app = backend(service, machine, view)
        stage = Stage.DOOR if service.public else Stage.WEB
        last = [*self._watch(service, machine, view, app), *self._nginx(service, machine, view, app)]
        stages: dict[Stage, list[Resource]] = {Stage.GROUND: [User(WATCH_USER)], stage: last}
        if app and app.statics:
            stages[Stage.RELEASE] = static_files(app.statics)
        return stages

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        app = backend(service, machine, view)
        if view.clients(service.name):
            name, port, path = f"{service.name}.internal", INSIDE_PORT, HEALTH
            address = view.addresses(machine).inside
            apps = tuple(t.machine for t in app.watched.targets) if app else ()
        else:
            name, port, path = view.design.site, 443, app.watched.health if app else "/"
            address, apps = view.addresses(machine).own[0], ()
        argv = ask(member_certificate(service, machine), name, port, path, address)
        return (Check(service.name, argv, partial(read, apps=apps)),)

    def _watch(self, service: Service, machine: str, view: View, app: Backend | None) -> Sequence[Resource]:
        if app is None:
            return ()
        files = member_certificate(service, machine).files
        elsewhere = bool(view.clients(service.name)) and len(service.members) > 1
        return watch(service.name, view.design.site, app.watched, files, elsewhere=elsewhere)

    def _nginx(self, service: Service, machine: str, view: View, app: Backend | None) -> Sequence[Resource]:
        files = member_certificate(service, machine).files
        used = [CA_FILE, files.chain, files.key]
        if service.public:
            door = door_certificate(view.design).files
            used += [door.chain, door.key]
        config = File(CONFIG, self._config(service, machine, view, app), validate=VALIDATE)
        limits = render(PACKAGE, "nginx.service.conf.j2", files=self._open_files(service), logs=FOLDER)
        drop_in = File(f"{DROP_IN}/colonnade.conf", limits)
        unit = Unit(
            "nginx.service",
            reload_on=(config.id, *(f"file:{path}" for path in used)),
            restart_on=(drop_in.id,),
        )
        return (Directory(DROP_IN), config, drop_in, unit)

    def _open_files(self, service: Service) -> int:
        """A connection, and what it is answered from; and some for nginx itself."""
        return 2 * self.settings(service).connections + 1000

    def settled(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        return (Check(service.name, ("sh", "-c", NO_OLD_WORKER), by_exit()),)

    def _config(self, service: Service, machine: str, view: View, app: Backend | None) -> bytes:
        clients, settings = view.clients(service.name), self.settings(service)
        machines = dict.fromkeys(m for name in clients for m in view.design.services[name].members)
        return render(
            PACKAGE,
            "nginx.conf.j2",
            service=service,
            machine=machine,
            site=view.design.site,
            settings=settings,
            files=self._open_files(service),
            own=member_certificate(service, machine).files,
            leaves=service.public and machine in view.maintained,
            ca=CA_FILE,
            health=HEALTH,
            watch_folder=f"/run/{Places(service.name).run}",
            removed_headers=REMOVED_HEADERS,
            app=app,
            clients=[re.escape(name) for name in clients],
            client_addresses=[view.addresses(m).inside for m in machines],
            hashed=HASHED,
            access_log=access_log(service.name),
            slow_ms=SLOW_MS,
            self_unit=re.escape(service.name),
            inside=f"{view.addresses(machine).inside}:{INSIDE_PORT}" if clients else "",
            public=view.addresses(machine).listens if service.public else (),
            here=view.addresses(machine).own,
            status_path=DOOR["status"],
            door=door_certificate(view.design).files if service.public else None,
            door_headers=(
                ("X-Request-ID", "$request_id"),
                ("Strict-Transport-Security", f'"{settings.hsts}"'),
            ),
        )


def static_files(statics: Statics) -> list[Resource]:
    """The app's files that anyone may have, of this release and the one before."""
    return [
        *map(Directory, (STATICS, statics.root, f"{statics.root}/current", f"{statics.root}/previous")),
        Tree(statics.tree, statics.blob, previous=statics.previous),
    ]


COMPONENT = Nginx()
