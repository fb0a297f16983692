"""What all hosts of a site have in common: their names, the right time, logs, the way in, kernel settings.

The engine asks on behalf of every machine; the service `base` comes with every design.
"""

from __future__ import annotations

from collections.abc import Sequence

from colonnade.components.base.health import disk, failed_units
from colonnade.components.base.kernel import SYSCTLS
from colonnade.kit.checks import Check
from colonnade.kit.claims import Audience, Claims, Offer
from colonnade.kit.component import Component, Resources
from colonnade.kit.logs import FOLDER as LOGS
from colonnade.kit.resources import Command, Directory, File, Resource, Sysctl, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.templates import render
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind, NoSettings

ROOM = "colonnade.components.base"

SHORTENING = "colonnade-logs"

# The staged file is put before the machine's own configuration, as the first value of a keyword wins in sshd.
SSHD_TEST = 'cat "$1" /etc/ssh/sshd_config | sshd -t -f /dev/stdin'

# A container lives on its host's clock. Elsewhere `timedatectl` speaks for whichever daemon keeps the time.
CLOCK_KEPT = "systemd-detect-virt --quiet --container && echo yes || timedatectl show --property=NTP --value"
KEEP_CLOCK = (
    "timedatectl set-ntp true ||"
    " { apt-get install --yes --no-install-recommends systemd-timesyncd && timedatectl set-ntp true; }"
)


class Base(Component[NoSettings]):
    kind = Kind("base", "Linux host", drawn=False)
    packages = ("logrotate",)

    def implied(self, design: Design) -> Sequence[Service]:
        return (Service("base", self.kind.name, tuple(design.machines), NoSettings()),)

    def claims(self, service: Service, design: Design) -> Claims:
        """A machine reached at another port than 22 listens there or forwards it to 22: both are open."""
        ports = sorted({22, *(machine.port for machine in design.machines.values())})
        return Claims(tuple(Offer(service.name, f"ssh-{p}", p, Audience.OPERATOR, "ssh") for p in ports))

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        del service
        return {
            Stage.GROUND: [
                Directory("/etc/colonnade"),
                *_names(machine, view),
                *_journal(),
                *_access_logs(),
                *_way_in(view),
                *_kernel(),
                Command(
                    "the clock is kept right",
                    check=("sh", "-c", CLOCK_KEPT),
                    fix=("sh", "-c", KEEP_CLOCK),
                    expect="yes",
                    timeout=300,
                ),
            ]
        }

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        del machine, view
        failed = ("systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager")
        return (
            Check(service.name, failed, failed_units),
            Check(service.name, ("df", "--output=pcent,target", "/", "/var"), disk),
        )


def _names(machine: str, view: View) -> Sequence[Resource]:
    hosts = [(view.addresses(m).inside, m) for m in view.design.machines]
    aliases = sorted({(a.address, a.name) for a in view.claims.aliases if a.machine == machine})
    return (
        File("/etc/hostname", f"{machine}\n".encode()),
        Command("hostname", check=("hostname",), fix=("hostname", machine), expect=machine),
        File("/etc/hosts", render(ROOM, "hosts.j2", hosts=hosts, aliases=aliases)),
    )


def _journal() -> Sequence[Resource]:
    limits = File("/etc/systemd/journald.conf.d/colonnade.conf", render(ROOM, "journald.conf.j2"))
    return (
        Directory("/etc/systemd/journald.conf.d"),
        limits,
        Unit("systemd-journald.service", restart_on=(limits.id,)),
    )


def _access_logs() -> Sequence[Resource]:
    """Kept short by a logrotate of their own, that comes often enough for the worst of floods."""
    rules = File("/etc/colonnade/logrotate.conf", render(ROOM, "logrotate.conf.j2", folder=LOGS))
    service = File(f"/etc/systemd/system/{SHORTENING}.service", render(ROOM, "logs.service.j2", folder=LOGS))
    timer = File(f"/etc/systemd/system/{SHORTENING}.timer", render(ROOM, "logs.timer.j2"))
    return (
        Directory(LOGS, 0o2750, "root", "adm"),
        rules,
        service,
        timer,
        Unit(f"{SHORTENING}.timer", restart_on=(timer.id,)),
    )


def _way_in(view: View) -> Sequence[Resource]:
    """sshd is never restarted: a reload re-reads its configuration, and the drop-in is for systemd alone."""
    sshd = File(
        "/etc/ssh/sshd_config.d/00-colonnade.conf",
        render(ROOM, "sshd.conf.j2", operator=view.material.operator),
        validate=("sh", "-c", SSHD_TEST, "sh", "{staged}"),
    )
    return (
        sshd,
        Directory("/etc/systemd/system/ssh.service.d"),
        File("/etc/systemd/system/ssh.service.d/colonnade.conf", render(ROOM, "ssh.service.j2")),
        Unit("ssh.service", reload_on=(sshd.id,)),
    )


def _kernel() -> Sequence[Resource]:
    return (
        File("/etc/security/limits.d/colonnade.conf", render(ROOM, "limits.conf.j2")),
        Directory("/etc/systemd/system.conf.d"),
        File("/etc/systemd/system.conf.d/colonnade.conf", render(ROOM, "system.conf.j2")),
        *(Sysctl(key, value, optional=True) for key, value in SYSCTLS.items()),
    )


COMPONENT = Base()
