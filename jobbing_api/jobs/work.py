"""The work: started, finished, confirmed, done again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jobbing_api import errors, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import appointments, models, progress, reading, rules
from jobbing_api.jobs.moves import illegal, move
from jobbing_api.jobs.telling import tell
from jobbing_api.lifecycle import JobMove, JobState


def start(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    code: str | None = None,
    now: datetime,
) -> models.Job:
    """Work begins: the provider says the code the resident read out, or the resident that
    they are there. Whether on time goes on the provider's record.

    Raises WrongStartCode; after some wrong ones the resident has another.
    """
    job, role = reading.hold(session, job_id, account, now=now)
    if job.state != JobState.ASSIGNED:
        raise illegal(session, job_id)
    appointments.enter(session, job, code=(code or "") if role == "provider" else None, now=now)
    job = move(
        session,
        job_id,
        JobMove.START,
        now=now,
        actor_role=role,
        actor_id=account.id,
        changes={"started_at": now},
    )
    assert job.starts_at is not None
    assert job.provider_id is not None
    policy = rules.policy_of(session, job, now=now)
    late = now > job.starts_at + timedelta(minutes=policy.late_after_min)
    providers.record.write(
        session,
        kind="late" if late else "kept",
        provider_id=job.provider_id,
        market_id=job.market_id,
        category_id=job.category_id,
        urgency=job.urgency,
        subject_id=job.id,
        at=now,
    )
    progress.begin(session, job, policy, now=now)
    if role == "provider":
        tell(session, job, job.resident_id, "job-started", now=now)
    return job


def finish(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    text: str = "",
    photos: Sequence[uuid.UUID] = (),
    now: datetime,
) -> models.Job:
    """The provider says it is done, and what was done, and shows it; the resident confirms
    or asks for a redo. Raises InvalidInput for photos that are not the provider's to use."""
    reading.hold(session, job_id, account, only="provider", now=now)
    job = move(
        session,
        job_id,
        JobMove.FINISH,
        now=now,
        actor_role="provider",
        actor_id=account.id,
        said=text,
        changes={"finished_at": now},
    )
    if text or photos:
        progress.write(session, job, account, kind=models.FINISH, text=text, photos=photos, now=now)
    progress.end(session, job, now=now)
    tell(session, job, job.resident_id, "job-finished", now=now)
    return job


def confirm(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> models.Job:
    """The resident agrees that it is done; both may review for seven days."""
    reading.hold(session, job_id, account, only="resident", now=now)
    job = move(
        session,
        job_id,
        JobMove.CONFIRM,
        now=now,
        actor_role="resident",
        actor_id=account.id,
        changes={"completed_at": now},
    )
    progress.settle(session, job_id, now=now)
    tell(session, job, job.provider_id, "job-completed", now=now)
    return job


def redo(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    now: datetime,
    reason: str = "",
) -> models.Job:
    """The resident asks for it to be put right, once."""
    job, _ = reading.hold(session, job_id, account, only="resident", now=now)
    policy = rules.policy_of(session, job, now=now)
    if job.redone_at is not None or not policy.redo_at_most:
        raise errors.IllegalMove(state=str(job.state))
    job = move(
        session,
        job_id,
        JobMove.REDO,
        now=now,
        actor_role="resident",
        actor_id=account.id,
        said=reason,
        # It rests until somebody is there again.
        changes={"redone_at": now, "finished_at": None, "paused_at": now},
    )
    progress.begin_again(session, job, policy, now=now)
    assert job.provider_id is not None
    providers.record.write(
        session,
        kind="redone",
        provider_id=job.provider_id,
        market_id=job.market_id,
        category_id=job.category_id,
        urgency=job.urgency,
        subject_id=job.id,
        at=now,
    )
    tell(session, job, job.provider_id, "redo-asked", now=now)
    return job
