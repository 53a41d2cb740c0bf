"""The append-only record of what happened to a job and to the people around it.

Hides: the table, and that the database itself refuses to change or delete a row
(trigger ``history_is_append_only``). Entries carry who, when, what and why, never
names, addresses or places, so that erasing a person needs no rewriting; what somebody
wrote in their own words stands in a table beside it, which can be emptied.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, bindparam, delete, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from jobbing_api.database import Base, Instant, new_id


class Entry(Base):
    """One thing that happened, in the order of ``id`` (time-ordered)."""

    __tablename__ = "history"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Instant)
    market_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("markets.id"))
    #: Null when the system did it: the clock, a wave, a rule.
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    actor_role: Mapped[str] = mapped_column(Text)
    event: Mapped[str] = mapped_column(Text)
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("jobs.id"))
    offer_id: Mapped[uuid.UUID | None]
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    to_state: Mapped[str | None] = mapped_column(Text)
    #: A code of ours, never somebody's own words.
    reason: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)

    remark: Mapped[Remark | None] = relationship(lazy="selectin")

    __table_args__ = (
        CheckConstraint(
            "actor_role IN ('resident', 'provider', 'operator', 'system')", name="actor_role"
        ),
        Index("ix_history_job_id", "job_id", "id"),
        Index("ix_history_account_id", "account_id", "id"),
        Index("ix_history_actor_id", "actor_id", "id"),
    )


class Remark(Base):
    """What somebody wrote when they did something; goes when they are erased."""

    __tablename__ = "remarks"

    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("history.id"), primary_key=True)
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    text: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_remarks_author_id", "author_id"),)


def record(
    session: Session,
    event: str,
    *,
    at: datetime,
    actor_role: str,
    actor_id: uuid.UUID | None = None,
    market_id: uuid.UUID | None = None,
    job_id: uuid.UUID | None = None,
    offer_id: uuid.UUID | None = None,
    account_id: uuid.UUID | None = None,
    to_state: str | None = None,
    reason: str | None = None,
    said: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write down that ``event`` happened, in the caller's transaction.

    ``reason`` is a code of ours; ``said`` is what the actor wrote.
    """
    remark = None
    if said and actor_id is not None:
        remark = Remark(author_id=actor_id, text=said)
    session.add(
        Entry(
            id=new_id(),
            at=at,
            event=event,
            actor_role=actor_role,
            actor_id=actor_id,
            market_id=market_id,
            job_id=job_id,
            offer_id=offer_id,
            account_id=account_id,
            to_state=to_state,
            reason=reason,
            data=data or {},
            remark=remark,
        )
    )


def forget_remarks(session: Session, author_id: uuid.UUID) -> None:
    """Delete what an account wrote; what it did stays."""
    session.execute(delete(Remark).where(Remark.author_id == author_id))


def of_job(session: Session, job_id: uuid.UUID) -> Sequence[Entry]:
    """A job's timeline, oldest first."""
    return session.scalars(_OF_JOB, {"job_id": job_id}).all()


#: Put together once: every answer about a job asks it.
_OF_JOB = (
    select(Entry)
    .where(Entry.job_id == bindparam("job_id"))
    .order_by(Entry.at, Entry.id)
    .options(joinedload(Entry.remark))
)


def of_account(session: Session, account_id: uuid.UUID) -> Sequence[Entry]:
    """Everything an account did or had done to it, oldest first."""
    return session.scalars(
        select(Entry)
        .where((Entry.account_id == account_id) | (Entry.actor_id == account_id))
        .order_by(Entry.at, Entry.id)
    ).all()
