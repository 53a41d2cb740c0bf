"""What both sides say afterwards, revealed together."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import database, errors, history, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models, moves, reading, rules, telling
from jobbing_api.lifecycle import JobState


def review(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    stars: int,
    text: str,
    now: datetime,
) -> models.Review:
    """One review a side, within so many days of completion as the rules say.

    Hidden from the other until both are in or those days are over. Raises
    IllegalMove before completion, after those days, and the second time.
    """
    view = reading.get_for(session, job_id, account, now=now)
    job = view.job
    if view.role == "operator":
        raise errors.NotAllowed()
    moves.lock(session, job_id)
    if job.state != JobState.COMPLETED or job.completed_at is None or job.provider_id is None:
        raise errors.IllegalMove(state=str(job.state))
    open_for = timedelta(days=rules.policy_of(session, job, now=now).reviews_days)
    closes_at = job.completed_at + open_for
    if now >= closes_at:
        raise errors.IllegalMove(state=str(job.state))
    by_resident = view.role == "resident"
    written = session.scalars(
        insert(models.Review)
        .values(
            id=database.new_id(),
            market_id=job.market_id,
            job_id=job.id,
            category_id=job.category_id,
            author_id=account.id,
            about_id=job.provider_id if by_resident else job.resident_id,
            about_role="provider" if by_resident else "resident",
            stars=stars,
            text=text,
            written_at=now,
            visible_at=closes_at,
        )
        .on_conflict_do_nothing(index_elements=["job_id", "author_id"])
        .returning(models.Review)
    ).one_or_none()
    if written is None:
        raise errors.IllegalMove(state=str(job.state))
    if by_resident:
        providers.record.write(
            session,
            kind="rated",
            provider_id=job.provider_id,
            market_id=job.market_id,
            category_id=job.category_id,
            urgency=job.urgency,
            subject_id=job.id,
            at=closes_at,
            stars=stars,
        )
    history.record(
        session,
        "review",
        at=now,
        actor_role=view.role,
        actor_id=account.id,
        market_id=job.market_id,
        job_id=job.id,
    )
    both = session.scalars(select(models.Review).where(models.Review.job_id == job.id)).all()
    if len(both) == 2:
        _reveal(session, job, both, now=now)
    return written


def _reveal(
    session: Session, job: models.Job, both: Sequence[models.Review], *, now: datetime
) -> None:
    assert job.provider_id is not None
    for one in both:
        one.visible_at = now
    providers.record.redate(
        session, kind="rated", provider_id=job.provider_id, subject_id=job.id, at=now
    )
    history.record(
        session,
        "reviews-visible",
        at=now,
        actor_role="system",
        market_id=job.market_id,
        job_id=job.id,
    )
    for account_id in (job.resident_id, job.provider_id):
        telling.tell(session, job, account_id, "reviews-visible", now=now)


def reply(
    session: Session,
    review_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    text: str,
    now: datetime,
) -> models.Review:
    """Whoever a visible review is about answers it, once. Raises NotFound for anybody else
    and while it is hidden, IllegalMove the second time."""
    review = session.get(models.Review, review_id, with_for_update=True, populate_existing=True)
    if (
        review is None
        or review.about_id != account.id
        or review.visible_at > now
        or review.hidden_at is not None
    ):
        raise errors.NotFound()
    if review.reply is not None:
        raise errors.IllegalMove(state="replied")
    review.reply, review.replied_at = text, now
    history.record(
        session,
        "review-reply",
        at=now,
        actor_role=review.about_role,
        actor_id=account.id,
        market_id=review.market_id,
        job_id=review.job_id,
    )
    session.flush()
    return review


def reviews_of_job(
    session: Session, job: models.Job, account: accounts_models.Account, *, now: datetime
) -> list[models.Review]:
    """The job's reviews the account may read: its own, and what is visible."""
    return [
        one
        for one in session.scalars(
            select(models.Review)
            .where(models.Review.job_id == job.id)
            .order_by(models.Review.written_at)
        )
        if one.author_id == account.id or (one.visible_at <= now and one.hidden_at is None)
    ]


def reviews_of_provider(
    session: Session,
    provider_id: uuid.UUID,
    *,
    now: datetime,
    limit: int,
    after: uuid.UUID | None = None,
) -> list[models.Review]:
    """Visible reviews about a provider, newest first, below ``after``."""
    query = (
        select(models.Review)
        .where(
            models.Review.about_id == provider_id,
            models.Review.about_role == "provider",
            models.Review.visible_at <= now,
            models.Review.hidden_at.is_(None),
        )
        .order_by(models.Review.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(models.Review.id < after)
    return list(session.scalars(query))
