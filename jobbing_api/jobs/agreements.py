"""What both can read of what they agreed: the order with its history, and receipts.

Hides: who may, that changes and payments of somebody who had the job before are not among
them, and what was the last that happened to it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import accounts, errors
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models, orders, reading, supplies
from jobbing_api.lifecycle import JobState


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What was agreed about, as it was called then."""

    title: str
    category_names: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """An order as it stands, everything asked and paid about it, oldest first, and between
    whom. Amounts in minor units."""

    job: models.Job
    seen_as: reading.Role
    subject: Subject
    names: Mapping[uuid.UUID, str]
    order: Mapping[str, Any]
    changes: Sequence[models.ChangeOrder]
    supplies: Sequence[supplies.Supply]
    payments: Sequence[models.Payment]
    #: What calling it off or not being there costs.
    fee_cents: int
    owed_cents: int
    #: When the last of all this happened.
    as_of: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What a provider received, under the number they gave it."""

    job: models.Job
    subject: Subject
    names: Mapping[uuid.UUID, str]
    payment: models.Payment


def agreement_of(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account
) -> Agreement:
    """The order of a job, for its two people, and in a dispute for the operators of its
    market. Raises NotFound for anybody else, and where nothing was agreed."""
    job = session.get(models.Job, job_id)
    seen_as = None if job is None else _seen_as(session, job, account, job.provider_id)
    if job is None or seen_as is None or job.order is None or job.provider_id is None:
        raise errors.NotFound()
    # Whoever reads it, it is between the resident and who has the job now.
    bill = orders.bill_of(session, job, seen_as="provider")
    payments = [payment for payment in bill.payments if payment.refused_at is None]
    locked_at = datetime.fromisoformat(job.order["locked_at"])
    bought = supplies.supplies_of(job.order)
    happened: list[datetime | None] = [locked_at, *(one.charged_at for one in bought)]
    for change in bill.changes:
        happened += [change.asked_at, change.ended_at]
    for payment in payments:
        happened += [payment.paid_at, payment.received_at]
    if job.state == JobState.CANCELLED:
        happened.append(job.state_since)
    return Agreement(
        job=job,
        seen_as=seen_as,
        subject=_subject(job, job.provider_id),
        names=_names(session, job.resident_id, job.provider_id),
        order=job.order,
        changes=bill.changes,
        supplies=bought,
        payments=payments,
        fee_cents=orders.fee_cents(session, job) or 0,
        owed_cents=orders.owed_cents(session, job) or 0,
        as_of=max(at for at in happened if at is not None),
    )


def receipt_of(
    session: Session, job_id: uuid.UUID, number: int, account: accounts_models.Account
) -> Receipt:
    """A numbered receipt, for the resident and the provider who received, and in a dispute
    for the operators of the market. Raises NotFound for anybody else.

    Numbers are a provider's own. Where two who had a job one after the other gave the same,
    the resident reads the later one.
    """
    job, payment = session.get(models.Job, job_id), models.Payment
    numbered = (
        select(payment)
        .where(payment.job_id == job_id, payment.receipt_number == number)
        .order_by(payment.received_at.desc())
    )
    if job is not None:
        for one in session.scalars(numbered):
            if _seen_as(session, job, account, one.provider_id) is not None:
                names = _names(session, job.resident_id, one.provider_id)
                subject = _subject(job, one.provider_id)
                return Receipt(job=job, subject=subject, names=names, payment=one)
    raise errors.NotFound()


def answered_by(change: models.ChangeOrder) -> str | None:
    """Which side agreed to a change, or did not; None while nobody has, and for one that was
    withdrawn."""
    if change.state not in ("agreed", "refused"):
        return None
    return "provider" if change.asked_by == "resident" else "resident"


def _subject(job: models.Job, provider_id: uuid.UUID) -> Subject:
    """As the provider's order has it. Orders that were agreed before they said so, and those
    of whoever had the job before, are called as the job is."""
    order = job.order if job.order is not None and job.provider_id == provider_id else {}
    return Subject(
        title=order.get("title", job.title),
        category_names=order.get("category_names", job.category.names),
    )


def _seen_as(
    session: Session,
    job: models.Job,
    account: accounts_models.Account,
    provider_id: uuid.UUID | None,
) -> reading.Role | None:
    if account.id == job.resident_id:
        return "resident"
    if account.id == provider_id:
        return "provider"
    if (
        job.state == JobState.DISPUTED
        and account.has_role("operator")
        and job.market_id in accounts.operator_markets(session, account.id)
    ):
        return "operator"
    return None


def _names(session: Session, *account_ids: uuid.UUID) -> dict[uuid.UUID, str]:
    account = accounts_models.Account
    rows = session.execute(
        select(account.id, account.display_name).where(account.id.in_(account_ids))
    )
    return dict(rows.all())
