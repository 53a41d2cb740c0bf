"""Tables of the offers room: waves and the offers in them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from jobbing_api.database import Base, Instant, new_id
from jobbing_api.lifecycle import OfferState

_STATES = ", ".join(f"'{state}'" for state in OfferState)


class Wave(Base):
    """A group of providers asked together. Its key is why a task that runs twice
    opens nothing new."""

    __tablename__ = "waves"

    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    wave: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    policy_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("policies.id"))
    search_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("searches.id"))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    radius_m: Mapped[int]
    asked: Mapped[int] = mapped_column(SmallInteger)


class Offer(Base):
    """One provider asked about one job in one round."""

    __tablename__ = "offers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    round: Mapped[int] = mapped_column(SmallInteger)
    wave: Mapped[int] = mapped_column(SmallInteger)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.account_id"))
    state: Mapped[OfferState] = mapped_column(Text)
    #: Place in the ranking of its wave, from 1; the score and its parts as they were.
    rank: Mapped[int]
    score: Mapped[float]
    parts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: From the provider's origin to the job's blurred place, rounded.
    distance_m: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    outside_hours: Mapped[bool] = mapped_column(default=False)
    price: Mapped[dict[str, Any]] = mapped_column(JSONB)
    send_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    decline_reason: Mapped[str | None] = mapped_column(Text)
    quote: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    #: Asked to stand by, after another took the job, in case that one does not come; and
    #: whether they do.
    stand_by_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    stands_by: Mapped[bool | None]
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("send_at < expires_at", name="lives"),
        CheckConstraint(
            "(state = 'declined') = (decline_reason IS NOT NULL)", name="decline_reason"
        ),
        CheckConstraint(
            "stands_by IS NULL OR stand_by_asked_at IS NOT NULL", name="stands_by_when_asked"
        ),
        Index("uq_offers_once_a_round", "job_id", "round", "provider_id", unique=True),
        Index(
            "uq_offers_one_accepted_per_job",
            "job_id",
            unique=True,
            postgresql_where=text("state = 'accepted'"),
        ),
        Index("ix_offers_provider_id", "provider_id", "id"),
        Index("ix_offers_pending_send_at", "send_at", postgresql_where=text("state = 'pending'")),
        Index(
            "ix_offers_live_expires_at",
            "expires_at",
            postgresql_where=text("state IN ('sent', 'seen', 'quoted')"),
        ),
    )
