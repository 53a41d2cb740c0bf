"""The one door to PostgreSQL: what it promises beside plain transactions."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobbing_api import database, history, matching, notifications
from jobbing_api.notifications import models as notifications_models
from tests import factories
from tests.integration import racing


def _line(session: Session, account_id: uuid.UUID, now: datetime) -> None:
    notifications.tell(
        session,
        account_id,
        "offer",
        about="offer",
        subject_id=uuid.UUID(int=7),
        # Quotes, backslashes and letters of all kinds come back as they were.
        params={"category": {"fr": "L'été « \\ \" 日本 »"}, "net_cents": 4200, "ratio": 0.1 + 0.2},
        now=now,
        due_at=now + timedelta(microseconds=123_457),
        expires_at=now + timedelta(hours=2),
    )


def _rows(session: Session, table: str) -> list[dict[str, Any]]:
    found = session.execute(text(f"SELECT * FROM {table} ORDER BY id")).mappings()
    return [dict(row) for row in found]


def test_rows_written_together_are_as_a_flush_writes_them(session: Session, now: datetime) -> None:
    person = factories.account(session)
    session.flush()
    _line(session, person.id, now)
    session.flush()
    _line(session, person.id, now)
    history.record(session, "seen", at=now, actor_role="system", data={"round": 1})
    with racing.statements(session) as ran:
        database.insert_new(session)
    assert len(ran) == 1
    flushed, written = _rows(session, "notifications")
    ours = ("id", "trace")
    assert {name: value for name, value in flushed.items() if name not in ours} == {
        name: value for name, value in written.items() if name not in ours
    }
    [entry] = [row for row in _rows(session, "history") if row["event"] == "seen"]
    assert (entry["at"], entry["data"], entry["job_id"]) == (now, {"round": 1}, None)


def test_the_session_lets_go_of_what_was_written(session: Session, now: datetime) -> None:
    person = factories.account(session)
    session.flush()
    _line(session, person.id, now)
    [line] = [one for one in session.new if isinstance(one, notifications_models.Notification)]
    database.insert_new(session)
    assert inspect(line).transient
    assert list(session.new) == []
    # With nothing new there is nothing to do.
    with racing.statements(session) as ran:
        database.insert_new(session)
    assert ran == []


def test_what_a_constraint_refuses_is_refused(session: Session, now: datetime) -> None:
    session.add(
        matching.models.Search(
            id=database.new_id(),
            market_id=None,
            at=now,
            purpose="wave",
            job_id=None,
            cell=1,
            category_id=1,
            urgency="now",
            in_reach=0,
            ranked=0,
            fell_out={},
            complete=True,
        )
    )
    with pytest.raises(IntegrityError) as refused:
        database.insert_new(session)
    assert database.violated(refused.value) == "ck_searches_outside_has_no_market"
