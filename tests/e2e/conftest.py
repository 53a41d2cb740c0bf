"""One running system for all end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from tests.conftest import Servers, create_database, drop_database
from tests.e2e import stack as stacks


@pytest.fixture(scope="session")
def stack(
    test_servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[stacks.Stack]:
    """Web, worker, clock and stand-in on a database of their own."""
    create_database(test_servers, "e2e", test_servers.template)
    folder: Path = tmp_path_factory.mktemp("stack")
    url = test_servers.database_url("e2e")
    with stacks.running(folder, url, f"{test_servers.redis.url}") as running:
        yield running
    drop_database(test_servers, "e2e")


@pytest.fixture(scope="session")
def tables(stack: stacks.Stack, test_servers: Servers) -> Iterator[Engine]:
    """The running system's database, to look at what no endpoint shows."""
    engine = create_engine(test_servers.database_url("e2e"))
    yield engine
    engine.dispose()
