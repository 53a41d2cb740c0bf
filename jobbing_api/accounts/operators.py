"""Operators: who runs which town. Made by the command line only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import errors, history, markets
from jobbing_api.accounts import models, particulars, passwords, people

LEVELS = ("read", "act")


def make_operator(
    session: Session,
    *,
    email: str,
    market_slugs: Sequence[str],
    level: str,
    now: datetime,
    password: str | None = None,
    display_name: str = "Operator",
    language: str = "en",
) -> models.Account:
    """Let somebody look at (``read``) or act in (``act``) these markets.

    Makes the account if the address has none, which needs a password; whoever can run
    this vouches for the address. An existing account keeps its name and language, and
    its password unless one is given. Raises InvalidInput.
    """
    address = particulars.email(email)
    if level not in LEVELS:
        raise errors.InvalidInput(fields={"level": ["field-level"]})
    known = {market.slug: market.id for market in markets.all_markets(session)}
    if not market_slugs or not known.keys() >= set(market_slugs):
        raise errors.InvalidInput(fields={"market_slugs": ["field-market"]})
    market_ids = [known[slug] for slug in market_slugs]
    account = session.scalar(select(models.Account).where(models.Account.email == address))
    if account is None:
        account = models.Account(
            email=address,
            email_verified_at=now,
            display_name=particulars.display_name(display_name),
            language=particulars.language(language),
            password_hash=passwords.digest(password or ""),
            created_at=now,
        )
        account.roles.append(models.AccountRole(role="operator"))
        people.add(session, account, now=now, actor_role="system")
    else:
        people.lock(session, account)
        if password is not None:
            account.password_hash = passwords.digest(password)
        if not account.has_role("operator"):
            account.roles.append(models.AccountRole(role="operator"))
            account.version += 1
        session.flush()
    _grant(session, account, market_ids, level, now=now)
    return account


_GRANTS = select(models.OperatorGrant.market_id, models.OperatorGrant.level).where(
    models.OperatorGrant.account_id == bindparam("account_id")
)


def operator_markets(session: Session, account_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """The markets an account may see as operator, with ``read`` or ``act`` for each."""
    grants = session.execute(_GRANTS, {"account_id": account_id})
    return {grant.market_id: grant.level for grant in grants}


def refuse_onlooker(session: Session, account_id: uuid.UUID, market_id: uuid.UUID) -> None:
    """Raises NotAllowed for whoever may not act in the market: an operator who was only let
    look at it does not."""
    if operator_markets(session, account_id).get(market_id) != "act":
        raise errors.NotAllowed()


def operators_of(session: Session, market_id: uuid.UUID) -> list[uuid.UUID]:
    """Who acts in a market, in the order of their ids."""
    grant = models.OperatorGrant
    acting = select(grant.account_id).where(grant.market_id == market_id, grant.level == "act")
    return list(session.scalars(acting.order_by(grant.account_id)))


def _grant(
    session: Session,
    account: models.Account,
    market_ids: Sequence[uuid.UUID],
    level: str,
    *,
    now: datetime,
) -> None:
    for market_id in market_ids:
        session.execute(
            insert(models.OperatorGrant)
            .values(account_id=account.id, market_id=market_id, level=level, granted_at=now)
            .on_conflict_do_update(
                index_elements=["account_id", "market_id"],
                set_={"level": level, "granted_at": now},
            )
        )
        history.record(
            session,
            "operator-granted",
            at=now,
            actor_role="system",
            market_id=market_id,
            account_id=account.id,
            data={"level": level},
        )
