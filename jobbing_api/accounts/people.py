"""People: joining, taking on a role, changing what one says about oneself."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobbing_api import database, errors, history
from jobbing_api.accounts import models, particulars, passwords, proofs
from jobbing_api.settings import Settings

#: The roles a person may take on; operators are made by the command line only.
OPEN_ROLES = ("resident", "provider")


class Unchanged(enum.Enum):
    """What stands for a field that is left as it is, where None means to empty it."""

    UNCHANGED = enum.auto()


UNCHANGED = Unchanged.UNCHANGED


def sign_up(
    session: Session,
    *,
    email: str,
    password: str,
    display_name: str,
    role: str,
    language: str,
    settings: Settings,
    now: datetime,
) -> models.Account:
    """A new person with one role, who is sent a mail to prove the address.

    Raises InvalidInput (fields say what), EmailTaken.
    """
    account = models.Account(
        email=particulars.email(email),
        display_name=particulars.display_name(display_name),
        language=particulars.language(language),
        created_at=now,
    )
    account.roles.append(models.AccountRole(role=_open_role(role)))
    account.password_hash = passwords.digest(password)
    add(session, account, now=now, actor_role=role)
    proofs.request_verification(session, account, settings=settings, now=now)
    return account


def add(session: Session, account: models.Account, *, now: datetime, actor_role: str) -> None:
    """Write a new account down. Raises EmailTaken."""
    _flush_email(session, account)
    history.record(
        session,
        "account-created",
        at=now,
        actor_role=actor_role,
        actor_id=None if actor_role == "system" else account.id,
        account_id=account.id,
    )


def by_ids(session: Session, ids: Collection[uuid.UUID]) -> list[models.Account]:
    """These accounts, in the order of their names."""
    account = models.Account
    found = select(account).where(account.id.in_(ids)).order_by(account.display_name, account.id)
    return list(session.scalars(found))


def get(session: Session, account_id: uuid.UUID) -> models.Account:
    """The account, erased or not. Raises NotFound."""
    account = session.get(models.Account, account_id)
    if account is None:
        raise errors.NotFound()
    return account


def add_role(
    session: Session, account: models.Account, role: str, *, now: datetime
) -> models.Account:
    """Let the same person also be a resident or a provider. Twice is the same as once.

    Raises InvalidInput for any other role.
    """
    _open_role(role)
    lock(session, account)
    if not account.has_role(role):
        account.roles.append(models.AccountRole(role=role))
        account.version += 1
        session.flush()
        session.refresh(account, ["roles"])
        history.record(
            session,
            "role-added",
            at=now,
            actor_role=role,
            actor_id=account.id,
            account_id=account.id,
            data={"role": role},
        )
    return account


def update(
    session: Session,
    account: models.Account,
    *,
    settings: Settings,
    now: datetime,
    version: int | None = None,
    display_name: str | None = None,
    language: str | None = None,
    phone: str | Unchanged | None = UNCHANGED,
    email: str | None = None,
    current_password: str | None = None,
) -> models.Account:
    """Change what is named; None leaves it, but for ``phone``, which it empties.

    Another address needs the password, if there is one, and has to be proved anew: with
    it whoever holds an unlocked phone could otherwise take the account for good. Raises
    InvalidInput, EmailTaken, and VersionMismatch if ``version`` is given and is not the
    present one.
    """
    lock(session, account)
    if version is not None and version != account.version:
        raise errors.VersionMismatch()
    if display_name is not None:
        account.display_name = particulars.display_name(display_name)
    if language is not None:
        account.language = particulars.language(language)
    if phone is not UNCHANGED:
        number = None if phone is None else particulars.phone(phone)
        if number != account.phone:
            account.phone, account.phone_verified_at = number, None
    address = account.email if email is None else particulars.email(email)
    if address == account.email:
        session.flush()
        return account
    if account.password_hash is not None and not passwords.matches(
        account.password_hash, current_password or ""
    ):
        raise errors.InvalidInput(fields={"current_password": ["field-current-password"]})
    account.email = address
    account.email_verified_at = None
    _flush_email(session, account)
    proofs.request_verification(session, account, settings=settings, now=now)
    return account


def lock(session: Session, account: models.Account) -> None:
    """Read the account anew and keep others from changing it until the end.

    Changes made one after the other cannot fail on each other's version.
    """
    # A plain refresh would repeat the join an account was loaded with, and lock that too.
    session.scalars(
        select(models.Account)
        .where(models.Account.id == account.id)
        .with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    ).one()


def _open_role(role: str) -> str:
    if role not in OPEN_ROLES:
        raise errors.InvalidInput(fields={"role": ["field-role"]})
    return role


def _flush_email(session: Session, account: models.Account) -> None:
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError as error:
        if database.violated(error) == "uq_accounts_email":
            raise errors.EmailTaken() from error
        raise
