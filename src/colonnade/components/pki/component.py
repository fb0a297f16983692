"""The site's certificates: which last, which are made anew, and what of them lies on each machine.

This room answers every `CertificateNeed` that rooms claim. The CA's key stays on the operator's side.
A room that names a `reader` brings that group, by one of its packages or by a `User` in stage GROUND.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from colonnade.components.pki import issuing
from colonnade.components.pki.health import SCRIPT, lifetimes
from colonnade.kit.checks import Check
from colonnade.kit.claims import CA_FILE, PKI, CertificateNeed, Claims
from colonnade.kit.component import Component, Resources
from colonnade.kit.material import Addresses, Issued, Store
from colonnade.kit.resources import Directory, File, Resource
from colonnade.kit.stages import Stage
from colonnade.kit.view import View
from colonnade.model.design import Design, Service
from colonnade.model.kinds import Kind, NoSettings


class Pki(Component[NoSettings]):
    kind = Kind("pki", "certificate authority", drawn=False, provides=("tls-inside", "renewal"))
    packages = ("openssl",)

    def implied(self, design: Design) -> Sequence[Service]:
        return (Service("pki", self.kind.name, tuple(design.machines), NoSettings()),)

    def claims(self, service: Service, design: Design) -> Claims:
        del service, design
        return Claims()

    def issue(
        self,
        needs: Sequence[CertificateNeed],
        addresses: Mapping[str, Addresses],
        store: Store,
        now: datetime,
    ) -> Mapping[str, Issued]:
        return issuing.issue(needs, addresses, store, now)

    def resources(self, service: Service, machine: str, view: View) -> Resources:
        del service
        needs = _needs(machine, view)
        found: list[Resource] = [Directory(PKI)]
        if view.material.certificates:
            ca = next(iter(view.material.certificates.values())).ca
            found.append(File(CA_FILE, ca.encode()))
        for need in needs:
            found += _certificate(need, view.certificate(need.id))
        return {Stage.GROUND: found}

    def checks(self, service: Service, machine: str, view: View) -> Sequence[Check]:
        needs = _needs(machine, view)
        if not needs:
            return ()
        argv = ("sh", "-c", SCRIPT, "sh", CA_FILE, *(need.files.chain for need in needs))
        return (Check(service.name, argv, lifetimes),)


def _needs(machine: str, view: View) -> Sequence[CertificateNeed]:
    return sorted((n for n in view.claims.certificates if machine in n.machines), key=lambda n: n.id)


def _certificate(need: CertificateNeed, issued: Issued) -> Sequence[Resource]:
    bundle = issued.chain + issued.key
    return (
        Directory(need.files.folder),
        File(need.files.chain, issued.chain.encode()),
        File(need.files.key, issued.key.encode(), mode=0o640, group=need.reader, secret=True),
        File(need.files.bundle, bundle.encode(), mode=0o640, group=need.reader, secret=True),
    )


COMPONENT = Pki()
