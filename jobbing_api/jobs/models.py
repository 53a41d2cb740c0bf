"""Tables of the jobs room: the job itself and what both sides said afterwards."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from geoalchemy2 import Geography, WKBElement
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobbing_api.database import Base, Instant, new_id
from jobbing_api.lifecycle import JOB_HAS_PROVIDER, JobState
from jobbing_api.markets import models as markets_models

_STATES = ", ".join(f"'{state}'" for state in JobState)
_WITH_PROVIDER = ", ".join(f"'{state}'" for state in sorted(JOB_HAS_PROVIDER))


class Job(Base):
    """A resident's job, from brief to review.

    ``round`` counts how often its people were asked anew, ``wave`` the groups asked
    in this round. ``wake_at`` is when somebody has to look at it next, ``queued_at`` when
    a task was asked to.
    """

    __tablename__ = "jobs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    resident_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    category_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("categories.id"))
    title: Mapped[str] = mapped_column(Text)
    brief: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: The version of the category's template the brief was answered under. None where the
    #: brief was written before answers were checked, under the first.
    template_version: Mapped[int | None] = mapped_column(SmallInteger)
    location: Mapped[WKBElement] = mapped_column(Geography("POINT", srid=4326, spatial_index=False))
    address: Mapped[str] = mapped_column(Text)
    access_notes: Mapped[str] = mapped_column(Text)
    window_from: Mapped[datetime] = mapped_column(Instant)
    window_to: Mapped[datetime] = mapped_column(Instant)
    duration_minutes: Mapped[int]
    budget_kind: Mapped[str] = mapped_column(Text)
    budget_cents: Mapped[int | None]
    currency: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(Text)
    urgency: Mapped[str] = mapped_column(Text)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text))

    state: Mapped[JobState] = mapped_column(Text)
    state_since: Mapped[datetime] = mapped_column(Instant)
    round: Mapped[int] = mapped_column(default=1)
    wave: Mapped[int] = mapped_column(default=0)
    round_opened_at: Mapped[datetime] = mapped_column(Instant)
    wake_at: Mapped[datetime | None] = mapped_column(Instant)
    queued_at: Mapped[datetime | None] = mapped_column(Instant)
    give_up_at: Mapped[datetime | None] = mapped_column(Instant)
    unfilled_because: Mapped[str | None] = mapped_column(Text)

    provider_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.account_id"))
    starts_at: Mapped[datetime | None] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    #: The itemised order both can read, locked at acceptance.
    order: Mapped[dict[str, Any] | None] = mapped_column("order_lines", JSONB(none_as_null=True))

    created_at: Mapped[datetime] = mapped_column(Instant)
    on_my_way_at: Mapped[datetime | None] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    redone_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)
    #: The span it came of, where traces are kept (W3C Trace Context).
    trace: Mapped[str | None] = mapped_column(Text)

    market: Mapped[markets_models.Market] = relationship()
    category: Mapped[markets_models.Category] = relationship()

    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("budget_kind IN ('fixed', 'hourly', 'quotes')", name="budget_kind"),
        CheckConstraint("(budget_kind = 'quotes') = (budget_cents IS NULL)", name="budget_amount"),
        CheckConstraint("budget_cents > 0", name="budget_positive"),
        CheckConstraint("mode IN ('instant', 'choose')", name="mode"),
        CheckConstraint("urgency IN ('now', 'scheduled', 'flexible')", name="urgency"),
        CheckConstraint("mode = 'choose' OR budget_kind <> 'quotes'", name="quotes_only_in_choose"),
        CheckConstraint("NOT (mode = 'choose' AND urgency = 'now')", name="choose_never_now"),
        CheckConstraint("duration_minutes BETWEEN 15 AND 1440", name="duration_bounds"),
        CheckConstraint(
            "window_from + make_interval(mins => duration_minutes) <= window_to",
            name="window_holds_duration",
        ),
        CheckConstraint(
            f"(state IN ({_WITH_PROVIDER})) = (provider_id IS NOT NULL) OR state = 'cancelled'",
            name="provider_when_assigned",
        ),
        CheckConstraint(
            "num_nulls(provider_id, starts_at, ends_at) IN (0, 3)", name="visit_is_whole"
        ),
        CheckConstraint(
            "(state = 'unfilled') = (unfilled_because IS NOT NULL)", name="unfilled_has_reason"
        ),
        CheckConstraint("(state = 'open') = (wake_at IS NOT NULL)", name="open_is_watched"),
        CheckConstraint("round > 0 AND wave >= 0", name="round_and_wave"),
        ForeignKeyConstraint(
            ["category_id", "template_version"],
            ["brief_templates.category_id", "brief_templates.version"],
        ),
        Index("ix_jobs_resident_id", "resident_id", "id"),
        Index("ix_jobs_provider_id", "provider_id", "id"),
        Index(
            "ix_jobs_due",
            "wake_at",
            postgresql_where=text("state = 'open' AND queued_at IS NULL"),
        ),
        Index(
            "ix_jobs_queued_at",
            "queued_at",
            postgresql_where=text("state = 'open' AND queued_at IS NOT NULL"),
        ),
        Index(
            "ix_jobs_open_location",
            "location",
            postgresql_using="gist",
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_jobs_market_id_state", "market_id", "state"),
    )


class Review(Base):
    """What one side says of the other; hidden until ``visible_at``: when both are in,
    or seven days after the job was completed."""

    __tablename__ = "reviews"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    category_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("categories.id"))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    about_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    about_role: Mapped[str] = mapped_column(Text)
    stars: Mapped[int] = mapped_column(SmallInteger)
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(Instant)
    visible_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_bounds"),
        CheckConstraint("about_role IN ('resident', 'provider')", name="about_role"),
        CheckConstraint("author_id <> about_id", name="not_oneself"),
        Index("uq_reviews_one_per_side", "job_id", "author_id", unique=True),
        Index("ix_reviews_about_id_visible_at", "about_id", "visible_at"),
    )
