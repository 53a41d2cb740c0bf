"""What would help a job that nobody came for: as many as are told of are asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import accounts, dues, jobs, offers, privacy, providers
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from jobbing_api.notifications import models as notifications_models
from tests import factories
from tests.factories import LYON, north

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def unfilled(session: Session, now: datetime, **changes: Any) -> jobs_models.Job:
    job = factories.job(session, now=now, **changes)
    assert factories.ask(session, job, now=now) == []
    if job.state == JobState.OPEN:
        # For now it is waited for its time.
        assert factories.ask(session, job, now=job.give_up_at or now) == []
    assert job.state == JobState.UNFILLED
    return job


def told(session: Session, job: jobs_models.Job, now: datetime) -> dict[str, offers.Remedy]:
    return {one.kind: one for one in offers.remedies_of(session, job, now=now)}


def take(
    session: Session, job: jobs_models.Job, one: offers.Remedy, *, now: datetime
) -> set[object]:
    """Everybody who is asked in all waves after this remedy was taken."""
    assert one.changes is not None
    person = factories.person(session, job.resident_id)
    offers.dispatch(session, job.id, account=person, changes=one.changes, now=now)
    asked: set[object] = set()
    while made := factories.ask(session, job, now=now):
        asked |= {offer.provider_id for offer in made}
        now += 20 * MINUTE
        offers.send_due(session, now=now)
    return asked


def test_a_price_that_makes_a_town_dense_is_counted_by_its_rules(
    session: Session, now: datetime
) -> None:
    dear = factories.provider(session, minimum_visit_cents=10_000, now=now)
    near = [dear, *factories.neighbours(session, dear, [north(LYON, 4_000)] * 11)]
    within = factories.neighbours(session, dear, [north(LYON, 12_000)])
    # In reach by their own word, but twelve live within five kilometres: nobody is asked
    # from farther than fifteen, unless the resident would have them again.
    beyond, again = factories.neighbours(session, dear, [north(LYON, 18_000)] * 2)
    resident = factories.account(session)
    accounts.favour(session, resident, again.account_id, now=now)
    job = unfilled(session, now, resident=resident)
    assert job.unfilled_because == "price-too-low"

    remedies = told(session, job, now)

    assert set(remedies) == {"higher-price", "choose", "wait-list"}
    one = remedies["higher-price"]
    assert one.changes == {"budget_kind": "fixed", "budget_cents": 10_350}
    assert (one.would_reach, one.instead_of) == (14, 0)
    assert remedies["wait-list"].would_reach == 0
    asked = take(session, job, one, now=now)
    assert asked == {who.account_id for who in (*near, *within, again)}
    assert beyond.account_id not in asked


def test_nothing_helps_that_reaches_no_more_than_asking_again(
    session: Session, now: datetime
) -> None:
    """One keeps silent; two more are free the day after, one for more."""
    factories.provider(session, now=now)
    busy = factories.provider(session, now=now)
    factories.away(session, busy, from_at=now, to_at=now + 34 * HOUR, now=now)
    job = factories.job(session, now=now)
    assert len(factories.ask(session, job, now=now)) == 1
    late = now + DAY
    offers.expire_due(session, now=late)
    assert factories.ask(session, job, now=late - 3 * HOUR) == []
    assert job.unfilled_because == "nobody-answered"
    remedies = told(session, job, now + 2 * HOUR)
    assert set(remedies) == {"another-day", "wait-list"}
    assert (remedies["another-day"].would_reach, remedies["another-day"].instead_of) == (2, 1)
    assert len(take(session, job, remedies["another-day"], now=now + 2 * HOUR)) == 2


def test_twenty_who_can_be_asked_again_need_no_remedy(session: Session, now: datetime) -> None:
    resident = factories.account(session)
    job = unfilled(session, now, resident=resident)
    first = factories.provider(session, now=now)
    factories.neighbours(session, first, [LYON] * 18)
    assert told(session, job, now)["wait-list"].instead_of == 19
    factories.neighbours(session, first, [LYON])
    assert told(session, job, now) == {}


def test_the_best_day_is_the_first_of_those_with_most(session: Session, now: datetime) -> None:
    first, second = (factories.provider(session, now=now) for _ in range(2))
    factories.away(session, first, from_at=now, to_at=now + 34 * HOUR, now=now)
    factories.away(session, second, from_at=now, to_at=now + 60 * HOUR, now=now)
    job = unfilled(session, now)
    one = told(session, job, now)["another-day"]
    assert one.would_reach == 2
    assert one.changes == {
        "window_from": job.window_from + 2 * DAY,
        "window_to": job.window_to + 2 * DAY,
    }


def test_another_day_has_the_same_hours_when_clocks_change(session: Session) -> None:
    # The last Saturday of October. On Sunday an hour comes twice; people are asked softly
    # then, where few live, and Monday is better.
    now = datetime(2026, 10, 23, 10, 0, tzinfo=UTC)
    provider = factories.provider(session, now=now)
    factories.away(session, provider, from_at=now, to_at=now + 40 * HOUR, now=now)
    job = unfilled(session, now)
    one = told(session, job, now)["another-day"]
    assert one.changes == {
        "window_from": datetime(2026, 10, 26, 7, 0, tzinfo=UTC),
        "window_to": datetime(2026, 10, 26, 17, 0, tzinfo=UTC),
    }


def test_several_days_move_by_as_many(session: Session, now: datetime) -> None:
    provider = factories.provider(session, now=now)
    factories.away(session, provider, from_at=now, to_at=now + 4 * DAY, now=now)
    brief = factories.brief(now)
    until = brief.window_from + 60 * HOUR
    job = unfilled(session, now, urgency="flexible", window_to=until)
    one = told(session, job, now)["another-day"]
    assert one.changes is not None
    assert one.changes["window_from"] == job.window_from + 3 * DAY


def test_for_now_there_is_a_higher_price_and_a_wait(session: Session, now: datetime) -> None:
    off_duty = factories.provider(session, now=now)
    dear = factories.provider(session, minimum_visit_cents=10_000, now=now)
    person = factories.person(session, dear.account_id)
    providers.put_presence(session, person, online=True, position=None, now=now)
    window = {"window_from": now, "window_to": now + 4 * HOUR}
    job = unfilled(session, now, urgency="now", **window)
    at = now + 20 * MINUTE
    remedies = told(session, job, at)
    assert {kind: one.would_reach for kind, one in remedies.items()} == {
        "higher-price": 1,
        "wait-list": 1,
    }
    resident = factories.person(session, job.resident_id)
    offers.wait(session, job.id, resident, now=at)
    providers.put_presence(
        session, factories.person(session, off_duty.account_id), online=True, position=None, now=at
    )
    offers.look_for_waiting(session, job.id, now=at + MINUTE)
    assert lines(session, job) == []
    offers.look_for_waiting(session, job.id, now=at + 2 * MINUTE)
    assert lines(session, job) == ["wait-list-free"]


# Waiting -------------------------------------------------------------------------------


def lines(session: Session, job: jobs_models.Job) -> list[str]:
    line = notifications_models.Notification
    found = select(line.kind).where(
        line.account_id == job.resident_id, line.kind == "wait-list-free"
    )
    return list(session.scalars(found))


def due_at(session: Session, job: jobs_models.Job) -> datetime | None:
    row = session.get(dues.Due, ("wait-list", job.id), populate_existing=True)
    return None if row is None else row.due_at


def test_nobody_is_looked_for_at_night(session: Session) -> None:
    evening = datetime(2026, 6, 1, 18, 25, tzinfo=UTC)
    job = unfilled(session, evening)
    offers.wait(session, job.id, factories.person(session, job.resident_id), now=evening)
    # Five minutes before the quiet hours, and five after them.
    assert due_at(session, job) == datetime(2026, 6, 2, 5, 35, tzinfo=UTC)


@pytest.mark.parametrize("times", [1, 2])
def test_a_look_that_is_asked_for_twice_looks_once(
    session: Session, now: datetime, times: int
) -> None:
    job = unfilled(session, now)
    offers.wait(session, job.id, factories.person(session, job.resident_id), now=now)
    factories.provider(session, now=now)
    for _ in range(times):
        offers.look_for_waiting(session, job.id, now=now + 10 * MINUTE)
    assert lines(session, job) == ["wait-list-free"]
    assert due_at(session, job) is None


def test_a_block_keeps_somebody_from_being_news(session: Session, now: datetime) -> None:
    job = unfilled(session, now)
    resident = factories.person(session, job.resident_id)
    offers.wait(session, job.id, resident, now=now)
    provider = factories.provider(session, now=now)
    accounts.block(session, resident, provider.account_id, now=now)
    offers.look_for_waiting(session, job.id, now=now + 10 * MINUTE)
    assert lines(session, job) == []
    assert due_at(session, job) == now + 20 * MINUTE


def test_whoever_is_erased_waits_no_more(session: Session, now: datetime) -> None:
    job = unfilled(session, now)
    resident = factories.person(session, job.resident_id)
    offers.wait(session, job.id, resident, now=now)
    privacy.erase(session, resident, now=now + MINUTE)
    assert due_at(session, job) is None


def test_a_draft_is_no_job(session: Session, now: datetime) -> None:
    """Whatever is tried on the record, nothing of it is kept."""
    factories.provider(session, minimum_visit_cents=10_000, now=now)
    job = unfilled(session, now)
    before = (job.round, job.budget_cents, job.window_from, job.version)
    told(session, job, now)
    jobs.draft(session, factories.account(session), brief=factories.brief(now), now=now)
    session.flush()
    session.refresh(job)
    assert (job.round, job.budget_cents, job.window_from, job.version) == before
    assert len(session.scalars(select(jobs_models.Job)).all()) == 1
