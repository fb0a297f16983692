"""The site's own certificate authority: what its certificates hold. `issuing` asks when one is to be made.

Importing this module loads `cryptography`, which costs a noticeable part of an `up` that has nothing to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3653
BACKDATED = timedelta(hours=1)
"""How far a machine's clock may be behind the operator's and still accept a new certificate."""


@dataclass(frozen=True)
class Subject:
    """What a leaf says of its holder. `addresses` are IP addresses as text."""

    common_name: str
    unit: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]


def new_key() -> str:
    """An unencrypted PKCS#8 key on P-256: every TLS library takes it, and its handshakes are small."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def self_signed(key_pem: str, now: datetime) -> str:
    """The CA's certificate. Its name holds a part of its key's digest, so that no two CAs share one.

    No name constraints: members' names are single labels (`web1`) that come and go, and the CA stays.
    """
    key = _load(key_pem)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Colonnade CA {identifier.digest.hex()[:8]}")])
    builder = (
        _builder(name, name, key.public_key(), now, now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
    )
    return _pem(builder.sign(key, hashes.SHA256()))


def sign(ca_pem: str, ca_key_pem: str, key_pem: str, subject: Subject, now: datetime, days: int) -> str:
    """A leaf for the holder of `key_pem`, for use as TLS server and TLS client; it never outlives the CA."""
    ca, ca_key, key = x509.load_pem_x509_certificate(ca_pem.encode()), _load(ca_key_pem), _load(key_pem)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, subject.unit),
            x509.NameAttribute(NameOID.COMMON_NAME, subject.common_name),
        ]
    )
    end = min(now + timedelta(days=days), ca.not_valid_after_utc)
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = (
        _builder(name, ca.subject, key.public_key(), now, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority(ca), critical=False)
    )
    alternatives = _alternatives(subject)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return _pem(builder.sign(ca_key, hashes.SHA256()))


def end_of(pem: str) -> datetime:
    return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc


def belong_together(cert_pem: str, key_pem: str) -> bool:
    """False also when either of them is damaged."""
    try:
        return x509.load_pem_x509_certificate(cert_pem.encode()).public_key() == _load(key_pem).public_key()
    except ValueError:
        return False


def _load(key_pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(key_pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not an EC key")  # noqa: TRY004 - like any other document that can't be what it should
    return key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(end)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(ca: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _alternatives(subject: Subject) -> Sequence[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in subject.names]
    return names + [x509.IPAddress(ip_address(address)) for address in subject.addresses]


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
