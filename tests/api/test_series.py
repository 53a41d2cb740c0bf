"""The same again, once or for good, through HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from jobbing_api import clock as clocks
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, slug
from tests.api.test_visits import Agreed
from tests.api.test_visits import agreed as agreed
from tests.integration.racing import statements

PARIS = ZoneInfo("Europe/Paris")


def window(from_: datetime, hours: float = 10) -> dict[str, str]:
    return {"from": from_.isoformat(), "to": (from_ + timedelta(hours=hours)).isoformat()}


def paris(*at: int) -> datetime:
    year, month, day, hour = at
    return datetime(year, month, day, hour, tzinfo=PARIS)


def tick(clock: Clock, moment: datetime) -> None:
    """It is that late, and a clock has looked at what is due."""
    clock.now = moment.astimezone(UTC)
    clocks.do_due(clock.now)


def jobs_of(someone: Person) -> list[dict[str, Any]]:
    return list(someone.get("/jobs").get_json()["items"])


def done(agreed: Agreed) -> None:
    agreed.at(agreed.starts_at)
    assert agreed.resident.post(f"{agreed.path}/start").status_code == 200
    assert agreed.provider.post(f"{agreed.path}/finish", {}).status_code == 200
    assert agreed.resident.post(f"{agreed.path}/confirm").status_code == 200


# The same provider again ------------------------------------------------------------------


def test_whoever_did_it_is_asked_before_others(agreed: Agreed) -> None:
    done(agreed)
    next_week = window(agreed.clock.now + timedelta(days=4))
    again = agreed.resident.post(
        f"{agreed.path}/repost", {"window": next_week, "same_provider": True}
    ).get_json()
    assert again["wanted_provider_id"] == str(agreed.provider.id)
    posted_at = agreed.clock.now
    assert ask_a_wave(again, agreed.clock) == 2
    assert offer_of(agreed.provider, again)["state"] == "sent"
    # The other waits until the head start is over.
    about_it = [
        one
        for one in agreed.other.get("/offers").get_json()["items"]
        if one["job_id"] == again["id"]
    ]
    assert about_it == []
    seen = agreed.seen(agreed.provider)
    assert seen["wanted_provider_id"] is None
    assert agreed.clock.now - posted_at < timedelta(minutes=15)


def test_nobody_is_asked_again_for_what_nobody_did(agreed: Agreed) -> None:
    again = {"window": window(agreed.clock.now + timedelta(days=4)), "same_provider": True}
    early = agreed.resident.post(f"{agreed.path}/repost", again)
    assert (early.status_code, slug(early)) == (409, "illegal-move")
    assert agreed.other.post(f"{agreed.path}/repost", again).status_code in (403, 404)


def test_a_price_that_was_quoted_is_the_price_of_the_next_time(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first = person(), provider()
    budget = {"kind": "quotes", "amount_cents": None, "currency": "EUR"}
    posted = resident.post("/jobs", job(clock.now, mode="choose", budget=budget)).get_json()
    ask_a_wave(posted, clock)
    offer = offer_of(first, posted)["id"]
    assert first.post(f"/offers/{offer}/quote", {"amount_cents": 7000}).status_code == 200
    path = f"/jobs/{posted['id']}"
    chosen = resident.post(f"{path}/choose", {"offer_id": offer}).get_json()
    more = {"lines": [{"kind": "supplies", "label": "Coude", "amount_cents": 1500}]}
    change = first.post(f"{path}/change-orders", more).get_json()["bill"]["changes"][0]["id"]
    resident.post(f"{path}/change-orders/{change}/agree")
    clock.now = datetime.fromisoformat(chosen["starts_at"])
    resident.post(f"{path}/start")
    first.post(f"{path}/finish", {})
    resident.post(f"{path}/confirm")
    again = resident.post(
        f"{path}/repost", {"window": window(clock.now + timedelta(days=4)), "same_provider": True}
    ).get_json()
    assert (again["mode"], again["budget"]["kind"]) == ("instant", "fixed")
    # What was added on the way was for that time only.
    assert again["budget"]["amount_cents"] == chosen["order"]["total_cents"]


# For good -----------------------------------------------------------------------------


@pytest.fixture
def posted(person: Callable[..., Person], clock: Clock) -> tuple[Person, dict[str, Any]]:
    # The clock of these tests stands on a Monday in June unless it is set.
    clock.now = paris(2026, 10, 5, 9).astimezone(UTC)
    resident = person()
    made = resident.post("/jobs", job(clock.now))
    assert made.status_code == 201
    return resident, made.get_json()


def repeated(posted: tuple[Person, dict[str, Any]], **rule: Any) -> dict[str, Any]:
    resident, made = posted
    body = {"window": window(paris(2026, 10, 13, 8)), "frequency": "weekly", **rule}
    answer = resident.post(f"/jobs/{made['id']}/repeat", body)
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def dates(series: dict[str, Any]) -> list[str]:
    return [one["on"] for one in series["occurrences"]]


def test_a_week_later_is_the_same_hour_when_summer_time_has_ended(
    posted: tuple[Person, dict[str, Any]],
) -> None:
    series = repeated(posted)
    assert (series["text"], series["time_zone"]) == ("Every week", "Europe/Paris")
    hours = {
        one["on"]: (one["window"]["from"], one["window"]["to"]) for one in series["occurrences"]
    }
    # The clocks go back on 25 October.
    assert hours["2026-10-20"] == ("2026-10-20T06:00:00Z", "2026-10-20T16:00:00Z")
    assert hours["2026-10-27"] == ("2026-10-27T07:00:00Z", "2026-10-27T17:00:00Z")


@pytest.mark.parametrize(
    ("rule", "first", "wanted"),
    [
        (
            {"interval": 2, "weekdays": [1, 4], "times": 4},
            (2026, 10, 13, 8),
            ["2026-10-13", "2026-10-16", "2026-10-27", "2026-10-30"],
        ),
        (
            {"frequency": "monthly", "until": "2027-02-28"},
            (2026, 10, 31, 8),
            ["2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28"],
        ),
        (
            {"frequency": "monthly", "by": "weekday", "times": 3},
            (2026, 10, 13, 8),
            ["2026-10-13", "2026-11-10", "2026-12-08"],
        ),
        (
            {"frequency": "monthly", "by": "weekday", "times": 3},
            (2026, 10, 30, 8),
            ["2026-10-30", "2026-11-27", "2026-12-25"],
        ),
    ],
    ids=["fortnightly", "last-day", "second-tuesday", "last-friday"],
)
def test_rules_fall_where_a_calendar_has_them(
    posted: tuple[Person, dict[str, Any]],
    rule: dict[str, Any],
    first: tuple[int, int, int, int],
    wanted: list[str],
) -> None:
    series = repeated(posted, window=window(paris(*first)), **rule)
    assert dates(series) == wanted
    assert {name: series[name] for name in rule} == rule


@pytest.mark.parametrize(
    ("from_", "to", "duration", "lasts"),
    [
        # 02:30 in summer to 02:15 in winter, 01:00 in summer to 03:00 in winter.
        ("2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z", 30, 45),
        ("2026-10-24T23:00:00Z", "2026-10-25T02:00:00Z", 180, 180),
        # In March the hour from two to three is missing.
        ("2026-10-18T00:00:00Z", "2026-10-18T01:30:00Z", 90, 90),
    ],
    ids=["backwards", "as-long-as-the-job", "forwards"],
)
def test_a_window_keeps_its_length_in_the_night_the_clocks_change(
    posted: tuple[Person, dict[str, Any]],
    clock: Clock,
    from_: str,
    to: str,
    duration: int,
    lasts: int,
) -> None:
    resident, _ = posted
    made = resident.post("/jobs", job(clock.now, duration_minutes=duration)).get_json()
    rule = {"window": {"from": from_, "to": to}, "frequency": "weekly", "interval": 1}
    series = repeated((resident, made), **rule)
    assert series["occurrences"][0]["window"] == {"from": from_, "to": to}
    # Half a year later the clocks are changed again.
    tick(clock, paris(2027, 3, 10, 9))
    later = resident.get(f"/series/{series['id']}").get_json()
    for one in series["occurrences"] + later["occurrences"]:
        begin, end = (datetime.fromisoformat(one["window"][name]) for name in ("from", "to"))
        assert end - begin == timedelta(minutes=lasts), one
    assert "2027-03-28" in dates(later)


def test_several_days_end_by_the_clock_on_the_wall(posted: tuple[Person, dict[str, Any]]) -> None:
    # Saturday at eight to Sunday at six, over the night in which summer time ends.
    both_days = {
        "from": paris(2026, 10, 17, 8).isoformat(),
        "to": paris(2026, 10, 18, 18).isoformat(),
    }
    _, over_it = repeated(posted, window=both_days)["occurrences"][:2]
    assert over_it["window"] == {"from": "2026-10-24T06:00:00Z", "to": "2026-10-25T17:00:00Z"}


def test_no_date_of_another_century_is_looked_for(posted: tuple[Person, dict[str, Any]]) -> None:
    resident, _ = posted
    path = f"/series/{repeated(posted, weekdays=list(range(7)))['id']}"
    for step in ("skip", "restore"):
        for on in ("2999-12-31", "2026-01-01"):
            refused = resident.post(f"{path}/{step}", {"on": on})
            assert (refused.status_code, slug(refused)) == (404, "not-found")


def test_each_is_asked_about_a_week_ahead_once_and_told(
    posted: tuple[Person, dict[str, Any]], clock: Clock
) -> None:
    resident, _ = posted
    series = repeated(posted, times=2)
    tick(clock, paris(2026, 10, 6, 7))
    assert len(jobs_of(resident)) == 1
    tick(clock, paris(2026, 10, 6, 8))
    tick(clock, paris(2026, 10, 6, 9))
    asked, _ = jobs_of(resident)
    assert (asked["series_id"], asked["occurs_on"]) == (series["id"], "2026-10-13")
    assert asked["window"]["from"] == "2026-10-13T06:00:00Z"
    (first, second) = resident.get(f"/series/{series['id']}").get_json()["occurrences"]
    assert (first["state"], first["job_id"], second["state"]) == ("asked", asked["id"], "planned")
    tick(clock, paris(2026, 10, 13, 8))
    assert len(jobs_of(resident)) == 3
    # There is no third: it is over.
    tick(clock, paris(2026, 10, 20, 8))
    assert len(jobs_of(resident)) == 3
    assert resident.get(f"/series/{series['id']}").get_json()["ended_at"] is not None


def test_single_ones_are_skipped_moved_and_had_after_all(
    posted: tuple[Person, dict[str, Any]], clock: Clock
) -> None:
    resident, _ = posted
    path = f"/series/{repeated(posted)['id']}"
    tick(clock, paris(2026, 10, 6, 8))
    for _ in range(2):
        skipped = resident.post(f"{path}/skip", {"on": "2026-10-20"}).get_json()
    moved_to = paris(2026, 10, 29, 14)
    moved = resident.post(
        f"{path}/move", {"on": "2026-10-27", "window": window(moved_to, 4)}
    ).get_json()
    assert [one["state"] for one in skipped["occurrences"][:3]] == ["asked", "skipped", "planned"]
    assert moved["occurrences"][2]["window"]["from"] == "2026-10-29T13:00:00Z"
    tick(clock, paris(2026, 10, 21, 8))
    assert [one["occurs_on"] for one in jobs_of(resident)][:-1] == ["2026-10-13"]
    # Seven days before is an hour later by the clock on the wall: summer time ends between.
    tick(clock, paris(2026, 10, 22, 15))
    assert jobs_of(resident)[0]["window"]["from"] == "2026-10-29T13:00:00Z"

    resident.post(f"{path}/skip", {"on": "2026-11-03"})
    back = resident.post(f"{path}/restore", {"on": "2026-11-03"}).get_json()
    assert [one["state"] for one in back["occurrences"] if one["on"] == "2026-11-03"] == ["planned"]
    tick(clock, paris(2026, 10, 27, 8))
    assert jobs_of(resident)[0]["occurs_on"] == "2026-11-03"


def test_what_was_asked_about_is_a_job_and_no_plan_any_more(
    posted: tuple[Person, dict[str, Any]], clock: Clock
) -> None:
    resident, _ = posted
    path = f"/series/{repeated(posted)['id']}"
    tick(clock, paris(2026, 10, 6, 8))
    late = resident.post(f"{path}/skip", {"on": "2026-10-13"})
    assert (late.status_code, slug(late)) == (409, "illegal-move")
    never = resident.post(f"{path}/skip", {"on": "2026-10-14"})
    assert (never.status_code, slug(never)) == (404, "not-found")
    far = resident.post(
        f"{path}/move", {"on": "2026-10-20", "window": window(paris(2026, 11, 24, 8))}
    )
    assert (far.status_code, list(far.get_json()["errors"])) == (422, ["window.from"])
    ended = resident.post(f"{path}/end").get_json()
    assert ended["ended_at"] is not None
    over = resident.post(f"{path}/skip", {"on": "2026-10-20"})
    assert (over.status_code, slug(over)) == (409, "illegal-move")
    tick(clock, paris(2026, 10, 13, 8))
    assert len(jobs_of(resident)) == 2


def test_what_could_not_be_asked_about_is_said_and_holds_up_nothing(
    agreed: Agreed, clock: Clock
) -> None:
    first = window(agreed.clock.now + timedelta(days=10), 2)
    made = agreed.resident.post(
        f"{agreed.path}/repeat", {"window": first, "frequency": "weekly"}
    ).get_json()
    # No clock ran for weeks.
    tick(clock, agreed.clock.now + timedelta(days=30))
    assert "repeat-missed" in agreed.told(agreed.resident)
    assert "job-repeated" in agreed.told(agreed.resident)
    (asked,) = [one for one in jobs_of(agreed.resident) if one["series_id"] == made["id"]]
    assert datetime.fromisoformat(asked["window"]["from"]) > clock.now


def test_in_a_series_whoever_did_the_last_is_asked_first(agreed: Agreed) -> None:
    done(agreed)
    first = window(agreed.clock.now + timedelta(days=5))
    agreed.resident.post(f"{agreed.path}/repeat", {"window": first, "frequency": "weekly"})
    agreed.at(agreed.clock.now)
    asked = jobs_of(agreed.resident)[0]
    assert asked["wanted_provider_id"] == str(agreed.provider.id)


def test_a_series_is_its_residents_alone(
    posted: tuple[Person, dict[str, Any]], person: Callable[..., Person]
) -> None:
    resident, made = posted
    series, stranger = repeated(posted), person()
    for method, path, body in (
        ("GET", f"/series/{series['id']}", None),
        ("POST", f"/series/{series['id']}/end", None),
        ("POST", f"/series/{series['id']}/skip", {"on": "2026-10-13"}),
        (
            "POST",
            f"/jobs/{made['id']}/repeat",
            {"window": window(paris(2026, 10, 13, 8)), "frequency": "weekly"},
        ),
    ):
        assert stranger.ask(method, path, body).status_code == 404
    assert stranger.get("/series").get_json()["items"] == []
    assert [one["id"] for one in resident.get("/series").get_json()["items"]] == [series["id"]]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"frequency": "daily"}, "frequency"),
        ({"interval": 0}, "interval"),
        ({"weekdays": [0]}, "weekdays"),
        ({"weekdays": [7]}, "weekdays.0"),
        ({"times": 0}, "times"),
        ({"until": "2026-13-01"}, "until"),
        ({"until": "tomorrow"}, "until"),
        ({"until": "2026-10-12"}, "until"),
        ({"until": "2026-12-31", "times": 3}, "times"),
        ({"window": window(paris(2026, 10, 1, 8))}, "window.from"),
        ({"window": window(paris(2026, 10, 13, 8), 1)}, "window"),
        ({"window": window(paris(2026, 10, 13, 8), 24 * 40)}, "window.to"),
        ({"window": window(paris(2028, 10, 13, 8))}, "window.from"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_a_rule_that_makes_no_sense_is_refused(
    posted: tuple[Person, dict[str, Any]], rule: dict[str, Any], field: str
) -> None:
    resident, made = posted
    body = {"window": window(paris(2026, 10, 13, 8)), "frequency": "weekly", **rule}
    refused = resident.post(f"/jobs/{made['id']}/repeat", body)
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, [field])


def test_a_list_of_series_asks_no_more_as_it_grows(
    posted: tuple[Person, dict[str, Any]], session: Session
) -> None:
    resident, _ = posted
    repeated(posted)
    with statements(session) as for_one:
        resident.get("/series")
    for _ in range(3):
        repeated(posted)
    with statements(session) as for_four:
        found = resident.get("/series").get_json()["items"]
    assert len(found) == 4
    assert len(for_four) == len(for_one)
