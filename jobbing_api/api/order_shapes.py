"""The shapes of an order and of a receipt, as both read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from jobbing_api import accounts, jobs
from jobbing_api.api import fields, job_answers, job_shapes, kinds
from jobbing_api.jobs import prices


class AgreementAnswer(kinds.Answer):
    """What both agreed on, what became of it, and what was paid."""

    job_id = fields.uid("The job.")
    market = fields.slug("Where it belongs.", "lyon")
    category = fields.slug("What kind of job.", "gutter-cleaning")
    title = fields.text("What it is about.", "Clogged gutter", most=120)
    address = fields.text(
        "Where; null for a provider who does not come any more.",
        "12 rue des Tanneurs, 69001 Lyon",
        least=0,
        most=300,
        lines=True,
        allow_none=True,
    )
    resident = fields.part(job_answers.PersonAnswer, "Whose job it is.")
    provider = fields.part(job_answers.PersonAnswer, "Who comes or came.")
    order = fields.part(job_answers.OrderAnswer, "The order as it stands.")
    as_of = fields.instant("When it last changed.", "2026-11-24T12:01:00Z")
    changes = fields.many(job_answers.ChangeAnswer, "Every change asked for, oldest first.")
    supplies = fields.many(job_answers.SupplyAnswer, "What it has bought, by receipt.")
    payments = fields.many(job_answers.PaymentAnswer, "What was paid, oldest first.")
    fee_cents = fields.cents("What calling it off or not being there cost.", 0)
    without_receipt_cents = fields.cents(
        "How much of it is for supplies no receipt was shown of: not owed yet.", 0
    )
    owed_cents = fields.whole(
        "What is left to pay.", 0, least=-fields.MOST_CENTS, most=fields.MOST_CENTS
    )


class ReceiptAnswer(kinds.Answer):
    """That money was received, under the provider's own number."""

    number = fields.whole("The provider's own count, without a gap.", 7, least=1, most=2**31 - 1)
    job_id = fields.uid("The job it was for.")
    category = fields.slug("What kind of job.", "gutter-cleaning")
    title = fields.text("What it was about.", "Clogged gutter", most=120)
    resident = fields.part(job_answers.PersonAnswer, "Who paid.")
    provider = fields.part(job_answers.PersonAnswer, "Who received.")
    method = fields.choice("In which way.", "cash", jobs.METHODS)
    amount_cents = fields.cents("How much.", 9000)
    tax_cents = fields.cents("The tax that is in it.", 0)
    currency = fields.currency("Of it.")
    received_at = fields.instant("When the provider said so.", "2026-11-24T12:01:00Z")


def agreement(
    found: jobs.Agreement,
    reader: accounts.models.Account,
    receipts: Mapping[UUID, Sequence[dict[str, Any]]],
) -> dict[str, Any]:
    """An order as ``reader`` sees it; ``receipts`` are photos of supplies as they are shown."""
    job = found.job
    assert job.provider_id is not None
    return {
        "job_id": job.id,
        "market": job.market.slug,
        "category": job.category.slug,
        "title": found.subject.title,
        "address": None if job_shapes.kept_from(job, reader) else job.address,
        "resident": {"id": job.resident_id, "display_name": found.names[job.resident_id]},
        "provider": {"id": job.provider_id, "display_name": found.names[job.provider_id]},
        "order": job_shapes.order(found.order),
        "as_of": found.as_of,
        "changes": job_shapes.changes(found.changes),
        "supplies": job_shapes.supplies(found.supplies, receipts),
        "payments": found.payments,
        "fee_cents": found.fee_cents,
        "without_receipt_cents": jobs.without_receipt_cents(found.order),
        "owed_cents": found.owed_cents,
    }


def receipt(found: jobs.Receipt) -> dict[str, Any]:
    """A receipt with every member."""
    job, payment = found.job, found.payment
    people = {"resident": job.resident_id, "provider": payment.provider_id}
    told = ("job_id", "method", "amount_cents", "currency", "received_at")
    return {
        **{name: getattr(payment, name) for name in told},
        **{
            role: {"id": account_id, "display_name": found.names[account_id]}
            for role, account_id in people.items()
        },
        "number": payment.receipt_number,
        "category": job.category.slug,
        "title": found.subject.title,
        "tax_cents": tax_cents(found),
    }


def tax_cents(found: jobs.Receipt) -> int:
    """The tax in what was received; a fee for calling off has none."""
    job, payment = found.job, found.payment
    if payment.tax_cents is not None:
        return payment.tax_cents
    if job.order is None or job.state == "cancelled" or job.provider_id != payment.provider_id:
        return 0
    return prices.tax_in(payment.amount_cents, job.order)
