"""What lab tests share: one running site of the whole size, and how long everything took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.lab.site import Site, distributed_design


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Edge, two web servers, two app servers, primary and replica. Who changes it brings it back."""
    with Site(distributed_design(), "t-site", tmp_path_factory.mktemp("site")) as site:
        yield site


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Seconds by file, and what tests measured (`record_property`)."""
    reports = [r for found in terminalreporter.stats.values() for r in found if hasattr(r, "duration")]
    seconds: dict[str, float] = defaultdict(float)
    for report in reports:
        seconds[report.nodeid.split("::")[0]] += report.duration
    terminalreporter.section("seconds, and what was measured")
    for file, total in seconds.items():
        terminalreporter.write_line(f"{total:7.1f}  {file}")
    for report in (r for r in reports if r.when == "call"):
        for what, value in report.user_properties:
            terminalreporter.write_line(f"{value!s:>7}  {what}")
