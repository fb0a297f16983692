"""Which certificates last and which are made anew, kept in the operator's store.

    pki/ca.key  pki/ca.pem  pki/ca.json                   the CA; its key never leaves the store
    pki/leaf/ID.key  pki/leaf/ID.pem  pki/leaf/ID.json    one certificate

The JSON is a receipt, written last: digests of what the certificate was made from and of the two documents
before it. A run that was killed leaves none that fits, and the next makes the certificate again. While all
receipts fit nothing is parsed, and `cryptography` isn't even imported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from colonnade.errors import StateError
from colonnade.kit.claims import CertificateNeed
from colonnade.kit.material import Addresses, Issued, Store

CA_LAST_DAYS = 365
"""A CA that ends sooner than this is replaced, and all certificates with it."""


@dataclass(frozen=True)
class Pair:
    certificate: str
    key: str


@dataclass(frozen=True)
class Receipt:
    """`until` is when the certificate ends, in ISO 8601; the other fields are SHA-256 in hex."""

    inputs: str
    certificate: str
    key: str
    until: str


def issue(
    needs: Sequence[CertificateNeed], addresses: Mapping[str, Addresses], store: Store, now: datetime
) -> Mapping[str, Issued]:
    if not needs:
        return {}
    ca = _authority(store, now)
    issued = {}
    for need in needs:
        leaf = _leaf(need, addresses, ca, store, now)
        issued[need.id] = Issued(leaf.certificate, leaf.key, ca.certificate)
    return issued


def _authority(store: Store, now: datetime) -> Pair:
    kept = _kept(store, "pki/ca", "", now, timedelta(days=CA_LAST_DAYS))
    if kept:
        return kept
    from colonnade.components.pki import authority  # noqa: PLC0415 - slow to import, seldom needed

    certificate, key = _text(store, "pki/ca.pem"), _text(store, "pki/ca.key")
    if certificate:
        if not authority.belong_together(certificate, key):
            raise StateError(
                "the site's CA is damaged: its certificate and its key don't belong together",
                where="pki/ca.pem",
                hint="restore pki/ca.pem and pki/ca.key from one backup; without both, `up` makes a new CA",
            )
        until = authority.end_of(certificate)
        if until - now > timedelta(days=CA_LAST_DAYS):
            return _put(store, "pki/ca", "", Pair(certificate, key), until)
        # The old certificate goes before the new key comes: a run killed in between leaves no odd pair.
        store.put("pki/ca.pem", b"")
    key = authority.new_key()
    certificate = authority.self_signed(key, now)
    return _put(store, "pki/ca", "", Pair(certificate, key), authority.end_of(certificate))


def _leaf(
    need: CertificateNeed, addresses: Mapping[str, Addresses], ca: Pair, store: Store, now: datetime
) -> Pair:
    inside = tuple(addresses[machine].inside for machine in need.addresses_of)
    name = f"pki/leaf/{need.id}"
    inputs = _digest(
        json.dumps([need.common_name, need.unit, need.names, inside, need.days, _digest(ca.certificate)])
    )
    kept = _kept(store, name, inputs, now, timedelta(days=need.days) / 3)
    if kept:
        return kept
    from colonnade.components.pki import authority  # noqa: PLC0415 - slow to import, seldom needed

    key = authority.new_key()
    subject = authority.Subject(need.common_name, need.unit, need.names, inside)
    certificate = authority.sign(ca.certificate, ca.key, key, subject, now, need.days)
    return _put(store, name, inputs, Pair(certificate, key), authority.end_of(certificate))


def _kept(store: Store, name: str, inputs: str, now: datetime, spare: timedelta) -> Pair | None:
    """The pair under `name`, if it is whole, made from these inputs, and has more than `spare` left."""
    pair = Pair(_text(store, f"{name}.pem"), _text(store, f"{name}.key"))
    receipt = _receipt(_text(store, f"{name}.json"))
    if receipt is None or datetime.fromisoformat(receipt.until) - now <= spare:
        return None
    fits = receipt == Receipt(inputs, _digest(pair.certificate), _digest(pair.key), receipt.until)
    return pair if fits else None


def _receipt(text: str) -> Receipt | None:
    try:
        receipt = Receipt(**json.loads(text))
        datetime.fromisoformat(receipt.until)
    except (ValueError, TypeError):
        return None
    return receipt


def _put(store: Store, name: str, inputs: str, pair: Pair, until: datetime) -> Pair:
    receipt = Receipt(inputs, _digest(pair.certificate), _digest(pair.key), until.isoformat())
    store.put(f"{name}.key", pair.key.encode())
    store.put(f"{name}.pem", pair.certificate.encode())
    store.put(f"{name}.json", json.dumps(asdict(receipt), indent=1).encode())
    return pair


def _text(store: Store, name: str) -> str:
    return (store.get(name) or b"").decode()


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
