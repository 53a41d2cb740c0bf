"""Cancelling, dropping out, expiring, asking again: what is taken back, and who is told."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, errors, history, jobs, offers, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models
from tests import factories
from tests.integration import racing

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def lines(session: Session, account_id: uuid.UUID) -> list[str]:
    line = notifications_models.Notification
    return list(
        session.scalars(select(line.kind).where(line.account_id == account_id).order_by(line.id))
    )


def asked_job(
    session: Session, now: datetime, *, people: int = 3, **changes: Any
) -> tuple[jobs_models.Job, list[offers_models.Offer]]:
    first = factories.provider(session, now=now)
    factories.neighbours(session, first, [factories.LYON] * (people - 1))
    job = factories.job(session, now=now, **changes)
    return job, factories.ask(session, job, now=now)


def accept(session: Session, offer: offers_models.Offer, *, now: datetime) -> jobs_models.Job:
    person = factories.person(session, offer.provider_id)
    return offers.accept(session, offer.id, account=person, now=now)


def decline(session: Session, offer: offers_models.Offer, *, now: datetime) -> None:
    person = factories.person(session, offer.provider_id)
    offers.decline(session, offer.id, account=person, reason="time", now=now)


def cancel(
    session: Session, job: jobs_models.Job, *, by: uuid.UUID | None = None, now: datetime
) -> jobs_models.Job:
    """The resident, or ``by``, cancels."""
    person = factories.person(session, by or job.resident_id)
    return offers.cancel(session, job.id, account=person, reason="rain", now=now)


def states(made: Sequence[offers_models.Offer]) -> list[str]:
    return [str(offer.state) for offer in made]


def operator(
    session: Session, job: jobs_models.Job, *, level: str, now: datetime
) -> accounts_models.Account:
    return accounts.make_operator(
        session,
        email=f"{uuid.uuid4().hex}@example.org",
        market_slugs=["lyon"],
        level=level,
        password="a long enough password",
        now=now,
    )


# --- the resident cancels --------------------------------------------------------------------


def test_cancelling_an_open_job_takes_every_offer_back(session: Session, now: datetime) -> None:
    job, made = asked_job(session, now)
    decline(session, made[0], now=now)
    session.execute(update(notifications_models.Notification).values(attempts=1))

    cancel(session, job, now=now + MINUTE)

    assert (job.state, job.wake_at) == (JobState.CANCELLED, None)
    assert states(made) == ["declined", "withdrawn", "withdrawn"]
    # Who declined has nothing to hear; the others' pop-ups are replaced.
    assert lines(session, made[0].provider_id) == ["offer"]
    assert lines(session, made[1].provider_id) == ["offer", "offer-withdrawn"]
    racing.assert_consistent(session)


def test_offers_that_still_waited_for_their_turn_were_never_made(
    session: Session, now: datetime
) -> None:
    job, made = asked_job(session, now, people=12)
    assert states(made) == ["sent", "pending", "pending", "pending"]
    cancel(session, job, now=now + MINUTE)
    figures = [
        providers.figures(session, offer.provider_id, now=now + HOUR).asked for offer in made
    ]
    assert figures == [1, 0, 0, 0]
    line = notifications_models.Notification
    owed = session.scalars(select(line).where(line.state == "owed")).all()
    assert owed == []
    racing.assert_consistent(session)


def test_cancelling_an_accepted_job_gives_the_hour_back_and_tells_the_provider(
    session: Session, now: datetime
) -> None:
    job, [first, *_] = asked_job(session, now)
    accept(session, first, now=now)
    cancel(session, job, now=now + HOUR)
    booking = session.scalars(select(providers_models.Booking)).one()
    assert (booking.released_at, booking.released_because) == (now + HOUR, "job-cancelled")
    assert first.state == OfferState.WITHDRAWN
    assert lines(session, first.provider_id) == ["offer", "job-booked", "job-cancelled"]
    provider = session.get_one(providers_models.Provider, first.provider_id)
    assert any(
        stretch.lower <= first.starts_at and first.ends_at <= stretch.upper
        for stretch in provider.free_time
        if stretch.lower is not None and stretch.upper is not None
    )
    # The resident's change of mind never counts against the provider.
    assert providers.figures(session, first.provider_id, now=now + HOUR).cancelled == 0
    racing.assert_consistent(session)


def test_cancelling_twice_is_refused_with_the_state(session: Session, now: datetime) -> None:
    job, _ = asked_job(session, now)
    cancel(session, job, now=now)
    with pytest.raises(errors.IllegalMove) as refused:
        cancel(session, job, now=now)
    assert refused.value.details["state"] == "cancelled"


def test_work_that_has_begun_cannot_be_cancelled_by_either(session: Session, now: datetime) -> None:
    job, [first, *_] = asked_job(session, now)
    accept(session, first, now=now)
    worker = factories.person(session, first.provider_id)
    factories.start(session, job.id, worker, now=first.starts_at)
    for by in (job.resident_id, first.provider_id):
        with pytest.raises(errors.IllegalMove) as refused:
            cancel(session, job, by=by, now=first.starts_at)
        assert refused.value.details["state"] == "in_progress"


def test_who_only_was_asked_cannot_cancel(session: Session, now: datetime) -> None:
    job, [first, second, _] = asked_job(session, now)
    accept(session, first, now=now)
    with pytest.raises(errors.NotFound):
        cancel(session, job, by=second.provider_id, now=now)


# --- an operator cancels ---------------------------------------------------------------------


def test_an_operator_who_may_act_cancels_and_both_sides_are_told(
    session: Session, now: datetime
) -> None:
    job, [first, *_] = asked_job(session, now)
    accept(session, first, now=now)
    one = operator(session, job, level="act", now=now)
    cancel(session, job, by=one.id, now=now)
    assert job.state == JobState.CANCELLED
    assert lines(session, job.resident_id)[-1] == "job-cancelled"
    assert lines(session, first.provider_id)[-1] == "job-cancelled"
    entry = history.of_job(session, job.id)[-1]
    assert (entry.event, entry.actor_role, entry.actor_id) == ("job-cancel", "operator", one.id)


def test_an_operator_who_may_only_look_cannot_cancel_or_ask_again(
    session: Session, now: datetime
) -> None:
    job, _ = asked_job(session, now)
    one = operator(session, job, level="read", now=now)
    with pytest.raises(errors.NotAllowed):
        cancel(session, job, by=one.id, now=now)
    with pytest.raises(errors.NotAllowed):
        offers.dispatch(session, job.id, account=one, changes={}, now=now)
    assert job.state == JobState.OPEN


# --- the provider drops out ------------------------------------------------------------------


def test_a_provider_who_cancels_gives_the_hour_back_and_a_new_round_begins(
    session: Session, now: datetime
) -> None:
    job, [first, *_] = asked_job(session, now)
    accept(session, first, now=now)

    dropped = cancel(session, job, by=first.provider_id, now=now + HOUR)

    assert (dropped.state, dropped.round, dropped.wave) == (JobState.OPEN, 2, 0)
    assert (dropped.provider_id, dropped.starts_at, dropped.order) == (None, None, None)
    assert dropped.wake_at is not None
    assert dropped.give_up_at is not None
    assert dropped.wake_at <= now + HOUR + timedelta(seconds=10)
    assert dropped.give_up_at > now + HOUR
    booking = session.scalars(select(providers_models.Booking)).one()
    assert booking.released_because == providers.DROPPED_OUT
    assert lines(session, job.resident_id)[-1] == "provider-dropped-out"
    assert providers.figures(session, first.provider_id, now=now + HOUR).cancelled == 1
    racing.assert_consistent(session)


def test_the_new_round_asks_the_others_again_but_not_who_declined_or_dropped_out(
    session: Session, now: datetime
) -> None:
    job, [first, second, third, fourth] = asked_job(session, now, people=4)
    decline(session, second, now=now)
    accept(session, first, now=now)
    assert states([third, fourth]) == ["withdrawn", "withdrawn"]
    cancel(session, job, by=first.provider_id, now=now + HOUR)

    again = factories.ask(session, job, now=now + HOUR)

    assert {one.provider_id for one in again} == {third.provider_id, fourth.provider_id}
    assert {one.round for one in again} == {2}
    taken = accept(session, again[0], now=now + HOUR)
    assert (taken.state, taken.provider_id) == (JobState.ASSIGNED, again[0].provider_id)
    racing.assert_consistent(session)


def test_who_kept_silent_is_asked_again_in_a_new_round(session: Session, now: datetime) -> None:
    job, [first, second] = asked_job(session, now, people=2)
    late = second.expires_at
    accept(session, first, now=now)
    session.execute(
        update(offers_models.Offer)
        .where(offers_models.Offer.id == second.id)
        .values(state="expired")
    )
    cancel(session, job, by=first.provider_id, now=late)
    assert [o.provider_id for o in factories.ask(session, job, now=late)] == [second.provider_id]


def test_who_dropped_out_stays_out_of_every_later_round(session: Session, now: datetime) -> None:
    job, made = asked_job(session, now, people=3)
    out: set[uuid.UUID] = set()
    for number in range(3):
        at = now + number * HOUR
        if number:
            made = factories.ask(session, job, now=at)
        assert not {offer.provider_id for offer in made} & out
        assert len(made) == 3 - number
        accept(session, made[0], now=at)
        cancel(session, job, by=made[0].provider_id, now=at)
        out.add(made[0].provider_id)
    assert factories.ask(session, job, now=now + 3 * HOUR) == []
    assert (job.state, job.unfilled_because) == (JobState.UNFILLED, "declined")
    racing.assert_consistent(session)


def test_who_drops_out_is_not_the_jobs_person_any_more(session: Session, now: datetime) -> None:
    job, [first, *_] = asked_job(session, now)
    accept(session, first, now=now)
    cancel(session, job, by=first.provider_id, now=now)
    with pytest.raises(errors.NotFound):
        cancel(session, job, by=first.provider_id, now=now)
    with pytest.raises(errors.IllegalMove):
        accept(session, first, now=now)


def test_who_drops_out_after_the_last_possible_start_leaves_it_unfilled(
    session: Session, now: datetime
) -> None:
    job, [first, *_] = asked_job(session, now)
    accept(session, first, now=now)
    too_late = job.window_to
    cancel(session, job, by=first.provider_id, now=too_late)
    assert factories.ask(session, job, now=too_late) == []
    assert (job.state, job.unfilled_because) == (JobState.UNFILLED, "no-longer-possible")
    racing.assert_consistent(session)


def test_the_timeline_tells_the_whole_story(session: Session, now: datetime) -> None:
    job, [first, *_] = asked_job(session, now)
    accept(session, first, now=now + MINUTE)
    cancel(session, job, by=first.provider_id, now=now + 2 * MINUTE)
    [second, _] = factories.ask(session, job, now=now + 3 * MINUTE)
    accept(session, second, now=now + 4 * MINUTE)
    session.flush()
    told = [(entry.event, entry.actor_role) for entry in history.of_job(session, job.id)]
    assert told == [
        ("job-post", "resident"),
        ("wave-open", "system"),
        ("job-assign", "provider"),
        ("job-reopen", "provider"),
        ("wave-open", "system"),
        ("job-assign", "provider"),
    ]
    remark = history.of_job(session, job.id)[3].remark
    assert remark is not None
    assert remark.text == "rain"


# --- asking again ----------------------------------------------------------------------------


def unfilled(session: Session, now: datetime, **changes: Any) -> jobs_models.Job:
    job = factories.job(session, now=now, **changes)
    assert factories.ask(session, job, now=now) == []
    assert job.state == JobState.UNFILLED
    return job


def dispatch(
    session: Session, job: jobs_models.Job, *, now: datetime, **changes: Any
) -> jobs_models.Job:
    person = factories.person(session, job.resident_id)
    return offers.dispatch(session, job.id, account=person, changes=changes, now=now)


def test_a_job_asked_about_again_is_open_in_a_new_round(session: Session, now: datetime) -> None:
    job = unfilled(session, now)
    factories.provider(session, now=now)
    again = dispatch(session, job, now=now + HOUR)
    assert (again.state, again.round, again.wave) == (JobState.OPEN, 2, 0)
    assert again.unfilled_because is None
    assert again.round_opened_at == now + HOUR
    assert len(factories.ask(session, job, now=now + HOUR)) == 1
    racing.assert_consistent(session)


def test_another_day_finds_who_was_busy(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    factories.neighbours(session, provider, [factories.LYON] * 10)
    for one in session.scalars(select(providers_models.Provider)).all():
        factories.away(session, one, from_at=now, to_at=now + timedelta(days=2), now=now)
    job = unfilled(session, now)
    assert job.unfilled_because == "nobody-free"
    later = {
        "window_from": job.window_from + timedelta(days=3),
        "window_to": job.window_to + timedelta(days=3),
    }
    dispatch(session, job, now=now, **later)
    made = factories.ask(session, job, now=now)
    assert len(made) == 4
    assert {offer.starts_at for offer in made} == {later["window_from"]}


def test_a_better_price_finds_who_would_not_come_for_less(session: Session, now: datetime) -> None:
    factories.provider(session, minimum_visit_cents=10_000, now=now)
    job = unfilled(session, now)
    assert job.unfilled_because == "price-too-low"
    dispatch(session, job, now=now, budget_cents=10_000)
    [offer] = factories.ask(session, job, now=now)
    assert offer.price["total_cents"] == 10_000


def test_another_way_of_asking_is_taken_over_whole(session: Session, now: datetime) -> None:
    factories.provider(session, minimum_visit_cents=10_000, now=now)
    job = unfilled(session, now)
    dispatch(session, job, now=now, mode="choose", budget_kind="quotes")
    assert (job.mode, job.budget_kind, job.budget_cents) == ("choose", "quotes", None)
    [offer] = factories.ask(session, job, now=now)
    assert offer.price["total_cents"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"budget_kind": "quotes"}, "budget.kind"),
        ({"duration_minutes": 11 * 60}, "window"),
        ({"budget_cents": None}, "budget.amount_cents"),
    ],
)
def test_terms_that_make_no_sense_are_refused_and_nothing_changes(
    session: Session, now: datetime, changes: dict[str, Any], field: str
) -> None:
    job = unfilled(session, now)
    with pytest.raises(errors.InvalidInput) as refused:
        dispatch(session, job, now=now, **changes)
    assert field in refused.value.fields
    session.refresh(job)
    assert (job.state, job.round, job.duration_minutes) == (JobState.UNFILLED, 1, 90)


def test_a_job_whose_window_is_over_needs_another_day(session: Session, now: datetime) -> None:
    job = unfilled(session, now)
    with pytest.raises(errors.InvalidInput):
        dispatch(session, job, now=job.window_to)


def test_a_job_for_now_cannot_be_put_off_to_next_week(session: Session, now: datetime) -> None:
    job = unfilled(session, now, urgency="now", window_from=now, window_to=now + timedelta(hours=4))
    week = timedelta(days=7)
    with pytest.raises(errors.InvalidInput) as refused:
        dispatch(
            session,
            job,
            now=now,
            window_from=job.window_from + week,
            window_to=job.window_to + week,
        )
    assert "window.from" in refused.value.fields


def test_only_an_unfilled_job_is_asked_about_again(session: Session, now: datetime) -> None:
    job, [first, *_] = asked_job(session, now)
    with pytest.raises(errors.IllegalMove) as refused:
        dispatch(session, job, now=now)
    assert refused.value.details["state"] == "open"
    accept(session, first, now=now)
    with pytest.raises(errors.NotAllowed):
        offers.dispatch(
            session,
            job.id,
            account=factories.person(session, first.provider_id),
            changes={},
            now=now,
        )


def test_who_declined_is_not_asked_again_even_for_more(session: Session, now: datetime) -> None:
    job, made = asked_job(session, now, people=2)
    for offer in made:
        decline(session, offer, now=now)
    offers.open_wave(session, job.id, round_=1, wave=2, now=now)
    assert job.state == JobState.UNFILLED
    newcomer = factories.provider(session, now=now)
    dispatch(session, job, now=now, budget_cents=20_000)
    assert [o.provider_id for o in factories.ask(session, job, now=now)] == [newcomer.account_id]


# --- expiring --------------------------------------------------------------------------------


def test_an_offer_nobody_answered_expires_and_silence_is_on_record(
    session: Session, now: datetime
) -> None:
    job, made = asked_job(session, now, people=2)
    over = made[0].expires_at
    assert offers.expire_due(session, now=over - timedelta(seconds=1)) == 0
    assert offers.expire_due(session, now=over) == 2
    assert offers.expire_due(session, now=over) == 0
    session.expire_all()
    assert states(made) == ["expired", "expired"]
    assert {offer.ended_at for offer in made} == {over}
    figures = providers.figures(session, made[0].provider_id, now=over)
    assert (figures.unanswered, figures.response_share) == (1, 0.0)
    # Looked at at once: its next wave was due before.
    assert [one[0] for one in factories.due_waves(session, now=over)] == [job.id]
    racing.assert_consistent(session)


def test_an_offer_that_expired_does_not_ring_any_more(session: Session, now: datetime) -> None:
    _, made = asked_job(session, now, people=1)
    offers.expire_due(session, now=made[0].expires_at)
    line = session.scalars(select(notifications_models.Notification)).one()
    assert (line.state, line.outcome) == ("withdrawn", "withdrawn")


def test_a_job_that_others_may_still_answer_is_not_hurried(session: Session, now: datetime) -> None:
    job, made = asked_job(session, now, people=12)
    offers.send_due(session, now=now + HOUR)
    # The first runs out four and a half minutes before the last.
    offers.expire_due(session, now=made[0].expires_at)
    session.expire_all()
    assert states(made).count("expired") == 1
    assert job.wake_at == now + 20 * MINUTE


def test_only_so_many_jobs_expire_at_a_time_the_oldest_first(
    session: Session, now: datetime
) -> None:
    made = []
    for number in range(3):
        place = factories.north(factories.LYON, 5_000 * number)
        factories.provider(session, base=place, reach_m=1000, now=now)
        job = factories.job(session, now=now + number * MINUTE, location=place)
        made += factories.ask(session, job, now=now + number * MINUTE)
    assert offers.expire_due(session, now=now + 3 * HOUR, limit=2) == 2
    session.expire_all()
    assert states(made) == ["expired", "expired", "sent"]


def test_a_job_that_somebody_is_changing_has_its_turn_a_moment_later(
    town: racing.Town,
) -> None:
    _, [offer] = town.case(1)
    other, _ = town.case(1)
    with database.transaction() as session:
        assert jobs.lock(session, other.id) is not None
        # No waiting: the other job's offer expires, this one's does not yet.
        assert town.call(offers.expire_due, now=offer.expires_at)() == 1
    assert town.call(offers.expire_due, now=offer.expires_at)() == 1


def test_who_drops_out_while_the_resident_cancels_leaves_it_cancelled(town: racing.Town) -> None:
    for _ in range(10):
        job, [offer, _] = town.case(2)
        town.accept(offer)()

        def drop(session: Session, job: jobs_models.Job, by: uuid.UUID, *, now: datetime) -> Any:
            return cancel(session, job, by=by, now=now)

        dropped, cancelled = racing.together(
            town.call(drop, job, offer.provider_id), town.call(drop, job, job.resident_id)
        )
        # Open or assigned, a resident may cancel; whoever was faster, it ends there.
        assert cancelled.state == JobState.CANCELLED
        assert not isinstance(dropped, errors.DomainError) or isinstance(
            dropped, errors.IllegalMove | errors.NotFound
        )


def test_asking_again_five_times_at_once_opens_one_round(
    own_database: Engine, now: datetime
) -> None:
    with database.transaction() as session:
        job = unfilled(session, now)

    def again() -> Any:
        with database.transaction() as session:
            return dispatch(session, job, now=now)

    assert racing.kinds(racing.together(*[again] * 5)) == ["IllegalMove"] * 4 + ["ok"]
    with database.transaction() as session:
        rounds = session.scalar(select(func.max(jobs_models.Job.round)))
    assert rounds == 2
    racing.assert_consistent(own_database)
