"""A part of the score that somebody adds: a formula by its name, a weight in a policy, and
the ranking is as exact as before. Nothing else has to know of it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from jobbing_api import errors, markets, matching, providers
from jobbing_api.matching import candidates, scoring
from jobbing_api.providers.models import WeeklyHours
from tests import factories, worlds

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

#: One that any row of the index tells, one that needs the slot.
ADDED = {
    "cheapness": scoring.Part(
        formula="""CASE WHEN m.price_kind = 'flat'
                        THEN 1 / (1 + m.amount_cents / 1000.0::float8) ELSE 0 END""",
        of_slot=False,
    ),
    "evening": scoring.Part(
        formula="extract(hour FROM m.starts_at AT TIME ZONE 'UTC')::float8 / 24",
    ),
}


@contextmanager
def parts(session: Session, added: dict[str, scoring.Part]) -> Iterator[None]:
    """Meanwhile there are these parts too, and the search in the database knows them, as
    after a migration. Statements are kept by the names of their parts: they are forgotten
    afterwards."""
    scoring.PARTS.update(added)
    matching.install(session)
    try:
        yield
    finally:
        for name in added:
            del scoring.PARTS[name]
        matching.install(session)
        for one in vars(candidates).values():
            if hasattr(one, "cache_clear"):
                one.cache_clear()


@pytest.fixture
def town(session: Session) -> Session:
    """A hundred and eighty providers within a few kilometres, of all prices and records,
    everybody's hours their own."""
    rng = random.Random(19)
    lyon = markets.market_by_slug(session, "lyon").id
    like = factories.provider(session)
    bases = [worlds.near(rng, factories.LYON, 4_500) for _ in range(180)]
    made = factories.neighbours(session, like, bases)
    ids = [one.account_id for one in made]
    session.execute(delete(WeeklyHours).where(WeeklyHours.provider_id.in_(ids)))
    session.expire_all()
    facts, hours = [], []
    for one in made:
        [skill] = one.skills
        skill.price_kind = rng.choice(["flat", "flat", "hourly", "quote"])
        if skill.price_kind == "quote":
            skill.amount_cents = None
        else:
            skill.amount_cents = rng.choice([500, 1_000, 3_000, 6_000, 9_000])
        begins = 60 * rng.randint(7, 17) + rng.choice([0, 0, 30, 10])
        hours.append(
            WeeklyHours(
                provider_id=one.account_id,
                weekday=rng.randint(0, 2),
                from_minute=begins,
                to_minute=min(1440, begins + 60 * rng.randint(1, 9)),
            )
        )
        for kind in rng.choices(["rated", "kept", "late", "answered", "unanswered"], k=6):
            facts.append(
                providers.Fact(
                    kind=kind,
                    provider_id=one.account_id,
                    market_id=lyon,
                    category_id=skill.category_id,
                    urgency="scheduled",
                    subject_id=uuid.UUID(int=rng.getrandbits(128)),
                    at=NOW - rng.randint(0, 60) * DAY,
                    stars=rng.randint(1, 5) if kind == "rated" else None,
                )
            )
        if rng.random() < 0.6:
            person = factories.person(session, one.account_id)
            position = worlds.near(rng, factories.LYON, 5_000) if rng.random() < 0.5 else None
            providers.put_presence(session, person, online=True, position=position, now=NOW)
    providers.record.write_many(session, facts)
    session.add_all(hours)
    providers.rebuild(session, [like.account_id, *ids], now=NOW)
    session.execute(text("SET CONSTRAINTS search_index_settle IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS search_index_settle DEFERRED"))
    matching.index.take_baselines(session, now=NOW)
    return session


def request(session: Session, urgency: str, **changes: Any) -> matching.Request:
    """Somebody in town asks, for the next hours or for one of three days."""
    values: dict[str, Any] = {
        "job_id": uuid.UUID(int=7),
        "market_id": markets.market_by_slug(session, "lyon").id,
        "category_id": markets.category_by_slug(session, "gutter-cleaning").id,
        "resident_id": uuid.UUID(int=8),
        "place": factories.LYON,
        "window_from": NOW,
        "window_to": NOW + (6 * HOUR if urgency == "now" else 3 * DAY),
        "duration_minutes": 60,
        "urgency": urgency,
        "budget_kind": "quotes",
        "budget_cents": None,
    }
    return matching.Request(**(values | changes))


def weighing(session: Session, urgency: str, weights: dict[str, float]) -> markets.Policy:
    """The default rules with other weights, as the next version of the market's."""
    return markets.write_policy(
        session,
        market_id=markets.market_by_slug(session, "lyon").id,
        category_id=None,
        urgency=urgency,
        rules={**markets.default_rules(urgency), "weights": weights},
        in_force_from=NOW,
        note="",
        now=NOW,
    )


def expected_value(name: str, found: matching.Candidate) -> float:
    """An added part by hand."""
    if name == "evening":
        return found.starts_at.astimezone(UTC).hour / 24
    if found.price_kind != "flat":
        return 0.0
    assert found.amount_cents is not None
    return 1 / (1 + found.amount_cents / 1_000)


def in_order(ranking: matching.Ranking, weights: dict[str, float]) -> list[uuid.UUID]:
    """Everybody judged, put in order by hand: by the sum of parts, then by the hash."""

    def key(one: matching.Candidate) -> tuple[float, str]:
        score = sum(one.parts[name].value * weight for name, weight in weights.items())
        return -round(score, 9), scoring.tie_break(uuid.UUID(int=7), one.provider_id)

    return [one.provider_id for one in sorted(ranking.candidates, key=key)]


def alike(one: matching.Candidate) -> tuple[object, ...]:
    """What must be the same to the letter, whoever judged."""
    return one.provider_id, one.starts_at, one.ends_at, one.price_kind, one.amount_cents


DEFAULT = {"proximity": 0.25, "availability": 0.2, "rating": 0.25, "reliability": 0.2}
WEIGHTS = (
    {**DEFAULT, "cheapness": 0.1},
    {**DEFAULT, "cheapness": 3.0, "evening": 0.5},
    {"cheapness": 1.0},
    {"evening": 1.0},
    {"cheapness": 1.0, "proximity": 0.0, "rating": 0.0},
    {"evening": 0.3, "cheapness": 0.3, "responsiveness": 0.4},
)


@pytest.mark.parametrize("urgency", ["now", "scheduled", "flexible"])
def test_the_best_by_an_added_part_are_those_of_everybody_judged(
    town: Session, urgency: str
) -> None:
    rng = random.Random(urgency)
    with parts(town, ADDED):
        for weights in WEIGHTS:
            rules = weighing(town, urgency, weights)
            for place in (factories.LYON, worlds.near(rng, factories.LYON, 4_000)):
                asked = request(town, urgency, place=place)
                everybody = matching.rank(
                    town, asked, rules, 1_000, now=NOW, purpose=None, judge="everybody"
                )
                assert everybody.complete
                assert len(everybody.candidates) > (40 if urgency == "now" else 120)
                order = in_order(everybody, weights)
                assert [one.provider_id for one in everybody.candidates] == order
                for one in everybody.candidates:
                    assert set(one.parts) == set(weights)
                    for name in ADDED.keys() & weights.keys():
                        assert one.parts[name].value == pytest.approx(expected_value(name, one))
                        assert one.parts[name].weight == weights[name]
                for limit in (1, 3, 10):
                    best = matching.rank(
                        town, asked, rules, limit, now=NOW, purpose=None, judge="best"
                    )
                    # Not everybody was judged, or this would show nothing.
                    assert not best.complete
                    for one, same in zip(best.candidates, everybody.candidates, strict=False):
                        assert alike(one) == alike(same)
                        assert one.score == pytest.approx(same.score, abs=1e-9)
                        assert one.distance_m == pytest.approx(same.distance_m, abs=1e-6)
                    assert len(best.candidates) == min(limit, len(everybody.candidates))


@pytest.mark.parametrize("urgency", ["now", "scheduled"])
def test_reweighting_changes_the_order_accordingly(town: Session, urgency: str) -> None:
    def first(weights: dict[str, float]) -> list[matching.Candidate]:
        rules = weighing(town, urgency, weights)
        found = matching.rank(town, request(town, urgency), rules, 10, now=NOW, purpose=None)
        return found.candidates

    def mean_cents(found: list[matching.Candidate]) -> float:
        return sum(one.amount_cents or 10_000 for one in found) / len(found)

    with parts(town, ADDED):
        near = first({"proximity": 1.0, "cheapness": 0.0})
        a_bit = first({"proximity": 1.0, "cheapness": 1.0})
        cheap = first({"proximity": 0.0, "cheapness": 1.0})
    assert [one.distance_m for one in near] == sorted(one.distance_m for one in near)
    assert all((one.price_kind, one.amount_cents) == ("flat", 500) for one in cheap)
    assert mean_cents(near) > mean_cents(a_bit) >= mean_cents(cheap)
    assert max(one.distance_m for one in near) < max(one.distance_m for one in cheap)
    assert all(one.score == pytest.approx(1 / 1.5) for one in cheap)


def test_a_weight_without_its_part_is_refused(town: Session) -> None:
    rules = weighing(town, "scheduled", {"proximity": 1.0, "cheapness": 1.0})
    with pytest.raises(errors.InvalidInput) as refused:
        matching.rank(town, request(town, "scheduled"), rules, 3, now=NOW)
    assert list(refused.value.fields) == ["rules.weights.cheapness"]
    with parts(town, ADDED):
        assert matching.rank(town, request(town, "scheduled"), rules, 3, now=NOW).candidates
