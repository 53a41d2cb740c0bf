"""What both agreed the job costs: locked at acceptance, changed by both or not at all, and
paid between them.

Hides: that a change of order is a question with an answer, that what is agreed becomes lines
of the order in the same transaction, that a visit to look counts towards the work that
follows, and how receipts are numbered. Money is recorded, not moved: this is the one door
behind which a payment provider would stand.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobbing_api import database, errors, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models, moves, prices, questions, reading, rules, supplies, telling
from jobbing_api.lifecycle import JobState

#: What a change may consist of; a credit takes away.
CHANGE_KINDS = ("labour", "option", "supplies", "surcharge", "call-out", "credit")

#: While somebody is to come or at work, and until it is confirmed.
_CHANGEABLE = (JobState.ASSIGNED, JobState.IN_PROGRESS, JobState.FINISHED)

METHODS = ("cash", "transfer", "card", "cheque", "other")


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """A job's order as it stands: every change asked for since it was agreed, and what was
    paid, oldest first."""

    changes: Sequence[models.ChangeOrder]
    payments: Sequence[models.Payment]


def bill_of(session: Session, job: models.Job, *, seen_as: str) -> Bill:
    """The changes and payments of a job. What was asked about an order that is no more is
    in the timeline; what somebody else was paid is no provider's affair."""
    change, payment, visit = models.ChangeOrder, models.Payment, models.Visit
    agreed_at = select(func.max(visit.agreed_at)).where(visit.job_id == job.id).scalar_subquery()
    paid = select(payment).where(payment.job_id == job.id)
    if seen_as == "provider":
        paid = paid.where(payment.provider_id == job.provider_id)
    return Bill(
        changes=session.scalars(
            select(change)
            .where(change.job_id == job.id, change.asked_at >= agreed_at)
            .order_by(change.asked_at, change.id)
        ).all(),
        payments=session.scalars(paid.order_by(payment.said_at, payment.id)).all(),
    )


# Changed ---------------------------------------------------------------------------------


def ask_to_change(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    text: str,
    lines: Sequence[Mapping[str, Any]],
    now: datetime,
) -> models.ChangeOrder:
    """Ask the other side to add these lines to the order; nothing is changed before they
    agree. Asked again, the new question takes the place of the earlier.

    Raises IllegalMove where there is no order or not any more, InvalidInput for a change
    that would make the job cost less than nothing, or more than anything does.
    """
    job, role = reading.hold(session, job_id, account, now=now)
    if job.state not in _CHANGEABLE or job.order is None:
        raise errors.IllegalMove(state=str(job.state))
    questions.withdraw(session, models.ChangeOrder, job_id, now=now)
    written = [_line(line, place) for place, line in enumerate(lines)]
    delta = sum(line["amount_cents"] for line in written)
    total = (job.order["total_cents"] or 0) + delta
    if total < 0:
        raise errors.InvalidInput(fields={"lines": ["less-than-nothing"]})
    if total > prices.MOST_TOTAL:
        raise errors.InvalidInput(fields={"lines": ["more-than-anything-costs"]})
    change = models.ChangeOrder(
        id=database.new_id(),
        market_id=job.market_id,
        job_id=job.id,
        author_id=account.id,
        asked_by=role,
        text=text,
        lines=written,
        delta_cents=delta,
        asked_at=now,
        state="asked",
    )
    session.add(change)
    job.version += 1
    moves.note(session, "change-ask", job, account, role, now=now, data={"delta_cents": delta})
    other = job.provider_id if role == "resident" else job.resident_id
    _tell_amount(session, job, other, "change-asked", delta, now=now)
    session.flush()
    return change


def _line(said: Mapping[str, Any], place: int) -> prices.Line:
    amount = said["amount_cents"]
    if (said["kind"] == "credit") != (amount < 0) or amount == 0:
        raise errors.InvalidInput(fields={f"lines.{place}.amount_cents": ["credit-below-zero"]})
    label = {"label": said["label"]} if said.get("label") else {}
    return {"kind": said["kind"], "amount_cents": amount, **label}


def answer_change(
    session: Session,
    job_id: uuid.UUID,
    change_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    agree: bool,
    now: datetime,
) -> models.ChangeOrder:
    """The other side agrees to a change, or does not; whoever asked may take it back.
    Answered again alike, it answers the same.

    Raises NothingAsked where the question is over, NotAllowed for whoever would agree to
    their own.
    """
    job, role = reading.hold(session, job_id, account, now=now)
    change = session.get(models.ChangeOrder, change_id, populate_existing=True)
    if change is None or change.job_id != job_id:
        raise errors.NotFound()
    own = change.asked_by == role
    ends = "agreed" if agree else "withdrawn" if own else "refused"
    if change.state == ends:
        return change
    if change.state != "asked" or job.state not in _CHANGEABLE or job.order is None:
        raise errors.NothingAsked()
    if agree and own:
        raise errors.NotAllowed()
    change.state, change.ended_at = ends, now
    if agree:
        _change(session, job, change, now=now)
    job.version += 1
    moves.note(session, f"change-{ends}", job, account, role, now=now)
    if ends != "withdrawn":
        other = job.provider_id if role == "resident" else job.resident_id
        telling.tell(session, job, other, f"change-{ends}", now=now)
    session.flush()
    return change


def _change(
    session: Session, job: models.Job, change: models.ChangeOrder, *, now: datetime
) -> None:
    """Make the agreed lines part of the order. What was paid for coming to look counts
    towards the work that is agreed after it, until all of it has.

    Raises NothingAsked where the order has changed meanwhile, so that it would come to less
    than nothing.
    """
    assert job.order is not None
    added: list[prices.Line] = [{**line, "change_id": str(change.id)} for line in change.lines]
    if job.order.get("inspection") and (look := _look_left(job.order["lines"], added)):
        added.append({"kind": "credit", "amount_cents": -look, "label": None})
    policy = rules.policy_of(session, job, now=now)
    job.order = prices.with_lines(job.order, [*job.order["lines"], *added], policy)
    if job.order["total_cents"] < 0:
        raise errors.NothingAsked()


def _look_left(lines: Sequence[prices.Line], added: Sequence[prices.Line]) -> int:
    """How much of what coming to look cost counts towards these lines: of work, for goods are
    charged by their receipt, and may come to nothing."""
    first = [line for line in lines if "change_id" not in line]
    # What counted before is the one credit that no change brought.
    left: int = sum(line["amount_cents"] for line in first)
    work: int = sum(line["amount_cents"] for line in added if line["kind"] != "supplies")
    return max(0, min(left, work))


# Paid ------------------------------------------------------------------------------------


def say_paid(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    method: str,
    amount_cents: int,
    now: datetime,
) -> models.Payment:
    """The resident has paid, or the provider was paid: so much, in that way. The other side
    says that it is so (``agree_paid``); a receipt is numbered when the provider has it.

    Raises IllegalMove where nothing was agreed, InvalidInput beyond what is left to pay.
    """
    job, role = reading.hold(session, job_id, account, now=now)
    owed = owed_cents(session, job)
    if owed is None or job.provider_id is None:
        raise errors.IllegalMove(state=str(job.state))
    if amount_cents > owed:
        raise errors.InvalidInput(fields={"amount_cents": ["more-than-is-owed"]}, most_cents=owed)
    payment = models.Payment(
        id=database.new_id(),
        market_id=job.market_id,
        job_id=job.id,
        provider_id=job.provider_id,
        method=method,
        amount_cents=amount_cents,
        currency=job.currency,
        said_by=role,
        said_at=now,
    )
    if role == "provider":
        _receive(session, job, payment, now=now)
    else:
        payment.paid_at = now
    session.add(payment)
    job.version += 1
    moves.note(session, f"paid-{role}", job, account, role, now=now, data={"cents": amount_cents})
    other = job.provider_id if role == "resident" else job.resident_id
    kind = "payment-said" if role == "resident" else "payment-received"
    _tell_amount(session, job, other, kind, amount_cents, now=now)
    session.flush()
    return payment


def agree_paid(
    session: Session,
    job_id: uuid.UUID,
    payment_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    now: datetime,
) -> models.Payment:
    """The other side says that it is so: the resident, or whoever was paid. Said again, it
    answers the same. Raises NothingAsked for what was refused."""
    job, payment, role = _said(session, job_id, payment_id, account)
    if payment.said_by == role:
        raise errors.NotAllowed()
    if payment.refused_at is not None:
        raise errors.NothingAsked()
    if payment.paid_at is not None and payment.received_at is not None:
        return payment
    if role == "provider":
        _receive(session, job, payment, now=now)
    else:
        payment.paid_at = now
    job.version += 1
    moves.note(session, f"paid-{role}", job, account, role, now=now)
    if role == "provider":
        _tell_amount(
            session, job, job.resident_id, "payment-received", payment.amount_cents, now=now
        )
    session.flush()
    return payment


def refuse_paid(
    session: Session,
    job_id: uuid.UUID,
    payment_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    now: datetime,
) -> models.Payment:
    """It is not so, says the other side, or never mind, says who said it: what the resident
    said they paid counts no more. Said again, it answers the same.

    Raises NothingAsked for what the provider has received: that has a receipt, and is
    disputed like any work.
    """
    job, payment, role = _said(session, job_id, payment_id, account)
    if payment.refused_at is not None:
        return payment
    if payment.received_at is not None:
        raise errors.NothingAsked()
    payment.refused_at = now
    job.version += 1
    moves.note(session, f"paid-refused-{role}", job, account, role, now=now)
    if role != payment.said_by:
        _tell_amount(
            session, job, job.resident_id, "payment-refused", payment.amount_cents, now=now
        )
    session.flush()
    return payment


def _said(
    session: Session,
    job_id: uuid.UUID,
    payment_id: uuid.UUID,
    account: accounts_models.Account,
) -> tuple[models.Job, models.Payment, str]:
    """The job, locked, a payment of it, and which of its two sides this is: whoever was paid,
    and nobody who had the job before or after."""
    job = moves.lock(session, job_id)
    payment = session.get(models.Payment, payment_id, populate_existing=True)
    if job is None or payment is None or payment.job_id != job_id:
        raise errors.NotFound()
    role = {job.resident_id: "resident", payment.provider_id: "provider"}.get(account.id)
    if role is None:
        raise errors.NotFound()
    return job, payment, role


def owed_cents(session: Session, job: models.Job) -> int | None:
    """What is left to pay: of the order, or of what calling it off or not being there cost,
    below zero where more was paid; None where nothing was agreed or paid. Supplies are owed
    by receipt."""
    payment = models.Payment
    fee = fee_cents(session, job)
    if job.state == JobState.CANCELLED:
        agreed = fee
    else:
        agreed = None if job.order is None else (job.order["total_cents"] or 0) + (fee or 0)
        if agreed is not None:
            agreed -= supplies.without_receipt_cents(job.order)
    paid = session.scalar(
        select(func.sum(payment.amount_cents)).where(
            payment.job_id == job.id,
            payment.provider_id == job.provider_id,
            payment.refused_at.is_(None),
        )
    )
    if agreed is None and not paid:
        return None
    return int(agreed or 0) - int(paid or 0)


def fee_cents(session: Session, job: models.Job) -> int | None:
    """What calling the job's visits off or not being there costs the resident; None where
    that cost nothing."""
    visit = models.Visit
    fee = session.scalar(
        select(func.sum(visit.fee_cents)).where(visit.job_id == job.id, visit.fee_cents > 0)
    )
    return None if fee is None else int(fee)


def _receive(session: Session, job: models.Job, payment: models.Payment, *, now: datetime) -> None:
    """A provider's receipts are numbered one after the other, and say for good how much of
    it is tax: of the order as it is now; a fee for calling off has none."""
    providers.lock(session, [payment.provider_id])
    last = session.scalar(
        select(func.max(models.Payment.receipt_number)).where(
            models.Payment.provider_id == payment.provider_id
        )
    )
    payment.received_at = now
    payment.receipt_number = (last or 0) + 1
    for_work = job.order is not None and job.state != JobState.CANCELLED
    same = job.provider_id == payment.provider_id
    taxed = job.order if for_work and same and job.order is not None else {}
    payment.tax_cents = prices.tax_in(payment.amount_cents, taxed)


def _tell_amount(
    session: Session,
    job: models.Job,
    account_id: uuid.UUID | None,
    kind: str,
    amount_cents: int,
    *,
    now: datetime,
) -> None:
    telling.tell(
        session, job, account_id, kind, now=now, net_cents=amount_cents, currency=job.currency
    )
