"""What every test stands on: private servers, a migrated template, sessions.

The servers are started once a run and stopped by process id. A test that needs only
one connection works in a transaction that is rolled back; a test that races gets a
database of its own, cloned from the template.
"""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from infra.local import servers
from jobbing_api import database, markets, queue, schema, settings
from tests import factories

ROOT = Path(__file__).parent.parent

#: Monday noon in Lyon: the instant at which tests happen unless they say otherwise.
NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: no collection goes through it again."""
    gc.freeze()


@dataclass(frozen=True)
class Servers:
    """The private servers of a test run and its migrated template database."""

    postgres: servers.Postgres
    redis: servers.Redis
    template: str

    def database_url(self, name: str) -> str:
        """The URL of one database on the private server."""
        url = make_url(self.postgres.url).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    """A folder of this test run that every server's user can reach; gone afterwards.

    What a killed run leaves is swept by the next ``make test``.
    """
    folder = ROOT / ".local" / "test" / str(os.getpid())
    yield folder
    for server in (servers.Postgres(folder / "postgres"), servers.Redis(folder / "redis")):
        server.remove()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def test_servers(run_folder: Path) -> Iterator[Servers]:
    """PostgreSQL without fsync and Redis, in a folder of this process."""
    with (
        servers.Postgres(run_folder / "postgres", durable=False) as postgres,
        servers.Redis(run_folder / "redis") as redis,
    ):
        running = Servers(postgres, redis, "template_jobbing")
        create_database(running, running.template)
        engine = create_engine(running.database_url(running.template))
        schema.migrate(engine)
        with Session(engine) as session:
            markets.sync_categories(session)
            factories.lyon(session)
            session.commit()
        engine.dispose()
        yield running


def create_database(running: Servers, name: str, template: str | None = None) -> None:
    admin = create_engine(running.database_url("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        clause = f" TEMPLATE {template}" if template else ""
        connection.execute(text(f"CREATE DATABASE {name}{clause}"))
    admin.dispose()


def drop_database(running: Servers, name: str) -> None:
    admin = create_engine(running.database_url("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def shared_engine(test_servers: Servers) -> Iterator[Engine]:
    """One database for all tests that roll back."""
    create_database(test_servers, "shared", test_servers.template)
    engine = create_engine(
        test_servers.database_url("shared"), connect_args={"options": "-c timezone=UTC"}
    )
    yield engine
    engine.dispose()


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A session whose work is rolled back; ``database.transaction()`` joins it."""
    with shared_engine.connect() as connection:
        outer = connection.begin()
        database.bind(connection)
        with Session(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
        outer.rollback()


@pytest.fixture
def own_database(test_servers: Servers) -> Iterator[Engine]:
    """A database of the test's own, for real connections that commit and race."""
    name = f"own_{uuid.uuid4().hex[:12]}"
    create_database(test_servers, name, test_servers.template)
    engine = database.connect(test_servers.database_url(name), pool_size=30)
    yield engine
    engine.dispose()
    drop_database(test_servers, name)


@pytest.fixture
def redis_url(test_servers: Servers) -> Iterator[str]:
    """The private Redis, emptied, and the queue connected to it."""
    queue.connect(test_servers.redis.url)
    assert queue.ping()
    queue._connection.flushall()  # type: ignore[union-attr]  # connected one line above
    yield test_servers.redis.url
    queue.disconnect()


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def make_settings(test_servers: Servers, tmp_path: Path) -> Callable[..., settings.Settings]:
    """Settings for a database, as a laptop would have them."""

    def make(**changes: str) -> settings.Settings:
        return settings.from_environment(
            {
                "JOBBING_ENV": "development",
                "DATABASE_URL": test_servers.database_url("shared"),
                "REDIS_URL": test_servers.redis.url,
                "SECRET_KEY": "development-secret-of-the-test-run-only",
                "PUSH": "local",
                "PUSH_URL": "https://127.0.0.1:9",
                "FIREBASE_CREDENTIALS": str(tmp_path / "none.json"),
                "MAIL_DIR": str(tmp_path / "mail"),
                "FILES_URL": (tmp_path / "files").as_uri(),
                "LOG_FORMAT": "json",
                **changes,
            }
        )

    return make
