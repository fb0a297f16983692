"""The user's app on its machines, and the sidecar that is its way in. Asked by the engine, as every room is.

A member is three things: a release (a folder that the operator's side built), the app as its Procfile's `web`
line starts it, listening on loopback, and an haproxy of its own that ends mutual TLS in front of it and
routes it to its databases. README.md is the user's page.
"""

from __future__ import annotations

from collections.abc import Sequence

from colonnade.components.app.checks import Reading, ask_app, ask_sidecar
from colonnade.components.app.environment import environment, environment_file
from colonnade.components.app.places import Places
from colonnade.components.app.routes import database_routes, sidecar_port
from colonnade.components.app.sandbox import SANDBOX
from colonnade.components.app.settings import AppSettings, refuse_shared_port
from colonnade.kit.builds import STATIC, Build, Part
from colonnade.kit.checks import Check, by_exit
from colonnade.kit.claims import CA_FILE, Alias, Audience, CertificateNeed, Claims, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.generations import one_generation
from colonnade.kit.logs import SLOW_MS
from colonnade.kit.resources import Command, Directory, File, Resource, Symlink, Tree, Unit, User
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind

PACKAGE = "colonnade.components.app"
RUN_PROCESS = "/usr/lib/colonnade/run-process"
SIDECAR_USER = "colonnade-sidecar"
RELEASE_SECONDS = 600
RUN_AND_MARK = (
    'marker=$1 value=$2; shift 2; "$@" && printf %s "$value" >"$marker.new" && mv "$marker.new" "$marker"'
)
RELEASED = '[ "$(readlink "$2")" = "$3" ] && [ -e "$5" ] && exec echo "$4"; cat "$1"'
"""Prints the release whose step has been run: what the marker $1 says; and $4 where the link $2 leads to its
folder $3 already, for no machine starts a release before its step. That counts only if $5 is there.
"""


class App(Component[AppSettings]):
    kind = Kind(
        name="app",
        title="application server",
        settings=AppSettings,
        words=(
            r"app(lication)?s?( ?(server|node|runtime|tier|backend|instance))?s?",
            r"back ?end( (server|app|application|service))?s?",
            r"(rest |web |http )?api( (server|service|node|backend))?s?",
            r"u ?wsgi( (app )?server)?|gunicorn( (app )?server)?|uvicorn( (app )?server)?|hypercorn|daphne",
            r"php ?fpm( (app )?server)?|puma|passenger|unicorn|(apache )?tomcat|jetty|wildfly",
            r"node ?js( (app|application|server|backend))?|express( js)?( (app|server))?",
            r"(django|flask|(ruby on )?rails|fast ?api|laravel|symfony|spring boot)( (app|server|backend))?",
        ),
        tier=2,
        provides=("read-split",),
    )
    packages = ("haproxy", "python3", "curl")

    def claims(self, service: Service, design: Design) -> Claims:
        refuse_shared_port(service, self.settings(service), design)
        settings = self.settings(service)
        facts = {
            "server_name": f"{service.name}.internal",
            "health": settings.health,
            STATIC: settings.static_path,
        }
        port = sidecar_port(service, design)
        databases = [design.services[link.to] for link in service.links if link.to in design.services]
        return Claims(
            offers=(Offer(service.name, "https", port, Audience.LINKS, "https", facts=facts),),
            certificates=tuple(member_certificate(service, machine) for machine in service.members),
            aliases=tuple(Alias(m, f"{s.name}.internal") for m in service.members for s in databases),
        )

    def builds(self, service: Service) -> Build:
        settings = self.settings(service)
        named = settings.static
        parts = (Part(STATIC, named or STATIC, required=bool(named)),) if named != "" else ()
        return Build(service.name, settings.source, parts=parts)

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        places = Places(service.name)
        return {
            Stage.GROUND: [User(places.user, home=f"{places.state}/state"), User(SIDECAR_USER)],
            Stage.RELEASE: [
                *self._release(service, machine, view),
                *self._sidecar(service, machine, view),
                *self._release_step(service, machine, view),
            ],
            Stage.APP: self._app(service, machine, view),
        }

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        databases = [r.name for r in database_routes(service, machine, view)]
        return (
            Check(
                service.name,
                ask_sidecar(Places(service.name)),
                Reading(self.settings(service).health, databases).read,
            ),
        )

    def settled(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        return (Check(service.name, one_generation(Places(service.name).sidecar_unit), by_exit()),)

    def _release(self, service: Service, machine: str, view: View) -> list[Resource]:
        """The folder, and what is needed to run anything in it. The app that runs now does not notice."""
        places, settings = Places(service.name), self.settings(service)
        blob = view.blobs[service.name]
        values = environment(
            port=settings.port,
            site=view.design.site,
            machine=machine,
            release=blob[:12],
            databases=database_routes(service, machine, view),
            client=member_certificate(service, machine).files,
        )
        return [
            Directory("/usr/lib/colonnade"),
            File(
                RUN_PROCESS, render(PACKAGE, "run-process.j2"), mode=0o755, validate=("sh", "-n", "{staged}")
            ),
            Directory("/opt/colonnade"),
            Directory(f"/opt/colonnade/{service.name}"),
            Directory(places.releases),
            Tree(places.release(blob), blob),
            Directory("/var/lib/colonnade-app"),
            Directory(places.state),
            File(places.environment, environment_file({**settings.env, **values}), mode=0o600, secret=True),
        ]

    def _sidecar(self, service: Service, machine: str, view: View) -> list[Resource]:
        places, settings = Places(service.name), self.settings(service)
        bundle = member_certificate(service, machine).files.bundle
        content = render(
            PACKAGE,
            "sidecar.cfg.j2",
            site=view.design.site,
            address=view.addresses(machine).inside,
            port=sidecar_port(service, view.design),
            run=places.sidecar_run,
            bundle=bundle,
            ca=CA_FILE,
            clients=view.clients(service.name),
            app_port=settings.port,
            health=settings.health,
            private=settings.private,
            concurrency=settings.concurrency,
            slow_ms=SLOW_MS,
            databases=database_routes(service, machine, view),
        )
        config = File(places.sidecar_config, content, validate=("haproxy", "-c", "-f", "{staged}"))
        unit_file = File(
            f"/etc/systemd/system/{places.sidecar_unit}",
            render(PACKAGE, "sidecar.service.j2", service=service.name, places=places, user=SIDECAR_USER),
        )
        unit = Unit(
            places.sidecar_unit,
            reload_on=(config.id, f"file:{bundle}", f"file:{CA_FILE}"),
            restart_on=(unit_file.id,),
            ready=ask_sidecar(places),
        )
        return [config, unit_file, unit]

    def _release_step(self, service: Service, machine: str, view: View) -> list[Resource]:
        """The Procfile's `release` line, once per release, on the service's first machine. While that is in
        maintenance the next one stands in, and neither repeats what the other has run.
        """
        first = service.members[0]
        if machine != next((m for m in service.members if m not in view.maintained), first):
            return []
        places, blob = Places(service.name), view.blobs[service.name]
        marker = f"{places.state}/released"
        released = (marker, places.current, places.release(blob), blob)
        properties = (
            f"User={places.user}",
            f"Group={places.user}",
            f"EnvironmentFile={places.environment}",
            *SANDBOX,
        )
        run = (
            *("systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec"),
            *(f"--property={each}" for each in properties),
            f"--property=WorkingDirectory={places.release(blob)}",
            *(RUN_PROCESS, "--optional", "release"),
        )
        return [
            Command(
                f"release-{service.name}",
                check=("sh", "-c", RELEASED, "sh", *released, marker if machine == first else places.current),
                expect=blob,
                fix=("sh", "-c", RUN_AND_MARK, "release", marker, blob, *run),
                timeout=RELEASE_SECONDS,
            )
        ]

    def _app(self, service: Service, machine: str, view: View) -> list[Resource]:
        del machine
        places, settings = Places(service.name), self.settings(service)
        blob = view.blobs[service.name]
        current = Symlink(places.current, places.release(blob))
        unit_file = File(
            f"/etc/systemd/system/{places.unit}",
            render(
                PACKAGE,
                "app.service.j2",
                service=service.name,
                places=places,
                run_process=RUN_PROCESS,
                sandbox=SANDBOX,
            ),
        )
        unit = Unit(
            places.unit,
            restart_on=(current.id, unit_file.id, f"file:{RUN_PROCESS}", f"file:{places.environment}"),
            ready=ask_app(settings, view.design.site),
        )
        return [current, unit_file, unit]


def member_certificate(service: Service, machine: str) -> CertificateNeed:
    """What the sidecar shows web servers, and the app its databases."""
    return CertificateNeed(
        f"{service.name}-{machine}",
        common_name=machine,
        unit=service.name,
        machines=(machine,),
        names=(machine, f"{service.name}.internal"),
        addresses_of=(machine,),
        reader=Places(service.name).user,
    )


COMPONENT = App()
