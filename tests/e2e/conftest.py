"""One running system for all end-to-end tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from infra.local import servers
from tests import factories
from tests.conftest import Servers, create_database, drop_database
from tests.e2e import phones
from tests.e2e import stack as stacks


@pytest.fixture(scope="module")
def own_redis(run_folder: Path) -> Iterator[servers.Redis]:
    """A Redis of the stack's own: its worker must not take other tests' tasks."""
    with servers.Redis(run_folder / "redis-of-the-stack") as redis:
        yield redis
    redis.remove()


@pytest.fixture(scope="module")
def stack(
    test_servers: Servers, own_redis: servers.Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[stacks.Stack]:
    """Web, worker, clock and stand-in on a database of their own."""
    create_database(test_servers, "e2e", test_servers.template)
    folder: Path = tmp_path_factory.mktemp("stack")
    url = test_servers.database_url("e2e")
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        factories.wakeful(session)
    engine.dispose()
    web = {"FIREBASE_WEB_CONFIG": json.dumps(phones.FIREBASE_WEB), "FIREBASE_VAPID_KEY": "BPk1"}
    with stacks.running(folder, url, own_redis.url, **web) as running:
        yield running
    drop_database(test_servers, "e2e")


@pytest.fixture(scope="module")
def tables(stack: stacks.Stack, test_servers: Servers) -> Iterator[Engine]:
    """The running system's database, to look at what no endpoint shows."""
    engine = create_engine(test_servers.database_url("e2e"))
    yield engine
    engine.dispose()


@pytest.fixture
def phone(stack: stacks.Stack) -> Iterator[Callable[..., phones.Phone]]:
    """Phones with the app on them, as many as a test asks for."""
    with phones.shop(stack) as make:
        yield make
