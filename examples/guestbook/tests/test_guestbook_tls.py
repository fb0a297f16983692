"""The database connection over TLS: both sides are verified, and a renewed certificate needs no restart."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from guestbook_servers import PASSWORD, MariaDB, free_port
from sqlalchemy import text

from guestbook.database import Failure, Limits, Source
from guestbook.faults import Fault


def openssl(*argv: str) -> None:
    subprocess.run(["openssl", *argv], check=True, capture_output=True)


def authority(folder: Path, name: str) -> None:
    subject = ["-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"]
    usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *usage)


def certificate(folder: Path, name: str, ca: str, alternative: str = "") -> None:
    request = ["-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr"]
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", *request)
    (folder / "ext").write_text(
        f"subjectAltName={alternative or 'DNS:' + name}\nauthorityKeyIdentifier=keyid\n"
    )
    sign = [
        "-CA",
        f"{folder}/{ca}.pem",
        "-CAkey",
        f"{folder}/{ca}.key",
        "-extfile",
        f"{folder}/ext",
        "-days",
        "2",
    ]
    openssl("x509", "-req", "-in", f"{folder}/{name}.csr", "-out", f"{folder}/{name}.pem", *sign)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority(tmp_path, "ca")
    authority(tmp_path, "other")
    certificate(tmp_path, "server", "ca", "IP:127.0.0.1")
    certificate(tmp_path, "client", "ca")
    return tmp_path


@pytest.fixture
def server(template: Path, folder: Path) -> Iterator[MariaDB]:
    files = [f"--ssl-ca={folder}/ca.pem", f"--ssl-cert={folder}/server.pem", f"--ssl-key={folder}/server.key"]
    with MariaDB("db1", template, folder / "db1", free_port(), *files) as running:
        running.sql(f"CREATE USER tls@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' REQUIRE X509")
        running.sql("GRANT ALL ON guestbook.* TO tls@'127.0.0.1'")
        yield running


def cipher(server: MariaDB, folder: Path, ca: str, client: str, host: str = "127.0.0.1") -> str:
    files = f"ssl_ca={folder}/{ca}.pem&ssl_cert={folder}/{client}.pem&ssl_key={folder}/{client}.key"
    url = f"mysql://tls:p%3Aw%2Fd@{host}:{server.port}/guestbook?{files}"
    source = Source("tls", url, Limits(2, 2), transactional=False, primary=True)
    try:
        return source.run(
            lambda link: str(link.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1])
        ).value
    finally:
        source.close()


def test_both_sides_are_verified(server: MariaDB, folder: Path) -> None:
    assert cipher(server, folder, "ca", "client")
    with pytest.raises(Failure, match="CERTIFICATE_VERIFY_FAILED"):
        cipher(server, folder, "other", "client")
    with pytest.raises(Failure, match="(?i)host ?name"):
        cipher(server, folder, "ca", "client", host="localhost")
    certificate(folder, "stranger", "other")
    with pytest.raises(Failure):
        cipher(server, folder, "ca", "stranger")


def test_a_certificate_that_is_just_being_replaced_is_waited_for(server: MariaDB, folder: Path) -> None:
    (folder / "client.key").rename(folder / "moved.key")
    with pytest.raises(Failure) as caught:
        cipher(server, folder, "ca", "client")
    assert caught.value.fault is Fault.LOST
    (folder / "moved.key").rename(folder / "client.key")
    assert cipher(server, folder, "ca", "client")
