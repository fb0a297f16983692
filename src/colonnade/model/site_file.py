"""The shape of a `site.yaml`, and how a document of that shape becomes a `Design`.

Asked by `yaml_file` with what a file says, and by `reading` with what a drawing says, so both give the
same model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from colonnade.model.design import UPLINKS, Design, External, Link, Machine, Service
from colonnade.model.kinds import Kind, Kinds
from colonnade.model.names import LAB_UPLINKS, is_host_name, is_ipv4
from colonnade.model.places import Path
from colonnade.model.review_notes import Notes
from colonnade.model.shapes import closest

TOP = ("site", "uplinks", "witnesses", "services", "machines", "external", "facts", "silence", "assumptions")
SERVICE = ("kind", "machines", "to", "public")
MACHINE = ("address", "user", "port")


@dataclass(frozen=True)
class Builder(Notes):
    """Turns a document into a design; what is wrong is added to `problems`, and the rest goes on."""

    kinds: Kinds

    def design(self, document: Any, path: str) -> Design:
        """What can be made of the document; it is whole only if no problem was added."""
        document = self.mapping(document, (), TOP)
        site = document.get("site")
        if not isinstance(site, str) or not site:
            self.wrong(
                ("site",), "the design needs the name that users type", "add a line: site: www.example.com"
            )
        services = self.services(document)
        machines = self.machines(document, services)
        return Design(
            site=str(site),
            services=MappingProxyType(services),
            machines=MappingProxyType(machines),
            externals=MappingProxyType(self.named(document, "external", self.external)),
            facts=tuple(self.facts(document)),
            uplinks=self.uplinks(document, machines),
            silences=tuple(self.silences(document)),
            assumptions=MappingProxyType(self.assumptions(document)),
            witnesses=tuple(self.witnesses(document)),
            path=path,
        )

    def uplinks(self, document: dict[str, Any], machines: Mapping[str, Machine]) -> tuple[str, ...]:
        """The lines to the Internet; a lab has two, and they have names."""
        at = ("uplinks",)
        written = document.get("uplinks", list(UPLINKS))
        names = self.strings(written, at, "the lines to the Internet, as a list: [a, b]")
        lab = not any(m.address for m in machines.values())
        for index, name in enumerate(names):
            if not is_host_name(name):
                self.wrong((*at, index), f"the uplink '{name}' has no valid name", "write  uplinks: [a, b]")
            elif name in names[:index]:
                self.wrong((*at, index), f"the uplink '{name}' is named twice", "name each line once")
            elif lab and name not in LAB_UPLINKS:
                hint = f"call it {' or '.join(LAB_UPLINKS)}, or give the machines that exist addresses"
                self.wrong((*at, index), f"a lab has no uplink '{name}'", hint)
        return tuple(names)

    def witnesses(self, document: dict[str, Any]) -> Iterable[str]:
        at = ("witnesses",)
        what = "addresses far outside that answer DNS, as a list"
        for index, address in enumerate(self.strings(document.get("witnesses") or [], at, what, empty=True)):
            if is_ipv4(address):
                yield address
            else:
                hint = "names can't be asked for while the lines are in doubt: write an IPv4 address"
                self.wrong((*at, index), f"the witness '{address}' is no IPv4 address", hint)

    def services(self, document: dict[str, Any]) -> dict[str, Service]:
        """Those written; users arrive at a door that no service leads to, unless the entry says otherwise."""
        services = self.named(document, "services", self.service)
        if not services and not document.get("services"):
            hint = "add one: services: {web: {kind: ..., machines: [web1]}}"
            self.wrong(("services",), "the design has no services", hint)
        said = {name for name in services if "public" in document["services"][name]}
        return {
            name: replace(one, public=one.public or (name not in said and self.arrives(name, services)))
            for name, one in services.items()
        }

    def arrives(self, name: str, services: Mapping[str, Service]) -> bool:
        """Users arrive at a door that no other service leads to."""
        kind = self.kinds.get(services[name].kind)
        return bool(kind and kind.door) and not any(s.link_to(name) for s in services.values())

    # the entries

    def service(self, name: str, entry: Mapping[str, Any], at: Path) -> Service | None:
        kind = self.kind(entry, at)
        members = self.strings(
            entry.get("machines"), (*at, "machines"), "the machines it runs on, as a list: [web1, web2]"
        )
        public = entry.get("public", False)
        if not isinstance(public, bool):
            self.wrong((*at, "public"), "'public' is true or false")
        links = tuple(self.links(entry.get("to") or [], (*at, "to")))
        settings = (
            self.settings(
                kind, {k: v for k, v in entry.items() if k not in SERVICE and not k.startswith("x-")}, at
            )
            if kind
            else None
        )
        if kind is None or settings is None:
            return None
        return Service(name, kind.name, tuple(members), settings, links, bool(public), self.place(at, True))

    def kind(self, entry: Mapping[str, Any], at: Path) -> Kind | None:
        name = entry.get("kind")
        known = [k.name for k in self.kinds.values() if k.in_yaml]
        if not isinstance(name, str) or not name:
            self.wrong(at, "the service has no kind", f"add 'kind:', one of {', '.join(known)}", key=True)
            return None
        if name not in known:
            self.wrong((*at, "kind"), f"there is no kind '{name}'", closest(name, known))
            return None
        return self.kinds[name]

    def settings(self, kind: Kind, written: dict[str, Any], at: Path) -> Any:
        try:
            return kind.settings.model_validate(written)
        except ValidationError as error:
            for one in error.errors(include_url=False, include_context=False, include_input=False):
                self.setting_problem(kind.settings, one["type"], one["msg"], (*at, *one["loc"]))
            return None

    def setting_problem(self, settings: type[BaseModel], type_: str, message: str, path: Path) -> None:
        name = ".".join(str(step) for step in path[2:]) or str(path[-1])
        if type_ == "extra_forbidden":
            known = [*SERVICE, *settings.model_fields] if len(path) == 3 else []
            self.wrong(path, f"nothing here is called '{name}'", closest(name, known), key=True)
        elif type_ == "missing":
            self.wrong(path[:-1], f"'{name}' is missing", f"add a line: {name}: ...", key=True)
        else:
            self.wrong(
                path,
                f"'{name}': {message[:1].lower()}{message[1:].removeprefix('alue error, ')}".replace(
                    "value error, ", ""
                ),
            )

    def links(self, written: Any, at: Path) -> Iterable[Link]:
        if not isinstance(written, list):
            self.wrong(at, "'to' is a list of services", "write  to: [app]")
            return
        for index, item in enumerate(written):
            place = (*at, index)
            if isinstance(item, str):
                yield Link(item, (), self.place(place, False))
            elif isinstance(item, dict) and item:
                for target, pairs in item.items():
                    yield Link(
                        target, tuple(self.pairs(pairs, (*place, target))), self.place((*place, target), True)
                    )
            else:
                self.wrong(
                    place,
                    "'to' names a service, or says which of its machines each machine uses",
                    "write  to: [app]  or  to: [{app: {web1: [app1]}}]",
                )

    def pairs(self, written: Any, at: Path) -> Iterable[tuple[str, str]]:
        if not isinstance(written, dict) or not written:
            self.wrong(at, "here stands which machine uses which", "write  {web1: [app1], web2: [app2]}")
            return
        for source, targets in written.items():
            for target in self.strings(targets, (*at, source), "a list of machines: [app1]"):
                yield source, target

    def machines(self, document: Mapping[str, Any], services: Mapping[str, Service]) -> dict[str, Machine]:
        """Those that services run on, in their order, and those written; a lab makes what has no entry."""
        written = self.named(document, "machines", self.machine)
        used = dict.fromkeys(member for service in services.values() for member in service.members)
        return {name: Machine(name) for name in used} | written

    def machine(self, name: str, entry: Mapping[str, Any], at: Path) -> Machine:
        self.mapping(entry, at, MACHINE)
        address, user, port = entry.get("address", ""), entry.get("user", "root"), entry.get("port", 22)
        if not isinstance(address, str):
            self.wrong((*at, "address"), "an address is an IP address or a host name")
        if not isinstance(user, str) or not user:
            self.wrong((*at, "user"), "a user is a name")
        if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
            self.wrong((*at, "port"), "a port is a number from 1 to 65535")
            port = 22
        return Machine(name, str(address), str(user), port, self.place(at, True))

    def external(self, name: str, entry: Mapping[str, Any], at: Path) -> External:
        self.mapping(entry, at, ("what",))
        what = entry.get("what")
        if not isinstance(what, str) or not what:
            self.wrong(at, "say what program this is", "write  what: Redis", key=True)
        return External(name, str(what), self.place(at, True))
