"""``matching.rank`` and ``matching.slot`` against the oracle, in thousands of imagined cases.

``JOBBING_TEST_DEPTH=10`` asks ten times as many, new ones in every run; otherwise the
worlds are the same each time, so that a red run is the change's doing.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from jobbing_api import matching
from tests import oracle, worlds

DEPTH = int(os.environ.get("JOBBING_TEST_DEPTH", "1"))
WORLDS = 150
REQUESTS = 15

#: Scores and parts are sums of floats; distances are rounded to 10 nm by PostGIS.
CLOSE = 1e-9
CLOSE_M = 1e-6


def differences(ranking: matching.Ranking, verdict: oracle.Verdict, limit: int) -> list[str]:
    """What the engine says otherwise than the oracle, in words."""
    found: list[str] = []

    def same(what: str, engine: object, expected: object) -> None:
        if engine != expected:
            found.append(f"{what}: the engine says {engine}, the oracle {expected}")

    def near(what: str, engine: float, expected: float, by: float) -> None:
        if not abs(engine - expected) <= by:
            found.append(f"{what}: the engine says {engine!r}, the oracle {expected!r}")

    same("eligible", ranking.eligible, verdict.eligible)
    same("tier", ranking.tier, verdict.tier)
    same("in reach", ranking.in_reach, verdict.in_reach)
    same("ranked", ranking.ranked, len(verdict.placed))
    same("fell out", dict(ranking.fell_out), dict(verdict.fell_out))
    same("candidates", len(ranking.candidates), min(limit, len(verdict.placed)))

    reasons = {person: name for _, person, name in verdict.missed}
    expected_misses = verdict.missed[: len(ranking.near_misses)]
    same("near misses", len(ranking.near_misses), min(20, len(verdict.missed)))
    for miss, (distance_m, _, _) in zip(ranking.near_misses, expected_misses, strict=True):
        same(f"filter of {miss.provider_id}", miss.filter, reasons.get(miss.provider_id))
        near(f"distance of {miss.provider_id}", miss.distance_m, distance_m, CLOSE_M)

    by_id = {one.provider_id: one for one in verdict.placed}
    for place, (mine, theirs) in enumerate(
        zip(ranking.candidates, verdict.placed, strict=False), start=1
    ):
        who = f"place {place}, {mine.provider_id}"
        near(f"score at place {place}", mine.score, theirs.score, CLOSE)
        one = by_id.get(mine.provider_id)
        if one is None:
            found.append(f"{who}: fell out for the oracle, by {reasons.get(mine.provider_id)}")
            continue
        # Only what float sums cannot tell apart may stand in another order, and even
        # then not where nothing at all tells them apart.
        if mine.provider_id != theirs.provider_id and not (
            1e-12 < abs(one.score - theirs.score) <= CLOSE
        ):
            found.append(f"{who}: the oracle has {theirs.provider_id} there")
        near(f"{who}, score", mine.score, one.score, CLOSE)
        near(f"{who}, distance", mine.distance_m, one.distance_m, CLOSE_M)
        near(f"{who}, stars", mine.stars, one.stars, CLOSE)
        same(f"{who}, parts", sorted(mine.parts), sorted(one.parts))
        for name, part in mine.parts.items():
            near(f"{who}, {name}", part.value, one.parts[name][0], CLOSE)
            same(f"{who}, weight of {name}", part.weight, one.parts[name][1])
        for what in (
            "starts_at",
            "ends_at",
            "outside_hours",
            "price_kind",
            "amount_cents",
            "call_out_fee_cents",
        ):
            same(f"{who}, {what}", getattr(mine, what), getattr(one, what))
    return found


def tags(
    question: worlds.Question, verdict: oracle.Verdict, sources: oracle.Sources
) -> set[str]:
    """What is worth knowing to have happened."""
    request, policy, now = question.request, question.policy, question.now
    people = [sources.people[one.provider_id] for one in verdict.placed]
    scores = Counter(round(one.score, 9) for one in verdict.placed)
    steps = len(policy.tiers)
    found = {
        f"urgency {request.urgency}",
        f"budget {request.budget_kind}",
        f"tier {sorted(t.eligible_at_least for t in policy.tiers).index(verdict.tier.eligible_at_least)}"
        f" of {steps}",
        *(f"fell out: {name}" for name in verdict.fell_out),
    }
    yes = {
        "candidates": bool(people),
        "nobody in reach": verdict.in_reach == 0,
        "everybody fell out": verdict.in_reach > 0 and not people,
        "everybody busy": verdict.in_reach > 3 and set(verdict.fell_out) <= {"slot"} and not people,
        "more than 50 eligible": verdict.eligible > 50,
        "a tie": max(scores.values(), default=0) > 1,
        "cut by the limit": question.limit < len(people),
        "reach by area": any(person.reach_rings for person in people),
        "area with a hole": any(len(person.reach_rings) > 1 for person in people),
        "area across the antimeridian": any(
            max(x for x, _ in ring) - min(x for x, _ in ring) > 180
            for person in people
            for ring in person.reach_rings
        )
        and abs(request.place[1]) < 89,
        "base across the antimeridian": any(
            abs(person.base[0] - request.place[0]) > 180 for person in people
        ),
        "at a high latitude": bool(people) and abs(request.place[1]) > 75,
        "around a pole": bool(people) and abs(request.place[1]) > 89,
        "from a position": any(
            one.distance_m != oracle.metres(person.base, request.place)
            for one, person in zip(verdict.placed, people, strict=True)
        ),
        "a stale position": request.urgency == "now"
        and any(
            person.position is not None
            and one.distance_m == oracle.metres(person.base, request.place)
            for one, person in zip(verdict.placed, people, strict=True)
        ),
        "outside hours": any(one.outside_hours for one in verdict.placed),
        "the clocks change in the window": bool(people)
        and any(
            now.astimezone(zone).utcoffset() != request.window_to.astimezone(zone).utcoffset()
            for zone in {worlds.ZoneInfo(person.time_zone) for person in people}
        ),
        "a visit in the window": any(
            visit.starts_at < request.window_to and visit.ends_at > request.window_from
            for person in people
            for visit in person.visits
        ),
        "a long way from a visit": any(
            policy.travel_min_per_km * oracle.metres(visit.place, request.place) / 1000 > 60
            and visit.starts_at < request.window_to + timedelta(days=1)
            and visit.ends_at > request.window_from - timedelta(days=1)
            for person in people
            for visit in person.visits
        ),
        "a window begun": request.window_from < now < request.window_to,
        "too little of the window left": request.window_from < now
        and request.window_to - now < request.duration <= request.window_to - request.window_from,
        "now with seconds": now.second > 0 and bool(people) and request.window_from < now,
        "not on a whole minute": request.window_from.second > 0 and bool(people),
        "own rules": policy.version > 1 or policy.category_id is not None,
        "a category's own rules": policy.category_id is not None,
        "hidden reviews": any(
            fact.stars is not None and fact.at > now for person in people for fact in person.facts
        ),
        "papers asked": bool(request.papers) and bool(people),
        "languages asked": bool(request.languages) and bool(people),
        "tools asked": bool(request.needs) and bool(people),
        "left out": bool(request.leave_out) and bool(people),
        "only some": request.only is not None and bool(people),
        "a provider asks": request.resident_id in sources.people,
        "overlapping weekly stretches": any(
            a != b and a[0] == b[0] and a[1] <= b[1] < a[2]
            for person in people
            for a in person.weekly
            for b in person.weekly
        ),
    }
    return found | {name for name, happened in yes.items() if happened}


@pytest.fixture
def many_markets(own_database: Engine) -> Engine:
    """A database with the markets the worlds lie in."""
    with Session(own_database) as session:
        worlds.open_markets(session)
        session.commit()
    return own_database


@pytest.mark.timeout(120 * DEPTH)
def test_rank_and_slot_say_what_the_oracle_says(many_markets: Engine) -> None:
    seen: Counter[str] = Counter()
    hypothesis = settings(
        max_examples=WORLDS * DEPTH,
        derandomize=DEPTH == 1,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )

    @hypothesis
    @given(worlds.worlds(requests=REQUESTS))
    def check(world: worlds.World) -> None:
        with many_markets.connect() as connection, Session(connection) as session:
            town, people = worlds.build(session, world)
            sources = oracle.read(session)
            for index in range(world.requests):
                question = worlds.question(session, town, people, index)
                request, policy, now = question.request, question.policy, question.now
                verdict = oracle.rank(sources, request, policy, now=now)
                ranking = matching.rank(
                    session, request, policy, question.limit, now=now, purpose=None
                )
                found = differences(ranking, verdict, question.limit)
                asked = {
                    "provider_id": question.provider_id,
                    "preferred_at": question.preferred_at,
                    "now": now,
                }
                slot = matching.slot(session, request, policy, **asked)
                expected = oracle.slot(sources, request, policy, **asked)
                if slot != expected:
                    found.append(f"slot of {asked}: engine {slot}, oracle {expected}")
                assert not found, "\n".join([*found, f"question {index}: {question}"])
                seen.update(tags(question, verdict, sources))
                seen["cases"] += 1
                seen["slot asked for"] += slot == question.preferred_at
                seen["another slot"] += slot not in (None, question.preferred_at)
                seen["no slot"] += slot is None

    check()
    print(f"{seen['cases']} cases agree.", *sorted(seen.items()), sep="\n  ")
    assert seen["cases"] >= 2_000 * DEPTH
