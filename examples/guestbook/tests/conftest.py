"""Real MariaDB servers, and the app under its real server, for the tests of this folder."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from guestbook_servers import App, MariaDB, available, free_port


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with an empty `guestbook` database and its user: copied, not made, for each server."""
    if not available():
        pytest.skip("needs root and mariadbd (apt-get install mariadb-server)")
    return MariaDB.make_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def primary(template: Path, tmp_path: Path) -> Iterator[MariaDB]:
    with MariaDB("db1", template, tmp_path / "db1", free_port()) as server:
        yield server


@pytest.fixture
def replica(template: Path, tmp_path: Path) -> Iterator[MariaDB]:
    """A second server. It does not replicate: tests put into it what a replica would have, or would still lack."""
    with MariaDB("db2", template, tmp_path / "db2", free_port()) as server:
        yield server


@pytest.fixture
def app(primary: MariaDB, tmp_path: Path) -> Iterator[App]:
    with App(primary.url, log=tmp_path / "app.log") as running:
        yield running


@pytest.fixture
def app_with_replica(primary: MariaDB, replica: MariaDB, tmp_path: Path) -> Iterator[App]:
    with App(primary.url, replica.url, log=tmp_path / "app.log") as running:
        yield running
