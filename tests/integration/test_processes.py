"""Who is alive, and who is found dead."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from jobbing_api import database, processes


def running() -> list[processes.Process]:
    with database.transaction() as session:
        return processes.running(session, now=datetime.now(UTC))


def test_a_process_is_alive_for_as_long_as_it_runs(own_database: Engine) -> None:
    assert running() == []
    with processes.alive("worker") as process_id:
        pause = threading.Event()
        for _ in range(100):
            if running():
                break
            pause.wait(0.02)
        [one] = running()
        assert (one.id, one.kind, one.pid) == (process_id, "worker", os.getpid())
        # Longer than it is believed without saying anything.
        pause.wait(processes.LIFE.total_seconds() + 0.5)
        assert [one.id for one in running()] == [process_id]
        with database.transaction() as session:
            assert processes.bury(session, now=datetime.now(UTC)) == []
    assert running() == []


def test_who_is_not_heard_of_is_buried_once(own_database: Engine) -> None:
    with processes.alive("clock") as process_id:
        for _ in range(100):
            if running():
                break
            threading.Event().wait(0.02)
        later = datetime.now(UTC) + timedelta(minutes=1)
        with database.transaction() as session:
            assert processes.bury(session, now=later) == [process_id]
        with database.transaction() as session:
            assert processes.bury(session, now=later) == []
        # It was only slow: it says so again.
        for _ in range(100):
            if running():
                break
            threading.Event().wait(0.02)
        assert [one.id for one in running()] == [process_id]
