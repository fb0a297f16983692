"""The firewall of every machine: the flows that arrows and offers of the design allow, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from colonnade.components.nftables.rules import address_set, rules
from colonnade.kit.checks import Answer, Check, Health
from colonnade.kit.claims import Claims
from colonnade.kit.component import Component, Resources
from colonnade.kit.resources import Command, Directory, File, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind, NoSettings

ROOM = "colonnade.components.nftables"
RULES = "/etc/nftables.conf"
LIST = "nft --stateless list table inet colonnade"

# What the kernel holds against what it would hold had it just loaded the file: the file is loaded in an empty
# network namespace and listed by the same program, so nothing need be remembered and no spelling can differ.
SAME_AS_FILE = f"diff <(unshare --net sh -c 'nft --file {RULES} && {LIST}') <({LIST})"


class Nftables(Component[NoSettings]):
    kind = Kind("nftables", "firewall", drawn=False, provides=("firewall",))
    packages = ("nftables",)

    def implied(self, design: Design) -> Sequence[Service]:
        return (Service("firewall", self.kind.name, tuple(design.machines), NoSettings()),)

    def claims(self, service: Service, design: Design) -> Claims:
        del service, design
        return Claims()

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        del service
        others = [view.addresses(name).inside for name in view.design.machines if name != machine]
        content = render(ROOM, "nftables.conf.j2", rules=rules(machine, view), others=address_set(others))
        table = File(RULES, content, mode=0o600, validate=("nft", "--check", "--file", "{staged}"))
        drop_in = "/etc/systemd/system/nftables.service.d"
        return {
            Stage.GROUND: [
                table,
                Directory(drop_in),
                File(f"{drop_in}/colonnade.conf", render(ROOM, "nftables.service.j2")),
                Unit("nftables.service", reload_on=(table.id,)),
                Command(
                    "the kernel's firewall is that of the file",
                    check=("bash", "-c", SAME_AS_FILE),
                    fix=("nft", "--file", RULES),
                ),
            ]
        }

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        del machine, view
        argv = ("nft", "--stateless", "list", "chain", "inet", "colonnade", "input")
        return (Check(service.name, argv, _closed),)


def _closed(answer: Answer) -> Health:
    """Reads the listing of our input chain."""
    if "policy drop" not in answer.stdout:
        return Health(False, "the firewall is not loaded; `colonnade up` loads it")
    return Health(True, f"{answer.stdout.count(' comment ')} flows allowed")


COMPONENT = Nftables()
