"""`colonnade db …`: a database whose members choose their primary themselves."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from colonnade.cli.options import AsJson, File, LabName
from colonnade.cli.report import MARKS, counted
from colonnade.cli.screen import Screen
from colonnade.errors import ColonnadeError, UsageError
from colonnade.verbs.database import Database, database_of
from colonnade.verbs.database_state import Member, State
from colonnade.verbs.opening import open_design

app = typer.Typer(
    help="A database that chooses its primary itself: how it is, and who leads.", no_args_is_help=True
)
WATCH_SECONDS = 1.0

Of = Annotated[
    str, typer.Option("--service", metavar="NAME", help="The database, where the design has several.")
]
Machine = Annotated[str, typer.Argument(help="A machine of the database.")]


@app.command()
def status(
    watch: Annotated[bool, typer.Option("--watch", help="Ask again each second until interrupted.")] = False,
    service: Of = "",
    file: File = None,
    lab: LabName = "",
    as_json: AsJson = False,
) -> None:
    """Show who leads, who follows and how far behind, and who would take over now.

    Exit codes: 0 writes are taken and a member could take over, 1 not so, 2 usage or bad design.
    """
    screen, database = Screen(quiet=as_json), database_of(open_design(file, lab), service)
    if watch:
        _watch(screen, database, as_json)
        return
    state = database.state()
    if as_json:
        screen.json(state.as_json())
    else:
        screen.out.print(_shown(state))
    if not state.safe:
        raise typer.Exit(1)


@app.command()
def switchover(
    to: Annotated[str, typer.Option("--to", metavar="MACHINE", help="Default: the standby.")] = "",
    service: Of = "",
    file: File = None,
    lab: LabName = "",
    as_json: AsJson = False,
) -> None:
    """Make another member the primary. Writes wait meanwhile; none is lost and none fails.

    Exit codes: 0 done, 1 no member could take over (nothing was changed), 2 usage or bad design.
    """
    done = database_of(open_design(file, lab), service).switchover(to)
    _ended(Screen(quiet=as_json), as_json, done, _led(done))


@app.command()
def failover(
    to: Annotated[str, typer.Option("--to", metavar="MACHINE", help="Who is to lead.")],
    force: Annotated[bool, typer.Option("--force", help="Do it, and not only show what is lost.")] = False,
    accept: Annotated[
        bool, typer.Option("--i-accept-loss", help="What the member lacks is lost for good.")
    ] = False,
    service: Of = "",
    file: File = None,
    lab: LabName = "",
    as_json: AsJson = False,
) -> None:
    """When nobody can take over: make a member lead that may lack what was acknowledged. Shows what is known
    to be lost; with both flags it does it.

    Exit codes: 0 done, 1 failed, 2 only shown, usage or bad design.
    """
    screen, database = Screen(quiet=as_json), database_of(open_design(file, lab), service)
    loss = database.loss(to)
    if not as_json:
        _tell_loss(screen, loss)
    if not (force and accept):
        if as_json:
            screen.json({"loss": loss, "done": None})
        raise UsageError(
            "nothing was changed",
            hint=f"bring {loss['leader']} back if you can; else: --to {to} --force --i-accept-loss",
        )
    if loss["has"] is None:
        raise ColonnadeError(loss["words"], hint=f"start {to}; `colonnade db status` shows it then")
    done = database.failover(loss)
    _ended(screen, as_json, {"loss": loss, "done": done}, _led(done))


@app.command()
def reinit(
    machine: Machine,
    yes: Annotated[bool, typer.Option("--yes", help="Do it, and not only say what is replaced.")] = False,
    service: Of = "",
    file: File = None,
    lab: LabName = "",
    as_json: AsJson = False,
) -> None:
    """Replace a member's data by a copy of the primary's. Goes on where it was if it is interrupted.

    Exit codes: 0 done, 1 failed, 2 only said, usage or bad design.
    """
    screen, database = Screen(quiet=as_json), database_of(open_design(file, lab), service)
    source = database.source_of(machine)
    what = f"The data of {machine} are replaced by a copy of {source}'s; it can't take over meanwhile."
    if not yes:
        raise UsageError(what[0].lower() + what[1:-1], where=machine, hint="if you mean it: --yes")
    screen.note(what)
    done = database.reinit(machine)
    _ended(screen, as_json, done, f"{machine} has a new copy, and follows {done['leader']}.")


@app.command()
def pause(service: Of = "", file: File = None, lab: LabName = "", as_json: AsJson = False) -> None:
    """No automatic action until `resume`: nobody takes over, nothing is restarted, no request carried out."""
    done = database_of(open_design(file, lab), service).pause(True)
    _ended(
        Screen(), as_json, done, "Automatic action is paused. Until `colonnade db resume` nobody takes over."
    )


@app.command()
def resume(service: Of = "", file: File = None, lab: LabName = "", as_json: AsJson = False) -> None:
    """Let members act by themselves again."""
    done = database_of(open_design(file, lab), service).pause(False)
    _ended(Screen(), as_json, done, "Members act by themselves again.")


@app.command()
def history(service: Of = "", file: File = None, lab: LabName = "", as_json: AsJson = False) -> None:
    """Show every term: who led, and after which transaction it began."""
    screen, terms = Screen(quiet=as_json), database_of(open_design(file, lab), service).history()
    if as_json:
        screen.json(terms)
        return
    table = Table.grid(padding=(0, 2))
    table.add_row("term", "leader", "began after transaction", "written by")
    for term in terms:
        start = term["start"]
        table.add_row(str(term["number"]), term["leader"], str(start["seq"]), start["origin"])
    screen.out.print(table)


def _ended(screen: Screen, as_json: bool, done: Mapping[str, Any], words: str) -> None:
    if as_json:
        screen.json(done)
    else:
        screen.say(words)


def _led(done: Mapping[str, Any]) -> str:
    if not done["seconds"]:
        return f"{done['leader']} leads already: there was nothing to do."
    return f"{done['leader']} leads. It took {done['seconds']:.2f} s."


def _tell_loss(screen: Screen, loss: Mapping[str, Any]) -> None:
    def shown(transaction: int | None) -> str:
        return "not known" if transaction is None else str(transaction)

    when = (
        f", at {datetime.fromtimestamp(loss['at'], UTC).astimezone():%Y-%m-%d %H:%M:%S %Z}"
        if loss["at"]
        else ""
    )
    table = Table.grid(padding=(0, 2))
    table.add_row(f"{loss['leader']} (led last)", f"{shown(loss['last'])}{when}, as it last said")
    table.add_row(loss["target"], shown(loss["has"]))
    screen.say("The last transaction that each had:")
    screen.out.print(table)
    screen.say(f"{loss['words'][0].upper()}{loss['words'][1:]}.", style="bold")
    if not loss["words"].startswith("nothing is lost"):
        screen.say(
            f"What {loss['leader']} took after it last said so is not known to anybody but {loss['leader']}."
        )


def _watch(screen: Screen, database: Database, as_json: bool) -> None:
    def look() -> State | ColonnadeError:
        try:
            return database.state()
        except ColonnadeError as error:
            return error

    if as_json or not screen.out.is_terminal:
        while True:
            state = look()
            document = state.as_json() if isinstance(state, State) else {"error": str(state)}
            screen.json(document) if as_json else screen.out.print(_looked(state))
            time.sleep(WATCH_SECONDS)
    with Live(_looked(look()), console=screen.out, auto_refresh=False, screen=True) as live:
        while True:
            time.sleep(WATCH_SECONDS)
            live.update(_looked(look()), refresh=True)


def _looked(state: State | ColonnadeError) -> Group:
    return _shown(state) if isinstance(state, State) else Group(Text(str(state), style="bold red"))


def _shown(state: State) -> Group:
    table = Table.grid(padding=(0, 2))
    for member in state.members:
        table.add_row(MARKS[member.well], member.machine, member.role or "-", _behind(member), member.reason)
    return Group(Text(_head(state), style="bold"), table, *(Text(line) for line in _feet(state)))


def _head(state: State) -> str:
    if not state.leader:
        return f"{state.service}: nobody leads; {state.data_of or 'nobody'} led in term {state.term}"
    lease = "" if state.lease_seconds is None else f"; its lease is good for {state.lease_seconds:.1f} s more"
    return f"{state.service}: {state.leader} leads in term {state.term}{lease}"


def _behind(member: Member) -> str:
    if member.role == "primary":
        return ""
    parts = [] if member.behind is None else [counted(member.behind, "transaction")]
    parts += [] if member.behind_seconds is None else [f"{member.behind_seconds:.1f} s"]
    return f"{', '.join(parts)} behind" if parts else ""


def _feet(state: State) -> list[str]:
    who = state.leader or state.data_of
    lines = [
        f"If {who} died now, {state.successor} would take over: {state.why}."
        if state.successor
        else f"If {who} died now, nobody could take over: {state.why}."
    ]
    if state.paused:
        lines.append("Automatic action is paused: `colonnade db resume` ends that.")
    if state.request:
        lines.append(f"Under way: {state.request['kind']} to {state.request['target']}.")
    if state.answered:
        outcome = "done" if state.answered["done"] else "refused"
        lines.append(f"The last request was {outcome}: {state.answered['reason']}.")
    return lines
