"""A view of this computer in which no machine image, no built app and no downloaded package is kept.

It is a mount namespace, so that what others keep and use stays as it is. Only commands run by `inside` see
it, and a lab made in it lives no longer than it does.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from colonnade.verbs.opening import IMAGES, cache

HOLD = 'mount --bind "$1" "$2" && mount --bind "$3" "$4" && echo there && exec cat'


@dataclass(frozen=True)
class Emptiness:
    inside: tuple[str, ...]
    environment: dict[str, str]


@contextmanager
def emptiness(scratch: Path) -> Iterator[Emptiness]:
    places = [IMAGES, cache()]
    kept = [scratch / place.name for place in places]
    for folder in (*places, *kept):
        folder.mkdir(parents=True, exist_ok=True)
    mounts = [str(path) for pair in zip(kept, places, strict=True) for path in pair]
    argv = ("unshare", "--mount", "--propagation", "private", "sh", "-c", HOLD, "sh", *mounts)
    # It ends when its input does, which is when this process ends, however that comes about.
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        if holder.stdout.readline().strip() != "there":
            raise RuntimeError("can't make a mount namespace with empty caches")
        yield Emptiness(
            ("nsenter", f"--mount=/proc/{holder.pid}/ns/mnt", f"--wdns={scratch}", "--"),
            {**os.environ, "UV_CACHE_DIR": str(scratch / "uv")},
        )
