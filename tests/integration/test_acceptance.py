"""Accepting, declining, quoting and choosing: one provider, one hour, whatever races."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jobbing_api import database, errors, history, notifications, offers, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models
from tests import factories
from tests.integration import racing

SOON = timedelta(minutes=5)


def lines(session: Session, account_id: uuid.UUID) -> list[str]:
    """The kinds of the lines owed to somebody, oldest first."""
    line = notifications_models.Notification
    return list(
        session.scalars(select(line.kind).where(line.account_id == account_id).order_by(line.id))
    )


def asked_job(
    session: Session, now: datetime, *, people: int = 2, **changes: Any
) -> tuple[jobs_models.Job, list[offers_models.Offer]]:
    """A posted job and its first wave: a thin town, so everybody at once."""
    for _ in range(people):
        factories.provider(session, now=now)
    job = factories.job(session, now=now, **changes)
    return job, factories.ask(session, job, now=now)


def accept(session: Session, offer: offers_models.Offer, *, now: datetime) -> jobs_models.Job:
    return offers.accept(
        session, offer.id, account=factories.person(session, offer.provider_id), now=now
    )


# --- what an acceptance does ------------------------------------------------------------------


def test_accepting_books_exactly_the_hour_of_the_offer(session: Session, now: datetime) -> None:
    job, [first, _] = asked_job(session, now)
    promised = (first.starts_at, first.ends_at)

    taken = accept(session, first, now=now + SOON)

    assert (taken.state, taken.provider_id) == (JobState.ASSIGNED, first.provider_id)
    assert (taken.starts_at, taken.ends_at) == promised
    booking = session.scalars(select(providers_models.Booking)).one()
    assert (booking.during.lower, booking.during.upper) == promised
    assert (booking.provider_id, booking.job_id) == (first.provider_id, job.id)
    racing.assert_consistent(session)


def test_accepting_locks_the_price_of_the_offer_in_the_order(
    session: Session, now: datetime
) -> None:
    job, [first, _] = asked_job(session, now)
    order = accept(session, first, now=now + SOON).order
    assert order is not None
    assert order == {
        **first.price,
        "title": job.title,
        "category_names": job.category.names,
        "offer_id": str(first.id),
        "declared": False,
        "inspection": False,
        "starts_at": first.starts_at.isoformat(),
        "ends_at": first.ends_at.isoformat(),
        "locked_at": (now + SOON).isoformat(),
    }
    assert order["total_cents"] == 9000


def test_accepting_tells_the_resident_and_the_provider(session: Session, now: datetime) -> None:
    job, [first, _] = asked_job(session, now)
    accept(session, first, now=now + SOON)
    assert lines(session, job.resident_id) == ["job-assigned"]
    assert lines(session, first.provider_id) == ["offer", "job-booked"]


def test_the_booking_takes_the_place_of_the_offer_on_the_winners_phone(
    session: Session, now: datetime
) -> None:
    job, [first, _] = asked_job(session, now)
    accept(session, first, now=now + SOON)
    line = notifications_models.Notification
    told = session.scalars(
        select(line).where(line.account_id == first.provider_id).order_by(line.id)
    ).all()
    assert [(one.about, one.subject_id) for one in told] == [("offer", first.id), ("job", job.id)]
    assert len({one.collapse_key for one in told}) == 1


def test_who_heard_of_the_offer_is_told_that_it_is_gone(session: Session, now: datetime) -> None:
    _, [first, second] = asked_job(session, now)
    # A worker took the line to send it: from then on the phone may have rung.
    session.execute(
        update(notifications_models.Notification)
        .where(notifications_models.Notification.subject_id == second.id)
        .values(attempts=1)
    )
    accept(session, first, now=now + SOON)
    assert second.state == OfferState.WITHDRAWN
    assert lines(session, second.provider_id) == ["offer", "offer-withdrawn"]


def test_who_was_told_before_is_told_on_the_same_pop_up(session: Session, now: datetime) -> None:
    _, [first, second] = asked_job(session, now)
    line = notifications_models.Notification
    session.execute(
        update(line)
        .where(line.subject_id == second.id)
        .values(attempts=1, state="delivered", wake_at=None, ended_at=now)
    )
    accept(session, first, now=now + SOON)
    told = session.scalars(
        select(line).where(line.account_id == second.provider_id).order_by(line.id)
    ).all()
    assert [one.kind for one in told] == ["offer", "offer-withdrawn"]
    assert len({one.collapse_key for one in told}) == 1


def test_who_cannot_have_heard_of_the_offer_is_left_in_peace(
    session: Session, now: datetime
) -> None:
    _, [first, second] = asked_job(session, now)
    accept(session, first, now=now + SOON)
    line = notifications_models.Notification
    own = session.scalars(select(line).where(line.account_id == second.provider_id)).all()
    assert [(one.kind, one.state) for one in own] == [("offer", "withdrawn")]


def test_who_saw_the_offer_in_the_app_is_told_even_if_no_phone_rang(
    session: Session, now: datetime
) -> None:
    _, [first, second] = asked_job(session, now)
    offers.seen(session, second.id, account=factories.person(session, second.provider_id), now=now)
    accept(session, first, now=now + SOON)
    assert lines(session, second.provider_id) == ["offer", "offer-withdrawn"]


def test_losing_a_race_costs_nothing_on_the_record(session: Session, now: datetime) -> None:
    _, [first, second] = asked_job(session, now)
    accept(session, first, now=now + SOON)
    figures = providers.figures(session, second.provider_id, now=now + SOON)
    assert (figures.asked, figures.withdrawn, figures.unanswered) == (1, 1, 0)
    assert figures.response_share is None


def test_accepting_again_answers_the_same(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    once = accept(session, first, now=now + SOON)
    booked = (once.starts_at, once.ends_at, dict(once.order or {}), once.version)

    again = accept(session, first, now=now + 2 * SOON)

    assert (again.starts_at, again.ends_at, again.order, again.version) == booked
    assert session.scalar(select(func.count()).select_from(providers_models.Booking)) == 1
    assert [e.event for e in history.of_job(session, once.id)].count("job-assign") == 1


def test_accepting_again_answers_the_same_while_the_work_goes_on(
    session: Session, now: datetime
) -> None:
    _, [first, _] = asked_job(session, now)
    job = accept(session, first, now=now)
    worker = factories.person(session, first.provider_id)
    assert job.starts_at is not None
    factories.start(session, job.id, worker, now=job.starts_at)
    assert accept(session, first, now=job.starts_at + SOON).state == JobState.IN_PROGRESS


def test_second_accept_is_refused(session: Session, now: datetime) -> None:
    _, [first, second] = asked_job(session, now)
    accept(session, first, now=now + SOON)
    with pytest.raises(errors.AlreadyTaken):
        accept(session, second, now=now + SOON)


def test_an_acceptance_after_the_offers_life_is_too_late(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    with pytest.raises(errors.OfferExpired):
        accept(session, first, now=first.expires_at)
    accept(session, first, now=first.expires_at - timedelta(seconds=1))


def test_an_expired_offer_cannot_be_accepted(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    offers.expire_due(session, now=first.expires_at)
    session.refresh(first)
    assert first.state == OfferState.EXPIRED
    with pytest.raises(errors.OfferExpired):
        accept(session, first, now=first.expires_at + SOON)


def test_a_declined_offer_cannot_be_accepted(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    person = factories.person(session, first.provider_id)
    offers.decline(session, first.id, account=person, reason="time", now=now)
    with pytest.raises(errors.IllegalMove) as refused:
        accept(session, first, now=now)
    assert refused.value.details["state"] == "declined"


def test_an_offer_of_a_cancelled_job_cannot_be_accepted(session: Session, now: datetime) -> None:
    job, [first, _] = asked_job(session, now)
    resident = factories.person(session, job.resident_id)
    offers.cancel(session, job.id, account=resident, reason="", now=now)
    with pytest.raises(errors.IllegalMove) as refused:
        accept(session, first, now=now)
    assert refused.value.details["state"] == "cancelled"


def test_somebody_elses_offer_does_not_exist(session: Session, now: datetime) -> None:
    _, [first, second] = asked_job(session, now)
    with pytest.raises(errors.NotFound):
        offers.accept(
            session, first.id, account=factories.person(session, second.provider_id), now=now
        )


def test_an_offer_that_waits_for_its_turn_does_not_exist_yet(
    session: Session, now: datetime
) -> None:
    _, made = asked_job(session, now, people=10)
    last = made[-1]
    assert last.state == OfferState.PENDING
    with pytest.raises(errors.NotFound):
        accept(session, last, now=now)


def test_a_suspended_provider_cannot_accept(session: Session, now: datetime) -> None:
    job, [first, _] = asked_job(session, now)
    factories.person(session, first.provider_id).suspended_at = now
    session.flush()
    with pytest.raises(errors.AccountSuspended), session.begin_nested():
        accept(session, first, now=now)
    session.expire_all()
    assert job.state == JobState.OPEN
    racing.assert_consistent(session)


def test_an_hour_that_went_meanwhile_becomes_the_next_free_one(
    session: Session, now: datetime
) -> None:
    factories.provider(session, now=now)
    jobs_posted = [factories.job(session, now=now) for _ in range(2)]
    one, two = (factories.ask(session, job, now=now)[0] for job in jobs_posted)
    assert one.starts_at == two.starts_at

    accept(session, one, now=now)
    later = accept(session, two, now=now)

    # The same door: the fixed part of the way between two visits, nothing for distance.
    assert later.starts_at == one.ends_at + timedelta(minutes=15)
    assert later.starts_at == two.starts_at
    racing.assert_consistent(session)


def test_an_hour_that_went_and_no_other_is_a_conflict(session: Session, now: datetime) -> None:
    factories.provider(session, now=now)
    tomorrow = now + timedelta(days=1)
    narrow = {"window_from": tomorrow, "window_to": tomorrow + timedelta(hours=2)}
    jobs_posted = [factories.job(session, now=now, **narrow) for _ in range(2)]
    one, two = (factories.ask(session, job, now=now)[0] for job in jobs_posted)

    accept(session, one, now=now)
    with pytest.raises(errors.CalendarConflict), session.begin_nested():
        accept(session, two, now=now)

    session.expire_all()
    assert jobs_posted[1].state == JobState.OPEN
    assert two.state == OfferState.SENT
    racing.assert_consistent(session)


def test_an_acceptance_costs_the_same_statements_however_many_lose(
    session: Session, now: datetime
) -> None:
    def cost(people: int) -> int:
        with session.begin_nested() as undone:
            _, [first, *_] = asked_job(session, now, people=people)
            factories.due_lines(session, now=now)
            session.execute(update(notifications_models.Notification).values(attempts=1))
            session.flush()
            session.expire_all()
            with racing.statements(session) as counted:
                accept(session, first, now=now + SOON)
                session.flush()
            undone.rollback()
        return len(counted)

    assert cost(9) == cost(2)


# --- answers ---------------------------------------------------------------------------------


def test_declining_costs_nothing_and_is_an_answer(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    person = factories.person(session, first.provider_id)
    offers.decline(session, first.id, account=person, reason="price", now=now + SOON)
    assert (first.state, first.decline_reason) == (OfferState.DECLINED, "price")
    figures = providers.figures(session, first.provider_id, now=now + SOON)
    assert (figures.answered, figures.response_share) == (1, 1.0)
    racing.assert_consistent(session)


def test_declining_again_answers_the_same(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    person = factories.person(session, first.provider_id)
    offers.decline(session, first.id, account=person, reason="price", now=now + SOON)
    again = offers.decline(session, first.id, account=person, reason="time", now=now + 2 * SOON)
    assert (again.decline_reason, again.answered_at) == ("price", now + SOON)


def test_a_declined_offer_does_not_ring_any_more(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    person = factories.person(session, first.provider_id)
    offers.decline(session, first.id, account=person, reason="time", now=now)
    line = session.scalars(
        select(notifications_models.Notification).where(
            notifications_models.Notification.subject_id == first.id
        )
    ).one()
    assert (line.state, line.outcome) == ("withdrawn", "withdrawn")


def test_declining_too_late_is_refused(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    person = factories.person(session, first.provider_id)
    with pytest.raises(errors.OfferExpired):
        offers.decline(session, first.id, account=person, reason="", now=first.expires_at)


def test_the_last_decline_has_the_job_looked_at_at_once(session: Session, now: datetime) -> None:
    job, made = asked_job(session, now)
    for offer in made:
        assert job.wake_at != now + SOON
        person = factories.person(session, offer.provider_id)
        offers.decline(session, offer.id, account=person, reason="time", now=now + SOON)
        session.refresh(job)
    assert job.wake_at == now + SOON


def test_an_offer_is_seen_once(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    person = factories.person(session, first.provider_id)
    offers.seen(session, first.id, account=person, now=now)
    again = offers.seen(session, first.id, account=person, now=now + SOON)
    assert (again.state, again.seen_at) == (OfferState.SEEN, now)


_ANSWERS: dict[str, Callable[..., Any]] = {
    "accept": offers.accept,
    "decline": functools.partial(offers.decline, reason="time"),
    "quote": functools.partial(offers.quote, amount_cents=9000, starts_at=None),
}


@pytest.mark.parametrize("answer", _ANSWERS)
def test_an_offer_whose_turn_has_come_is_there_though_no_clock_said_so(
    session: Session, now: datetime, answer: str
) -> None:
    mode = "choose" if answer == "quote" else "instant"
    _, made = asked_job(session, now, people=10, mode=mode)
    second = made[1]
    person = factories.person(session, second.provider_id)
    early = second.send_at - 2 * notifications.CLOCKS_DIFFER
    assert offers.list_for(session, person, limit=20, now=early) == []
    with pytest.raises(errors.NotFound):
        _ANSWERS[answer](session, second.id, account=person, now=early)
    session.refresh(second)
    assert second.state == OfferState.PENDING

    _ANSWERS[answer](session, second.id, account=person, now=second.send_at)

    session.refresh(second)
    assert second.state not in (OfferState.PENDING, OfferState.SENT)
    racing.assert_consistent(session)


def test_an_offer_is_listed_when_its_phone_rings(session: Session, now: datetime) -> None:
    # Clocks of two machines differ: a phone may ring a moment before the hour of the other.
    _, made = asked_job(session, now, people=10)
    second = made[1]
    rings = second.send_at - notifications.CLOCKS_DIFFER
    person = factories.person(session, second.provider_id)
    assert [one.id for one in offers.list_for(session, person, limit=20, now=rings)] == [second.id]
    assert offers.get_for(session, second.id, person, now=rings).state == OfferState.SENT


@pytest.mark.parametrize("state", OfferState)
@pytest.mark.parametrize("answer", _ANSWERS)
def test_an_answer_is_legal_from_waiting_states_and_refused_from_all_others(
    session: Session, now: datetime, state: OfferState, answer: str
) -> None:
    quoting = answer == "quote" or state == OfferState.QUOTED
    _, [offer, _] = asked_job(session, now, **({"mode": "choose"} if quoting else {}))
    person = factories.person(session, offer.provider_id)
    reason = "time" if state == OfferState.DECLINED else None
    session.execute(
        update(offers_models.Offer)
        .where(offers_models.Offer.id == offer.id)
        .values(state=state, decline_reason=reason)
    )
    session.expire_all()
    call = functools.partial(_ANSWERS[answer], session, offer.id, account=person, now=now)

    if state in (OfferState.PENDING, OfferState.SENT, OfferState.SEEN):
        # Its turn had come: that no clock has said so is nothing to its provider.
        call()
        return
    if (answer, state) == ("decline", OfferState.DECLINED):
        assert call().decline_reason == "time"
        return
    if state == OfferState.EXPIRED:
        with pytest.raises(errors.OfferExpired):
            call()
        return
    if (answer, state) == ("accept", OfferState.QUOTED):
        with pytest.raises(errors.QuoteRequired):
            call()
        return
    with pytest.raises(errors.IllegalMove) as refused:
        call()
    assert refused.value.details["state"] in ("open", str(state))


# --- choose ----------------------------------------------------------------------------------


def quote(
    session: Session, offer: offers_models.Offer, *, cents: int = 8000, now: datetime
) -> offers_models.Offer:
    return offers.quote(
        session,
        offer.id,
        account=factories.person(session, offer.provider_id),
        amount_cents=cents,
        starts_at=None,
        said=offers.Said(message="Two hours."),
        now=now,
    )


def choose(session: Session, offer: offers_models.Offer, *, now: datetime) -> jobs_models.Job:
    job = session.get_one(jobs_models.Job, offer.job_id)
    return offers.choose(
        session,
        job.id,
        offer_id=offer.id,
        account=factories.person(session, job.resident_id),
        now=now,
    )


def test_where_the_resident_chooses_nobody_can_just_accept(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now, mode="choose")
    with pytest.raises(errors.QuoteRequired):
        accept(session, first, now=now)


def test_where_the_first_wins_nobody_can_quote(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now)
    with pytest.raises(errors.IllegalMove):
        quote(session, first, now=now)


def test_a_quote_names_its_price_and_reaches_the_resident(session: Session, now: datetime) -> None:
    job, [first, _] = asked_job(
        session, now, mode="choose", budget_kind="quotes", budget_cents=None
    )
    assert first.price["total_cents"] is None
    quoted = quote(session, first, cents=12_300, now=now + SOON)
    assert quoted.state == OfferState.QUOTED
    assert quoted.price["total_cents"] == 12_300
    assert quoted.quote is not None
    assert (quoted.quote["amount_cents"], quoted.quote["message"]) == (12_300, "Two hours.")
    assert lines(session, job.resident_id) == ["quote-received"]
    racing.assert_consistent(session)


def test_a_quote_lives_until_the_round_is_given_up(session: Session, now: datetime) -> None:
    job, [first, _] = asked_job(session, now, mode="choose")
    assert quote(session, first, now=now).expires_at >= (job.give_up_at or now)


def test_a_quote_for_another_hour_must_find_it_free(session: Session, now: datetime) -> None:
    _, [first, second] = asked_job(session, now, mode="choose")
    person = factories.person(session, first.provider_id)
    wished = first.starts_at + timedelta(hours=3)
    free = offers.quote(
        session,
        first.id,
        account=person,
        amount_cents=5000,
        starts_at=wished,
        now=now,
    )
    assert (free.starts_at, free.ends_at) == (wished, wished + timedelta(minutes=90))
    with pytest.raises(errors.CalendarConflict):
        offers.quote(
            session,
            second.id,
            account=factories.person(session, second.provider_id),
            amount_cents=5000,
            # Two hours after the window.
            starts_at=first.starts_at + timedelta(hours=12),
            now=now,
        )


def test_choosing_books_the_quoted_price_and_tells_the_others(
    session: Session, now: datetime
) -> None:
    job, [first, second, third] = asked_job(
        session, now, people=3, mode="choose", budget_kind="quotes", budget_cents=None
    )
    quote(session, first, cents=9000, now=now)
    quote(session, second, cents=7000, now=now)

    chosen = choose(session, second, now=now + SOON)

    assert (chosen.state, chosen.provider_id) == (JobState.ASSIGNED, second.provider_id)
    assert chosen.order is not None
    assert chosen.order["total_cents"] == 7000
    assert [one.state for one in (first, second, third)] == ["withdrawn", "accepted", "withdrawn"]
    assert lines(session, first.provider_id) == ["offer", "quote-not-chosen"]
    assert lines(session, second.provider_id) == ["offer", "job-booked"]
    assert job.id == chosen.id
    racing.assert_consistent(session)


def test_choosing_again_answers_the_same(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now, mode="choose")
    quote(session, first, now=now)
    version = choose(session, first, now=now).version
    assert choose(session, first, now=now + SOON).version == version


def test_choosing_another_after_one_is_chosen_is_refused(session: Session, now: datetime) -> None:
    _, [first, second] = asked_job(session, now, mode="choose")
    quote(session, first, now=now)
    quote(session, second, now=now)
    choose(session, first, now=now)
    with pytest.raises(errors.IllegalMove):
        choose(session, second, now=now)


def test_only_a_quote_can_be_chosen(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now, mode="choose")
    with pytest.raises(errors.IllegalMove) as refused:
        choose(session, first, now=now)
    assert refused.value.details["state"] == "sent"


def test_only_the_resident_chooses(session: Session, now: datetime) -> None:
    job, [first, second] = asked_job(session, now, mode="choose")
    quote(session, first, now=now)
    with pytest.raises(errors.NotFound):
        offers.choose(
            session,
            job.id,
            offer_id=first.id,
            account=factories.person(session, second.provider_id),
            now=now,
        )


def test_a_quote_of_another_job_cannot_be_chosen(session: Session, now: datetime) -> None:
    job, _ = asked_job(session, now, mode="choose")
    other = factories.job(session, now=now, mode="choose")
    [first, _] = factories.ask(session, other, now=now)
    quote(session, first, now=now)
    with pytest.raises(errors.NotFound):
        offers.choose(
            session,
            job.id,
            offer_id=first.id,
            account=factories.person(session, job.resident_id),
            now=now,
        )


def test_an_expired_quote_cannot_be_chosen(session: Session, now: datetime) -> None:
    _, [first, _] = asked_job(session, now, mode="choose")
    quoted = quote(session, first, now=now)
    with pytest.raises(errors.OfferExpired):
        choose(session, first, now=quoted.expires_at)


# --- races on real connections ---------------------------------------------------------------


def decline(town: racing.Town, offer: offers_models.Offer) -> Callable[[], Any]:
    return town.answer(offers.decline, offer, reason="time")


def cancel(
    town: racing.Town, job: jobs_models.Job, *, by: uuid.UUID | None = None
) -> Callable[[], Any]:
    """The resident, or the provider ``by``, cancels."""

    def run(session: Session, *, now: datetime) -> jobs_models.Job:
        person = factories.person(session, by or job.resident_id)
        return offers.cancel(session, job.id, account=person, reason="", now=now)

    return town.call(run)


def test_of_twenty_simultaneous_accepts_one_wins(town: racing.Town) -> None:
    # More than nine close by would be asked in waves: these live a little way out.
    with database.transaction() as session:
        for _ in range(20):
            factories.provider(session, base=(4.8357, 45.70), now=town.now)
    job, made = town.job(factories.LYON)
    assert len(made) == 20

    outcomes = racing.together(*(town.accept(offer) for offer in made))

    assert racing.kinds(outcomes) == ["AlreadyTaken"] * 19 + ["ok"]
    [won] = [one for one in outcomes if not isinstance(one, Exception)]
    assert town.one("SELECT provider_id, state FROM jobs WHERE id = :id", id=job.id) == (
        won.provider_id,
        "assigned",
    )
    assert town.one("SELECT count(*) FROM bookings")[0] == 1
    states = town.one(
        "SELECT count(*) FILTER (WHERE state = 'accepted'),"
        " count(*) FILTER (WHERE state = 'withdrawn') FROM offers"
    )
    assert states == (1, 19)


def test_the_same_acceptance_sent_ten_times_at_once_answers_ten_times_the_same(
    town: racing.Town,
) -> None:
    for _ in range(5):
        _, [offer] = town.case(1)
        outcomes = racing.together(*[town.accept(offer)] * 10)
        assert racing.kinds(outcomes) == ["ok"] * 10
        assert len({(one.provider_id, one.starts_at, one.version) for one in outcomes}) == 1


def test_a_choice_sent_five_times_at_once_answers_five_times_the_same(town: racing.Town) -> None:
    _, [offer] = town.case(1, mode="choose")
    town.call(quote, offer)()
    outcomes = racing.together(*[town.call(choose, offer)] * 5)
    assert racing.kinds(outcomes) == ["ok"] * 5


def test_one_provider_who_accepts_two_jobs_for_the_same_hours_gets_hours_that_do_not_meet(
    town: racing.Town,
) -> None:
    for _ in range(10):
        place, [_] = town.hamlet(1)
        (_, [one]), (_, [two]) = town.job(place), town.job(place)
        assert (one.starts_at, one.ends_at) == (two.starts_at, two.ends_at)
        first, second = sorted(
            racing.together(town.accept(one), town.accept(two)), key=lambda job: job.starts_at
        )
        assert second.starts_at == first.ends_at + timedelta(minutes=15)


def test_one_provider_with_one_free_hour_gets_one_of_two_jobs(town: racing.Town) -> None:
    tomorrow = town.now + timedelta(days=1)
    narrow = {"window_from": tomorrow, "window_to": tomorrow + timedelta(hours=2)}
    for _ in range(10):
        place, [_] = town.hamlet(1)
        (_, [one]), (_, [two]) = town.job(place, **narrow), town.job(place, **narrow)
        outcomes = racing.together(town.accept(one), town.accept(two))
        assert racing.kinds(outcomes) == ["CalendarConflict", "ok"]


def test_accepting_while_the_resident_cancels_ends_in_one_of_both(town: racing.Town) -> None:
    for _ in range(10):
        job, [offer, *_] = town.case(2)
        accepted, cancelled = racing.together(town.accept(offer), cancel(town, job))
        # Cancelling is legal before and after: the resident always has the last word.
        assert cancelled.state == JobState.CANCELLED
        if isinstance(accepted, errors.DomainError):
            assert isinstance(accepted, errors.IllegalMove)
            assert accepted.details["state"] == "cancelled"
        assert town.one(
            "SELECT state, (SELECT count(*) FROM bookings b"
            " WHERE b.job_id = j.id AND b.released_at IS NULL) FROM jobs j WHERE id = :id",
            id=job.id,
        ) == ("cancelled", 0)


def test_accepting_while_the_offer_expires_ends_in_one_of_both(town: racing.Town) -> None:
    for _ in range(10):
        job, [offer, *_] = town.case(2)
        accepted, expired = racing.together(
            # A phone a moment before the end, the clock a moment after it.
            town.answer(offers.accept, offer, now=offer.expires_at - timedelta(milliseconds=1)),
            town.call(offers.expire_due, now=offer.expires_at),
        )
        state = town.one("SELECT state FROM jobs WHERE id = :id", id=job.id)[0]
        if isinstance(accepted, errors.DomainError):
            assert isinstance(accepted, errors.OfferExpired)
            assert (state, expired) == ("open", 2)
        else:
            assert (state, expired) in (("assigned", 0), ("assigned", 1))


def test_accepting_while_the_round_is_given_up_ends_in_one_of_both(town: racing.Town) -> None:
    for _ in range(10):
        job, [offer, *_] = town.case(2)
        accepted, _ = racing.together(
            town.accept(offer),
            town.call(offers.open_wave, job.id, round_=1, wave=2, now=job.give_up_at or town.now),
        )
        state, reason = town.one(
            "SELECT state, unfilled_because FROM jobs WHERE id = :id", id=job.id
        )
        if isinstance(accepted, errors.DomainError):
            assert isinstance(accepted, errors.IllegalMove)
            assert (state, reason) == ("unfilled", "nobody-answered")
        else:
            assert (state, reason) == ("assigned", None)


def test_accepting_while_the_calendar_changes_never_books_an_hour_that_is_not_free(
    town: racing.Town,
) -> None:
    for number in range(10):
        job, [offer] = town.case(1)
        # Away until the afternoon, or all day.
        away = offer.starts_at + (timedelta(hours=6) if number % 2 else timedelta(hours=12))

        def change(
            session: Session, provider_id: uuid.UUID, until: datetime, *, now: datetime
        ) -> providers.Calendar:
            person = factories.person(session, provider_id)
            return providers.put_calendar(
                session,
                person,
                time_zone="Europe/Paris",
                weekly=[
                    providers.Hours(weekday=day, from_time="08:00", to_time="19:00")
                    for day in range(6)
                ],
                exceptions=[
                    providers.Exceptional(
                        from_at=until - timedelta(hours=24), to_at=until, available=False
                    )
                ],
                now=now,
            )

        accepted, _ = racing.together(
            town.accept(offer), town.call(change, offer.provider_id, away)
        )
        if isinstance(accepted, errors.DomainError):
            assert isinstance(accepted, errors.CalendarConflict)
            assert not number % 2
        else:
            # The booking was first and holds, or it went to the afternoon.
            assert accepted.starts_at in (offer.starts_at, away)
        assert (
            town.one("SELECT state FROM jobs WHERE id = :id", id=job.id)[0] == "open"
        ) == isinstance(accepted, errors.DomainError)


def test_accepting_while_being_suspended_ends_in_one_of_both(town: racing.Town) -> None:
    for _ in range(10):
        job, [offer] = town.case(1)

        def suspend(session: Session, account_id: uuid.UUID, *, now: datetime) -> None:
            session.get_one(
                accounts_models.Account, account_id, with_for_update=True
            ).suspended_at = now

        accepted, _ = racing.together(town.accept(offer), town.call(suspend, offer.provider_id))
        state = town.one("SELECT state FROM jobs WHERE id = :id", id=job.id)[0]
        if isinstance(accepted, errors.DomainError):
            assert isinstance(accepted, errors.AccountSuspended)
            assert state == "open"
        else:
            assert state == "assigned"


def test_accepting_while_dropping_out_ends_in_one_of_both(town: racing.Town) -> None:
    for _ in range(10):
        job, [first, second] = town.case(2)
        town.accept(first)()

        again, dropped, lost = racing.together(
            town.accept(first), cancel(town, job, by=first.provider_id), town.accept(second)
        )
        assert (dropped.state, dropped.round) == (JobState.OPEN, 2)
        assert isinstance(lost, errors.AlreadyTaken | errors.IllegalMove)
        if isinstance(again, errors.DomainError):
            assert isinstance(again, errors.IllegalMove)


def test_undoing_while_others_accept_opens_one_round(town: racing.Town) -> None:
    """The slip of a finger, sent three times; who was second, who wants it too; and the next
    wave, all at once."""
    for _ in range(10):
        job, [first, second] = town.case(2)
        town.accept(first)()

        *undone, again, lost, _ = racing.together(
            *[town.answer(offers.undo, first)] * 3,
            town.accept(first),
            town.accept(second),
            town.call(offers.open_wave, job.id, round_=2, wave=1),
        )
        assert racing.kinds(undone) == ["ok"] * 3
        assert {(one.state, one.ended_at) for one in undone} == {("withdrawn", town.soon)}
        # The acceptance of the round before is as it was, or it is over; never new.
        if isinstance(again, errors.DomainError):
            assert isinstance(again, errors.IllegalMove)
        assert isinstance(lost, errors.AlreadyTaken | errors.IllegalMove)
        state = town.one("SELECT state, round, provider_id FROM jobs WHERE id = :id", id=job.id)
        assert state == ("open", 2, None)
        assert town.one(
            "SELECT count(*) FROM record_entries WHERE subject_id = :id", id=job.id
        ) == (0,)
        racing.assert_consistent(town.engine)


def test_undoing_while_the_resident_cancels_ends_cancelled(town: racing.Town) -> None:
    for _ in range(10):
        job, [offer] = town.case(1)
        town.accept(offer)()
        undone, cancelled = racing.together(town.answer(offers.undo, offer), cancel(town, job))
        assert cancelled.state == JobState.CANCELLED
        if isinstance(undone, errors.DomainError):
            assert isinstance(undone, errors.IllegalMove)
        held = "SELECT count(*) FROM bookings WHERE job_id = :id AND released_at IS NULL"
        assert town.one(held, id=job.id) == (0,)


def test_undoing_while_work_begins_ends_in_one_of_both(town: racing.Town) -> None:
    for _ in range(10):
        job, [offer] = town.case(1)
        town.accept(offer)()

        def begin(session: Session, job_id: uuid.UUID, who: uuid.UUID, *, now: datetime) -> Any:
            return factories.start(session, job_id, factories.person(session, who), now=now)

        undone, begun = racing.together(
            town.answer(offers.undo, offer), town.call(begin, job.id, offer.provider_id)
        )
        state = town.one("SELECT state FROM jobs WHERE id = :id", id=job.id)[0]
        if isinstance(undone, errors.DomainError):
            assert isinstance(undone, errors.UndoOver | errors.IllegalMove)
            assert (state, begun.state) == ("in_progress", "in_progress")
        else:
            # Whoever gave the job back has nothing to begin any more.
            assert isinstance(begun, errors.NotFound | errors.IllegalMove)
            assert state == "open"


@pytest.mark.parametrize("why", ["a block", "a profile without the skill"])
def test_accepting_while_the_offer_is_taken_back_ends_in_one_of_both(
    town: racing.Town, why: str
) -> None:
    for _ in range(10):
        job, [offer, _] = town.case(2)
        taken_back = (
            town.call(offers.part, job.resident_id, offer.provider_id)
            if why == "a block"
            else town.call(offers.leave, offer.provider_id)
        )
        accepted, _ = racing.together(town.accept(offer), taken_back)
        state = town.one("SELECT state FROM jobs WHERE id = :id", id=job.id)[0]
        if isinstance(accepted, errors.DomainError):
            assert isinstance(accepted, errors.IllegalMove)
            assert state == "open"
        else:
            assert state == "assigned"
        racing.assert_consistent(town.engine)


def test_answering_an_offer_no_clock_sent_while_others_end_it_waits_in_no_ring(
    town: racing.Town,
) -> None:
    late = update(offers_models.Offer).values(state=OfferState.PENDING)
    for number in range(10):
        job, made = town.case(4)
        with town.engine.begin() as connection:
            connection.execute(late.where(offers_models.Offer.job_id == job.id))
        calls: Sequence[Callable[[], Any]] = [
            town.accept(made[0]),
            decline(town, made[1]),
            town.answer(offers.seen, made[2]),
            town.call(offers.send_due),
            cancel(town, job) if number % 2 else town.accept(made[3]),
            town.call(offers.open_wave, job.id, round_=1, wave=2),
        ]
        accepted, *others = racing.together(*calls)
        racing.assert_consistent(town.engine)
        assert not any(isinstance(one, errors.NotFound) for one in (accepted, *others))


def test_answers_of_all_kinds_at_once_leave_one_truth(town: racing.Town) -> None:
    """Accepting, declining, looking, cancelling, expiring and giving up, all at once."""
    for number in range(10):
        job, made = town.case(4)
        calls: Sequence[Callable[[], Any]] = [
            decline(town, made[0]),
            decline(town, made[1]),
            town.answer(offers.seen, made[2]),
            town.accept(made[2]) if number % 3 else decline(town, made[2]),
            town.accept(made[3]) if number % 3 == 1 else decline(town, made[3]),
            cancel(town, job) if number % 2 else town.call(offers.send_due),
            town.call(offers.open_wave, job.id, round_=1, wave=2),
            town.call(offers.expire_due),
        ]
        racing.together(*calls)
        racing.assert_consistent(town.engine)


def test_the_last_two_who_decline_at_once_have_the_job_looked_at(town: racing.Town) -> None:
    for _ in range(10):
        job, made = town.case(2)
        assert racing.kinds(racing.together(*(decline(town, one) for one in made))) == ["ok"] * 2
        wake_at = town.one("SELECT wake_at FROM jobs WHERE id = :id", id=job.id)[0]
        assert wake_at == town.soon


def test_declining_while_the_resident_cancels_never_waits_in_a_ring(town: racing.Town) -> None:
    for _ in range(20):
        job, [offer] = town.case(1)
        declined, cancelled = racing.together(decline(town, offer), cancel(town, job))
        assert cancelled.state == JobState.CANCELLED
        if isinstance(declined, errors.DomainError):
            assert isinstance(declined, errors.IllegalMove)
