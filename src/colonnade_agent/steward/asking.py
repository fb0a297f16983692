"""What an operator's side asks on a database machine: `steward ORDER QUESTION …`, an answer in JSON.

    status                      what this machine's steward knows
    cluster                     what all have in common: roles, positions, terms, who would take over
    overview                    both, each with what stood in its way
    loss MEMBER                 what that member lacks if it is made to lead
    settled SECONDS             waits until this member leads and serves, or follows; exits 1 if it never does
    switchover [MEMBER]         another member is to lead; waits for what became of it
    failover MEMBER REVISION    leads though it may lack what was acknowledged; for that state of things only
    pause, resume               no automatic action, and again
    may-stand-down              exits 1 if this member leads and no other can take over
    stand-down                  another member leads, if this one does
    caught-up SECONDS           waits until some member beside the leader has every commit; exits 1 if none
    restart                     the database anew, with its leader changed before; one member at a time
    reinit                      this member's data are replaced by a copy of the leader's

Every question can be asked again: nothing is begun twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from http.client import HTTPConnection, HTTPException
from typing import Any, Literal

from colonnade_agent.etcd.client import Client
from colonnade_agent.etcd.connection import Connect, mutual_tls
from colonnade_agent.etcd.errors import EtcdError
from colonnade_agent.etcd.values import Delete, Put, Txn, absent
from colonnade_agent.steward.keys import Keys
from colonnade_agent.steward.order import Order
from colonnade_agent.steward.protocol.prospect import loss, successor
from colonnade_agent.steward.protocol.store import Request, Store

Json = dict[str, Any]
SWITCH_SECONDS = 30.0
RESTART_SECONDS = 300.0
POLL_SECONDS = 0.1
REINIT = "reinit"
"""A file in the runtime folder: an operator wants this member's data replaced."""


class Unanswered(Exception):
    """Why it could not be done."""


class Asking:
    """One question of an operator, on one member's machine. `kill` ends this machine's database."""

    def __init__(self, told: Order, kill: Callable[[], object]) -> None:
        self._told, self._kill = told, kill
        self._me = told.settings.name
        self._keys = Keys(told.cluster, self._me)
        files = told.files
        connect = mutual_tls(files.ca, files.certificate, files.key, told.etcd_server_name)
        self._connect: Connect = mutual_tls(files.ca, files.certificate, files.key, told.server_name)
        self._client = Client(told.etcd, connect)

    def answer(self, words: Sequence[str]) -> Json:
        """Raises Unanswered, EtcdError."""
        question, *about = words
        answers: dict[str, Callable[..., Json]] = {
            "status": self.status,
            "cluster": self.cluster,
            "overview": self.overview,
            "loss": self.loss,
            "settled": self.settled,
            "switchover": self.switchover,
            "failover": self.failover,
            "pause": lambda: self.pause(True),
            "resume": lambda: self.pause(False),
            "may-stand-down": self.may_stand_down,
            "stand-down": self.stand_down,
            "caught-up": self.caught_up,
            "restart": self.restart,
            "reinit": self.reinit,
        }
        if question not in answers:
            raise Unanswered(f"no such question: {question}")
        return answers[question](*about)

    def status(self) -> Json:
        at = self._told.listen
        http = HTTPConnection(at.host, at.port, timeout=2)
        http.auto_open = 0
        try:
            http.sock = self._connect(at, 2.0)
            with closing(http):
                http.request("GET", "/status")
                said: Json = json.loads(http.getresponse().read())
                return said
        except (OSError, HTTPException, ValueError) as error:
            raise Unanswered(f"the steward on {self._me} does not answer: {error}") from error

    def cluster(self) -> Json:
        snapshot = self._client.read(self._keys.prefix)
        answered = snapshot.keys.get(self._keys.answered)
        store = self._keys.store(snapshot)
        return {
            **asdict(store),
            "now": snapshot.revision,
            "expected": sorted(self._told.settings.members),
            "successor": asdict(successor(store, self._told.settings.members)),
            "reached": {name: asdict(each) for name, each in self._keys.reached(snapshot).items()},
            "answered": json.loads(answered.value) if answered else None,
        }

    def overview(self) -> Json:
        """Two halves, each an object, or null with its `…_trouble`."""
        found: Json = {}
        for half, question in (("steward", self.status), ("cluster", self.cluster)):
            try:
                found |= {half: question(), f"{half}_trouble": ""}
            except (Unanswered, EtcdError) as error:
                found |= {half: None, f"{half}_trouble": str(error)}
        return found

    def loss(self, target: str) -> Json:
        snapshot = self._client.read(self._keys.prefix)
        store = self._keys.store(snapshot)
        if store.leader:
            raise Unanswered(
                f"{store.leader.name} leads: there is nothing to force (a switchover loses nothing)"
            )
        return asdict(loss(store, self._keys.reached(snapshot), target))

    def settled(self, seconds: str) -> Json:
        return self._until(float(seconds), self._settled, f"{self._me} neither leads nor follows")

    def switchover(self, target: str = "") -> Json:
        store = self._active()
        standby = store.sync.standby.name if store.sync and store.sync.standby else ""
        target = target or standby
        if store.sync and store.sync.leader == target and target:
            return {"leader": target, "seconds": 0.0, "reason": f"{target} leads already"}
        if not standby:
            why = successor(store, self._told.settings.members).reason
            raise Unanswered(f"no member has every commit, so none can take over: {why}")
        if target != standby:
            raise Unanswered(f"{target} is not sure to have every commit: {standby} is")
        return self._wish("switchover", target, store.sync_revision)

    def failover(self, target: str, revision: str) -> Json:
        """`revision` is that of the sync set which the operator was shown."""
        self._active()
        return self._wish("failover", target, int(revision))

    def pause(self, on: bool) -> Json:
        change = Put(self._keys.paused, b"{}") if on else Delete(self._keys.paused)
        self._client.commit(Txn((), (change,)))
        return {"paused": on}

    def may_stand_down(self) -> Json:
        store = self._read()
        if store.sync is None or store.sync.leader != self._me:
            return {"leads": False}
        found = successor(store, self._told.settings.members)
        if not found.name:
            raise Unanswered(f"it is the primary, and no other member could take over: {found.reason}")
        return {"leads": True, "successor": found.name}

    def stand_down(self) -> Json:
        store = self._read()
        if store.sync is None or store.sync.leader != self._me:
            return {"leader": store.sync.leader if store.sync else "", "reason": f"{self._me} does not lead"}
        return self.switchover()

    def caught_up(self, seconds: str) -> Json:
        def attempt() -> Json:
            found = successor(self._read(), self._told.settings.members)
            return asdict(found) if found.name else {}

        return self._until(float(seconds), attempt, "no member beside the primary has every commit yet")

    def restart(self) -> Json:
        """Nobody else restarts meanwhile: that is what the lease-bound key is for."""
        self._active()  # while it is paused, nobody would start it again
        lease = self._client.grant(30)
        key = f"{self._keys.prefix}restarting"
        try:
            self._until(RESTART_SECONDS, lambda: self._took(key, lease), "another member restarts")
            return self._restart(lease)
        finally:
            self._client.revoke(lease)

    def reinit(self) -> Json:
        store = self._active()
        if store.sync is None or store.sync.leader == self._me:
            raise Unanswered(f"{self._me}'s data are those that count: there is no other copy to begin from")
        (self._told.runtime / REINIT).touch()
        self._kill()
        return self._until(
            RESTART_SECONDS * 12,
            lambda: {} if (self._told.runtime / REINIT).exists() else self._settled(),
            f"{self._me} has no copy yet",
        )

    def _restart(self, lease: int) -> Json:
        began = time.monotonic()
        while (store := self._read()).sync and store.sync.leader == self._me:
            self._client.keep_alive(lease)
            if store.sync.standby is None and not _others(store, self._me):
                break  # alone: nobody can stand in
            if store.sync.standby:
                self.switchover()
            if time.monotonic() > began + RESTART_SECONDS:
                raise Unanswered(f"{self._me} still leads: no other member could take over")
            time.sleep(POLL_SECONDS)
        self._kill()
        time.sleep(1.0)
        return self._until(RESTART_SECONDS, lambda: self._back(lease), f"{self._me} is not back")

    def _back(self, lease: int) -> Json:
        self._client.keep_alive(lease)
        return self._settled()

    def _settled(self) -> Json:
        try:
            said = self.status()
        except Unanswered:
            return {}
        return said if said["primary"] or said["behind_seconds"] is not None else {}

    def _took(self, key: str, lease: int) -> Json:
        took = self._client.commit(Txn((absent(key),), (Put(key, self._me.encode(), lease),))).succeeded
        self._client.keep_alive(lease)
        return {"took": True} if took else {}

    def _wish(self, kind: Literal["switchover", "failover"], target: str, sync_revision: int) -> Json:
        """Puts it, or finds it put, and waits for what becomes of it. It is taken back if nothing does: it
        must not come true when nobody expects it any more.
        """
        began, asked = time.monotonic(), self._put(Request(kind, target, 0, sync_revision))
        try:
            answer = self._until(SWITCH_SECONDS, lambda: self._answered(asked), f"{target} does not lead yet")
        except Unanswered:
            self._client.commit(self._keys.withdraw(asked))
            raise
        if not answer["done"]:
            raise Unanswered(answer["reason"])
        return {"leader": target, "seconds": round(time.monotonic() - began, 3), "reason": answer["reason"]}

    def _put(self, wish: Request) -> int:
        """The revision of the request that is there then."""
        done = self._client.commit(self._keys.ask(wish))
        if done.succeeded:
            return done.revision
        there = self._read().request
        if there is None or (there.kind, there.target) != (wish.kind, wish.target):
            raise Unanswered("another request is under way")
        return there.revision

    def _answered(self, asked: int) -> Json:
        found = self._client.read(self._keys.answered).keys.get(self._keys.answered)
        said: Json = json.loads(found.value) if found else {}
        return said if said.get("request") == asked else {}

    def _read(self) -> Store:
        return self._keys.store(self._client.read(self._keys.prefix))

    def _active(self) -> Store:
        store = self._read()
        if store.paused:
            raise Unanswered("automatic action is paused, so nobody would do it")
        return store

    def _until(self, seconds: float, attempt: Callable[[], Json], what: str) -> Json:
        deadline, trouble = time.monotonic() + seconds, ""
        while True:
            try:
                if answer := attempt():
                    return answer
            except EtcdError as error:
                trouble = f": {error}"
            if time.monotonic() > deadline:
                raise Unanswered(f"after {seconds:g} s: {what}{trouble}")
            time.sleep(POLL_SECONDS)


def _others(store: Store, me: str) -> bool:
    return any(name != me for name in store.members)
