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
    Boolean,
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
from sqlalchemy.dialects.postgresql import BIT, JSONB, TSTZMULTIRANGE, Range
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
    #: Who has a standing above this, per mille, is looked for farther away than others.
    good_above: Mapped[int] = mapped_column(SmallInteger)
    #: Nobody's standing is above this.
    best_standing: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (CheckConstraint("rating_floor < rating_ceiling", name="floor_below_ceiling"),)


#: What a search reads of most people without visiting the table.
_INCLUDED = [
    *("provider_id", "x", "y", "z", "at_most_m", "standing", "online", "minimum_visit_cents"),
    *("call_out_fee_cents", "has", "days_taken", "days_added", "figures_at", "figures_until"),
    *("asked_at", "rating_sum", "rating_weight", "visits_kept", "visits_let_down"),
    *("offers_answered", "offers_unanswered", "reach_m", "amount_cents", "week", "price_kind"),
    *("languages", "tools"),
]


def _by_bands(name: str, where: str | None = None) -> Index:
    """An index of bands of latitude, from west to east; of everybody or ``where``."""
    return Index(
        f"ix_search_index_{name}",
        *("market_id", "category_id", "band", "lon"),
        postgresql_include=_INCLUDED,
        postgresql_where=None if where is None else text(where),
    )


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
    #: How far from the base the reach ends at most, metres.
    at_most_m: Mapped[int]
    #: The base once more, as an index can sort it: a band of a 24th of a degree of
    #: latitude, counted from the equator northward, and degrees of longitude in it.
    band: Mapped[int] = mapped_column(SmallInteger)
    lon: Mapped[float]
    #: And as a unit vector from the middle of the earth, which makes distances cheap.
    x: Mapped[float]
    y: Mapped[float]
    z: Mapped[float]
    #: Per mille of what figures can add to a score, never less than they ever do.
    standing: Mapped[int] = mapped_column(SmallInteger)
    #: Whether that is more than the baseline calls good.
    good: Mapped[bool]
    online: Mapped[bool]
    price_kind: Mapped[str] = mapped_column(Text)
    amount_cents: Mapped[int | None]
    call_out_fee_cents: Mapped[int]
    minimum_visit_cents: Mapped[int]
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tools: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: Languages and tools as a Bloom filter of 64 bits: one for each, by its MD5.
    has: Mapped[int] = mapped_column(BigInteger)
    #: The weekly hours as half hours of the market's clock, from Monday's first.
    week: Mapped[str] = mapped_column(BIT(336))
    #: Days on which ``week`` is not all there is to know, because hours are taken away
    #: or there are visits about, and because hours are added: a bit a day of the market's
    #: clock, its number since 1970 modulo 64.
    days_taken: Mapped[int] = mapped_column(BigInteger)
    days_added: Mapped[int] = mapped_column(BigInteger)
    #: The end of the last visit booked; minus infinity without any.
    visits_until: Mapped[datetime] = mapped_column(Instant)
    #: From when to when the figures below hold, and the days above: until a figure expires
    #: or comes true, or a day comes into sight. Ratings are weighed as of the instant at
    #: which the baseline was taken.
    figures_at: Mapped[datetime] = mapped_column(Instant)
    figures_until: Mapped[datetime] = mapped_column(Instant)
    rating_sum: Mapped[float]
    rating_weight: Mapped[float]
    visits_kept: Mapped[int]
    visits_let_down: Mapped[int]
    offers_answered: Mapped[int]
    offers_unanswered: Mapped[int]
    free_time: Mapped[list[Range[datetime]]] = mapped_column(TSTZMULTIRANGE)
    #: Whether they ever work so: Monday to Saturday after 19 o'clock, before 7 on any day,
    #: on Sunday later than that. True for whoever added hours by hand, whenever these are.
    evenings: Mapped[bool]
    nights: Mapped[bool]
    sundays: Mapped[bool]
    #: When they were asked last, for any job; minus infinity if never.
    asked_at: Mapped[datetime] = mapped_column(Instant)

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
            postgresql_include=["market_id", *_INCLUDED],
            postgresql_where=text("online"),
        ),
        Index(
            "ix_search_index_far",
            "category_id",
            "reach_box",
            postgresql_using="gist",
            postgresql_include=["market_id", *_INCLUDED],
            postgresql_where=text("at_most_m > 30000"),
        ),
        _by_bands("near"),
        _by_bands("good", "good"),
        _by_bands("hourly", "price_kind = 'hourly'"),
        *(_by_bands(hours, hours) for hours in ("evenings", "nights", "sundays")),
        Index(
            "ix_search_index_figures_until",
            "figures_until",
            postgresql_where=text("figures_until < 'infinity'"),
        ),
    )


#: Providers whose rows the running transaction has still to derive, or to tell when they
#: were asked last and no more; empty for all other transactions.
due = Table(
    "search_index_due",
    Base.metadata,
    Column("provider_id", Uuid, nullable=False),
    Column("only_asked", Boolean, nullable=False, server_default=text("false")),
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
