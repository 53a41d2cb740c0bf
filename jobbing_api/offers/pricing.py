"""What a job costs with a given provider: as an offer shows it, and as a quote names it.

Hides: which lines a budget, a provider's terms and a quote become. What lines add up to is
``jobs.prices``'s affair.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from jobbing_api import errors, markets, matching, providers
from jobbing_api.jobs import models as jobs_models
from jobbing_api.jobs import prices
from jobbing_api.offers import models

#: What a quote may be made of.
QUOTED_KINDS = ("labour", "call-out", "option", "supplies")


def terms_of(
    session: Session,
    job: jobs_models.Job,
    policy: markets.Policy,
    provider_ids: Iterable[uuid.UUID],
    *,
    now: datetime,
) -> Mapping[uuid.UUID, providers.Terms]:
    """The terms a price of this job depends on; none are asked for where it is the
    resident's own and nothing is given back of it."""
    if job.budget_kind == "fixed" and not policy.tax_credit_share:
        return {}
    return providers.terms_of(session, provider_ids, job.category_id, now=now)


def offered(
    job: jobs_models.Job,
    policy: markets.Policy,
    candidate: matching.Candidate,
    terms: providers.Terms,
) -> dict[str, Any]:
    """The price an offer shows. ``fixed``: the resident's amount is the whole. ``hourly``:
    the provider's rate for the job's duration, the evening or the Sunday it falls on, and
    the call-out fee. What is still to be quoted has no lines."""
    lines: list[prices.Line] = []
    if job.budget_kind == "fixed":
        assert job.budget_cents is not None
        lines = [{"kind": "fixed", "amount_cents": job.budget_cents}]
    elif job.budget_kind == "hourly" and candidate.price_kind == "hourly":
        lines = _by_the_hour(job, policy, candidate, terms, at_most=job.budget_cents)
    return _priced(job, policy, lines, terms)


def usual(
    job: jobs_models.Job, policy: markets.Policy, able: matching.Able, terms: providers.Terms
) -> dict[str, Any] | None:
    """The price somebody asks of their own accord, whatever the resident would pay: their
    rate or their flat price, the trip, and no less than they come for at all. By the hour
    it is what an offer would show. None for whoever names a price only for the job."""
    if able.amount_cents is None:
        return None
    if able.price_kind == "hourly":
        at_most = job.budget_cents if job.budget_kind == "hourly" else None
        lines = _by_the_hour(job, policy, able, terms, at_most=at_most)
    else:
        lines = [{"kind": "quote", "amount_cents": able.amount_cents}]
        if able.call_out_fee_cents:
            lines.append({"kind": "call-out", "amount_cents": able.call_out_fee_cents})
    short = able.minimum_visit_cents - sum(line["amount_cents"] for line in lines)
    if short > 0 and job.budget_kind != "hourly":
        lines.append({"kind": "labour", "amount_cents": short})
    return _priced(job, policy, lines, terms)


def _by_the_hour(
    job: jobs_models.Job,
    policy: markets.Policy,
    who: matching.Candidate | matching.Able,
    terms: providers.Terms,
    *,
    at_most: int | None,
) -> list[prices.Line]:
    assert who.amount_cents is not None
    lines = prices.labour(job.duration_minutes, who.amount_cents, terms.steps)
    lines += prices.surcharge(
        lines,
        policy,
        starts_at=who.starts_at,
        time_zone=job.market.time_zone,
        evening_percent=terms.evening_percent,
        sunday_percent=terms.sunday_percent,
        hourly_at_most=at_most,
    )
    if who.call_out_fee_cents:
        lines.append({"kind": "call-out", "amount_cents": who.call_out_fee_cents})
    return lines


def quoted(
    job: jobs_models.Job,
    policy: markets.Policy,
    terms: providers.Terms,
    *,
    amount_cents: int | None,
    lines: Sequence[Mapping[str, Any]],
    starts_at: datetime,
) -> dict[str, Any]:
    """The price a provider names: one amount, or line by line, to which the evening or the
    Sunday it falls on is added. Labour with a rate and minutes is multiplied out here.

    Raises InvalidInput for an amount and lines, or neither, and for labour that does not
    say how much of it.
    """
    if (amount_cents is None) == (not lines):
        raise errors.InvalidInput(fields={"amount_cents": ["amount-or-lines"]})
    if amount_cents is not None:
        return _priced(job, policy, [{"kind": "quote", "amount_cents": amount_cents}], terms)
    written = [_line(line, place) for place, line in enumerate(lines)]
    written += prices.surcharge(
        [line for line in written if "unit_cents" in line],
        policy,
        starts_at=starts_at,
        time_zone=job.market.time_zone,
        evening_percent=terms.evening_percent,
        sunday_percent=terms.sunday_percent,
    )
    return _priced(job, policy, written, terms)


def _line(said: Mapping[str, Any], place: int) -> prices.Line:
    named = {"label": said["label"]} if said.get("label") else {}
    by_the_hour = said.get("unit_cents") is not None and said.get("minutes") is not None
    if said["kind"] == "labour" and by_the_hour:
        (line,) = prices.labour(said["minutes"], said["unit_cents"])
        return {**line, **named}
    if said.get("amount_cents") is None:
        raise errors.InvalidInput(fields={f"lines.{place}.amount_cents": ["field-required"]})
    return {"kind": said["kind"], "amount_cents": said["amount_cents"], **named}


def countered(
    job: jobs_models.Job, policy: markets.Policy, offer: models.Offer, *, total_cents: int
) -> dict[str, Any]:
    """A quote's price, moved to the total both agreed on."""
    before = offer.price
    moved = {"kind": "counter", "amount_cents": total_cents - before["total_cents"]}
    declared = bool(before.get("declared") or before.get("credit_cents"))
    return prices.price(
        job.budget_kind, job.currency, [*before["lines"], moved], policy, declared=declared
    )


def _priced(
    job: jobs_models.Job,
    policy: markets.Policy,
    lines: Sequence[prices.Line],
    terms: providers.Terms,
) -> dict[str, Any]:
    creditable = terms.declared and providers.papers.DECLARED in job.category.papers
    return prices.price(job.budget_kind, job.currency, lines, policy, declared=creditable)
