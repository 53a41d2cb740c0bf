"""Whoever dies in the middle of a change leaves the index true, and nothing of the change.

The writer is a process of its own that changes everything a row is derived from and is
killed where it stands; or its connection is, as an operator or a failover does it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from jobbing_api import markets, matching, providers
from tests import factories
from tests.conftest import Servers, create_database, drop_database

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)

#: Changes one provider step by step and says so; goes on when told to.
_WRITER = """
import sys
import psycopg

url, provider, job, market, *wanted = sys.argv[1:]
steps = {
    "profile": [
        "UPDATE providers SET reach_m = 4321, tools = '{crane}' WHERE account_id = %(provider)s",
        "UPDATE skills SET amount_cents = 4321 WHERE provider_id = %(provider)s",
        "DELETE FROM skills WHERE provider_id = %(provider)s AND category_id <> 6",
    ],
    "calendar": [
        "DELETE FROM weekly_hours WHERE provider_id = %(provider)s",
        "UPDATE providers SET free_time = '{}', free_until = now() WHERE account_id = %(provider)s",
    ],
    "booking": [
        "INSERT INTO bookings (id, market_id, provider_id, job_id, during, buffer_minutes,"
        " place, created_at) VALUES (gen_random_uuid(), %(market)s, %(provider)s, %(job)s,"
        " '[2026-06-03 08:00+00,2026-06-03 09:00+00)', 15, 'POINT(4.8 45.7)', now())",
        "INSERT INTO presences (provider_id, online, changed_at)"
        " VALUES (%(provider)s, true, now())",
    ],
    "settled": ["SET CONSTRAINTS ALL IMMEDIATE"],
}
known = {"provider": provider, "job": job, "market": market}
with psycopg.connect(url) as connection:
    print(connection.info.backend_pid, flush=True)
    for name in wanted:
        for statement in steps[name]:
            connection.execute(statement, known)
        print(name, flush=True)
        sys.stdin.readline()
    print("commits", flush=True)
    connection.commit()
    print("committed", flush=True)
"""

CHANGES = ("profile", "calendar", "booking")
#: The rows are derived anew in a statement of its own, or else by the COMMIT.
STEPS = (*CHANGES, "settled")


class Writer:
    """The process, and the connection that the server has of it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.backend = int(self.heard())

    def heard(self) -> str:
        """The next thing it says."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def reach(self, step: str) -> None:
        """Let it go on until it has done a step."""
        while (said := self.heard()) != step:
            assert said in STEPS, said
            self.go_on()

    def is_killed(self, engine: Engine) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)
        self.is_gone(engine)

    def is_cut_off(self, engine: Engine) -> None:
        with engine.connect() as connection:
            connection.scalar(text("SELECT pg_terminate_backend(:pid)"), {"pid": self.backend})
        self.is_gone(engine)

    def is_gone(self, engine: Engine) -> None:
        """Returns once the server has noticed."""
        there = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        for _ in range(500):
            with engine.connect() as connection:
                if not connection.scalar(there, {"pid": self.backend}):
                    return
            time.sleep(0.01)
        raise AssertionError("its connection lives on")


DEATHS: dict[str, Callable[[Writer, Engine], None]] = {
    "killed": Writer.is_killed,
    "cut off": Writer.is_cut_off,
}


class Case:
    """A committed provider, and a job somebody may book them for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with Session(engine) as session:
            offered = [factories.skill(), factories.skill("lawn-mowing")]
            self.provider_id = factories.provider(session, skills=offered).account_id
            self.job_id = factories.bare_job(session, NOW).id
            self.market_id = markets.market_by_slug(session, "lyon").id
            session.commit()
            matching.index.take_baselines(session, now=NOW)
            session.commit()
        self.before = self.rows()

    def rows(self) -> list[str]:
        """The index as anybody sees it, once it was found true."""
        with Session(self.engine) as session:
            assert matching.index.check(session) == []
            assert session.scalar(text("SELECT count(*) FROM search_index_due")) == 0
            rows = text(
                "SELECT i::text FROM search_index i WHERE provider_id = :id ORDER BY category_id"
            )
            return list(session.scalars(rows, {"id": self.provider_id}))

    @contextmanager
    def writer(self, *steps: str) -> Iterator[Writer]:
        """The process that takes these steps; it does not outlive this."""
        url = self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        known = [str(self.provider_id), str(self.job_id), str(self.market_id)]
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, url, *known, *steps],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                yield Writer(process)
            finally:
                process.kill()


@pytest.fixture(scope="module")
def cemetery(test_servers: Servers) -> Iterator[Engine]:
    """A database for all deaths: each befalls somebody else."""
    name = f"deaths_{uuid.uuid4().hex[:12]}"
    create_database(test_servers, name, test_servers.template)
    engine = create_engine(test_servers.database_url(name))
    yield engine
    engine.dispose()
    drop_database(test_servers, name)


@pytest.fixture
def case(cemetery: Engine) -> Case:
    return Case(cemetery)


def wait_until_it_waits(engine: Engine, backend: int) -> None:
    """Returns once a connection waits for its turn to derive rows."""
    waiting = text(
        "SELECT count(*) FROM pg_locks WHERE pid = :pid AND locktype = 'advisory' AND NOT granted"
    )
    for _ in range(500):
        with engine.connect() as connection:
            if connection.scalar(waiting, {"pid": backend}):
                return
        time.sleep(0.01)
    raise AssertionError("it does not wait")


@pytest.mark.parametrize("steps", [CHANGES, STEPS], ids=["derived by COMMIT", "derived before"])
def test_the_change_is_all_there_when_the_writer_lives(case: Case, steps: tuple[str, ...]) -> None:
    with case.writer(*steps) as writer:
        writer.reach(steps[-1])
        assert case.rows() == case.before
        writer.go_on()
        assert [writer.heard(), writer.heard()] == ["commits", "committed"]
    assert len(case.before) == 2
    [row] = case.rows()
    assert "4321" in row
    assert "crane" in row


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("death", DEATHS)
def test_who_dies_in_a_transaction_leaves_nothing_of_it(case: Case, death: str, step: str) -> None:
    with case.writer(*STEPS) as writer:
        writer.reach(step)
        DEATHS[death](writer, case.engine)
    assert case.rows() == case.before
    # Nor a lock that the next one would wait for.
    with Session(case.engine) as session:
        person = factories.person(session, case.provider_id)
        providers.put_presence(session, person, online=True, position=None, now=NOW)
        session.commit()
    assert case.rows() != case.before


@pytest.mark.parametrize("steps", [CHANGES, STEPS], ids=["derived by COMMIT", "derived before"])
def test_who_is_cut_off_while_rows_are_derived_leaves_nothing(
    case: Case, steps: tuple[str, ...]
) -> None:
    """Somebody who derives everybody's rows makes the writer wait in its last act."""
    with Session(case.engine) as other, case.writer(*steps) as writer:
        writer.reach("booking")
        matching.index.rebuild(other, now=NOW)
        writer.go_on()
        wait_until_it_waits(case.engine, writer.backend)
        writer.is_cut_off(case.engine)
        other.rollback()
    assert case.rows() == case.before


def test_who_is_killed_while_the_commit_derives_has_done_it_all(case: Case) -> None:
    """A server that was told to commit hears of the death only afterwards."""
    with Session(case.engine) as other, case.writer(*CHANGES) as writer:
        writer.reach("booking")
        matching.index.rebuild(other, now=NOW)
        writer.go_on()
        wait_until_it_waits(case.engine, writer.backend)
        writer.process.send_signal(signal.SIGKILL)
        writer.process.wait(timeout=10)
        other.rollback()
        writer.is_gone(case.engine)
    [row] = case.rows()
    assert "4321" in row


@pytest.mark.parametrize("after_ms", [0, 1, 2, 4, 7, 12])
@pytest.mark.parametrize("death", DEATHS)
def test_whenever_death_comes_around_the_commit_it_is_all_or_nothing(
    case: Case, death: str, after_ms: int
) -> None:
    with case.writer(*CHANGES) as writer:
        writer.reach("booking")
        writer.go_on()
        time.sleep(after_ms / 1000)
        DEATHS[death](writer, case.engine)
    rows = case.rows()
    with Session(case.engine) as session:
        changed = providers.get(session, case.provider_id).reach_m == 4321
    assert (rows != case.before) == changed
