"""The ranking itself: which questions to ask of the index, and when the answer is exact.

Hides: how few providers have to be read. Nobody farther away, of a lower standing or
later in their squares is looked at once nothing they could still bring would lift them
above the k-th best found: the stop is strict, so ties are never lost. Where hardly
anybody can come, everybody in reach is judged in one bounded scan, and the reasons are
known too.
"""

from __future__ import annotations

import dataclasses
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from jobbing_api import database, errors, geography, markets
from jobbing_api.matching import candidates, models, scoring, squares
from jobbing_api.matching.bounds import Bounds
from jobbing_api.matching.candidates import Request

#: Rings of squares, and of blocks, in which the first are looked for.
_RINGS = 2

#: More squares than this are searched block by block, more blocks by reach.
_SQUARES_AT_MOST = 260
#: Where density would take more blocks than this, it is counted by reach.
_BLOCKS_AT_MOST = 400

#: Where no more than this reach a place, all of them are read at once.
_FEW = 400

#: How many of the nearest are judged to say who fell out.
_NEAREST = 100

_ALL = 1_000_000_000


class Part(NamedTuple):
    """One part of a score: its value in [0, 1] and the weight the policy gives it."""

    value: float
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
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
    judge: str = "best",
) -> Ranking:
    """The ``limit`` best candidates for ``request`` under ``policy`` at ``now``.

    Exact: nobody else of the market with the skill and reach would rank among them. The
    order is score to nine decimals, highest first, then ``scoring.tie_break``. ``judge``
    says who else is accounted for: "best" nobody in particular, "nearest" the nearest
    hundred, "everybody" each one in reach. Where nobody is found, everybody is.

    Leaves one row in the record of searches (counts in a cell, nobody's position) unless
    ``purpose`` is None: a question asked again to be sure is not a second search. Raises
    InvalidInput for a policy that weighs a part there is none of.
    """
    with candidates.questions(session, request.market_id) as time_zone:
        search = _Search(session, request, policy, limit, time_zone=time_zone, now=now)
        ranking = search.run(judge)
    if purpose is not None:
        remember(session, request, ranking, purpose=purpose, now=now)
    return ranking


class _Search:
    """One search: its parameters, and the statements asked with them in turn."""

    def __init__(
        self,
        session: Session,
        request: Request,
        policy: markets.Policy,
        limit: int,
        *,
        time_zone: str,
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
        self._weights = tuple(policy.weights)
        wanted = squares.COARSE.count_within(policy.density_radius_m, request.place[1])
        self._by_squares = wanted <= _BLOCKS_AT_MOST
        self._asked = candidates.parameters(request, policy, now=now, time_zone=time_zone)
        place, around_m = request.place, policy.density_radius_m
        self._by_squares = squares.COARSE.count_within(around_m, place[1]) <= _BLOCKS_AT_MOST
        self._asked |= candidates.Ground(
            near_squares=squares.FINE.block(place, _RINGS),
            near_blocks=squares.COARSE.block(place, _RINGS),
            density_blocks=(squares.COARSE.box(place, around_m) if self._by_squares else None),
        ).parameters()

    def run(self, judge: str) -> Ranking:
        request = self._request
        if request.only is not None:
            return self._judged("only")
        if judge == "everybody" or request.outside_hours or self._limit < 1:
            return self._judged("reach")
        found = self._on_duty() if request.urgency == "now" else self._by_calendar()
        if found is None:
            return self._judged("reach")
        if judge == "nearest":
            near = self._judged("nearest", nearest=_NEAREST)
            return dataclasses.replace(near, candidates=found.candidates)
        return found

    def _by_calendar(self) -> Ranking | None:
        """The best by their calendars, online or not; None if there is nobody, or fewer
        than asked for where many live."""
        rows = candidates.few(
            self._session, self._weights, self._asked, limit=self._limit, at_most=_FEW
        )
        if self._settled(rows[0].behind):
            return self._by_calendar()
        if rows[0].inside <= _FEW:
            return None if rows[0].provider_id is None else self._found(rows)
        first = candidates.goal(
            self._session,
            self._weights,
            self._asked,
            by_squares=self._by_squares,
            limit=self._limit,
        )
        if first.goal is None:
            return None
        tier = markets.tier(self._policy, first.eligible)
        goal = first.goal - candidates.SAME_SCORE
        bounds = Bounds(self._policy.weights, tier.decay_m, bounded=first.bounded)
        radius_m = candidates.radius_m(self._request, tier)
        rows = candidates.best(
            self._session,
            self._weights,
            asked=self._asked,
            limit=self._limit,
            goal=goal,
            eligible=first.eligible,
            tier=tier,
            radius_m=radius_m,
            **self._where(bounds, goal, min(bounds.farthest_m(goal), radius_m)),
        )
        if len(rows) < self._limit or rows[0].provider_id is None:
            # Somebody found a moment ago has been booked since.
            return None
        return self._found(rows)

    def _where(self, bounds: Bounds, goal: float, radius_m: float) -> dict[str, Any]:
        """Where to look for all who may reach ``goal``: the grid, its squares and the
        least standing in each."""
        place = self._request.place
        for grid, within_m in (
            (squares.FINE, radius_m),
            (squares.COARSE, min(radius_m, candidates.FAR_M)),
        ):
            if grid.count_within(within_m, place[1]) <= _SQUARES_AT_MOST:
                number, nearest_m = grid.around(place, within_m)
                floor = bounds.least_standing(goal, nearest_m)
                hopeful = floor <= 1000
                return {
                    "source": grid.name,
                    "squares": number[hopeful].tolist(),
                    "floors": floor[hopeful].tolist(),
                    "within_m": within_m,
                }
        return {"source": "reach"}

    def _on_duty(self) -> Ranking | None:
        """The best of those who are online; None if there is nobody."""
        most = candidates.most_timed(self._limit)
        rows = self._duty(-math.inf, most)
        if self._settled(rows[0].behind):
            return self._on_duty()
        if rows[0].provider_id is None:
            return None
        last = rows[-1]
        full = len(rows) == self._limit
        if last.kept >= most and not (full and last.score > last.least + candidates.SAME_SCORE):
            rows = self._duty(last.score - candidates.SAME_SCORE if full else -math.inf, _ALL)
            if rows[0].provider_id is None:
                return None
        return self._found(rows)

    def _duty(self, goal: float, most: int) -> list[Any]:
        return candidates.on_duty(
            self._session,
            self._weights,
            self._asked,
            by_squares=self._by_squares,
            limit=self._limit,
            goal=goal,
            most=most,
        )

    def _judged(self, source: str, *, nearest: int = 0) -> Ranking:
        rows = candidates.judged(
            self._session,
            self._weights,
            source,
            self._asked,
            by_squares=self._by_squares,
            limit=self._limit,
            nearest=nearest,
        )
        if self._settled(rows[0].behind):
            return self._judged(source, nearest=nearest)
        first = rows[0]
        missed = [row for row in rows if row.fell_out is not None]
        return Ranking(
            candidates=[
                self._candidate(row)
                for row in rows
                if row.fell_out is None and row.provider_id is not None
            ],
            near_misses=[
                NearMiss(
                    provider_id=row.provider_id, filter=row.fell_out, distance_m=row.distance_m
                )
                for row in missed
            ],
            fell_out=first.fell_out_counts or {},
            in_reach=first.in_reach,
            ranked=first.ranked,
            eligible=first.eligible,
            tier=markets.tier(self._policy, first.eligible),
            # Of the nearest as many were read as were asked for: there may be more.
            complete=source != "nearest" or first.read < nearest,
        )

    def _settled(self, behind: bool) -> bool:
        """Whether this transaction had changed something that ranking reads, which the
        index is told of only now."""
        if behind:
            self._session.execute(_SETTLE_NOW)
            self._session.execute(_SETTLE_LATER)
        return behind

    def _found(self, rows: Sequence[Any]) -> Ranking:
        return Ranking(
            candidates=[self._candidate(row) for row in rows],
            near_misses=[],
            fell_out={},
            in_reach=len(rows),
            ranked=len(rows),
            eligible=rows[0].eligible,
            tier=markets.tier(self._policy, rows[0].eligible),
            complete=False,
        )

    def _candidate(self, row: Any) -> Candidate:
        return Candidate(
            provider_id=row.provider_id,
            score=row.score,
            parts={
                name: Part(getattr(row, f"value_{name}"), weight)
                for name, weight in self._policy.weights.items()
            },
            distance_m=row.distance_m,
            starts_at=row.starts_at,
            ends_at=row.starts_at + self._request.duration,
            outside_hours=not row.inside_hours,
            price_kind=row.price_kind,
            amount_cents=row.amount_cents,
            call_out_fee_cents=row.call_out_fee_cents,
            stars=row.stars,
        )


_SETTLE_NOW = text("SET CONSTRAINTS search_index_settle IMMEDIATE")
_SETTLE_LATER = text("SET CONSTRAINTS search_index_settle DEFERRED")


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
        complete=ranking.complete,
    )
    session.add(search)
    session.flush()
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
