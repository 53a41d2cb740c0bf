"""Asking wave by wave: how many, how far, how long, never twice; and when it ends."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from jobbing_api import (
    database,
    errors,
    geography,
    jobs,
    markets,
    notifications,
    offers,
    providers,
    words,
)
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.matching import models as matching_models
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models
from tests import factories
from tests.factories import LYON, north
from tests.integration import racing

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def town_of(
    session: Session, now: datetime, distances_m: Sequence[float], **terms: Any
) -> list[providers_models.Provider]:
    """Providers at these distances north of the usual job."""
    first = factories.provider(session, base=north(LYON, distances_m[0]), now=now, **terms)
    others = [north(LYON, distance_m) for distance_m in distances_m[1:]]
    return [first, *factories.neighbours(session, first, others)]


def open_next(session: Session, job: jobs_models.Job, *, now: datetime) -> int:
    return offers.open_wave(session, job.id, round_=job.round, wave=job.wave + 1, now=now)


def asked_ids(made: Sequence[offers_models.Offer]) -> set[uuid.UUID]:
    return {offer.provider_id for offer in made}


def decline_all(
    session: Session, made: Sequence[offers_models.Offer], *, reason: str, now: datetime
) -> None:
    for offer in made:
        person = factories.person(session, offer.provider_id)
        offers.decline(session, offer.id, account=person, reason=reason, now=now)


def come_on_duty(session: Session, provider_id: uuid.UUID, *, now: datetime) -> None:
    person = factories.person(session, provider_id)
    providers.put_presence(session, person, online=True, position=None, now=now)


def now_job(session: Session, now: datetime, **changes: Any) -> jobs_models.Job:
    window = {"window_from": now, "window_to": now + timedelta(hours=4)}
    return factories.job(session, now=now, urgency="now", **(window | changes))


def policy(session: Session, urgency: str, now: datetime) -> markets.Policy:
    market = session.scalars(select(markets.models.Market)).one()
    return markets.policy_in_force(
        session, market_id=market.id, category_id=None, urgency=urgency, now=now
    )


# --- size, stagger, interval, life -----------------------------------------------------------


def test_a_wave_asks_four_of_a_middling_town_ninety_seconds_apart(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500] * 12)
    job = factories.job(session, now=now)

    made = factories.ask(session, job, now=now)

    assert [offer.rank for offer in made] == [1, 2, 3, 4]
    assert [(offer.send_at - now).total_seconds() for offer in made] == [0, 90, 180, 270]
    assert [str(offer.state) for offer in made] == ["sent", "pending", "pending", "pending"]
    assert job.wake_at == now + 20 * MINUTE
    wave = session.scalars(select(offers_models.Wave)).one()
    assert (wave.round, wave.wave, wave.asked) == (1, 1, 4)
    racing.assert_consistent(session)


def test_the_best_are_asked_first(session: Session, now: datetime) -> None:
    near, *_ = town_of(session, now, [100, *[3000] * 11])
    made = factories.ask(session, factories.job(session, now=now), now=now)
    assert made[0].provider_id == near.account_id
    assert [offer.score for offer in made] == sorted((o.score for o in made), reverse=True)


def test_an_offer_becomes_visible_and_rings_at_its_turn(session: Session, now: datetime) -> None:
    town_of(session, now, [500] * 12)
    made = factories.ask(session, factories.job(session, now=now), now=now)
    line = notifications_models.Notification
    due = {
        one.subject_id: (one.due_at, one.wake_at, one.queued_at)
        for one in session.scalars(select(line)).all()
    }
    assert [due[offer.id][0] for offer in made] == [offer.send_at for offer in made]
    # The first rings through the task published with the wave, the others by the clock.
    assert due[made[0].id][1:] == (now, now)
    assert due[made[1].id][1:] == (made[1].send_at, None)

    assert offers.next_due_at(session) == made[1].send_at
    assert offers.send_due(session, now=made[1].send_at - timedelta(milliseconds=1)) == 0
    assert offers.send_due(session, now=made[2].send_at) == 2
    assert offers.send_due(session, now=made[2].send_at) == 0
    session.expire_all()
    assert [str(offer.state) for offer in made] == ["sent", "sent", "sent", "pending"]


def test_the_next_wave_asks_others_while_the_first_may_still_answer(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500] * 12)
    job = factories.job(session, now=now)
    first = factories.ask(session, job, now=now)
    later = now + 20 * MINUTE
    offers.send_due(session, now=later)

    second = factories.ask(session, job, now=later)

    assert len(second) == 4
    assert not asked_ids(first) & asked_ids(second)
    session.expire_all()
    assert {str(offer.state) for offer in first} == {"sent"}
    person = factories.person(session, first[3].provider_id)
    taken = offers.accept(session, first[3].id, account=person, now=later)
    assert taken.provider_id == first[3].provider_id
    racing.assert_consistent(session)


def test_a_wave_that_is_asked_for_twice_opens_once(session: Session, now: datetime) -> None:
    town_of(session, now, [500] * 12)
    job = factories.job(session, now=now)
    assert offers.open_wave(session, job.id, round_=1, wave=1, now=now) == 4
    assert offers.open_wave(session, job.id, round_=1, wave=1, now=now) == 0
    assert session.scalar(select(func.count()).select_from(offers_models.Offer)) == 4


@pytest.mark.parametrize(("round_", "wave"), [(1, 2), (2, 1), (1, 0), (0, 1)])
def test_only_the_next_wave_of_the_present_round_opens(
    session: Session, now: datetime, round_: int, wave: int
) -> None:
    town_of(session, now, [500])
    job = factories.job(session, now=now)
    assert offers.open_wave(session, job.id, round_=round_, wave=wave, now=now) == 0
    assert job.state == JobState.OPEN


def test_a_wave_of_a_job_that_is_not_there_opens_nothing(session: Session, now: datetime) -> None:
    assert offers.open_wave(session, uuid.uuid4(), round_=1, wave=1, now=now) == 0


def test_an_offer_lives_two_waking_hours(session: Session, now: datetime) -> None:
    town_of(session, now, [500])
    # Half past seven in the evening in Lyon: an hour is left before the quiet hours.
    evening = datetime(2026, 6, 1, 17, 30, tzinfo=UTC)
    [offer] = factories.ask(session, factories.job(session, now=evening), now=evening)
    assert offer.expires_at == datetime(2026, 6, 2, 6, 30, tzinfo=UTC)

    [other] = factories.ask(session, factories.job(session, now=now), now=now)
    assert other.expires_at == now + 120 * MINUTE


def test_an_offer_for_now_lives_four_minutes_at_any_hour(session: Session) -> None:
    at_night = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
    [provider] = town_of(session, at_night, [500])
    come_on_duty(session, provider.account_id, now=at_night)
    notifications.put_wishes(session, provider.account_id, ways={}, now_at_night=True)
    [offer] = factories.ask(session, now_job(session, at_night), now=at_night)
    assert offer.expires_at == at_night + 4 * MINUTE


def test_waves_for_now_follow_each_minute(session: Session, now: datetime) -> None:
    people = town_of(session, now, [500] * 12)
    for provider in people[:7]:
        come_on_duty(session, provider.account_id, now=now)
    job = now_job(session, now)
    made = factories.ask(session, job, now=now)
    assert len(made) == 5
    assert [(offer.send_at - now).total_seconds() for offer in made] == [0, 4, 8, 12, 16]
    assert job.wake_at == now + MINUTE
    assert len(factories.ask(session, job, now=now + MINUTE)) == 2


def test_after_the_last_wave_the_job_waits_for_answers_then_is_given_up(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500] * 30)
    job = factories.job(session, now=now)
    for number in range(6):
        assert open_next(session, job, now=now + number * 20 * MINUTE) == 4
    at = now + 120 * MINUTE
    assert open_next(session, job, now=at) == 0
    assert (job.state, job.wave, job.wake_at) == (JobState.OPEN, 6, job.give_up_at)

    # The last offers run out, so that nobody can answer any more.
    last = session.scalar(select(func.max(offers_models.Offer.expires_at)))
    assert last is not None
    offers.send_due(session, now=last)
    offers.expire_due(session, now=last)
    session.refresh(job)
    assert job.wake_at == last
    assert open_next(session, job, now=last) == 0
    assert (job.state, job.unfilled_because) == (JobState.UNFILLED, "nobody-answered")
    racing.assert_consistent(session)


def test_a_wave_costs_the_same_statements_however_many_are_asked(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500] * 2, skills=[factories.skill("lawn-mowing")])
    town_of(session, now, [500] * 9, skills=[factories.skill("hedge-trimming")])

    def cost(category: str) -> tuple[int, int]:
        job = factories.job(session, now=now, category=category)
        session.flush()
        # The people are in the search index before, as after the commit that made them.
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        session.expire_all()
        with racing.statements(session) as ran:
            made = open_next(session, job, now=now)
            session.flush()
        return made, len(ran)

    few, many = cost("lawn-mowing"), cost("hedge-trimming")
    assert (few[0], many[0]) == (2, 9)
    assert few[1] == many[1]


# --- how far ---------------------------------------------------------------------------------


def test_in_a_middling_town_a_wave_widens_until_it_is_full(session: Session, now: datetime) -> None:
    people = town_of(session, now, [1000] * 10 + [8000] + [12_000] * 3 + [17_000])
    tomorrow = now + timedelta(days=1)
    for provider in people[:8]:
        factories.away(session, provider, from_at=now, to_at=tomorrow + timedelta(days=1), now=now)
    job = factories.job(session, now=now)

    made = factories.ask(session, job, now=now)

    # Two near by, one within ten kilometres, the fourth place from those at twelve.
    assert len(made) == 4
    assert {people[8].account_id, people[9].account_id, people[10].account_id} < asked_ids(made)
    wave = session.scalars(select(offers_models.Wave)).one()
    assert wave.radius_m == pytest.approx(12_000, abs=50)
    assert len(factories.ask(session, job, now=now + 20 * MINUTE)) == 2
    # Whoever lives beyond the widest radius is not asked, however far they would come.
    assert people[14].account_id not in asked_ids(
        session.scalars(select(offers_models.Offer)).all()
    )


def test_a_wave_that_is_full_nearby_asks_nobody_farther(session: Session, now: datetime) -> None:
    people = town_of(session, now, [4900] * 10 + [5100] * 5)
    # Those a little farther off are better rated, and still wait for a later wave.
    for provider in people[10:]:
        for _ in range(5):
            providers.record.write(
                session,
                kind="rated",
                provider_id=provider.account_id,
                market_id=provider.market_id,
                category_id=provider.skills[0].category_id,
                urgency="scheduled",
                subject_id=uuid.uuid4(),
                at=now - timedelta(days=1),
                stars=5,
            )
    made = factories.ask(session, factories.job(session, now=now), now=now)
    assert asked_ids(made) < {one.account_id for one in people[:10]}


def test_in_a_dense_town_the_first_step_is_two_kilometres(session: Session, now: datetime) -> None:
    town_of(session, now, [1500] * 5 + [3000] * 46 + [6500] * 2)
    job = factories.job(session, now=now)
    radii = []
    for number in range(2):
        made = factories.ask(session, job, now=now + number * 20 * MINUTE)
        assert len(made) == 4
        wave = session.get_one(offers_models.Wave, (job.id, 1, job.wave))
        radii.append(wave.radius_m)
    assert radii == [pytest.approx(1500, abs=20), pytest.approx(3000, abs=20)]


def test_a_thin_town_asks_everybody_at_once(session: Session, now: datetime) -> None:
    people = town_of(session, now, [500] * 9 + [12_000] * 3)
    job = factories.job(session, now=now)
    made = factories.ask(session, job, now=now)
    assert asked_ids(made) == {provider.account_id for provider in people}
    assert {offer.send_at for offer in made} == {now}
    assert {str(offer.state) for offer in made} == {"sent"}


def test_a_thin_town_is_asked_softly_outside_its_hours(session: Session, now: datetime) -> None:
    town_of(session, now, [500] * 2)
    sunday = datetime(2026, 6, 7, 7, 0, tzinfo=UTC)
    job = factories.job(session, now=now, window_from=sunday, window_to=sunday + timedelta(hours=8))
    made = factories.ask(session, job, now=now)
    assert [offer.outside_hours for offer in made] == [True, True]
    assert [offer.starts_at for offer in made] == [sunday, sunday]
    line = notifications_models.Notification
    assert set(session.scalars(select(line.kind))) == {"offer-outside-hours"}
    # Whoever says yes to that is booked for it.
    person = factories.person(session, made[0].provider_id)
    assert offers.accept(session, made[0].id, account=person, now=now).starts_at == sunday
    racing.assert_consistent(session)


def test_a_town_with_people_enough_is_not_asked_outside_its_hours(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500] * 10)
    sunday = datetime(2026, 6, 7, 7, 0, tzinfo=UTC)
    job = factories.job(session, now=now, window_from=sunday, window_to=sunday + timedelta(hours=8))
    assert open_next(session, job, now=now) == 0
    assert (job.state, job.unfilled_because) == (JobState.UNFILLED, "nobody-free")


# --- what an offer shows ---------------------------------------------------------------------


def test_an_offer_says_its_hour_its_price_and_a_rounded_distance(
    session: Session, now: datetime
) -> None:
    hourly = factories.skill(kind="hourly", amount_cents=3001)
    [provider] = town_of(session, now, [1234], skills=[hourly])
    job = factories.job(session, now=now, budget_kind="hourly", budget_cents=4000)
    [offer] = factories.ask(session, job, now=now)
    assert offer.starts_at == job.window_from
    assert offer.ends_at - offer.starts_at == 90 * MINUTE
    # An hour and a half at 30.01, half a cent rounded up.
    assert offer.price["total_cents"] == 4502
    assert offer.price["lines"] == [
        {"kind": "labour", "unit_cents": 3001, "minutes": 90, "amount_cents": 4502}
    ]
    blurred = geography.snap(LYON, geography.JOB_GRID_M)
    exact = geography.distance_m(geography.lon_lat(provider.base), blurred)
    assert offer.distance_m == round(exact / 100) * 100


def test_what_rings_names_neither_a_person_nor_a_place(session: Session, now: datetime) -> None:
    town_of(session, now, [500])
    [offer] = factories.ask(session, factories.job(session, now=now), now=now)
    [line] = session.scalars(select(notifications_models.Notification))
    assert line.subject_id == offer.id
    assert set(line.params) == {
        "category",
        "distance_m",
        "starts_at",
        "time_zone",
        "net_cents",
        "currency",
    }


# --- caps ------------------------------------------------------------------------------------


def test_nobody_holds_more_live_offers_than_the_policy_allows(
    session: Session, now: datetime
) -> None:
    [provider] = town_of(session, now, [500])
    jobs_posted = [factories.job(session, now=now) for _ in range(5)]
    made = [offer for job in jobs_posted for offer in factories.ask(session, job, now=now)]
    assert len(made) == policy(session, "scheduled", now).live_offers_at_most == 4
    assert asked_ids(made) == {provider.account_id}


def test_who_has_enough_on_their_hands_is_asked_once_they_answered(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500])
    jobs_posted = [factories.job(session, now=now) for _ in range(5)]
    made = [offer for job in jobs_posted for offer in factories.ask(session, job, now=now)]
    waiting = jobs_posted[4]
    # There is somebody, who has no ear for it right now: no reason to give up.
    assert (waiting.state, waiting.wave) == (JobState.OPEN, 0)
    assert waiting.wake_at == now + 20 * MINUTE

    decline_all(session, made[:1], reason="time", now=now + MINUTE)

    assert len(factories.ask(session, waiting, now=now + 20 * MINUTE)) == 1
    racing.assert_consistent(session)


def test_nobody_is_asked_more_often_a_day_than_the_policy_allows(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500])
    at_most = policy(session, "scheduled", now).pushes_a_day
    for number in range(at_most):
        at = now + number * MINUTE
        made = factories.ask(session, factories.job(session, now=at), now=at)
        decline_all(session, made, reason="time", now=at)
    job = factories.job(session, now=now)
    assert open_next(session, job, now=now + 30 * MINUTE) == 0
    assert job.state == JobState.OPEN
    # Tomorrow is another day.
    tomorrow = (now + timedelta(days=1)).replace(hour=5)
    later = factories.job(
        session,
        now=tomorrow,
        window_from=tomorrow + timedelta(days=1),
        window_to=tomorrow + timedelta(days=1, hours=8),
    )
    assert open_next(session, later, now=tomorrow) == 1


def test_who_waits_until_the_end_for_somebody_to_have_time_hears_that_nobody_had(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500])
    job = now_job(session, now)
    assert open_next(session, job, now=now) == 0
    assert (job.state, job.wake_at) == (JobState.OPEN, now + MINUTE)
    assert job.give_up_at == now + 15 * MINUTE
    assert open_next(session, job, now=now + 15 * MINUTE) == 0
    assert (job.state, job.unfilled_because) == (JobState.UNFILLED, "nobody-free")
    racing.assert_consistent(session)


def test_who_comes_on_duty_meanwhile_is_asked(session: Session, now: datetime) -> None:
    [provider] = town_of(session, now, [500])
    job = now_job(session, now)
    assert open_next(session, job, now=now) == 0
    come_on_duty(session, provider.account_id, now=now + 30 * MINUTE / 60)
    assert open_next(session, job, now=now + MINUTE) == 1


# --- why nobody ------------------------------------------------------------------------------


def told_why(session: Session, job: jobs_models.Job) -> str:
    """The reason on the job, if that is also what its resident was told."""
    assert job.state == JobState.UNFILLED
    line = notifications_models.Notification
    [told] = session.scalars(
        select(line).where(line.account_id == job.resident_id, line.kind == "job-unfilled")
    )
    assert told.params["reason"] == job.unfilled_because
    assert job.unfilled_because is not None
    racing.assert_consistent(session)
    return job.unfilled_because


def test_where_nobody_works_the_resident_hears_so_at_once(session: Session, now: datetime) -> None:
    town_of(session, now, [500], skills=[factories.skill("hedge-trimming")])
    job = factories.job(session, now=now)
    assert open_next(session, job, now=now) == 0
    assert told_why(session, job) == "nobody-in-reach"
    assert job.wake_at is None


@pytest.mark.parametrize(
    "wish", [{"languages": ["eu"]}, {"needs": ["ladder"]}], ids=["language", "tools"]
)
def test_nobody_who_could_do_it_is_nobody_in_reach(
    session: Session, now: datetime, wish: dict[str, Any]
) -> None:
    town_of(session, now, [500] * 2)
    job = factories.job(session, now=now, **wish)
    open_next(session, job, now=now)
    assert told_why(session, job) == "nobody-in-reach"


def test_a_price_below_everybodys_minimum_is_too_low(session: Session, now: datetime) -> None:
    town_of(session, now, [500] * 2, minimum_visit_cents=10_000)
    job = factories.job(session, now=now)
    open_next(session, job, now=now)
    assert told_why(session, job) == "price-too-low"


def test_a_price_too_low_is_said_at_once_for_now_too(session: Session, now: datetime) -> None:
    [provider] = town_of(session, now, [500], minimum_visit_cents=10_000)
    come_on_duty(session, provider.account_id, now=now)
    job = now_job(session, now)
    open_next(session, job, now=now)
    assert told_why(session, job) == "price-too-low"


def test_everybody_booked_is_nobody_free(session: Session, now: datetime) -> None:
    town_of(session, now, [500])
    tomorrow = now + timedelta(days=1)
    narrow = {"window_from": tomorrow, "window_to": tomorrow + timedelta(hours=2)}
    [offer] = factories.ask(session, factories.job(session, now=now, **narrow), now=now)
    offers.accept(session, offer.id, account=factories.person(session, offer.provider_id), now=now)
    job = factories.job(session, now=now, **narrow)
    open_next(session, job, now=now)
    assert told_why(session, job) == "nobody-free"


@pytest.mark.parametrize(
    ("said", "because"),
    [
        ("price", "declined-price"),
        ("distance", "declined-distance"),
        ("time", "declined-time"),
        ("other", "declined"),
    ],
)
def test_when_everybody_declined_the_resident_hears_why(
    session: Session, now: datetime, said: str, because: str
) -> None:
    town_of(session, now, [500] * 3)
    job = factories.job(session, now=now)
    decline_all(session, factories.ask(session, job, now=now), reason=said, now=now + MINUTE)
    # A task was asked to look at it at once.
    session.refresh(job)
    assert (job.wake_at, job.queued_at) == (now + MINUTE, now + MINUTE)
    session.refresh(job)
    open_next(session, job, now=now + MINUTE)
    assert told_why(session, job) == because


def test_what_most_said_is_the_reason(session: Session, now: datetime) -> None:
    town_of(session, now, [500] * 3)
    job = factories.job(session, now=now)
    first, *others = factories.ask(session, job, now=now)
    decline_all(session, [first], reason="distance", now=now)
    decline_all(session, others, reason="price", now=now)
    open_next(session, job, now=now)
    assert told_why(session, job) == "declined-price"


def test_silence_is_nobody_answered(session: Session, now: datetime) -> None:
    town_of(session, now, [500])
    job = factories.job(session, now=now)
    [offer] = factories.ask(session, job, now=now)
    offers.expire_due(session, now=offer.expires_at)
    open_next(session, job, now=offer.expires_at)
    assert told_why(session, job) == "nobody-answered"


def test_whoever_may_still_answer_when_time_is_up_is_told_that_it_is_over(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500])
    soon = now + timedelta(hours=2)
    job = factories.job(session, now=now, window_from=soon, window_to=soon + timedelta(minutes=100))
    assert job.give_up_at is not None
    [offer] = factories.ask(session, job, now=now)
    session.execute(update(notifications_models.Notification).values(attempts=1))
    assert job.wake_at == job.give_up_at < offer.expires_at
    open_next(session, job, now=job.give_up_at)
    assert offer.state == OfferState.WITHDRAWN
    assert told_why(session, job) == "nobody-answered"
    line = notifications_models.Notification
    kinds = session.scalars(
        select(line.kind).where(line.account_id == offer.provider_id).order_by(line.id)
    ).all()
    assert kinds == ["offer", "offer-withdrawn"]


def test_a_job_nobody_looked_at_in_time_is_no_longer_possible(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [500])
    job = factories.job(session, now=now)
    too_late = job.window_to - timedelta(minutes=89)
    assert open_next(session, job, now=too_late) == 0
    assert told_why(session, job) == "no-longer-possible"


def test_every_reason_can_be_said_on_a_phone() -> None:
    """Each reason the tests above met has its sentence (what is owed must be sayable)."""
    from_tests = {
        *("nobody-in-reach", "price-too-low", "nobody-free", "nobody-answered"),
        *("nobody-chosen", "no-longer-possible"),
        *("declined", "declined-price", "declined-distance", "declined-time"),
    }
    assert {one for one in from_tests if not words.has(f"reason-{one}")} == set()


# --- choose ----------------------------------------------------------------------------------


def quote_all(session: Session, made: Sequence[offers_models.Offer], *, now: datetime) -> None:
    for offer in made:
        offers.quote(
            session,
            offer.id,
            account=factories.person(session, offer.provider_id),
            amount_cents=8000,
            starts_at=None,
            now=now,
        )


def choosing(session: Session, now: datetime) -> tuple[jobs_models.Job, list[offers_models.Offer]]:
    town_of(session, now, [500] * 14)
    job = factories.job(session, now=now, mode="choose", budget_kind="quotes", budget_cents=None)
    made = factories.ask(session, job, now=now)
    offers.send_due(session, now=now + timedelta(hours=1))
    session.expire_all()
    return job, made


def test_eight_are_asked_for_a_price_and_have_a_day(session: Session, now: datetime) -> None:
    job, made = choosing(session, now)
    assert len(made) == 8
    assert {offer.expires_at - offer.send_at for offer in made} == {timedelta(hours=24)}
    assert job.give_up_at is not None
    assert job.give_up_at >= max(offer.expires_at for offer in made) or (
        job.give_up_at == job.window_to - timedelta(minutes=90 + 120)
    )


def test_more_are_asked_for_a_price_only_in_the_place_of_who_declined(
    session: Session, now: datetime
) -> None:
    job, made = choosing(session, now)
    later = now + 20 * MINUTE
    assert open_next(session, job, now=later) == 0
    assert (job.wave, job.wake_at) == (1, later + 20 * MINUTE)
    decline_all(session, made[:3], reason="time", now=later)
    assert open_next(session, job, now=later + 20 * MINUTE) == 3
    racing.assert_consistent(session)


def test_four_prices_are_enough_to_ask_nobody_else(session: Session, now: datetime) -> None:
    job, made = choosing(session, now)
    quote_all(session, made[:4], now=now + timedelta(hours=1))
    decline_all(session, made[4:], reason="time", now=now + timedelta(hours=1))
    assert open_next(session, job, now=now + timedelta(hours=2)) == 0
    assert (job.state, job.wake_at) == (JobState.OPEN, job.give_up_at)


def test_with_five_prices_the_others_are_taken_back(session: Session, now: datetime) -> None:
    job, made = choosing(session, now)
    quote_all(session, made[:5], now=now + timedelta(hours=1))
    session.expire_all()
    assert Counter(str(offer.state) for offer in made) == {"quoted": 5, "withdrawn": 3}
    with pytest.raises(errors.IllegalMove):
        quote_all(session, made[5:6], now=now + timedelta(hours=1))
    assert job.state == JobState.OPEN
    racing.assert_consistent(session)


def test_prices_of_which_none_was_chosen_are_not_silence(session: Session, now: datetime) -> None:
    job, made = choosing(session, now)
    quote_all(session, made[:1], now=now + timedelta(hours=1))
    assert job.give_up_at is not None
    open_next(session, job, now=job.give_up_at)
    assert told_why(session, job) == "nobody-chosen"
    line = notifications_models.Notification
    told = session.scalars(
        select(line.kind).where(line.account_id == made[0].provider_id).order_by(line.id)
    ).all()
    # No other answer was chosen either, and nobody is told that one was.
    assert told == ["offer", "offer-withdrawn"]


# --- the clock's part ------------------------------------------------------------------------


def test_a_job_that_is_due_is_found_once_and_again_if_nothing_came_of_it(
    session: Session, now: datetime
) -> None:
    job = factories.job(session, now=now)
    # A task was asked for with the post.
    assert offers.next_due_at(session) is None
    assert factories.due_waves(session, now=now + 2 * SECOND) == []
    lost_at = now + 2.1 * SECOND
    assert factories.due_waves(session, now=lost_at) == [(job.id, 1, 1, None)]
    assert factories.due_waves(session, now=lost_at + 2 * SECOND) == []
    assert factories.due_waves(session, now=lost_at + 2.1 * SECOND) == [(job.id, 1, 1, None)]


def test_the_oldest_due_jobs_are_found_first(session: Session, now: datetime) -> None:
    made = [factories.job(session, now=now - number * MINUTE) for number in range(3)]
    found = [
        job_id
        for _ in made
        for job_id, *_ in factories.due_waves(session, now=now + MINUTE, limit=1)
    ]
    assert found == [job.id for job in reversed(made)]


def test_searches_are_remembered_once_a_wave(session: Session, now: datetime) -> None:
    town_of(session, now, [500] * 12)
    job = factories.job(session, now=now)
    factories.ask(session, job, now=now)
    search = matching_models.Search
    purposes = session.scalars(select(search.purpose).where(search.job_id == job.id)).all()
    assert purposes == ["wave"]


# --- races on real connections ---------------------------------------------------------------


def test_the_same_wave_opened_by_many_at_once_opens_once(town: racing.Town) -> None:
    for _ in range(5):
        place, ids = town.hamlet(3)
        with database.transaction() as session:
            job = factories.job(session, now=town.now, location=place)
        opened = racing.together(*[town.call(offers.open_wave, job.id, round_=1, wave=1)] * 6)
        assert sorted(opened) == [0, 0, 0, 0, 0, len(ids)]


@pytest.mark.parametrize(("urgency", "at_most"), [("now", 1), ("scheduled", 4)])
def test_waves_that_want_the_same_people_at_once_stay_below_their_caps(
    town: racing.Town, urgency: str, at_most: int
) -> None:
    place, ids = town.hamlet(3)
    window = (
        {"window_from": town.now, "window_to": town.now + timedelta(hours=4)}
        if urgency == "now"
        else {}
    )
    with database.transaction() as session:
        for provider_id in ids:
            come_on_duty(session, provider_id, now=town.now)
        posted = [
            factories.job(session, now=town.now, location=place, urgency=urgency, **window)
            for _ in range(8)
        ]
    racing.together(*(town.call(offers.open_wave, job.id, round_=1, wave=1) for job in posted))
    with town.engine.connect() as connection:
        live = connection.execute(
            text("SELECT provider_id, count(*) FROM offers GROUP BY provider_id")
        ).all()
    assert {count for _, count in live} == {at_most}
    # Whoever found nobody with an ear left waits; no job is lost or given up.
    assert town.one("SELECT count(*) FROM jobs WHERE state = 'open'")[0] == 8


def test_a_clock_and_a_worker_that_open_and_expire_at_once_lose_nothing(
    town: racing.Town,
) -> None:
    for _ in range(8):
        job, made = town.case(2)
        over = made[0].expires_at
        racing.together(
            town.call(offers.expire_due, now=over),
            town.call(offers.expire_due, now=over),
            town.call(offers.open_wave, job.id, round_=1, wave=2, now=over),
            town.call(factories.due_waves, now=over),
        )
        # Whoever was first, the next look ends it.
        town.call(offers.expire_due, now=over)()
        town.call(offers.open_wave, job.id, round_=1, wave=2, now=over)()
        assert town.one("SELECT state, unfilled_because FROM jobs WHERE id = :id", id=job.id) == (
            "unfilled",
            "nobody-answered",
        )


def test_a_clock_does_not_wait_for_a_job_that_is_being_changed(
    own_database: Engine, now: datetime
) -> None:
    with database.transaction() as session:
        one, two = (factories.job(session, now=now) for _ in range(2))
    with database.transaction() as session, database.transaction() as other:
        assert jobs.lock(session, one.id) is not None
        assert factories.due_waves(other, now=now + MINUTE) == [(two.id, 1, 1, None)]
        assert offers.send_due(other, now=now + MINUTE) == 0


def test_two_clocks_share_what_is_due(own_database: Engine, now: datetime) -> None:
    with database.transaction() as session:
        posted = {factories.job(session, now=now).id for _ in range(30)}

    def look() -> list[tuple[uuid.UUID, int, int]]:
        with database.transaction() as session:
            return factories.due_waves(session, now=now + MINUTE)

    found = [job_id for looked in racing.together(look, look, look) for job_id, *_ in looked]
    assert len(found) == len(set(found))
    assert set(found) == posted


def test_open_jobs_are_seen_however_many_offers_are_live(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    account = session.get_one(accounts_models.Account, provider.account_id)
    provider_has = [factories.job(session, now=now) for _ in range(4)]
    for job in provider_has:
        assert offers.open_wave(session, job.id, round_=1, wave=1, now=now) == 1
    fifth = factories.job(session, now=now)
    assert offers.open_wave(session, fifth.id, round_=1, wave=1, now=now) == 0
    seen = offers.open_jobs(session, account, now=now, limit=20)
    assert [one.job.id for one in seen] == [fifth.id]
    session.expire_all()
    (mine,) = [
        offer
        for offer in offers.list_for(session, account, limit=20, now=now)
        if offer.job_id == provider_has[0].id
    ]
    offers.decline(session, mine.id, account=account, reason="price", now=now)
    seen = offers.open_jobs(session, account, now=now, limit=20)
    assert [one.job.id for one in seen] == [fifth.id]


def test_a_block_takes_back_what_was_offered(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    job = factories.job(session, now=now)
    assert offers.open_wave(session, job.id, round_=1, wave=1, now=now) == 1
    offers.part(session, job.resident_id, provider.account_id, now=now)
    session.expire_all()
    account = session.get_one(accounts_models.Account, provider.account_id)
    (offer,) = offers.list_for(session, account, limit=20, now=now)
    assert offer.state == OfferState.WITHDRAWN
    with pytest.raises(errors.IllegalMove):
        offers.accept(session, offer.id, account=account, now=now)
    assert offers.open_jobs(session, account, now=now, limit=20) == []


def test_nobody_is_quoted_above_the_price_they_named(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    account = session.get_one(accounts_models.Account, provider.account_id)
    job = factories.job(session, now=now, mode="choose", budget_cents=8000)
    assert offers.open_wave(session, job.id, round_=1, wave=1, now=now) == 1
    (offer,) = offers.list_for(session, account, limit=20, now=now)
    for amount_cents in (8001, 900_000):
        with pytest.raises(errors.InvalidInput):
            offers.quote(
                session,
                offer.id,
                account=account,
                amount_cents=amount_cents,
                starts_at=None,
                now=now,
            )
    quoted = offers.quote(
        session, offer.id, account=account, amount_cents=8000, starts_at=None, now=now
    )
    assert quoted.state == OfferState.QUOTED


def test_where_few_live_who_chooses_has_no_more_asked_than_can_be_compared(
    session: Session, now: datetime
) -> None:
    for _ in range(12):
        factories.provider(session, base=north(LYON, 8_000), now=now)
    job = factories.job(session, now=now, mode="choose")
    assert offers.open_wave(session, job.id, round_=1, wave=1, now=now) == 8


def test_who_gave_a_job_back_is_not_shown_it_again(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    account = session.get_one(accounts_models.Account, provider.account_id)
    job = factories.job(session, now=now)
    assert offers.open_wave(session, job.id, round_=1, wave=1, now=now) == 1
    (offer,) = offers.list_for(session, account, limit=20, now=now)
    offers.accept(session, offer.id, account=account, now=now)
    offers.cancel(session, job.id, account=account, reason="", now=now)
    session.expire_all()
    assert job.state == JobState.OPEN
    assert offers.open_jobs(session, account, now=now, limit=20) == []
