"""The workload every ranking is measured by: the same in every run, and what it says it is."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from benchmarks import places, workload
from jobbing_api import geography, markets
from jobbing_api.markets import categories, local_time

PROVIDERS = 1_000_000
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(scope="module")
def asks() -> list[workload.Ask]:
    return workload.requests(PROVIDERS)


def share(asks: list[workload.Ask], true_of: Callable[[workload.Ask], bool]) -> float:
    return sum(map(true_of, asks)) / len(asks)


def test_the_same_numbers_give_the_same_questions(asks: list[workload.Ask]) -> None:
    assert workload.requests(PROVIDERS) == asks
    assert len(asks) == 1000
    assert len({ask.request.job_id for ask in asks}) == len(asks)


def test_the_population_moves_nothing_but_who_is_left_out(asks: list[workload.Ask]) -> None:
    def rest(ask: workload.Ask) -> object:
        told = ask.request
        return (told.place, told.category_id, told.window_from, told.window_to, told.budget_cents)

    assert [rest(ask) for ask in workload.requests(500)] == [rest(ask) for ask in asks]
    last = places.id_of("provider", 499)
    assert all(one <= last for ask in workload.requests(500) for one in ask.request.leave_out)


def test_the_digest_is_the_files() -> None:
    file = Path(workload.__file__).with_name("workload.toml")
    assert workload.digest() == hashlib.sha256(file.read_bytes()).hexdigest()
    assert re.fullmatch("[0-9a-f]{64}", workload.digest())


def test_questions_come_in_the_shares_of_the_recipe(asks: list[workload.Ask]) -> None:
    assert share(asks, lambda ask: ask.urgency == "now") == pytest.approx(0.4)
    assert share(asks, lambda ask: ask.outside is not None) == pytest.approx(0.1)
    assert share(asks, lambda ask: bool(ask.request.languages)) == pytest.approx(0.05, abs=0.025)
    assert share(asks, lambda ask: bool(ask.request.needs)) == pytest.approx(0.10, abs=0.03)
    assert share(asks, lambda ask: bool(ask.request.leave_out)) == pytest.approx(0.2, abs=0.04)
    budgets = Counter(ask.request.budget_kind for ask in asks)
    assert budgets["quotes"] / 1000 == pytest.approx(0.60, abs=0.05)
    assert budgets["fixed"] / 1000 == pytest.approx(0.25, abs=0.05)
    assert budgets["hourly"] / 1000 == pytest.approx(0.15, abs=0.05)
    of_category = Counter(ask.category for ask in asks)
    total = sum(places.recipe()["categories"].values())
    for slug, weight in places.recipe()["categories"].items():
        assert of_category[slug] / 1000 == pytest.approx(weight / total, abs=0.025)


def test_every_question_could_be_asked(asks: list[workload.Ask]) -> None:
    entries = {entry["slug"]: entry for entry in categories.listed()}
    residents = places.recipe()["residents"]
    west, south, east, north = places.recipe()["market"]["box"]
    for ask in [*asks, *workload.extremes().values()]:
        told = ask.request
        lon, lat = told.place
        assert west < lon < east
        assert south < lat < north
        assert told.category_id == entries[ask.category]["id"]
        assert told.window_from >= ask.now
        assert told.window_from + told.duration <= told.window_to
        assert (told.budget_kind == "quotes") == (told.budget_cents is None)
        assert told.budget_cents is None or told.budget_cents > 0
        assert len(told.leave_out) <= 5
        assert told.resident_id <= places.id_of("resident", residents - 1)
        assert told.radius_step is None
        assert ask.policy_key["urgency"] == told.urgency


def test_windows_lie_where_they_say(asks: list[workload.Ask]) -> None:
    for ask in asks:
        opens, closes = (
            instant.astimezone(PARIS)
            for instant in (ask.request.window_from, ask.request.window_to)
        )
        hours = (closes - opens) / timedelta(hours=1)
        if ask.urgency == "now":
            assert ask.request.window_from == ask.now
            assert 2 <= hours <= 4
            continue
        assert 1 <= (opens.date() - ask.now.astimezone(PARIS).date()).days <= 12
        assert hours in (3, 4, 9)
        in_hours = opens.hour >= 8 and (closes.hour, closes.minute) <= (19, 0)
        same_day = opens.date() == closes.date()
        usual = same_day and in_hours and opens.weekday() < 6
        assert usual == (ask.outside is None)
        if ask.outside == "evening":
            assert opens.hour >= 20
        elif ask.outside == "sunday":
            assert opens.weekday() == 6
        elif ask.outside == "night":
            assert (opens.hour, closes.hour) == (2, 5)


def test_questions_come_from_where_people_live(asks: list[workload.Ask]) -> None:
    near_paris = share(
        asks, lambda ask: geography.distance_m(ask.request.place, (2.35, 48.853)) < 40_000
    )
    assert 0.10 < near_paris < 0.25
    homes = {ask.request.place for ask in asks}
    lons, lats = places.drawn(places.dice("providers: places"), 1000)
    assert not homes & set(zip(lons.tolist(), lats.tolist(), strict=True))


def test_the_extremes_are_extreme() -> None:
    extremes = workload.extremes()
    shares = places.recipe()["categories"]
    assert extremes["paris-noon"].category == max(shares, key=lambda slug: shares[slug])
    assert extremes["nobody-offers"].category not in shares
    night = extremes["nobody-can-meet"].request
    opens = night.window_from.astimezone(PARIS)
    assert (opens.weekday(), opens.hour, night.duration_minutes) == (6, 2, 60)
    assert opens - extremes["nobody-can-meet"].now > timedelta(days=7)
    mende = (3.5, 44.52)
    assert geography.distance_m(extremes["lozere"].request.place, mende) < 10_000


def test_the_weights_are_those_of_a_new_market() -> None:
    recipe = places.recipe()
    for urgency in ("now", "scheduled"):
        rules = markets.default_rules(urgency)
        assert rules["weights"] == recipe["weights"][urgency]
        assert rules["density_radius_m"] == recipe["decay"]["density_radius_m"]
        assert rules["tiers"] == recipe["decay"]["tiers"]


def test_the_recipe_names_what_the_application_knows() -> None:
    known = {entry["slug"] for entry in categories.listed()}
    listed = set(places.recipe()["categories"])
    assert known - listed == {"chimney-sweeping"}
    assert listed <= known
    needed = {need for entry in categories.listed() for need in entry["brief_template"]["needs"]}
    assert set(places.recipe()["providers"]["tools"]) <= needed
    letters = {letter for entry in categories.listed() for letter in entry["papers"]}
    assert letters <= set(places.recipe()["providers"]["papers"]["kinds"])


def test_dice_of_different_topics_fall_differently() -> None:
    one, again, other = (places.dice(topic).random(8) for topic in ("a", "a", "b"))
    assert np.array_equal(one, again)
    assert not np.isclose(one, other).any()


def test_everything_happens_on_a_tuesday_morning() -> None:
    local = places.now().astimezone(local_time.zone("Europe/Paris"))
    assert (local.weekday(), local.hour) == (1, 11)
