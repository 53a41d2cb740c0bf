"""What becomes due at an instant, whether or not anybody looks: a visit to confirm, a
silence that has lasted too long, a reminder.

Hides: the table. A due thing is one row for its kind and its subject, moved rather than
added to; it is gone in the transaction that does what was due, so that whatever dies, it
is done once or found again. Which room does what is due is the clock's affair.

Whoever does it locks its subject first and only then asks ``take``: others who hold the
subject put and strike dues, and nobody may wait for the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, SmallInteger, Text, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from jobbing_api.database import Base, Instant

#: What could not be done is tried again after so long, and longer each time.
_AGAIN_AFTER = timedelta(seconds=30)
_DOUBLED_AT_MOST = 6


class Due(Base):
    """Something that has to be done about a subject at ``due_at``."""

    __tablename__ = "dues"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    subject_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    due_at: Mapped[datetime] = mapped_column(Instant)
    #: How often it was tried in vain.
    failed: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        Index("ix_dues_due_at", "due_at"),
        Index("ix_dues_subject_id", "subject_id"),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is due."""

    kind: str
    subject_id: uuid.UUID


def put(
    session: Session,
    subject_id: uuid.UUID,
    *,
    market_id: uuid.UUID,
    at: Mapping[str, datetime],
) -> None:
    """Have these kinds done about the subject, each at its instant; if one was due at
    another, at this one instead."""
    if not at:
        return
    row = insert(Due).values(
        [
            {
                "kind": kind,
                "subject_id": subject_id,
                "market_id": market_id,
                "due_at": due_at,
                "failed": 0,
            }
            for kind, due_at in at.items()
        ]
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["kind", "subject_id"],
            set_={"due_at": row.excluded.due_at, "failed": 0},
        )
    )


def strike(session: Session, subject_id: uuid.UUID, kinds: Iterable[str]) -> None:
    """Nothing of these kinds is due about the subject any more."""
    session.execute(
        delete(Due).where(Due.subject_id == subject_id, Due.kind.in_(sorted(kinds))),
        execution_options={"synchronize_session": False},
    )


def take(session: Session, kind: str, subject_id: uuid.UUID, *, now: datetime) -> bool:
    """Whether it is still due; then it is the caller's to do, in this transaction."""
    taken = session.execute(
        delete(Due)
        .where(Due.kind == kind, Due.subject_id == subject_id, Due.due_at <= now)
        .returning(Due.kind),
        execution_options={"synchronize_session": False},
    )
    return taken.first() is not None


def is_put(session: Session, kind: str, subject_id: uuid.UUID) -> bool:
    """Whether something of this kind is to be done about the subject, now or later."""
    there = select(Due.kind).where(Due.kind == kind, Due.subject_id == subject_id)
    return session.scalar(there) is not None


def found(session: Session, *, now: datetime, limit: int) -> Sequence[Found]:
    """What is due, longest first; it stays due until it is taken."""
    rows = session.execute(
        select(Due.kind, Due.subject_id)
        .where(Due.due_at <= now)
        .order_by(Due.due_at, Due.kind, Due.subject_id)
        .limit(limit)
    )
    return [Found(*row) for row in rows]


def put_off(session: Session, one: Found, *, now: datetime) -> None:
    """It could not be done: try again later, so that it holds up nothing else."""
    doublings = func.least(Due.failed, _DOUBLED_AT_MOST)
    session.execute(
        update(Due)
        .where(Due.kind == one.kind, Due.subject_id == one.subject_id, Due.due_at <= now)
        .values(failed=Due.failed + 1, due_at=now + _AGAIN_AFTER * func.power(2, doublings)),
        execution_options={"synchronize_session": False},
    )


def next_due_at(session: Session) -> datetime | None:
    """When the clock has to look again."""
    return session.scalar(select(Due.due_at).order_by(Due.due_at).limit(1))
