"""With which keys does the operator log in, and how does he know each machine? Asked by the lab before a
boot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from colonnade.lab.commands import run


def make_pair(private: Path, comment: str) -> None:
    """An ed25519 pair at `private` and `private`.pub, unless it is there."""
    if private.exists():
        return
    private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Made aside and moved in, the private half last: a run killed meanwhile leaves no half a pair, and its
    # ssh-keygen, which may outlive it, does not write where the next run's does.
    with TemporaryDirectory(dir=private.parent, prefix="new-key-") as aside:
        new = Path(aside) / private.name
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(new)])
        public_half(new).replace(public_half(private))
        new.replace(private)


def public_half(private: Path) -> Path:
    return private.with_name(f"{private.name}.pub")


def known_hosts(keys: Mapping[str, str], names: Mapping[str, Iterable[str]]) -> str:
    """The text of a known_hosts file: machine -> public key line, machine -> names and addresses it answers
    to.
    """
    lines = []
    for machine in sorted(keys):
        kind, blob = keys[machine].split()[:2]
        lines.append(f"{','.join([machine, *names[machine]])} {kind} {blob}\n")
    return "".join(lines)


def replace(path: Path, text: str) -> None:
    """Swap the file in whole, where it differs."""
    if path.exists() and path.read_text() == text:
        return
    new = path.with_name(f"{path.name}.new")
    new.write_text(text)
    new.replace(path)
