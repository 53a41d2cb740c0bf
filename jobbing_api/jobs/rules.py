"""The rules in force for a job."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from jobbing_api import markets
from jobbing_api.jobs import models


def policy_of(session: Session, job: models.Job, *, now: datetime) -> markets.Policy:
    """The policy of its market, category and urgency at ``now``."""
    return markets.policy_in_force(
        session,
        market_id=job.market_id,
        category_id=job.category_id,
        urgency=job.urgency,
        now=now,
    )
