"""A state that only a program can read and mend: SQL grants, live nftables rules, and so on."""

from __future__ import annotations

from dataclasses import dataclass

from colonnade_agent import loaded
from colonnade_agent.failure import Failed, Failure
from colonnade_agent.machine import Machine, Observed
from colonnade_agent.programs import Done, must, run


@dataclass(frozen=True)
class Command:
    """As desired when `check` exits 0 and, if `expect` is given, prints just that (white space around it
    aside).

    `after` are ids of resources that `fix` loads, such as the file of `nft -f`: `fix` is also run when
    their content is not the one with which it last was. Should the stage be rolled back, a `fix` that has
    `after` and no input of its own is run once more, with the old files. Inputs may be secret: they only
    ever go to the program's standard input.
    """

    name: str
    check: tuple[str, ...]
    fix: tuple[str, ...]
    expect: str = ""
    check_input: str = ""
    fix_input: str = ""
    secret: bool = False
    after: tuple[str, ...] = ()
    timeout: float = 60

    @property
    def id(self) -> str:
        return f"command:{self.name}"

    @property
    def fingerprint(self) -> str:
        return ""

    def observe(self, machine: Machine) -> Observed:
        record = machine.records.read("commands", self.name)
        if record and record != self._record(machine):
            return Observed("run", "what it loads has changed")
        done = run(self.check, stdin=self.check_input, timeout=self.timeout)
        return Observed() if self._holds(done) else Observed("run", self._difference(done))

    def mend(self, machine: Machine) -> None:
        machine.records.forget("commands", self.name)
        done = run(self.fix, stdin=self.fix_input, timeout=self.timeout)
        must(done, self.id, "fix", secret=self.secret)
        done = run(self.check, stdin=self.check_input, timeout=self.timeout)
        if not self._holds(done):
            text = f"the fix was run, and the check still does not hold: {self._difference(done)}"
            raise Failed(Failure("check", text, self.id, argv=done.argv, exit=done.exit))
        self.adopt(machine)

    def claim(self, machine: Machine) -> None:
        """What a command did can't be taken back."""

    def adopt(self, machine: Machine) -> None:
        """Record that what holds now goes with what `after` names now."""
        if self.after:
            machine.records.write("commands", self.name, self._record(machine))

    def load_again(self, machine: Machine) -> None:
        """After a rollback: let the program have the files that are now back."""
        if self.after and not self.fix_input:
            must(run(self.fix, timeout=self.timeout), self.id, "roll back", secret=self.secret)

    def _record(self, machine: Machine) -> dict[str, str]:
        return {"after": loaded.digest(machine.fingerprints(self.after))}

    def _holds(self, done: Done) -> bool:
        return done.exit == 0 and self.expect.strip() in {"", done.stdout.strip()}

    def _difference(self, done: Done) -> str:
        if self.secret:
            return "differs (secret)"
        if done.exit != 0:
            return f"the check exits {done.exit}: {done.output}".rstrip(": ")
        return f"{done.stdout.strip()} -> {self.expect.strip()}"
