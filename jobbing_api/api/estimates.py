"""What to expect before posting a job, and waiting for somebody when nobody came."""

from __future__ import annotations

import uuid
from typing import Any

from jobbing_api import errors, jobs, offers
from jobbing_api.api import (
    contract,
    fields,
    job_answers,
    job_bodies,
    job_shapes,
    kinds,
    problems,
    remedy_shapes,
    view,
)
from jobbing_api.api import jobs as jobs_views
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint(
    "estimates", __name__, description="What to expect of a job, and waiting for somebody."
)


class CentsAnswer(kinds.Answer):
    """Amounts within which a quarter, half and three quarters stay."""

    low = fields.cents("A quarter cost no more.", 6000)
    median = fields.cents("Half cost no more.", 7500)
    high = fields.cents("Three quarters cost no more.", 9000)


class MinutesAnswer(kinds.Answer):
    """Minutes within which a quarter, half and three quarters stay."""

    low = fields.whole("A quarter.", 4, least=0, most=10**6, allow_none=True)
    median = fields.whole("Half.", 11, least=0, most=10**6, allow_none=True)
    high = fields.whole("Three quarters.", 95, least=0, most=10**6, allow_none=True)


class PriceEstimateAnswer(kinds.Answer):
    """What such jobs cost all in: labour, the trip, evenings and Sundays, tax."""

    basis = fields.choice(
        "`finished-jobs`: what others paid for jobs of this kind about as long.\n"
        "`providers-prices`: what providers ask for it.",
        "finished-jobs",
        offers.BASES,
    )
    area = fields.choice(
        "`nearby`: of your neighbourhood, or of those who could come. `market`: of the whole"
        " market, since there are too few nearby.",
        "nearby",
        offers.AREAS,
    )
    counted = fields.whole("Of so many.", 14, least=5, most=10**4)
    currency = fields.currency("Of every amount.")
    total_cents = fields.part(CentsAnswer, "What is paid.")
    cost_cents = fields.part(CentsAnswer, "What is left of it after a tax credit.")
    tax_percent = fields.figure("The tax that is in it.", 20.0)
    tax_credit_percent = fields.figure(
        "What the market gives back of such work, where the provider is declared for it; 0"
        " where it gives nothing.",
        50.0,
    )


class WaitAnswer(kinds.Answer):
    """How long until somebody says yes or names a price."""

    minutes = fields.part(
        MinutesAnswer, "From posting, nights included; null where nobody ever answered."
    )
    counted = fields.whole("Of so many jobs asked about in the same way.", 31, least=5, most=10**4)


class WhyAnswer(kinds.Answer):
    """Why nobody could come."""

    reason = fields.slug("A stable word, as in `unfilled_because`.", "nobody-free")
    advice = fields.text("What would help, in words.", "Another day would help.", most=500)
    remedies = fields.many(remedy_shapes.RemedyAnswer, "What would reach somebody.")


_UNKNOWN = ("too-few",)


class EstimateAnswer(kinds.Answer):
    """What to expect of a job."""

    market = fields.slug("Where it would belong.", "lyon")
    could_come = fields.whole(
        f"How many have time for it and come for that price; {offers.COUNTED_AT_MOST} stands for"
        " as many or more. Counted from the job's square kilometre and the four kilometres"
        " around each provider, so it may differ at the rim.",
        7,
        least=0,
        most=offers.COUNTED_AT_MOST,
    )
    outside_hours = fields.whole(
        "How many more would be asked although it is outside their hours: where few live.",
        0,
        least=0,
        most=offers.COUNTED_AT_MOST,
    )
    starts_at = fields.instant(
        "When the first of them could begin, to the half hour.",
        "2026-11-24T09:00:00Z",
        allow_none=True,
    )
    price = fields.part(
        PriceEstimateAnswer, "What it costs; null if too little is known.", allow_none=True
    )
    price_unknown_because = fields.choice(
        "`too-few`: so few that they could be told apart.", "too-few", _UNKNOWN, allow_none=True
    )
    wait = fields.part(
        WaitAnswer, "How long it takes; null if too little is known.", allow_none=True
    )
    wait_unknown_because = fields.choice("As for the price.", "too-few", _UNKNOWN, allow_none=True)
    why = fields.part(
        WhyAnswer, "Why nobody could come; null where somebody could.", allow_none=True
    )


@blueprint.route("/jobs/estimate")
class Estimate(view.View):
    @blueprint.operation(
        "estimate_job",
        who=contract.RESIDENT,
        body=job_bodies.EstimateBody,
        answer=EstimateAnswer,
        refuses=[errors.OutsideMarkets],
    )
    def post(self, *, body: dict[str, Any]) -> Any:
        """What to expect of a job, before posting it

        How many could come, when the first, for how much and how soon somebody answers.
        Nothing is kept and nobody is asked. Refused as POST /jobs would refuse it.
        """
        brief = jobs.Brief(title="", **job_bodies.changes(body))
        return _shown(offers.estimate(self.session, self.account, brief=brief, now=self.now))


def _shown(found: offers.Estimate) -> dict[str, Any]:
    price, why = found.price, found.why
    return {
        "market": found.market.slug,
        "could_come": found.could_come,
        "outside_hours": found.outside_hours,
        "starts_at": found.starts_at,
        "price": None
        if price is None
        else {
            "basis": price.basis,
            "area": price.area,
            "counted": price.counted,
            "currency": found.market.currency,
            "total_cents": price.total,
            "cost_cents": price.cost,
            "tax_percent": _percent(found.policy.tax_share),
            "tax_credit_percent": _percent(found.policy.tax_credit_share)
            if found.creditable
            else 0.0,
        },
        "price_unknown_because": "too-few" if price is None else None,
        "wait": found.wait,
        "wait_unknown_because": "too-few" if found.wait is None else None,
        "why": None
        if why is None
        else {
            "reason": why.reason,
            "advice": job_shapes.advice(why.reason, problems.reader_language()),
            "remedies": [
                remedy_shapes.shown(one, currency=found.market.currency) for one in why.remedies
            ],
        },
    }


def _percent(share: float) -> float:
    return round(100 * share, 2)


@blueprint.route("/jobs/<uuid:job_id>/wait-list")
class WaitList(jobs_views.JobView):
    @blueprint.operation(
        "wait_for_somebody", answer=job_answers.JobAnswer, version="read", refuses=jobs_views.MOVE
    )
    def post(self, *, job_id: uuid.UUID) -> Any:
        """Tell me when somebody could come (the resident of an unfilled job)

        You hear of it once, as soon as somebody could come who was not asked this time; the
        job is asked about again when you say so (POST /jobs/{job_id}/dispatch). The wait ends with
        that word, or with the job's window.
        """
        return self.shown(offers.wait(self.session, job_id, self.account, now=self.now))

    @blueprint.operation(
        "stop_waiting", answer=job_answers.JobAnswer, version="read", refuses=jobs_views.MOVE
    )
    def delete(self, *, job_id: uuid.UUID) -> Any:
        """I do not wait any more (its resident)"""
        return self.shown(offers.stop_waiting(self.session, job_id, self.account, now=self.now))
