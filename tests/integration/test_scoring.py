"""The parts of the score as PostgreSQL works them out: their bounds, what moves them and
which way."""

from __future__ import annotations

import math
import uuid
from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from jobbing_api import markets
from jobbing_api.markets import models, policies
from jobbing_api.matching import scoring

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

#: Every example rolls nothing back and writes nothing: one session serves them all.
asked_often = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def policy(urgency: str = "scheduled", **changes: Any) -> markets.Policy:
    """The default rules, some of them changed."""
    return policies.parse(
        models.Policy(
            id=uuid.uuid4(),
            market_id=uuid.uuid4(),
            category_id=None,
            urgency=urgency,
            version=1,
            in_force_from=NOW,
            rules={**markets.default_rules(urgency), **changes},
            note="",
            created_at=NOW,
        )
    )


RULES = policy()


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Somebody new, three kilometres away, free for the whole of ten hours."""

    # Of the candidate: the columns of ``m``.
    distance_m: float = 3_000.0
    decay_m: float = 6_000.0
    online: bool = False
    starts_at: datetime = NOW
    free_s: float = 36_000.0
    inside_hours: bool = True
    rating_sum: float = 0.0
    rating_weight: float = 0.0
    rating_mean: float | None = None
    visits_kept: int = 0
    visits_let_down: int = 0
    offers_answered: int = 0
    offers_unanswered: int = 0
    price_kind: str = "flat"
    amount_cents: int | None = 6_000
    call_out_fee_cents: int = 0
    # Of the request.
    urgency: str = "scheduled"
    earliest: datetime = NOW
    window_to: datetime = NOW + 10 * HOUR
    duration: timedelta = 2 * HOUR


_REQUEST = ("urgency", "earliest", "window_to", "duration")
_TYPES = {
    "distance_m": "float8",
    "decay_m": "float8",
    "online": "boolean",
    "starts_at": "timestamptz",
    "free_s": "float8",
    "inside_hours": "boolean",
    "rating_sum": "float8",
    "rating_weight": "float8",
    "rating_mean": "float8",
    "visits_kept": "int",
    "visits_let_down": "int",
    "offers_answered": "int",
    "offers_unanswered": "int",
    "price_kind": "text",
    "amount_cents": "int",
    "call_out_fee_cents": "int",
}


def _parameters(m: Measures, rules: markets.Policy) -> dict[str, Any]:
    span = m.window_to - m.earliest
    return {
        **{f"m_{name}": getattr(m, name) for name in _TYPES},
        **{name: getattr(m, name) for name in _REQUEST},
        "now": m.earliest,
        "span_s": span.total_seconds(),
        "slack_s": (span - m.duration).total_seconds(),
        "rating_prior_stars": rules.rating_prior_stars,
        "rating_prior_weight": rules.rating_prior_weight,
        "rating_floor": rules.rating_floor,
        "rating_ceiling": rules.rating_ceiling,
        "reliability_good": rules.reliability_prior[0],
        "reliability_bad": rules.reliability_prior[1],
        "responsiveness_good": rules.responsiveness_prior[0],
        "responsiveness_bad": rules.responsiveness_prior[1],
        **scoring.weight_parameters(rules.weights),
    }


class Judged(NamedTuple):
    """What PostgreSQL makes of one candidate."""

    parts: dict[str, float]
    stars: float
    score: float
    at_most: float


class Sure(NamedTuple):
    """What is known before everything is: ``m.held``, ``m.told`` and ``m.open``."""

    held: bool = True
    told: bool = True
    open: bool = False


def judge(
    session: Session, m: Measures, rules: markets.Policy = RULES, sure: Sure | None = None
) -> Judged:
    """Every part there is, and the sum of those the rules weigh."""
    columns = ", ".join(f"CAST(:m_{name} AS {kind}) AS {name}" for name, kind in _TYPES.items())
    columns += """, date_part('epoch', CAST(:m_starts_at AS timestamptz)
                        - CAST(:earliest AS timestamptz)) AS starts_after_s,
        CAST(:held AS boolean) AS held, CAST(:told AS boolean) AS told,
        CAST(:open AS boolean) AS open"""
    every = tuple(scoring.PARTS)
    row = session.execute(
        text(
            f"""
            SELECT m.*, ({scoring.score(rules.weights)})::float8 AS score,
                   ({scoring.at_most(rules.weights)})::float8 AS at_most
            FROM (
                SELECT m.*, ({scoring.STARS})::float8 AS stars {scoring.values(every)}
                FROM (SELECT {columns}) AS m
            ) AS m
            """
        ),
        {**_parameters(m, rules), **(sure or Sure())._asdict()},
    ).one()
    return Judged(
        parts={name: getattr(row, f"value_{name}") for name in every},
        stars=row.stars,
        score=row.score,
        at_most=row.at_most,
    )


def part(session: Session, name: str, m: Measures, rules: markets.Policy = RULES) -> float:
    """One part of the score."""
    return judge(session, m, rules).parts[name]


counts = st.integers(0, 500)
#: PostGIS tells distances to ten nanometres.
distances_m = st.floats(0, 20_100_000).map(lambda metres: round(metres, 8))


@st.composite
def any_measures(draw: st.DrawFn) -> Measures:
    """What could be measured, with nothing impossible."""
    duration_min = draw(st.integers(1, 1440))
    window_min = draw(st.integers(duration_min, 60 * 1440))
    wait_min = draw(st.integers(0, window_min - duration_min))
    weight = draw(st.floats(0, 1000))
    return Measures(
        distance_m=draw(distances_m),
        decay_m=draw(st.integers(1, 200_000)),
        urgency=draw(st.sampled_from(models.URGENCIES)),
        online=draw(st.booleans()),
        starts_at=NOW + wait_min * MINUTE,
        window_to=NOW + window_min * MINUTE,
        duration=duration_min * MINUTE,
        free_s=60.0 * draw(st.integers(duration_min, window_min)),
        inside_hours=draw(st.booleans()),
        rating_sum=weight * draw(st.floats(1, 5)),
        rating_weight=weight,
        rating_mean=draw(st.none() | st.floats(1, 5)),
        visits_kept=draw(counts),
        visits_let_down=draw(counts),
        offers_answered=draw(counts),
        offers_unanswered=draw(counts),
    )


any_rules = st.builds(
    lambda weights, floor, prior_weight: policy(
        weights=weights, rating_floor=floor, rating_ceiling=4.9, rating_prior_weight=prior_weight
    ),
    st.dictionaries(
        st.sampled_from(sorted(scoring.PARTS)), st.floats(0.01, 100), min_size=1, max_size=5
    ),
    st.floats(1, 4.8),
    st.floats(0, 100),
)


# The whole ------------------------------------------------------------------------------


@asked_often
@given(any_measures(), any_rules)
def test_every_part_is_between_nothing_and_one(
    session: Session, m: Measures, rules: markets.Policy
) -> None:
    parts = judge(session, m, rules).parts
    assert set(parts) == set(scoring.PARTS)
    for name, value in parts.items():
        assert 0 <= value <= 1, name


@asked_often
@given(any_measures(), any_rules)
def test_the_score_is_the_weighted_sum_of_the_parts_a_policy_names(
    session: Session, m: Measures, rules: markets.Policy
) -> None:
    judged = judge(session, m, rules)
    by_hand = math.fsum(judged.parts[name] * weight for name, weight in rules.weights.items())
    assert judged.score == pytest.approx(by_hand, abs=1e-9)
    assert 0 <= by_hand <= math.fsum(rules.weights.values()) * (1 + 1e-12)


sure_of = st.sampled_from(
    [
        Sure(),
        # Visits about: the calendar alone tells the most that a slot can be.
        Sure(told=False),
        # There may be more time than the calendar tells.
        Sure(told=False, open=True),
        Sure(held=False, told=False, open=True),
    ]
)


@asked_often
@given(any_measures(), any_rules, sure_of)
def test_what_is_not_sure_counts_as_the_best_there_is(
    session: Session, m: Measures, rules: markets.Policy, sure: Sure
) -> None:
    judged = judge(session, m, rules, sure)

    def most(name: str) -> float:
        part = scoring.PARTS[name]
        unsure = not sure.held and name != "proximity"
        if part.of_slot:
            unsure |= sure.open if part.sooner_is_more else not sure.told
        return 1.0 if unsure else judged.parts[name]

    best = math.fsum(weight * most(name) for name, weight in rules.weights.items())
    assert judged.at_most == pytest.approx(best, abs=1e-9)
    assert judged.at_most >= judged.score - 1e-9


@pytest.mark.parametrize("urgency", models.URGENCIES)
def test_the_default_weights_name_every_part_and_make_one(urgency: str) -> None:
    weights = policy(urgency).weights
    assert set(weights) == set(scoring.PARTS)
    assert math.fsum(weights.values()) == pytest.approx(1)
    assert scoring.unknown(weights) == []


def test_a_weight_of_a_part_that_does_not_exist_is_found() -> None:
    assert scoring.unknown({"kindness": 1.0, **RULES.weights}) == ["kindness"]


def test_what_is_tried_here_is_all_that_is_measured() -> None:
    """A part added later may look at nothing that these tests leave out."""
    assert {field.name for field in fields(Measures)} == {*_TYPES, *_REQUEST}


# Proximity ------------------------------------------------------------------------------


def test_proximity_is_one_at_the_door_and_a_third_at_the_decay(session: Session) -> None:
    assert part(session, "proximity", Measures(distance_m=0.0)) == 1
    at_decay = part(session, "proximity", Measures(distance_m=6_000.0))
    assert at_decay == pytest.approx(1 / math.e)


def test_the_other_side_of_the_globe_is_no_error(session: Session) -> None:
    m = Measures(distance_m=20_100_000.0, decay_m=1.0)
    assert part(session, "proximity", m) == pytest.approx(0, abs=1e-300)


@asked_often
@given(distances_m, st.floats(0.01, 500_000))
def test_who_is_nearer_is_never_worse(session: Session, near_m: float, more_m: float) -> None:
    near = part(session, "proximity", Measures(distance_m=near_m))
    assert near >= part(session, "proximity", Measures(distance_m=near_m + more_m))


# Availability ---------------------------------------------------------------------------


def test_availability_is_half_how_soon_and_half_how_free(session: Session) -> None:
    assert part(session, "availability", Measures()) == 1
    # The slot may start in any of eight hours; it does after two, and half is free.
    m = Measures(starts_at=NOW + 2 * HOUR, free_s=5 * 3600.0)
    assert part(session, "availability", m) == pytest.approx((1 - 2 / 8) / 2 + (5 / 10) / 2)
    last = Measures(starts_at=NOW + 8 * HOUR, free_s=2 * 3600.0)
    assert part(session, "availability", last) == pytest.approx(0.1)


def test_a_window_as_short_as_the_job_is_met_at_once(session: Session) -> None:
    m = Measures(window_to=NOW + 2 * HOUR, free_s=7200.0)
    assert part(session, "availability", m) == 1


def test_only_for_now_jobs_does_being_on_duty_make_up_for_a_short_calendar(
    session: Session,
) -> None:
    short = Measures(online=True, free_s=7200.0)
    assert part(session, "availability", replace(short, urgency="now")) == 1
    assert part(session, "availability", short) < 1
    later = replace(short, urgency="now", starts_at=NOW + MINUTE)
    assert part(session, "availability", later) < 1
    off_duty = replace(short, urgency="now", online=False)
    assert part(session, "availability", off_duty) < 1


def test_a_slot_outside_ones_hours_is_no_availability(session: Session) -> None:
    outside = Measures(inside_hours=False)
    assert part(session, "availability", outside) == 0
    assert part(session, "availability", replace(outside, urgency="now", online=True)) == 0


@asked_often
@given(any_measures(), st.integers(0, 1440), st.integers(0, 1440))
def test_coming_sooner_or_being_freer_is_never_worse(
    session: Session, m: Measures, sooner_min: int, freer_min: int
) -> None:
    window_s = (m.window_to - m.earliest).total_seconds()
    better = replace(
        m,
        starts_at=max(m.earliest, m.starts_at - sooner_min * MINUTE),
        free_s=min(window_s, m.free_s + 60.0 * freer_min),
    )
    assert part(session, "availability", better) >= part(session, "availability", m)


# Rating ---------------------------------------------------------------------------------


def test_the_unrated_have_the_mean_of_their_market_or_the_policy_s(session: Session) -> None:
    assert judge(session, Measures()).stars == pytest.approx(RULES.rating_prior_stars)
    assert judge(session, Measures(rating_mean=3.9)).stars == pytest.approx(3.9)
    weightless = replace(RULES, rating_prior_weight=0.0)
    assert judge(session, Measures(rating_mean=3.9), weightless).stars == 3.9


def test_a_rating_is_the_bayesian_mean_between_floor_and_ceiling(session: Session) -> None:
    # Eight imagined 4.6 and two real 3.
    judged = judge(session, Measures(rating_sum=6.0, rating_weight=2.0))
    mean = (8 * 4.6 + 6) / 10
    assert judged.stars == pytest.approx(mean)
    assert judged.parts["rating"] == pytest.approx((mean - 3.5) / 1.5)


def test_a_rating_is_clipped_below_the_floor_and_at_the_ceiling(session: Session) -> None:
    awful = Measures(rating_sum=1_000.0, rating_weight=1_000.0)
    perfect = Measures(rating_sum=500_000.0, rating_weight=100_000.0, rating_mean=5.0)
    assert part(session, "rating", awful) == 0
    assert part(session, "rating", perfect) == pytest.approx(1)


def test_one_perfect_review_does_not_beat_a_long_good_record(session: Session) -> None:
    new = part(session, "rating", Measures(rating_sum=5.0, rating_weight=1.0))
    assert new < part(session, "rating", Measures(rating_sum=4.8 * 60, rating_weight=60.0))


@asked_often
@given(any_measures(), st.floats(1, 5), st.floats(0.001, 1))
def test_a_review_pulls_the_mean_towards_itself_and_not_past_it(
    session: Session, m: Measures, given_stars: float, weight: float
) -> None:
    more = replace(
        m,
        rating_sum=m.rating_sum + given_stars * weight,
        rating_weight=m.rating_weight + weight,
    )
    before, after = judge(session, m).stars, judge(session, more).stars
    low, high = sorted((before, given_stars))
    assert low - 1e-9 <= after <= high + 1e-9


# Reliability and responsiveness ---------------------------------------------------------


def test_who_has_no_record_is_trusted_as_the_prior_says(session: Session) -> None:
    assert part(session, "reliability", Measures()) == pytest.approx(18 / 20)
    assert part(session, "responsiveness", Measures()) == pytest.approx(3 / 4)


@asked_often
@given(any_measures())
def test_a_kept_visit_helps_and_a_broken_one_hurts(session: Session, m: Measures) -> None:
    kept = part(session, "reliability", replace(m, visits_kept=m.visits_kept + 1))
    let_down = part(session, "reliability", replace(m, visits_let_down=m.visits_let_down + 1))
    assert let_down < part(session, "reliability", m) < kept


@asked_often
@given(any_measures())
def test_an_answer_helps_and_silence_hurts(session: Session, m: Measures) -> None:
    answered = replace(m, offers_answered=m.offers_answered + 1)
    silent = replace(m, offers_unanswered=m.offers_unanswered + 1)
    name = "responsiveness"
    assert part(session, name, silent) < part(session, name, m) < part(session, name, answered)


@asked_often
@given(any_measures(), any_measures())
def test_no_part_looks_at_what_is_another_s(session: Session, m: Measures, other: Measures) -> None:
    """Whoever is better in one thing only is better by that thing's weight only."""
    mixed = replace(m, distance_m=other.distance_m, decay_m=other.decay_m)
    found = judge(session, mixed).parts
    expected = judge(session, m).parts | {"proximity": part(session, "proximity", other)}
    assert found == expected


# Ties -----------------------------------------------------------------------------------


def test_a_tie_is_broken_the_same_way_every_time() -> None:
    job, provider = (
        uuid.UUID("0190f5b0-0000-7000-8000-000000000001"),
        uuid.UUID("0190f5b0-0000-7000-8000-00000000abcd"),
    )
    assert scoring.tie_break(job, provider) == scoring.tie_break(job, provider)
    # As anybody with md5sum can check.
    assert scoring.tie_break(job, provider) == "9dfc77678be101f9d6034dc0b157508a"


@asked_often
@given(st.uuids(), st.uuids())
def test_postgresql_breaks_a_tie_alike(
    session: Session, job: uuid.UUID, provider: uuid.UUID
) -> None:
    statement = text("SELECT md5(CAST(:job_id AS text) || CAST(:provider_id AS uuid)::text)")
    told = session.scalar(statement, {"job_id": str(job), "provider_id": provider})
    assert told == scoring.tie_break(job, provider)


def test_no_one_is_always_last_among_equals() -> None:
    providers = [uuid.UUID(int=number) for number in range(5)]
    last = Counter(
        max(providers, key=lambda provider: scoring.tie_break(uuid.UUID(int=job), provider))
        for job in range(1_000)
    )
    assert all(150 < last[provider] < 250 for provider in providers)
