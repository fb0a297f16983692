"""Tells people what was found and done: one place for the words, so that all commands speak alike."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from rich.table import Table
from rich.text import Text

from colonnade.cli.screen import Screen
from colonnade.engine.converge import MachineOutcome, Outcome
from colonnade.engine.maintenance import Entry
from colonnade.verbs.opening import Opened, lab_name
from colonnade.verbs.status import Status

AT_REST = Text("-", style="dim")
MARKS = {True: Text("✓", style="green"), False: Text("✗", style="bold red"), None: Text("?", style="yellow")}


def readings(screen: Screen, opened: Opened) -> None:
    """How each drawn thing was understood."""
    if opened.drawn.readings:
        screen.note(f"{opened.drawn.path}:")
    for reading in opened.drawn.readings:
        screen.note(f"  line {reading.position.line}: read {reading.drawn!r} as {reading.read}")


def risen(screen: Screen, opened: Opened, found: Status, hosts: bool) -> None:
    """The end of `up`."""
    failures(screen, found.outcome)
    _members(screen, found)
    count = found.outcome.changes
    maintenance(screen, found.maintenance)
    done = f"{counted(count, 'change')} made." if count else "Nothing had to change."
    if not found.outcome.healthy:
        screen.say(
            f"\n{done} The site is NOT healthy: see above, mend it and run `up` again.", style="bold red"
        )
        return
    screen.say(f"\n{done} The site is up: {found.url}", style="bold green")
    _ways_in(screen, opened, found, hosts)


def _ways_in(screen: Screen, opened: Opened, found: Status, hosts: bool) -> None:
    site, address = found.site.design.site, found.site.addresses[0]
    browser = f"{found.url}  (trust the CA in {found.ca})"
    if not hosts:
        browser = f"{_command(opened, 'up')} --hosts  names it on this computer; trust the CA in {found.ca}"
    screen.say(f"\n  from a shell  curl --cacert {found.ca} --resolve {site}:443:{address} {found.url}")
    screen.say(f"  in a browser  {browser}")
    screen.say("\nWhat to try next:")
    tries = [("status", "who serves, and how they are"), ("diagram --live", "the design, coloured by health")]
    if opened.drawn.needs_lab:
        first = next(iter(found.site.design.machines))
        tries += [(f"lab kill {first}", "a power cut; `up` mends it"), ("down", "all of it gone again")]
    for verb, words in tries:
        screen.say(f"  {_command(opened, verb)}  # {words}")


def _command(opened: Opened, verb: str) -> str:
    """What to type: as this program was called, for this design and this lab."""
    lab = "" if opened.lab.name == lab_name(opened.drawn.site, Path.cwd()) else f" --lab {opened.lab.name}"
    return f"{os.environ.get('COLONNADE_COMMAND', 'colonnade')} {verb} -f {opened.drawn.path}{lab}"


def failures(screen: Screen, outcome: Outcome) -> None:
    for error in outcome.errors:
        screen.error(str(error))


def _members(screen: Screen, found: Status) -> None:
    """Every member people ask after, what ails first. What comes with every site takes a line only where it
    ails.
    """
    health, machines = found.outcome.health, list(found.drawn.machines)
    shown = [h for h in health if h.service in found.told or not h.well]
    table = Table.grid(padding=(0, 2))
    for member in sorted(shown, key=lambda h: (h.healthy is True, machines.index(h.machine))):
        mark = AT_REST if member.excused else MARKS[member.healthy]
        table.add_row(mark, member.service, member.machine, member.role, member.detail)
    quiet = dict.fromkeys(h.service for h in health if h not in shown)
    if quiet:
        table.add_row(MARKS[True], ", ".join(quiet), "", "", "well on every machine")
    screen.out.print(table)


def maintenance(screen: Screen, entries: Mapping[str, Entry]) -> None:
    """One line for each machine in maintenance."""
    for machine, entry in entries.items():
        since = f"{entry.since.astimezone():%Y-%m-%d %H:%M %Z}"
        screen.say(f"{machine} is in maintenance since {since}, by {entry.by}")


def status(screen: Screen, found: Status) -> None:
    failures(screen, found.outcome)
    _members(screen, found)
    maintenance(screen, found.maintenance)
    word = ("healthy", "green") if found.outcome.healthy else ("NOT healthy", "bold red")
    screen.say(f"\n{found.url} is {word[0]} ({', '.join(found.site.addresses)})", style=word[1])


def planned(screen: Screen, outcome: Outcome, diff: bool) -> None:
    failures(screen, outcome)
    for name, machine in outcome.machines.items():
        _changes(screen, name, machine, diff)
    machines = sum(1 for m in outcome.machines.values() if m.changes)
    if outcome.changes:
        changes = counted(outcome.changes, "change")
        screen.say(f"\n`up` would make {changes} on {counted(machines, 'machine')}.")
    elif not outcome.errors:
        screen.say("Every machine is as designed: `up` would change nothing.")


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _changes(screen: Screen, name: str, machine: MachineOutcome, diff: bool) -> None:
    if machine.changes:
        screen.say(name, style="bold")
    for change in machine.changes:
        screen.say(f"  {change.stage:<8} {change.action:<8} {change.resource}")
        if diff and change.diff:
            screen.say(
                "".join(f"      {line}\n" for line in change.diff.splitlines()).rstrip("\n"), style="dim"
            )


def changes_json(outcome: Outcome) -> Mapping[str, object]:
    """`changes` and `errors`, as `plan --json` and `up --json` have them."""
    return {
        "changes": [
            {"machine": name, "stage": c.stage, "action": c.action, "resource": c.resource, "diff": c.diff}
            for name, machine in outcome.machines.items()
            for c in machine.changes
        ],
        "errors": [
            {
                "machine": e.where,
                "unreachable": outcome.machines[e.where].unreachable,
                "message": e.message,
                "hint": e.hint,
            }
            for e in outcome.errors
        ],
    }
