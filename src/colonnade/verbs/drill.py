"""`drill`: which claims a design makes, what is known of them, and trying them on the running site."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path
from types import FrameType

from colonnade.drill import catalog as listing
from colonnade.drill import evidence, timeline
from colonnade.drill.conduct import Conductor
from colonnade.drill.drill import Drill
from colonnade.drill.evidence import LEDGER, Record, State
from colonnade.drill.field import Tell
from colonnade.drill.notes import Notes
from colonnade.drill.procedure import Ran
from colonnade.drill.values import Values, measure
from colonnade.drill.verdict import Outcome, Verdict, invalid, judge
from colonnade.drill.visits import Visits
from colonnade.engine.site import Site
from colonnade.errors import StateError, UsageError
from colonnade.hosts.ground import Progress
from colonnade.model.shapes import nearest
from colonnade.verbs.drill_client import client
from colonnade.verbs.drill_field import SiteField
from colonnade.verbs.opening import Opened
from colonnade.verbs.plan import site_of

LOCK = "drill-lock"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Claim:
    """`record` is the last evidence there is, also when it speaks of another design."""

    drill: Drill
    record: Record | None
    state: State


def ledger_of(opened: Opened) -> Path:
    return opened.base / LEDGER


def records(opened: Opened) -> tuple[Record, ...]:
    path = ledger_of(opened)
    return evidence.read(path.read_text(), str(path)) if path.exists() else ()


def keep(path: Path, record: Record) -> None:
    try:
        with path.open("a") as ledger:
            ledger.write(record.line())
    except OSError as error:
        raise StateError(f"can't add to it: {error.strerror}", where=str(path)) from error


def drills(opened: Opened) -> tuple[Drill, ...]:
    return listing.drills(opened.drawn, opened.catalog.kinds)


def claims(opened: Opened) -> tuple[Claim, ...]:
    """Every claim of the design with what is known of it. Touches no machine."""
    known, design = records(opened), evidence.design_hash(opened.drawn)
    found = []
    for drill in drills(opened):
        record = evidence.last(known, opened.drawn.site, drill.name)
        found.append(Claim(drill, record, evidence.state(drill, record, design)))
    return tuple(found)


def chosen(opened: Opened, names: Sequence[str], *, every: bool) -> tuple[Drill, ...]:
    """Raises UsageError for a name that no drill has, and when nothing or two things are asked for."""
    known = {drill.name: drill for drill in drills(opened)}
    if every == bool(names):
        hint = "name drills, or say --all; `colonnade drill list` has them"
        raise UsageError("which drills?" if not every else "--all and a name ask for two things", hint=hint)
    for name in names:
        if name not in known:
            hint = f"{nearest(name, known)} `colonnade drill list` has them all".lstrip()
            raise UsageError(f"this design has no drill {name}", hint=hint)
    return tuple(known.values()) if every else tuple(known[name] for name in dict.fromkeys(names))


def refuse_real(opened: Opened, wanted: Sequence[Drill], *, real: bool, really: str) -> None:
    """Raises UsageError for machines that are no lab's, unless told twice; and for what only a lab can do."""
    if opened.drawn.needs_lab:
        return
    site = opened.drawn.site
    if not real or really != site:
        raise UsageError(
            "this design runs on machines of your own, and a drill breaks them on purpose",
            where=opened.drawn.path,
            hint=f"if you mean it: --on-real-machines --yes-really {site}",
        )
    only_lab = [drill.name for drill in wanted if drill.needs_lab]
    if only_lab:
        raise UsageError(
            f"only a lab can do that: {', '.join(only_lab)}",
            hint="on real machines drills go as far as processes: kill, reload, a broken configuration",
        )


def silent(machine: str, text: str, detail: str = "") -> None:
    """A Progress that tells no one: what a drill does is told in its own words."""


@dataclass(frozen=True)
class Range:
    """The running site, ready to be drilled. `tell` hears what happens: (drill, what)."""

    opened: Opened
    tell: Callable[[str, str], None]
    progress: Progress = silent

    @cached_property
    def site(self) -> Site:
        return site_of(self.opened)

    @cached_property
    def field(self) -> SiteField:
        return SiteField(self.opened, self.site, self.site.addresses, self.progress)

    @property
    def notes(self) -> Notes:
        return notes_of(self.opened)

    def heal_what_was_left(self) -> None:
        """Heal what a run that was killed left broken."""
        if self.notes.read():
            self.notes.heal(self.field, lambda what: self.tell("", f"an earlier run was killed, so: {what}"))

    def run(self, wanted: Sequence[Drill], done: Callable[[Record], None]) -> tuple[Record, ...]:
        """One after the other; each is in the ledger before the next begins."""
        found = []
        with alone(self.opened), ending_in_order():
            self.heal_what_was_left()
            for drill in wanted:
                record = self._run(drill)
                keep(ledger_of(self.opened), record)
                done(record)
                found.append(record)
        return tuple(found)

    def _run(self, drill: Drill) -> Record:
        tell: Tell = lambda what: self.tell(drill.name, what)  # noqa: E731
        own, run = self.field.own_addresses(drill), secrets.token_hex(4)
        with client(self.opened, self.site, run, self.site.addresses) as visitors:
            conductor = Conductor(self.field, visitors, self.notes, self.site.addresses, tell, undisturbed)
            before = self._terms(drill)
            ran, moments = conductor.run(drill)
            visits = visitors.stop()
        after = self._terms(drill)
        begun = None if before is None or after is None else after - before
        contents = self.field.contents(run) if visits.writes else None
        values = measure(visits, moments, own, contents, begun)
        when = datetime.now(UTC)
        kept = f"drills/{when:%Y%m%dT%H%M%S}-{drill.name.replace('/', '-')}.json"
        self.opened.folder.put(kept, timeline.of(visits, moments).text().encode())
        return self._record(drill, verdict(drill, ran, visits, values), values, when, kept)

    def _terms(self, drill: Drill) -> int | None:
        """Asked only where it is claimed, for it takes a second."""
        return self.field.terms() if "new_terms" in {limit.value for limit in drill.hypothesis} else None

    def _record(self, drill: Drill, found: Verdict, values: Values, when: datetime, kept: str) -> Record:
        return Record(
            site=self.opened.drawn.site,
            drill=drill.name,
            part=drill.part,
            claim=drill.claim,
            outcome=found.outcome,
            reason=found.reason,
            hypothesis=drill.as_json()["hypothesis"],
            values=values.as_json(),
            design=evidence.design_hash(self.opened.drawn),
            when=when.isoformat(timespec="seconds"),
            version=own_version(),
            timeline=kept,
        )


def heal_what_was_left(opened: Opened, tell: Callable[[str, str], None]) -> None:
    """For commands that drill nothing. Raises ColonnadeError while another command drills."""
    if notes_of(opened).read():
        with alone(opened):
            Range(opened, tell).heal_what_was_left()


def notes_of(opened: Opened) -> Notes:
    return Notes(opened.folder, opened.lab.name)


def alone(opened: Opened) -> AbstractContextManager[None]:
    return opened.folder.lock(f"colonnade drill (pid {os.getpid()})", LOCK)


def verdict(drill: Drill, ran: Ran, visits: Visits, values: Values) -> Verdict:
    if ran.unsteady:
        return invalid(ran.unsteady)
    if not visits.whole:
        return invalid("the client did not come to its end, so nobody knows what it would have seen")
    found = judge(drill.hypothesis, values)
    if ran.unhealed:
        reason = f"not well again after healing: {ran.unhealed}"
        return Verdict(Outcome.FAILED, found.findings, "; ".join(filter(None, (found.reason, reason))))
    return found


def own_version() -> str:
    try:
        return metadata.version("colonnade")
    except metadata.PackageNotFoundError:
        return "checkout"


@contextmanager
def ending_in_order() -> Iterator[None]:
    """SIGTERM and SIGHUP end it as Ctrl-C does: healed."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled(interrupt):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Nothing but SIGKILL interrupts; then the notes tell the next run."""
    with _handled(signal.SIG_IGN):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
