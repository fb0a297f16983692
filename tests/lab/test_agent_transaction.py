"""A stage is brought about as a whole, or put back as it was: told as incidents on a real machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from colonnade_agent.machine import Resource
from colonnade_agent.resources.command import Command
from colonnade_agent.resources.directory import Directory
from colonnade_agent.resources.file import File
from colonnade_agent.resources.symlink import Symlink
from colonnade_agent.resources.sysctl import Sysctl
from colonnade_agent.resources.tree import Tree
from colonnade_agent.resources.unit import Unit
from colonnade_agent.wire import Check, Request, Response
from tests.lab.agent_demo import CONF, RELOADING, desired
from tests.lab.agent_machine import AgentMachine, actions, gzip_tar, machine

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def only() -> Iterator[AgentMachine]:
    with machine("t-agent-stage") as made:
        yield made


@pytest.fixture
def m(only: AgentMachine) -> Iterator[AgentMachine]:
    yield only
    removed = only.remove_everything()
    assert removed.failure is None, removed.failure
    only.sh("! ls -d /etc/demo /var/lib/colonnade /etc/systemd/system/demo.service; rm -f /run/demo*")


def good(response: Response) -> Response:
    assert response.failure is None, response.failure
    return response


def loaded(m: AgentMachine) -> str:
    return m.sh("systemctl is-active demo >/dev/null && sleep 0.1 && cat /run/demo.loaded")


def test_a_broken_file_swaps_nothing(m: AgentMachine) -> None:
    good(m.apply(*desired("old")))
    refused = File(
        "/etc/demo/other.conf", b"x", validate=("sh", "-c", "echo no good: $0 >&2; exit 7", "{staged}")
    )
    response = m.apply(*desired("new", refused))
    assert response.failure
    assert (response.failure.resource, response.failure.step, response.failure.exit) == (
        refused.id,
        "validate",
        7,
    )
    assert response.failure.argv[-1] == "/etc/demo/.other.conf.colonnade-staged"
    assert "no good: /etc/demo/.other" in response.failure.output
    assert response.rolled_back
    assert m.sh("ls -A /etc/demo; cat /etc/demo/demo.conf") == "demo.conf\nold"
    assert loaded(m) == "old"
    assert m.observe(*desired("old")) == ()


def test_a_unit_that_dies_of_its_new_file_runs_again_with_the_old(m: AgentMachine) -> None:
    good(m.apply(*desired("old")))
    response = m.apply(*desired("broken"))
    assert response.failure
    assert response.failure.resource == "unit:demo"
    assert "demo: bad configuration" in response.failure.output, "the journal's last lines are told"
    assert response.rolled_back
    assert m.sh("cat /etc/demo/demo.conf") == "old"
    assert loaded(m) == "old"
    good(m.apply(*desired("new")))
    assert loaded(m) == "new"


def test_a_unit_reloaded_before_another_failed_is_reloaded_with_the_old_file(m: AgentMachine) -> None:
    good(m.apply(*desired("old", unit=RELOADING)))
    started = m.sh("systemctl show -P InvocationID demo")
    fails = File("/etc/systemd/system/late.service", b"[Service]\nType=exec\nExecStart=/nope\n")
    late = (fails, Unit("late", enabled=False))
    response = m.apply(*desired("new", *late, unit=RELOADING))
    assert response.failure
    assert response.failure.resource == "unit:late"
    assert loaded(m) == "old"
    assert m.sh("systemctl show -P InvocationID demo") == started, "it was reloaded, never restarted"
    assert m.sh("systemctl show -P LoadState,ActiveState late") == "not-found\ninactive"


def test_a_stopped_unit_is_not_started_by_a_rollback(m: AgentMachine) -> None:
    unit = Unit("demo", running=False, enabled=False)
    good(m.apply(*desired("old", unit=unit)))
    never = Command("never", ("false",), ("true",))
    response = m.apply(*desired("new", never))
    assert response.failure
    assert (response.failure.resource, response.failure.step) == ("command:never", "check")
    assert m.sh("systemctl is-active demo; systemctl is-enabled demo", check=False) == "inactive\ndisabled"
    assert m.sh("cat /etc/demo/demo.conf") == "old"


def test_a_new_unit_that_never_becomes_ready_is_stopped_and_its_files_go(m: AgentMachine) -> None:
    unit = Unit("demo", ready=("sh", "-c", "echo still waiting; exit 1"), ready_seconds=0.5)
    response = m.apply(*desired("new", unit=unit))
    assert response.failure
    assert (response.failure.step, response.rolled_back) == ("ready", True)
    assert "still waiting" in response.failure.output
    assert m.sh("systemctl is-active demo; ls -A /etc/demo", check=False) == "inactive"


def test_kernel_settings_links_and_loaded_rules_are_put_back(m: AgentMachine) -> None:
    def stage(value: str, *, fail: bool) -> tuple[Resource, ...]:
        load = Command(
            "rules", ("true",), ("cp", "/etc/demo/rules", "/run/demo.rules"), after=("file:/etc/demo/rules",)
        )
        return (
            *desired("same"),
            File("/etc/demo/rules", value.encode()),
            Symlink("/etc/demo/link", value),
            Sysctl("net.ipv4.conf.lo.log_martians", value),
            load,
            *([Command("never", ("false",), ("true",))] if fail else []),
        )

    m.sh("touch /run/demo.rules")
    good(m.apply(*stage("0", fail=False)))
    m.sh("cp /etc/demo/rules /run/demo.rules")
    response = m.apply(*stage("1", fail=True))
    assert response.rolled_back
    assert ("command:rules", "run") in actions(response.changes)
    seen = (
        "cat /etc/demo/rules /run/demo.rules /proc/sys/net/ipv4/conf/lo/log_martians; readlink /etc/demo/link"
    )
    assert m.sh(seen) == "000\n0"


def test_what_was_there_before_comes_back(m: AgentMachine) -> None:
    m.sh("mkdir -p /etc/found; echo theirs > /etc/found/conf; chmod 600 /etc/found/conf")
    m.sh("ln -s conf /etc/found/link")
    good(
        m.apply(
            Directory("/etc/found"), File("/etc/found/conf", b"ours\n"), Symlink("/etc/found/link", "nowhere")
        )
    )
    assert m.sh("cat /etc/found/conf; readlink /etc/found/link") == "ours\nnowhere"
    good(m.remove_everything())
    assert (
        m.sh("ls -A /etc/found; stat -c %a /etc/found/conf; cat /etc/found/link") == "conf\nlink\n600\ntheirs"
    )
    m.sh("rm -r /etc/found")


def test_a_file_no_longer_desired_is_gone_before_the_reload(m: AgentMachine) -> None:
    """A program that includes a folder must not load the stale file once more."""
    extra = File("/etc/demo/extra.conf", b"stale\n")
    good(m.apply(*desired("x", extra, unit=Unit("demo", reload_on=(CONF, extra.id)))))
    assert loaded(m) == "x\nstale"
    response = good(m.apply(*desired("x", unit=RELOADING)))
    assert actions(response.changes) == [(extra.id, "delete"), ("unit:demo", "reload")]
    assert loaded(m) == "x"


def test_a_secret_is_told_nowhere(m: AgentMachine) -> None:
    word = "hunter2"
    secret = File(
        "/etc/demo/secret",
        word.encode(),
        0o600,
        secret=True,
        validate=("sh", "-c", "cat $0; false", "{staged}"),
    )
    command = Command("sql", ("false",), ("sh", "-c", "cat; exit 1"), fix_input=word, secret=True)
    for resource in (secret, command):
        observed = m.ask(Request("observe", {"one": (*desired("x"), resource)}))
        applied = m.apply(*desired("x"), resource)
        assert applied.failure
        assert applied.failure.resource == resource.id
        assert word not in repr((observed, applied))


def test_a_reboot_neither_misses_nor_repeats_a_reload(m: AgentMachine) -> None:
    good(m.apply(*desired("old", unit=RELOADING)))
    m.lab.stop("m1")
    m.lab.start("m1")
    m.sh("systemctl is-system-running --wait", check=False)
    assert m.observe(*desired("old", unit=RELOADING)) == ()
    assert good(m.apply(*desired("old", unit=RELOADING))).changes == ()
    m.sh("systemctl restart demo")
    assert m.observe(*desired("old", unit=RELOADING)) == ()
    m.sh("sleep 1.1; printf 'new\\n' > /etc/demo/demo.conf")  # swapped behind our back: nobody has reloaded
    assert actions(m.observe(*desired("new", unit=RELOADING))) == [("unit:demo", "reload")]
    good(m.apply(*desired("new", unit=RELOADING)))
    assert loaded(m) == "new"


def test_a_kernel_setting_that_is_refused_is_an_error_unless_optional(m: AgentMachine) -> None:
    response = m.apply(Sysctl("kernel.pid_max", "4242"))  # read-only in a container
    assert response.failure
    assert response.failure.output.startswith("the kernel refuses kernel.pid_max = 4242")
    assert m.sh("ls /etc/sysctl.d/60-colonnade.conf", check=False) == ""
    optional = Sysctl("kernel.pid_max", "4242", optional=True), Sysctl("net.no.such", "1", optional=True)
    good(m.apply(*optional))
    assert m.observe(*optional) == ()


def test_a_tree_that_reaches_out_of_its_place_is_refused(m: AgentMachine, tmp_path: Path) -> None:
    evil = gzip_tar({"../../evil": b"x"})
    sha = hashlib.sha256(evil).hexdigest()
    (tmp_path / sha).write_bytes(evil)
    request = Request("apply", {"one": (Tree("/srv/app", sha),)})
    assert m.ask(replace(request, mode="observe")).missing_blobs == (sha,)
    response = m.ask(request, {sha: tmp_path / sha})
    assert response.failure
    assert (response.failure.step, response.missing_blobs) == ("unpack", ())
    assert m.sh("ls -A /srv /evil /srv/.. | grep -c evil", check=False) == "0"


def test_a_unit_that_ran_before_us_runs_on_when_we_leave(m: AgentMachine) -> None:
    path = "/etc/systemd/system/theirs.service"
    m.sh(f"printf '[Service]\\nExecStart=sleep infinity\\n' > {path}; systemctl start theirs")
    unit = Unit("theirs", enabled=False, restart_on=("file:/etc/theirs",))
    good(m.apply(File("/etc/theirs", b"x"), unit))
    good(m.remove_everything())
    assert m.sh("systemctl is-active theirs") == "active"
    m.sh(f"systemctl stop theirs; rm {path}; systemctl daemon-reload")


def test_stages_are_applied_one_by_one_and_a_failed_one_ends_the_run(m: AgentMachine) -> None:
    stages = {
        "first": (Directory("/etc/demo"),),
        "second": (Command("never", ("false",), ("true",)), File("/etc/demo/a", b"a")),
        "third": (File("/etc/demo/b", b"b"),),
    }
    assert actions(good(m.ask(Request("apply", stages, ("first",)))).changes) == [
        ("directory:/etc/demo", "create")
    ]
    response = m.ask(Request("apply", stages))
    assert response.failure
    assert response.failure.stage == "second"
    assert m.sh("ls -A /etc/demo") == ""


def test_one_applier_at_a_time(m: AgentMachine) -> None:
    slow = Command("slow", ("test", "-e", "/run/demo.slow"), ("sh", "-c", "sleep 1.5; touch /run/demo.slow"))
    first = m.begin(Request("apply", {"one": (slow,)}, who="alice"))
    m.sh("until grep -q alice /run/colonnade.lock; do sleep 0.02; done")
    refused = m.ask(Request("apply", {"one": (slow,)}, lock_seconds=0.2, who="bob"))
    assert refused.failure
    assert refused.failure.step == "lock"
    assert "alice" in refused.failure.output
    assert good(m.ask(Request("apply", {"one": (slow,)}, lock_seconds=10))).changes == ()
    first.communicate(timeout=5)


def test_checks_report_and_do_not_judge(m: AgentMachine) -> None:
    checks = (
        Check("fine", ("cat",), input="hello"),
        Check("bad", ("sh", "-c", "echo oops >&2; exit 4")),
        Check("slow", ("sleep", "10"), timeout=0.3),
        Check("absent", ("/no/such/program",)),
    )
    response = good(m.ask(Request("check", checks=checks)))
    assert [(c.name, c.exit) for c in response.checks] == [
        ("fine", 0),
        ("bad", 4),
        ("slow", 124),
        ("absent", 127),
    ]
    assert response.checks[0].stdout == "hello"
    assert response.checks[1].stderr == "oops\n"
    assert response.facts.os_id == "debian"
