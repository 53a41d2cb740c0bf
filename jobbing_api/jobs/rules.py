"""The rules in force for a job."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from jobbing_api import errors, markets, matching, providers
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


def papers_asked(job: models.Job, policy: markets.Policy) -> tuple[str, ...]:
    """The kinds of papers somebody must show to do it; none where nobody insists."""
    return providers.papers.asked_of(job.category.papers) if policy.papers_required else ()


def check_papers(
    session: Session,
    job: models.Job,
    policy: markets.Policy,
    *,
    provider_id: uuid.UUID,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> None:
    """Raises PaperRequired where the provider cannot show for these hours what is asked for.
    Hold the provider's row lock, or the answer may be old before it is used."""
    lacks = matching.lacking(
        session,
        papers_asked(job, policy),
        category_id=job.category_id,
        provider_id=provider_id,
        starts_at=starts_at,
        ends_at=ends_at,
        now=now,
    )
    if lacks:
        raise errors.PaperRequired(missing=lacks)
