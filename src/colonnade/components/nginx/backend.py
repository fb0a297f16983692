"""The app as one web server's files name it: its members, who is asked first, its static files."""

from __future__ import annotations

from dataclasses import dataclass

from colonnade.components.nginx.balance import peers
from colonnade.components.nginx.watch import Watched
from colonnade.errors import DesignError, Problem
from colonnade.kit.builds import STATIC
from colonnade.kit.view import Upstream, View
from colonnade.model.design import Service

STATICS = "/srv/colonnade"


@dataclass(frozen=True)
class Statics:
    """Files of the app that lie on this machine, at `tree` as they are now and at `previous` as they were."""

    service: str
    path: str
    blob: str

    @property
    def root(self) -> str:
        return f"{STATICS}/{self.service}"

    @property
    def tree(self) -> str:
        return f"{self.root}/current{self.path.rstrip('/')}"

    @property
    def previous(self) -> str:
        return f"{self.root}/previous{self.path.rstrip('/')}"


@dataclass(frozen=True)
class Backend:
    """`servers` are (address:port, is a backup, is maintained). Who rests is not watched."""

    name: str
    watched: Watched
    servers: tuple[tuple[str, bool, bool], ...]
    static_path: str
    statics: Statics | None


def backend(service: Service, machine: str, view: View) -> Backend | None:
    """None where no app is behind this machine's web server. Raises DesignError where two are."""
    upstream = _app(service, machine, view)
    if upstream is None or not upstream.targets:
        return None
    facts, name = upstream.offer.facts, upstream.service.name
    link = service.link_to(name)
    drawn = link is not None and bool(link.pairs)
    dealt = peers(service.members.index(machine), len(service.members), upstream.targets, pairs_drawn=drawn)
    working = tuple(t for t in upstream.targets if (name, t.machine) not in view.resting)
    blob = view.part(name, STATIC)
    return Backend(
        name=name,
        watched=Watched(facts["server_name"], facts["health"], working),
        servers=tuple(
            (f"{peer.target.address}:{peer.target.port}", peer.backup, peer.target.maintained)
            for peer in dealt
        ),
        static_path=facts[STATIC],
        statics=Statics(name, facts[STATIC], blob) if blob else None,
    )


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
