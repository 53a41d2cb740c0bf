"""Whom a resident would have again."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import errors
from jobbing_api.accounts import models, people

#: More would be no favourites, and each of them is asked about first.
MOST = 50


def favour(
    session: Session, account: models.Account, provider_id: uuid.UUID, *, now: datetime
) -> None:
    """Ask this provider first from now on. Twice is the same as once.

    Raises NotFound for somebody who does not exist (any more) or does not offer work,
    InvalidInput for oneself or one too many.
    """
    if provider_id == account.id:
        raise errors.InvalidInput(fields={"account_id": ["field-not-oneself"]})
    other = session.get(models.Account, provider_id)
    if other is None or other.erased_at is not None or not other.has_role("provider"):
        raise errors.NotFound()
    people.lock(session, account)
    count = select(func.count()).where(models.Favourite.account_id == account.id)
    if (session.scalar(count) or 0) >= MOST:
        raise errors.InvalidInput(fields={"account_id": ["field-too-many-favourites"]}, most=MOST)
    session.execute(
        insert(models.Favourite)
        .values(account_id=account.id, provider_id=provider_id, created_at=now)
        .on_conflict_do_nothing()
    )


def unfavour(session: Session, account: models.Account, provider_id: uuid.UUID) -> None:
    """Ask this provider like any other; one who was no favourite is no error."""
    session.execute(
        delete(models.Favourite).where(
            models.Favourite.account_id == account.id,
            models.Favourite.provider_id == provider_id,
        )
    )


def favourites(session: Session, account_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Whom the account would have again."""
    return frozenset(session.scalars(_OF, {"account_id": account_id}))


#: Put together once: every first wave asks it.
_OF = select(models.Favourite.provider_id).where(
    models.Favourite.account_id == bindparam("account_id")
)
