"""Signing in, and staying so.

Hides: refresh tokens and their rotation. A refresh token is 32 bytes, kept as its
SHA-256, good once; each use brings its successor. If one that was used comes again,
two parties hold what only one was given, and the sign-in ends for both.

But a client that never heard the answer comes again too, and must not be thrown out
for a lost packet. Idempotency keys cover a client that sends one; for the others a
used token, within ten seconds and until its successor is used, is answered with the
*same* successor. That is why a successor is computed from its predecessor with a key
of ours instead of drawn: it can be given again without having been kept. A thief who
is that quick holds the same single token as the owner, and the second of them to use
it is noticed: the grace delays detection by one rotation and prevents none. The same
holds when two tabs refresh at once: one rotates, both hold what it brought.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from jobbing_api import database, errors, firebase, history, words
from jobbing_api.accounts import (
    access,
    endings,
    keys,
    models,
    particulars,
    passwords,
    people,
    proofs,
)
from jobbing_api.settings import Settings

#: Long enough for a client to time out and try again, too short to be of much use.
_GRACE = timedelta(seconds=10)

#: How long it stays known that somebody was signed in.
_KEPT = timedelta(days=90)


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """What a client gets to act for an account."""

    account: models.Account
    sign_in_id: uuid.UUID
    access_token: str
    refresh_token: str
    #: Life of the access token, in seconds.
    expires_in_s: int


def sign_in(
    session: Session, *, email: str, password: str, settings: Settings, now: datetime
) -> SignedIn:
    """Sign in with a password.

    Raises WrongCredentials, equally slowly whether the address, the password or both
    are unknown, and AccountSuspended to those who know the password.
    """
    address = particulars.spelled_email(email)
    account = session.scalar(select(models.Account).where(models.Account.email == address))
    if not passwords.matches(account.password_hash if account else None, password):
        raise errors.WrongCredentials()
    assert account is not None
    assert account.password_hash is not None
    if passwords.outdated(account.password_hash):
        _rehash(session, account, password)
    return _admit(session, account, settings=settings, now=now)


def sign_in_with_firebase(
    session: Session,
    identity: firebase.Identity,
    *,
    language: str,
    settings: Settings,
    now: datetime,
) -> SignedIn:
    """Sign in whom Firebase vouches for, as a new resident if nobody is known by it.

    Known by the uid; else by the address, but only if it was proved to Firebase *and*
    to us: otherwise whoever registers somebody else's address first, here or there,
    would share the account with its owner. An address that is taken without such
    proof raises EmailTaken: proving it by mail opens the way. Raises AccountSuspended.
    """
    account = _linked(session, identity) or _by_proved_email(session, identity)
    if account is None:
        account = _new_resident(session, identity, language=language, settings=settings, now=now)
    return _admit(session, account, settings=settings, now=now)


def refresh(session: Session, refresh_token: str, *, settings: Settings, now: datetime) -> SignedIn:
    """Use a refresh token for new tokens; safe to race with itself.

    Raises InvalidToken for one that is unknown or expired, SessionRevoked when the
    sign-in is over or ends by this (which is kept), AccountSuspended.
    """
    token_hash = _hash(refresh_token)
    successor = _successor(refresh_token, settings)
    # Of any number of simultaneous uses this statement lets one through; the others
    # wait for its end and then see that the token is used.
    sign_in_id = session.scalar(
        update(models.RefreshToken)
        .where(
            models.RefreshToken.token_hash == token_hash,
            models.RefreshToken.used_at.is_(None),
            models.RefreshToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(models.RefreshToken.sign_in_id),
        execution_options={"synchronize_session": False},
    )
    if sign_in_id is not None:
        account, sign_in = _present(session, sign_in_id)
        _keep(session, sign_in.id, successor, settings=settings, now=now)
    else:
        account, sign_in = _again(session, token_hash, successor, now=now)
    return _signed_in(account, sign_in.id, successor, settings=settings, now=now)


def authenticate(
    session: Session, access_token: str, *, settings: Settings, now: datetime
) -> tuple[models.Account, models.SignIn]:
    """Who bears an access token, in one query, with the roles.

    Raises InvalidToken, SessionRevoked once the sign-in has ended, AccountSuspended.
    """
    bearer = access.read(access_token, settings=settings, now=now)
    row = (
        session.execute(
            select(models.Account, models.SignIn)
            .join(models.SignIn, models.SignIn.account_id == models.Account.id)
            .where(models.SignIn.id == bearer.sign_in_id, models.Account.id == bearer.account_id)
            .options(joinedload(models.Account.roles))
        )
        .unique()
        .one_or_none()
    )
    if row is None or row.SignIn.ended_at is not None:
        raise errors.SessionRevoked()
    _refuse_suspended(row.Account)
    return row.Account, row.SignIn


def forget_expired(session: Session, *, now: datetime) -> int:
    """Delete tokens past their time and sign-ins that ended 90 days ago.

    Used refresh tokens stay until they expire: only so is their second use noticed.
    Returns how many rows went.
    """
    refresh_tokens = delete(models.RefreshToken).where(models.RefreshToken.expires_at < now)
    # A mail token still counts against how many mails an hour brings.
    mail_tokens = delete(models.MailToken).where(
        models.MailToken.expires_at < now - timedelta(hours=1)
    )
    phone_codes = delete(models.PhoneCode).where(
        models.PhoneCode.created_at < now - timedelta(hours=1)
    )
    sign_ins = delete(models.SignIn).where(models.SignIn.ended_at < now - _KEPT)
    gone = [
        session.scalars(refresh_tokens.returning(models.RefreshToken.sign_in_id)).all(),
        session.scalars(mail_tokens.returning(models.MailToken.account_id)).all(),
        session.scalars(phone_codes.returning(models.PhoneCode.id)).all(),
        session.scalars(sign_ins.returning(models.SignIn.id)).all(),
    ]
    return sum(map(len, gone))


def _admit(
    session: Session, account: models.Account, *, settings: Settings, now: datetime
) -> SignedIn:
    _refuse_suspended(account)
    sign_in = models.SignIn(id=database.new_id(), account_id=account.id, created_at=now)
    session.add(sign_in)
    session.flush()
    token = _text(secrets.token_bytes(32))
    _keep(session, sign_in.id, token, settings=settings, now=now)
    return _signed_in(account, sign_in.id, token, settings=settings, now=now)


def _refuse_suspended(account: models.Account) -> None:
    if account.erased_at is not None:
        raise errors.SessionRevoked()
    if account.suspended_at is not None:
        raise errors.AccountSuspended()


def _signed_in(
    account: models.Account,
    sign_in_id: uuid.UUID,
    refresh_token: str,
    *,
    settings: Settings,
    now: datetime,
) -> SignedIn:
    bearer = access.Bearer(account.id, sign_in_id)
    return SignedIn(
        account=account,
        sign_in_id=sign_in_id,
        access_token=access.mint(bearer, settings=settings, now=now),
        refresh_token=refresh_token,
        expires_in_s=settings.access_token_s,
    )


def _rehash(session: Session, account: models.Account, password: str) -> None:
    """Keep the password with today's parameters, unless it was changed meanwhile."""
    session.execute(
        update(models.Account)
        .where(
            models.Account.id == account.id,
            models.Account.password_hash == account.password_hash,
        )
        .values(password_hash=passwords.digest(password)),
        execution_options={"synchronize_session": False},
    )


# --- refresh tokens -------------------------------------------------------------------


def _present(session: Session, sign_in_id: uuid.UUID) -> tuple[models.Account, models.SignIn]:
    """A sign-in that goes on, and whose it is. Raises SessionRevoked, AccountSuspended."""
    row = session.execute(
        select(models.Account, models.SignIn)
        .join(models.SignIn, models.SignIn.account_id == models.Account.id)
        .where(models.SignIn.id == sign_in_id),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if row is None or row.SignIn.ended_at is not None:
        raise errors.SessionRevoked()
    _refuse_suspended(row.Account)
    return row.Account, row.SignIn


def _again(
    session: Session, token_hash: bytes, successor: str, *, now: datetime
) -> tuple[models.Account, models.SignIn]:
    """A token that could not be used: unknown, expired, used a moment ago, or stolen."""
    token = session.get(models.RefreshToken, token_hash, populate_existing=True)
    if token is None or token.expires_at <= now or token.used_at is None:
        raise errors.InvalidToken()
    account, sign_in = _present(session, token.sign_in_id)
    brought = session.get(models.RefreshToken, _hash(successor), populate_existing=True)
    if now - token.used_at <= _GRACE and brought is not None and brought.used_at is None:
        return account, sign_in
    endings.end(session, sign_in.id, reason="reused", now=now)
    history.record(
        session,
        "refresh-token-reused",
        at=now,
        actor_role="system",
        account_id=account.id,
    )
    raise errors.SessionRevoked()


def _keep(
    session: Session, sign_in_id: uuid.UUID, token: str, *, settings: Settings, now: datetime
) -> None:
    session.execute(
        insert(models.RefreshToken).values(
            token_hash=_hash(token),
            sign_in_id=sign_in_id,
            created_at=now,
            expires_at=now + timedelta(seconds=settings.refresh_token_s),
        )
    )


def _successor(refresh_token: str, settings: Settings) -> str:
    key = keys.derive(settings.secret_key, "refresh-token-successor")
    return _text(hmac.digest(key, refresh_token.encode(errors="replace"), "sha256"))


def _text(token: bytes) -> str:
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


# --- Firebase -------------------------------------------------------------------------


def _linked(session: Session, identity: firebase.Identity) -> models.Account | None:
    return session.scalar(select(models.Account).where(models.Account.firebase_uid == identity.uid))


def _by_proved_email(session: Session, identity: firebase.Identity) -> models.Account | None:
    email = particulars.spelled_email(identity.email or "")
    if email is None or not identity.email_verified:
        return None
    account = session.scalar(
        select(models.Account)
        .where(models.Account.email == email, models.Account.email_verified_at.is_not(None))
        .with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    )
    if account is not None:
        account.firebase_uid = identity.uid
        session.flush()
    return account


def _new_resident(
    session: Session,
    identity: firebase.Identity,
    *,
    language: str,
    settings: Settings,
    now: datetime,
) -> models.Account:
    email = particulars.spelled_email(identity.email or "")
    try:
        name = particulars.display_name(identity.name or "")
    except errors.InvalidInput:
        name = words.say(language, "unnamed-person")
    account = models.Account(
        firebase_uid=identity.uid,
        email=email,
        email_verified_at=now if email and identity.email_verified else None,
        display_name=name,
        language=particulars.language(language),
        created_at=now,
    )
    account.roles.append(models.AccountRole(role="resident"))
    try:
        people.add(session, account, now=now, actor_role="resident")
    except (errors.EmailTaken, IntegrityError):
        # Two first sign-ins at once: the other one may just have made the account.
        made = _linked(session, identity)
        if made is None:
            raise
        return made
    proofs.request_verification(session, account, settings=settings, now=now)
    return account
