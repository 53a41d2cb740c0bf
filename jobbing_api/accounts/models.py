"""Tables of the accounts room: people, roles, sign-in, blocks, operators' grants."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobbing_api.database import Base, Instant, new_id

ROLES = ("resident", "provider", "operator")


class Account(Base):
    """A person. Erasure empties what names them and keeps the row, so that what
    happened stays countable without saying to whom."""

    __tablename__ = "accounts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    #: Lower case; null once erased.
    email: Mapped[str | None] = mapped_column(Text, unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    firebase_uid: Mapped[str | None] = mapped_column(Text, unique=True)
    display_name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    email_verified_at: Mapped[datetime | None] = mapped_column(Instant)
    phone_verified_at: Mapped[datetime | None] = mapped_column(Instant)
    suspended_at: Mapped[datetime | None] = mapped_column(Instant)
    suspended_reason: Mapped[str | None] = mapped_column(Text)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)

    roles: Mapped[list[AccountRole]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="AccountRole.role"
    )

    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower_case"),
        CheckConstraint("language ~ '^[a-z]{2}$'", name="language_iso_639_1"),
        CheckConstraint("erased_at IS NULL OR email IS NULL", name="erased_has_no_email"),
        CheckConstraint(
            "phone_verified_at IS NULL OR phone IS NOT NULL", name="verified_phone_is_known"
        ),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # declared so by SQLAlchemy

    def has_role(self, role: str) -> bool:
        """True if the person may act as resident, provider or operator."""
        return any(held.role == role for held in self.roles)


class AccountRole(Base):
    __tablename__ = "account_roles"

    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(Text, primary_key=True)

    __table_args__ = (CheckConstraint("role IN ('resident', 'provider', 'operator')", name="role"),)


class OperatorGrant(Base):
    """Which markets an operator may look at (``read``) or act in (``act``)."""

    __tablename__ = "operator_grants"

    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    market_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("markets.id"), primary_key=True)
    level: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("level IN ('read', 'act')", name="level"),)


class SignIn(Base):
    """One signed-in phone or browser; the bearer's access token names it."""

    __tablename__ = "sign_ins"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Why it ended: signed-out, reused (a refresh token came twice), password-reset, erased.
    ended_because: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_sign_ins_account_id", "account_id"),)


class RefreshToken(Base):
    """A refresh token by its hash; used once, then its successor is the only good one."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    sign_in_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sign_ins.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_refresh_tokens_sign_in_id", "sign_in_id"),)


class MailToken(Base):
    """What a link in a mail proves: that its reader owns the address."""

    __tablename__ = "mail_tokens"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(Text)
    #: The address it was sent to: a token for an earlier address proves nothing.
    email: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("purpose IN ('verify-email', 'reset-password')", name="purpose"),
        Index("ix_mail_tokens_account_id", "account_id"),
    )


class PhoneCode(Base):
    """What a code in a text message proves: that its reader holds the number."""

    __tablename__ = "phone_codes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    #: The number it was sent to: a code for an earlier number proves nothing.
    phone: Mapped[str] = mapped_column(Text)
    #: Keyed with our secret: a million codes are soon tried.
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    #: How often a wrong one was typed in.
    tries: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        Index("ix_phone_codes_account_id", "account_id"),
        Index("ix_phone_codes_phone", "phone"),
    )


class Favourite(Base):
    """Whom a resident would have again: asked before others."""

    __tablename__ = "favourites"

    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    provider_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("account_id <> provider_id", name="not_oneself"),
        Index("ix_favourites_provider_id", "provider_id"),
    )


class Block(Base):
    """The two are never matched again, whoever of them asked for it."""

    __tablename__ = "blocks"

    account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    blocked_account_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("account_id <> blocked_account_id", name="not_oneself"),
        Index("ix_blocks_blocked_account_id", "blocked_account_id"),
    )
