"""The ranking itself: which questions to ask of the index, and when the answer is exact.

Hides: that the best are found without judging everybody (``search``), that whoever wants
to know of the others has everybody judged (``candidates``), and that a search leaves a
trace.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from jobbing_api import database, errors, geography, markets
from jobbing_api.matching import candidates, models, scoring, search
from jobbing_api.matching.candidates import Request

#: How many of the nearest are judged to say who fell out.
_NEAREST = 60


class Part(NamedTuple):
    """One part of a score: its value in [0, 1] and the weight the policy gives it."""

    value: float
    weight: float


class Parts(Mapping[str, Part]):
    """The weighed parts of one score by name; each is put together when it is looked at,
    since of most candidates nobody looks at any."""

    __slots__ = ("_names", "_values", "_weights")

    def __init__(
        self, names: Sequence[str], values: Sequence[float], weights: Mapping[str, float]
    ) -> None:
        self._names = names
        self._values = values
        self._weights = weights

    def __getitem__(self, name: str) -> Part:
        return Part(self._values[self._names.index(name)], self._weights[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)


class Candidate(NamedTuple):
    """Somebody who can do the job, with everything that decided their place."""

    provider_id: uuid.UUID
    score: float
    parts: Mapping[str, Part]
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
    """The exact best, best first; who fell out; and the density that set the tier.

    ``complete``: everybody in reach was judged. Else the best were known before, and
    the counts and near misses are of those who were judged on the way.
    """

    candidates: list[Candidate]
    near_misses: list[NearMiss]
    #: How many in reach fell out, by filter.
    fell_out: Mapping[str, int]
    in_reach: int
    #: How many passed every filter, of whom ``candidates`` are the best.
    ranked: int
    #: Fit people near the job, counted no farther than the densest tier asks for.
    eligible: int
    tier: markets.Tier
    complete: bool


def rank(
    session: Session,
    request: Request,
    policy: markets.Policy,
    limit: int,
    *,
    now: datetime,
    purpose: str | None = "look",
    judge: str = "reasons",
) -> Ranking:
    """The ``limit`` best candidates for ``request`` under ``policy`` at ``now``.

    Exact: nobody else of the market with the skill and reach would rank among them. The
    order is score to nine decimals, highest first, then ``scoring.tie_break``. ``judge``
    says who else is accounted for: "best" nobody, "reasons" nobody unless nobody is found,
    and then everybody, "nearest" the nearest few, "everybody" each one in reach.

    Leaves one row in the record of searches (counts in a cell, nobody's position) unless
    ``purpose`` is None: a question asked again to be sure is not a second search. Raises
    InvalidInput for a policy that weighs a part there is none of.
    """
    session.flush()
    ranking = _Search(session, request, policy, limit, now=now).run(judge)
    if purpose is not None:
        remember(session, request, ranking, purpose=purpose, now=now)
    return ranking


def could_take(
    session: Session,
    provider_id: uuid.UUID,
    several: Sequence[tuple[Request, markets.Policy]],
    *,
    now: datetime,
) -> list[datetime | None]:
    """When this provider could begin each of these jobs at the earliest, as far as their
    own reach goes; None where they would not be ranked. The jobs are of one market."""
    session.flush()
    if not several:
        return []
    candidates.settled(session, behind=True)
    time_zone = session.scalars(_ZONE, {"market_id": several[0][0].market_id}).one()
    asked = [
        candidates.with_day(
            candidates.parameters(request, policy, now=now), now=now, time_zone=time_zone
        )
        for request, policy in several
    ]
    return search.could(session, provider_id, asked)


_ZONE = select(markets.models.Market.time_zone).where(
    markets.models.Market.id == bindparam("market_id")
)


class _Search:
    """One search: its parameters, and the questions asked with them in turn."""

    def __init__(
        self,
        session: Session,
        request: Request,
        policy: markets.Policy,
        limit: int,
        *,
        now: datetime,
    ) -> None:
        unknown = scoring.unknown(policy.weights)
        if unknown:
            raise errors.InvalidInput(
                fields={f"rules.weights.{name}": ["There is no such part."] for name in unknown}
            )
        self._session = session
        self._request = request
        self._policy = policy
        self._limit = limit
        self._now = now
        self._duration = request.duration
        self._asked = candidates.parameters(request, policy, now=now)

    def run(self, judge: str) -> Ranking:
        request = self._request
        if request.only is not None:
            return self._judged("only")
        roomy = self._asked["slack_s"] >= 0
        if judge == "everybody" or request.outside_hours or self._limit < 1 or not roomy:
            return self._judged("reach")
        found, day_from = self._best()
        if judge == "nearest":
            return self._with_nearest(found, day_from)
        if judge == "reasons" and not found.candidates:
            return self._judged("reach")
        return found

    def _best(self) -> tuple[Ranking, datetime]:
        """The best, and when this day began on the market's clock."""
        asked = search.parameters(self._request, self._asked)
        rows = search.best(self._session, asked, limit=self._limit)
        if candidates.settled(self._session, behind=rows[0].behind):
            return self._best()
        eligible = rows[0].eligible
        found = self._in_order(rows) if rows[0].provider_id is not None else []
        earliest: datetime = self._asked["earliest"]
        every = tuple(scoring.PARTS)
        ranking = Ranking(
            candidates=[
                self._candidate(
                    row,
                    every,
                    starts_at=earliest + timedelta(seconds=row.starts_after_s),
                )
                for row in found
            ],
            near_misses=[],
            fell_out={},
            in_reach=len(found),
            ranked=len(found),
            eligible=eligible,
            tier=markets.tier(self._policy, eligible),
            complete=False,
        )
        return ranking, rows[0].day_from

    def _in_order(self, rows: list[Any]) -> list[Any]:
        """So many as were asked for; who is as good as another stands by the hash."""
        places = [round(row.score * 1e9) for row in rows]
        if len(set(places)) < len(places):
            job_id = self._request.job_id
            rows = sorted(
                rows,
                key=lambda row: (
                    -round(row.score * 1e9),
                    scoring.tie_break(job_id, row.provider_id),
                ),
            )
        return rows[: self._limit]

    def _with_nearest(self, found: Ranking, day_from: datetime) -> Ranking:
        """The same with those of the nearest who fell out, and their counts."""
        rows = search.nearest(
            self._session,
            self._asked,
            count=_NEAREST,
            within_m=candidates.radius_m(self._request, found.tier),
            day_from=day_from,
        )
        return dataclasses.replace(
            found,
            near_misses=self._near_misses(rows),
            fell_out=rows[0].fell_out_counts or {},
            in_reach=rows[0].in_reach,
            ranked=rows[0].ranked,
            # As many were read as were asked for: there may be more.
            complete=rows[0].read < _NEAREST,
        )

    def _judged(self, source: str) -> Ranking:
        weights = tuple(self._policy.weights)
        with candidates.questions(self._session, self._request.market_id) as time_zone:
            asked = candidates.with_day(self._asked, now=self._now, time_zone=time_zone)
            rows = candidates.judged(self._session, weights, source, asked, limit=self._limit)
        if candidates.settled(self._session, behind=rows[0].behind):
            return self._judged(source)
        first = rows[0]
        return Ranking(
            candidates=[
                self._candidate(
                    row, weights, starts_at=row.starts_at, outside_hours=not row.inside_hours
                )
                for row in rows
                if row.fell_out is None and row.provider_id is not None
            ],
            near_misses=self._near_misses(rows),
            fell_out=first.fell_out_counts or {},
            in_reach=first.in_reach,
            ranked=first.ranked,
            eligible=first.eligible,
            tier=markets.tier(self._policy, first.eligible),
            complete=True,
        )

    def _near_misses(self, rows: list[Any]) -> list[NearMiss]:
        return [
            NearMiss(provider_id=row.provider_id, filter=row.fell_out, distance_m=row.distance_m)
            for row in rows
            if row.fell_out is not None
        ]

    def _candidate(
        self, row: Any, names: Sequence[str], *, starts_at: datetime, outside_hours: bool = False
    ) -> Candidate:
        return Candidate(
            provider_id=row.provider_id,
            score=row.score,
            parts=Parts(names, row.parts, self._policy.weights),
            distance_m=row.distance_m,
            starts_at=starts_at,
            ends_at=starts_at + self._duration,
            outside_hours=outside_hours,
            price_kind=row.price_kind,
            amount_cents=row.amount_cents,
            call_out_fee_cents=row.call_out_fee_cents,
            stars=row.stars,
        )


def remember(
    session: Session, request: Request, ranking: Ranking, *, purpose: str, now: datetime
) -> uuid.UUID:
    """Leave one row in the record of searches, with whatever else the session writes;
    returns its id."""
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
        complete=ranking.complete,
    )
    session.add(search)
    return search.id


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
            complete=True,
        )
    )
