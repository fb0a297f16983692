"""What every host is told to be, and how its answers are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from colonnade.components.base.component import COMPONENT
from colonnade.components.base.health import disk, failed_units
from colonnade.kit.checks import Answer
from colonnade.kit.claims import Alias, Audience, Claims
from colonnade.kit.resources import Command, File, Resource, Sysctl, Unit
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.kit.view import View
from colonnade.model.design import Design, Machine, Service
from colonnade.model.kinds import NoSettings

Golden = Callable[[str, str], None]

DESIGN = Design(
    "www.foobar.com",
    {
        "edge": Service("edge", "haproxy", ("lb1",), NoSettings(), public=True),
        "app": Service("app", "app", ("app1", "app2"), NoSettings()),
    },
    {name: Machine(name) for name in ("lb1", "app1", "app2")},
)
ALIASES = Claims(
    aliases=(Alias("app1", "db.internal"), Alias("app2", "db.internal"), Alias("app1", "cache.internal"))
)


def view(design: Design = DESIGN) -> View:
    return view_of(design, {"base": COMPONENT}, (ALIASES,))


def resources(machine: str, seen: View) -> dict[str, Resource]:
    found = COMPONENT.resources(seen.design.services["base"], machine, seen)
    assert set(found) == {Stage.GROUND}
    return {r.id: r for r in found[Stage.GROUND]}


def content(machine: str, path: str, seen: View | None = None) -> str:
    file = resources(machine, seen or view())[f"file:{path}"]
    assert isinstance(file, File)
    return file.content.decode()


def test_it_comes_with_every_machine() -> None:
    (service,) = COMPONENT.implied(DESIGN)
    assert (service.name, service.kind, service.members) == ("base", "base", ("lb1", "app1", "app2"))


def test_hosts_file_names_every_machine_and_only_the_own_aliases(golden: Golden) -> None:
    golden("hosts-app1", content("app1", "/etc/hosts"))
    assert "db.internal" not in content("lb1", "/etc/hosts")


def test_a_machine_knows_its_name_now_and_after_a_reboot() -> None:
    assert content("app2", "/etc/hostname") == "app2\n"
    command = resources("app2", view())["command:hostname"]
    assert isinstance(command, Command)
    assert (command.fix, command.expect) == (("hostname", "app2"), "app2")


def test_way_in_takes_keys_only(golden: Golden) -> None:
    golden("sshd.conf", content("lb1", "/etc/ssh/sshd_config.d/00-colonnade.conf"))
    golden("ssh.service.conf", content("lb1", "/etc/systemd/system/ssh.service.d/colonnade.conf"))


def test_way_in_is_proved_before_the_swap_and_sshd_is_never_restarted() -> None:
    found = resources("lb1", view())
    drop_in, unit = found["file:/etc/ssh/sshd_config.d/00-colonnade.conf"], found["unit:ssh.service"]
    assert isinstance(drop_in, File)
    assert isinstance(unit, Unit)
    assert "{staged}" in drop_in.validate
    assert unit.reload_on == (drop_in.id,)
    assert not unit.restart_on


def test_access_logs_are_kept_short(golden: Golden) -> None:
    golden("logrotate.conf", content("lb1", "/etc/colonnade/logrotate.conf"))
    golden("colonnade-logs.service", content("lb1", "/etc/systemd/system/colonnade-logs.service"))
    golden("colonnade-logs.timer", content("lb1", "/etc/systemd/system/colonnade-logs.timer"))


def test_an_unknown_operator_is_exempt_from_nothing() -> None:
    known = view()
    unknown = replace(known, material=replace(known.material, operator=""))
    assert "Exempt" not in content("lb1", "/etc/ssh/sshd_config.d/00-colonnade.conf", unknown)


@pytest.mark.parametrize(("port", "offered"), [(22, [22]), (2222, [22, 2222])])
def test_ssh_is_open_to_the_operator_at_the_port_it_is_reached_at(port: int, offered: list[int]) -> None:
    design = replace(DESIGN, machines={**DESIGN.machines, "app2": Machine("app2", "192.0.2.9", port=port)})
    offers = COMPONENT.claims(COMPONENT.implied(design)[0], design).offers
    assert [o.port for o in offers] == offered
    assert {o.audience for o in offers} == {Audience.OPERATOR}
    assert len({o.name for o in offers}) == len(offers)


def test_no_kernel_setting_can_stop_a_container_from_coming_up() -> None:
    settings = [r for r in resources("lb1", view()).values() if isinstance(r, Sysctl)]
    assert settings
    assert all(s.optional for s in settings)


@pytest.mark.parametrize(
    ("answer", "healthy", "detail"),
    [
        (Answer(0, "", ""), True, "no unit failed"),
        (
            Answer(
                0,
                "nginx.service loaded failed failed A server\nknot.service loaded failed failed DNS\n",
                "",
            ),
            False,
            "failed: nginx.service, knot.service",
        ),
        (Answer(1, "", "Failed to connect to bus\n"), False, "systemctl: Failed to connect to bus"),
    ],
)
def test_failed_units_are_named(answer: Answer, healthy: bool, detail: str) -> None:
    health = failed_units(answer)
    assert (health.healthy, health.detail) == (healthy, detail)


@pytest.mark.parametrize(
    ("said", "healthy", "detail"),
    [
        ("Use% Mounted on\n 26% /\n 26% /\n", True, "74 % of / free"),
        ("Use% Mounted on\n 26% /\n 95% /var\n", True, "5 % of /var free"),
        ("Use% Mounted on\n 96% /\n 10% /srv/a b\n", False, "4 % of / free"),
    ],
)
def test_the_fullest_disk_counts(said: str, healthy: bool, detail: str) -> None:
    health = disk(Answer(0, said, ""))
    assert (health.healthy, health.detail) == (healthy, detail)


def test_a_disk_that_can_not_be_read_is_not_healthy() -> None:
    assert not disk(Answer(1, "", "df: /var: Input/output error")).healthy
