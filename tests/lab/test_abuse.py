"""Someone wears the site out: slowly with hundreds of connections, with requests too large, with a flood. He is
cut, nothing crashes, and others are served nearly as fast as before.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from colonnade.lab.furniture import CLIENT
from tests.lab import h2
from tests.lab.abuse import ATTACKER, Heard, line, speak, whereabouts
from tests.lab.site import Site, new_id, within

pytestmark = pytest.mark.lab

CUT_SECONDS = 10
"""What a request's head, its body's beginning and a handshake have, as README.md of the door says."""

DEAF_SECONDS = 35
"""How long a door keeps what a visitor does not fetch: it waits 30, and then says goodbye."""
