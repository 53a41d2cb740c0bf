"""The ranking itself: measure, score, sort, explain, and leave a record.

Hides: that candidates come from one statement and are sorted by one pure function.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.orm import Session

from jobbing_api import database, geography, markets
from jobbing_api.matching import models, scoring
from jobbing_api.matching.candidates import Request, measure

#: How many of those who fell out a ranking names.
NEAR_MISSES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Somebody who can do the job, with everything that decided their place."""

    provider_id: uuid.UUID
    score: float
    parts: Mapping[str, scoring.Part]
    #: From the origin the ranking used to the job's exact place, metres.
    distance_m: float
    starts_at: datetime
    ends_at: datetime
    #: True for a slot found only by looking past the weekly hours.
    outside_hours: bool
    price_kind: str
    amount_cents: int | None
    call_out_fee_cents: int
    #: The Bayesian mean behind the rating part, in stars.
    stars: float


@dataclass(frozen=True, kw_only=True, slots=True)
class NearMiss:
    """Somebody in reach who was left out, and by which filter first."""

    provider_id: uuid.UUID
    filter: str
    distance_m: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """The exact best, best first; who fell out; and the density that set the tier."""

    candidates: list[Candidate]
    near_misses: list[NearMiss]
    #: How many in reach fell out, by filter.
    fell_out: Mapping[str, int]
    in_reach: int
    #: How many passed every filter, of whom ``candidates`` are the best.
    ranked: int
    eligible: int
    tier: markets.Tier


def rank(
    session: Session,
    request: Request,
    policy: markets.Policy,
    limit: int,
    *,
    now: datetime,
    purpose: str | None = "look",
) -> Ranking:
    """The ``limit`` best candidates for ``request`` under ``policy`` at ``now``.

    Exact: every provider of the market with the skill and reach is judged. The
    order is score, highest first, then ``scoring.tie_break``. Leaves one row in the
    record of searches (counts in a cell, nobody's position) unless ``purpose`` is
    None: a question asked again to be sure is not a second search.
    """
    market = session.get_one(markets.models.Market, request.market_id)
    # fold=0: where midnight comes twice, the day begins with the first.
    day_from = now.astimezone(ZoneInfo(market.time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0, fold=0
    )
    rows = measure(session, request, policy, now=now, day_from=day_from)
    density_tier = markets.tier(policy, rows[0].eligible)
    judged = [row for row in rows if row.provider_id is not None]

    candidates = [
        _candidate(row, request, policy, density_tier, now)
        for row in judged
        if row.fell_out is None
    ]
    # What is equal on paper may differ in the last bits, which depend on the order in
    # which the database happened to add.
    candidates.sort(
        key=lambda c: (-round(c.score, 9), scoring.tie_break(request.job_id, c.provider_id))
    )
    missed = sorted(
        (row for row in judged if row.fell_out is not None),
        key=lambda row: (row.distance_m, row.provider_id),
    )
    fell_out = Counter(row.fell_out for row in missed)
    ranking = Ranking(
        candidates=candidates[:limit],
        near_misses=[
            NearMiss(provider_id=row.provider_id, filter=row.fell_out, distance_m=row.distance_m)
            for row in missed[:NEAR_MISSES]
        ],
        fell_out=fell_out,
        in_reach=len(judged),
        ranked=len(candidates),
        eligible=rows[0].eligible,
        tier=density_tier,
    )
    if purpose is not None:
        remember(session, request, ranking, purpose=purpose, now=now)
    return ranking


def remember(
    session: Session, request: Request, ranking: Ranking, *, purpose: str, now: datetime
) -> uuid.UUID:
    """Leave one row in the record of searches; returns its id."""
    search = models.Search(
        id=database.new_id(),
        market_id=request.market_id,
        at=now,
        purpose=purpose,
        job_id=request.job_id,
        cell=geography.demand_cell(request.place),
        category_id=request.category_id,
        urgency=request.urgency,
        in_reach=ranking.in_reach,
        ranked=ranking.ranked,
        fell_out=dict(ranking.fell_out),
    )
    session.add(search)
    session.flush()
    return search.id


def _candidate(
    row: Row[Any],
    request: Request,
    policy: markets.Policy,
    density_tier: markets.Tier,
    now: datetime,
) -> Candidate:
    measures = scoring.Measures(
        distance_m=row.distance_m,
        decay_m=density_tier.decay_m,
        urgency=request.urgency,
        online=row.online,
        starts_at=row.starts_at,
        earliest=request.earliest(now),
        window_to=request.window_to,
        duration=request.duration,
        free_s=row.free_s,
        inside_hours=row.inside_hours,
        rating_sum=row.rating_sum,
        rating_weight=row.rating_weight,
        rating_mean=row.rating_mean,
        visits_kept=row.visits_kept,
        visits_let_down=row.visits_let_down,
        offers_answered=row.offers_answered,
        offers_unanswered=row.offers_unanswered,
    )
    parts = scoring.parts(measures, policy)
    return Candidate(
        provider_id=row.provider_id,
        score=scoring.total(parts),
        parts=parts,
        distance_m=row.distance_m,
        starts_at=row.starts_at,
        ends_at=row.starts_at + request.duration,
        outside_hours=not row.inside_hours,
        price_kind=row.price_kind,
        amount_cents=row.amount_cents,
        call_out_fee_cents=row.call_out_fee_cents,
        stars=scoring.stars(measures, policy),
    )


def record_unserved(
    session: Session, *, place: geography.LonLat, category_id: int, urgency: str, now: datetime
) -> None:
    """Count demand at a place where nobody works yet."""
    session.add(
        models.Search(
            market_id=None,
            at=now,
            purpose="outside-markets",
            job_id=None,
            cell=geography.demand_cell(place),
            category_id=category_id,
            urgency=urgency,
            in_reach=0,
            ranked=0,
            fell_out={},
        )
    )
