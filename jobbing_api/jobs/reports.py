"""What somebody thinks should not stand there, and the person who looks at it.

Hides: who may report what, that a thing is reported once by each, and what hiding it takes
away: a hidden review counts in nobody's rating, and a hidden message's photos go, so that
links to them open nothing. No machine hides anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, errors, files, history, notifications, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models

SUBJECTS = ("review", "message", "provider")
REASONS = ("insult", "false", "private", "fraud", "spam", "other")
OUTCOMES = ("kept", "hidden")

#: A line to those who look at it is worth sending for so long.
_WORTH_SENDING = timedelta(days=14)


def report(
    session: Session,
    account: accounts_models.Account,
    *,
    subject: str,
    subject_id: uuid.UUID,
    reason: str,
    text: str,
    now: datetime,
) -> models.Report:
    """Have a person look at a review, a message one can read, or a provider. Reported
    again by the same person, it is the same report.

    Raises NotFound for what the account may not see.
    """
    market_id = _market_of(session, account, subject, subject_id, now=now)
    session.execute(
        insert(models.Report)
        .values(
            id=database.new_id(),
            market_id=market_id,
            reporter_id=account.id,
            subject=subject,
            subject_id=subject_id,
            reason=reason,
            text=text,
            reported_at=now,
        )
        .on_conflict_do_nothing(index_elements=["subject_id", "reporter_id"])
    )
    row = session.scalars(
        select(models.Report).where(
            models.Report.subject_id == subject_id, models.Report.reporter_id == account.id
        )
    ).one()
    if row.reported_at == now:
        for operator_id in accounts.operators_of(session, market_id):
            notifications.tell(
                session,
                operator_id,
                "report-made",
                about="account",
                subject_id=operator_id,
                market_id=market_id,
                now=now,
                expires_at=now + _WORTH_SENDING,
                collapse_key="reports",
            )
    return row


def _market_of(
    session: Session,
    account: accounts_models.Account,
    subject: str,
    subject_id: uuid.UUID,
    *,
    now: datetime,
) -> uuid.UUID:
    if subject == "review":
        review = session.get(models.Review, subject_id)
        if review is not None and review.visible_at <= now and review.author_id != account.id:
            return review.market_id
    elif subject == "message":
        message = session.get(models.Message, subject_id)
        if message is not None and message.author_id != account.id:
            job = session.get_one(models.Job, message.job_id)
            if account.id in (job.resident_id, message.provider_id):
                return message.market_id
    else:
        provider = session.get(providers.models.Provider, subject_id)
        if provider is not None and subject_id != account.id:
            return provider.market_id
    raise errors.NotFound()


def reports_in(
    session: Session,
    market_ids: Iterable[uuid.UUID],
    *,
    open_only: bool,
    limit: int,
    after: uuid.UUID | None = None,
) -> list[models.Report]:
    """What was reported in these markets, latest first, below ``after``."""
    row = models.Report
    query = (
        select(row).where(row.market_id.in_(list(market_ids))).order_by(row.id.desc()).limit(limit)
    )
    if open_only:
        query = query.where(row.settled_at.is_(None))
    if after is not None:
        query = query.where(row.id < after)
    return list(session.scalars(query))


def said(session: Session, found: Iterable[models.Report]) -> dict[uuid.UUID, str]:
    """What was written in the reviews and messages reported, by their ids."""
    ids = [one.subject_id for one in found if one.subject != "provider"]
    texts: dict[uuid.UUID, str] = {}
    for id_, text in (
        (models.Review.id, models.Review.text),
        (models.Message.id, models.Message.text),
    ):
        texts |= {row[0]: row[1] for row in session.execute(select(id_, text).where(id_.in_(ids)))}
    return texts


def settle(
    session: Session,
    report_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    outcome: str,
    note: str,
    now: datetime,
) -> models.Report:
    """An operator who may act keeps what was reported, or hides it, and says why; whoever
    reported it is told. All reports of the same thing are settled with it.

    Raises NotFound outside their markets, IllegalMove once settled, InvalidInput for hiding
    a provider: that is done by suspending them.
    """
    row = session.get(models.Report, report_id, with_for_update=True, populate_existing=True)
    if row is None or row.market_id not in accounts.operator_markets(session, account.id):
        raise errors.NotFound()
    accounts.refuse_onlooker(session, account.id, row.market_id)
    if row.settled_at is not None:
        raise errors.IllegalMove(state="settled")
    if outcome == "hidden":
        _hide(session, row, now=now)
    same = session.scalars(
        select(models.Report).where(
            models.Report.subject_id == row.subject_id, models.Report.settled_at.is_(None)
        )
    ).all()
    for one in same:
        one.settled_at, one.outcome, one.note = now, outcome, note
        one.settled_by = account.id
        notifications.tell(
            session,
            one.reporter_id,
            f"report-{outcome}",
            about="account",
            subject_id=one.reporter_id,
            market_id=one.market_id,
            now=now,
            expires_at=now + _WORTH_SENDING,
            collapse_key=f"report-{one.id}",
        )
    history.record(
        session,
        f"report-{outcome}",
        at=now,
        actor_role="operator",
        actor_id=account.id,
        market_id=row.market_id,
        said=note,
        data={"subject": row.subject, "subject_id": str(row.subject_id)},
    )
    session.flush()
    return row


def _hide(session: Session, row: models.Report, *, now: datetime) -> None:
    if row.subject == "provider":
        raise errors.InvalidInput(fields={"outcome": ["suspend-instead"]})
    if row.subject == "message":
        message = session.get_one(models.Message, row.subject_id)
        message.hidden_at = now
        # Whoever read it holds links to what it showed, which are good for a while yet.
        shown = files.of(session, [message.id]).get(message.id, [])
        files.let_go(session, [photo.id for photo in shown], now=now)
        return
    review = session.get_one(models.Review, row.subject_id)
    review.hidden_at = now
    if review.about_role == "provider":
        providers.forget_facts(session, kind="rated", subject_ids=[review.job_id])
