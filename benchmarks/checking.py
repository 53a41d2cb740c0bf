"""Is what the engine answers true? Each answer beside the brute-force oracle's.

Hides: how both are made to look at the same instant and the same snapshot while others
write, who has to be read for that, and what counts as a difference.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import URL, Engine, text
from sqlalchemy.orm import Session

from benchmarks import rivals
from benchmarks.moments import Clock, asked_at
from benchmarks.timing import Advance
from benchmarks.workload import Ask
from jobbing_api import database, markets, matching
from tests import oracle

#: Scores are sums of floats, and PostGIS rounds distances to 10 nm.
_CLOSE = 1e-9
_CLOSE_M = 1e-6

#: Degrees on every side by which more are read than can be in reach.
_MARGIN_DEG = 0.05

#: Whoever may be in reach, from the sources alone. A degree of latitude is 111,195 m, one
#: of longitude less by the cosine: both are taken too short, and areas wherever they are.
_MAY_REACH = text(
    """
    SELECT p.account_id
    FROM skills s
    JOIN providers p ON p.account_id = s.provider_id
    CROSS JOIN LATERAL (
        SELECT ST_X(p.base::geometry) AS lon, ST_Y(p.base::geometry) AS lat
    ) at
    WHERE s.category_id = :category_id AND p.market_id = :market_id
      AND (p.reach_area IS NOT NULL
           OR abs(at.lat - :lat) <= p.reach_m / 111000.0 + :margin
              AND abs(at.lon - :lon) * cos(radians(greatest(abs(at.lat), abs(:lat))))
                  <= p.reach_m / 111000.0 + :margin)
    """
)


@dataclass(kw_only=True, slots=True)
class Checks:
    """How many answers were checked, and what was wrong with which."""

    count: int = 0
    #: The request, the instant and the differences of each answer that has any.
    mismatches: list[str] = field(default_factory=list)


def run(
    url: URL, asks: Sequence[Ask], clock: Clock | None, advance: Advance, *, processes: int
) -> Checks:
    """Check the answer to every request: at the recipe's instant, or at the ``clock``'s."""
    checks = Checks()
    spawning = multiprocessing.get_context("spawn")
    address = url.render_as_string(hide_password=False)
    with spawning.Pool(processes, initializer=_begin, initargs=(address, clock)) as pool:
        for told in pool.imap_unordered(_check, asks):
            checks.count += 1
            if told is not None:
                checks.mismatches.append(told)
            advance(1)
    return checks


# In the processes that check --------------------------------------------------------------

_engine: Engine
_clock: Clock | None


def _begin(address: str, clock: Clock | None) -> None:
    global _engine, _clock
    _engine, _clock = database.connect(address), clock


def _check(ask: Ask) -> str | None:
    """None if the engine's answer is true; else what is wrong with it."""
    with Session(_engine) as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        # The snapshot first, so that nothing in it is later than the instant.
        session.execute(text("SELECT 1"))
        if _clock is not None:
            ask = asked_at(ask, _clock.now())
        policy = markets.policy_in_force(session, now=ask.now, **ask.policy_key)
        ranking = matching.rank(
            session,
            ask.request,
            policy,
            rivals.LIMIT,
            now=ask.now,
            purpose=None,
            judge="best",
        )
        sources = oracle.read(session, _may_reach(session, ask))
        # The oracle thinks for longer than a transaction may idle.
        session.commit()
    try:
        verdict = oracle.rank(sources, ask.request, policy, now=ask.now)
    except AssertionError as error:
        found = [f"the oracle gave up: {error}"]
    else:
        found = list(differences(ranking, verdict, rivals.LIMIT))
    if not found:
        return None
    return "\n".join(
        [f"{ask.name} at {ask.now.isoformat()}: {ask.request!r}", *(f"  {one}" for one in found)]
    )


def _may_reach(session: Session, ask: Ask) -> list[uuid.UUID]:
    lon, lat = ask.request.place
    ids = session.scalars(
        _MAY_REACH,
        {
            "category_id": ask.request.category_id,
            "market_id": ask.request.market_id,
            "lon": lon,
            "lat": lat,
            "margin": _MARGIN_DEG,
        },
    )
    return list(ids)


# What is compared -------------------------------------------------------------------------


def differences(ranking: matching.Ranking, verdict: oracle.Verdict, limit: int) -> Iterator[str]:
    """What the engine says otherwise than the oracle, in words; a short answer too."""
    able = min(limit, len(verdict.placed))
    if len(ranking.candidates) != able:
        yield f"{len(ranking.candidates)} candidates, the oracle has {able}"
    if ranking.eligible != verdict.eligible:
        yield f"eligible is {ranking.eligible}, the oracle says {verdict.eligible}"
    if ranking.tier != verdict.tier:
        yield f"the tier is {ranking.tier}, the oracle says {verdict.tier}"
    by_id = {one.provider_id: one for one in verdict.placed}
    reasons = {person: name for _, person, name in verdict.missed}
    pairs = zip(ranking.candidates, verdict.placed, strict=False)
    for place, (mine, theirs) in enumerate(pairs, start=1):
        who = f"place {place}, {mine.provider_id}"
        one = by_id.get(mine.provider_id)
        if one is None:
            yield f"{who}: fell out for the oracle, by {reasons.get(mine.provider_id)}"
            continue
        # Only those whom sums of floats barely tell apart may stand the other way round,
        # and not those whom nothing tells apart: there the hash decides.
        gap = abs(one.score - theirs.score)
        if mine.provider_id != theirs.provider_id and not 1e-12 < gap <= _CLOSE:
            yield f"{who}: the oracle has {theirs.provider_id} there"
        yield from (f"{who}: {told}" for told in _differences(mine, one))


def _differences(mine: matching.Candidate, theirs: oracle.Placed) -> Iterator[str]:
    for name, close in (("score", _CLOSE), ("stars", _CLOSE), ("distance_m", _CLOSE_M)):
        a, b = getattr(mine, name), getattr(theirs, name)
        if not abs(a - b) <= close:
            yield f"{name} is {a!r}, the oracle says {b!r}"
    parts = {name: tuple(part) for name, part in mine.parts.items()}
    if parts.keys() != theirs.parts.keys():
        yield f"parts are {sorted(parts)}, the oracle says {sorted(theirs.parts)}"
        return
    for name, (value, weight) in theirs.parts.items():
        if not abs(parts[name][0] - value) <= _CLOSE or parts[name][1] != weight:
            yield f"{name} is {parts[name]}, the oracle says {(value, weight)}"
    for field_ in dataclasses.fields(theirs):
        if field_.name in ("provider_id", "score", "stars", "distance_m", "parts"):
            continue
        a, b = getattr(mine, field_.name), getattr(theirs, field_.name)
        if a != b:
            yield f"{field_.name} is {a}, the oracle says {b}"
