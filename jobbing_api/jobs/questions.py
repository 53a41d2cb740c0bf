"""One side of a job asks the other; one question at a time stands, and keeps its answer."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api.jobs import models

_Question = TypeVar("_Question", models.Reschedule, models.ChangeOrder, models.Substitution)


def standing(session: Session, kind: type[_Question], job_id: uuid.UUID) -> _Question | None:
    """The question of this kind that waits for an answer."""
    return session.scalars(
        select(kind).where(kind.job_id == job_id, kind.state == "asked"),
        execution_options={"populate_existing": True},
    ).one_or_none()


def withdraw(session: Session, kind: type[_Question], job_id: uuid.UUID, *, now: datetime) -> None:
    """Nobody needs an answer any more: another is asked, or there is nothing to ask about."""
    earlier = standing(session, kind, job_id)
    if earlier is not None:
        earlier.state, earlier.ended_at = "withdrawn", now
        session.flush()
