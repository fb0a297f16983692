"""How a host's own answers are read: which of its units failed, how full its disks are."""

from __future__ import annotations

from colonnade.kit.checks import Answer, Health

FREE_PERCENT = 5


def failed_units(answer: Answer) -> Health:
    """Reads `systemctl list-units --state=failed --plain --no-legend`: a unit a line, its name first."""
    if answer.exit != 0:
        return Health(False, f"systemctl: {answer.stderr.strip() or f'exit {answer.exit}'}")
    names = [line.split()[0] for line in answer.stdout.splitlines() if line.strip()]
    return Health(False, f"failed: {', '.join(names)}") if names else Health(True, "no unit failed")


def disk(answer: Answer) -> Health:
    """Reads `df --output=pcent,target`: a heading, then a line such as ` 34% /` for each path asked for."""
    rows = [line.split(maxsplit=1) for line in answer.stdout.splitlines()[1:] if line.strip()]
    if answer.exit != 0 or not rows:
        return Health(False, f"df: {answer.stderr.strip() or f'exit {answer.exit}'}")
    free = {target: 100 - int(used.rstrip("%")) for used, target in rows}
    target, least = min(free.items(), key=lambda item: item[1])
    return Health(least >= FREE_PERCENT, f"{least} % of {target} free")
