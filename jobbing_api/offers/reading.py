"""Who sees which offer, and what of it.

Hides: what is blurred for whom. A provider sees an offer once it is sent; an owner
sees who was asked, in bands; an operator sees the ranking with every part.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, literal, select
from sqlalchemy.orm import Session

from jobbing_api import errors, geography, jobs, markets, matching, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.offers import asking, models
from jobbing_api.offers.requests import left_out, left_out_of, request_of

#: How many ranked candidates an operator sees.
_CANDIDATES = 20

_NO_CAP = 1_000_000

#: How many open jobs near a provider are judged at most, nearest first.
_OPEN_JOBS = 60


def get_for(
    session: Session, offer_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> models.Offer:
    """The provider's own offer, once its turn has come; anything else is NotFound."""
    offer = session.get(models.Offer, offer_id, populate_existing=True)
    if offer is None or offer.provider_id != account.id:
        raise errors.NotFound()
    asking.send_if_due(session, offer, now=now)
    if offer.state == OfferState.PENDING:
        raise errors.NotFound()
    return offer


def list_for(
    session: Session,
    account: accounts_models.Account,
    *,
    states: Sequence[str] = (),
    limit: int,
    after: uuid.UUID | None = None,
    now: datetime,
) -> list[models.Offer]:
    """The provider's offers whose turn has come, newest first, below ``after``."""
    due = select(models.Offer).where(
        models.Offer.provider_id == account.id, models.Offer.state == OfferState.PENDING
    )
    for offer in session.scalars(due.order_by(models.Offer.job_id)):
        asking.send_if_due(session, offer, now=now)
    query = (
        select(models.Offer)
        .where(models.Offer.provider_id == account.id, models.Offer.state != OfferState.PENDING)
        .order_by(models.Offer.id.desc())
        .limit(limit)
    )
    if states:
        query = query.where(models.Offer.state.in_(list(states)))
    if after is not None:
        query = query.where(models.Offer.id < after)
    return list(session.scalars(query))


_OF_JOB = (
    select(models.Offer).where(models.Offer.job_id == bindparam("job_id")).order_by(models.Offer.id)
)


def offers_of_job(session: Session, job_id: uuid.UUID) -> list[models.Offer]:
    """Every offer of a job in the order it was made."""
    return list(session.scalars(_OF_JOB, {"job_id": job_id}))


def counts(session: Session, job_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """How many offers of each job's present round are in which state."""
    rows = session.execute(
        select(models.Offer.job_id, models.Offer.state, func.count())
        .join(jobs_models.Job, jobs_models.Job.id == models.Offer.job_id)
        .where(models.Offer.job_id.in_(job_ids), models.Offer.round == jobs_models.Job.round)
        .group_by(models.Offer.job_id, models.Offer.state)
    )
    found: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for job_id, state, number in rows:
        found[job_id][str(state)] = number
    return found


def quoted(session: Session, job: jobs_models.Job) -> int:
    """How many quotes the resident may choose among now."""
    return counts(session, [job.id])[job.id].get(str(OfferState.QUOTED), 0)


def unseen_in_a_row(session: Session, provider_id: uuid.UUID, *, at_most: int) -> int:
    """How many of the latest offers somebody let pass unseen, one after the other, since
    they were last heard of. Those that were taken back say nothing."""
    offer, provider = models.Offer, providers.models.Provider
    latest = session.execute(
        select(offer.state, offer.seen_at, offer.answered_at)
        .join(provider, provider.account_id == offer.provider_id)
        .where(
            offer.provider_id == provider_id,
            offer.state.not_in((OfferState.PENDING, OfferState.SENT, OfferState.WITHDRAWN)),
            offer.send_at > func.coalesce(provider.resumed_at, provider.created_at),
        )
        .order_by(offer.id.desc())
        .limit(at_most)
    )
    unseen = 0
    for state, seen_at, answered_at in latest:
        if state != OfferState.EXPIRED or seen_at is not None or answered_at is not None:
            break
        unseen += 1
    return unseen


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One provider the owner's job was offered to, in bands.

    Bands are ``high``, ``medium`` or ``low``; the distance band is computed from
    both blurred places and names its upper bound in metres.
    """

    offer_id: uuid.UUID
    provider_id: uuid.UUID
    state: str
    distance_up_to_m: int
    bands: dict[str, str]


_DISTANCE_BANDS_M = (2_000, 5_000, 10_000, 20_000, 50_000, 200_000, 400_000)


def asked(session: Session, job: jobs_models.Job) -> list[Asked]:
    """Whom the job was offered to in this round, for its owner's eyes.

    In the order they were asked in time, not of their score: totals and exact order
    would tell more of a provider than a resident needs.
    """
    spot = geography.snap(geography.lon_lat(job.location), geography.JOB_GRID_M)
    rows = session.execute(
        select(models.Offer, providers.models.Provider.base)
        .join(
            providers.models.Provider,
            providers.models.Provider.account_id == models.Offer.provider_id,
        )
        .where(
            models.Offer.job_id == job.id,
            models.Offer.round == job.round,
            models.Offer.state != OfferState.PENDING,
        )
        .order_by(models.Offer.wave, models.Offer.provider_id)
    ).all()
    return [
        Asked(
            offer_id=offer.id,
            provider_id=offer.provider_id,
            state=str(offer.state),
            distance_up_to_m=_distance_band(spot, geography.lon_lat(base)),
            bands={
                # Proximity in bands would undo the blurring; the distance band says it.
                name: _band(part["value"])
                for name, part in offer.parts.items()
                if name != "proximity"
            },
        )
        for offer, base in rows
    ]


def _distance_band(spot: geography.LonLat, base: geography.LonLat) -> int:
    distance = geography.distance_m(spot, geography.snap(base, geography.PROVIDER_GRID_M))
    return next((upper for upper in _DISTANCE_BANDS_M if distance <= upper), _DISTANCE_BANDS_M[-1])


def _band(value: float) -> str:
    return "high" if value >= 2 / 3 else "medium" if value >= 1 / 3 else "low"


def candidates(
    session: Session, view: jobs.View, made: Sequence[models.Offer], *, now: datetime
) -> matching.Ranking:
    """The ranking as it is now, every part shown, for an operator of the job's market;
    ``made`` are the job's offers.

    Whoever was asked before is among those who fell out (``asked-before``). Raises
    NotAllowed for the job's own people.
    """
    if view.role != "operator":
        raise errors.NotAllowed()
    return explain(session, view.job, made, now=now)


def explain(
    session: Session,
    job: jobs_models.Job,
    made: Sequence[models.Offer] | None = None,
    *,
    now: datetime,
) -> matching.Ranking:
    """The ranking of a job at this instant, as far as anybody's reach goes; ``made`` are
    its offers, where they are known already."""
    policy = jobs.policy_of(session, job, now=now)
    request = request_of(session, job, policy, leave_out=left_out(session, job, made))
    # Somebody looks; nobody new wants the job done.
    return matching.rank(
        session, request, policy, _CANDIDATES, now=now, purpose=None, judge="nearest"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenJob:
    """An open job near a provider, as blurred as an offer of it would be."""

    job: jobs_models.Job
    approximate_place: geography.LonLat
    distance_m: int
    starts_at: datetime
    ends_at: datetime


def open_jobs(
    session: Session, account: accounts_models.Account, *, now: datetime, limit: int
) -> list[OpenJob]:
    """Open jobs in reach that would rank this provider now, nearest blurred place first.

    Not those they are left out of: offered already (``list_for`` shows these), declined
    or given back. Caps on offers say how often a phone may ring, not what somebody may
    look at.
    """
    provider = session.get(providers.models.Provider, account.id)
    if provider is None:
        raise errors.ProfileRequired()
    base = geography.lon_lat(provider.base)
    nearby = session.scalars(
        select(jobs_models.Job)
        .join(
            providers.models.Skill,
            (providers.models.Skill.category_id == jobs_models.Job.category_id)
            & (providers.models.Skill.provider_id == provider.account_id),
        )
        .where(
            jobs_models.Job.state == JobState.OPEN,
            jobs_models.Job.market_id == provider.market_id,
            jobs_models.Job.resident_id != provider.account_id,
            literal(provider.account_id).not_in(
                left_out_of(jobs_models.Job.id, jobs_models.Job.round)
            ),
        )
        .order_by(jobs_models.Job.location.op("<->")(provider.base))
        .limit(_OPEN_JOBS)
    ).all()
    rules = markets.policies_in_force(session, provider.market_id, now=now)
    questions = []
    for job in nearby:
        policy = dataclasses.replace(
            markets.applying(rules, job.category_id, job.urgency),
            live_offers_at_most=_NO_CAP,
            pushes_a_day=_NO_CAP,
        )
        # Judged from the blurred place: whoever moves their own reach about and looks
        # whether the job is still listed finds the square and nothing finer.
        blurred = geography.snap(geography.lon_lat(job.location), geography.JOB_GRID_M)
        request = dataclasses.replace(request_of(session, job, policy), place=blurred)
        questions.append((request, policy))
    could = matching.could_take(session, provider.account_id, questions, now=now)
    found = [
        OpenJob(
            job=job,
            approximate_place=request.place,
            distance_m=asking.rounded_m(geography.distance_m(base, request.place)),
            starts_at=starts_at,
            ends_at=starts_at + request.duration,
        )
        for job, (request, _), starts_at in zip(nearby, questions, could, strict=True)
        if starts_at is not None
    ]
    found.sort(key=lambda one: (one.distance_m, one.job.id))
    return found[:limit]
