"""A job from post to completion: what is refused, who sees it, which moves are legal."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, errors, history, jobs, lifecycle, offers, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobMove, JobState
from jobbing_api.matching import models as matching_models
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from tests import factories
from tests.integration import racing

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def lines(session: Session, account_id: uuid.UUID) -> list[str]:
    line = notifications_models.Notification
    return list(
        session.scalars(select(line.kind).where(line.account_id == account_id).order_by(line.id))
    )


class Visit:
    """A job that somebody accepted, and both of its people."""

    def __init__(self, session: Session, now: datetime) -> None:
        provider = factories.provider(session, now=now)
        posted = factories.job(session, now=now)
        [offer] = factories.ask(session, posted, now=now)
        self.session = session
        self.provider = factories.person(session, provider.account_id)
        self.job = offers.accept(session, offer.id, account=self.provider, now=now)
        self.resident = factories.person(session, posted.resident_id)
        assert self.job.starts_at is not None
        self.starts_at: datetime = self.job.starts_at

    def by(self, call: Callable[..., Any], who: str, *, now: datetime, **kwargs: Any) -> Any:
        person: accounts_models.Account = getattr(self, who)
        return call(self.session, self.job.id, person, now=now, **kwargs)

    def to(self, state: JobState) -> Visit:
        """Go on until the job is in this state."""
        at = self.starts_at
        steps = {
            JobState.IN_PROGRESS: [(factories.start, "provider")],
            JobState.FINISHED: [(factories.start, "provider"), (jobs.finish, "provider")],
            JobState.COMPLETED: [
                (factories.start, "provider"),
                (jobs.finish, "provider"),
                (jobs.confirm, "resident"),
            ],
        }
        for call, who in steps.get(state, []):
            self.by(call, who, now=at)
            at += HOUR
        assert self.job.state == state
        return self


# --- posting ---------------------------------------------------------------------------------


def test_a_posted_job_is_open_watched_and_on_record(session: Session, now: datetime) -> None:
    job = factories.job(session, now=now)
    assert (job.state, job.round, job.wave) == (JobState.OPEN, 1, 0)
    assert (job.wake_at, job.queued_at) == (now, now)
    assert job.give_up_at is not None
    [entry] = history.of_job(session, job.id)
    assert (entry.event, entry.to_state, entry.actor_id) == ("job-post", "open", job.resident_id)


@pytest.mark.parametrize(
    ("changes", "give_up"),
    [
        # The policy's day, but two hours before the last possible start at the latest.
        ({}, timedelta(hours=24)),
        ({"window_to": DAY}, DAY - timedelta(minutes=90) - timedelta(hours=2)),
        # However short the time, a quarter of an hour to answer.
        ({"window_to": 4 * HOUR}, 4 * HOUR - timedelta(minutes=210)),
        ({"window_to": 3 * HOUR}, 15 * MINUTE),
        # But never past the last possible start.
        ({"window_to": 95 * MINUTE}, 5 * MINUTE),
        ({"urgency": "flexible", "window_to": 5 * DAY}, timedelta(hours=48)),
        ({"urgency": "now", "window_to": 4 * HOUR}, 15 * MINUTE),
        # A day to answer and a day to choose.
        ({"mode": "choose", "window_to": 5 * DAY}, timedelta(hours=48)),
    ],
)
def test_a_round_is_given_up_while_another_try_still_makes_sense(
    session: Session, now: datetime, changes: dict[str, Any], give_up: timedelta
) -> None:
    window = {"window_from": now, "window_to": now + changes.pop("window_to", 5 * DAY)}
    job = factories.job(session, now=now, **(window | changes))
    assert job.give_up_at == now + give_up


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"window_from": 2 * DAY, "window_to": DAY}, "window.to", "window-ends-before-it-starts"),
        ({"window_from": DAY, "window_to": DAY}, "window.to", "window-ends-before-it-starts"),
        ({"window_from": DAY, "window_to": DAY + HOUR}, "window", "window-shorter-than-the-job"),
        ({"window_from": -3 * HOUR, "window_to": HOUR}, "window", "window-past"),
        ({"window_from": DAY, "window_to": 61 * DAY}, "window.to", "window-too-far-ahead"),
        (
            {"mode": "choose", "urgency": "now", "window_from": HOUR, "window_to": 4 * HOUR},
            "mode",
            "choose-never-now",
        ),
        (
            {"budget_kind": "quotes", "budget_cents": None},
            "budget.kind",
            "quotes-only-with-choose",
        ),
        (
            {"budget_kind": "quotes", "mode": "choose"},
            "budget.amount_cents",
            "no-amount-with-quotes",
        ),
        ({"budget_cents": None}, "budget.amount_cents", "amount-required"),
        ({"urgency": "now"}, "window.from", "now-starts-within-4-hours"),
        ({"currency": "CHF"}, "budget.currency", "currency-of-the-market"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(
    session: Session, now: datetime, changes: dict[str, Any], field: str, code: str
) -> None:
    changes = {
        name: now + value if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }
    with pytest.raises(errors.InvalidInput) as refused:
        factories.job(session, now=now, **changes)
    assert refused.value.fields == {field: [code]}
    assert session.scalars(select(jobs_models.Job)).all() == []


def test_an_unknown_category_is_refused(session: Session, now: datetime) -> None:
    with pytest.raises(errors.DomainError):
        factories.job(session, now=now, category="time-travel")


def test_a_job_outside_all_markets_is_refused_and_counted(
    own_database: object, now: datetime
) -> None:
    with database.transaction() as session:
        resident = factories.account(session)
    with pytest.raises(errors.OutsideMarkets), database.transaction() as session:
        factories.job(session, now=now, resident=resident, location=(0.0, 0.0))
    with database.transaction() as session:
        [search] = session.scalars(select(matching_models.Search))
        assert (search.market_id, search.purpose) == (None, "outside-markets")
        assert session.scalars(select(jobs_models.Job)).all() == []


# --- who sees and rewords it -----------------------------------------------------------------


def test_a_job_exists_for_its_people_only(session: Session, now: datetime) -> None:
    visit = Visit(session, now)
    operator = accounts.make_operator(
        session,
        email="operator@example.org",
        market_slugs=["lyon"],
        level="read",
        password="a long enough password",
        now=now,
    )
    roles = [
        jobs.get_for(session, visit.job.id, person, now=now).role
        for person in (visit.resident, visit.provider, operator)
    ]
    assert roles == ["resident", "provider", "operator"]
    stranger = factories.account(session)
    for job_id in (visit.job.id, uuid.uuid4()):
        with pytest.raises(errors.NotFound):
            jobs.get_for(session, job_id, stranger, now=now)


def test_jobs_are_listed_newest_first_page_by_page(session: Session, now: datetime) -> None:
    resident = factories.account(session)
    made = [factories.job(session, now=now, resident=resident).id for _ in range(5)]
    factories.job(session, now=now)
    first = [job.id for job in jobs.list_for(session, resident, limit=3)]
    assert first == made[:1:-1]
    rest = [job.id for job in jobs.list_for(session, resident, limit=3, after=first[-1])]
    assert rest == made[1::-1]
    assert jobs.list_for(session, resident, states=["assigned"], limit=3) == []


def test_rewording_needs_the_version_that_was_read(session: Session, now: datetime) -> None:
    job = factories.job(session, now=now)
    resident = factories.person(session, job.resident_id)
    edited = jobs.edit(
        session, job.id, resident, changes={"title": "Deux gouttières"}, version=1, now=now
    )
    assert (edited.title, edited.version) == ("Deux gouttières", 2)
    with pytest.raises(errors.VersionMismatch):
        jobs.edit(session, job.id, resident, changes={"title": "Trois"}, version=1, now=now)
    with pytest.raises(errors.InvalidInput):
        jobs.edit(session, job.id, resident, changes={"mode": "choose"}, version=2, now=now)


def test_only_its_owner_rewords_a_job_and_only_before_work_begins(
    session: Session, now: datetime
) -> None:
    visit = Visit(session, now)
    with pytest.raises(errors.NotAllowed):
        visit.by(jobs.edit, "provider", changes={"title": "x"}, version=2, now=now)
    visit.to(JobState.IN_PROGRESS)
    with pytest.raises(errors.IllegalMove) as refused:
        visit.by(jobs.edit, "resident", changes={"title": "x"}, version=visit.job.version, now=now)
    assert refused.value.details["state"] == "in_progress"


# --- every move from every state -------------------------------------------------------------


def in_state(session: Session, state: JobState, now: datetime) -> jobs_models.Job:
    """A job in any state, as if it had come there by its moves."""
    if state == JobState.ASSIGNED:
        return Visit(session, now).job
    provider = factories.provider(session, now=now)
    job = factories.job(session, now=now)
    with_provider = state in lifecycle.JOB_HAS_PROVIDER
    session.execute(
        update(jobs_models.Job)
        .where(jobs_models.Job.id == job.id)
        .values(
            state=state,
            wake_at=now if state == JobState.OPEN else None,
            unfilled_because="nobody-free" if state == JobState.UNFILLED else None,
            provider_id=provider.account_id if with_provider else None,
            starts_at=now + DAY if with_provider else None,
            ends_at=now + DAY + HOUR if with_provider else None,
        )
    )
    session.refresh(job)
    return job


@pytest.mark.parametrize("move", JobMove)
@pytest.mark.parametrize("state", JobState)
def test_a_legal_move_works_and_an_illegal_one_is_refused_with_the_state(
    session: Session, now: datetime, state: JobState, move: JobMove
) -> None:
    job = in_state(session, state, now)
    version = job.version
    target = lifecycle.job_target(move)
    changes: dict[str, Any] = {}
    if target == JobState.OPEN:
        changes = {"wake_at": now, "provider_id": None, "starts_at": None, "ends_at": None}
    elif target == JobState.UNFILLED:
        changes = {"unfilled_because": "nobody-free"}
    elif target == JobState.ASSIGNED:
        provider_id = factories.provider(session, now=now).account_id
        changes = {"provider_id": provider_id, "starts_at": now, "ends_at": now + HOUR}

    def run() -> jobs_models.Job:
        return jobs.move(session, job.id, move, now=now, actor_role="system", changes=changes)

    if state in lifecycle.job_sources(move):
        moved = run()
        assert (moved.state, moved.version, moved.state_since) == (target, version + 1, now)
        session.flush()
        entry = history.of_job(session, job.id)[-1]
        assert (entry.event, entry.to_state) == (f"job-{move}", target)
    else:
        with pytest.raises(errors.IllegalMove) as refused:
            run()
        assert refused.value.details["state"] == str(state)
        session.refresh(job)
        assert (job.state, job.version) == (state, version)


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize(
    ("call", "who", "sources"),
    [
        (jobs.set_out, "provider", {JobState.ASSIGNED}),
        (factories.start, "provider", lifecycle.job_sources(JobMove.START)),
        (jobs.start, "resident", lifecycle.job_sources(JobMove.START)),
        (jobs.finish, "provider", lifecycle.job_sources(JobMove.FINISH)),
        (jobs.confirm, "resident", lifecycle.job_sources(JobMove.CONFIRM)),
        (jobs.redo, "resident", lifecycle.job_sources(JobMove.REDO)),
        (jobs.dispute, "resident", lifecycle.job_sources(JobMove.DISPUTE)),
        (jobs.dispute, "provider", lifecycle.job_sources(JobMove.DISPUTE)),
    ],
)
def test_each_side_moves_its_job_from_the_states_it_may(
    session: Session,
    now: datetime,
    state: JobState,
    call: Callable[..., jobs_models.Job],
    who: str,
    sources: frozenset[JobState],
) -> None:
    job = in_state(session, state, now)
    account_id = job.provider_id if who == "provider" else job.resident_id
    if account_id is None:
        return
    person = factories.person(session, account_id)
    if state in sources:
        # Nobody sets out the day before.
        at = job.starts_at or now
        assert call(session, job.id, person, now=at).id == job.id
        return
    with pytest.raises(errors.IllegalMove) as refused:
        call(session, job.id, person, now=now)
    assert refused.value.details["state"] == str(state)


@pytest.mark.parametrize(
    ("call", "who"),
    [
        (jobs.set_out, "resident"),
        (jobs.finish, "resident"),
        (jobs.confirm, "provider"),
        (jobs.redo, "provider"),
    ],
)
def test_what_one_side_does_the_other_may_not(
    session: Session, now: datetime, call: Callable[..., Any], who: str
) -> None:
    visit = Visit(session, now)
    with pytest.raises(errors.NotAllowed):
        visit.by(call, who, now=now)
    assert visit.job.state == JobState.ASSIGNED


def test_a_state_that_does_not_exist_cannot_be_stored(session: Session, now: datetime) -> None:
    job = factories.job(session, now=now)
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        session.execute(
            update(jobs_models.Job)
            .where(jobs_models.Job.id == job.id)
            .values(state="lost", wake_at=None)
        )
    assert database.violated(refused.value) == "ck_jobs_state"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"wake_at": None}, "ck_jobs_open_is_watched"),
        ({"state": "cancelled"}, "ck_jobs_open_is_watched"),
        ({"state": "assigned", "wake_at": None}, "ck_jobs_provider_when_assigned"),
        ({"state": "unfilled", "wake_at": None}, "ck_jobs_unfilled_has_reason"),
        ({"duration_minutes": 11 * 60}, "ck_jobs_window_holds_duration"),
        ({"mode": "choose", "urgency": "now"}, "ck_jobs_choose_never_now"),
    ],
)
def test_what_must_never_be_is_refused_by_the_database_too(
    session: Session, now: datetime, values: dict[str, Any], constraint: str
) -> None:
    job = factories.job(session, now=now)
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        session.execute(
            update(jobs_models.Job).where(jobs_models.Job.id == job.id).values(**values)
        )
    assert database.violated(refused.value) == constraint


# --- the visit -------------------------------------------------------------------------------


def test_a_visit_goes_from_door_to_done_and_both_are_told(session: Session, now: datetime) -> None:
    visit = Visit(session, now)
    at = visit.starts_at
    visit.by(jobs.set_out, "provider", now=at - 20 * MINUTE)
    visit.by(factories.start, "provider", now=at)
    visit.by(jobs.finish, "provider", now=at + HOUR)
    visit.by(jobs.confirm, "resident", now=at + 2 * HOUR)
    job = visit.job
    assert (job.on_my_way_at, job.started_at, job.finished_at, job.completed_at) == (
        at - 20 * MINUTE,
        at,
        at + HOUR,
        at + 2 * HOUR,
    )
    assert lines(session, visit.resident.id) == [
        "job-assigned",
        "on-my-way",
        "job-started",
        "job-finished",
    ]
    assert lines(session, visit.provider.id)[-1] == "job-completed"
    racing.assert_consistent(session)


def test_on_my_way_counts_the_first_time(session: Session, now: datetime) -> None:
    visit = Visit(session, now)
    at = visit.starts_at - 20 * MINUTE
    visit.by(jobs.set_out, "provider", now=at)
    visit.by(jobs.set_out, "provider", now=at + MINUTE)
    assert visit.job.on_my_way_at == at
    assert lines(session, visit.resident.id).count("on-my-way") == 1


@pytest.mark.parametrize(("minutes", "figure"), [(15, "kept"), (16, "late")])
def test_a_quarter_of_an_hour_is_not_late(
    session: Session, now: datetime, minutes: int, figure: str
) -> None:
    visit = Visit(session, now)
    at = visit.starts_at + minutes * MINUTE
    visit.by(factories.start, "provider", now=at)
    figures = providers.figures(session, visit.provider.id, now=at)
    assert {name: getattr(figures, name) for name in ("kept", "late")} == {
        "kept": int(figure == "kept"),
        "late": int(figure == "late"),
    }


def test_a_redo_is_asked_for_once(session: Session, now: datetime) -> None:
    visit = Visit(session, now).to(JobState.FINISHED)
    at = visit.starts_at + 3 * HOUR
    visit.by(jobs.redo, "resident", reason="still drips", now=at)
    assert (visit.job.state, visit.job.finished_at) == (JobState.IN_PROGRESS, None)
    assert lines(session, visit.provider.id)[-1] == "redo-asked"
    visit.by(jobs.finish, "provider", now=at + HOUR)
    with pytest.raises(errors.IllegalMove):
        visit.by(jobs.redo, "resident", now=at + HOUR)
    visit.by(jobs.confirm, "resident", now=at + 2 * HOUR)
    assert visit.job.state == JobState.COMPLETED


def test_either_side_may_dispute_and_the_other_is_told(session: Session, now: datetime) -> None:
    visit = Visit(session, now).to(JobState.FINISHED)
    visit.by(jobs.dispute, "provider", reason="no answer", now=now)
    assert visit.job.state == JobState.DISPUTED
    assert lines(session, visit.resident.id)[-1] == "job-disputed"


def test_who_gave_a_job_back_cannot_start_it_for_the_next(session: Session, now: datetime) -> None:
    first, second = (factories.provider(session, now=now) for _ in range(2))
    job = factories.job(session, now=now)
    made = {offer.provider_id: offer for offer in factories.ask(session, job, now=now)}
    former = factories.person(session, first.account_id)
    offers.accept(session, made[first.account_id].id, account=former, now=now)
    offers.cancel(session, job.id, account=former, reason="", now=now)
    [again] = factories.ask(session, job, now=now)
    successor = factories.person(session, second.account_id)
    offers.accept(session, again.id, account=successor, now=now)
    for call in (jobs.set_out, factories.start, jobs.finish):
        with pytest.raises(errors.NotFound):
            call(session, job.id, former, now=now)
    assert factories.start(session, job.id, successor, now=now).state == JobState.IN_PROGRESS


def test_who_waits_to_start_a_job_that_is_given_to_another_meanwhile_cannot(
    town: racing.Town,
) -> None:
    job, [first, second] = town.case(2)
    town.accept(first)()
    with database.transaction() as session:
        former, successor = (
            factories.person(session, offer.provider_id) for offer in (first, second)
        )

    def start() -> Any:
        with database.transaction() as session:
            return factories.start(session, job.id, former, now=town.soon)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            offers.cancel(session, job.id, account=former, reason="", now=town.now)
            mine = session.get_one(jobs_models.Job, job.id)
            [again] = factories.ask(session, mine, now=town.now)
            offers.accept(session, again.id, account=successor, now=town.now)
            starting = pool.submit(start)
            racing.wait_for_blocked(town.engine)
        with pytest.raises(errors.NotFound):
            starting.result()
    assert town.one("SELECT state, provider_id FROM jobs WHERE id = :id", id=job.id) == (
        "assigned",
        successor.id,
    )


def test_of_moves_at_once_one_is_made(town: racing.Town) -> None:
    for _ in range(5):
        job, [offer] = town.case(1)
        town.accept(offer)()

        def start(session: Session, offer: offers_models.Offer, *, now: datetime) -> Any:
            return factories.start(
                session, offer.job_id, factories.person(session, offer.provider_id), now=now
            )

        def cancel(session: Session, job: jobs_models.Job, *, now: datetime) -> Any:
            person = factories.person(session, job.resident_id)
            return offers.cancel(session, job.id, account=person, reason="", now=now)

        outcomes = racing.together(
            town.call(start, offer), town.call(start, offer), town.call(cancel, job)
        )
        assert racing.kinds(outcomes) in (
            ["IllegalMove", "IllegalMove", "ok"],
            ["IllegalMove", "NotFound", "ok"],
            ["NotFound", "NotFound", "ok"],
        )
