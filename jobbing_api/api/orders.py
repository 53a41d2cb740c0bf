"""What a job costs: the order, its changes, what was paid, and both on paper."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response

from jobbing_api import errors, files, jobs, words
from jobbing_api.api import (
    fields,
    job_answers,
    kinds,
    order_papers,
    order_shapes,
    photo_shapes,
    printed,
    problems,
    view,
)
from jobbing_api.api import jobs as jobs_views
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import orders

blueprint = Blueprint("orders", __name__, description="What a job costs, agreed and paid.")


class ChangeLineBody(kinds.Body):
    """One item to add."""

    kind = fields.choice("What it is for; a `credit` takes away.", "labour", orders.CHANGE_KINDS)
    label = fields.text("What exactly.", "A new downpipe", least=0, most=80, load_default="")
    amount_cents = fields.whole(
        "How much; below zero for a credit.",
        4000,
        least=-fields.MOST_CENTS,
        most=fields.MOST_CENTS,
    )


class ChangeBody(kinds.Body):
    """What is to be added to the order, and why."""

    text = fields.text(
        "Why.", "The downpipe is cracked.", least=0, most=500, lines=True, load_default=""
    )
    lines = fields.many(ChangeLineBody, "What is added.", least=1, most=20)


class SuppliesBody(kinds.Body):
    """What supplies of the order cost, and the receipt."""

    line = fields.whole("The place of their line in the order, from 0.", 2, least=0, most=10**4)
    amount_cents = fields.cents("What they cost; 0 where nothing was bought.", 3740)
    photos = photo_shapes.ids(
        "The receipt. Yours, and used nowhere else.",
        most=files.MOST["receipt"],
        load_default=list,
    )


class PaymentBody(kinds.Body):
    """What was paid, and how."""

    method = fields.choice("In which way.", "cash", orders.METHODS)
    amount_cents = fields.cents("How much.", 9000, least=1)


@blueprint.route("/jobs/<uuid:job_id>/order")
class Order(view.View):
    @blueprint.operation(
        "get_order", answer=order_shapes.AgreementAnswer, refuses=[errors.NotFound]
    )
    def get(self, *, job_id: uuid.UUID) -> Any:
        """What we agreed on (both sides)

        The order as it stands, every change asked for and who agreed to it, supplies with
        their receipts, and what was paid. Operators read along in a dispute only. Not found
        before somebody has accepted.
        """
        found = jobs.agreement_of(self.session, job_id, self.account)
        receipts = [one.receipt_id for one in found.supplies if one.receipt_id is not None]
        show = photo_shapes.showing(self)
        photos = files.of(self.session, receipts).items()
        return order_shapes.agreement(
            found, self.account, {receipt_id: show(several) for receipt_id, several in photos}
        )


@blueprint.route("/jobs/<uuid:job_id>/order.pdf")
class OrderPaper(printed.PrintedView):
    @blueprint.operation("get_order_paper", gives=[files.PDF], refuses=[errors.NotFound])
    def get(self, *, job_id: uuid.UUID) -> Response:
        """The same, as a paper to keep (both sides)

        A PDF in the language that is asked for, with the market's money and time.
        """
        found = jobs.agreement_of(self.session, job_id, self.account)
        language = problems.reader_language()
        document = order_papers.order(found, self.account, language)
        return self.page(document, name=words.say(language, "paper-order-file"))


@blueprint.route("/jobs/<uuid:job_id>/receipts/<int(max=2147483647):number>")
class Receipt(view.View):
    @blueprint.operation(
        "get_receipt", answer=order_shapes.ReceiptAnswer, refuses=[errors.NotFound]
    )
    def get(self, *, job_id: uuid.UUID, number: int) -> Any:
        """That money was received (both sides)

        Under the number the provider's own count gave it (`receipt_number` of a payment).
        """
        return order_shapes.receipt(jobs.receipt_of(self.session, job_id, number, self.account))


@blueprint.route("/jobs/<uuid:job_id>/receipts/<int(max=2147483647):number>.pdf")
class ReceiptPaper(printed.PrintedView):
    @blueprint.operation("get_receipt_paper", gives=[files.PDF], refuses=[errors.NotFound])
    def get(self, *, job_id: uuid.UUID, number: int) -> Response:
        """The same, as a paper to keep (both sides)"""
        found = jobs.receipt_of(self.session, job_id, number, self.account)
        language = problems.reader_language()
        name = words.say(language, "paper-receipt-file", number=str(number))
        return self.page(order_papers.receipt(found, language), name=name)


@blueprint.route("/jobs/<uuid:job_id>/change-orders")
class ChangeOrders(jobs_views.JobView):
    @blueprint.operation(
        "ask_to_change_order",
        body=ChangeBody,
        answer=job_answers.JobAnswer,
        status=201,
        version="read",
        refuses=jobs_views.MOVE,
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """It will cost more, or less (either side)

        Nothing changes before the other side agrees. What is asked and answered is kept.
        """
        jobs.ask_to_change(self.session, job_id, self.account, now=self.now, **body)
        return self.seen(job_id), {"Location": f"/api/v1/jobs/{job_id}"}


def _answer(path: str, operation_id: str, says: str, *, agree: bool) -> None:
    class Answer(jobs_views.JobView):
        @blueprint.operation(
            operation_id,
            answer=job_answers.JobAnswer,
            version="read",
            refuses=[*jobs_views.MOVE, errors.NothingAsked],
        )
        def post(self, *, job_id: uuid.UUID, change_id: uuid.UUID) -> Any:
            jobs.answer_change(
                self.session, job_id, change_id, self.account, agree=agree, now=self.now
            )
            return self.seen(job_id)

        post.__doc__ = says

    blueprint.add_url_rule(
        f"/jobs/<uuid:job_id>/change-orders/<uuid:change_id>/{path}", operation_id, Answer
    )


_answer("agree", "agree_to_change_order", "Agreed (the other side)", agree=True)
_answer(
    "refuse",
    "refuse_to_change_order",
    "No (the other side), or never mind (who asked)",
    agree=False,
)


@blueprint.route("/jobs/<uuid:job_id>/supplies")
class Supplies(jobs_views.JobView):
    @blueprint.operation(
        "charge_supplies",
        body=SuppliesBody,
        answer=job_answers.JobAnswer,
        status=201,
        version="read",
        refuses=jobs_views.MOVE,
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """That is what it cost (the provider)

        Supplies are agreed on as "at most so much" and owed by receipt: from once work has
        begun until a week after it was confirmed. Photos of the receipt, or a PDF, are brought
        first (POST /photos) and named here; they stay.
        """
        jobs.charge(self.session, job_id, self.account, now=self.now, **body)
        return self.seen(job_id), {"Location": f"/api/v1/jobs/{job_id}"}


@blueprint.route("/jobs/<uuid:job_id>/payments")
class Payments(jobs_views.JobView):
    @blueprint.operation(
        "say_paid",
        body=PaymentBody,
        answer=job_answers.JobAnswer,
        status=201,
        version="read",
        refuses=jobs_views.MOVE,
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I paid (the resident); I was paid (the provider)

        Recorded, not moved. The other side says that it is so; what the provider has
        received has a numbered receipt.
        """
        jobs.say_paid(self.session, job_id, self.account, now=self.now, **body)
        return self.seen(job_id), {"Location": f"/api/v1/jobs/{job_id}"}


@blueprint.route("/jobs/<uuid:job_id>/payments/<uuid:payment_id>/agree")
class AgreePaid(jobs_views.JobView):
    @blueprint.operation(
        "agree_paid",
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[*jobs_views.MOVE, errors.NothingAsked],
    )
    def post(self, *, job_id: uuid.UUID, payment_id: uuid.UUID) -> Any:
        """It is so (the other side)"""
        jobs.agree_paid(self.session, job_id, payment_id, self.account, now=self.now)
        return self.seen(job_id)


@blueprint.route("/jobs/<uuid:job_id>/payments/<uuid:payment_id>/refuse")
class RefusePaid(jobs_views.JobView):
    @blueprint.operation(
        "refuse_paid",
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[*jobs_views.MOVE, errors.NothingAsked],
    )
    def post(self, *, job_id: uuid.UUID, payment_id: uuid.UUID) -> Any:
        """It is not so (the other side), or never mind (who said it)

        What the resident said they paid counts no more. What has a receipt stays.
        """
        jobs.refuse_paid(self.session, job_id, payment_id, self.account, now=self.now)
        return self.seen(job_id)
