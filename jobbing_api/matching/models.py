"""The table of the matching room: the record of searches."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from jobbing_api.database import Base, Instant, new_id


class Search(Base):
    """One question "who could do this?", as counts in a cell, never as positions.

    ``market_id`` is null for demand outside every market. ``fell_out`` counts those
    in reach who were left out, by the first filter that did it.
    """

    __tablename__ = "searches"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("markets.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    purpose: Mapped[str] = mapped_column(Text)
    job_id: Mapped[uuid.UUID | None]
    cell: Mapped[int] = mapped_column(BigInteger)
    category_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("categories.id"))
    urgency: Mapped[str] = mapped_column(Text)
    in_reach: Mapped[int]
    ranked: Mapped[int]
    fell_out: Mapped[dict[str, int]] = mapped_column(JSONB)

    __table_args__ = (
        CheckConstraint("purpose IN ('wave', 'look', 'outside-markets')", name="purpose"),
        CheckConstraint(
            "(market_id IS NULL) = (purpose = 'outside-markets')", name="outside_has_no_market"
        ),
        Index("ix_searches_market_id_at", "market_id", "at"),
        Index("ix_searches_job_id", "job_id"),
    )
