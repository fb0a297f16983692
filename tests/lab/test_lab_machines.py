"""One lab of four machines, and everything that may be done to them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from colonnade.errors import LabError
from colonnade.lab import furniture, image
from colonnade.lab.lab import STATE, Lab, MachineSpec

pytestmark = pytest.mark.lab

EDGE = MachineSpec("lb1", ("inside", "uplink-a", "uplink-b"))
SECOND = MachineSpec("lb2", ("inside", "uplink-a", "uplink-b"))
WEB = MachineSpec("web1", ("inside",))
SPECS = (EDGE, SECOND, WEB, *furniture.SPECS)


def say(subject: str, what: str) -> None:
    print(f"{subject}: {what}")


@pytest.fixture(scope="module")
def base_image() -> Path:
    return image.ensure(STATE / "images", image.recipe([]), say)


@pytest.fixture(scope="module")
def lab(base_image: Path) -> Iterator[Lab]:
    lab = Lab("t-machines")
    lab.destroy()
    try:
        started = time.monotonic()
        lab.ensure(SPECS, base_image, say)
        print(f"{len(SPECS)} machines booted in {time.monotonic() - started:.1f} s")
        yield lab
    finally:
        lab.destroy()


@pytest.fixture(autouse=True)
def healed(lab: Lab) -> Iterator[None]:
    yield
    lab.heal()


def inside(lab: Lab, machine: str) -> IPv4Address:
    return lab.addresses(machine)["inside"]


def pings(lab: Lab, machine: str, address: IPv4Address, *, source: IPv4Address | None = None) -> bool:
    origin = ["-I", str(source)] if source else []
    return lab.run(machine, ["ping", "-c1", "-W0.5", *origin, str(address)]).returncode == 0


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def ssh(lab: Lab, address: IPv4Address, command: str) -> subprocess.CompletedProcess[str]:
    options = {
        "UserKnownHostsFile": lab.known_hosts,
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
        "ConnectTimeout": 2,
        "ServerAliveInterval": 1,
        "ServerAliveCountMax": 2,
    }
    flags = [f"-o{key}={value}" for key, value in options.items()]
    argv = ["ssh", "-F", "none", "-i", str(lab.ssh_identity), *flags, f"root@{address}", command]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=20)


def test_every_machine_runs_without_a_failed_unit(lab: Lab) -> None:
    for spec in SPECS:
        assert lab.run(spec.name, ["systemctl", "is-system-running", "--wait"]).stdout == "running\n"
        assert lab.run(spec.name, ["hostname"]).stdout == f"{spec.name}\n"
    status = lab.status()
    assert {name: s.state for name, s in status.items()} == {spec.name: "running" for spec in SPECS}
    print("memory:", {name: f"{s.memory / 2**20:.0f} MiB" for name, s in status.items()})


def test_no_two_machines_share_an_identity(lab: Lab) -> None:
    for path in ("/etc/machine-id", "/etc/ssh/ssh_host_ed25519_key.pub"):
        texts = {lab.run(spec.name, ["cat", path]).stdout for spec in SPECS}
        assert len(texts) == len(SPECS)
        assert "" not in texts


def test_the_operator_logs_in_with_pinned_keys(lab: Lab) -> None:
    for spec in SPECS:
        for address in lab.addresses(spec.name).values():
            done = ssh(lab, address, "hostname; echo $SSH_CONNECTION")
            assert done.stdout.splitlines()[:1] == [spec.name], done.stderr
    seen_inside = ssh(lab, inside(lab, "lb1"), "echo $SSH_CONNECTION").stdout.split()[0]
    seen_outside = ssh(lab, lab.addresses("lb1")["uplink-b"], "echo $SSH_CONNECTION").stdout.split()[0]
    assert seen_inside == str(lab.addressing.operator)
    assert seen_outside == str(lab.addressing.visitor)


def test_the_public_reaches_the_uplinks_and_nothing_behind_them(lab: Lab) -> None:
    edge, client = lab.addresses("lb1"), lab.addresses("client")["outside"]
    for uplink in ("uplink-a", "uplink-b"):
        assert pings(lab, "client", edge[uplink])
        assert pings(lab, "lb1", client, source=edge[uplink])
    assert pings(lab, "web1", edge["inside"])
    assert not pings(lab, "client", edge["inside"])
    assert not pings(lab, "client", inside(lab, "web1"))
    assert not pings(lab, "web1", client)


def test_nothing_reaches_the_internet(lab: Lab) -> None:
    for spec in SPECS:
        assert not pings(lab, spec.name, IPv4Address("9.9.9.9"))


def test_asked_again_it_does_nothing(lab: Lab, base_image: Path) -> None:
    def pids() -> dict[str, int | None]:
        return {name: s.pid for name, s in lab.status().items()}

    before, said = pids(), list[str]()
    started = time.monotonic()
    lab.ensure(SPECS, base_image, lambda *words: said.append(" ".join(words)))
    print(f"nothing to do: {(time.monotonic() - started) * 1000:.0f} ms")
    assert (said, pids()) == ([], before)


def test_a_cut_machine_is_cut_both_ways_until_healed(lab: Lab) -> None:
    lab.cut("web1")
    assert not pings(lab, "lb1", inside(lab, "web1"))
    assert not pings(lab, "web1", inside(lab, "lb1"))
    assert ssh(lab, inside(lab, "web1"), "true").returncode == 255
    assert lab.status()["web1"].faults == ("cut inside",)
    lab.heal("web1")
    assert pings(lab, "lb1", inside(lab, "web1"))
    assert ssh(lab, inside(lab, "web1"), "true").returncode == 0
    assert lab.status()["web1"].faults == ()


@pytest.mark.parametrize(("direction", "port_hears"), [("in", False), ("out", True)])
def test_a_cut_may_go_one_way(lab: Lab, direction: str, port_hears: bool) -> None:
    counter = ["cat", "/sys/class/net/inside/statistics/rx_packets"]
    assert pings(lab, "lb1", inside(lab, "web1"))
    lab.cut("web1", "inside", "in" if direction == "in" else "out")
    before = int(lab.run("web1", counter).stdout)
    assert not pings(lab, "lb1", inside(lab, "web1"))
    heard = int(lab.run("web1", counter).stdout) > before
    assert heard is port_hears


def test_one_uplink_cut_leaves_the_other(lab: Lab) -> None:
    lab.cut("lb1", "uplink-a")
    assert not pings(lab, "client", lab.addresses("lb1")["uplink-a"])
    assert pings(lab, "client", lab.addresses("lb1")["uplink-b"])


def test_behind_a_dead_provider_machines_see_each_other_and_nobody_else(lab: Lab) -> None:
    first, second = lab.addresses("lb1"), lab.addresses("lb2")
    client = lab.addresses("client")["outside"]
    lab.cut_uplink("uplink-a")
    assert lab.uplinks() == {"uplink-a": ("cut uplink-a",), "uplink-b": ()}
    assert not pings(lab, "client", first["uplink-a"])
    assert not pings(lab, "lb1", client, source=first["uplink-a"])
    assert not pings(lab, "lb1", second["uplink-a"], source=first["uplink-b"]), "the way there is outside"
    assert pings(lab, "lb1", second["uplink-a"], source=first["uplink-a"])
    assert pings(lab, "lb1", lab.addressing.router("uplink-a"), source=first["uplink-a"])
    assert pings(lab, "client", first["uplink-b"])
    lab.heal_uplink("uplink-a")
    assert pings(lab, "client", first["uplink-a"])
    assert pings(lab, "lb1", second["uplink-a"], source=first["uplink-b"])


def test_healing_a_machine_leaves_the_provider_dead(lab: Lab) -> None:
    lab.cut_uplink("uplink-a", "in")
    lab.cut("lb1", "uplink-a")
    lab.heal("lb1")
    assert lab.uplinks()["uplink-a"] == ("cut in uplink-a",)
    lab.heal()
    assert not any(lab.uplinks().values())
    assert pings(lab, "client", lab.addresses("lb1")["uplink-a"])


def test_loss_takes_its_share_of_packets(lab: Lab) -> None:
    lab.loss("web1", 30)
    done = lab.run("lb1", ["ping", "-c100", "-i0.01", "-W1", str(inside(lab, "web1"))])
    received = int(done.stdout.split(" received")[0].split()[-1])
    assert 25 <= received <= 73, done.stdout  # 49 are expected: it may be lost on each of two ways; 5 sigma
    assert lab.status()["web1"].faults == ("loss 30% inside",)


def test_a_slow_machine_is_sent_eight_kilobytes_a_second(lab: Lab) -> None:
    lab.slow("web1", "inside")
    assert lab.status()["web1"].faults == ("slow inside",)
    done = lab.run("lb1", ["ping", "-c30", "-i0.1", "-s1400", "-W5", str(inside(lab, "web1"))])
    slowest = float(done.stdout.rpartition("rtt ")[2].split("/")[5])
    assert slowest > 500, done.stdout  # milliseconds: 14 kB a second were sent, for three seconds
    lab.heal("web1")
    assert lab.status()["web1"].faults == ()
    assert pings(lab, "lb1", inside(lab, "web1"))


def test_a_machine_with_a_full_disk_reads_and_can_not_write(lab: Lab) -> None:
    def sh(script: str) -> int:
        return lab.run("web1", ["sh", "-c", script]).returncode

    assert sh("echo kept > /var/kept; systemd-run --unit=reader --property=PrivateTmp=yes sleep 300") == 0
    lab.fill("web1")
    lab.fill("web1")
    assert lab.status()["web1"].faults == ("disk full",)
    assert sh("grep kept /var/kept") == 0
    assert sh("echo more > /var/more") != 0
    assert (
        sh("nsenter --mount --target $(systemctl show --value -p MainPID reader) sh -c 'echo > /var/x'") != 0
    )
    assert sh("echo elsewhere > /root/more") == 0, "the rest of its disk is this computer's"
    lab.heal("web1")
    lab.heal("web1")
    assert lab.status()["web1"].faults == ()
    assert sh("grep kept /var/kept && echo more > /var/more && systemctl stop reader") == 0


def test_a_frozen_machine_holds_its_connections_and_says_nothing(lab: Lab) -> None:
    lab.freeze("web1")
    assert lab.status()["web1"].state == "frozen"
    assert pings(lab, "lb1", inside(lab, "web1")), "its kernel still answers, as that of a hung machine does"
    assert ssh(lab, inside(lab, "web1"), "true").returncode == 255
    with pytest.raises(LabError, match="web1 is frozen"):
        lab.run("web1", ["true"])
    lab.thaw("web1")
    assert ssh(lab, inside(lab, "web1"), "true").returncode == 0


def test_after_a_power_cut_it_is_gone_and_comes_back_with_its_data(lab: Lab) -> None:
    lab.put("web1", "/srv/data/kept", b"kept", 0o640)
    lab.run("web1", ["sync"])
    address = inside(lab, "web1")
    lab.kill("web1")
    assert lab.status()["web1"].state == "stopped"
    assert not pings(lab, "lb1", address)
    with pytest.raises(LabError, match="web1 is not running"):
        lab.run("web1", ["true"])
    lab.start("web1")
    assert pings(lab, "lb1", address)
    assert ssh(lab, address, "cat /srv/data/kept; stat -c %a /srv/data/kept").stdout == "kept640\n"


def test_a_fault_outlives_a_reboot(lab: Lab) -> None:
    lab.cut("web1")
    lab.stop("web1")
    lab.start("web1")
    assert not pings(lab, "lb1", inside(lab, "web1"))


def test_killing_one_machine_s_unit_leaves_the_other_s(lab: Lab) -> None:
    """Machines that share a cgroup lose their units of one name together."""
    lab.run("lb1", ["sh", "-c", "echo 1 > /sys/fs/cgroup/system.slice/systemd-journald.service/cgroup.kill"])
    uptime = lab.run("web1", ["systemctl", "show", "-P", "NRestarts", "systemd-journald"]).stdout
    assert uptime == "0\n"
    assert within(10, lambda: _restarts(lab, "lb1") == "1\n")


def _restarts(lab: Lab, machine: str) -> str:
    return lab.run(machine, ["systemctl", "show", "-P", "NRestarts", "systemd-journald"]).stdout


def test_run_gives_output_code_and_limits_time(lab: Lab) -> None:
    done = lab.run("web1", ["sh", "-c", "cat; echo bad >&2; exit 3"], stdin=b"in")
    assert (done.returncode, done.stdout, done.stderr) == (3, "in", "bad\n")
    with pytest.raises(LabError, match="did not end within"):
        lab.run("web1", ["sleep", "77"], timeout=0.5)
    assert lab.run("web1", ["pgrep", "-f", "[s]leep 77"]).returncode == 1


def test_the_resolver_asks_the_site_s_servers(lab: Lab) -> None:
    edge = lab.addresses("lb1")["uplink-a"]
    served = (
        f"server:\n interface: {edge}\n access-control: 0.0.0.0/0 allow\n"
        f' local-data: "www.foobar.com. 5 A {edge}"\n'
    )
    lab.put("lb1", "/etc/unbound/unbound.conf", served.encode())
    assert lab.run("lb1", ["systemctl", "start", "unbound"]).returncode == 0
    furniture.set_zones(lab, {"foobar.com": [edge]})
    assert lab.run("client", ["getent", "ahostsv4", "www.foobar.com"]).stdout.split()[0] == str(edge)
    assert "REFUSED" in lab.run("client", ["kdig", "www.example.org"]).stdout


def test_the_client_trusts_the_site_s_authority(lab: Lab, tmp_path: Path) -> None:
    key, pem = tmp_path / "key", tmp_path / "ca"
    make = f"openssl req -x509 -newkey ed25519 -nodes -keyout {key} -out {pem} -subj /CN=lab -days 2"
    subprocess.run(make.split(), check=True, capture_output=True)
    lab.put("client", furniture.CA_FILE, pem.read_bytes())  # as a run leaves it that is killed just then
    furniture.trust(lab, pem.read_text())
    lab.put("client", "/tmp/ca.pem", pem.read_bytes())
    verify = ["openssl", "verify", "-CApath", "/etc/ssl/certs", "/tmp/ca.pem"]
    assert lab.run("client", verify).returncode == 0


def test_what_can_not_be_done_is_said(lab: Lab) -> None:
    with pytest.raises(LabError, match="no machine 'web9'") as raised:
        lab.kill("web9")
    assert "client, lb1, lb2, resolver, web1" in raised.value.hint
    with pytest.raises(LabError, match="web1 is not on uplink-a"):
        lab.cut("web1", "uplink-a")
    with pytest.raises(LabError, match="'inside' is no uplink"):
        lab.cut_uplink("inside")
