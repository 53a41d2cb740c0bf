"""Who is never to be matched with whom."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import errors
from jobbing_api.accounts import models


def block(session: Session, account: models.Account, other_id: uuid.UUID, *, now: datetime) -> None:
    """Never match the two again. Twice is the same as once.

    Raises NotFound for somebody who does not exist (any more), InvalidInput for oneself.
    """
    if other_id == account.id:
        raise errors.InvalidInput(fields={"account_id": ["field-not-oneself"]})
    other = session.get(models.Account, other_id)
    if other is None or other.erased_at is not None:
        raise errors.NotFound()
    session.execute(
        insert(models.Block)
        .values(account_id=account.id, blocked_account_id=other_id, created_at=now)
        .on_conflict_do_nothing()
    )


def unblock(session: Session, account: models.Account, other_id: uuid.UUID) -> None:
    """Take a block of one's own back; one that is not there is no error."""
    session.execute(
        delete(models.Block).where(
            models.Block.account_id == account.id, models.Block.blocked_account_id == other_id
        )
    )


def blocked_ids(session: Session, account_id: uuid.UUID) -> set[uuid.UUID]:
    """Everybody the account must not be matched with, whoever of the two asked for it."""
    theirs = select(models.Block.blocked_account_id).where(models.Block.account_id == account_id)
    others = select(models.Block.account_id).where(models.Block.blocked_account_id == account_id)
    return set(session.scalars(theirs.union(others)))
