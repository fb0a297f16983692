"""A system user with its own group. Users stay when no longer desired: files that they own may."""

from __future__ import annotations

import grp
import pwd
from dataclasses import dataclass

from colonnade_agent.machine import Machine, Observed
from colonnade_agent.programs import must, run


@dataclass(frozen=True)
class User:
    """`groups` are those it must be in besides its own; others it is in are left. An empty `home` is none
    at all.
    """

    name: str
    home: str = ""
    shell: str = "/usr/sbin/nologin"
    groups: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"user:{self.name}"

    @property
    def fingerprint(self) -> str:
        return ""

    @property
    def _home(self) -> str:
        return self.home or "/nonexistent"  # Debian policy 9.2.3

    def observe(self, machine: Machine) -> Observed:
        try:
            entry = pwd.getpwnam(self.name)
        except KeyError:
            return Observed("create", f"user {self.name}, home {self._home}, shell {self.shell}")
        pairs = [("home", entry.pw_dir, self._home), ("shell", entry.pw_shell, self.shell)]
        lines = [f"{what}: {is_} -> {should}" for what, is_, should in pairs if is_ != should]
        lines += [f"group: +{group}" for group in self._missing_groups(entry.pw_gid)]
        return Observed("update", "\n".join(lines)) if lines else Observed()

    def mend(self, machine: Machine) -> None:
        observed = self.observe(machine)
        settings = ("--home", self._home, "--shell", self.shell)
        groups = ("--groups", ",".join(self.groups)) if self.groups else ()
        if observed.action == "create":
            own = ("--gid", self.name) if _group_exists(self.name) else ("--user-group",)
            argv = ("useradd", "--system", "--no-create-home", *own, *settings, *groups, self.name)
            must(run(argv), self.id, "create")
        elif observed.action:
            append = ("--append", *groups) if groups else ()
            must(run(("usermod", *settings, *append, self.name)), self.id, "update")

    def claim(self, machine: Machine) -> None:
        """Nothing is taken back."""

    def _missing_groups(self, own: int) -> list[str]:
        return [g for g in self.groups if not _is_member(self.name, own, g)]


def _group_exists(name: str) -> bool:
    return any(group.gr_name == name for group in grp.getgrall())


def _is_member(user: str, own: int, name: str) -> bool:
    try:
        group = grp.getgrnam(name)
    except KeyError:
        return False
    return user in group.gr_mem or group.gr_gid == own
