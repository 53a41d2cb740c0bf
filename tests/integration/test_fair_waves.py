"""Who goes first, who has their turn, and whom nobody wakes: the fine print of a wave."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobbing_api import accounts, errors, matching, notifications, offers, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import filling
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models
from tests import factories
from tests.factories import LYON, north
from tests.integration import racing

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def town_of(
    session: Session, now: datetime, distances_m: Sequence[float], **terms: Any
) -> list[providers_models.Provider]:
    """Providers at these distances north of the usual job."""
    first = factories.provider(session, base=north(LYON, distances_m[0]), now=now - DAY, **terms)
    others = [north(LYON, distance_m) for distance_m in distances_m[1:]]
    return [first, *factories.neighbours(session, first, others)]


def asked_before(
    session: Session, provider: providers_models.Provider, *, at: datetime, times: int = 1
) -> None:
    for _ in range(times):
        providers.record.write(
            session,
            kind="asked",
            provider_id=provider.account_id,
            market_id=provider.market_id,
            category_id=1,
            urgency="flexible",
            subject_id=uuid.uuid4(),
            at=at,
        )


def of(made: Sequence[offers_models.Offer]) -> list[uuid.UUID]:
    return [offer.provider_id for offer in made]


def ids(people: Sequence[providers_models.Provider]) -> list[uuid.UUID]:
    return [one.account_id for one in people]


def accept(session: Session, offer: offers_models.Offer, *, now: datetime) -> jobs_models.Job:
    person = factories.person(session, offer.provider_id)
    return offers.accept(session, offer.id, account=person, now=now)


def decline(session: Session, offer: offers_models.Offer, *, now: datetime) -> None:
    person = factories.person(session, offer.provider_id)
    offers.decline(session, offer.id, account=person, reason="time", now=now)


def line_of(
    session: Session, subject_id: uuid.UUID, *kinds: str
) -> notifications_models.Notification:
    line = notifications_models.Notification
    return session.scalars(
        select(line).where(line.subject_id == subject_id, line.kind.in_(kinds or ("offer",)))
    ).one()


def told(session: Session, account_id: uuid.UUID) -> list[str]:
    line = notifications_models.Notification
    return list(
        session.scalars(select(line.kind).where(line.account_id == account_id).order_by(line.id))
    )


# --- equals ----------------------------------------------------------------------------------


def candidate(score: float) -> matching.Candidate:
    return matching.Candidate(
        provider_id=uuid.uuid4(),
        score=score,
        parts={},
        distance_m=0,
        starts_at=datetime.now(UTC),
        ends_at=datetime.now(UTC),
        outside_hours=False,
        price_kind="flat",
        amount_cents=None,
        call_out_fee_cents=0,
        stars=4.6,
    )


def test_among_equals_whoever_was_asked_less_goes_first() -> None:
    a, b, c, d = (candidate(score) for score in (0.80, 0.78, 0.771, 0.769))
    asked = {a.provider_id: 3, b.provider_id: 1, c.provider_id: 0, d.provider_id: 0}
    # d is 0.031 behind a, and has to wait until a is through.
    assert filling.fair_order([a, b, c, d], asked, margin=0.03, size=4) == [c, b, a, d]
    assert filling.fair_order([a, b, c, d], asked, margin=0.03, size=2) == [c, b]
    assert filling.fair_order([a, b, c, d], {}, margin=0.03, size=4) == [a, b, c, d]
    assert filling.fair_order([a, b, c, d], asked, margin=0, size=4) == [a, b, c, d]


def test_a_wave_prefers_whoever_had_fewer_offers_in_seven_days(
    session: Session, now: datetime
) -> None:
    people = town_of(session, now, [100 + 10 * number for number in range(12)])
    for one in people[:4]:
        asked_before(session, one, at=now - 6 * DAY)
    # What is longer ago, or still to come, does not count.
    asked_before(session, people[5], at=now - 8 * DAY, times=3)
    asked_before(session, people[6], at=now + HOUR, times=3)
    made = factories.ask(session, factories.job(session, now=now), now=now)
    assert of(made) == ids(people[4:8])


def test_who_is_clearly_better_goes_first_however_often_they_were_asked(
    session: Session, now: datetime
) -> None:
    near, *_ = town_of(session, now, [100, *[4500] * 11])
    asked_before(session, near, at=now - DAY, times=5)
    made = factories.ask(session, factories.job(session, now=now), now=now)
    assert made[0].provider_id == near.account_id


# --- newcomers -------------------------------------------------------------------------------


def make_new(
    session: Session,
    provider: providers_models.Provider,
    *,
    now: datetime,
    days: int = 10,
    checked: bool = True,
    finished: int = 0,
) -> None:
    provider.created_at = now - days * DAY
    provider.identity_checked_at = now - DAY if checked else None
    for _ in range(finished):
        providers.record.write(
            session,
            kind="kept",
            provider_id=provider.account_id,
            market_id=provider.market_id,
            category_id=1,
            urgency="flexible",
            subject_id=uuid.uuid4(),
            at=now - DAY,
        )
    session.flush()


HEDGES = {"skills": [factories.skill("hedge-trimming")]}
HEDGE = {"category": "hedge-trimming", "duration_minutes": 180}


def test_a_newcomer_has_a_place_in_every_wave(session: Session, now: datetime) -> None:
    people = town_of(session, now, [*[100] * 11, 4800], **HEDGES)
    make_new(session, people[11], now=now)
    made = factories.ask(session, factories.job(session, now=now, **HEDGE), now=now)
    assert len(made) == 4
    assert made[3].provider_id == people[11].account_id
    assert people[11].account_id not in of(made[:3])


def test_of_eight_who_are_asked_two_are_new(session: Session, now: datetime) -> None:
    people = town_of(session, now, [*[100] * 11, 4700, 4800, 4900], **HEDGES)
    for one in people[11:]:
        make_new(session, one, now=now)
    choosing = {"mode": "choose", "budget_kind": "quotes", "budget_cents": None}
    job = factories.job(session, now=now, **HEDGE, **choosing)
    made = factories.ask(session, job, now=now)
    assert len(made) == 8
    assert of(made[6:]) == [people[11].account_id, people[12].account_id]
    assert not {one.account_id for one in people[11:]} & set(of(made[:6]))


def test_a_newcomer_who_is_among_the_best_takes_no_second_place(
    session: Session, now: datetime
) -> None:
    people = town_of(session, now, [100, *[1500] * 10, 4800], **HEDGES)
    make_new(session, people[0], now=now)
    make_new(session, people[11], now=now)
    made = factories.ask(session, factories.job(session, now=now, **HEDGE), now=now)
    assert made[0].provider_id == people[0].account_id
    assert people[11].account_id not in of(made)


@pytest.mark.parametrize(
    "no_longer",
    [{"days": 61}, {"checked": False}, {"finished": 5}],
    ids=["joined long ago", "nobody knows who it is", "has finished five"],
)
def test_who_is_no_newcomer_has_no_place_of_their_own(
    session: Session, now: datetime, no_longer: dict[str, Any]
) -> None:
    people = town_of(session, now, [*[100] * 11, 4800], **HEDGES)
    make_new(session, people[11], now=now, **no_longer)
    made = factories.ask(session, factories.job(session, now=now, **HEDGE), now=now)
    assert people[11].account_id not in of(made)


def test_nobody_new_is_sent_onto_a_roof(session: Session, now: datetime) -> None:
    people = town_of(session, now, [*[100] * 11, 4800])
    make_new(session, people[11], now=now)
    made = factories.ask(session, factories.job(session, now=now), now=now)
    assert people[11].account_id not in of(made)


def test_nobody_new_has_a_place_of_their_own_when_it_is_for_now(
    session: Session, now: datetime
) -> None:
    people = town_of(session, now, [*[100] * 11, 4800], **HEDGES)
    make_new(session, people[11], now=now)
    for one in people:
        come_on_duty(session, one.account_id, now=now)
    made = factories.ask(session, now_job(session, now, **HEDGE), now=now)
    assert len(made) == 5
    assert people[11].account_id not in of(made)


def come_on_duty(session: Session, provider_id: uuid.UUID, *, now: datetime) -> None:
    person = factories.person(session, provider_id)
    providers.put_presence(session, person, online=True, position=None, now=now)


def now_job(session: Session, now: datetime, **changes: Any) -> jobs_models.Job:
    window = {"window_from": now, "window_to": now + 4 * HOUR}
    return factories.job(session, now=now, urgency="now", **(window | changes))


# --- favourites ------------------------------------------------------------------------------


def favoured_job(
    session: Session, now: datetime, *dear: providers_models.Provider, **changes: Any
) -> jobs_models.Job:
    resident = factories.account(session)
    for one in dear:
        accounts.favour(session, resident, one.account_id, now=now)
    return factories.job(session, now=now, resident=resident, **changes)


def test_favourites_have_a_head_start(session: Session, now: datetime) -> None:
    people = town_of(session, now, [*[100] * 11, 12_000])
    # Far beyond the first radius, and within their own reach.
    made = factories.ask(session, favoured_job(session, now, people[11]), now=now)
    assert made[0].provider_id == people[11].account_id
    assert [offer.send_at - now for offer in made] == [
        timedelta(0),
        15 * MINUTE,
        15 * MINUTE + 90 * SECOND,
        15 * MINUTE + 180 * SECOND,
    ]
    assert [str(offer.state) for offer in made] == ["sent", "pending", "pending", "pending"]


def test_for_now_the_head_start_is_half_a_minute(session: Session, now: datetime) -> None:
    people = town_of(session, now, [100] * 11)
    for one in people:
        come_on_duty(session, one.account_id, now=now)
    job = favoured_job(
        session, now, people[3], urgency="now", window_from=now, window_to=now + 4 * HOUR
    )
    made = factories.ask(session, job, now=now)
    assert [(offer.send_at - now).total_seconds() for offer in made] == [0, 30, 34, 38, 42]


def test_a_favourite_who_cannot_come_delays_nobody(session: Session, now: datetime) -> None:
    people = town_of(session, now, [100] * 11)
    job = favoured_job(session, now, people[0])
    factories.away(session, people[0], from_at=now, to_at=now + 7 * DAY, now=now)
    made = factories.ask(session, job, now=now)
    assert people[0].account_id not in of(made)
    assert made[0].send_at == now


def test_favourites_go_first_in_the_first_wave_only(session: Session, now: datetime) -> None:
    people = town_of(session, now, [100] * 11)
    job = favoured_job(session, now, people[0])
    first = factories.ask(session, job, now=now)
    again = factories.ask(session, job, now=now + 20 * MINUTE)
    assert people[0].account_id not in of(again)
    assert again[0].send_at == now + 20 * MINUTE
    # Whoever becomes one while it is under way has no head start any more.
    resident = session.get_one(accounts.models.Account, job.resident_id)
    left = [one for one in ids(people) if one not in {*of(first), *of(again)}]
    accounts.favour(session, resident, left[0], now=now)
    later = now + 40 * MINUTE
    third = factories.ask(session, job, now=later)
    assert [(offer.send_at - later).total_seconds() for offer in third] == [0, 90, 180]


def test_when_the_favourite_declines_the_others_are_asked_at_once(
    session: Session, now: datetime
) -> None:
    people = town_of(session, now, [100] * 11)
    job = favoured_job(session, now, people[0])
    made = factories.ask(session, job, now=now)
    lives = [offer.expires_at - offer.send_at for offer in made]
    decline(session, made[0], now=now + MINUTE)
    session.expire_all()
    assert [offer.send_at - now for offer in made[1:]] == [
        MINUTE,
        MINUTE + 90 * SECOND,
        MINUTE + 180 * SECOND,
    ]
    assert [str(offer.state) for offer in made] == ["declined", "sent", "pending", "pending"]
    assert [offer.expires_at - offer.send_at for offer in made[1:]] == lives[1:]
    first, later = line_of(session, made[1].id), line_of(session, made[2].id)
    assert (first.due_at, first.queued_at) == (now + MINUTE, now + MINUTE)
    assert (later.due_at, later.queued_at) == (made[2].send_at, None)
    assert (first.expires_at, later.expires_at) == (made[1].expires_at, made[2].expires_at)
    racing.assert_consistent(session)


def test_nobody_is_hurried_while_somebody_may_still_answer(session: Session, now: datetime) -> None:
    people = town_of(session, now, [100] * 11)
    made = factories.ask(session, favoured_job(session, now, *people[:2]), now=now)
    offers.send_due(session, now=made[1].send_at)
    decline(session, made[0], now=made[1].send_at)
    session.expire_all()
    assert made[2].send_at == now + 15 * MINUTE


def test_who_offers_no_work_is_nobodys_favourite(session: Session, now: datetime) -> None:
    resident, other = factories.account(session), factories.account(session)
    for wrong in (other.id, uuid.uuid4()):
        with pytest.raises(errors.NotFound):
            accounts.favour(session, resident, wrong, now=now)
    with pytest.raises(errors.InvalidInput):
        accounts.favour(session, resident, resident.id, now=now)


def test_favourites_are_few(session: Session, now: datetime) -> None:
    resident = factories.account(session)
    first = factories.provider(session)
    people = [first, *factories.neighbours(session, first, [LYON] * 50)]
    for one in people[:50]:
        accounts.favour(session, resident, one.account_id, now=now)
    with pytest.raises(errors.InvalidInput):
        accounts.favour(session, resident, people[50].account_id, now=now)
    accounts.unfavour(session, resident, people[0].account_id)
    accounts.favour(session, resident, people[50].account_id, now=now)
    assert accounts.favourites(session, resident.id) == frozenset(ids(people[1:]))


# --- whoever would have come -----------------------------------------------------------------


def taken(
    session: Session, now: datetime, people: int = 12
) -> tuple[jobs_models.Job, list[offers_models.Offer]]:
    """A job that the first of its wave took, while all four were asked."""
    town_of(session, now, [100 + 300 * number for number in range(people)])
    job = factories.job(session, now=now)
    made = factories.ask(session, job, now=now)
    offers.send_due(session, now=now + 5 * MINUTE)
    accept(session, made[0], now=now + 5 * MINUTE)
    session.expire_all()
    return job, made


def test_when_somebody_cancels_those_who_were_still_asked_go_first(
    session: Session, now: datetime
) -> None:
    job, made = taken(session, now)
    later = now + HOUR
    person = factories.person(session, made[0].provider_id)
    offers.cancel(session, job.id, account=person, reason="", now=later)
    again = factories.ask(session, job, now=later)
    assert sorted(of(again)[:3]) == sorted(of(made[1:]))
    assert [(offer.send_at - later).total_seconds() for offer in again] == [0, 90, 180, 900]
    assert made[0].provider_id not in of(again)


def test_who_had_declined_or_was_not_asked_yet_is_no_backup(
    session: Session, now: datetime
) -> None:
    town_of(session, now, [100 + 300 * number for number in range(12)])
    job = factories.job(session, now=now)
    made = factories.ask(session, job, now=now)
    offers.send_due(session, now=now + 2 * MINUTE)
    decline(session, made[1], now=now + 2 * MINUTE)
    accept(session, made[0], now=now + 2 * MINUTE)
    person = factories.person(session, made[0].provider_id)
    later = now + HOUR
    offers.cancel(session, job.id, account=person, reason="", now=later)
    again = factories.ask(session, job, now=later)
    # Two were sent, of whom one took it and the other declined; two were never sent.
    assert [(offer.send_at - later).total_seconds() for offer in again] == [0, 90, 180, 270]
    assert not {made[0].provider_id, made[1].provider_id} & set(of(again))


def test_who_was_rung_while_an_acceptance_waited_is_told_that_it_is_gone(
    session: Session, now: datetime
) -> None:
    """The acceptance brings the instant at which it came in; by then the next had not been
    asked, and meanwhile they were."""
    town_of(session, now, [100 + 300 * number for number in range(12)])
    made = factories.ask(session, factories.job(session, now=now), now=now)
    line = notifications_models.Notification
    session.execute(update(line).where(line.subject_id == made[1].id).values(attempts=1))
    offers.send_due(session, now=made[1].send_at)
    accept(session, made[0], now=made[1].send_at - SECOND)
    session.expire_all()
    assert told(session, made[1].provider_id) == ["offer", "offer-withdrawn"]
    assert told(session, made[2].provider_id) == ["offer"]
    racing.assert_consistent(session)


# --- undo ------------------------------------------------------------------------------------


def undo(session: Session, offer: offers_models.Offer, *, now: datetime) -> offers_models.Offer:
    person = factories.person(session, offer.provider_id)
    return offers.undo(session, offer.id, account=person, now=now)


def test_an_acceptance_can_be_undone_within_a_minute_and_is_on_no_record(
    session: Session, now: datetime
) -> None:
    job, made = taken(session, now)
    at = now + 5 * MINUTE + 60 * SECOND
    assert undo(session, made[0], now=at).state == OfferState.WITHDRAWN
    session.expire_all()
    assert (job.state, job.round, job.provider_id) == (JobState.OPEN, 2, None)
    entry = providers_models.RecordEntry
    kinds = session.scalars(
        select(entry.kind).where(entry.provider_id == made[0].provider_id).order_by(entry.kind)
    ).all()
    assert kinds == ["answered", "asked"]
    assert "acceptance-undone" in told(session, job.resident_id)
    # Undone again, it answers the same.
    assert undo(session, made[0], now=at + HOUR).state == OfferState.WITHDRAWN
    again = factories.ask(session, job, now=at)
    assert made[0].provider_id not in of(again)
    assert sorted(of(again)[:3]) == sorted(of(made[1:]))
    racing.assert_consistent(session)


def test_after_a_minute_an_acceptance_is_an_acceptance(session: Session, now: datetime) -> None:
    _, made = taken(session, now)
    with pytest.raises(errors.UndoOver):
        undo(session, made[0], now=now + 5 * MINUTE + 61 * SECOND)


def test_what_was_not_accepted_cannot_be_undone(session: Session, now: datetime) -> None:
    _, made = taken(session, now)
    with pytest.raises(errors.IllegalMove):
        undo(session, made[1], now=now + 5 * MINUTE)


def test_a_cancellation_is_not_taken_for_an_undo(session: Session, now: datetime) -> None:
    job, made = taken(session, now)
    person = factories.person(session, made[0].provider_id)
    offers.cancel(session, job.id, account=person, reason="", now=now + 5 * MINUTE + SECOND)
    session.expire_all()
    with pytest.raises(errors.IllegalMove):
        undo(session, made[0], now=now + 5 * MINUTE + 2 * SECOND)


# --- nobody came -----------------------------------------------------------------------------


def test_who_does_not_come_is_replaced_at_once(session: Session, now: datetime) -> None:
    job, made = taken(session, now)
    assert job.starts_at is not None
    resident = factories.person(session, job.resident_id)
    at = job.starts_at + 30 * MINUTE
    with pytest.raises(errors.TooEarly):
        offers.no_show(session, job.id, account=resident, now=at - SECOND)
    offers.no_show(session, job.id, account=resident, now=at)
    session.expire_all()
    assert (job.state, job.round) == (JobState.OPEN, 2)
    entry = providers_models.RecordEntry
    kinds = session.scalars(
        select(entry.kind).where(entry.provider_id == made[0].provider_id).order_by(entry.kind)
    ).all()
    assert kinds == ["absent", "answered", "asked"]
    assert "visit-missed" in told(session, made[0].provider_id)
    again = factories.ask(session, job, now=at)
    assert sorted(of(again)[:3]) == sorted(of(made[1:]))
    with pytest.raises(errors.IllegalMove):
        offers.no_show(session, job.id, account=resident, now=at)
    racing.assert_consistent(session)


def test_only_who_waited_can_say_that_nobody_came(session: Session, now: datetime) -> None:
    job, made = taken(session, now)
    assert job.starts_at is not None
    at = job.starts_at + 30 * MINUTE
    with pytest.raises(errors.NotAllowed):
        offers.no_show(
            session, job.id, account=factories.person(session, made[0].provider_id), now=at
        )
    with pytest.raises(errors.NotFound):
        offers.no_show(session, job.id, account=factories.account(session), now=at)


# --- nights ----------------------------------------------------------------------------------

#: Half past nine in the evening in Lyon; Tuesday begins at half past seven.
EVENING = datetime(2026, 6, 1, 19, 30, tzinfo=UTC)
MORNING = datetime(2026, 6, 2, 5, 30, tzinfo=UTC)


def test_an_offer_made_at_night_rings_in_the_morning_and_is_not_lost(session: Session) -> None:
    town_of(session, EVENING, [100] * 12)
    job = factories.job(session, now=EVENING, window_from=MORNING, window_to=MORNING + 3 * DAY)
    made = factories.ask(session, job, now=EVENING)
    first, second = (line_of(session, offer.id) for offer in made[:2])
    assert (first.due_at, second.due_at) == (MORNING, MORNING)
    # Whoever looks sees it, and has their two waking hours from the morning on.
    assert made[0].state == OfferState.SENT
    assert made[0].expires_at == first.expires_at == MORNING + 2 * HOUR
    assert factories.due_lines(session, now=MORNING - SECOND) == []
    # The next are not asked before those had their time.
    assert job.wake_at == MORNING + 20 * MINUTE


def test_an_offer_made_by_day_rings_at_once(session: Session, now: datetime) -> None:
    town_of(session, now, [100] * 12)
    job = factories.job(session, now=now)
    made = factories.ask(session, job, now=now)
    assert line_of(session, made[0].id).due_at == now
    assert job.wake_at == now + 20 * MINUTE


def test_flexible_jobs_ring_together_at_noon_or_in_the_evening(
    session: Session, now: datetime
) -> None:
    """Ten o'clock UTC is noon in Lyon."""
    [one] = town_of(session, now, [100])
    flexible = {
        "urgency": "flexible",
        "window_from": now + DAY,
        "window_to": now + 5 * DAY,
    }
    evening = datetime(2026, 6, 1, 16, 30, tzinfo=UTC)
    at_noon = factories.ask(session, factories.job(session, now=now, **flexible), now=now)
    later = now + SECOND
    waiting = factories.job(session, now=later, **flexible)
    gathered = [
        *factories.ask(session, waiting, now=later),
        *factories.ask(session, factories.job(session, now=later, **flexible), now=later + HOUR),
    ]
    lines = [line_of(session, offer.id) for offer in (*at_noon, *gathered)]
    assert [line.due_at for line in lines] == [now, evening, evening]
    # The next wave waits for those who are rung to have had their time.
    assert waiting.wake_at == evening + 2 * HOUR
    # One of those that come together rings, the other lies beside it.
    assert [line.urgent for line in lines] == [True, True, False]
    assert {offer.provider_id for offer in gathered} == {one.account_id}
    # Two waking hours are left of the evening, the other ten follow in the morning.
    assert gathered[0].expires_at == MORNING + 10 * HOUR


def test_for_now_nobody_is_woken_who_did_not_ask_for_it(session: Session) -> None:
    night_owl, *others = town_of(session, EVENING, [100] * 11)
    for one in (night_owl, *others):
        come_on_duty(session, one.account_id, now=EVENING)
    notifications.put_wishes(session, night_owl.account_id, ways={}, now_at_night=True)
    made = factories.ask(session, now_job(session, EVENING), now=EVENING)
    assert of(made) == [night_owl.account_id]
    assert line_of(session, made[0].id).due_at == EVENING


# --- nobody looks ----------------------------------------------------------------------------


def let_pass(session: Session, now: datetime, times: int, *, seen: Sequence[int] = ()) -> datetime:
    """Offers that expire one after the other; those in ``seen`` were looked at."""
    for number in range(times):
        [offer] = factories.ask(session, factories.job(session, now=now), now=now)
        if number in seen:
            person = factories.person(session, offer.provider_id)
            offers.seen(session, offer.id, account=person, now=now + SECOND)
        # Caps are another matter: as if each had been on a day of its own.
        session.execute(
            update(providers_models.RecordEntry).values(
                at=providers_models.RecordEntry.at - 2 * DAY
            )
        )
        now = now + SECOND
        session.execute(
            update(offers_models.Offer)
            .where(offers_models.Offer.id == offer.id)
            .values(expires_at=now, send_at=now - SECOND)
        )
        session.expire_all()
        offers.expire_due(session, now=now)
        session.expire_all()
    return now


def test_after_ten_offers_unseen_nobody_asks_until_a_sign_of_life(
    session: Session, now: datetime
) -> None:
    [one] = town_of(session, now, [100])
    at = let_pass(session, now, 9)
    assert one.paused_at is None
    at = let_pass(session, at, 1)
    assert one.paused_at == at
    assert told(session, one.account_id)[-1] == "offers-paused"
    assert factories.ask(session, factories.job(session, now=at), now=at) == []

    come_on_duty(session, one.account_id, now=at + MINUTE)
    session.expire_all()
    assert (one.paused_at, one.resumed_at) == (None, at + MINUTE)
    # It takes another ten, not one.
    let_pass(session, at + 2 * MINUTE, 9)
    assert one.paused_at is None


def test_whoever_looks_now_and_then_is_asked_on(session: Session, now: datetime) -> None:
    [one] = town_of(session, now, [100])
    let_pass(session, now, 12, seen=[5])
    assert one.paused_at is None


def look(session: Session, offer: offers_models.Offer, *, now: datetime) -> None:
    person = factories.person(session, offer.provider_id)
    offers.seen(session, offer.id, account=person, now=now)


@pytest.mark.parametrize("sign", [look, decline, accept])
def test_an_offer_from_before_that_is_looked_at_or_answered_is_a_sign_of_life(
    session: Session, now: datetime, sign: Callable[..., object]
) -> None:
    [one] = town_of(session, now, [100])
    [offer] = factories.ask(session, factories.job(session, now=now), now=now)
    assert providers.pause(session, [one.account_id], now=now) == [one.account_id]
    assert providers.pause(session, [one.account_id], now=now) == []
    sign(session, offer, now=now + MINUTE)
    session.expire_all()
    assert one.paused_at is None


# --- few live there --------------------------------------------------------------------------


def operator(session: Session, now: datetime) -> accounts_models.Account:
    return accounts.make_operator(
        session,
        email=f"{uuid.uuid4().hex}@example.org",
        market_slugs=["lyon"],
        level="act",
        password="a long enough password",
        now=now,
    )


def test_operators_hear_of_a_job_that_a_thin_town_leaves_waiting(
    session: Session, now: datetime
) -> None:
    someone = operator(session, now)
    town_of(session, now, [100] * 3)
    job = factories.job(session, now=now)
    factories.ask(session, job, now=now)
    line = line_of(session, job.id, "job-waits")
    assert (line.account_id, line.due_at) == (someone.id, now + 30 * MINUTE)


def test_operators_do_not_hear_of_a_job_that_was_taken(session: Session, now: datetime) -> None:
    operator(session, now)
    town_of(session, now, [100] * 3)
    job = factories.job(session, now=now)
    made = factories.ask(session, job, now=now)
    accept(session, made[0], now=now + MINUTE)
    session.expire_all()
    assert line_of(session, job.id, "job-waits").state == "withdrawn"


def test_operators_do_not_hear_of_every_job_of_a_town(session: Session, now: datetime) -> None:
    someone = operator(session, now)
    town_of(session, now, [100] * 12)
    factories.ask(session, factories.job(session, now=now), now=now)
    assert told(session, someone.id) == []
