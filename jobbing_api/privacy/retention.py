"""What goes by itself once nobody has a use for it any more.

Hides: how long that is. Rooms below forget what is theirs alone; here goes what two of them
have to be asked about.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import files
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState

#: How long the photos of a job stay after it is over: long enough to look up how something
#: was done, or to have it put right.
PHOTOS_KEPT = timedelta(days=180)

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
