"""The contract every room fulfils. The catalog finds the rooms; the engine asks each the same questions, in
two passes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar, cast

from colonnade.kit.builds import Build
from colonnade.kit.checks import Ask, Check
from colonnade.kit.claims import CertificateNeed, Claims
from colonnade.kit.elections import Elections
from colonnade.kit.material import Addresses, Issued, Store
from colonnade.kit.orders import Order
from colonnade.kit.resources import Resource
from colonnade.kit.stages import Stage
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind, Settings

Resources = Mapping[Stage, Sequence[Resource]]

S = TypeVar("S", bound=Settings)


class Component(ABC, Generic[S]):
    """One real program. Every method but `issue` is a pure function of its arguments.

    A room is one folder; its `component.py` ends with `COMPONENT = TheClass()`, and that is all the catalog
    looks for.
    """

    kind: Kind
    packages: tuple[str, ...] = ()
    """Debian packages of the machines that hold a member; the lab's image has those of all rooms."""

    def settings(self, service: Service) -> S:
        return cast(S, service.settings)

    def implied(self, design: Design) -> Sequence[Service]:
        """Services of this kind that come with every such site though no one draws them."""
        del design
        return ()

    @abstractmethod
    def claims(self, service: Service, design: Design) -> Claims:
        """Pass 1. `design` holds the implied services."""

    def ask(self, service: Service, sql: str) -> Ask | None:
        """How root on a member's machine reads rows of the app's database; None: there is none here."""
        del service, sql
        return None

    def elections(self, service: Service) -> Elections | None:
        """How the members that choose their primary themselves are asked; None: these do not."""
        del service
        return None

    def builds(self, service: Service) -> Build | None:
        """What must be built on the operator's side before pass 2."""
        del service
        return None

    def issue(
        self,
        needs: Sequence[CertificateNeed],
        addresses: Mapping[str, Addresses],
        store: Store,
        now: datetime,
    ) -> Mapping[str, Issued]:
        """Certificates for all needs, by id: kept ones while they last, new ones into `store`. Only the pki
        room answers.
        """
        del needs, addresses, store, now
        return {}

    @abstractmethod
    def resources(self, service: Service, machine: str, view: View) -> Resources:
        """Pass 2: the desired state of this member's machine, as far as this room is concerned."""

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        """How to find out whether this member works; all must be healthy."""
        del service, machine, view
        return ()

    def settled(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        """How to find out whether what a reload left behind has ended: while a process with the configuration
        before that still serves, the member still sends where that says.
        """
        del service, machine, view
        return ()

    def leaving(self, service: Service, machine: str, view: View) -> Sequence[Order]:
        """What is run before anyone is told that this member goes into maintenance: it hands over what only
        one can hold. An order for the machine itself is left out where that can't be reached.
        """
        del service, machine, view
        return ()

    def returned(self, service: Service, machine: str, view: View) -> Sequence[Order]:
        """What is run, in this order, once this member serves again after maintenance: the others hand back
        what they hold for it, so that no request under way is lost. Machines in maintenance are left out.
        """
        del service, machine, view
        return ()

    def held(self, service: Service, machine: str, role: str, view: View) -> str:
        """Why the site can't do without this member just now, and what would have to happen first; empty when
        it can. Maintenance asks before it takes the machine: `view` already has it among the maintained;
        `role` is what the member says it is, empty when it says nothing.
        """
        del service, machine, role, view
        return ""
