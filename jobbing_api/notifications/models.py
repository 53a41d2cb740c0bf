"""Tables of the notifications room: devices, what is owed to whom, what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from jobbing_api.database import Base, Instant, new_id


class Device(Base):
    """An installed app that can be rung. One owner at a time."""

    __tablename__ = "devices"

    installation_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    sign_in_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("sign_ins.id", ondelete="SET NULL")
    )
    address_kind: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    platform: Mapped[str] = mapped_column(Text)
    app_version: Mapped[str] = mapped_column(Text)
    registered_at: Mapped[datetime] = mapped_column(Instant)
    #: Google says nobody lives there any more; the app registers anew when it runs.
    dropped_at: Mapped[datetime | None] = mapped_column(Instant)
    dropped_because: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint("address_kind IN ('fid', 'token')", name="address_kind"),
        CheckConstraint("platform IN ('android', 'ios', 'web')", name="platform"),
        Index("uq_devices_address", "address_kind", "address", unique=True),
        Index("ix_devices_account_id", "account_id"),
    )


class Preference(Base):
    """How somebody wants to be reached, where they said so."""

    __tablename__ = "preferences"

    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    #: The ways (push, mail, sms) of each topic.
    ways: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: Whether offers for now may ring in the quiet hours.
    now_at_night: Mapped[bool]


class Notification(Base):
    """A line owed to a person, due at an instant. The row is the outbox.

    ``collapse_key`` makes a later line replace an earlier one on the phone. From
    ``wake_at`` on somebody has to send it. ``queued_at`` is when a task was asked to: it
    is not asked again unless that was lost. ``sender_id`` sends it until ``sending_until``
    at the latest, so that no second worker rings the same phones meanwhile.
    """

    __tablename__ = "notifications"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    market_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("markets.id"))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    #: The offer or the job it is about: all that a phone is told.
    about: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[uuid.UUID]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    collapse_key: Mapped[str] = mapped_column(Text)
    urgent: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text)
    wake_at: Mapped[datetime | None] = mapped_column(Instant)
    queued_at: Mapped[datetime | None] = mapped_column(Instant)
    #: The process that sends it, if it is still alive (``processes``).
    sender_id: Mapped[uuid.UUID | None]
    sending_until: Mapped[datetime | None] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    #: The span it came of, where traces are kept (W3C Trace Context).
    trace: Mapped[str | None] = mapped_column(Text)
    #: Why it ended as it did: a code of Google's, or no-device, expired, withdrawn.
    outcome: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(
            "state IN ('owed', 'delivered', 'undeliverable', 'withdrawn')", name="state"
        ),
        CheckConstraint("about IN ('offer', 'job', 'account')", name="about"),
        CheckConstraint("(state = 'owed') = (wake_at IS NOT NULL)", name="owed_is_watched"),
        CheckConstraint("(state = 'owed') = (ended_at IS NULL)", name="ended_when_settled"),
        Index(
            "ix_notifications_due",
            "wake_at",
            postgresql_where=text("state = 'owed' AND queued_at IS NULL"),
        ),
        Index(
            "ix_notifications_queued_at",
            "queued_at",
            postgresql_where=text("state = 'owed' AND queued_at IS NOT NULL"),
        ),
        Index("ix_notifications_account_id", "account_id", "id"),
        # Few are, and operators ask who.
        Index(
            "ix_notifications_undeliverable",
            "ended_at",
            postgresql_where=text("state = 'undeliverable'"),
        ),
        Index(
            "ix_notifications_owed_subject",
            "subject_id",
            postgresql_where=text("state = 'owed'"),
        ),
    )


class Delivery(Base):
    """What became of one notification on one device, so that a second try rings
    only the phones that did not hear the first."""

    __tablename__ = "deliveries"

    notification_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("notifications.id", ondelete="CASCADE"), primary_key=True
    )
    installation_id: Mapped[str] = mapped_column(Text, primary_key=True)
    outcome: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(
            "outcome IN ('sent', 'gone', 'refused', 'unauthorised', 'later')", name="outcome"
        ),
    )
