"""What is stuck is said in words, with what to do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobbing_api import doctor, files, mail, notifications, processes, queue
from jobbing_api.notifications import models as notifications_models
from tests import factories

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def store(tmp_path: Path) -> Iterator[None]:
    """A folder for photos that can be written."""
    files.connect((tmp_path / "files").as_uri())
    yield
    files.connect("file:///nowhere")


def trouble(session: Session, *, now: datetime) -> dict[str, doctor.Finding]:
    return {one.subject: one for one in doctor.examine(session, now=now) if one.do is not None}


def live(session: Session, now: datetime) -> None:
    for kind in ("worker", "clock"):
        session.add(
            processes.Process(
                id=uuid.uuid4(),
                kind=kind,
                host="here",
                pid=1,
                started_at=now,
                alive_until=now + MINUTE,
            )
        )
    session.flush()


def owe(session: Session, now: datetime) -> notifications_models.Notification:
    line = notifications.tell(
        session,
        factories.account(session).id,
        "job-started",
        about="job",
        subject_id=uuid.uuid4(),
        now=now,
        expires_at=now + timedelta(hours=1),
    )
    session.flush()
    return line


def test_where_all_is_well_there_is_nothing_to_do(
    session: Session, now: datetime, redis_url: str
) -> None:
    live(session, now)
    assert trouble(session, now=now) == {}


def test_without_redis_workers_or_clocks_each_is_said(session: Session, now: datetime) -> None:
    queue.disconnect()
    found = trouble(session, now=now)
    assert found.keys() == {"redis", "worker", "clock"}
    assert "flask jobbing worker" in (found["worker"].do or "")
    assert "flask jobbing clock" in (found["clock"].do or "")


def test_workers_that_are_behind_are_said(session: Session, now: datetime, redis_url: str) -> None:
    live(session, now)
    for _ in range(100):
        queue.call("deliver", ids=[])
    assert "more workers" in (trouble(session, now=now)["redis"].do or "")


def test_lines_that_are_owed_for_long_are_said_with_googles_reason(
    session: Session, now: datetime, redis_url: str
) -> None:
    live(session, now)
    line = owe(session, now)
    assert trouble(session, now=now + MINUTE / 4) == {}
    found = trouble(session, now=now + MINUTE)["pushes"]
    assert "not tried yet" in found.seen
    session.execute(
        update(notifications_models.Notification)
        .where(notifications_models.Notification.id == line.id)
        .values(outcome="UNAUTHENTICATED")
    )
    found = trouble(session, now=now + MINUTE)["pushes"]
    assert "UNAUTHENTICATED" in found.seen
    assert "FIREBASE_CREDENTIALS" in (found.do or "")


def test_jobs_nobody_looks_at_are_said(session: Session, now: datetime, redis_url: str) -> None:
    live(session, now)
    factories.job(session, now=now)
    assert "1 open job waits" in trouble(session, now=now + MINUTE)["waves"].seen


def test_people_who_cannot_be_rung_are_said(
    session: Session, now: datetime, redis_url: str
) -> None:
    live(session, now)
    line = owe(session, now)
    session.execute(
        update(notifications_models.Notification)
        .where(notifications_models.Notification.id == line.id)
        .values(state="undeliverable", outcome="no-device", ended_at=now, wake_at=None)
    )
    assert "1 person" in trouble(session, now=now)["phones"].seen


def test_messages_google_does_not_take_are_said(
    session: Session, now: datetime, redis_url: str
) -> None:
    live(session, now)
    line = owe(session, now)
    session.add(
        notifications_models.Delivery(
            notification_id=line.id,
            installation_id="app",
            outcome="refused",
            code="INVALID_ARGUMENT",
            attempts=1,
            at=now,
        )
    )
    session.flush()
    assert "INVALID_ARGUMENT" in trouble(session, now=now)["google"].seen


def test_mails_and_texts_that_wait_are_said_each_with_its_reason(
    session: Session, now: datetime, redis_url: str
) -> None:
    live(session, now)
    one = mail.write(session, to="ada@example.org", subject="", body="", now=now)
    for _ in range(2):
        text = mail.text(
            session, to="+33612345678", body="", now=now, expires_at=now + timedelta(hours=1)
        )
        text.outcome = "sms-401-20003"
    session.flush()
    assert trouble(session, now=now + MINUTE).keys() == set()
    later = now + 3 * MINUTE
    for process in session.scalars(select(processes.Process)):
        process.alive_until = later + MINUTE
    found = trouble(session, now=later)
    assert found.keys() == {"mails", "texts"}
    assert found["mails"].seen == "1 mail waits, the oldest for 3 min: not tried yet"
    assert found["texts"].seen == ("2 text messages wait, the oldest for 3 min: sms-401-20003")
    assert "SMS_URL" in (found["texts"].do or "")
    one.state, one.outcome, one.wake_at, one.body = "failed", "smtp-550", None, ""
    session.flush()
    assert trouble(session, now=later).keys() == {"texts"}
