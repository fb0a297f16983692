"""`db`: the members of a database that choose their primary themselves, asked and told by an operator."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from colonnade.errors import HostError, RemoteFailed, Unhealthy, UsageError
from colonnade.kit.elections import Elections
from colonnade.model.design import Service
from colonnade.verbs.database_state import Answer, State, state_of
from colonnade.verbs.opening import Opened

Json = dict[str, Any]
NOT_HEARD = 3
"""Exit code of a question that another member's machine may be able to answer."""
LOOK_SECONDS = 8.0
SWITCH_SECONDS = 60.0
REINIT_SECONDS = 4000.0
"""Longer than the machine itself waits."""


@dataclass(frozen=True)
class Database:
    opened: Opened
    service: Service
    elections: Elections

    def state(self) -> State:
        """As all members say, asked at once. Raises Unhealthy when none can say what all have in common."""
        members = self.service.members
        with ThreadPoolExecutor(max_workers=len(members)) as pool:
            return state_of(self.service.name, list(pool.map(self._overview, members)))

    def switchover(self, to: str = "") -> Json:
        self._member(to)
        return self._any(("switchover", *((to,) if to else ())), SWITCH_SECONDS)

    def loss(self, to: str) -> Json:
        """What is known to be lost if `to` is made to lead. Raises RemoteFailed while another leads."""
        self._member(to)
        return self._any(("loss", to), LOOK_SECONDS)

    def failover(self, loss: Json) -> Json:
        """For the state of things that `loss` was reckoned from."""
        return self._any(("failover", loss["target"], str(loss["revision"])), SWITCH_SECONDS)

    def pause(self, on: bool) -> Json:
        return self._any(("pause" if on else "resume",), LOOK_SECONDS)

    def history(self) -> Sequence[Json]:
        terms: Sequence[Json] = self._any(("cluster",), LOOK_SECONDS)["history"]
        return terms

    def source_of(self, machine: str) -> str:
        """Whose data would replace those of `machine`. Raises UsageError for those that count."""
        self._member(machine)
        leader = self.state().data_of
        if machine == leader:
            raise UsageError(
                f"{machine}'s data are those that count: there is no other copy to begin from",
                hint="if they are damaged, make another member the primary first: colonnade db switchover",
            )
        return leader

    def reinit(self, machine: str) -> Json:
        return self._ask(machine, ("reinit",), REINIT_SECONDS)

    # How a member's machine is asked

    def _member(self, machine: str) -> None:
        members = self.service.members
        if machine and machine not in members:
            raise UsageError(
                f"{machine} is no member of {self.service.name}", hint=f"its members: {', '.join(members)}"
            )

    def _overview(self, machine: str) -> Answer:
        try:
            said = self._ask(machine, ("overview",), LOOK_SECONDS)
        except RemoteFailed as error:
            return Answer(machine, reachable=True, trouble=error.message)
        except HostError as error:
            return Answer(machine, reachable=False, trouble=error.message)
        return Answer(machine, True, said["steward_trouble"], said["steward"], said["cluster"])

    def _any(self, words: tuple[str, ...], seconds: float) -> Json:
        """Of the first member's machine that can say. Nothing is begun twice by asking the next one too."""
        reasons = []
        for machine in self.service.members:
            try:
                return self._ask(machine, words, seconds)
            except NotHeard as error:
                reasons.append(f"{machine}: {error.message}")
            except RemoteFailed:
                raise
            except HostError as error:
                reasons.append(f"{machine}: {error.message}")
        listing = "".join(f"\n  - {reason}" for reason in reasons)
        raise Unhealthy(
            f"no machine of {self.service.name} could answer:{listing}", hint="see `colonnade status`"
        )

    def _ask(self, machine: str, words: tuple[str, ...], seconds: float) -> Json:
        """Raises Unreachable, NotHeard, RemoteFailed with what the machine said."""
        host = self.opened.ground.host(machine)
        done = host.run((*self.elections.argv, *words), timeout=seconds)
        if done.exit:
            said = done.stderr.strip().splitlines()
            why = said[-1] if said else f"exit {done.exit}"
            raise NotHeard(why, where=machine) if done.exit == NOT_HEARD else RemoteFailed(why)
        answer: Json = json.loads(done.stdout)
        return answer


class NotHeard(RemoteFailed):
    """The machine could not ask the voters; another may."""


def database_of(opened: Opened, name: str = "") -> Database:
    """The service of that name, or the only one there is. Raises UsageError where nobody is elected."""
    found = []
    for service in opened.design.services.values():
        elections = opened.catalog.rooms[service.kind].elections(service)
        if elections and name in ("", service.name):
            found.append(Database(opened, service, elections))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(each.service.name for each in found)
        raise UsageError("which database?", hint=f"say --service; this design has {names}")
    raise _nobody_elects(opened, name)


def _nobody_elects(opened: Opened, name: str) -> UsageError:
    kinds = opened.catalog.kinds
    there = [s for s in opened.design.services.values() if kinds[s.kind].replicated and name in ("", s.name)]
    if not there:
        what = f"there is no database {name}" if name else "this design has no database"
        return UsageError(what, where=opened.drawn.path)
    service = there[0]
    if len(service.members) == 1:
        why = "it has one member"
        hint = "give it a replica: `colonnade harden` does, and says what it costs"
    else:
        why = "there are no voters"
        hint = "three machines must vote: `colonnade review` says what is missing, `colonnade harden` adds it"
    return UsageError(f"{service.name} has no automatic failover: {why}", where=opened.drawn.path, hint=hint)
