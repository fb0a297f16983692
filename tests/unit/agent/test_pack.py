"""The agent reaches a machine as bytes on a pipe, and runs there out of memory."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

from colonnade_agent import pack
from colonnade_agent.wire import Check, Request, decode_response

CHECKS = Request("check", checks=(Check("echo", ("cat",), input="hello"),))


def test_the_same_sources_give_the_same_bytes() -> None:
    assert pack.agent_zip() == pack.agent_zip()


def test_the_zip_holds_sources_and_nothing_else() -> None:
    names = zipfile.ZipFile(io.BytesIO(pack.agent_zip())).namelist()
    assert "colonnade_agent/main.py" in names
    assert all(name.endswith(".py") and "/tests/" not in name for name in names)


def test_programs_that_stay_on_machines_are_files_of_their_own(tmp_path: Path) -> None:
    """Each runs from its one file, and the applier does not carry it."""
    applier = zipfile.ZipFile(io.BytesIO(pack.agent_zip())).namelist()
    for name in pack.PROGRAMS:
        assert not [file for file in applier if file.startswith(f"colonnade_agent/{name}/")]
        assert pack.program(name) == pack.program(name)
        (tmp_path / name).write_bytes(pack.program(name))
        argv = [sys.executable, "-I", "-B", str(tmp_path / name), "/no/such/order"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
        assert "No such file or directory: '/no/such/order'" in done.stderr


def test_the_applier_and_the_visitor_travel_apart() -> None:
    applier, visitor = (
        zipfile.ZipFile(io.BytesIO(packed)).namelist() for packed in (pack.agent_zip(), pack.visitor_zip())
    )
    assert not [name for name in applier if "/visitor/" in name]
    assert "colonnade_agent/visitor/main.py" in visitor
    assert all("/visitor/" in name or name == "colonnade_agent/__init__.py" for name in visitor)


def test_the_bootstrap_carries_out_a_request() -> None:
    argv, stdin = pack.payload(CHECKS)
    assert argv[0] == "python3"
    assert len(" ".join(argv)) < 1000
    done = subprocess.run([sys.executable, *argv[1:]], input=b"".join(stdin), capture_output=True, check=True)
    last = json.loads(done.stdout.splitlines()[-1])
    assert last.pop("event") == "response"
    response = decode_response(last)
    assert (response.failure, response.checks[0].stdout) == (None, "hello")
    assert done.stderr == b""


def test_nonsense_is_answered_too() -> None:
    argv, stdin = pack.payload(CHECKS)
    zipped, _ = stdin
    broken = zipped + (3).to_bytes(8, "big") + b"{}x"
    done = subprocess.run([sys.executable, *argv[1:]], input=broken, capture_output=True, check=True)
    failure = json.loads(done.stdout.splitlines()[-1])["failure"]
    assert failure["step"] == "agent"
    assert "JSONDecodeError" in failure["output"]
