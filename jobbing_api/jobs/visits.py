"""The visit: on the way, started, finished, confirmed, done again, disputed."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jobbing_api import errors, history, markets, notifications, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models, reading
from jobbing_api.jobs.moves import illegal, lock, move
from jobbing_api.lifecycle import JobMove, JobState

#: A line about a visit is worth sending for so long.
_WORTH_SENDING = timedelta(hours=12)


def tell(
    session: Session,
    job: models.Job,
    account_id: uuid.UUID | None,
    kind: str,
    *,
    now: datetime,
    due_at: datetime | None = None,
    replaces_offer: uuid.UUID | None = None,
) -> None:
    """Owe somebody a line about a job, now or at ``due_at``; it may take the place of an
    offer."""
    if account_id is None:
        return
    notifications.tell(
        session,
        account_id,
        kind,
        about="job",
        subject_id=job.id,
        market_id=job.market_id,
        params={
            "category": job.category.names,
            "time_zone": job.market.time_zone,
            **({"starts_at": job.starts_at.isoformat()} if job.starts_at else {}),
            **({"reason": job.unfilled_because} if job.unfilled_because else {}),
        },
        now=now,
        due_at=due_at,
        expires_at=(due_at or now) + _WORTH_SENDING,
        replaces_offer=replaces_offer,
        urgent=kind in ("on-my-way", "job-cancelled", "provider-dropped-out"),
    )


def on_my_way(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> models.Job:
    """The provider sets out. Said twice, the first time counts."""
    job = _locked(session, job_id, account, "provider", now=now)
    if job.state != JobState.ASSIGNED:
        raise illegal(session, job_id)
    if job.on_my_way_at is None:
        job.on_my_way_at = now
        job.version += 1
        history.record(
            session,
            "on-my-way",
            at=now,
            actor_role="provider",
            actor_id=account.id,
            market_id=job.market_id,
            job_id=job.id,
        )
        tell(session, job, job.resident_id, "on-my-way", now=now)
    return job


def start(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> models.Job:
    """Work begins; whether on time goes on the provider's record."""
    job = _locked(session, job_id, account, "provider", now=now)
    job = move(
        session,
        job_id,
        JobMove.START,
        now=now,
        actor_role="provider",
        actor_id=account.id,
        changes={"started_at": now},
    )
    assert job.starts_at is not None
    assert job.provider_id is not None
    policy = markets.policy_in_force(
        session,
        market_id=job.market_id,
        category_id=job.category_id,
        urgency=job.urgency,
        now=now,
    )
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
    tell(session, job, job.resident_id, "job-started", now=now)
    return job


def finish(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> models.Job:
    """The provider says it is done; the resident confirms or asks for a redo."""
    _locked(session, job_id, account, "provider", now=now)
    job = move(
        session,
        job_id,
        JobMove.FINISH,
        now=now,
        actor_role="provider",
        actor_id=account.id,
        changes={"finished_at": now},
    )
    tell(session, job, job.resident_id, "job-finished", now=now)
    return job


def confirm(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> models.Job:
    """The resident agrees that it is done; both may review for seven days."""
    _locked(session, job_id, account, "resident", now=now)
    job = move(
        session,
        job_id,
        JobMove.CONFIRM,
        now=now,
        actor_role="resident",
        actor_id=account.id,
        changes={"completed_at": now},
    )
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
    job = _locked(session, job_id, account, "resident", now=now)
    if job.redone_at is not None:
        raise errors.IllegalMove(state=str(job.state))
    job = move(
        session,
        job_id,
        JobMove.REDO,
        now=now,
        actor_role="resident",
        actor_id=account.id,
        said=reason,
        changes={"redone_at": now, "finished_at": None},
    )
    tell(session, job, job.provider_id, "redo-asked", now=now)
    return job


def dispute(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    now: datetime,
    reason: str = "",
) -> models.Job:
    """Either side calls for a person to decide."""
    view = reading.get_for(session, job_id, account, now=now)
    if view.role == "operator":
        raise errors.NotAllowed()
    job = move(
        session,
        job_id,
        JobMove.DISPUTE,
        now=now,
        actor_role=view.role,
        actor_id=account.id,
        said=reason,
    )
    other = job.provider_id if view.role == "resident" else job.resident_id
    tell(session, job, other, "job-disputed", now=now)
    return job


def _locked(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    role: str,
    *,
    now: datetime,
) -> models.Job:
    """The job as its own ``role`` sees it, locked. Others: NotFound or NotAllowed."""
    view = reading.get_for(session, job_id, account, now=now)
    if view.role != role:
        raise errors.NotAllowed()
    job = lock(session, job_id)
    # While we waited it may have been given back, and be somebody else's by now.
    if job is None or account.id != (job.provider_id if role == "provider" else job.resident_id):
        raise errors.NotFound()
    return job
