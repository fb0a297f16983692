"""Does a web server work? Asked by the room for `status`: through its front, as its clients do."""

from __future__ import annotations

from collections.abc import Sequence

from colonnade.kit.checks import Answer, Health
from colonnade.kit.claims import CA_FILE, CertificateNeed

NO_OLD_WORKER = """\
pid=$(systemctl show --property MainPID --value nginx.service)
[ "$pid" = 0 ] && exit 0
for worker in $(cat "/proc/$pid/task/$pid/children"); do
    if grep -qs "is shutting down" "/proc/$worker/cmdline"; then
        echo "a worker from before the reload still serves"
        exit 1
    fi
done
"""


def ask(certificate: CertificateNeed, name: str, port: int, path: str, address: str) -> tuple[str, ...]:
    """The answer's body, then its status on a line of its own."""
    files = certificate.files
    return (
        *("curl", "--silent", "--show-error", "--max-time", "4", "--write-out", "\\n%{http_code}"),
        *("--cacert", CA_FILE, "--cert", files.chain, "--key", files.key),
        *("--resolve", f"{name}:{port}:{address}", f"https://{name}:{port}{path}"),
    )


def read(answer: Answer, apps: Sequence[str]) -> Health:
    """Reads `ask`. `apps` are the machines whose state the body tells: `app1=1 app2=0`."""
    if answer.exit != 0:
        return Health(False, f"does not serve: {answer.stderr.strip()}")
    body, _, status = answer.stdout.rpartition("\n")
    up = sum(f"{machine}=1" in body.split() for machine in apps)
    if status == "200":
        servers = f"app server{'s' * (len(apps) != 1)}"
        return Health(True, f"serves, {up} of {len(apps)} {servers} up" if apps else "serves")
    if status in {"502", "503", "504"}:
        return Health(False, f"serves, but no app server is up ({status})")
    return Health(False, f"answers {status}")
