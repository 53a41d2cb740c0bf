"""How a provider stands, over HTTP: counted at night, told in words, and never lowered by a
decline."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from jobbing_api import clock as clocks
from jobbing_api import markets, matching, providers
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models
from tests import factories
from tests.api.conftest import Clock, Person, ask_a_wave, job, offer_of, slug
from tests.api.test_visits import Agreed
from tests.api.test_visits import agreed as agreed

DAY = timedelta(days=1)


def night(session: Session, now: datetime) -> datetime:
    """Three o'clock the next morning in Lyon, when a clock has looked."""
    at = now.replace(hour=1, minute=0, second=0, microsecond=0) + DAY
    clocks.count_figures(at)
    session.expire_all()
    return at


def figures(someone: Person) -> dict[str, dict[str, Any]]:
    answer = someone.get("/providers/me/standing")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.get_json()["figures"]}


def past(
    session: Session, who: Person, now: datetime, *facts: tuple[str, float, int | None]
) -> None:
    """Facts of so many days ago about jobs and offers nobody asks after."""
    provider = session.get_one(providers_models.Provider, uuid.UUID(who.id))
    for kind, days_ago, stars in facts:
        providers.record.write(
            session,
            kind=kind,
            provider_id=provider.account_id,
            market_id=provider.market_id,
            category_id=factories_category(session),
            urgency="scheduled",
            subject_id=uuid.uuid4(),
            at=now - days_ago * DAY,
            stars=stars,
        )


def factories_category(session: Session) -> int:
    found = session.scalar(
        select(markets.models.Category.id).where(markets.models.Category.slug == "gutter-cleaning")
    )
    assert found is not None
    return found


def answered(
    session: Session, who: Person, now: datetime, *minutes: float, declined: bool = False
) -> None:
    """Offers of ten days ago, answered after so long."""
    provider = session.get_one(providers_models.Provider, uuid.UUID(who.id))
    for waited in minutes:
        subject_id, asked_at = uuid.uuid4(), now - 10 * DAY
        at = {"asked": asked_at, "answered": asked_at + timedelta(minutes=waited)}
        if declined:
            at["declined"] = at["answered"]
        for kind, instant in at.items():
            providers.record.write(
                session,
                kind=kind,
                provider_id=provider.account_id,
                market_id=provider.market_id,
                category_id=factories_category(session),
                urgency="scheduled",
                subject_id=subject_id,
                at=instant,
            )


# Levels ----------------------------------------------------------------------------------


def test_a_newcomer_reads_what_the_next_level_asks_for(provider: Callable[..., Person]) -> None:
    told = provider().get("/providers/me/standing").get_json()
    assert (told["level"], told["says"]) == (1, "You are at level 1.")
    assert told["missing"] == ["5 more finished jobs to level 2", "2 more reviews to level 2"]
    assert [one["level"] for one in told["levels"]] == [1, 2, 3, 4]
    assert told["levels"][0] == {
        "level": 1,
        "finished": 0,
        "stars": 1.0,
        "reviews": 0,
        "reliability": 0.0,
    }
    assert told["response_badge"] is None


def test_it_is_told_in_french(
    person: Callable[..., Person], provider: Callable[..., Person]
) -> None:
    told = provider().get("/providers/me/standing", Accept_Language="fr").get_json()
    assert told["missing"][0] == "Encore 5 missions terminées pour le niveau 2"
    assert "10\u00a0%" in told["figures"][2]["ranking"]


def test_a_level_is_earned_at_night_and_seen_by_everybody(
    person: Callable[..., Person], provider: Callable[..., Person], session: Session, clock: Clock
) -> None:
    first, resident = provider(), person()
    past(session, first, clock.now, *[("kept", n + 1.0, None) for n in range(3)])
    past(session, first, clock.now, ("rated", 2.0, 5), ("rated", 3.0, 5))
    # Today's figures are those of this morning: nothing of them is known to a resident yet.
    assert resident.get(f"/providers/{first.id}").get_json()["level"] == 1
    clock.now = night(session, clock.now)
    told = first.get("/providers/me/standing").get_json()
    assert (told["level"], told["finished"]) == (1, 3)
    assert told["missing"] == ["2 more finished jobs to level 2"]
    past(session, first, clock.now, ("kept", 0.2, None), ("late", 0.2, None))
    clock.now = night(session, clock.now)
    told = first.get("/providers/me/standing").get_json()
    assert (told["level"], told["day"]) == (2, "2026-06-03")
    assert resident.get(f"/providers/{first.id}").get_json()["level"] == 2


def test_a_level_asks_for_all_of_it(
    provider: Callable[..., Person], session: Session, clock: Clock
) -> None:
    first = provider()
    past(session, first, clock.now, *[("kept", n + 1.0, None) for n in range(30)])
    past(session, first, clock.now, *[("rated", n + 1.0, 1) for n in range(12)])
    clock.now = night(session, clock.now)
    told = first.get("/providers/me/standing").get_json()
    # (8 · 4.6 + 12 · 1) / 20 and a little, by their age: however many jobs there are.
    assert told["level"] == 1
    assert told["missing"] == ["A rating of 4 to level 2; yours is 2.45"]
    past(session, first, clock.now, *[("absent", n + 1.0, None) for n in range(60)])
    clock.now = night(session, clock.now)
    assert (
        "A reliability of 80% to level 2; yours is 43%"
        in (first.get("/providers/me/standing").get_json()["missing"])
    )


def test_levels_are_rules_of_the_market(
    provider: Callable[..., Person], session: Session, clock: Clock
) -> None:
    first = provider()
    market = session.query(markets.models.Market).one()
    level = {"stars": 1.0, "reviews": 0, "reliability": 0.0}
    markets.write_policy(
        session,
        market_id=market.id,
        category_id=None,
        urgency="scheduled",
        rules=markets.default_rules("scheduled")
        | {"levels": [{"finished": n, **level} for n in (0, 1)]},
        in_force_from=clock.now,
        note="",
        now=clock.now,
    )
    past(session, first, clock.now, ("kept", 1.0, None))
    clock.now = night(session, clock.now)
    told = first.get("/providers/me/standing").get_json()
    assert (told["level"], told["missing"], len(told["levels"])) == (2, [], 2)


def test_who_has_no_trade_stands_nowhere(person: Callable[..., Person]) -> None:
    refused = person("provider").get("/providers/me/standing")
    assert (refused.status_code, slug(refused)) == (409, "profile-required")
    refused = person("resident").get("/providers/me/standing")
    assert (refused.status_code, slug(refused)) == (403, "not-allowed")


# Nights ----------------------------------------------------------------------------------


def held(session: Session) -> list[dict[str, Any]]:
    session.expire_all()
    rows = session.execute(text("SELECT * FROM nightly_figures ORDER BY provider_id"))
    return [dict(row._mapping) for row in rows]


def test_a_night_that_is_counted_twice_is_the_same_night(
    provider: Callable[..., Person], session: Session, clock: Clock
) -> None:
    first = provider()
    past(session, first, clock.now, ("kept", 1.0, None), ("rated", 1.0, 4))
    answered(session, first, clock.now, 3, 5, 7, 9, 11)
    at = night(session, clock.now)
    once = held(session)
    assert (once[0]["finished"], once[0]["rating_count"], once[0]["badge_min"]) == (1, 1, 7)
    # The same night again, hours later and with more on the record: that is tomorrow's.
    past(session, first, at + timedelta(hours=3), ("kept", 0.0, None), ("rated", 0.0, 1))
    clocks.count_figures(at + timedelta(hours=4))
    assert held(session) == once
    session.execute(text("UPDATE nightly_figures SET due_at = :at"), {"at": at})
    clocks.count_figures(at + timedelta(hours=4))
    assert held(session) == once


def test_a_clock_that_counts_in_batches_skips_nobody(session: Session, now: datetime) -> None:

    for _ in range(5):
        factories.provider(session)
    at = now.replace(hour=1) + DAY
    # Killed before it was done: everybody is still to be counted.
    broken_off = session.begin_nested()
    assert matching.count_due(session, now=at, limit=3) == 3
    broken_off.rollback()
    counted = [matching.count_due(session, now=at, limit=2) for _ in range(4)]
    assert counted == [2, 2, 1, 0]
    assert {(one["day"].isoformat(), one["level"]) for one in held(session)} == {("2026-06-02", 1)}
    # Three in the morning of Lyon is one o'clock in UTC; a minute before nobody is due.
    assert matching.count_due(session, now=at + DAY - timedelta(minutes=1), limit=9) == 0
    assert matching.count_due(session, now=at + DAY, limit=9) == 5


def test_who_was_missed_is_counted_and_who_is_gone_is_not(
    provider: Callable[..., Person], session: Session, clock: Clock
) -> None:
    first, gone = provider(), provider()
    assert gone.delete("/me").status_code == 204
    session.execute(text("DELETE FROM nightly_figures"))
    for _ in range(2):
        clocks.begin_missed(clock.now)
        clocks.count_figures(clock.now)
        assert [(str(one["provider_id"]), one["level"]) for one in held(session)] == [(first.id, 1)]


# Answers ---------------------------------------------------------------------------------


def test_who_answers_soon_is_said_to_of_enough_answers(
    person: Callable[..., Person], provider: Callable[..., Person], session: Session, clock: Clock
) -> None:
    first, resident = provider(), person()
    answered(session, first, clock.now, 4, 6, 11.5, 20)
    clock.now = night(session, clock.now)
    assert resident.get(f"/providers/{first.id}").get_json()["response_badge"] is None
    assert "of 4 in the last 30 days" in figures(first)["response-time"]["says"]
    answered(session, first, clock.now, 30)
    clock.now = night(session, clock.now)
    assert resident.get(f"/providers/{first.id}").get_json()["response_badge"] == {
        "within_min": 12,
        "says": "Usually answers within 12 mins",
    }
    # Late ones are no badge, and long ago is not lately.
    answered(session, first, clock.now, *[300] * 6)
    clock.now = night(session, clock.now)
    assert resident.get(f"/providers/{first.id}").get_json()["response_badge"] is None
    clock.now = night(session, clock.now + 40 * DAY)
    assert figures(first)["response-time"]["value"] is None


def test_a_decline_lowers_nothing(
    agreed: Agreed, person: Callable[..., Person], session: Session
) -> None:
    """However many, and however long they were thought over."""
    clock, first = agreed.clock, agreed.provider
    answered(session, first, clock.now, 2, 3, 4, 5, 6)
    past(session, first, clock.now, ("kept", 1.0, None), ("rated", 1.0, 5))
    for _ in range(2):
        past(session, first, clock.now, ("unanswered", 2.0, None))
    clock.now = night(session, clock.now)
    before = first.get("/providers/me/standing").get_json()
    public = agreed.resident.get(f"/providers/{first.id}").get_json()
    for _ in range(2):
        asking = person()
        posted = asking.post("/jobs", job(clock.now)).get_json()
        ask_a_wave(posted, clock)
        clock.move(minutes=100)
        offer = offer_of(first, posted)
        declined = first.post(f"/offers/{offer['id']}/decline", {"reason": "distance"})
        assert declined.status_code == 200
    clock.now = night(session, clock.now)
    after = first.get("/providers/me/standing").get_json()
    assert after["day"] > before["day"]
    assert after["level"] == before["level"]
    assert after["response_badge"] == before["response_badge"]
    was, now_is = (
        {one["name"]: one["value"] for one in told["figures"]} for told in (before, after)
    )
    assert now_is["response-time"] == was["response-time"] == 4.5
    assert now_is["responsiveness"] > was["responsiveness"]
    assert now_is["reliability"] == was["reliability"]
    assert now_is["rating"] == pytest.approx(was["rating"], abs=0.01)
    seen = agreed.resident.get(f"/providers/{first.id}").get_json()
    for name in ("level", "response_badge", "rating", "response_median_min", "visits"):
        assert seen[name] == public[name]
    tally = first.get("/providers/me/dashboard").get_json()["offers"]
    assert (tally["declined"], tally["unanswered"]) == (2, 0)


# What ranking counts -----------------------------------------------------------------------


def test_figures_are_those_the_ranking_counts(
    person: Callable[..., Person], provider: Callable[..., Person], session: Session, clock: Clock
) -> None:
    first = provider()
    past(session, first, clock.now, ("kept", 5.0, None), ("late", 6.0, None))
    past(session, first, clock.now, ("cancelled", 7.0, None), ("kept", 100.0, None))
    past(session, first, clock.now, ("rated", 10.0, 3), ("rated", 500.0, 5))
    past(session, first, clock.now, ("answered", 3.0, None), ("unanswered", 4.0, None))
    clock.now = night(session, clock.now)
    told = figures(first)
    posted = person().post("/jobs", job(clock.now)).get_json()
    ask_a_wave(posted, clock)
    parts = session.scalars(select(offers_models.Offer.parts)).one()
    assert told["reliability"]["value"] == round(parts["reliability"]["value"], 4)
    assert told["responsiveness"]["value"] == round(parts["responsiveness"]["value"], 4)
    # Of 2 late ones, 1 kept in 90 days: (18 + 1) / (20 + 3).
    assert told["reliability"]["value"] == round(19 / 23, 4)
    assert told["reliability"]["changes"] == "The next visit begun on time would make it 83%."
    assert told["reliability"]["shares"] == {"now": 0.15, "scheduled": 0.2, "flexible": 0.25}
    assert told["responsiveness"]["value"] == round(4 / 6, 4)
    assert told["response-time"]["ranking"] == "The ranking does not look at it."
