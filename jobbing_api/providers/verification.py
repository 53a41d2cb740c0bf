"""A person looks at papers and says whether they are what they say. No machine does.

Hides: who may look at whose, that a paper takes the place of another only once it is
verified, and what follows from knowing who somebody is.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from jobbing_api import accounts, dues, errors
from jobbing_api.accounts import models as accounts_models
from jobbing_api.markets import models as markets_models
from jobbing_api.providers import free_time, models, papers


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitted:
    """A paper as those see it who look at it: with the name others see of its owner, and the
    market where they work."""

    paper: models.Paper
    display_name: str
    market_id: uuid.UUID
    market: str


def _submitted() -> Select[models.Paper, str, uuid.UUID, str]:
    paper, provider = models.Paper, models.Provider
    account, market = accounts_models.Account, markets_models.Market
    return (
        select(paper, account.display_name, market.id, market.slug)
        .join(provider, provider.account_id == paper.provider_id)
        .join(account, account.id == paper.provider_id)
        .join(market, market.id == provider.market_id)
    )


def submitted(session: Session, paper: models.Paper) -> Submitted:
    """One of them."""
    row = session.execute(_submitted().where(models.Paper.id == paper.id)).one()
    return Submitted(paper=row[0], display_name=row[1], market_id=row[2], market=row[3])


def in_markets(
    session: Session,
    market_ids: Iterable[uuid.UUID],
    *,
    state: str,
    limit: int,
    after: uuid.UUID | None = None,
    now: datetime,
) -> list[Submitted]:
    """Papers of those who work in these markets, earliest first, above ``after``."""
    paper = models.Paper
    query = (
        _submitted()
        .where(models.Provider.market_id.in_(list(market_ids)), papers.in_state(state, now))
        .order_by(paper.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(paper.id > after)
    return [
        Submitted(paper=row[0], display_name=row[1], market_id=row[2], market=row[3])
        for row in session.execute(query)
    ]


def verify(
    session: Session, paper_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> models.Paper:
    """An operator who may act has seen that it is what it says: from now on it counts, in
    place of those it replaces. Verified again, it answers the same.

    Raises NotFound outside their markets, NotAllowed for an onlooker or for one's own,
    IllegalMove for one that was refused or is over.
    """
    paper = _held(session, paper_id, account)
    state = papers.state_of(paper, now=now)
    if state == "verified":
        return paper
    if state == "waiting" and papers.is_over(paper, now=now):
        state = "expired"
    if state != "waiting":
        raise errors.IllegalMove(state=state)
    market, local = papers.market_of(session, paper.provider_id)
    paper.verified_at, paper.settled_by = now, account.id
    session.flush()
    for old in _replaced_by(session, paper):
        begins_at = now if paper.valid_from is None else max(now, paper.valid_from)
        old.valid_until = max(filter(None, (begins_at, old.valid_from)))
        old.replaced_by_id = paper.id
        dues.strike(session, old.id, [papers.ENDS])
    if paper.kind == papers.IDENTITY:
        provider = session.get_one(models.Provider, paper.provider_id, populate_existing=True)
        provider.identity_checked_at = provider.identity_checked_at or now
    papers.watch(session, paper, market, local, now=now)
    papers.record(session, "paper-verified", paper, market, account, "operator", now=now)
    papers.tell(session, paper, "paper-verified", market, now=now)
    session.flush()
    return paper


def _replaced_by(session: Session, paper: models.Paper) -> Sequence[models.Paper]:
    """Those of the same kind that count for nothing this one does not count for, and end no
    later; and that last until this one begins, so that there is no day without either."""
    old = models.Paper
    begins_at = func.greatest(paper.verified_at, paper.valid_from)
    query = select(old).where(
        old.provider_id == paper.provider_id,
        old.id != paper.id,
        old.kind == paper.kind,
        old.verified_at.is_not(None),
        old.replaced_by_id.is_(None),
        or_(old.valid_until.is_(None), old.valid_until >= begins_at),
    )
    if paper.valid_until is not None:
        query = query.where(old.valid_until <= paper.valid_until)
    if paper.category_ids is not None:
        query = query.where(old.category_ids.op("<@")(paper.category_ids))
    return session.scalars(query.order_by(old.id)).all()


def refuse(
    session: Session,
    paper_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    reason: str,
    now: datetime,
) -> models.Paper:
    """An operator who may act does not take it, and writes down why; one that was verified
    counts no more from now on, and what it had replaced counts again as long as it says.

    Raises as ``verify`` does.
    """
    paper = _held(session, paper_id, account)
    state = papers.state_of(paper, now=now)
    if state not in ("waiting", "verified"):
        raise errors.IllegalMove(state=state)
    market, _ = papers.market_of(session, paper.provider_id)
    papers.stand_down(session, paper, now=now)
    if state == "verified" and paper.kind == papers.IDENTITY:
        _doubt(session, paper)
    paper.verified_at, paper.refused_at = None, now
    paper.refused_because, paper.settled_by = reason, account.id
    papers.record(
        session, "paper-refused", paper, market, account, "operator", now=now, said=reason
    )
    papers.tell(session, paper, "paper-refused", market, now=now)
    session.flush()
    return paper


def _held(session: Session, paper_id: uuid.UUID, account: accounts_models.Account) -> models.Paper:
    """A paper for an operator who may act where its owner works, its owner's row locked."""
    paper, provider = models.Paper, models.Provider
    found = session.execute(
        select(paper.provider_id, provider.market_id)
        .join(provider, provider.account_id == paper.provider_id)
        .where(paper.id == paper_id)
    ).first()
    if found is None or found.market_id not in accounts.operator_markets(session, account.id):
        raise errors.NotFound()
    accounts.refuse_onlooker(session, account.id, found.market_id)
    if found.provider_id == account.id:
        # Nobody looks at their own.
        raise errors.NotAllowed()
    free_time.lock(session, [found.provider_id])
    held = session.get(paper, paper_id, populate_existing=True)
    if held is None:
        raise errors.NotFound()
    return held


def _doubt(session: Session, paper: models.Paper) -> None:
    """Who somebody is rests on this paper, unless another says so too."""
    other = select(models.Paper.id).where(
        models.Paper.provider_id == paper.provider_id,
        models.Paper.kind == papers.IDENTITY,
        models.Paper.id != paper.id,
        models.Paper.verified_at.is_not(None),
    )
    if session.scalars(other.limit(1)).first() is None:
        provider = session.get_one(models.Provider, paper.provider_id, populate_existing=True)
        provider.identity_checked_at = None
