"""The site's certificates over years, changes of the design, and runs that were killed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, VerificationError
from cryptography.x509.verification import Store as Trust

from colonnade.components.pki.component import COMPONENT
from colonnade.components.pki.health import SCRIPT, lifetimes
from colonnade.errors import StateError
from colonnade.kit.checks import Answer
from colonnade.kit.claims import CA_FILE, CertificateNeed, Claims
from colonnade.kit.material import Addresses, Issued
from colonnade.kit.resources import Directory, File, Resource
from colonnade.kit.stages import Stage
from colonnade.kit.testing import view_of
from colonnade.model.design import Design, Machine, Service
from colonnade.model.kinds import NoSettings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADDRESSES = {"web1": Addresses("10.0.0.1"), "web2": Addresses("10.0.0.2"), "lb1": Addresses("10.0.0.3")}
WEB1 = CertificateNeed(
    "web-web1", "web1", "web", ("web1",), ("web1", "web.internal"), addresses_of=("web1",), reader="www-data"
)
DOOR = CertificateNeed("door", "www.foobar.com", "door", ("lb1",), ("www.foobar.com",), reader="haproxy")
NEEDS = (WEB1, DOOR)


class Killed(Exception):
    pass


class Memory(dict[str, bytes]):
    """A store that lasts for `puts` more writes, and then the run is killed."""

    puts = 1_000_000

    def put(self, name: str, content: bytes) -> None:
        if self.puts == 0:
            raise Killed
        self.puts -= 1
        self[name] = content


def issue(store: Memory, *needs: CertificateNeed, days: float = 0) -> dict[str, Issued]:
    return dict(COMPONENT.issue(needs, ADDRESSES, store, NOW + timedelta(days=days)))


def verify(issued: Issued, name: str, at: datetime = NOW) -> None:
    """As a TLS library would, both as server and as client; and the key is the certificate's."""
    ca, leaf = (x509.load_pem_x509_certificate(pem.encode()) for pem in (issued.ca, issued.chain))
    policy = PolicyBuilder().store(Trust([ca])).time(at)
    policy.build_server_verifier(x509.DNSName(name)).verify(leaf, [])
    policy.build_client_verifier().verify(leaf, [])
    assert load_pem_private_key(issued.key.encode(), None).public_key() == leaf.public_key()


def test_a_certificate_says_what_was_needed_and_verifies() -> None:
    issued = issue(Memory(), *NEEDS)
    verify(issued["web-web1"], "web.internal")
    verify(issued["door"], "www.foobar.com")
    leaf = x509.load_pem_x509_certificate(issued["web-web1"].chain.encode())
    said = {a.oid: a.value for a in leaf.subject}
    assert said == {NameOID.COMMON_NAME: "web1", NameOID.ORGANIZATIONAL_UNIT_NAME: "web"}
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["web1", "web.internal"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.0.0.1")]
    assert leaf.not_valid_before_utc < NOW
    assert leaf.not_valid_after_utc == NOW + timedelta(days=90)


def test_another_name_or_another_ca_does_not_verify() -> None:
    issued, foreign = issue(Memory(), WEB1)["web-web1"], issue(Memory(), WEB1)["web-web1"]
    with pytest.raises(VerificationError):
        verify(issued, "app.internal")
    with pytest.raises(VerificationError):
        verify(replace(issued, ca=foreign.ca), "web.internal")


def test_the_ca_can_sign_certificates_but_no_further_ca() -> None:
    ca = x509.load_pem_x509_certificate(issue(Memory(), WEB1)["web-web1"].ca.encode())
    basic = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical
    assert (basic.value.ca, basic.value.path_length) == (True, 0)


def test_the_ca_key_is_in_no_certificate_and_in_no_resource() -> None:
    store = Memory()
    issued = issue(store, *NEEDS)
    assert all(store["pki/ca.key"].decode() not in (i.chain + i.key + i.ca) for i in issued.values())


def test_nothing_to_issue_is_no_ca() -> None:
    store = Memory()
    assert issue(store) == {}
    assert not store


def test_kept_while_two_thirds_last_without_loading_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Memory()
    first = issue(store, *NEEDS)
    before = dict(store)
    monkeypatch.setitem(sys.modules, "colonnade.components.pki.authority", None)
    assert issue(store, *NEEDS, days=59.9) == first
    assert store == before


def test_renewed_when_a_third_is_left() -> None:
    store = Memory()
    first, later = issue(store, *NEEDS), issue(store, *NEEDS, days=60)
    assert all(later[i].chain != first[i].chain and later[i].ca == first[i].ca for i in first)
    verify(later["door"], "www.foobar.com", NOW + timedelta(days=149))


@pytest.mark.parametrize(
    "changed",
    [
        replace(WEB1, names=("web1", "web.internal", "more.internal")),
        replace(WEB1, unit="app"),
        replace(WEB1, common_name="web9"),
        replace(WEB1, addresses_of=("web2",)),
        replace(WEB1, days=30),
    ],
)
def test_only_what_changed_is_renewed(changed: CertificateNeed) -> None:
    store = Memory()
    first, second = issue(store, *NEEDS), issue(store, changed, DOOR)
    assert second["web-web1"].chain != first["web-web1"].chain
    assert second["door"] == first["door"]


def test_who_reads_it_where_is_no_reason_to_renew() -> None:
    store = Memory()
    first = issue(store, DOOR)
    assert issue(store, replace(DOOR, machines=("lb1", "web1"), reader="root")) == first


@pytest.mark.parametrize("name", ["pki/leaf/door.pem", "pki/leaf/door.key", "pki/leaf/door.json"])
@pytest.mark.parametrize("damage", [b"", b"garbage", b"[]", b'{"inputs": 1}'])
def test_a_damaged_certificate_is_made_again(name: str, damage: bytes) -> None:
    store = Memory()
    issue(store, *NEEDS)
    store.put(name, damage)
    verify(issue(store, *NEEDS)["door"], "www.foobar.com")


@pytest.mark.parametrize("name", ["pki/ca.key", "pki/ca.pem"])
def test_a_damaged_ca_is_never_replaced_behind_ones_back(name: str) -> None:
    store = Memory()
    issue(store, *NEEDS)
    store.put(name, b"garbage")
    with pytest.raises(StateError) as raised:
        issue(store, *NEEDS)
    assert raised.value.hint


def test_a_ca_that_has_lost_its_key_is_an_error_and_one_without_receipt_is_kept() -> None:
    store = Memory()
    first = issue(store, *NEEDS)
    del store["pki/ca.json"]
    assert issue(store, *NEEDS) == first
    del store["pki/ca.key"]
    with pytest.raises(StateError):
        issue(store, *NEEDS)


def test_a_ca_in_its_last_year_is_replaced_with_all_it_signed() -> None:
    store = Memory()
    first = issue(store, *NEEDS)
    nearly = 3653 - 364
    later = issue(store, *NEEDS, days=nearly)
    assert later["door"].ca != first["door"].ca
    for which, name in [("door", "www.foobar.com"), ("web-web1", "web1")]:
        verify(later[which], name, NOW + timedelta(days=nearly + 1))


@pytest.mark.parametrize("days", [0, 60, 3653 - 364])
def test_killed_at_every_write_the_next_run_completes_it(days: float) -> None:
    """Both the first run and later ones that renew, or replace the CA."""
    puts, finished = 0, False
    while not finished:
        store = Memory()
        if days:
            issue(store, *NEEDS)
        store.puts = puts
        try:
            issue(store, *NEEDS, days=days)
            finished = True
        except Killed:
            pass
        store.puts = 1_000_000
        issued = issue(store, *NEEDS, days=days)
        verify(issued["door"], "www.foobar.com", NOW + timedelta(days=days))
        verify(issued["web-web1"], "web1", NOW + timedelta(days=days))
        assert len({i.ca for i in issued.values()}) == 1
        assert issue(store, *NEEDS, days=days) == issued
        puts += 1
    assert puts > 6


def ground(machine: str) -> dict[str, Resource]:
    services = {
        "web": Service("web", "nginx", ("web1", "web2"), NoSettings()),
        "edge": Service("edge", "haproxy", ("lb1",), NoSettings(), public=True),
    }
    design = Design("www.foobar.com", services, {m: Machine(m) for m in ("web1", "web2", "lb1")})
    view = view_of(design, {"pki": COMPONENT}, (Claims(certificates=NEEDS),))
    found = COMPONENT.resources(view.design.services["pki"], machine, view)
    return {r.id: r for r in found[Stage.GROUND]}


def test_a_machine_holds_the_ca_and_its_own_certificates_only() -> None:
    assert set(ground("web2")) == {"directory:/etc/colonnade/pki", f"file:{CA_FILE}"}
    folder = "/etc/colonnade/pki/web-web1"
    assert set(ground("web1")) - set(ground("web2")) == {
        f"directory:{folder}",
        *(f"file:{folder}/{name}.pem" for name in ("chain", "key", "bundle")),
    }


def test_keys_are_secret_and_readable_by_their_reader_alone() -> None:
    found = ground("web1")
    files = {r.path.rsplit("/", 1)[1]: r for r in found.values() if isinstance(r, File)}
    for name in ("key.pem", "bundle.pem"):
        assert (files[name].mode, files[name].owner, files[name].group) == (0o640, "root", "www-data")
        assert files[name].secret
    assert (files["chain.pem"].mode, files["chain.pem"].secret) == (0o644, False)
    assert files["bundle.pem"].content == files["chain.pem"].content + files["key.pem"].content
    assert all(r.mode == 0o755 for r in found.values() if isinstance(r, Directory))


@pytest.mark.parametrize(
    ("said", "healthy", "detail"),
    [
        ("/p/door/chain.pem 89\n/p/web-web1/chain.pem 60\n", True, "60 days left"),
        (
            "/p/door/chain.pem 6\n/p/web-web1/chain.pem 60\n",
            False,
            "door lasts 6 more days; `colonnade up` renews it",
        ),
        ("/p/door/chain.pem certificate has expired\n", False, "door: certificate has expired"),
        ("/p/door/chain.pem \n", False, "door: does not verify"),
    ],
)
def test_how_long_the_shortest_lasts(said: str, healthy: bool, detail: str) -> None:
    health = lifetimes(Answer(0, said, ""))
    assert (health.healthy, health.detail) == (healthy, detail)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize(
    ("age", "healthy", "detail"),
    [
        (0.5, True, "89 days left"),
        (84.5, False, "door lasts 5 more days; `colonnade up` renews it"),
        (91, False, "door: certificate has expired"),
        (-1, False, "door: certificate is not yet valid"),
    ],
)
def test_openssl_is_understood(age: float, healthy: bool, detail: str, tmp_path: Path) -> None:
    store, now = Memory(), datetime.now(UTC)
    COMPONENT.issue([WEB1], ADDRESSES, store, now - timedelta(days=100))  # makes the CA
    issued = COMPONENT.issue([DOOR], ADDRESSES, store, now - timedelta(days=age))["door"]
    (tmp_path / "door").mkdir()
    (tmp_path / "ca.pem").write_text(issued.ca)
    chain = tmp_path / "door" / "chain.pem"
    chain.write_text(issued.chain)
    argv = ("sh", "-c", SCRIPT, "sh", str(tmp_path / "ca.pem"), str(chain))
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    health = lifetimes(Answer(done.returncode, done.stdout, done.stderr))
    assert (health.healthy, health.detail) == (healthy, detail)
