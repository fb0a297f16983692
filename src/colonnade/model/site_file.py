"""The shape of a `site.yaml`, and how a document of that shape becomes a `Design`.

Asked by `yaml_file` with what a file says, and by `reading` with what a drawing says, so both give the
same model.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError

from colonnade.model.design import Design, External, Fact, Link, Machine, Position, Service
from colonnade.model.kinds import Kind, Kinds
from colonnade.model.places import Path
from colonnade.model.source import Problems

TOP = ("site", "services", "machines", "external", "facts")
SERVICE = ("kind", "machines", "to", "public")
MACHINE = ("address", "user", "port")
FACT_KINDS = ("vip", "firewall", "certificate", "monitoring", "backup")
Place = Callable[[Path, bool], Position]
"""The position of a path in the document; of its key if the second argument is true."""


def closest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(word, names, 1, 0.6)
    return f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(names)}" if names else ""


@dataclass(frozen=True)
class Builder:
    """Turns a document into a design; what is wrong is added to `problems`, and the rest goes on."""

    kinds: Kinds
    place: Place
    problems: Problems

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
        externals = self.named(document, "external", self.external)
        entries = enumerate(self.list_of(document, "facts"))
        facts = tuple(fact for index, entry in entries if (fact := self.fact(entry, ("facts", index))))
        return Design(
            str(site),
            MappingProxyType(services),
            MappingProxyType(machines),
            MappingProxyType(externals),
            facts,
            path,
        )

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
        known = [k.name for k in self.kinds.values() if k.drawn]
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

    def fact(self, entry: Any, at: Path) -> Fact | None:
        entry = self.mapping(entry, at, ("kind", "text", "about"))
        kind, text = entry.get("kind"), entry.get("text", "")
        if kind not in FACT_KINDS:
            self.wrong(
                (*at, "kind"), f"there is no fact of the kind '{kind}'", closest(str(kind), FACT_KINDS)
            )
            return None
        about = self.strings(entry.get("about") or [], (*at, "about"), "a list of services", empty=True)
        return Fact(str(kind), str(text), tuple(about), self.place(at, False))

    # shapes

    def wrong(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> None:
        self.problems.add(self.place(path, key), message, hint)

    def mapping(self, value: Any, at: Path, known: tuple[str, ...]) -> dict[str, Any]:
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self.wrong(at, "here names and values are wanted", f"known here: {', '.join(known)}")
            return {}
        for key in value:
            if key not in known and not key.startswith("x-"):
                self.wrong((*at, key), f"nothing here is called '{key}'", closest(key, known), key=True)
        return value

    def named(
        self, document: Mapping[str, Any], section: str, build: Callable[[str, Any, Path], Any]
    ) -> dict[str, Any]:
        entries = document.get(section)
        if entries is None:
            return {}
        if not isinstance(entries, dict):
            self.wrong(
                (section,),
                f"'{section}' holds names and what each is",
                f"write  {section}: {{name: {{...}}}}",
            )
            return {}
        built = {}
        for name, entry in entries.items():
            if name.startswith("x-"):
                continue
            if not isinstance(entry, dict):
                self.wrong((section, name), f"'{name}' wants names and values", f"write  {name}: {{...}}")
            elif (made := build(name, entry, (section, name))) is not None:
                built[name] = made
        return built

    def list_of(self, document: Mapping[str, Any], section: str) -> list[Any]:
        entries = document.get(section) or []
        if not isinstance(entries, list):
            self.wrong((section,), f"'{section}' is a list")
            return []
        return entries

    def strings(self, value: Any, at: Path, what: str, *, empty: bool = False) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value) or not (value or empty):
            self.wrong(at, f"'{at[-1]}' wants {what}", key=value is None)
            return []
        return value
