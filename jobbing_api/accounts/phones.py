"""Proof of a phone number: a code in a text message, typed in again.

Hides: how long a code works, how often it may be mistyped, and how many are sent, so that
nobody can have us write to a stranger's phone over and over.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from jobbing_api import database, errors, mail, words
from jobbing_api.accounts import models, people
from jobbing_api.settings import Settings

#: How long a code works, in minutes.
_MINUTES = 10

#: At most so many codes an hour, to one account and to one number.
_CODES_AN_HOUR = 3

#: Wrong codes that are looked at before another is needed: fifteen an hour, of a million.
_TRIES = 5


def request_phone_code(
    session: Session, account: models.Account, *, settings: Settings, now: datetime
) -> None:
    """Send a code to the account's number; none if it is proved, or after three in an hour.

    Raises InvalidInput at ``phone`` if the account has no number, Unavailable where no text
    message can leave.
    """
    people.lock(session, account)
    if account.phone is None:
        raise errors.InvalidInput(fields={"phone": ["field-phone"]})
    if not settings.texts_leave:
        raise errors.Unavailable()
    code = models.PhoneCode
    sent = session.scalar(
        select(func.count()).where(
            or_(code.account_id == account.id, code.phone == account.phone),
            code.created_at > now - timedelta(hours=1),
        )
    )
    if account.phone_verified_at is not None or (sent or 0) >= _CODES_AN_HOUR:
        return
    digits = f"{secrets.randbelow(10**6):06d}"
    row = code(
        id=database.new_id(),
        account_id=account.id,
        phone=account.phone,
        code_hash=b"",
        created_at=now,
        expires_at=now + timedelta(minutes=_MINUTES),
        tries=0,
    )
    row.code_hash = _hash(row, digits, settings)
    session.add(row)
    mail.text(
        session,
        to=account.phone,
        body=words.say(account.language, "text-code", code=digits, minutes=_MINUTES),
        account_id=account.id,
        now=now,
        expires_at=row.expires_at,
    )


def verify_phone(
    session: Session, account: models.Account, digits: str, *, settings: Settings, now: datetime
) -> models.Account:
    """Take a code as proof of the number it was sent to; once that is proved, any will do.

    Raises WrongCode, and then remembers that it was tried.
    """
    people.lock(session, account)
    if account.phone is not None and account.phone_verified_at is not None:
        return account
    code = models.PhoneCode
    sent = session.scalars(
        select(code)
        .where(code.account_id == account.id, code.phone == account.phone, code.expires_at > now)
        .order_by(code.created_at.desc())
        .limit(1),
        execution_options={"populate_existing": True},
    ).first()
    if sent is None or sent.tries >= _TRIES:
        raise errors.WrongCode()
    if not hmac.compare_digest(sent.code_hash, _hash(sent, digits, settings)):
        sent.tries += 1
        raise errors.WrongCode()
    account.phone_verified_at = now
    session.flush()
    return account


def _hash(sent: models.PhoneCode, digits: str, settings: Settings) -> bytes:
    said = f"phone code {sent.id} {digits}"
    return hmac.digest(settings.secret_key.encode(), said.encode(), hashlib.sha256)
