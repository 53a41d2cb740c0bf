"""Links in mails, and what opening one proves: that its reader owns the address.

Hides: the tokens (32 random bytes, kept as SHA-256, good once), how long they live and
how many are sent. Whether an address has an account is never told to whoever asks.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jobbing_api import errors, history, mail, words
from jobbing_api.accounts import endings, models, particulars, passwords
from jobbing_api.settings import Settings

#: How long the link of each purpose works, in hours, and the page it opens.
_HOURS = {"verify-email": 48, "reset-password": 1}

#: At most so many mails of one purpose an hour: our mails must not become a nuisance
#: that others can order.
_MAILS_AN_HOUR = 3


def request_verification(
    session: Session, account: models.Account, *, settings: Settings, now: datetime
) -> None:
    """Send the account a link that proves its address; nothing if it is proved."""
    if account.email is not None and account.email_verified_at is None:
        _send(session, account, "verify-email", settings=settings, now=now)


def verify_email(session: Session, token: str, *, now: datetime) -> models.Account:
    """Take a link's token as proof of the address it was sent to.

    A second time is as good as the first, while the address is the same: people click
    twice, and answers get lost. Raises InvalidToken.
    """
    proof = _proof(session, token, "verify-email", now=now)
    account = _owner(session, proof)
    if proof.used_at is None:
        proof.used_at = now
        account.email_verified_at = account.email_verified_at or now
    elif account.email_verified_at is None:
        raise errors.InvalidToken()
    session.flush()
    return account


def request_password_reset(
    session: Session, email: str, *, settings: Settings, now: datetime
) -> None:
    """Send a link to choose a new password, if there is such an account. Never says so."""
    address = particulars.spelled_email(email)
    account = session.scalar(select(models.Account).where(models.Account.email == address))
    if address is not None and account is not None and account.suspended_at is None:
        _send(session, account, "reset-password", settings=settings, now=now)


def reset_password(
    session: Session, token: str, *, new_password: str, now: datetime
) -> models.Account:
    """Set the password of whoever was sent ``token``, and end all their sign-ins.

    The address is proved by the same click. Raises InvalidToken, InvalidInput (which
    leaves the token good).
    """
    proof = _proof(session, token, "reset-password", now=now)
    if proof.used_at is not None:
        raise errors.InvalidToken()
    account = _owner(session, proof)
    account.password_hash = passwords.digest(new_password)
    account.email_verified_at = account.email_verified_at or now
    session.flush()
    # Other links that are still under way must not undo what this one did.
    session.execute(
        update(models.MailToken)
        .where(
            models.MailToken.account_id == account.id,
            models.MailToken.purpose == "reset-password",
            models.MailToken.used_at.is_(None),
        )
        .values(used_at=now)
    )
    endings.end_all(session, account.id, reason="password-reset", now=now)
    history.record(
        session,
        "password-reset",
        at=now,
        actor_role="system",
        actor_id=account.id,
        account_id=account.id,
    )
    return account


def _send(
    session: Session, account: models.Account, purpose: str, *, settings: Settings, now: datetime
) -> None:
    assert account.email is not None
    sent = session.scalar(
        select(func.count()).where(
            models.MailToken.account_id == account.id,
            models.MailToken.purpose == purpose,
            models.MailToken.created_at > now - timedelta(hours=1),
        )
    )
    if sent is not None and sent >= _MAILS_AN_HOUR:
        return
    token = secrets.token_urlsafe(32)
    hours = _HOURS[purpose]
    session.add(
        models.MailToken(
            token_hash=_hash(token),
            account_id=account.id,
            purpose=purpose,
            email=account.email,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    mail.write(
        session,
        to=account.email,
        subject=words.say(account.language, f"mail-{purpose}-subject"),
        body=words.say(
            account.language,
            f"mail-{purpose}-body",
            link=f"{settings.base_url}/{purpose}?token={token}",
            hours=hours,
        ),
        account_id=account.id,
        now=now,
    )


def _proof(session: Session, token: str, purpose: str, *, now: datetime) -> models.MailToken:
    """The row of a token that has not expired, locked: two who use it take turns."""
    proof = session.scalar(
        select(models.MailToken)
        .where(
            models.MailToken.token_hash == _hash(token),
            models.MailToken.purpose == purpose,
            models.MailToken.expires_at > now,
        )
        .with_for_update(),
        execution_options={"populate_existing": True},
    )
    if proof is None:
        raise errors.InvalidToken()
    return proof


def _owner(session: Session, proof: models.MailToken) -> models.Account:
    """Whose token it is, locked. A token for an earlier address proves nothing."""
    account = session.scalar(
        select(models.Account)
        .where(models.Account.id == proof.account_id)
        .with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    )
    if account is None or account.email != proof.email:
        raise errors.InvalidToken()
    return account


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
