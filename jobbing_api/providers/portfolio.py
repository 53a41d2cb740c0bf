"""Work somebody is proud of: photos of how it was afterwards, and before.

Hides: how a portfolio is replaced as a whole, and that a photo which has gone is not shown
although its row may be there for a moment longer.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from jobbing_api import errors, files
from jobbing_api.accounts import models as accounts_models
from jobbing_api.markets import models as markets_models
from jobbing_api.providers import models


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A piece of work as it is said; ``category`` is a slug."""

    before: uuid.UUID | None
    after: uuid.UUID
    caption: str
    category: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A piece of work as it is shown."""

    before: files.Photo | None
    after: files.Photo
    caption: str
    category: str | None


def put_portfolio(
    session: Session,
    account: accounts_models.Account,
    *,
    items: Sequence[Shown],
    now: datetime,
    version: int | None = None,
) -> models.Provider:
    """Replace the portfolio as a whole; photos that are no longer in it are let go of.

    It is a part of the profile and counts as a change of it. Raises ProfileRequired without
    one, VersionMismatch, and InvalidInput with paths such as ``items.0.after``.
    """
    provider = session.get(
        models.Provider, account.id, with_for_update={"key_share": True}, populate_existing=True
    )
    if provider is None:
        raise errors.ProfileRequired()
    if version is not None and version != provider.version:
        raise errors.VersionMismatch()
    category = markets_models.Category
    ids_of = dict(session.execute(select(category.slug, category.id)).all())
    wrong = {
        f"items.{place}.category": ["portfolio-category"]
        for place, item in enumerate(items)
        if item.category is not None and item.category not in ids_of
    }
    if wrong:
        raise errors.InvalidInput(fields=wrong)
    named = [
        (photo_id, f"items.{place}.{side}")
        for place, item in enumerate(items)
        for side, photo_id in (("before", item.before), ("after", item.after))
        if photo_id is not None
    ]
    files.replace(
        session,
        [photo_id for photo_id, _ in named],
        owner=account,
        to="portfolio",
        subject_id=account.id,
        now=now,
        at="items",
        paths=[path for _, path in named],
    )
    session.execute(
        delete(models.PortfolioItem).where(models.PortfolioItem.provider_id == account.id)
    )
    session.add_all(
        models.PortfolioItem(
            provider_id=account.id,
            position=place,
            before_id=item.before,
            after_id=item.after,
            caption=item.caption,
            category_id=None if item.category is None else ids_of[item.category],
        )
        for place, item in enumerate(items)
    )
    provider.version += 1
    session.flush()
    return provider


def portfolio_of(session: Session, provider_id: uuid.UUID) -> list[Work]:
    """What is shown of a provider's work, in the order they gave it."""
    return portfolios_of(session, [provider_id]).get(provider_id, [])


def portfolios_of(
    session: Session, provider_ids: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, list[Work]]:
    """The same of several, in two statements however many they are."""
    photos = files.of(session, provider_ids)
    kept = {photo.id: photo for several in photos.values() for photo in several}
    item, category = models.PortfolioItem, markets_models.Category
    works: dict[uuid.UUID, list[Work]] = defaultdict(list)
    for row, slug in session.execute(
        select(item, category.slug)
        .outerjoin(category, category.id == item.category_id)
        .where(item.provider_id.in_(provider_ids))
        .order_by(item.position)
    ):
        if row.after_id in kept:
            works[row.provider_id].append(
                Work(
                    before=None if row.before_id is None else kept.get(row.before_id),
                    after=kept[row.after_id],
                    caption=row.caption,
                    category=slug,
                )
            )
    return works
