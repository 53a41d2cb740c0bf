"""What is owed to whom: lines written in the transaction that makes them true.

Hides: that a line is a row first and a background task second, and how a burst of
lines in one transaction becomes one task.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobbing_api import database, queue
from jobbing_api.notifications import models

#: A task carries at most so many ids: what one call to Google's client can hold.
BATCH = 500

#: How long the clock leaves a line to the task that was published with it.
_TASK_GRACE = timedelta(seconds=2)

#: How long the clock leaves a line it has put in the queue before asking again.
_QUEUED_GRACE = timedelta(seconds=10)


def tell(
    session: Session,
    account_id: uuid.UUID,
    kind: str,
    *,
    about: Literal["offer", "job"],
    subject_id: uuid.UUID,
    now: datetime,
    expires_at: datetime,
    market_id: uuid.UUID | None = None,
    params: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    urgent: bool = False,
    replaces_offer: uuid.UUID | None = None,
) -> models.Notification:
    """Owe a line of this ``kind`` to an account, due at ``due_at`` (default: now).

    ``params`` are the values its wording shows: JSON, no name, address or place. A
    later line about the same offer or job replaces an earlier one on the phone; one
    about a job may replace the offer it came of. Past ``expires_at`` it is not sent any
    more.
    """
    due_at = now if due_at is None else due_at
    line = models.Notification(
        market_id=market_id,
        account_id=account_id,
        kind=kind,
        about=about,
        subject_id=subject_id,
        params=dict(params or {}),
        collapse_key=f"offer-{replaces_offer}" if replaces_offer else f"{about}-{subject_id}",
        urgent=urgent,
        created_at=now,
        due_at=due_at,
        expires_at=expires_at,
        state="owed",
        wake_at=max(due_at, now + _TASK_GRACE) if due_at <= now else due_at,
    )
    line.id = database.new_id()
    session.add(line)
    if due_at <= now:
        _publish_with_commit(session, line.id)
    return line


def _publish_with_commit(session: Session, notification_id: uuid.UUID) -> None:
    """Gather what one transaction owes at once into as few tasks as possible."""
    ids: list[str] | None = session.info.get("owed_now")
    if ids is None:
        ids = session.info["owed_now"] = []
        gathered = ids

        def publish() -> None:
            session.info.pop("owed_now", None)
            for start in range(0, len(gathered), BATCH):
                queue.call("deliver", ids=gathered[start : start + BATCH])

        database.after_commit(session, publish)
    ids.append(str(notification_id))


def withdraw(
    session: Session, subject_ids: Iterable[uuid.UUID], *, now: datetime
) -> set[uuid.UUID]:
    """Take back the lines about these subjects that are still owed.

    Returns the subjects nobody can have heard of: their line was never tried.
    """
    # In the order of their ids, as a worker that settles several takes them too.
    owed = (
        select(models.Notification.id)
        .where(
            models.Notification.subject_id.in_(list(subject_ids)),
            models.Notification.state == "owed",
        )
        .order_by(models.Notification.id)
        .with_for_update(key_share=True)
    )
    rows = session.execute(
        update(models.Notification)
        .where(models.Notification.id.in_(owed.scalar_subquery()))
        .values(state="withdrawn", outcome="withdrawn", ended_at=now, wake_at=None)
        .returning(models.Notification.subject_id, models.Notification.attempts)
        .execution_options(synchronize_session=False)
    )
    return {row.subject_id for row in rows if row.attempts == 0}


def due_ids(session: Session, *, now: datetime, limit: int = 2000) -> list[uuid.UUID]:
    """Lines that are due and that no task is known to work on.

    Finding a line leases it: ``wake_at`` moves ahead in the same statement, so the
    next look does not find it again.
    """
    due = (
        select(models.Notification.id)
        .where(models.Notification.state == "owed", models.Notification.wake_at <= now)
        .order_by(models.Notification.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(
        session.scalars(
            update(models.Notification)
            .where(models.Notification.id.in_(due.scalar_subquery()))
            .values(wake_at=now + _QUEUED_GRACE)
            .returning(models.Notification.id)
        )
    )


def next_due_at(session: Session) -> datetime | None:
    """When the clock has to look again."""
    return session.scalar(
        select(models.Notification.wake_at)
        .where(models.Notification.state == "owed")
        .order_by(models.Notification.wake_at)
        .limit(1)
    )
