"""Forgetting a person.

Hides: what in which table names somebody, and in which order it can go. What happened
stays countable; nothing that stays says to whom it happened.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, Text, cast, column, delete, func, or_, select, table, update
from sqlalchemy.orm import Session

from jobbing_api import (
    dues,
    errors,
    files,
    geography,
    history,
    jobs,
    mail,
    offers,
    providers,
    words,
)
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models

#: Somebody is at work, or a person has to decide between two: both need both sides.
_NOT_NOW = (JobState.IN_PROGRESS, JobState.DISPUTED)

#: The edge's table of answers given; privacy lies below the edge and knows its name only.
_ANSWERS = table("idempotency_answers", column("scope", Text))

#: Free time that is empty stays so: nothing is to be computed anew until then.
_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


def erase(session: Session, account: accounts_models.Account, *, now: datetime) -> None:
    """Forget whose account this was, for good.

    What is still promised ends first: the open and accepted jobs of a resident are
    cancelled, those a provider accepted are asked about anew, and everybody concerned
    is told. Then goes what names the person; stars, states, times and amounts stay, and
    so does the history, which holds no names. Places become the centre of the square
    that others could see. Done twice, it finds nothing more to do. Raises IllegalMove
    while a job is in progress or in dispute.
    """
    # Waits for whatever this person is doing right now, so that nothing is written
    # about them behind our back; what has to wait for us in turn is tried again.
    session.scalars(
        select(accounts_models.Account)
        .where(accounts_models.Account.id == account.id)
        .with_for_update(),
        execution_options={"populate_existing": True},
    ).one()
    if account.erased_at is not None:
        return
    _refuse_at_work(session, account.id)
    _end_promises(session, account, now=now)
    _forget_trade(session, account.id, now=now)
    _forget_jobs(session, account)
    _end_series(session, account.id, now=now)
    # Nobody sees them from this moment on; a task removes them where they lie, and finds
    # them by their rows until it has.
    files.forget(session, account.id, now=now)
    _forget_ties(session, account)
    _forget_name(session, account, now=now)


def _refuse_at_work(session: Session, ours: uuid.UUID) -> None:
    job = jobs_models.Job
    busy = session.scalar(
        select(job.state)
        .where(or_(job.resident_id == ours, job.provider_id == ours), job.state.in_(_NOT_NOW))
        .limit(1)
    )
    if busy is not None:
        raise errors.IllegalMove(state=str(busy))


def _end_promises(session: Session, account: accounts_models.Account, *, now: datetime) -> None:
    job = jobs_models.Job
    promised = select(job.id).where(
        or_(
            (job.resident_id == account.id) & job.state.in_((JobState.OPEN, JobState.ASSIGNED)),
            (job.provider_id == account.id) & (job.state == JobState.ASSIGNED),
        )
    )
    # Everybody who locks several jobs does so in the order of their ids.
    for job_id in session.scalars(promised.order_by(job.id)).all():
        offers.cancel(session, job_id, account=account, reason="", now=now)
    offers.leave(session, account.id, now=now)


def _forget_trade(session: Session, ours: uuid.UUID, *, now: datetime) -> None:
    """What a provider said of themselves; the record of what they did stays."""
    provider = session.get(
        providers_models.Provider, ours, with_for_update=True, populate_existing=True
    )
    offer = offers_models.Offer
    # Of a quote the amount stays, and nothing that was written with it.
    session.execute(
        update(offer)
        .where(offer.provider_id == ours, offer.quote.is_not(None))
        .values(quote=func.jsonb_build_object("amount_cents", offer.quote["amount_cents"])),
        execution_options={"synchronize_session": False},
    )
    visit, asked = jobs_models.Visit, jobs_models.Substitution
    for statement in (
        update(visit).where(visit.provider_id == ours).values(comes_name=None),
        update(asked).where(asked.provider_id == ours).values(name="", reason=""),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})
    if provider is None:
        return
    paper = providers_models.Paper
    for paper_id in session.scalars(select(paper.id).where(paper.provider_id == ours)).all():
        # Nobody is to be reminded of it.
        dues.strike(session, paper_id, [providers.papers.ENDS])
    for model in (
        providers_models.Skill,
        providers_models.WeeklyHours,
        providers_models.CalendarException,
        providers_models.Presence,
        providers_models.Paper,
        providers_models.PortfolioItem,
        providers_models.NightlyFigures,
        providers_models.CalendarFeed,
    ):
        session.execute(delete(model).where(model.provider_id == ours))
    lon, lat = geography.snap(geography.lon_lat(provider.base), geography.PROVIDER_GRID_M)
    provider.base = geography.point(lon, lat)
    provider.headline = ""
    provider.tools = []
    if provider.reach_area is not None:
        # The area was drawn around a home: any fixed reach says less.
        provider.reach_area = None
        provider.reach_m = geography.PROVIDER_GRID_M
    provider.identity_checked_at = None
    # Nobody is to be asked any more whether these hours are right.
    provider.calendar_confirmed_at = provider.calendar_confirmed_at or now
    provider.free_time = []
    provider.free_until = _FOR_EVER
    provider.version += 1
    provider.calendar_version += 1
    session.flush()
    session.expire(provider)


def _forget_jobs(session: Session, account: accounts_models.Account) -> None:
    """What a resident wrote, and where they live."""
    job, booking = jobs_models.Job, providers_models.Booking
    homes = session.execute(
        select(job.id, job.location).where(job.resident_id == account.id).order_by(job.id)
    ).all()
    for job_id, location in homes:
        offers.leave_wait_list(session, job_id)
        square = geography.snap(geography.lon_lat(location), geography.JOB_GRID_M)
        place = geography.point(*square)
        title = words.say(account.language, "erased-job-title")
        session.execute(
            update(job)
            .where(job.id == job_id)
            .values(
                title=title,
                # What was agreed stays, but for what the resident called it.
                order=func.jsonb_set(
                    job.order,
                    cast(["title"], ARRAY(Text)),
                    func.to_jsonb(cast(title, Text)),
                    False,
                ),
                brief={},
                address="",
                access_notes="",
                location=place,
                version=job.version + 1,
            ),
            execution_options={"synchronize_session": "fetch"},
        )
        session.execute(
            update(booking).where(booking.job_id == job_id).values(place=place),
            execution_options={"synchronize_session": "fetch"},
        )
    for model, author in _WRITTEN:
        session.execute(
            update(model).where(author == account.id).values(text=""),
            execution_options={"synchronize_session": False},
        )
    agreed, paper = jobs_models.Substitution, providers_models.Paper
    session.execute(
        update(agreed)
        .where(
            agreed.job_id.in_(select(job.id).where(job.resident_id == account.id)),
            agreed.answer.is_not(None),
        )
        .values(answer=""),
        execution_options={"synchronize_session": False},
    )
    # What an operator wrote to a paper.
    session.execute(
        update(paper)
        .where(paper.settled_by == account.id, paper.refused_because.is_not(None))
        .values(refused_because=""),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(jobs_models.Review)
        .where(jobs_models.Review.about_id == account.id, jobs_models.Review.reply.is_not(None))
        .values(reply=""),
        execution_options={"synchronize_session": False},
    )


def _end_series(session: Session, ours: uuid.UUID, *, now: datetime) -> None:
    """Nothing of theirs comes again."""
    series = jobs_models.Series
    ended = session.scalars(
        update(series)
        .where(series.resident_id == ours, series.ended_at.is_(None))
        .values(ended_at=now, ended_because="resident")
        .returning(series.id),
        execution_options={"synchronize_session": False},
    )
    for series_id in ended.all():
        dues.strike(session, series_id, [jobs.ASK])


#: What somebody wrote about a job, and the column that says who.
_WRITTEN: tuple[tuple[Any, Any], ...] = (
    (jobs_models.Message, jobs_models.Message.author_id),
    (jobs_models.Report, jobs_models.Report.reporter_id),
    (jobs_models.Statement, jobs_models.Statement.author_id),
    (jobs_models.ChangeOrder, jobs_models.ChangeOrder.author_id),
    (jobs_models.CheckIn, jobs_models.CheckIn.author_id),
    (jobs_models.Review, jobs_models.Review.author_id),
)


def _forget_ties(session: Session, account: accounts_models.Account) -> None:
    """Ways to reach them, ways for them to get in, and whom they would not meet."""
    ours = account.id
    block, favourite = accounts_models.Block, accounts_models.Favourite
    letters = mail.Mail.account_id == ours
    for ours_alone in (account.email, account.phone):
        if ours_alone is not None:
            letters |= mail.Mail.to_address == ours_alone
    for statement in (
        delete(notifications_models.Notification).where(
            notifications_models.Notification.account_id == ours
        ),
        delete(notifications_models.Device).where(notifications_models.Device.account_id == ours),
        delete(accounts_models.MailToken).where(accounts_models.MailToken.account_id == ours),
        delete(accounts_models.PhoneCode).where(accounts_models.PhoneCode.account_id == ours),
        delete(accounts_models.SignIn).where(accounts_models.SignIn.account_id == ours),
        delete(accounts_models.OperatorGrant).where(
            accounts_models.OperatorGrant.account_id == ours
        ),
        delete(block).where(or_(block.account_id == ours, block.blocked_account_id == ours)),
        delete(favourite).where(or_(favourite.account_id == ours, favourite.provider_id == ours)),
        delete(notifications_models.Preference).where(
            notifications_models.Preference.account_id == ours
        ),
        delete(mail.Mail).where(letters),
        delete(_ANSWERS).where(_ANSWERS.c.scope == str(ours)),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})


def _forget_name(session: Session, account: accounts_models.Account, *, now: datetime) -> None:
    account.display_name = words.say(account.language, "erased-person")
    account.email = None
    account.email_verified_at = None
    account.password_hash = None
    account.firebase_uid = None
    account.phone = account.phone_verified_at = None
    account.suspended_reason = None
    account.erased_at = now
    account.roles = [held for held in account.roles if held.role != "operator"]
    session.flush()
    history.forget_remarks(session, account.id)
    history.record(
        session,
        "account-erased",
        at=now,
        actor_role="system",
        actor_id=account.id,
        account_id=account.id,
    )
