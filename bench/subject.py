"""The site that is measured: one design in one lab, driven by the real command line as whole processes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.process import Run, measure
from colonnade.engine.folder import Folder
from colonnade.engine.site import Site, assemble, wanted
from colonnade.lab.lab import Lab
from colonnade.lab.supervisor import supervisor
from colonnade.verbs.opening import Opened, open_design

CHECKOUT = Path(__file__).resolve().parent.parent
PLAN_CHANGES = 3
"""`plan` ends so when something differs."""


@dataclass(frozen=True)
class Subject:
    """`folder` is the working folder of its commands, and holds their log; `inside` is what they are run
    by (nsenter).
    """

    design: Path
    lab: str
    folder: Path
    inside: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def up(self) -> Run:
        return self._colonnade("up")

    def plan(self) -> Run:
        return self._colonnade("plan", "--json", expect=(0, PLAN_CHANGES))

    def down(self) -> Run:
        return self._colonnade("down")

    def differences(self) -> list[str]:
        """The resources that `up` would change now, one for each machine that it would change them on."""
        return [change["resource"] for change in json.loads(self.plan().stdout)["changes"]]

    @contextmanager
    def booted(self) -> Iterator[None]:
        """With machines that run and have nothing of the site on them yet, and with the app built."""
        opened = self._opened()
        try:
            opened.releases()
            opened.ground.bring_up(wanted(opened.design), _silent)
            yield
        finally:
            self.down()

    def assembled(self) -> Site:
        """The desired state of every machine, as `up` would make it."""
        opened = self._opened()
        releases = opened.releases()
        now = datetime.now(UTC)
        return assemble(opened.design, opened.catalog.rooms, opened.ground, opened.folder, releases, now)

    def machine_cpu(self, *machines: str) -> float:
        """CPU seconds that these machines, or all of the lab, have used since they were booted (cgroup v2,
        cpu.stat).
        """
        groups = (supervisor().cgroup(self.lab, name).path for name in machines or Lab(self.lab).states())
        lines = (line for group in groups for line in (group / "cpu.stat").read_text().splitlines())
        return sum(int(line.split()[1]) for line in lines if line.startswith("usage_usec")) / 1e6

    def idle_cpu(self, seconds: float = 5) -> float:
        """CPU seconds per second of machines that are left alone."""
        before = self.machine_cpu()
        time.sleep(seconds)
        return (self.machine_cpu() - before) / seconds

    def memory(self) -> dict[str, float]:
        """Machine -> MB, shared pages counted by their share."""
        return {name: status.memory / 1e6 for name, status in Lab(self.lab).status().items()}

    def _opened(self) -> Opened:
        return replace(open_design(self.design, self.lab), folder=Folder(self.folder / ".colonnade"))

    def _colonnade(self, verb: str, *options: str, expect: tuple[int, ...] = (0,)) -> Run:
        command = (str(CHECKOUT / "colonnade"), verb, "-f", str(self.design), "--lab", self.lab, *options)
        return measure(
            (*self.inside, *command),
            cwd=self.folder,
            log=self.folder / "log",
            environment=self.environment,
            expect=expect,
        )


def _silent(machine: str, text: str, detail: str = "") -> None:
    del machine, text, detail
