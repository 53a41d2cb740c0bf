"""Two who change the same visit at once: one truth, whoever is first."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from jobbing_api import dues, errors, jobs, offers
from jobbing_api.jobs import calling_off
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from tests import factories
from tests.integration import racing

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def town(own_database: Engine, now: datetime) -> racing.Town:
    return racing.Town(own_database, now)


def agreed(town: racing.Town) -> tuple[jobs_models.Job, Any]:
    """A job somebody accepted, one of two who were asked."""
    job, made = town.case(2)
    town.accept(made[0])()
    return job, made[0]


def by(
    town: racing.Town,
    function: Callable[..., Any],
    job_id: uuid.UUID,
    account_id: uuid.UUID,
    **kwargs: Any,
) -> Callable[[], Any]:
    """Somebody does something with a job."""

    def do(session: Session, *, now: datetime) -> Any:
        person = factories.person(session, account_id)
        return function(session, job_id, person, now=now, **kwargs)

    return town.call(do)


def cancel(town: racing.Town, job: jobs_models.Job, account_id: uuid.UUID) -> Callable[[], Any]:
    def do(session: Session, *, now: datetime) -> Any:
        person = factories.person(session, account_id)
        return offers.cancel(session, job.id, account=person, reason="", now=now)

    return town.call(do)


def test_agreeing_to_another_hour_while_somebody_calls_it_off(town: racing.Town) -> None:
    for number in range(10):
        job, offer = agreed(town)
        when = offer.starts_at + 26 * HOUR
        by(town, jobs.ask_to_move, job.id, job.resident_id, starts_at=when)()
        who = job.resident_id if number % 2 else offer.provider_id
        moved, ended = racing.together(
            by(town, jobs.answer_move, job.id, offer.provider_id, agree=True),
            cancel(town, job, who),
        )
        assert not isinstance(ended, errors.DomainError)
        if isinstance(moved, errors.DomainError):
            assert isinstance(moved, errors.IllegalMove | errors.NotFound | errors.NothingAsked)
        racing.assert_consistent(town.engine)


def test_asking_for_two_other_hours_at_once_leaves_one_question(town: racing.Town) -> None:
    for _ in range(10):
        job, offer = agreed(town)
        asked = racing.together(
            *(
                by(
                    town,
                    jobs.ask_to_move,
                    job.id,
                    who,
                    starts_at=offer.starts_at + timedelta(hours=26 + place),
                )
                for place, who in enumerate((job.resident_id, offer.provider_id))
            )
        )
        assert not any(isinstance(one, Exception) for one in asked)
        open_ones = "SELECT count(*) FROM reschedules WHERE job_id = :id AND state = 'asked'"
        assert town.one(open_ones, id=job.id) == (1,)
        racing.assert_consistent(town.engine)


def test_beginning_while_the_clock_says_that_nobody_came(town: racing.Town) -> None:
    for _ in range(10):
        job, offer = agreed(town)
        late = offer.starts_at + 30 * MINUTE

        def begin(session: Session, *, now: datetime, job: jobs_models.Job = job) -> Any:
            resident = factories.person(session, job.resident_id)
            return jobs.start(session, job.id, resident, now=now)

        begun, missed = racing.together(
            town.call(begin, now=late), town.call(offers.miss, job.id, now=late)
        )
        assert missed is None
        state = town.one("SELECT state FROM jobs WHERE id = :id", id=job.id)[0]
        assert state == ("open" if isinstance(begun, errors.DomainError) else "in_progress")
        racing.assert_consistent(town.engine)


def test_what_is_due_is_done_once_by_however_many_clocks(town: racing.Town) -> None:
    job, offer = agreed(town)
    late = offer.starts_at + 15 * MINUTE
    racing.together(*[town.call(jobs.tell_late, job.id, now=late) for _ in range(4)])
    told = "SELECT count(*) FROM notifications WHERE subject_id = :id AND kind = 'visit-late'"
    assert town.one(told, id=job.id) == (1,)


def test_what_could_not_be_done_is_put_off_further_and_further(
    session: Session, now: datetime
) -> None:
    job = factories.job(session, now=now)
    dues.put(session, job.id, market_id=job.market_id, at={jobs.LATE: now})
    (one,) = dues.found(session, now=now, limit=10)
    waits = []
    for _ in range(8):
        dues.put_off(session, one, now=now)
        due_at = dues.next_due_at(session)
        assert due_at is not None
        waits.append((due_at - now).total_seconds())
        now = due_at
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 1920]
    dues.strike(session, job.id, [jobs.LATE])
    # Struck meanwhile, it is not due any more.
    dues.put_off(session, one, now=now)
    assert dues.next_due_at(session) is None


def test_costs_go_by_real_hours_across_the_change_to_winter_time(
    session: Session, now: datetime
) -> None:
    """A visit at eight on the Sunday on which clocks go back in Paris, a resident in
    Fort-de-France: 24 hours before is nine on Saturday in Paris, not eight."""
    paris = ZoneInfo("Europe/Paris")
    starts_at = datetime(2026, 10, 25, 8, 0, tzinfo=paris).astimezone(UTC)
    provider = factories.provider(session, now=now)
    job = factories.job(session, now=now)
    policy = jobs.policy_of(session, job, now=now)
    # What it would be, and is never written.
    session.expunge(job)
    job.state, job.provider_id = JobState.ASSIGNED, provider.account_id
    job.starts_at, job.ends_at = starts_at, starts_at + HOUR
    job.order = {"lines": [], "total_cents": 9000}
    visit = jobs_models.Visit(agreed_at=now, least_fee_cents=0, least_points=0)

    def fee(at: datetime) -> int:
        return calling_off.costs(job, visit, policy, role="resident", at=at).fee_cents

    nine = datetime(2026, 10, 24, 9, 0, tzinfo=paris)
    assert (fee(nine), fee(nine + MINUTE)) == (0, 1500)
    there = datetime(2026, 10, 24, 3, 0, tzinfo=ZoneInfo("America/Martinique"))
    assert (there.astimezone(UTC), fee(there)) == (nine.astimezone(UTC), 0)
