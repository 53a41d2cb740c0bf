"""The parts of the score: their bounds, what moves them and which way."""

from __future__ import annotations

import math
import uuid
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobbing_api import markets
from jobbing_api.markets import models, policies
from jobbing_api.matching import scoring

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


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


def measures(**changes: Any) -> scoring.Measures:
    """Somebody new, three kilometres away, free for the whole of ten hours."""
    values: dict[str, Any] = {
        "distance_m": 3_000.0,
        "decay_m": 6_000.0,
        "urgency": "scheduled",
        "online": False,
        "starts_at": NOW,
        "earliest": NOW,
        "window_to": NOW + 10 * HOUR,
        "duration": 2 * HOUR,
        "free_s": 36_000.0,
        "inside_hours": True,
        "rating_sum": 0.0,
        "rating_weight": 0.0,
        "rating_mean": None,
        "visits_kept": 0,
        "visits_let_down": 0,
        "offers_answered": 0,
        "offers_unanswered": 0,
    }
    return scoring.Measures(**(values | changes))


counts = st.integers(0, 500)


@st.composite
def any_measures(draw: st.DrawFn) -> scoring.Measures:
    """What the statement in ``candidates`` could measure, with nothing impossible."""
    duration_min = draw(st.integers(1, 1440))
    window_min = draw(st.integers(duration_min, 60 * 1440))
    wait_min = draw(st.integers(0, window_min - duration_min))
    weight = draw(st.floats(0, 1000))
    return measures(
        distance_m=draw(st.floats(0, 20_100_000)),
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


@given(any_measures(), any_rules)
def test_every_part_is_between_nothing_and_one(m: scoring.Measures, rules: markets.Policy) -> None:
    for name, part in scoring.PARTS.items():
        assert 0 <= part(m, rules) <= 1, name


@given(any_measures(), any_rules)
def test_the_score_is_the_weighted_sum_of_the_parts_a_policy_names(
    m: scoring.Measures, rules: markets.Policy
) -> None:
    parts = scoring.parts(m, rules)
    assert set(parts) == set(rules.weights)
    assert all(parts[name].weight == weight for name, weight in rules.weights.items())
    by_hand = math.fsum(part.value * part.weight for part in parts.values())
    assert scoring.total(parts) == pytest.approx(by_hand, abs=1e-9)
    assert 0 <= by_hand <= math.fsum(rules.weights.values()) * (1 + 1e-12)


@pytest.mark.parametrize("urgency", models.URGENCIES)
def test_the_default_weights_name_every_part_and_make_one(urgency: str) -> None:
    weights = policy(urgency).weights
    assert set(weights) == set(scoring.PARTS)
    assert math.fsum(weights.values()) == pytest.approx(1)


# Proximity ------------------------------------------------------------------------------


def test_proximity_is_one_at_the_door_and_a_third_at_the_decay() -> None:
    assert scoring.proximity(measures(distance_m=0.0), RULES) == 1
    assert scoring.proximity(measures(distance_m=6_000.0), RULES) == pytest.approx(1 / math.e)


@given(st.floats(0, 500_000), st.floats(0.01, 500_000))
def test_who_is_nearer_is_never_worse(near_m: float, more_m: float) -> None:
    near, far = measures(distance_m=near_m), measures(distance_m=near_m + more_m)
    assert scoring.proximity(near, RULES) >= scoring.proximity(far, RULES)


# Availability ---------------------------------------------------------------------------


def test_availability_is_half_how_soon_and_half_how_free() -> None:
    assert scoring.availability(measures(), RULES) == 1
    # The slot may start in any of eight hours; it does after two, and half is free.
    m = measures(starts_at=NOW + 2 * HOUR, free_s=5 * 3600.0)
    assert scoring.availability(m, RULES) == pytest.approx((1 - 2 / 8) / 2 + (5 / 10) / 2)
    last = measures(starts_at=NOW + 8 * HOUR, free_s=2 * 3600.0)
    assert scoring.availability(last, RULES) == pytest.approx(0.1)


def test_a_window_as_short_as_the_job_is_met_at_once() -> None:
    m = measures(window_to=NOW + 2 * HOUR, free_s=7200.0)
    assert scoring.availability(m, RULES) == 1


def test_only_for_now_jobs_does_being_on_duty_make_up_for_a_short_calendar() -> None:
    short: dict[str, Any] = {"online": True, "free_s": 7200.0}
    assert scoring.availability(measures(urgency="now", **short), RULES) == 1
    assert scoring.availability(measures(urgency="scheduled", **short), RULES) < 1
    later = measures(urgency="now", starts_at=NOW + MINUTE, **short)
    assert scoring.availability(later, RULES) < 1
    off_duty = measures(urgency="now", free_s=7200.0)
    assert scoring.availability(off_duty, RULES) < 1


def test_a_slot_outside_ones_hours_is_no_availability() -> None:
    assert scoring.availability(measures(inside_hours=False), RULES) == 0
    assert (
        scoring.availability(measures(inside_hours=False, urgency="now", online=True), RULES) == 0
    )


@given(any_measures(), st.integers(0, 1440), st.integers(0, 1440))
def test_coming_sooner_or_being_freer_is_never_worse(
    m: scoring.Measures, sooner_min: int, freer_min: int
) -> None:
    window_s = (m.window_to - m.earliest).total_seconds()
    better = replace(
        m,
        starts_at=max(m.earliest, m.starts_at - sooner_min * MINUTE),
        free_s=min(window_s, m.free_s + 60.0 * freer_min),
    )
    assert scoring.availability(better, RULES) >= scoring.availability(m, RULES)


# Rating ---------------------------------------------------------------------------------


def test_the_unrated_have_the_mean_of_their_market_or_the_policy_s() -> None:
    assert scoring.stars(measures(), RULES) == RULES.rating_prior_stars
    assert scoring.stars(measures(rating_mean=3.9), RULES) == pytest.approx(3.9)
    weightless = replace(RULES, rating_prior_weight=0.0)
    assert scoring.stars(measures(rating_mean=3.9), weightless) == 3.9


def test_a_rating_is_the_bayesian_mean_between_floor_and_ceiling() -> None:
    # Eight imagined 4.6 and two real 3.
    m = measures(rating_sum=6.0, rating_weight=2.0)
    mean = (8 * 4.6 + 6) / 10
    assert scoring.stars(m, RULES) == pytest.approx(mean)
    assert scoring.rating(m, RULES) == pytest.approx((mean - 3.5) / 1.5)


def test_a_rating_is_clipped_below_the_floor_and_at_the_ceiling() -> None:
    awful = measures(rating_sum=1_000.0, rating_weight=1_000.0)
    perfect = measures(rating_sum=500_000.0, rating_weight=100_000.0, rating_mean=5.0)
    assert scoring.rating(awful, RULES) == 0
    assert scoring.rating(perfect, RULES) == pytest.approx(1)


def test_one_perfect_review_does_not_beat_a_long_good_record() -> None:
    new = measures(rating_sum=5.0, rating_weight=1.0)
    proven = measures(rating_sum=4.8 * 60, rating_weight=60.0)
    assert scoring.rating(new, RULES) < scoring.rating(proven, RULES)


@given(any_measures(), st.floats(1, 5), st.floats(0.001, 1))
def test_a_review_pulls_the_mean_towards_itself_and_not_past_it(
    m: scoring.Measures, given_stars: float, weight: float
) -> None:
    before = scoring.stars(m, RULES)
    after = scoring.stars(
        replace(
            m,
            rating_sum=m.rating_sum + given_stars * weight,
            rating_weight=m.rating_weight + weight,
        ),
        RULES,
    )
    low, high = sorted((before, given_stars))
    assert low - 1e-9 <= after <= high + 1e-9


# Reliability and responsiveness ---------------------------------------------------------


def test_who_has_no_record_is_trusted_as_the_prior_says() -> None:
    assert scoring.reliability(measures(), RULES) == pytest.approx(18 / 20)
    assert scoring.responsiveness(measures(), RULES) == pytest.approx(3 / 4)


@given(any_measures())
def test_a_kept_visit_helps_and_a_broken_one_hurts(m: scoring.Measures) -> None:
    kept = replace(m, visits_kept=m.visits_kept + 1)
    let_down = replace(m, visits_let_down=m.visits_let_down + 1)
    assert (
        scoring.reliability(let_down, RULES)
        < scoring.reliability(m, RULES)
        < scoring.reliability(kept, RULES)
    )


@given(any_measures())
def test_an_answer_helps_and_silence_hurts(m: scoring.Measures) -> None:
    answered = replace(m, offers_answered=m.offers_answered + 1)
    silent = replace(m, offers_unanswered=m.offers_unanswered + 1)
    assert (
        scoring.responsiveness(silent, RULES)
        < scoring.responsiveness(m, RULES)
        < scoring.responsiveness(answered, RULES)
    )


@given(any_measures(), any_measures())
def test_no_part_looks_at_what_is_another_s(m: scoring.Measures, other: scoring.Measures) -> None:
    """Whoever is better in one thing only is better by that thing's weight only."""
    mixed = replace(m, distance_m=other.distance_m, decay_m=other.decay_m)
    for name, part in scoring.PARTS.items():
        expected = other if name == "proximity" else m
        assert part(mixed, RULES) == part(expected, RULES)


# Ties -----------------------------------------------------------------------------------


def test_a_tie_is_broken_the_same_way_every_time() -> None:
    job, provider = (
        uuid.UUID("0190f5b0-0000-7000-8000-000000000001"),
        uuid.UUID("0190f5b0-0000-7000-8000-00000000abcd"),
    )
    assert scoring.tie_break(job, provider) == scoring.tie_break(job, provider)
    # As anybody with md5sum can check.
    assert scoring.tie_break(job, provider) == "9dfc77678be101f9d6034dc0b157508a"


def test_no_one_is_always_last_among_equals() -> None:
    providers = [uuid.UUID(int=number) for number in range(5)]
    last = Counter(
        max(providers, key=lambda provider: scoring.tie_break(uuid.UUID(int=job), provider))
        for job in range(1_000)
    )
    assert all(150 < last[provider] < 250 for provider in providers)
