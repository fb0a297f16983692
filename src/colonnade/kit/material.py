"""What a site has that its design can't say: addresses, secrets, certificates. Read by rooms through the
view.

Rooms that make material (the pki room) are handed a `Store`; where its bytes live is the engine's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from colonnade.model.addresses import Addresses, Line

__all__ = ["Addresses", "Issued", "Line", "Material", "Store"]


@dataclass(frozen=True)
class Issued:
    """A certificate in PEM: `chain` (leaf first), its unencrypted PKCS#8 `key`, and the `ca` that signed
    it.
    """

    chain: str
    key: str
    ca: str


class Store(Protocol):
    """Small named documents kept beside the design, private to the operator. Names may hold slashes."""

    def get(self, name: str) -> bytes | None: ...

    def put(self, name: str, content: bytes) -> None:
        """Write whole or not at all."""
        ...


@dataclass(frozen=True)
class Material:
    """`operator`: the address that SSH comes from, as machines see it, empty when unknown (then any may
    try). `maintained`: the machines in maintenance. `witnesses`: addresses far outside the site that
    answer DNS.
    """

    addresses: Mapping[str, Addresses]
    secrets: Mapping[str, str]
    certificates: Mapping[str, Issued]
    operator: str = ""
    maintained: frozenset[str] = frozenset()
    witnesses: tuple[str, ...] = ()
