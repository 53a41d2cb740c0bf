"""Lines owed to the people of a job."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from jobbing_api import notifications
from jobbing_api.jobs import models

#: A line about a visit is worth sending for so long.
_WORTH_SENDING = timedelta(hours=12)

#: What changes somebody's next hours rings at once.
_URGENT = frozenset(
    {
        "on-my-way",
        "job-cancelled",
        "provider-dropped-out",
        "visit-late",
        "visit-late-under-way",
        "visit-overdue",
        "visit-unconfirmed",
        "stand-by-asked",
        "start-code-changed",
    }
)


def tell(
    session: Session,
    job: models.Job,
    account_id: uuid.UUID | None,
    kind: str,
    *,
    now: datetime,
    due_at: datetime | None = None,
    until: datetime | None = None,
    replaces_offer: uuid.UUID | None = None,
    starts_at: datetime | None = None,
    visit: models.Visit | None = None,
    **params: Any,
) -> None:
    """Owe somebody a line about a job, now or at ``due_at``; it may take the place of an
    offer, and is worth nothing any more from ``until`` on.

    It speaks of the job's hour, or of ``starts_at``, and of when whoever comes to the
    ``visit`` thinks to be there.
    """
    if account_id is None:
        return
    said = starts_at or job.starts_at
    arrives_at = None if visit is None else visit.arrives_at
    notifications.tell(
        session,
        account_id,
        kind,
        about="job",
        subject_id=job.id,
        market_id=job.market_id,
        params={
            "category": job.category.names,
            "time_zone": job.market.time_zone,
            **({"starts_at": said.isoformat()} if said else {}),
            **({"arrives_at": arrives_at.isoformat()} if arrives_at else {}),
            **({"reason": job.unfilled_because} if job.unfilled_because else {}),
            **params,
        },
        now=now,
        due_at=due_at,
        expires_at=until or (due_at or now) + _WORTH_SENDING,
        replaces_offer=replaces_offer,
        urgent=kind in _URGENT,
    )
