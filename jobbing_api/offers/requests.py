"""From a job to the question matching answers, and whom a round leaves out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, select, union
from sqlalchemy.orm import Session

from jobbing_api import geography, jobs, markets, matching, providers
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OfferState
from jobbing_api.offers import models


@dataclass(frozen=True, slots=True)
class Case:
    """A job with what is asked of it everywhere: its rules, its market, its trade."""

    job: jobs_models.Job
    policy: markets.Policy
    market: markets.models.Market
    category: markets.models.Category

    @property
    def untouched(self) -> bool:
        """Whether nobody was ever asked about it."""
        return self.job.round == 1 and self.job.wave == 0


def case_of(session: Session, job: jobs_models.Job, *, now: datetime) -> Case:
    """The job as it stands under the rules in force."""
    policy, market, category = markets.terms_in_force(
        session,
        market_id=job.market_id,
        category_id=job.category_id,
        urgency=job.urgency,
        now=now,
    )
    return Case(job=job, policy=policy, market=market, category=category)


def request_of(
    session: Session,
    job: jobs_models.Job,
    policy: markets.Policy,
    *,
    leave_out: frozenset[uuid.UUID] = frozenset(),
    radius_step: int | None = None,
    outside_hours: bool = False,
    only: list[uuid.UUID] | None = None,
) -> matching.Request:
    """The question "who could do this job?" in matching's own words."""
    return matching.Request(
        job_id=job.id,
        market_id=job.market_id,
        category_id=job.category_id,
        resident_id=job.resident_id,
        place=geography.lon_lat(job.location),
        window_from=job.window_from,
        window_to=job.window_to,
        duration_minutes=job.duration_minutes,
        urgency=job.urgency,
        budget_kind=job.budget_kind,
        budget_cents=job.budget_cents,
        languages=tuple(job.languages),
        needs=tuple(job.needs),
        papers=jobs.papers_asked(job, policy),
        leave_out=leave_out,
        radius_step=radius_step,
        outside_hours=outside_hours,
        only=only,
    )


def left_out(
    session: Session, job: jobs_models.Job, made: Sequence[models.Offer] | None = None
) -> frozenset[uuid.UUID]:
    """Who is not asked (again): everybody asked in this round, whoever declined in
    any round, and whoever had accepted and then dropped out. ``made`` are the job's
    offers, where they are known already."""
    if made is not None and not made:
        return frozenset()
    return frozenset(session.scalars(left_out_of(job.id, job.round)))


def left_out_of(job_id: Any, round_: Any) -> CompoundSelect[Any]:
    """The ids of ``left_out`` as a query: for one job, or for the columns of the jobs
    an enclosing query looks at."""
    asked = select(models.Offer.provider_id).where(
        models.Offer.job_id == job_id,
        (models.Offer.round == round_) | (models.Offer.state == OfferState.DECLINED),
    )
    dropped = select(providers.models.Booking.provider_id).where(
        providers.models.Booking.job_id == job_id,
        providers.models.Booking.released_because.in_(providers.GIVEN_BACK),
    )
    return union(asked.correlate(jobs_models.Job), dropped.correlate(jobs_models.Job))


def fact(
    kind: str, job: jobs_models.Job, offer: models.Offer, *, at: datetime
) -> providers.record.Fact:
    """What became of an offer, as its provider's record keeps it."""
    return providers.record.Fact(
        kind=kind,
        provider_id=offer.provider_id,
        market_id=job.market_id,
        category_id=job.category_id,
        urgency=job.urgency,
        subject_id=offer.id,
        at=at,
    )
