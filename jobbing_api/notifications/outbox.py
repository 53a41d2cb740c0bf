"""What is owed to whom: lines written in the transaction that makes them true.

Hides: that a line is a row first and a background task second, and how a burst of
lines in one transaction becomes one task.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import or_, select, true, update
from sqlalchemy.orm import Session

from jobbing_api import database, queue, telemetry
from jobbing_api.notifications import models

#: A line that is in no queue and that nobody sends.
_NOBODYS: Mapping[str, None] = {"queued_at": None, "sender_id": None, "sending_until": None}


def tell(
    session: Session,
    account_id: uuid.UUID,
    kind: str,
    *,
    about: Literal["offer", "job", "account"],
    subject_id: uuid.UUID,
    now: datetime,
    expires_at: datetime,
    market_id: uuid.UUID | None = None,
    params: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    urgent: bool = False,
    replaces_offer: uuid.UUID | None = None,
    collapse_key: str | None = None,
) -> models.Notification:
    """Owe a line of this ``kind`` to an account, due at ``due_at`` (default: now).

    ``params`` are the values its wording shows: JSON, no name, address or place. A
    later line about the same offer or job, or of the same ``collapse_key``, replaces an
    earlier one on the phone; one about a job may replace the offer it came of. Past
    ``expires_at`` it is not sent any more.
    """
    due_at = now if due_at is None else due_at
    line = models.Notification(
        market_id=market_id,
        account_id=account_id,
        kind=kind,
        about=about,
        subject_id=subject_id,
        params=dict(params or {}),
        collapse_key=collapse_key
        or (f"offer-{replaces_offer}" if replaces_offer else f"{about}-{subject_id}"),
        urgent=urgent,
        created_at=now,
        due_at=due_at,
        expires_at=expires_at,
        state="owed",
        wake_at=due_at,
        queued_at=now if due_at <= now else None,
        attempts=0,
        trace=telemetry.traceparent(),
    )
    line.id = database.new_id()
    session.add(line)
    if due_at <= now:
        _publish_with_commit(session, line.id)
    return line


def _publish_with_commit(session: Session, notification_id: uuid.UUID) -> None:
    """Gather what one transaction owes at once into as few tasks as possible."""
    ids: list[uuid.UUID] | None = session.info.get("owed_now")
    if ids is None:
        ids = session.info["owed_now"] = []
        gathered = ids

        def publish() -> None:
            session.info.pop("owed_now", None)
            queue.call_for("deliver", gathered)

        database.after_commit(session, publish)
    ids.append(notification_id)


def withdraw(
    session: Session,
    subject_ids: Iterable[uuid.UUID],
    *,
    kinds: Sequence[str] | None = None,
    now: datetime,
) -> set[uuid.UUID]:
    """Take back the lines about these subjects that are still owed, all or of some kinds.

    Returns the subjects nobody can have heard of: their line was never tried.
    """
    # In the order of their ids, as a worker that settles several takes them too.
    owed = (
        select(models.Notification.id)
        .where(
            models.Notification.subject_id.in_(list(subject_ids)),
            models.Notification.state == "owed",
            true() if kinds is None else models.Notification.kind.in_(kinds),
        )
        .order_by(models.Notification.id)
        .with_for_update(key_share=True)
    )
    rows = session.execute(
        update(models.Notification)
        .where(models.Notification.id.in_(owed.scalar_subquery()))
        .values(
            state="withdrawn",
            outcome="withdrawn",
            ended_at=now,
            wake_at=None,
            **_NOBODYS,
        )
        .returning(models.Notification.subject_id, models.Notification.attempts)
        .execution_options(synchronize_session=False)
    )
    return {row.subject_id for row in rows if row.attempts == 0}


def reschedule(
    session: Session,
    subject_id: uuid.UUID,
    *,
    due_at: datetime,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Have what is owed about this subject said at ``due_at`` instead, if nobody says it
    yet."""
    line = models.Notification
    moved = session.scalars(
        update(line)
        .where(line.subject_id == subject_id, line.state == "owed", line.queued_at.is_(None))
        .values(
            due_at=due_at,
            wake_at=due_at,
            expires_at=expires_at,
            queued_at=now if due_at <= now else None,
        )
        .returning(line.id),
        execution_options={"synchronize_session": False},
    ).all()
    if due_at <= now:
        for line_id in moved:
            _publish_with_commit(session, line_id)


def rung_at(
    session: Session, account_ids: Iterable[uuid.UUID], *, at: Collection[datetime]
) -> set[uuid.UUID]:
    """Who of them is owed a line that rings at one of these instants."""
    line = models.Notification
    rung = select(line.account_id).where(
        line.account_id.in_(list(account_ids)),
        line.state == "owed",
        line.urgent,
        line.due_at.in_(list(at)),
    )
    return set(session.scalars(rung))


def due_ids(
    session: Session, *, lost_before: datetime, now: datetime, limit: int = 2000
) -> list[uuid.UUID]:
    """Lines that are due and that no task is known to work on, those first that have been
    due longest; for the caller to put in the queue.

    Finding a line says so in the same statement (``queued_at``), and it is not found again
    unless it was queued before ``lost_before`` and nobody sends it.
    """
    line = models.Notification
    owed = line.state == "owed"
    lost = (
        select(line.id)
        .where(
            owed,
            line.queued_at < lost_before,
            or_(line.sending_until.is_(None), line.sending_until <= now),
        )
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(line).where(line.id.in_(lost.scalar_subquery())).values(_NOBODYS),
        execution_options={"synchronize_session": False},
    )
    due = (
        select(line.id)
        .where(owed, line.queued_at.is_(None), line.wake_at <= now)
        .order_by(line.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(
        session.scalars(
            update(line)
            .where(line.id.in_(due.scalar_subquery()))
            .values(queued_at=now)
            .returning(line.id),
            execution_options={"synchronize_session": False},
        )
    )


def give_back(session: Session, senders: Sequence[uuid.UUID]) -> int:
    """What these processes were sending is owed again at once: they are dead. How much it
    was."""
    line = models.Notification
    given = session.execute(
        update(line)
        .where(line.state == "owed", line.queued_at.is_not(None), line.sender_id.in_(senders))
        .values(_NOBODYS)
        .returning(line.id),
        execution_options={"synchronize_session": False},
    )
    return len(given.all())


def next_due_at(session: Session) -> datetime | None:
    """When the clock has to look again."""
    line = models.Notification
    return session.scalar(
        select(line.wake_at)
        .where(line.state == "owed", line.queued_at.is_(None))
        .order_by(line.wake_at)
        .limit(1)
    )
