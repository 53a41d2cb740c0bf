"""Tables of the matching room: the search index, its baselines, the record of searches.

Nobody writes the search index by hand: triggers derive it, at the end of the
transaction that changed what it is derived from (docs/decisions/0007-search-index.md).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from geoalchemy2 import Geography, WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZMULTIRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from jobbing_api.database import Base, Instant, new_id


class Box(UserDefinedType[str]):
    """PostgreSQL's own ``box``: lighter in an index than a shape."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The name of the type."""
        return "box"


class Baseline(Base):
    """By what ranking judges the figures of a market's category.

    ``rating_mean`` is the prior of a rating, taken now and then rather than at every
    review, so that a review elsewhere moves nobody. The rest are the rules by which the
    figures in the search index were counted; a policy with others is served from the
    record itself, as exactly and more slowly.
    """

    __tablename__ = "baselines"

    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"), primary_key=True)
    category_id: Mapped[int] = mapped_column(
        SmallInteger, ForeignKey("categories.id"), primary_key=True
    )
    taken_at: Mapped[datetime] = mapped_column(Instant)
    rating_mean: Mapped[float | None]
    rating_half_life_days: Mapped[int]
    rating_prior_stars: Mapped[float]
    rating_prior_weight: Mapped[float]
    rating_floor: Mapped[float]
    rating_ceiling: Mapped[float]
    reliability_good: Mapped[float]
    reliability_bad: Mapped[float]
    reliability_days: Mapped[int]
    responsiveness_good: Mapped[float]
    responsiveness_bad: Mapped[float]
    responsiveness_days: Mapped[int]

    __table_args__ = (CheckConstraint("rating_floor < rating_ceiling", name="floor_below_ceiling"),)


class Indexed(Base):
    """One provider and skill that can be offered work, as ranking reads them."""

    __tablename__ = "search_index"

    provider_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    market_id: Mapped[uuid.UUID]
    base: Mapped[WKBElement] = mapped_column(Geography("POINT", srid=4326, spatial_index=False))
    reach_m: Mapped[int | None]
    reach_area: Mapped[WKBElement | None] = mapped_column(
        Geography("POLYGON", srid=4326, spatial_index=False)
    )
    #: A box of longitudes and latitudes that holds the reach.
    reach_box: Mapped[str] = mapped_column(Box())
    #: Where the base lies in the two grids of ``squares``.
    square: Mapped[int] = mapped_column(BigInteger)
    block: Mapped[int] = mapped_column(BigInteger)
    #: Per mille of what figures can add to a score, never less than they ever do.
    standing: Mapped[int] = mapped_column(SmallInteger)
    online: Mapped[bool]
    price_kind: Mapped[str] = mapped_column(Text)
    amount_cents: Mapped[int | None]
    call_out_fee_cents: Mapped[int]
    minimum_visit_cents: Mapped[int]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tools: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: The end of the last visit booked; minus infinity without any.
    visits_until: Mapped[datetime] = mapped_column(Instant)
    #: From when to when the figures below hold: until one expires or comes true.
    figures_at: Mapped[datetime] = mapped_column(Instant)
    figures_until: Mapped[datetime] = mapped_column(Instant)
    rating_sum: Mapped[float]
    rating_weight: Mapped[float]
    visits_kept: Mapped[int]
    visits_let_down: Mapped[int]
    offers_answered: Mapped[int]
    offers_unanswered: Mapped[int]
    free_time: Mapped[list[Range[datetime]]] = mapped_column(TSTZMULTIRANGE)

    __table_args__ = (
        CheckConstraint("num_nonnulls(reach_m, reach_area) = 1", name="one_kind_of_reach"),
        CheckConstraint("standing BETWEEN 0 AND 1000", name="standing_per_mille"),
        Index("ix_search_index_base", "category_id", "base", postgresql_using="gist"),
        Index("ix_search_index_reach", "category_id", "reach_box", postgresql_using="gist"),
        Index(
            "ix_search_index_on_duty",
            "category_id",
            "reach_box",
            postgresql_using="gist",
            postgresql_where=text("online"),
        ),
        Index(
            "ix_search_index_far",
            "category_id",
            "reach_box",
            postgresql_using="gist",
            postgresql_where=text("reach_m IS NULL OR reach_m > 25000"),
        ),
        Index("ix_search_index_square", "category_id", "square", "standing"),
        Index("ix_search_index_block", "category_id", "block", "standing"),
    )


#: Providers whose rows the running transaction has still to derive; empty for all others.
due = Table(
    "search_index_due",
    Base.metadata,
    Column("provider_id", Uuid, nullable=False),
    prefixes=["UNLOGGED"],
)


class Search(Base):
    """One question "who could do this?", as counts in a cell, never as positions.

    ``market_id`` is null for demand outside every market. ``fell_out`` counts those
    in reach who were left out, by the first filter that did it. A search that was not
    ``complete`` had the best before it had judged everybody: its counts are of those it
    judged.
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
    complete: Mapped[bool] = mapped_column(server_default=text("true"))

    __table_args__ = (
        CheckConstraint("purpose IN ('wave', 'look', 'outside-markets')", name="purpose"),
        CheckConstraint(
            "(market_id IS NULL) = (purpose = 'outside-markets')", name="outside_has_no_market"
        ),
        Index("ix_searches_market_id_at", "market_id", "at"),
        Index("ix_searches_job_id", "job_id"),
    )
