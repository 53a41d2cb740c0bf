"""Whoever lets offers pass unseen is not asked until they give a sign of life."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from jobbing_api.providers import models


def pause(
    session: Session, provider_ids: Collection[uuid.UUID], *, now: datetime
) -> list[uuid.UUID]:
    """Ask these no more; returns those who were asked until now."""
    provider = models.Provider
    paused = session.scalars(
        update(provider)
        .where(provider.account_id.in_(provider_ids), provider.paused_at.is_(None))
        .values(paused_at=now)
        .returning(provider.account_id),
        execution_options={"synchronize_session": False},
    )
    return sorted(paused)


def resume(session: Session, provider_id: uuid.UUID, *, now: datetime) -> bool:
    """A sign of life: ask them again. False where nobody had stopped."""
    provider = models.Provider
    resumed = session.scalars(
        update(provider)
        .where(provider.account_id == provider_id, provider.paused_at.is_not(None))
        .values(paused_at=None, resumed_at=now)
        .returning(provider.account_id),
        execution_options={"synchronize_session": False},
    )
    return resumed.first() is not None
