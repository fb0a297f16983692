"""The web server: nginx in front of the app, or alone. Asked by the catalog like every room."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from colonnade.components.nginx.balance import peers
from colonnade.components.nginx.settings import NginxSettings
from colonnade.errors import DesignError, Problem
from colonnade.kit.checks import Answer, Check, Health, by_exit
from colonnade.kit.claims import CA_FILE, Audience, CertificateNeed, Claims, Name, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.resources import Directory, File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import Upstream, View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind

PACKAGE = "colonnade.components.nginx"
CONFIG = "/etc/nginx/nginx.conf"
DROP_IN = "/etc/systemd/system/nginx.service.d"
INSIDE_PORT = 8443
HEALTH = "/.colonnade/health"
DOOR = MappingProxyType({"unit": "nginx.service", "status": "/.colonnade/door", "reload": "HUP"})
"""For whoever watches over a door: its unit, the signal at which its workers finish what they are at and new
ones take over, and where it tells its own machine whether it can serve."""
NO_OLD_WORKER = """\
pid=$(systemctl show --property MainPID --value nginx.service)
[ "$pid" = 0 ] && exit 0
for worker in $(cat "/proc/$pid/task/$pid/children"); do
    if grep -qs "is shutting down" "/proc/$worker/cmdline"; then
        echo "a worker from before the reload still serves"
        exit 1
    fi
done
"""


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
    packages = ("nginx", "curl")

    def claims(self, service: Service, design: Design) -> Claims:
        certificates = [_certificate(service, machine) for machine in service.members]
        offers = []
        names: tuple[Name, ...] = ()
        if design.sources(service.name):
            facts = {"server_name": f"{service.name}.internal", "health": HEALTH}
            offers.append(Offer(service.name, "https", INSIDE_PORT, Audience.LINKS, "https", facts=facts))
        if service.public:
            certificates.append(_door_certificate(design))
            offers.append(Offer(service.name, "public-https", 443, Audience.PUBLIC, "https", facts=DOOR))
            offers.append(Offer(service.name, "public-http", 80, Audience.PUBLIC, "http"))
            names = (Name(design.site, service.members),)
        return Claims(offers=tuple(offers), certificates=tuple(certificates), names=names)

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        own = _certificate(service, machine).files
        used = [CA_FILE, own.chain, own.key]
        if service.public:
            door = _door_certificate(view.design).files
            used += [door.chain, door.key]
        validate = ("nginx", "-t", "-q", "-c", "{staged}")
        config = File(CONFIG, self._config(service, machine, view), validate=validate)
        drop_in = File(f"{DROP_IN}/colonnade.conf", render(PACKAGE, "nginx.service.conf"))
        unit = Unit(
            "nginx.service",
            reload_on=(config.id, *(f"file:{path}" for path in used)),
            restart_on=(drop_in.id,),
        )
        stage = Stage.DOOR if service.public else Stage.WEB
        return {stage: (Directory(DROP_IN), config, drop_in, unit)}

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        upstream = _app(service, machine, view)
        if view.clients(service.name):
            name, port, path = f"{service.name}.internal", INSIDE_PORT, HEALTH
            address = view.addresses(machine).inside
        else:
            name, port, path = view.design.site, 443, upstream.offer.facts["health"] if upstream else "/"
            address = view.addresses(machine).own[0]
        argv = _curl(_certificate(service, machine), name, port, path, address)
        return (Check(service.name, argv, _read_health(has_app=upstream is not None)),)

    def settled(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        return (Check(service.name, ("sh", "-c", NO_OLD_WORKER), by_exit()),)

    def _config(self, service: Service, machine: str, view: View) -> bytes:
        clients = view.clients(service.name)
        return render(
            PACKAGE,
            "nginx.conf.j2",
            service=service,
            machine=machine,
            site=view.design.site,
            settings=self.settings(service),
            leaves=service.public and machine in view.maintained,
            own=_certificate(service, machine).files,
            ca=CA_FILE,
            health=HEALTH,
            removed_headers=REMOVED_HEADERS,
            app=_backend(service, machine, view),
            clients=[re.escape(name) for name in clients],
            self_unit=re.escape(service.name),
            inside=f"{view.addresses(machine).inside}:{INSIDE_PORT}" if clients else "",
            public=view.addresses(machine).listens if service.public else (),
            here=view.addresses(machine).own,
            status_path=DOOR["status"],
            door=_door_certificate(view.design).files if service.public else None,
        )


@dataclass(frozen=True)
class Backend:
    """The app as the template reads it. `servers` are (address:port, is a backup, is maintained)."""

    name: str
    server_name: str
    health: str
    servers: tuple[tuple[str, bool, bool], ...]


def _app(service: Service, machine: str, view: View) -> Upstream | None:
    """The one linked service that speaks HTTPS. Raises DesignError when there are more."""
    found = [u for u in view.upstreams(service, machine) if u.offer.protocol == "https"]
    if len(found) > 1:
        names = " and ".join(u.service.name for u in found)
        problem = Problem(
            service.position.line,
            service.position.column,
            f"{service.name} leads to {names}: which request should go where is not drawn",
            "give each app a web server of its own",
        )
        raise DesignError(view.design.path, [problem])
    return found[0] if found else None


def _backend(service: Service, machine: str, view: View) -> Backend | None:
    upstream = _app(service, machine, view)
    if upstream is None:
        return None
    link = service.link_to(upstream.service.name)
    drawn = link is not None and bool(link.pairs)
    dealt = peers(service.members.index(machine), len(service.members), upstream.targets, pairs_drawn=drawn)
    return Backend(
        name=upstream.service.name,
        server_name=upstream.offer.facts["server_name"],
        health=upstream.offer.facts["health"],
        servers=tuple(
            (f"{peer.target.address}:{peer.target.port}", peer.backup, peer.target.maintained)
            for peer in dealt
        ),
    )


def _certificate(service: Service, machine: str) -> CertificateNeed:
    return CertificateNeed(
        id=f"{service.name}-{machine}",
        common_name=machine,
        unit=service.name,
        machines=(machine,),
        names=(machine, f"{service.name}.internal"),
        addresses_of=(machine,),
    )


def _door_certificate(design: Design) -> CertificateNeed:
    """All doors share it, so each states the same machines."""
    machines = tuple(dict.fromkeys(m for door in design.doors for m in door.members))
    return CertificateNeed(
        "door", common_name=design.site, unit="door", machines=machines, names=(design.site,)
    )


def _curl(certificate: CertificateNeed, name: str, port: int, path: str, address: str) -> tuple[str, ...]:
    files = certificate.files
    return (
        "curl", "--silent", "--show-error", "--max-time", "4",
        "--output", "/dev/null", "--write-out", "%{http_code}",
        "--cacert", CA_FILE, "--cert", files.chain, "--key", files.key,
        "--resolve", f"{name}:{port}:{address}", f"https://{name}:{port}{path}",
    )  # fmt: skip


def _read_health(*, has_app: bool) -> Callable[[Answer], Health]:
    def read(answer: Answer) -> Health:
        if answer.exit != 0:
            return Health(False, f"does not serve: {answer.stderr.strip()}")
        if answer.stdout == "200":
            return Health(True, "serves, app answers" if has_app else "serves")
        if answer.stdout in {"502", "503", "504"}:
            return Health(False, f"serves, but no app answers ({answer.stdout})")
        return Health(False, f"answers {answer.stdout}")

    return read


COMPONENT = Nginx()
