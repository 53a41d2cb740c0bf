"""Tables of the providers room: what someone offers, where, when, and how it went."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geography, WKBElement
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import (
    JSONB,
    TSTZMULTIRANGE,
    TSTZRANGE,
    ExcludeConstraint,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobbing_api.database import Base, Instant, new_id

#: What can happen between us and a provider that later ranking takes into account.
RECORD_KINDS = (
    "asked",
    "answered",
    "unanswered",
    "withdrawn",
    "kept",
    "late",
    "cancelled",
    "absent",
    "rated",
    "redone",
    "declined",
)


class Provider(Base):
    """A person's trade: base, reach, terms. The key is the account's."""

    __tablename__ = "providers"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    headline: Mapped[str] = mapped_column(Text)
    base: Mapped[WKBElement] = mapped_column(Geography("POINT", srid=4326, spatial_index=False))
    reach_m: Mapped[int | None]
    reach_area: Mapped[WKBElement | None] = mapped_column(
        Geography("POLYGON", srid=4326, spatial_index=False)
    )
    minimum_visit_cents: Mapped[int]
    #: On top of labour that begins in the evening or on a Sunday.
    evening_percent: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    sunday_percent: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    currency: Mapped[str] = mapped_column(Text)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tools: Mapped[list[str]] = mapped_column(ARRAY(Text))
    time_zone: Mapped[str] = mapped_column(Text)
    #: Null while the weekly hours are still the preset nobody looked at.
    calendar_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    identity_checked_at: Mapped[datetime | None] = mapped_column(Instant)
    #: (weekly hours + exceptions) - bookings with their fixed buffer, up to ``free_until``.
    free_time: Mapped[list[Range[datetime]]] = mapped_column(TSTZMULTIRANGE)
    free_until: Mapped[datetime] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    #: Not asked since then, after too many offers unseen in a row; and asked again since.
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    resumed_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)
    calendar_version: Mapped[int] = mapped_column(default=1)

    skills: Mapped[list[Skill]] = relationship(
        cascade="all, delete-orphan", order_by="Skill.category_id"
    )

    __table_args__ = (
        CheckConstraint("num_nonnulls(reach_m, reach_area) = 1", name="one_kind_of_reach"),
        CheckConstraint("reach_m BETWEEN 100 AND 200000", name="reach_m_bounds"),
        CheckConstraint("minimum_visit_cents >= 0", name="minimum_visit_not_negative"),
        CheckConstraint(
            "evening_percent BETWEEN 0 AND 300 AND sunday_percent BETWEEN 0 AND 300",
            name="surcharge_bounds",
        ),
        CheckConstraint("cardinality(languages) > 0", name="speaks_something"),
        # A search reads both from an index, whose entries have a page to share.
        CheckConstraint("cardinality(languages) <= 40", name="few_languages"),
        CheckConstraint(
            "cardinality(tools) <= 60 AND octet_length(array_to_string(tools, '')) <= 1200",
            name="few_tools",
        ),
        Index("ix_providers_base", "base", postgresql_using="gist"),
        Index(
            "ix_providers_newcomers",
            *("created_at", "base"),
            postgresql_using="gist",
            postgresql_where=text("identity_checked_at IS NOT NULL"),
        ),
        Index("ix_providers_market_id", "market_id"),
        Index("ix_providers_free_until", "free_until"),
    )


class Skill(Base):
    """One category a provider works in, and what it costs there."""

    __tablename__ = "skills"

    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("providers.account_id", ondelete="CASCADE"), primary_key=True
    )
    category_id: Mapped[int] = mapped_column(
        SmallInteger, ForeignKey("categories.id"), primary_key=True
    )
    price_kind: Mapped[str] = mapped_column(Text)
    amount_cents: Mapped[int | None]
    call_out_fee_cents: Mapped[int]
    #: Of an hourly rate: ``{"after_minutes", "hourly_cents"}``, cheaper from step to step.
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    #: What may be ordered with it: ``{"id", "label", "amount_cents"}``.
    options: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))

    __table_args__ = (
        CheckConstraint("price_kind IN ('hourly', 'flat', 'quote')", name="price_kind"),
        CheckConstraint(
            "(price_kind = 'quote') = (amount_cents IS NULL)", name="amount_unless_quote"
        ),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("call_out_fee_cents >= 0", name="call_out_fee_not_negative"),
        Index("ix_skills_category_id", "category_id"),
    )


class WeeklyHours(Base):
    """A stretch of every week, in minutes of the local day (1440 ends it)."""

    __tablename__ = "weekly_hours"

    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("providers.account_id", ondelete="CASCADE"), primary_key=True
    )
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    from_minute: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    to_minute: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("0 <= from_minute AND from_minute < to_minute", name="from_before_to"),
        CheckConstraint("to_minute <= 1440", name="within_the_day"),
    )


class CalendarException(Base):
    """A stretch of real time in which the weekly hours do not hold."""

    __tablename__ = "calendar_exceptions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("providers.account_id", ondelete="CASCADE")
    )
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    available: Mapped[bool]

    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="during_not_empty"),
        Index("ix_calendar_exceptions_provider_id", "provider_id"),
    )


class Presence(Base):
    """Whether a provider is on duty now, and the last place, never an earlier one."""

    __tablename__ = "presences"

    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("providers.account_id", ondelete="CASCADE"), primary_key=True
    )
    online: Mapped[bool]
    position: Mapped[WKBElement | None] = mapped_column(
        Geography("POINT", srid=4326, spatial_index=False)
    )
    position_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("online OR position IS NULL", name="off_duty_unseen"),
        CheckConstraint("(position IS NULL) = (position_at IS NULL)", name="position_dated"),
    )


#: The letters are those of the categories (``markets/categories.toml``); the last two are
#: asked of everybody.
PAPER_KINDS = ("R", "Q", "D", "T", "A", "C", "S", "identity", "registration")


class Paper(Base):
    """An insurance, a qualification, a register entry: what it says, and what a person
    thought of it. It counts while it is verified, from ``valid_from`` until ``valid_until``:
    the days it names, or less where another has taken its place."""

    __tablename__ = "papers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("providers.account_id", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(Text)
    verified_at: Mapped[datetime | None] = mapped_column(Instant)
    valid_until: Mapped[datetime | None] = mapped_column(Instant)
    issuer: Mapped[str] = mapped_column(Text, server_default=text("''"))
    number: Mapped[str | None] = mapped_column(Text)
    #: The first and the last day it names, on the market's calendar.
    begins_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    #: The categories it covers; None where that makes no difference.
    category_ids: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger))
    valid_from: Mapped[datetime | None] = mapped_column(Instant)
    handed_in_at: Mapped[datetime] = mapped_column(Instant, server_default=text("now()"))
    #: The operator who verified or refused it.
    settled_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    refused_at: Mapped[datetime | None] = mapped_column(Instant)
    refused_because: Mapped[str | None] = mapped_column(Text)
    replaced_by_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("papers.id", ondelete="SET NULL")
    )

    __table_args__ = (
        CheckConstraint(
            "kind IN (" + ", ".join(f"'{kind}'" for kind in PAPER_KINDS) + ")", name="kind"
        ),
        CheckConstraint("valid_from <= valid_until", name="begins_before_it_ends"),
        CheckConstraint("num_nonnulls(verified_at, refused_at) < 2", name="verified_or_refused"),
        CheckConstraint(
            "(refused_at IS NULL) = (refused_because IS NULL)", name="refusal_has_reason"
        ),
        Index("ix_papers_provider_id", "provider_id"),
        Index(
            "ix_papers_waiting",
            "id",
            postgresql_where=text("verified_at IS NULL AND refused_at IS NULL"),
        ),
        Index(
            "ix_papers_replaced_by_id",
            "replaced_by_id",
            postgresql_where=text("replaced_by_id IS NOT NULL"),
        ),
    )


class Booking(Base):
    """An hour that is taken. Two that hold can never overlap: the calendar is safe
    because the database says so, whatever races."""

    __tablename__ = "bookings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.account_id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    #: The fixed part of the travel buffer that was in force, on both sides.
    buffer_minutes: Mapped[int] = mapped_column(SmallInteger)
    place: Mapped[WKBElement] = mapped_column(Geography("POINT", srid=4326, spatial_index=False))
    created_at: Mapped[datetime] = mapped_column(Instant)
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    released_because: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="during_not_empty"),
        CheckConstraint(
            "(released_at IS NULL) = (released_because IS NULL)", name="release_has_reason"
        ),
        ExcludeConstraint(
            ("provider_id", "="),
            ("during", "&&"),
            name="ex_bookings_no_overlap",
            using="gist",
            where=text("released_at IS NULL"),
        ),
        Index(
            "uq_bookings_one_per_job",
            "job_id",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
        Index(
            "ix_bookings_released",
            "job_id",
            postgresql_where=text("released_because IS NOT NULL"),
        ),
        Index(
            "ix_bookings_provider_id",
            "provider_id",
            postgresql_where=text("released_at IS NULL"),
        ),
    )


class RecordEntry(Base):
    """One fact that moves a provider's figures: the only source of rating,
    reliability, responsiveness and caps. Written where it happens, in the same
    transaction; read by matching, which therefore never looks into offers or jobs.
    """

    __tablename__ = "record_entries"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.account_id"))
    category_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("categories.id"))
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    urgency: Mapped[str] = mapped_column(Text)
    #: The offer (asked, answered, declined, unanswered, withdrawn) or the job (all others)
    #: it is about; no foreign key, a figure outlives what it was counted from.
    subject_id: Mapped[uuid.UUID]
    stars: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint(
            "kind IN ('asked', 'answered', 'unanswered', 'withdrawn', 'kept', 'late',"
            " 'cancelled', 'absent', 'rated', 'redone', 'declined')",
            name="kind",
        ),
        CheckConstraint("(kind = 'rated') = (stars IS NOT NULL)", name="stars_when_rated"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_bounds"),
        # Every task may run twice; the same fact is written once.
        Index("uq_record_entries_fact", "subject_id", "provider_id", "kind", unique=True),
        Index("ix_record_entries_provider_id_at", "provider_id", "at"),
        Index(
            "ix_record_entries_asked",
            *("provider_id", "urgency", "at"),
            postgresql_where=text("kind = 'asked'"),
        ),
        Index(
            "ix_record_entries_ratings",
            "market_id",
            "category_id",
            postgresql_where=text("kind = 'rated'"),
        ),
    )


class PortfolioItem(Base):
    """A piece of work to show: how it was afterwards, and before if there is a photo of that.

    A photo that goes takes what it showed with it.
    """

    __tablename__ = "portfolio_items"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("providers.account_id", ondelete="CASCADE")
    )
    position: Mapped[int] = mapped_column(SmallInteger)
    before_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("photos.id", ondelete="SET NULL")
    )
    after_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"))
    caption: Mapped[str] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("categories.id"))

    __table_args__ = (
        CheckConstraint("before_id <> after_id", name="two_photos"),
        Index("ix_portfolio_items_provider_id", "provider_id", "position"),
        Index("uq_portfolio_items_before_id", "before_id", unique=True),
        Index("uq_portfolio_items_after_id", "after_id", unique=True),
    )


class NightlyFigures(Base):
    """How a provider stood when the day began: what ranking counts, the level and the badge.

    Made with the profile and filled by the clock in the nights of its market; the figures
    are all there or, before the first night, none of them.
    """

    __tablename__ = "nightly_figures"

    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("providers.account_id", ondelete="CASCADE"), primary_key=True
    )
    #: When they are to be counted anew.
    due_at: Mapped[datetime] = mapped_column(Instant)
    #: The local day at whose beginning they held.
    day: Mapped[date | None]
    level: Mapped[int | None] = mapped_column(SmallInteger)
    #: Visits that came about, of all times.
    finished: Mapped[int | None]
    #: The Bayesian mean of the ratings, how much they weigh by their age, how many there are.
    stars: Mapped[float | None]
    rating_weight: Mapped[float | None]
    rating_count: Mapped[int | None]
    visits_kept: Mapped[int | None]
    visits_let_down: Mapped[int | None]
    reliability: Mapped[float | None]
    offers_answered: Mapped[int | None]
    offers_unanswered: Mapped[int | None]
    responsiveness: Mapped[float | None]
    #: Of offers that were taken or priced; and the median of their minutes, if any.
    response_count: Mapped[int | None]
    response_median_min: Mapped[float | None]
    #: "Usually answers within so many minutes", where that may be said.
    badge_min: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint(
            "num_nulls(day, level, finished, stars, rating_weight, rating_count, visits_kept,"
            " visits_let_down, reliability, offers_answered, offers_unanswered, responsiveness,"
            " response_count) IN (0, 13)",
            name="counted_whole",
        ),
        CheckConstraint("level > 0", name="level_positive"),
        CheckConstraint("badge_min > 0", name="badge_positive"),
        Index("ix_nightly_figures_due_at", "due_at"),
    )


class CalendarFeed(Base):
    """A secret address under which a provider's visits are read without signing in."""

    __tablename__ = "calendar_feeds"

    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("providers.account_id", ondelete="CASCADE"), primary_key=True
    )
    #: SHA-256 of the secret, which is shown once and not kept.
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
