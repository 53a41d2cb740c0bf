"""Who is new here, and is to have a real chance."""

from __future__ import annotations

import uuid
from datetime import datetime

from geoalchemy2 import Geography
from sqlalchemy import cast, func, select
from sqlalchemy.orm import Session

from jobbing_api import geography
from jobbing_api.providers import models

#: Of so many of the nearest the best are chosen: a wave has a place or two for them.
_NEAREST = 40

#: And none from farther away than this, in a country with few newcomers.
_WITHIN_M = 40_000


def newcomers(
    session: Session,
    *,
    category_id: int,
    market_id: uuid.UUID,
    near: geography.LonLat,
    finished_below: int,
    since: datetime,
) -> list[uuid.UUID]:
    """The nearest of those who joined ``since``, whose identity was checked and who have
    finished fewer than ``finished_below`` visits."""
    provider, entry = models.Provider, models.RecordEntry
    place = cast(geography.point(*near), Geography("POINT", srid=4326))
    finished = (
        select(func.count())
        .where(entry.provider_id == provider.account_id, entry.kind.in_(("kept", "late")))
        .correlate(provider)
        .scalar_subquery()
    )
    found = (
        select(provider.account_id)
        .join(models.Skill, models.Skill.provider_id == provider.account_id)
        .where(
            models.Skill.category_id == category_id,
            provider.market_id == market_id,
            provider.created_at > since,
            provider.identity_checked_at.is_not(None),
            provider.paused_at.is_(None),
            func.ST_DWithin(provider.base, place, _WITHIN_M, False),
            finished < finished_below,
        )
        .order_by(provider.base.op("<->")(place))
        .limit(_NEAREST)
    )
    return list(session.scalars(found))
