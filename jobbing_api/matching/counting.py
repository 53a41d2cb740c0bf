"""How many could do a job, for somebody who only asks.

Hides: that nobody can be found by asking again and again. Whoever asks may name any place
as often as they like, so nothing here is measured from where somebody is: the job is
taken to be in the middle of its square kilometre, each provider in the middle of their
four, whoever is on duty at home, and their visits in the middle of a square kilometre.
Those who are asked in the end are ranked from exact places (``ranking``), so the two may
differ at the rim.

Nor that somebody has blocked somebody: blocks are left out of the count.
"""

from __future__ import annotations

import dataclasses
import functools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.numeric import Int2, Int8
from sqlalchemy.orm import Session

from jobbing_api import geography, markets
from jobbing_api.matching import candidates
from jobbing_api.matching.candidates import Request

#: So many at most are looked at, whoever comes first: enough for prices and a first hour.
MOST = 200

#: No square's middle is farther than this from anywhere in it, metres.
_OFF_M = 5_000

#: What of a row is asked for beside where it is.
_COLUMNS = (
    *("provider_id", "market_id", "category_id", "reach_m", "reach_area", "online"),
    *("price_kind", "amount_cents", "call_out_fee_cents", "minimum_visit_cents"),
    *("languages", "tools", "visits_until", "free_time", "figures_at", "figures_until"),
    *("rating_sum", "rating_weight", "visits_kept", "visits_let_down"),
    *("offers_answered", "offers_unanswered"),
)


class Able(NamedTuple):
    """Somebody who could do it, and what they ask for it."""

    provider_id: uuid.UUID
    starts_at: datetime
    #: True for a slot found only by looking past the weekly hours.
    outside_hours: bool
    price_kind: str
    amount_cents: int | None
    call_out_fee_cents: int
    minimum_visit_cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Crowd:
    """Those who could do it, in no order, as many at most as were asked for; and where there
    is nobody, how many fell out by which filter."""

    able: Sequence[Able]
    fell_out: Mapping[str, int]
    tier: markets.Tier


def could_do(
    session: Session,
    request: Request,
    policy: markets.Policy,
    *,
    at_most: int = MOST,
    reasons: bool = True,
    now: datetime,
) -> Crowd:
    """Everybody who would pass every filter of a ranking at ``now`` but blocks, from blurred
    places; without ``reasons`` it is not looked why others fell out.

    Nothing is written down: nobody wants the job done yet.
    """
    place = geography.snap(request.place, geography.JOB_GRID_M)
    blurred = dataclasses.replace(request, place=place)
    (west, south), (east, north) = geography.box_around(place, _OFF_M)
    asked = candidates.parameters(blurred, policy, now=now)
    asked |= {"around": f"(({west!r},{south!r}),({east!r},{north!r}))", "most": Int8(at_most)}
    session.flush()
    with candidates.questions(session, request.market_id) as time_zone:
        asked = candidates.with_day(asked, now=now, time_zone=time_zone)
        rows = candidates.run(session, _able_statement(), asked)
        while candidates.settled(session, behind=rows[0].behind):
            rows = candidates.run(session, _able_statement(), asked)
        able = [Able(*row[2:]) for row in rows if row.provider_id is not None]
        fell_out: list[Any] = []
        if reasons and not able:
            fell_out = candidates.run(session, _missed_statement(), asked)
    return Crowd(
        able=able,
        fell_out={row.fell_out: row.n for row in fell_out},
        tier=markets.tier(policy, rows[0].eligible),
    )


#: Nobody. Whoever is blocked would learn so from the count that another is told, and whoever
#: blocks others one by one, who of them could come.
_NOBODY_BLOCKED = "blocked AS (SELECT CAST(NULL AS uuid[]) AS ids)"

_ANYBODY = """
    SELECT i.provider_id, CAST(:earliest AS timestamptz), false, i.price_kind, i.amount_cents,
           i.call_out_fee_cents, i.minimum_visit_cents
    FROM search_index i
    WHERE i.market_id = :market_id AND i.category_id = :category_id
      AND i.provider_id <> :resident_id AND i.amount_cents IS NOT NULL
    ORDER BY i.provider_id
    LIMIT :most"""


def anybody(session: Session, request: Request, *, now: datetime) -> Sequence[Able]:
    """People of the market who do such jobs for a price that they name beforehand, in no
    order, ``MOST`` of them at most; whether they could do this one or not."""
    asked: candidates.Parameters = {
        "earliest": request.earliest(now),
        "market_id": request.market_id,
        "category_id": Int2(request.category_id),
        "resident_id": request.resident_id,
        "most": Int8(MOST),
    }
    session.flush()
    return [Able(*row) for row in candidates.run(session, _ANYBODY, asked)]


def _blurred(where: str) -> str:
    """Rows of the index of people who may live so, at the middle of their squares."""
    columns = ", ".join(f"i.{name}" for name in _COLUMNS)
    return f"""(
        SELECT {columns}, {geography.snapped_sql("i.base", geography.PROVIDER_GRID_M)} AS base
        FROM search_index i
        WHERE i.category_id = :category_id AND {where}
        OFFSET 0
    ) i"""


def _judging(but: str = "true") -> tuple[str, str]:
    """Common table expressions, and from what to select: those who may live so, ``s``, with
    their ``slot``, and what speaks against each as ``judged.fell_out``."""
    near = _blurred(
        f"ST_DWithin(i.base, CAST(:point AS geography), :density_radius_m + {_OFF_M}, false)"
    )
    around = _blurred(f"i.reach_box && CAST(:around AS box) AND {but}")
    square = geography.snapped_sql("b.place", geography.JOB_GRID_M)
    slots = f"{candidates.OPEN} {candidates.OUTSIDE}".replace("b.place", square)
    # A filter that fails early spares the calendar; so the slot is asked of nobody else.
    return (
        f"WITH {_NOBODY_BLOCKED}, {candidates.tier(near, 'true')}",
        f"""(
            {candidates.standing(around, "true", "base.base_m")}
            OFFSET 0
        ) s
        LEFT JOIN LATERAL (
            SELECT coalesce(inside.starts_at, outside.starts_at) AS starts_at,
                   inside.starts_at IS NULL AS outside_hours
            FROM (SELECT s.*) i {slots}
            WHERE s.because IS NULL
        ) slot ON true
        CROSS JOIN LATERAL (
            SELECT CASE WHEN s.because IS NOT NULL THEN s.because
                        WHEN slot.starts_at IS NULL THEN 'slot'
                        ELSE {candidates.CAP.replace("i.provider_id", "s.provider_id")}
                   END AS fell_out
            OFFSET 0
        ) judged""",
    )


#: Whoever lives farther off cannot be within the radius, wherever in their square. For those
#: who could come alone: who else is looked at would depend on where they live.
_NEARBY = f"""ST_Distance(i.base, CAST(:point AS geography), false)
            <= (SELECT radius_m FROM tier) + {_OFF_M}"""


@functools.cache
def _able_statement() -> str:
    opening, judged = _judging(_NEARBY)
    return f"""
        {opening}
        SELECT {candidates.BEHIND}, tier.eligible, able.*
        FROM tier
        LEFT JOIN (
            SELECT s.provider_id, slot.starts_at, slot.outside_hours, s.price_kind,
                   s.amount_cents, s.call_out_fee_cents, s.minimum_visit_cents
            FROM {judged}
            WHERE judged.fell_out IS NULL
            LIMIT :most
        ) AS able ON true"""


@functools.cache
def _missed_statement() -> str:
    opening, judged = _judging()
    return f"""
        {opening}
        SELECT judged.fell_out, count(*) AS n FROM {judged}
        WHERE judged.fell_out IS NOT NULL
        GROUP BY judged.fell_out"""
