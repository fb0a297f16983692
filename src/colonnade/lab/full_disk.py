"""A machine without space on its disk, as shell scripts that run in it; asked by the lab.

The host's disk is never filled: over /var comes an overlay whose new files lie in a small file system in
memory, and that one is full. What was there can be read; what is written anew fails for want of space, in the
units' own namespaces too. Files that are open already can still be written.
"""

from __future__ import annotations

PLACE = "/run/colonnade-full-disk"
FULL = "/var"
SOURCE = "full-disk"
"""What /proc/mounts names them by."""

IS_FULL = f"mountpoint -q {PLACE}"
FILL = f"""set -e
{IS_FULL} && exit
mkdir -p {PLACE}
mount -t tmpfs -o size=256k,mode=700 {SOURCE} {PLACE}
mkdir {PLACE}/upper {PLACE}/work
mount -t overlay {SOURCE} -o lowerdir={FULL},upperdir={PLACE}/upper,workdir={PLACE}/work {FULL}
dd if=/dev/zero of={PLACE}/ballast bs=4k 2>/dev/null || : "which ends when it is full"
"""
EMPTY = f"""{IS_FULL} || exit 0
{{ ! grep -q '^{SOURCE} {FULL} ' /proc/self/mounts || umount -l {FULL}; }} &&
umount -l {PLACE} && rmdir {PLACE}
"""
"""Lazily: whoever has a file of it open keeps that one."""


def in_mounts(text: str) -> bool:
    """Reads /proc/PID/mounts."""
    return any(line.startswith(f"{SOURCE} ") for line in text.splitlines())
