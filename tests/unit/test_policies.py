"""Rules as data: what the defaults say, what is refused, and what a waking minute is."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobbing_api import errors, markets
from jobbing_api.markets import models, policies

NOW = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PARIS = "Europe/Paris"


def row(urgency: str = "scheduled", **changes: Any) -> models.Policy:
    """A stored version of the default rules, some of them changed."""
    return models.Policy(
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


def policy(urgency: str = "scheduled", **changes: Any) -> policies.Policy:
    return policies.parse(row(urgency, **changes))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# Defaults ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("urgency", "expected"),
    [
        (
            "now",
            {
                "wave_size": 5, "stagger_s": 4, "interval_s": 60, "offer_life_min": 4,
                "waves_at_most": 5, "give_up_min": 15, "give_up_before_start_min": None,
                "head_start_s": 30, "live_offers_at_most": 1, "pushes_a_day": 8,
                "choose_asked": None, "absent_after_min": 20, "newcomer_share": 0,
            },
        ),
        (
            "scheduled",
            {
                "wave_size": 4, "stagger_s": 90, "interval_s": 1200, "offer_life_min": 120,
                "waves_at_most": 6, "give_up_min": 1440, "give_up_before_start_min": 120,
                "head_start_s": 900, "live_offers_at_most": 4, "pushes_a_day": 10,
                "choose_asked": 8, "choose_enough": 4, "choose_most": 5,
                "choose_answer_min": 1440, "choose_pick_min": 1440, "absent_after_min": 30,
            },
        ),
        (
            "flexible",
            {
                "wave_size": 3, "stagger_s": 300, "interval_s": 7200, "offer_life_min": 720,
                "waves_at_most": 6, "give_up_min": 2880, "give_up_before_start_min": None,
                "head_start_s": 7200, "live_offers_at_most": 6,
                "digest_at": (time(12), time(18, 30)), "choose_answer_min": 2880,
                "choose_pick_min": 2880,
            },
        ),
    ],
)  # fmt: skip
def test_the_defaults_are_those_of_the_policy_table(urgency: str, expected: dict[str, Any]) -> None:
    rules = policy(urgency)
    assert {name: getattr(rules, name) for name in expected} == expected
    assert (rules.quiet_from, rules.quiet_to) == (time(20, 30), time(7, 30))
    assert rules.quiet_sunday_to == time(9)
    assert rules.reliability_prior == (18, 2)
    assert rules.responsiveness_prior == (3, 1)
    assert not rules.papers_required


@pytest.mark.parametrize("urgency", models.URGENCIES)
def test_default_weights_sum_to_one(urgency: str) -> None:
    weights = policy(urgency).weights
    assert set(weights) == {
        "proximity", "availability", "rating", "reliability", "responsiveness"
    }  # fmt: skip
    assert sum(weights.values()) == pytest.approx(1)


def test_weights_come_in_one_order_however_they_were_stored() -> None:
    there = {"a": 0.1, "b": 0.2, "c": 0.3}
    back = dict(reversed(there.items()))
    assert list(policy(weights=there).weights) == list(policy(weights=back).weights)


def test_default_rules_say_the_same_after_a_trip_through_json() -> None:
    for urgency in models.URGENCIES:
        rules = markets.default_rules(urgency)
        assert json.loads(json.dumps(rules)) == rules


# What is refused ---------------------------------------------------------------------


def test_unknown_and_missing_rules_are_named() -> None:
    stored = row(wave_sise=4)
    del stored.rules["interval_s"]
    with pytest.raises(errors.InvalidInput) as refused:
        policies.parse(stored)
    assert set(refused.value.fields) == {"rules.wave_sise", "rules.interval_s"}


#: What the first level asks for.
LEVEL = {"finished": 0, "stars": 1, "reviews": 0, "reliability": 0}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wave_size", 0),
        ("wave_size", 4.0),
        ("wave_size", True),
        ("wave_size", None),
        ("wave_size", "4"),
        ("offer_life_min", 0),
        ("platform_fee_share", 1.01),
        ("platform_fee_share", float("nan")),
        ("travel_min_per_km", float("inf")),
        ("papers_required", 0),
        ("quiet_from", "24:00"),
        ("quiet_from", "8:30"),
        ("quiet_from", 20.5),
        ("digest_at", "12:00"),
        ("weights", {}),
        ("weights", {"proximity": 0}),
        ("weights", {"proximity": -1, "rating": 2}),
        ("weights", [0.5, 0.5]),
        ("reliability_prior", [18]),
        ("reliability_prior", [18, 0]),
        ("tiers", []),
        ("tiers", [{"eligible_at_least": 1, "radius_steps_m": [2000], "decay_m": 1, "thin": True}]),
        ("tiers", [{"eligible_at_least": 0, "radius_steps_m": [], "decay_m": 1, "thin": True}]),
        (
            "tiers",
            [{"eligible_at_least": 0, "radius_steps_m": [2000, 1000], "decay_m": 1, "thin": True}],
        ),
        ("tiers", [{"eligible_at_least": 0, "radius_m": [2000], "decay_m": 1, "thin": True}]),
        ("tiers", [{"eligible_at_least": 0, "radius_steps_m": [2000], "thin": True}]),
        ("call_out_fees", [{"to_m": 3000, "cents": 0}]),
        ("call_out_fees", [{"cents": 0}, {"to_m": 3000, "cents": 0}]),
        ("newcomer_never_groups", ["Roof!"]),
        ("levels", []),
        ("levels", [LEVEL | {"finished": 1}]),
        ("levels", [LEVEL, LEVEL]),
        ("levels", [LEVEL, LEVEL | {"finished": 5, "hours": 3}]),
        ("levels", [LEVEL, LEVEL | {"finished": 5, "stars": 4.5}, LEVEL | {"finished": 9}]),
        ("levels", [LEVEL] + [LEVEL | {"finished": n} for n in range(1, 10)]),
        ("badge_answers_at_least", 0),
        ("rating_floor", 5),
        ("horizon_days", 61),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        policy(**{name: value})
    assert list(refused.value.fields) == [f"rules.{name}"]


def test_choosing_is_ruled_wholly_or_not_at_all_and_never_for_now() -> None:
    for urgency, changes in (("now", {"choose_asked": 8}), ("flexible", {"choose_most": None})):
        with pytest.raises(errors.InvalidInput):
            policy(urgency, **changes)


# Tiers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("eligible", "steps_m", "decay_m", "thin"),
    [
        (0, (35_000,), 12_000, True),
        (9, (35_000,), 12_000, True),
        (10, (5_000, 10_000, 15_000), 6_000, False),
        (49, (5_000, 10_000, 15_000), 6_000, False),
        (50, (2_000, 4_000, 7_000), 3_000, False),
        (10_000, (2_000, 4_000, 7_000), 3_000, False),
    ],
)
def test_density_decides_how_far_to_look(
    eligible: int, steps_m: tuple[int, ...], decay_m: int, thin: bool
) -> None:
    found = markets.tier(policy(), eligible)
    assert (found.radius_steps_m, found.decay_m, found.thin) == (steps_m, decay_m, thin)


def test_tiers_may_be_written_in_any_order() -> None:
    rules = markets.default_rules("scheduled")
    turned = policy(tiers=list(reversed(rules["tiers"])))
    assert turned.tiers == policy().tiers


# Waking minutes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("from_at", "minutes", "expected"),
    [
        # Monday, all within the day.
        ("2026-06-01T10:00+02:00", 120, "2026-06-01T12:00+02:00"),
        # Up to the last waking minute, and one beyond it.
        ("2026-06-01T18:30+02:00", 120, "2026-06-01T20:30+02:00"),
        ("2026-06-01T18:30+02:00", 121, "2026-06-02T07:31+02:00"),
        # Sent at night: counting begins in the morning, on Sunday at nine.
        ("2026-06-01T23:00+02:00", 10, "2026-06-02T07:40+02:00"),
        ("2026-06-06T23:00+02:00", 10, "2026-06-07T09:10+02:00"),
        # Over a Saturday night whose clocks lose or win an hour.
        ("2026-03-28T20:00+01:00", 60, "2026-03-29T09:30+02:00"),
        ("2026-10-24T20:00+02:00", 60, "2026-10-25T09:30+01:00"),
        # Twelve hours of an offer's life for a flexible job, from the evening.
        ("2026-06-01T20:00+02:00", 720, "2026-06-02T19:00+02:00"),
        ("2026-06-01T20:00+02:00", 0, "2026-06-01T20:00+02:00"),
        ("2026-06-01T23:00+02:00", 0, "2026-06-01T23:00+02:00"),
    ],
)
def test_waking_minutes_pass_only_outside_the_quiet_hours(
    from_at: str, minutes: int, expected: str
) -> None:
    deadline = markets.waking_deadline(
        policy(), from_at=at(from_at), minutes=minutes, time_zone=PARIS
    )
    assert deadline == at(expected)


def test_for_now_every_minute_counts() -> None:
    deadline = markets.waking_deadline(
        policy("now"), from_at=at("2026-06-01T23:00+02:00"), minutes=4, time_zone=PARIS
    )
    assert deadline == at("2026-06-01T23:04+02:00")


def test_quiet_hours_may_begin_after_midnight() -> None:
    late = policy(quiet_from="01:00", quiet_to="07:00", quiet_sunday_to="01:00")
    deadline = markets.waking_deadline(
        late, from_at=at("2026-06-02T00:30+02:00"), minutes=60, time_zone=PARIS
    )
    assert deadline == at("2026-06-02T07:30+02:00")
    # Equal bounds: that day has no quiet hours.
    deadline = markets.waking_deadline(
        late, from_at=at("2026-06-07T00:30+02:00"), minutes=60, time_zone=PARIS
    )
    assert deadline == at("2026-06-07T01:30+02:00")


def awake(rules: policies.Policy, instant: datetime, zone: ZoneInfo) -> bool:
    """Whether local clocks show a time outside the quiet hours."""
    local = instant.astimezone(zone)
    quiet_to = rules.quiet_sunday_to if local.weekday() == 6 else rules.quiet_to
    if rules.quiet_from >= quiet_to:
        return quiet_to <= local.time() < rules.quiet_from
    return not rules.quiet_from <= local.time() < quiet_to


@given(
    zone=st.sampled_from(
        [PARIS, "America/Martinique", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]
    ),
    day=st.sampled_from(["2026-03-28", "2026-04-05", "2026-04-23", "2026-10-03", "2026-10-24"]),
    start=st.integers(0, 3 * 1440),
    minutes=st.integers(1, 1500),
    quiet=st.sampled_from(
        [
            ("20:30", "07:30", "09:00"),
            ("23:00", "06:00", "06:00"),
            ("05:00", "13:45", "04:15"),
        ]
    ),
)
def test_waking_minutes_are_counted_like_somebody_watching_the_clock(
    zone: str, day: str, start: int, minutes: int, quiet: tuple[str, str, str]
) -> None:
    rules = policy(quiet_from=quiet[0], quiet_to=quiet[1], quiet_sunday_to=quiet[2])
    from_at = at(f"{day}T00:00+00:00") + start * MINUTE
    local = ZoneInfo(zone)
    watched, left = from_at, minutes
    while left > 0:
        left -= awake(rules, watched, local)
        watched += MINUTE
    assert (
        markets.waking_deadline(rules, from_at=from_at, minutes=minutes, time_zone=zone) == watched
    )
    first = markets.next_ring(rules, at=from_at, time_zone=zone)
    assert awake(rules, first, local)
    assert first == from_at or not awake(rules, from_at, local)
    assert first == from_at or not awake(rules, first - MINUTE, local)
