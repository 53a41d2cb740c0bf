"""The wait list: a job that nobody came for, until somebody else could.

Hides: that to wait is nothing but something due, that it is looked at by day only and
at intervals, and that it ends with its word to the resident, with the job's window, or
when the job is asked about again.

The resident is told and not the providers: whoever waits may have found other help by
then, and an acceptance would bind them at once. A word binds nobody.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jobbing_api import dues, errors, history, jobs, markets
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from jobbing_api.offers import filling
from jobbing_api.offers.requests import Case, case_of

#: What is due of a job that waits.
WAIT_LIST = "wait-list"

#: The line to whoever waits.
FREE = "wait-list-free"

#: It is worth sending for so long.
_WORTH_SENDING = timedelta(hours=12)


def latest_start(job: jobs_models.Job) -> datetime:
    """When it is too late to begin within the job's window."""
    return job.window_to - timedelta(minutes=job.duration_minutes)


def waits(session: Session, job: jobs_models.Job) -> bool:
    """Whether the job is on the wait list."""
    return job.state == JobState.UNFILLED and dues.is_put(session, WAIT_LIST, job.id)


def wait(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> jobs_models.Job:
    """Its resident waits until somebody could come who was not asked in this round, as long
    as the job's window allows. Said again, it changes nothing.

    Raises IllegalMove unless the job is unfilled, InvalidInput once it is too late to begin.
    """
    job = _held(session, job_id, account, now=now)
    if job.state != JobState.UNFILLED:
        raise errors.IllegalMove(state=str(job.state))
    if now >= latest_start(job):
        raise errors.InvalidInput(fields={"window": ["window-past"]})
    if not waits(session, job):
        _look_again(session, case_of(session, job, now=now), now=now)
        _record(session, job, "job-wait", account=account, now=now)
    return job


def stop_waiting(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> jobs_models.Job:
    """Its resident does not wait any more; whoever did not wait is answered alike."""
    job = _held(session, job_id, account, now=now)
    if waits(session, job):
        _record(session, job, "job-wait-end", account=account, now=now)
    leave_wait_list(session, job.id)
    return job


def leave_wait_list(session: Session, job_id: uuid.UUID) -> None:
    """The job waits no more, whoever ends it."""
    dues.strike(session, job_id, [WAIT_LIST])


def look_for_waiting(session: Session, job_id: uuid.UUID, *, now: datetime) -> None:
    """Whether somebody could come by now who was not asked this time: then the resident
    hears of it, once, and the wait is over. Else it is looked again a little later."""
    job = jobs.due(session, WAIT_LIST, job_id, state=JobState.UNFILLED, now=now)
    if job is None or now >= latest_start(job):
        return
    case = case_of(session, job, now=now)
    if not filling.reach(session, case, at_most=1, now=now).count:
        _look_again(session, case, now=now)
        return
    _record(session, job, "job-wait-told", account=None, now=now)
    until = min(latest_start(job), now + _WORTH_SENDING)
    jobs.tell(session, job, job.resident_id, FREE, now=now, until=until)


def _look_again(session: Session, case: Case, *, now: datetime) -> None:
    # Nobody is told of it at night, so nobody is looked for then.
    at = markets.waking_deadline(
        case.policy,
        from_at=now,
        minutes=case.policy.wait_list_every_min,
        time_zone=case.market.time_zone,
    )
    job = case.job
    dues.put(session, job.id, market_id=job.market_id, at={WAIT_LIST: min(at, latest_start(job))})


def _held(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> jobs_models.Job:
    if jobs.get_for(session, job_id, account, now=now).role != "resident":
        raise errors.NotAllowed()
    job = jobs.lock(session, job_id)
    assert job is not None
    return job


def _record(
    session: Session,
    job: jobs_models.Job,
    event: str,
    *,
    account: accounts_models.Account | None,
    now: datetime,
) -> None:
    history.record(
        session,
        event,
        at=now,
        actor_role="system" if account is None else "resident",
        actor_id=None if account is None else account.id,
        market_id=job.market_id,
        job_id=job.id,
    )
