"""Programs that hand over to new processes when they are reloaded: has the last of the old ones ended? Used
by the rooms whose programs do so.
"""

from __future__ import annotations

ONE_CHILD = """\
pid=$(systemctl show --property MainPID --value "$1")
[ "$pid" = 0 ] && exit 0
[ "$(systemctl show --property ActiveState --value "$1")" = active ] || { echo "$1 is reloading"; exit 1; }
read -r worker older < "/proc/$pid/task/$pid/children"
[ -z "$older" ] || { echo "a process from before the reload still serves"; exit 1; }
"""


def one_generation(unit: str) -> tuple[str, ...]:
    """Ends with 0 when the main process of `unit` has one child: haproxy's master has one worker, and one
    more for each reload whose connections are not done. A unit that does not run has none that serve.
    """
    return ("sh", "-c", ONE_CHILD, "sh", unit)
