"""What to expect of a job before it is posted: who could come, when, for how much, and how
long until somebody says so.

Hides: from whose prices and whose waiting that is told, and how far it has to be looked
until nobody can be told apart among them. What there is too little of is not guessed.
"""

from __future__ import annotations

import bisect
import dataclasses
import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from jobbing_api import geography, jobs, markets, matching, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from jobbing_api.offers import filling, models, pricing, remedies, waves
from jobbing_api.offers.requests import Case, case_of, request_of

#: Fewer people than this can be told apart, whatever is said of all of them.
FEW = 5

#: And so few providers would know each other's prices by their own.
_FEW_PROVIDERS = 3

#: So many jobs of the record at most are looked at, the latest.
_LOOKED_AT = 500

#: Jobs between the same two of these, the lower included, are about as long, in minutes. They
#: are fixed: around each length that is asked for, two lengths would differ by few jobs, and by
#: one household's price.
_LENGTHS_MINUTES = (15, 30, 60, 120, 240, 480, 1441)

#: A first hour is told by the half hour: the minute would tell of somebody's other visits.
_HALF_HOUR_S = 1800

BASES = ("finished-jobs", "providers-prices")
FINISHED_JOBS, PROVIDERS_PRICES = BASES
AREAS = ("nearby", "market")
NEARBY, MARKET = AREAS


@dataclass(frozen=True, slots=True)
class Quartiles:
    """What a quarter, half and three quarters stay within: values that occurred. None where
    that is for ever."""

    low: int | None
    median: int | None
    high: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """What such jobs cost, all in: of ``counted`` finished jobs, or of what as many
    providers ask. ``cost`` is what is left of ``total`` after a tax credit."""

    basis: str
    area: str
    counted: int
    total: Quartiles
    cost: Quartiles


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Minutes from posting to the first yes or the first quote, of ``counted`` jobs that
    were asked about."""

    minutes: Quartiles
    counted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """Why nobody could come, and what would help."""

    reason: str
    remedies: Sequence[remedies.Remedy]


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What to expect. ``could_come`` is counted as far as remedies are; ``outside_hours``
    are those who would be asked though it is outside their hours, because few live near.
    ``why`` where nobody could come; ``price`` and ``wait`` None where too little is known.
    """

    market: markets.models.Market
    policy: markets.Policy
    creditable: bool
    could_come: int
    outside_hours: int
    starts_at: datetime | None
    price: Price | None
    wait: Wait | None
    why: Why | None


def estimate(
    session: Session, resident: accounts_models.Account, *, brief: jobs.Brief, now: datetime
) -> Estimate:
    """What to expect if this were posted at ``now``. Nothing is written, nobody is asked.

    Raises what posting it would raise.
    """
    case = case_of(session, jobs.draft(session, resident, brief=brief, now=now), now=now)
    crowd = _crowd(session, case, now=now)
    inside = [one for one in crowd.able if not one.outside_hours]
    outside = len(crowd.able) - len(inside)
    job = case.job
    return Estimate(
        market=case.market,
        policy=case.policy,
        creditable=providers.papers.DECLARED in case.category.papers
        and case.policy.tax_credit_share > 0,
        could_come=min(len(inside), remedies.COUNTED_AT_MOST),
        outside_hours=min(outside, remedies.COUNTED_AT_MOST),
        starts_at=_first_hour(job, inside),
        price=_price(session, case, crowd.able, now=now),
        wait=_wait(session, case, now=now),
        why=None if inside else _why(session, case, crowd, now=now),
    )


def _crowd(session: Session, case: Case, *, now: datetime) -> matching.Crowd:
    """Who could come; where few live, those too who would be asked outside their hours."""
    request = _request(session, case, now=now)
    crowd = matching.could_do(session, request, case.policy, now=now)
    if not crowd.tier.thin:
        return crowd
    softly = dataclasses.replace(request, outside_hours=True)
    everybody = matching.could_do(session, softly, case.policy, reasons=False, now=now)
    # Why nobody has time is told by their hours.
    return dataclasses.replace(everybody, fell_out=crowd.fell_out)


def _request(session: Session, case: Case, *, now: datetime) -> matching.Request:
    return request_of(
        session,
        case.job,
        case.policy,
        leave_out=filling.asleep(session, case, now=now),
        radius_step=filling.LAST_STEP,
    )


def _first_hour(job: jobs_models.Job, able: Iterable[matching.Able]) -> datetime | None:
    first = min((one.starts_at for one in able), default=None)
    if first is None:
        return None
    told = math.ceil(first.timestamp() / _HALF_HOUR_S) * _HALF_HOUR_S
    latest = job.window_to - timedelta(minutes=job.duration_minutes)
    return min(datetime.fromtimestamp(told, UTC), latest)


def _why(session: Session, case: Case, crowd: matching.Crowd, *, now: datetime) -> Why:
    def count(other: Case) -> filling.Reach:
        request = _request(session, other, now=now)
        found = matching.could_do(
            session,
            request,
            case.policy,
            at_most=remedies.COUNTED_AT_MOST,
            reasons=False,
            now=now,
        )
        return filling.Reach(count=len(found.able), within_hours=len(found.able), fell_out={})

    helping = remedies.on_other_terms(case, count, instead_of=0, fell_out=crowd.fell_out, now=now)
    return Why(reason=waves.reason_of(crowd.fell_out), remedies=list(helping))


# Prices --------------------------------------------------------------------------------


def _price(
    session: Session, case: Case, able: Sequence[matching.Able], *, now: datetime
) -> Price | None:
    """What such jobs cost: by the record nearby, then by that of the market; else what
    those ask who could come, then what anybody of the market asks."""
    finished = _finished(session, case, now=now)
    here = _cell(case.job.location)
    for area, among in (
        (NEARBY, [one for one in finished if one.neighbourhood == here]),
        (MARKET, finished),
    ):
        who_came = {one.provider_id for one in among}
        if len(among) >= FEW and len(who_came) >= _FEW_PROVIDERS:
            return _priced(FINISHED_JOBS, area, [(one.total, one.cost) for one in among])
    asked = _asked(session, case, able, now=now)
    if len(asked) >= FEW:
        return _priced(PROVIDERS_PRICES, NEARBY, asked)
    request = request_of(session, case.job, case.policy)
    asked = _asked(session, case, matching.anybody(session, request, now=now), now=now)
    return _priced(PROVIDERS_PRICES, MARKET, asked) if len(asked) >= FEW else None


def _priced(basis: str, area: str, prices: Sequence[tuple[int, int]]) -> Price:
    return Price(
        basis=basis,
        area=area,
        counted=len(prices),
        total=quartiles([total for total, _ in prices]),
        cost=quartiles([cost for _, cost in prices]),
    )


def _asked(
    session: Session, case: Case, able: Sequence[matching.Able], *, now: datetime
) -> list[tuple[int, int]]:
    """What each asks, and what that costs after a tax credit."""
    terms = providers.terms_of(
        session, [one.provider_id for one in able], case.job.category_id, now=now
    )
    prices = [
        pricing.usual(case.job, case.policy, one, terms.get(one.provider_id, providers.PLAIN))
        for one in able
    ]
    return [(one["total_cents"], one["cost_cents"]) for one in prices if one is not None]


@dataclass(frozen=True, slots=True)
class _Finished:
    provider_id: uuid.UUID
    neighbourhood: int
    total: int
    cost: int


def _finished(session: Session, case: Case, *, now: datetime) -> list[_Finished]:
    """Other people's jobs of this kind in this market, about as long.
    One of each resident, the latest: whoever has much done is one price and not many."""
    job, asked = jobs_models.Job, case.job
    place = bisect.bisect_right(_LENGTHS_MINUTES, asked.duration_minutes)
    at_least, below = _LENGTHS_MINUTES[place - 1], _LENGTHS_MINUTES[place]
    total = job.order["total_cents"].as_integer()
    rows = session.execute(
        select(
            job.resident_id,
            job.provider_id,
            job.location,
            total.label("total"),
            # Prices agreed before tax credits were told have none.
            func.coalesce(job.order["cost_cents"].as_integer(), total).label("cost"),
        )
        .where(
            *_of_this_kind(case, days=case.policy.estimate_price_days, now=now),
            job.state == JobState.COMPLETED,
            job.provider_id != asked.resident_id,
            job.duration_minutes >= at_least,
            job.duration_minutes < below,
            total.is_not(None),
        )
        .order_by(job.created_at.desc())
        .limit(_LOOKED_AT)
    )
    return [
        _Finished(row.provider_id, _cell(row.location), row.total, row.cost)
        for row in _latest_of_each(rows)
    ]


def _of_this_kind(case: Case, *, days: int, now: datetime) -> list[Any]:
    job = jobs_models.Job
    return [
        job.market_id == case.job.market_id,
        job.category_id == case.job.category_id,
        job.created_at > now - timedelta(days=days),
        job.created_at <= now,
        # What somebody had done themselves they know.
        job.resident_id != case.job.resident_id,
    ]


def _latest_of_each(rows: Iterable[Any]) -> list[Any]:
    """Of rows, latest first, the first of each resident."""
    of_each: dict[uuid.UUID, Any] = {}
    for row in rows:
        of_each.setdefault(row.resident_id, row)
    return list(of_each.values())


def _cell(place: geography.Geography) -> int:
    square = geography.snap(geography.lon_lat(place), geography.JOB_GRID_M)
    return geography.neighbourhood(square)


# Waiting -------------------------------------------------------------------------------


def _wait(session: Session, case: Case, *, now: datetime) -> Wait | None:
    """How long others waited whose jobs were asked about in the same way. A job that nobody
    answered waited for ever; one that still waits says nothing yet."""
    job, offer = jobs_models.Job, models.Offer
    answers = (
        select(
            func.count().label("asked"),
            func.min(
                sql_case((offer.decline_reason.is_(None), offer.answered_at), else_=None)
            ).label("first_at"),
        )
        .where(offer.job_id == job.id, offer.round == 1)
        .lateral()
    )
    rows = session.execute(
        select(job.resident_id, job.created_at, answers.c.first_at)
        .join(answers, true())
        .where(
            *_of_this_kind(case, days=case.policy.estimate_wait_days, now=now),
            job.urgency == case.job.urgency,
            job.mode == case.job.mode,
            answers.c.asked > 0,
            answers.c.first_at.is_not(None) | (job.state != JobState.OPEN) | (job.round > 1),
        )
        .order_by(job.created_at.desc())
        .limit(_LOOKED_AT)
    )
    waited = [
        math.inf
        if row.first_at is None
        else math.ceil((row.first_at - row.created_at).total_seconds() / 60)
        for row in _latest_of_each(rows)
    ]
    if len(waited) < FEW:
        return None
    return Wait(minutes=quartiles(waited), counted=len(waited))


def quartiles(values: Sequence[float]) -> Quartiles:
    """The quartiles by the nearest rank (NIST, Engineering Statistics Handbook 7.2.6.2):
    the smallest value that at least so many do not exceed."""
    ranked = sorted(values)

    def at(share: float) -> int | None:
        found = ranked[math.ceil(share * len(ranked)) - 1]
        return None if math.isinf(found) else int(found)

    return Quartiles(at(0.25), at(0.5), at(0.75))
