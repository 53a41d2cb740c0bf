"""The secret address under which a provider's calendar is read by other calendars.

Hides: that of the secret only a hash is kept, that a new one ends the old one, and that
whoever is suspended or gone has none.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import errors
from jobbing_api.accounts import models as accounts_models
from jobbing_api.providers import models


def make_feed(session: Session, provider_id: uuid.UUID, *, now: datetime) -> str:
    """A new secret; the one before stops working. Raises ProfileRequired."""
    if session.get(models.Provider, provider_id) is None:
        raise errors.ProfileRequired()
    secret = secrets.token_urlsafe(32)
    row = insert(models.CalendarFeed).values(
        provider_id=provider_id, secret_hash=_hash(secret), made_at=now
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["provider_id"],
            set_={"secret_hash": row.excluded.secret_hash, "made_at": row.excluded.made_at},
        )
    )
    return secret


def feed_made_at(session: Session, provider_id: uuid.UUID) -> datetime | None:
    """Since when there is one; None if there is none."""
    feed = models.CalendarFeed
    return session.scalar(select(feed.made_at).where(feed.provider_id == provider_id))


def end_feed(session: Session, provider_id: uuid.UUID) -> None:
    """The address stops working; nothing to do where there is none."""
    feed = models.CalendarFeed
    session.execute(
        delete(feed).where(feed.provider_id == provider_id),
        execution_options={"synchronize_session": False},
    )


def whose_feed(session: Session, secret: str) -> accounts_models.Account:
    """Whose calendar a secret opens. Raises NotFound for one that opens none.

    Found by its hash: what an index takes to find it tells nothing of the secret.
    """
    account, feed = accounts_models.Account, models.CalendarFeed
    owner = session.scalar(
        select(account)
        .join(feed, feed.provider_id == account.id)
        .where(
            feed.secret_hash == _hash(secret),
            account.suspended_at.is_(None),
            account.erased_at.is_(None),
        )
    )
    if owner is None:
        raise errors.NotFound()
    return owner


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()
