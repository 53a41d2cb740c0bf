"""The phones and browsers that can be rung."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api.accounts import models as accounts_models
from jobbing_api.notifications import models


def put_device(
    session: Session,
    account: accounts_models.Account,
    *,
    installation_id: str,
    address_kind: str,
    address: str,
    platform: str,
    app_version: str,
    sign_in_id: uuid.UUID | None,
    now: datetime,
) -> models.Device:
    """Bind an installation, and the address it can be reached at, to ``account``.

    One owner at a time: whoever held the installation or the address before loses it,
    because a phone that changed hands must not ring for its former owner.
    """
    # Two who bring the same address at once go one after the other: the second takes it
    # from the first instead of finding it taken.
    whose = func.hashtextextended(f"{address_kind} {address}", 0)
    session.execute(select(func.pg_advisory_xact_lock(whose)))
    session.execute(
        delete(models.Device).where(
            models.Device.address_kind == address_kind,
            models.Device.address == address,
            models.Device.installation_id != installation_id,
        )
    )
    values = {
        "account_id": account.id,
        "sign_in_id": sign_in_id,
        "address_kind": address_kind,
        "address": address,
        "platform": platform,
        "app_version": app_version,
        "registered_at": now,
        "dropped_at": None,
        "dropped_because": None,
    }
    return session.scalars(
        insert(models.Device)
        .values(installation_id=installation_id, **values)
        .on_conflict_do_update(index_elements=["installation_id"], set_=values)
        .returning(models.Device),
        execution_options={"populate_existing": True},
    ).one()


def delete_device(session: Session, account: accounts_models.Account, installation_id: str) -> bool:
    """Stop ringing an installation; False when it is not the account's."""
    gone = session.scalars(
        delete(models.Device)
        .where(
            models.Device.installation_id == installation_id,
            models.Device.account_id == account.id,
        )
        .returning(models.Device.installation_id)
    )
    return gone.first() is not None


def unbind(session: Session, sign_in_id: uuid.UUID) -> None:
    """Forget the devices of a sign-in that ends."""
    session.execute(delete(models.Device).where(models.Device.sign_in_id == sign_in_id))


#: Google forgets an address that was not used for so long; the app says every few weeks
#: that it is still there.
_STALE = timedelta(days=270)


def drop_stale(session: Session, *, now: datetime, limit: int = 1000) -> int:
    """Ring no more where nobody has been heard of for 270 days; how many that were."""
    stale = (
        select(models.Device.installation_id)
        .where(models.Device.dropped_at.is_(None), models.Device.registered_at < now - _STALE)
        .order_by(models.Device.installation_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    dropped = session.execute(
        update(models.Device)
        .where(models.Device.installation_id.in_(stale.scalar_subquery()))
        .values(dropped_at=now, dropped_because="stale")
        .returning(models.Device.installation_id),
        execution_options={"synchronize_session": False},
    )
    return len(dropped.all())


def of_account(session: Session, account_id: uuid.UUID) -> list[models.Device]:
    """The devices bound to an account, reachable or not."""
    return list(
        session.scalars(
            select(models.Device)
            .where(models.Device.account_id == account_id)
            .order_by(models.Device.registered_at)
        )
    )
