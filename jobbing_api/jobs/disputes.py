"""Two who do not agree, and the person who decides.

Hides: the deadlines, in working days of the market, and who is told when one has passed.
What there is to look at needs no copy: messages, words on the way, changes, payments and the
timeline are only ever added to, and nobody changes an order while it is in dispute.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, dues, errors, files, markets
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models, moves, progress, reading, rules, supplies, telling
from jobbing_api.lifecycle import JobMove, JobState

#: Somebody should have answered by now; somebody should have decided.
ANSWER, DECIDE = "dispute-answer", "dispute-decide"

#: What a person may decide, and the move it is.
OUTCOMES = {
    "completed": JobMove.SETTLE_COMPLETED,
    "cancelled": JobMove.SETTLE_CANCELLED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    """A dispute with everything that was said in it, oldest first."""

    row: models.Dispute
    statements: Sequence[models.Statement]
    #: Of whom each statement is: ``resident``, ``provider`` or ``operator``.
    seen_as: reading.Role


def dispute(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    now: datetime,
    reason: str = "",
) -> models.Job:
    """Either side calls for a person to decide. Raises IllegalMove unless work is under way
    or waits to be confirmed."""
    view = reading.get_for(session, job_id, account, now=now)
    if view.role == "operator":
        raise errors.NotAllowed()
    job = moves.move(
        session,
        job_id,
        JobMove.DISPUTE,
        now=now,
        actor_role=view.role,
        actor_id=account.id,
        said=reason,
    )
    progress.settle(session, job_id, now=now)
    policy = rules.policy_of(session, job, now=now)
    answer_at = markets.working_days_later(job.market, now, policy.dispute_answer_working_days)
    decide_at = markets.working_days_later(job.market, now, policy.dispute_decide_working_days)
    session.add(
        models.Dispute(
            job_id=job.id,
            market_id=job.market_id,
            opened_by=view.role,
            opened_at=now,
            answer_due_at=answer_at,
            decide_due_at=decide_at,
        )
    )
    session.flush()
    if reason:
        _say(session, job, account, view.role, text=reason, now=now)
    at = {ANSWER: answer_at, DECIDE: decide_at}
    dues.put(session, job.id, market_id=job.market_id, at=at)
    other = job.provider_id if view.role == "resident" else job.resident_id
    telling.tell(session, job, other, "job-disputed", now=now)
    _tell_operators(session, job, "dispute-opened", now=now)
    return job


def dispute_of(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> Dispute:
    """The dispute about a job, for its two people and those who look after the market.
    Raises NotFound for anybody else, and where there is none."""
    view = reading.get_for(session, job_id, account, now=now)
    row = session.get(models.Dispute, job_id, populate_existing=True)
    if row is None:
        raise errors.NotFound()
    said = models.Statement
    return Dispute(
        row=row,
        statements=session.scalars(
            select(said).where(said.job_id == job_id).order_by(said.at, said.id)
        ).all(),
        seen_as=view.role,
    )


def evidence_of(session: Session, job: models.Job) -> list[files.Photo]:
    """What there is to look at, oldest first: the photos of the job, of the words on the way
    and the end, of receipts, and of what its two people wrote to each other. Nobody can take
    one away."""
    said, message = models.CheckIn, models.Message
    subjects = union_all(
        select(said.id).where(said.job_id == job.id),
        select(message.id).where(
            message.job_id == job.id,
            message.provider_id == job.provider_id,
            message.hidden_at.is_(None),
        ),
    )
    ids = [job.id, *session.scalars(subjects)]
    ids += [one.receipt_id for one in supplies.supplies_of(job.order) if one.receipt_id]
    photos = [photo for several in files.of(session, ids).values() for photo in several]
    return sorted(photos, key=lambda photo: (photo.attached_at, photo.subject_id, photo.position))


def state(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    text: str,
    now: datetime,
) -> None:
    """Say something to the dispute. The first word of an operator who may act answers it.

    Raises IllegalMove once it is decided.
    """
    found = dispute_of(session, job_id, account, now=now)
    job = moves.lock(session, job_id)
    assert job is not None
    if job.state != JobState.DISPUTED:
        raise errors.IllegalMove(state=str(job.state))
    if found.seen_as == "operator":
        accounts.refuse_onlooker(session, account.id, job.market_id)
        if found.row.answered_at is None:
            found.row.answered_at = now
            dues.strike(session, job_id, [ANSWER])
    _say(session, job, account, found.seen_as, text=text, now=now)
    for role, account_id in (("resident", job.resident_id), ("provider", job.provider_id)):
        if role != found.seen_as:
            telling.tell(session, job, account_id, "dispute-statement", now=now)
    job.version += 1
    session.flush()


def decide(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    outcome: str,
    text: str,
    now: datetime,
) -> models.Job:
    """An operator who may act decides, and writes down why: the job counts as completed, or
    as cancelled. Raises NotAllowed for anybody else, IllegalMove once it is decided."""
    found = dispute_of(session, job_id, account, now=now)
    if found.seen_as != "operator":
        raise errors.NotAllowed()
    job = moves.lock(session, job_id)
    assert job is not None
    accounts.refuse_onlooker(session, account.id, job.market_id)
    changes = {"completed_at": now} if outcome == "completed" else {}
    job = moves.move(
        session,
        job_id,
        OUTCOMES[outcome],
        now=now,
        actor_role="operator",
        actor_id=account.id,
        said=text,
        changes=changes,
    )
    row = found.row
    row.answered_at = row.answered_at or now
    row.decided_at, row.outcome = now, outcome
    dues.strike(session, job_id, [ANSWER, DECIDE])
    _say(session, job, account, "operator", text=text, now=now)
    for account_id in (job.resident_id, job.provider_id):
        telling.tell(session, job, account_id, "dispute-decided", now=now)
    session.flush()
    return job


def remind_operators(
    session: Session, job_id: uuid.UUID, *, kind: str = DECIDE, now: datetime
) -> None:
    """A deadline has passed: those who look after the market are told, once a day."""
    job = moves.due(session, kind, job_id, state=JobState.DISPUTED, now=now)
    if job is None:
        return
    _tell_operators(session, job, "dispute-overdue", now=now)
    again_at = now + timedelta(days=1)
    dues.put(session, job_id, market_id=job.market_id, at={kind: again_at})


def _say(
    session: Session,
    job: models.Job,
    account: accounts_models.Account,
    role: str,
    *,
    text: str,
    now: datetime,
) -> None:
    session.add(
        models.Statement(
            id=database.new_id(),
            job_id=job.id,
            author_id=account.id,
            author_role=role,
            text=text,
            at=now,
        )
    )


def _tell_operators(session: Session, job: models.Job, kind: str, *, now: datetime) -> None:
    for operator_id in accounts.operators_of(session, job.market_id):
        telling.tell(session, job, operator_id, kind, now=now)
