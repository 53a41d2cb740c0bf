"""How a sign-in ends."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from jobbing_api.accounts import models


def sign_out(session: Session, sign_in: models.SignIn, *, now: datetime) -> None:
    """End one sign-in: its access token and its refresh token are worth nothing now."""
    end(session, sign_in.id, reason="signed-out", now=now)


def end_all(session: Session, account_id: uuid.UUID, *, reason: str, now: datetime) -> None:
    """End every sign-in of an account."""
    session.execute(
        update(models.SignIn)
        .where(models.SignIn.account_id == account_id, models.SignIn.ended_at.is_(None))
        .values(ended_at=now, ended_because=reason)
    )


def end(session: Session, sign_in_id: uuid.UUID, *, reason: str, now: datetime) -> None:
    """End a sign-in once; what ended it first stays written."""
    session.execute(
        update(models.SignIn)
        .where(models.SignIn.id == sign_in_id, models.SignIn.ended_at.is_(None))
        .values(ended_at=now, ended_because=reason)
    )
