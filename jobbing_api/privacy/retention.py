"""What goes by itself once nobody has a use for it any more.

Hides: how long that is. Rooms below forget what is theirs alone; here goes what two of them
have to be asked about.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from jobbing_api import files, providers
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState

#: How long the photos of a job stay after it is over: long enough to look up how something
#: was done, or to have it put right.
PHOTOS_KEPT = timedelta(days=180)

#: And a paper that was refused or is over, with its scans: long enough to ask why.
PAPERS_KEPT = timedelta(days=180)

_OVER = (JobState.COMPLETED, JobState.CANCELLED, JobState.UNFILLED)


def forget_old_photos(session: Session, *, now: datetime, limit: int) -> int:
    """Let go of photos of jobs that have been over for 180 days, those of their checks and
    messages included; at most ``limit``, returns how many."""
    photo, job = files.Photo, jobs_models.Job
    old = session.scalars(
        select(photo.id)
        .join(job, job.id == photo.job_id)
        .where(
            # Nothing was added to a job after it was over; an index finds these.
            photo.attached_at < now - PHOTOS_KEPT,
            photo.state == "kept",
            job.state.in_(_OVER),
            job.state_since < now - PHOTOS_KEPT,
        )
        .order_by(photo.attached_at)
        .limit(limit)
    ).all()
    files.let_go(session, old, now=now)
    return len(old)


def forget_old_papers(session: Session, *, now: datetime, limit: int) -> int:
    """Let go of papers that were refused, or over, 180 days ago; at most ``limit``, returns
    how many."""
    paper = providers.models.Paper
    old = select(paper.id, paper.provider_id).where(
        or_(paper.refused_at < now - PAPERS_KEPT, paper.valid_until < now - PAPERS_KEPT)
    )
    found = session.execute(old.order_by(paper.id).limit(limit)).all()
    providers.lock(session, {row.provider_id for row in found})
    for row in found:
        kept = session.get(paper, row.id, populate_existing=True)
        if kept is not None:
            providers.papers.discard(session, kept, now=now)
    return len(found)
