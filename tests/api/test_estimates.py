"""What to expect before posting, what would help when nobody came, and waiting for somebody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import accounts, geography
from jobbing_api import clock as ticking
from jobbing_api.notifications import models as notifications_models
from tests import factories
from tests.api.conftest import API, Clock, Person, ask_a_wave, job, point, read, rows, slug


def asked_for(now: datetime, **changes: Any) -> dict[str, Any]:
    """What an estimate takes of a job."""
    body = job(now, **changes)
    return {
        name: value
        for name, value in body.items()
        if name not in ("title", "brief", "address", "access_notes")
    }


def busy_tomorrow(someone: Person, now: datetime) -> None:
    """Usual hours, but not until the day after tomorrow."""
    week = [{"weekday": day, "from": "08:00", "to": "19:00"} for day in range(6)]
    away = {
        "from": now.isoformat(),
        "to": (now + timedelta(hours=34)).isoformat(),
        "available": False,
    }
    calendar = {"time_zone": "Europe/Paris", "weekly": week, "exceptions": [away]}
    assert someone.put("/providers/me/calendar", calendar).status_code == 200


# Before posting ------------------------------------------------------------------------


def test_as_many_are_promised_as_could_come(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    """Against a count by hand, from the squares."""
    town = [
        (north_m, reach_m, minimum, tongue)
        for north_m, reach_m in ((0, 5_000), (9_000, 5_000), (9_000, 20_000), (24_000, 20_000))
        for minimum, tongue in ((2_500, "fr"), (9_500, "fr"), (2_500, "de"))
    ]
    squares = []
    for north_m, reach_m, minimum, tongue in town:
        base = factories.north(factories.LYON, north_m)
        provider(
            base=point(*base), reach_m=reach_m, minimum_visit_cents=minimum, languages=[tongue]
        )
        squares.append(geography.snap(base, geography.PROVIDER_GRID_M))
    resident = person()
    before = rows(session)
    for north_m in (0, 3_000, 12_000, 30_000, 46_000):
        spot = factories.north(factories.LYON, north_m)
        square = geography.snap(spot, geography.JOB_GRID_M)
        for cents in (2_000, 9_000, 9_500):
            by_hand = sum(
                tongue == "fr"
                and minimum <= cents
                and geography.distance_m(home, square) <= reach_m
                for home, (_, reach_m, minimum, tongue) in zip(squares, town, strict=True)
            )
            budget = {"kind": "fixed", "amount_cents": cents, "currency": "EUR"}
            body = asked_for(clock.now, location=point(*spot), budget=budget)
            answer = resident.post("/jobs/estimate", body)
            assert answer.status_code == 200, answer.text
            told = answer.get_json()
            assert told["could_come"] == by_hand, (north_m, cents)
            assert (told["why"] is None) == (by_hand > 0)
            assert (told["starts_at"] is None) == (by_hand == 0)
    # Nothing was kept, nobody was asked.
    assert rows(session) == before


def test_who_is_promised_is_asked(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident = person()
    for _ in range(3):
        provider()
    late = provider()
    busy_tomorrow(late, clock.now)
    told = resident.post("/jobs/estimate", asked_for(clock.now)).get_json()
    assert (told["market"], told["could_come"], told["outside_hours"]) == ("lyon", 3, 0)
    assert told["starts_at"] == "2026-06-02T06:00:00Z"
    assert told["why"] is None
    posted = resident.post("/jobs", job(clock.now)).get_json()
    assert ask_a_wave(posted, clock) == 3


def test_an_estimate_does_not_tell_who_blocked_whom(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    blocked, blocking, other, karim = person(), person(), person(), provider()
    assert karim.put(f"/me/blocks/{blocked.id}").status_code == 204
    assert blocking.put(f"/me/blocks/{karim.id}").status_code == 204
    told = [
        who.post("/jobs/estimate", asked_for(clock.now)).get_json()
        for who in (other, blocked, blocking)
    ]
    assert told[0]["could_come"] == 1
    assert told[0] == told[1] == told[2]


def test_a_few_are_not_told_apart(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    """Four prices are nobody's business; five are."""
    resident = person()
    for cents in (4_000, 5_000, 6_000, 9_000):
        skill = {
            "category": "gutter-cleaning",
            "price": {
                "kind": "flat",
                "amount_cents": cents,
                "currency": "EUR",
                "call_out_fee_cents": 500,
            },
        }
        provider(skills=[skill])
    told = resident.post("/jobs/estimate", asked_for(clock.now)).get_json()
    assert (told["price"], told["price_unknown_because"]) == (None, "too-few")
    assert (told["wait"], told["wait_unknown_because"]) == (None, "too-few")
    skill["price"]["amount_cents"] = 1_000  # type: ignore[index]  # a price is a mapping
    provider(skills=[skill])
    price = resident.post("/jobs/estimate", asked_for(clock.now)).get_json()["price"]
    assert (price["basis"], price["area"], price["counted"]) == ("providers-prices", "nearby", 5)
    # The cheapest still does not come for less than a visit is worth to them.
    assert price["total_cents"] == {"low": 4_500, "median": 5_500, "high": 6_500}
    assert price["cost_cents"] == price["total_cents"]
    assert (price["tax_percent"], price["tax_credit_percent"]) == (0, 0)
    # Nobody of them comes so far, but they are of this market.
    far = point(*factories.north(factories.LYON, 40_000))
    price = resident.post("/jobs/estimate", asked_for(clock.now, location=far)).get_json()["price"]
    assert (price["basis"], price["area"], price["counted"]) == ("providers-prices", "market", 5)


def test_where_nobody_could_it_is_told_why_and_what_helps(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident = person()
    lonely = resident.post("/jobs/estimate", asked_for(clock.now)).get_json()["why"]
    assert (lonely["reason"], lonely["remedies"]) == ("nobody-in-reach", [])
    assert " " in lonely["advice"]
    for _ in range(2):
        busy_tomorrow(provider(), clock.now)
    provider(minimum_visit_cents=10_000)
    told = resident.post("/jobs/estimate", asked_for(clock.now)).get_json()
    assert (told["could_come"], told["why"]["reason"]) == (0, "nobody-free")
    # Few live here: who is free outside their hours would be asked all the same.
    found = {one["kind"]: one for one in told["why"]["remedies"]}
    assert found["another-day"]["would_reach"] == 2
    assert found["higher-price"]["would_reach"] == 1
    assert {one["instead_of"] for one in found.values()} == {0}
    for one in found.values():
        again = resident.post("/jobs/estimate", asked_for(clock.now, **one["dispatch"])).get_json()
        assert again["could_come"] == one["would_reach"], one


@pytest.mark.parametrize(
    ("changes", "status", "slug_", "field"),
    [
        ({"location": point(2.35, 48.85)}, 422, "outside-markets", None),
        ({"category": "no-such-thing"}, 422, "invalid-input", "category"),
        ({"mode": "choose", "urgency": "now"}, 422, "invalid-input", "window.from"),
        ({"duration_minutes": 1_000}, 422, "invalid-input", "window"),
        ({"budget": {"kind": "fixed", "currency": "EUR"}}, 422, "invalid-input",
         "budget.amount_cents"),
        ({"title": "Gutter"}, 422, "invalid-input", "title"),
    ],
)  # fmt: skip
def test_an_estimate_is_refused_as_the_job_would_be(
    person: Callable[..., Person],
    clock: Clock,
    session: Session,
    changes: dict[str, Any],
    status: int,
    slug_: str,
    field: str | None,
) -> None:
    resident = person()
    before = rows(session)
    refused = resident.post("/jobs/estimate", {**asked_for(clock.now), **changes})
    assert (refused.status_code, slug(refused)) == (status, slug_)
    assert list(refused.get_json().get("errors", {})) == ([] if field is None else [field])
    assert rows(session) == before


def test_only_a_resident_asks_what_to_expect(
    client: FlaskClient, session: Session, clock: Clock
) -> None:
    operator = looking_after(client, session, clock)
    refused = operator.post("/jobs/estimate", asked_for(clock.now))
    assert (refused.status_code, slug(refused)) == (403, "not-allowed")
    unknown = client.post(f"{API}/jobs/estimate", json=asked_for(clock.now))
    assert (unknown.status_code, slug(unknown)) == (401, "sign-in-required")


def looking_after(client: FlaskClient, session: Session, clock: Clock) -> Person:
    accounts.make_operator(
        session,
        email="op@example.org",
        market_slugs=["lyon"],
        level="act",
        password="a-long-pass-phrase",
        now=clock.now,
    )
    session.commit()
    entered = client.post(
        f"{API}/sessions", json={"email": "op@example.org", "password": "a-long-pass-phrase"}
    ).get_json()
    return Person(client, entered["account"]["id"], entered["access_token"])


# When nobody came ----------------------------------------------------------------------


def unfilled(resident: Person, clock: Clock, **changes: Any) -> dict[str, Any]:
    """A job that nobody can be asked about, as its resident reads it."""
    posted = resident.post("/jobs", job(clock.now, **changes)).get_json()
    assert ask_a_wave(posted, clock) == 0
    found = read(resident, posted).get_json()
    assert found["state"] == "unfilled"
    return dict(found)


def test_an_unfilled_job_tells_what_would_help_and_one_tap_does_it(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    client: FlaskClient,
    session: Session,
    clock: Clock,
) -> None:
    resident = person()
    for _ in range(2):
        busy_tomorrow(provider(), clock.now)
    provider(minimum_visit_cents=10_000)
    provider(minimum_visit_cents=20_000)
    for kind, would_reach in (("another-day", 2), ("higher-price", 1), ("choose", 2)):
        found = unfilled(resident, clock)
        remedies = {one["kind"]: one for one in found["remedies"]}
        assert set(remedies) == {"another-day", "higher-price", "choose", "wait-list"}
        one = remedies[kind]
        assert (one["would_reach"], one["instead_of"]) == (would_reach, 0)
        # Two may be free after all.
        assert remedies["wait-list"]["would_reach"] == 2
        assert remedies["wait-list"]["dispatch"] is None
        again = resident.post(f"/jobs/{found['id']}/dispatch", one["dispatch"])
        assert again.status_code == 200, again.text
        assert again.get_json()["remedies"] is None
        assert ask_a_wave(again.get_json(), clock) == would_reach
    (listed, *_) = resident.get("/jobs").get_json()["items"]
    assert "remedies" not in listed
    operator = looking_after(client, session, clock)
    left = unfilled(resident, clock)
    assert operator.get(f"/jobs/{left['id']}").get_json()["remedies"] is None


def test_the_other_day_is_at_the_same_hour(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    busy_tomorrow(provider(), clock.now)
    found = unfilled(person(), clock)
    (one,) = [one for one in found["remedies"] if one["kind"] == "another-day"]
    assert one["dispatch"] == {
        "window": {"from": "2026-06-03T06:00:00Z", "to": "2026-06-03T16:00:00Z"}
    }


def test_who_declined_is_not_counted_again(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident, first, other = person(), provider(), provider(minimum_visit_cents=10_000)
    posted = resident.post("/jobs", job(clock.now)).get_json()
    assert ask_a_wave(posted, clock) == 1
    (offer,) = first.get("/offers").get_json()["items"]
    assert first.post(f"/offers/{offer['id']}/decline", {"reason": "time"}).status_code == 200
    assert other.get("/offers").get_json()["items"] == []
    assert ask_a_wave(posted, clock, wave=2) == 0
    found = read(resident, posted).get_json()
    assert (found["state"], found["unfilled_because"]) == ("unfilled", "declined-time")
    # Who declined is not asked about it again, on any day.
    counted = {one["kind"]: one["would_reach"] for one in found["remedies"]}
    assert counted == {"higher-price": 1, "choose": 1, "wait-list": 0}


def test_once_its_window_is_over_only_another_day_helps(
    person: Callable[..., Person], provider: Callable[..., Person], clock: Clock
) -> None:
    resident = person()
    found = unfilled(resident, clock)
    clock.move(days=3)
    provider()
    remedies = read(resident, found).get_json()["remedies"]
    assert [(one["kind"], one["would_reach"]) for one in remedies] == [("another-day", 1)]
    again = resident.post(f"/jobs/{found['id']}/dispatch", remedies[0]["dispatch"])
    assert ask_a_wave(again.get_json(), clock) == 1
    late = resident.post(f"/jobs/{unfilled(resident, clock, languages=['de'])['id']}/wait-list")
    assert late.status_code == 200


# The wait list -------------------------------------------------------------------------


def words_to(session: Session, someone: Person) -> list[str]:
    line = notifications_models.Notification
    kinds = select(line.kind).where(line.account_id == someone.id, line.kind == "wait-list-free")
    return list(session.scalars(kinds))


def test_whoever_waits_hears_once_that_somebody_could_come(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident = person()
    found = unfilled(resident, clock)
    path = f"/jobs/{found['id']}"
    assert found["waits_until"] is None
    waits = resident.post(f"{path}/wait-list")
    assert waits.status_code == 200, waits.text
    assert waits.get_json()["waits_until"] == "2026-06-02T14:30:00Z"
    assert "wait-list" not in [one["kind"] for one in waits.get_json()["remedies"]]
    # Once more is the same.
    again = resident.post(f"{path}/wait-list").get_json()
    assert [one["event"] for one in again["timeline"]].count("job-wait") == 1
    clock.move(minutes=10)
    ticking.do_due(clock.now)
    assert words_to(session, resident) == []
    provider()
    ticking.do_due(clock.now)
    assert words_to(session, resident) == []
    clock.move(minutes=10)
    ticking.do_due(clock.now)
    assert words_to(session, resident) == ["wait-list-free"]
    told = resident.get(path).get_json()
    assert (told["state"], told["waits_until"]) == ("unfilled", None)
    assert told["timeline"][-1]["event"] == "job-wait-told"
    for _ in range(3):
        clock.move(hours=1)
        ticking.do_due(clock.now)
    assert words_to(session, resident) == ["wait-list-free"]
    # And one tap asks them.
    asked = resident.post(f"{path}/dispatch", {}).get_json()
    assert ask_a_wave(asked, clock) == 1


def test_who_had_been_asked_before_is_no_news(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident, first = person(), provider()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    assert ask_a_wave(posted, clock) == 1
    (offer,) = first.get("/offers").get_json()["items"]
    first.post(f"/offers/{offer['id']}/decline", {"reason": "other"})
    ask_a_wave(posted, clock, wave=2)
    resident.post(f"/jobs/{posted['id']}/wait-list")
    clock.move(minutes=30)
    ticking.do_due(clock.now)
    assert words_to(session, resident) == []
    assert read(resident, posted).get_json()["waits_until"] is not None


def test_a_wait_ends_when_it_is_left_asked_again_or_too_late(
    person: Callable[..., Person],
    provider: Callable[..., Person],
    clock: Clock,
    session: Session,
) -> None:
    resident = person()
    left, asked, late = (unfilled(resident, clock) for _ in range(3))
    for one in (left, asked, late):
        assert resident.post(f"/jobs/{one['id']}/wait-list").get_json()["waits_until"]
    assert resident.delete(f"/jobs/{left['id']}/wait-list").get_json()["waits_until"] is None
    assert resident.delete(f"/jobs/{left['id']}/wait-list").status_code == 200
    again = resident.post(f"/jobs/{asked['id']}/dispatch", {}).get_json()
    assert ask_a_wave(again, clock) == 0
    assert read(resident, asked).get_json()["waits_until"] is None
    clock.now = datetime.fromisoformat(late["window"]["to"]) - timedelta(minutes=90)
    provider()
    ticking.do_due(clock.now)
    assert words_to(session, resident) == []
    shown = read(resident, late).get_json()
    assert shown["waits_until"] is None
    refused = resident.post(f"/jobs/{late['id']}/wait-list")
    assert (refused.status_code, slug(refused)) == (422, "invalid-input")
    assert list(refused.get_json()["errors"]) == ["window"]


def test_only_its_resident_waits_and_only_when_nobody_came(
    person: Callable[..., Person],
    client: FlaskClient,
    session: Session,
    clock: Clock,
) -> None:
    resident = person()
    posted = resident.post("/jobs", job(clock.now)).get_json()
    path = f"/jobs/{posted['id']}/wait-list"
    early = resident.post(path)
    assert (early.status_code, early.get_json()["state"]) == (409, "open")
    ask_a_wave(posted, clock)
    assert person().post(path).status_code == 404
    assert person().delete(path).status_code == 404
    operator = looking_after(client, session, clock)
    assert slug(operator.post(path)) == "not-allowed"
    assert resident.post(path).status_code == 200
