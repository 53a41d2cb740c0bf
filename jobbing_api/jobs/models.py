"""Tables of the jobs room: the job itself, the visits agreed about it, and what both sides
said afterwards."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geography, WKBElement
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
)
from sqlalchemy import text as sql
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
    #: Whom the resident would have again: asked before anybody else.
    wanted_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("providers.account_id"))
    #: What it is an occurrence of, and the local date that the rule gives it.
    series_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("series.id", use_alter=True))
    occurs_on: Mapped[date | None]
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
    #: Work that is under way and rests: for a while, or because it waits for something.
    paused_at: Mapped[datetime | None] = mapped_column(Instant)
    blocked_at: Mapped[datetime | None] = mapped_column(Instant)
    blocked_because: Mapped[str | None] = mapped_column(Text)
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
        CheckConstraint(
            "state = 'in_progress' OR num_nonnulls(paused_at, blocked_at) = 0",
            name="only_work_rests",
        ),
        CheckConstraint(
            "(blocked_at IS NULL) = (blocked_because IS NULL)", name="block_has_reason"
        ),
        ForeignKeyConstraint(
            ["category_id", "template_version"],
            ["brief_templates.category_id", "brief_templates.version"],
        ),
        Index("ix_jobs_resident_id", "resident_id", "id"),
        Index("ix_jobs_provider_id", "provider_id", "id"),
        Index(
            "ix_jobs_due",
            "wake_at",
            postgresql_where=sql("state = 'open' AND queued_at IS NULL"),
        ),
        Index(
            "ix_jobs_queued_at",
            "queued_at",
            postgresql_where=sql("state = 'open' AND queued_at IS NOT NULL"),
        ),
        Index(
            "ix_jobs_open_location",
            "location",
            postgresql_using="gist",
            postgresql_where=sql("state = 'open'"),
        ),
        Index("ix_jobs_market_id_state", "market_id", "state"),
        CheckConstraint("(series_id IS NULL) = (occurs_on IS NULL)", name="occurs_in_a_series"),
        Index("uq_jobs_one_per_occurrence", "series_id", "occurs_on", unique=True),
        # What jobs of a kind cost, and how soon somebody answered.
        Index("ix_jobs_category_id", "market_id", "category_id", "created_at"),
    )


class Series(Base):
    """A job that comes again: the one it repeats, and by which rule. ``begins`` is the hour
    of the first by the clock on the wall of its market, and so are the others'."""

    __tablename__ = "series"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    resident_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    begins: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    #: Minutes by the clock on the wall; they may reach beyond midnight.
    window_minutes: Mapped[int]
    frequency: Mapped[str] = mapped_column(Text)
    interval: Mapped[int] = mapped_column(SmallInteger)
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    by: Mapped[str] = mapped_column(Text)
    times: Mapped[int | None] = mapped_column(SmallInteger)
    until: Mapped[date | None]
    same_provider: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_because: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("frequency IN ('weekly', 'monthly')", name="frequency"),
        CheckConstraint("by IN ('date', 'weekday')", name="by"),
        CheckConstraint(
            "(frequency = 'weekly') = (cardinality(weekdays) > 0)", name="weeks_have_days"
        ),
        CheckConstraint("interval BETWEEN 1 AND 12", name="interval_bounds"),
        CheckConstraint("times > 0", name="times_positive"),
        CheckConstraint("window_minutes > 0", name="window_positive"),
        CheckConstraint("ended_because IN ('resident', 'over')", name="ended_because"),
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="end_has_reason"),
        Index("ix_series_resident_id", "resident_id", "id"),
        Index("ix_series_job_id", "job_id"),
    )


class SeriesException(Base):
    """An occurrence that is skipped, moved to another window, or was missed."""

    __tablename__ = "series_exceptions"

    series_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("series.id", ondelete="CASCADE"), primary_key=True
    )
    on: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    window_from: Mapped[datetime | None] = mapped_column(Instant)
    window_to: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("kind IN ('skipped', 'moved', 'missed')", name="kind"),
        CheckConstraint(
            "num_nulls(window_from, window_to) = CASE kind WHEN 'moved' THEN 0 ELSE 2 END",
            name="moved_to_a_window",
        ),
        CheckConstraint("window_from < window_to", name="window_ends_after_it_starts"),
    )


#: How a visit that was agreed came to its end.
VISIT_ENDS = (
    "came",
    "job-cancelled",
    "provider-cancelled",
    "provider-absent",
    "resident-absent",
    "acceptance-undone",
)


class Visit(Base):
    """Somebody is to come: one row for each acceptance, with what was agreed about it and
    how it ended. Its hour is the job's; the provider's hours are held by a booking."""

    __tablename__ = "visits"

    offer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.account_id"))
    agreed_at: Mapped[datetime] = mapped_column(Instant)
    #: What calling it off costs at least: as much as it did when whoever calls it off had
    #: it moved.
    least_fee_cents: Mapped[int] = mapped_column(default=0)
    least_points: Mapped[int] = mapped_column(SmallInteger, default=0)
    #: Four digits that the resident reads out, so that both know the right person came.
    start_code: Mapped[str] = mapped_column(Text)
    wrong_codes: Mapped[int] = mapped_column(SmallInteger, default=0)
    confirm_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    provider_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    resident_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    #: When whoever set out thinks to be there.
    arrives_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_because: Mapped[str | None] = mapped_column(Text)
    #: Who comes, by name, as of the acceptance or of the written yes at ``consented_at``;
    #: None where nobody was ever named.
    comes_name: Mapped[str | None] = mapped_column(Text)
    consented_at: Mapped[datetime | None] = mapped_column(Instant)
    #: What the resident owes for calling it off or not being there; and what goes on the
    #: provider's account instead of money: so many points lead to a person's review.
    fee_cents: Mapped[int] = mapped_column(default=0)
    points: Mapped[int] = mapped_column(SmallInteger, default=0)

    __table_args__ = (
        CheckConstraint("start_code ~ '^[0-9]{4}$'", name="start_code"),
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="end_has_reason"),
        CheckConstraint(
            "ended_because IN (" + ", ".join(f"'{end}'" for end in VISIT_ENDS) + ")",
            name="ended_because",
        ),
        CheckConstraint("fee_cents >= 0 AND points >= 0", name="costs_not_negative"),
        CheckConstraint("least_fee_cents >= 0 AND least_points >= 0", name="least_not_negative"),
        CheckConstraint("ended_at IS NOT NULL OR fee_cents + points = 0", name="costs_at_its_end"),
        Index(
            "uq_visits_one_per_job",
            "job_id",
            unique=True,
            postgresql_where=sql("ended_at IS NULL"),
        ),
        Index("ix_visits_job_id", "job_id"),
        Index("ix_visits_provider_id", "provider_id", "ended_at"),
        Index(
            "ix_visits_points",
            *("provider_id", "ended_at"),
            postgresql_where=sql("points > 0"),
        ),
    )


class Reschedule(Base):
    """One side asks the other for another hour; nothing moves before the other agrees."""

    __tablename__ = "reschedules"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("visits.offer_id"))
    #: ``resident`` or ``provider``.
    asked_by: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("asked_by IN ('resident', 'provider')", name="asked_by"),
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("state IN ('asked', 'agreed', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="ended_when_answered"),
        Index(
            "uq_reschedules_one_asked_per_job",
            "job_id",
            unique=True,
            postgresql_where=sql("state = 'asked'"),
        ),
        Index("ix_reschedules_visit_id", "visit_id"),
    )


class Substitution(Base):
    """A provider asks whether somebody else may come; whoever was to come does until the
    resident says yes in writing."""

    __tablename__ = "substitutions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    visit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("visits.offer_id"))
    #: Who asks.
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.account_id"))
    name: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    #: What the resident wrote to it.
    answer: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("state IN ('asked', 'agreed', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="ended_when_answered"),
        CheckConstraint("state <> 'agreed' OR answer IS NOT NULL", name="agreed_in_writing"),
        Index(
            "uq_substitutions_one_asked_per_job",
            "job_id",
            unique=True,
            postgresql_where=sql("state = 'asked'"),
        ),
        Index("ix_substitutions_job_id", "job_id", "asked_at"),
        Index("ix_substitutions_provider_id", "provider_id"),
    )


#: What a provider says of work that is under way, and what a block may wait for. ``finish``
#: is what they say and show at its end.
CHECK_INS = ("progress", "pause", "blocked", "resume")
FINISH = "finish"
WAITS_FOR = ("resident", "material", "weather", "access", "another-trade", "other")


class CheckIn(Base):
    """A word on the way, perhaps with pictures; never changed."""

    __tablename__ = "check_ins"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    waits_for: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(
            "kind IN ('progress', 'pause', 'blocked', 'resume', 'finish')", name="kind"
        ),
        CheckConstraint(
            "waits_for IN ('resident', 'material', 'weather', 'access', 'another-trade', 'other')",
            name="waits_for",
        ),
        CheckConstraint("(kind = 'blocked') = (waits_for IS NOT NULL)", name="block_waits"),
        Index("ix_check_ins_job_id", "job_id", "at"),
        Index("ix_check_ins_author_id", "author_id"),
    )


class WorkStretch(Base):
    """From when to when somebody was at work: the lines of a time sheet."""

    __tablename__ = "work_stretches"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    began_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("began_at <= ended_at", name="begins_before_it_ends"),
        Index("ix_work_stretches_job_id", "job_id"),
        Index(
            "uq_work_stretches_one_at_a_time",
            "job_id",
            unique=True,
            postgresql_where=sql("ended_at IS NULL"),
        ),
    )


class ChangeOrder(Base):
    """One side asks to add lines to the order; kept whatever was answered."""

    __tablename__ = "change_orders"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    #: ``resident`` or ``provider``.
    asked_by: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    delta_cents: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("asked_by IN ('resident', 'provider')", name="asked_by"),
        CheckConstraint("state IN ('asked', 'agreed', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="ended_when_answered"),
        CheckConstraint("jsonb_array_length(lines) > 0", name="changes_something"),
        Index(
            "uq_change_orders_one_asked_per_job",
            "job_id",
            unique=True,
            postgresql_where=sql("state = 'asked'"),
        ),
        Index("ix_change_orders_job_id", "job_id", "asked_at"),
        Index("ix_change_orders_author_id", "author_id"),
    )


class Payment(Base):
    """Money that went from one to the other, as both say; not moved by us."""

    __tablename__ = "payments"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.account_id"))
    method: Mapped[str] = mapped_column(Text)
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    said_by: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(Instant)
    #: "I paid", "I received": each is said by one side.
    paid_at: Mapped[datetime | None] = mapped_column(Instant)
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    #: The provider's own count, without a gap.
    receipt_number: Mapped[int | None]
    #: When the other side said that it is not so, or whoever said it took it back.
    refused_at: Mapped[datetime | None] = mapped_column(Instant)
    #: How much of what was received is tax, as its receipt says. None on receipts of before.
    tax_cents: Mapped[int | None]

    __table_args__ = (
        CheckConstraint("method IN ('cash', 'transfer', 'card', 'cheque', 'other')", name="method"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("said_by IN ('resident', 'provider')", name="said_by"),
        CheckConstraint("num_nonnulls(paid_at, received_at) > 0", name="said_by_somebody"),
        CheckConstraint(
            "(received_at IS NULL) = (receipt_number IS NULL)", name="received_has_number"
        ),
        CheckConstraint(
            "refused_at IS NULL OR received_at IS NULL", name="refused_was_not_received"
        ),
        Index("ix_payments_job_id", "job_id", "said_at"),
        Index(
            "uq_payments_receipt_number",
            "provider_id",
            "receipt_number",
            unique=True,
        ),
    )


class Message(Base):
    """A word between the resident of a job and one provider; the two are a conversation."""

    __tablename__ = "messages"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"))
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("providers.account_id"))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    #: Taken down by a person who looked at it.
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_messages_job_id", "job_id", "provider_id", "id"),
        Index("ix_messages_author_id", "author_id"),
    )


class MessageRead(Base):
    """How far somebody has read a conversation."""

    __tablename__ = "message_reads"

    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("providers.account_id"), primary_key=True
    )
    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    last_id: Mapped[uuid.UUID]
    read_at: Mapped[datetime] = mapped_column(Instant)


class Dispute(Base):
    """A job whose two people do not agree, and what a person decided."""

    __tablename__ = "disputes"

    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    opened_by: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    answer_due_at: Mapped[datetime] = mapped_column(Instant)
    decide_due_at: Mapped[datetime] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("opened_by IN ('resident', 'provider')", name="opened_by"),
        CheckConstraint("outcome IN ('completed', 'cancelled')", name="outcome"),
        CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="decided_with_outcome"),
        Index("ix_disputes_market_id", "market_id", "opened_at"),
    )


class Statement(Base):
    """What somebody said to a dispute; an operator's last is the reason of the decision."""

    __tablename__ = "statements"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("disputes.job_id"))
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    author_role: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("author_role IN ('resident', 'provider', 'operator')", name="author_role"),
        Index("ix_statements_job_id", "job_id", "at"),
        Index("ix_statements_author_id", "author_id"),
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
    #: What whoever it is about has to say to it, once.
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Taken down by a person who looked at it.
    hidden_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_bounds"),
        CheckConstraint("about_role IN ('resident', 'provider')", name="about_role"),
        CheckConstraint("author_id <> about_id", name="not_oneself"),
        CheckConstraint("(reply IS NULL) = (replied_at IS NULL)", name="reply_is_dated"),
        Index("uq_reviews_one_per_side", "job_id", "author_id", unique=True),
        Index("ix_reviews_about_id_visible_at", "about_id", "visible_at"),
    )


class Report(Base):
    """Somebody thinks that something should not stand there; a person looks at it."""

    __tablename__ = "reports"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"))
    reporter_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[uuid.UUID]
    reason: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    outcome: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("subject IN ('review', 'message', 'provider')", name="subject"),
        CheckConstraint(
            "reason IN ('insult', 'false', 'private', 'fraud', 'spam', 'other')", name="reason"
        ),
        CheckConstraint("outcome IN ('kept', 'hidden')", name="outcome"),
        CheckConstraint(
            "num_nulls(settled_at, settled_by, outcome, note) IN (0, 4)", name="settled_whole"
        ),
        Index("uq_reports_once_each", "subject_id", "reporter_id", unique=True),
        Index("ix_reports_market_id", "market_id", "id"),
        Index("ix_reports_reporter_id", "reporter_id"),
    )
