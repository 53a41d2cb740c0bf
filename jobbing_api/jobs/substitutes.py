"""Who it is that comes, by name, and that nobody else does without a written yes.

Hides: that the name is part of the acceptance, and that asking for another changes nothing
until the resident has agreed to that very question in their own words.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from jobbing_api import database, errors
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import appointments, models, moves, questions, reading, telling


@dataclass(frozen=True, kw_only=True, slots=True)
class Comer:
    """Who comes: since the acceptance, or since the resident agreed to somebody else.
    ``name`` is None where nobody was ever named: then it is the provider."""

    name: str | None
    since: datetime
    consented_at: datetime | None


def who_comes(session: Session, job_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Comer]:
    """Who comes to each of these jobs, or came; nobody is named where nobody does."""
    visit = models.Visit
    rows = session.execute(
        select(visit.job_id, visit.comes_name, visit.agreed_at, visit.consented_at).where(
            visit.job_id.in_(list(job_ids)),
            or_(visit.ended_at.is_(None), visit.ended_because == "came"),
        )
    )
    return {
        job_id: Comer(name=name, since=consented_at or agreed_at, consented_at=consented_at)
        for job_id, name, agreed_at, consented_at in rows
    }


def substitutions_of(session: Session, job_id: uuid.UUID) -> Sequence[models.Substitution]:
    """Everybody who was asked for instead, oldest first."""
    asked = models.Substitution
    return session.scalars(
        select(asked).where(asked.job_id == job_id).order_by(asked.asked_at, asked.id)
    ).all()


def ask_for_another(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    name: str,
    reason: str,
    now: datetime,
) -> models.Substitution:
    """Ask the resident whether somebody else may come; whoever was to come does until they
    agree. Asked again, the new question takes the place of the earlier.

    Raises NotAllowed for the resident, IllegalMove unless somebody is to come, InvalidInput
    for who comes anyway.
    """
    job, visit, role = appointments.to_come(session, job_id, account, now=now)
    if role != "provider":
        raise errors.NotAllowed()
    if name == (visit.comes_name or account.display_name):
        raise errors.InvalidInput(fields={"name": ["same-person"]})
    questions.withdraw(session, models.Substitution, job_id, now=now)
    asked = models.Substitution(
        id=database.new_id(),
        market_id=job.market_id,
        job_id=job.id,
        visit_id=visit.offer_id,
        provider_id=account.id,
        name=name,
        reason=reason,
        asked_at=now,
        state="asked",
    )
    session.add(asked)
    job.version += 1
    moves.note(
        session, "substitute-ask", job, account, role, offer_id=asked.visit_id, said=reason, now=now
    )
    telling.tell(session, job, job.resident_id, "substitute-asked", now=now, until=job.starts_at)
    session.flush()
    return asked


def answer_for_another(
    session: Session,
    job_id: uuid.UUID,
    substitution_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    agree: bool,
    text: str,
    now: datetime,
) -> models.Substitution:
    """The resident agrees to somebody else in writing, or does not; the provider may take
    the question back. Answered again alike, it answers the same.

    Raises NothingAsked where the question is over, NotAllowed for a provider who would
    agree to their own, InvalidInput for a resident without a word.
    """
    job, role = reading.hold(session, job_id, account, now=now)
    asked = session.get(models.Substitution, substitution_id, populate_existing=True)
    if asked is None or asked.job_id != job_id or _not_theirs(asked, account, role):
        raise errors.NotFound()
    own = role == "provider"
    if agree and own:
        raise errors.NotAllowed()
    ends = "agreed" if agree else "withdrawn" if own else "refused"
    if asked.state == ends:
        return asked
    if asked.state != "asked":
        raise errors.NothingAsked()
    if not own and not text:
        raise errors.InvalidInput(fields={"text": ["consent-in-writing"]})
    asked.state, asked.ended_at = ends, now
    if not own:
        asked.answer = text
    if agree:
        visit = session.get_one(models.Visit, asked.visit_id, populate_existing=True)
        visit.comes_name, visit.consented_at = asked.name, now
    job.version += 1
    said = None if own else text
    moves.note(
        session,
        f"substitute-{ends}",
        job,
        account,
        role,
        offer_id=asked.visit_id,
        said=said,
        now=now,
    )
    if not own:
        telling.tell(session, job, job.provider_id, f"substitute-{ends}", now=now)
    session.flush()
    return asked


def _not_theirs(
    asked: models.Substitution, account: accounts_models.Account, role: reading.Role
) -> bool:
    """What an earlier provider asked is none of a later one's business."""
    return role == "provider" and asked.provider_id != account.id
