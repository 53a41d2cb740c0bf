"""When whoever is to come keeps silent, or does not come: others are warmed, then asked.

Hides: whom a silence reaches and when, and that a job whose provider stays away is asked
anew without anybody having to say so.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from jobbing_api import dues, errors, jobs, notifications
from jobbing_api.accounts import models as accounts_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.offers import endings, filling, models, reading

#: So many are warmed: one alone may be busy by then.
_BACKUPS = 3


def warm(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """Nobody has said that they come, and it is nearly time: ask the next best to stand by,
    and tell the resident how it stands."""
    job = jobs.due(session, jobs.BACKUP, job_id, state=JobState.ASSIGNED, now=now)
    standing = jobs.standing(session, [job_id]).get(job_id)
    if job is None or standing is None or job.starts_at is None:
        return
    if job.on_my_way_at is not None or jobs.is_confirmed(standing.visit):
        return
    waiting = session.execute(
        filling.backups_of(job_id, job.round, standing.visit.agreed_at).limit(_BACKUPS)
    ).all()
    session.execute(
        update(models.Offer)
        .where(models.Offer.id.in_([one.id for one in waiting]))
        .values(stand_by_asked_at=now),
        execution_options={"synchronize_session": False},
    )
    for one in waiting:
        notifications.tell(
            session,
            one.provider_id,
            "stand-by-asked",
            about="offer",
            subject_id=one.id,
            market_id=job.market_id,
            params={
                "category": job.category.names,
                "starts_at": job.starts_at.isoformat(),
                "time_zone": job.market.time_zone,
            },
            now=now,
            expires_at=job.starts_at,
            urgent=True,
        )
    jobs.tell(
        session,
        job,
        job.resident_id,
        "visit-unconfirmed",
        now=now,
        until=job.starts_at + timedelta(hours=1),
        backups=len(waiting),
    )
    jobs.tell(session, job, job.provider_id, "visit-confirm-now", now=now, until=job.starts_at)


def stand_by(
    session: Session,
    offer_id: uuid.UUID,
    *,
    account: accounts_models.Account,
    ready: bool,
    now: datetime,
) -> models.Offer:
    """Whoever was asked to stand by says whether they do; it costs nothing either way. Said
    again, the last time counts.

    Raises IllegalMove for an offer nobody was asked to stand by for, and NotFound.
    """
    offer = reading.get_for(session, offer_id, account, now=now)
    job = jobs.lock(session, offer.job_id)
    assert job is not None
    session.refresh(offer)
    asked = offer.state == OfferState.WITHDRAWN and offer.stand_by_asked_at is not None
    # Whoever came before them is at work, or the job is theirs to accept by now.
    if not asked or job.state != JobState.ASSIGNED or job.round != offer.round:
        raise errors.IllegalMove(state=str(offer.state))
    offer.stands_by = ready
    session.flush()
    return offer


def miss(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """Nobody came, and nobody says that they will: ask others without waiting for the
    resident to say so. Whoever is under way is waited for."""
    job = jobs.due(session, jobs.ABSENT, job_id, state=JobState.ASSIGNED, now=now)
    standing = jobs.standing(session, [job_id]).get(job_id)
    if job is None or standing is None:
        return
    if jobs.is_under_way(job, standing.visit, now=now):
        policy = jobs.policy_of(session, job, now=now)
        again_at = now + timedelta(minutes=policy.late_after_min)
        at = {jobs.ABSENT: again_at, jobs.LATE: again_at}
        dues.put(session, job_id, market_id=job.market_id, at=at)
        return
    endings.absent(session, job, actor_role="system", account=None, now=now)
