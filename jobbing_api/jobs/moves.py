"""Moving a job from state to state, the only way its state ever changes.

Hides: the guarded statement. Of any number of simultaneous moves the database lets
one through; the others learn the state they came too late for.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session

from jobbing_api import dues, errors, history, lifecycle
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models


def move(
    session: Session,
    job_id: uuid.UUID,
    by: lifecycle.JobMove,
    *,
    now: datetime,
    actor_role: str,
    actor_id: uuid.UUID | None = None,
    offer_id: uuid.UUID | None = None,
    reason: str | None = None,
    said: str | None = None,
    only_if: ColumnElement[bool] | None = None,
    changes: dict[str, Any] | None = None,
) -> models.Job:
    """Move a job if it is in a state the move starts from, and write it down.

    ``changes`` are other columns set by the same statement; ``only_if`` narrows when
    it applies. Raises IllegalMove with the present state when it does not.
    """
    target = lifecycle.job_target(by)
    values: dict[str, Any] = {
        "state": target,
        "state_since": now,
        "version": models.Job.version + 1,
        # Only an open job is watched by the clock; reopening says when.
        "wake_at": None,
        "queued_at": None,
        "unfilled_because": None,
        # Only work that is under way rests.
        "paused_at": None,
        "blocked_at": None,
        "blocked_because": None,
        **(changes or {}),
    }
    statement = update(models.Job).where(
        models.Job.id == job_id, models.Job.state.in_(sorted(lifecycle.job_sources(by)))
    )
    if only_if is not None:
        statement = statement.where(only_if)
    job = session.scalars(
        statement.values(values).returning(models.Job),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).one_or_none()
    if job is None:
        raise illegal(session, job_id)
    history.record(
        session,
        f"job-{by}",
        at=now,
        actor_role=actor_role,
        actor_id=actor_id,
        market_id=job.market_id,
        job_id=job.id,
        offer_id=offer_id,
        to_state=target,
        reason=reason,
        said=said,
    )
    return job


def note(
    session: Session,
    event: str,
    job: models.Job,
    account: accounts_models.Account,
    role: str,
    *,
    now: datetime,
    offer_id: uuid.UUID | None = None,
    said: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write down what one side of a job did that moved it to no other state."""
    history.record(
        session,
        event,
        at=now,
        actor_role=role,
        actor_id=account.id,
        market_id=job.market_id,
        job_id=job.id,
        offer_id=offer_id,
        said=said,
        data=data,
    )


def lock(session: Session, job_id: uuid.UUID) -> models.Job | None:
    """The job as it is now, held until the transaction ends; None if there is none.

    Whoever changes a job's offers takes this first: locks are taken in the order job,
    provider, offers everywhere. Rows that merely point at the job are not held up.
    """
    return session.scalars(
        _LOCKED, {"job_id": job_id}, execution_options={"populate_existing": True}
    ).one_or_none()


def due(
    session: Session, kind: str, job_id: uuid.UUID, *, state: lifecycle.JobState, now: datetime
) -> models.Job | None:
    """The job, held, if this is still due of it and it still is in ``state``; then it is the
    caller's to do."""
    job = lock(session, job_id)
    if job is None or not dues.take(session, kind, job_id, now=now) or job.state != state:
        return None
    return job


#: Put together once: every wave asks it.
_LOCKED = (
    select(models.Job).where(models.Job.id == bindparam("job_id")).with_for_update(key_share=True)
)


def illegal(session: Session, job_id: uuid.UUID) -> errors.IllegalMove:
    """The refusal of a move, with the state the job is in now."""
    state = session.scalar(select(models.Job.state).where(models.Job.id == job_id))
    return errors.IllegalMove(state=str(state))
