"""What a provider answers short of taking the job: seen, declined, a price.

Hides: the guarded statement behind each answer, that every answer goes on the
provider's record, and that the last one has the job looked at again at once.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from jobbing_api import errors, history, jobs, matching, notifications, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JOB_HAS_PROVIDER, OfferMove, OfferState, offer_sources
from jobbing_api.offers import asking, endings, models, pricing, reading
from jobbing_api.offers.requests import fact, request_of


def seen(
    session: Session, offer_id: uuid.UUID, *, account: accounts_models.Account, now: datetime
) -> models.Offer:
    """The provider has looked at the offer. Said twice, the first time counts."""
    offer = reading.get_for(session, offer_id, account, now=now)
    providers.resume(session, offer.provider_id, now=now)
    session.execute(
        update(models.Offer)
        .where(
            models.Offer.id == offer_id,
            models.Offer.state.in_(sorted(offer_sources(OfferMove.SEE))),
            models.Offer.expires_at > now,
        )
        .values(state=OfferState.SEEN, seen_at=now)
        .execution_options(synchronize_session=False)
    )
    session.refresh(offer)
    return offer


def decline(
    session: Session,
    offer_id: uuid.UUID,
    *,
    account: accounts_models.Account,
    reason: str,
    now: datetime,
) -> models.Offer:
    """The provider does not want it: an answer like any other, it costs nothing.

    Declined again, answers the same. Raises OfferExpired, or IllegalMove with the
    offer's state.
    """
    offer = reading.get_for(session, offer_id, account, now=now)
    if offer.state == OfferState.DECLINED:
        return offer
    return _answer(
        session,
        offer,
        by=OfferMove.DECLINE,
        changes={"state": OfferState.DECLINED, "decline_reason": reason, "ended_at": now},
        account=account,
        event="offer-decline",
        reason=reason,
        now=now,
    )


def quote(
    session: Session,
    offer_id: uuid.UUID,
    *,
    account: accounts_models.Account,
    amount_cents: int,
    starts_at: datetime | None,
    message: str,
    now: datetime,
) -> models.Offer:
    """Name a price (the whole job, minor units), and if wished another start.

    Once there are as many answers as a resident compares, the others are taken back.
    Raises CalendarConflict if the start is not free, IllegalMove unless the job is in
    choose mode and the offer waits for an answer.
    """
    offer = reading.get_for(session, offer_id, account, now=now)
    job = session.get_one(jobs_models.Job, offer.job_id)
    if job.mode != "choose":
        raise errors.IllegalMove(state=str(offer.state))
    if job.state in JOB_HAS_PROVIDER:
        raise errors.AlreadyTaken()
    _refuse_beyond_budget(job, amount_cents)
    policy = jobs.policy_of(session, job, now=now)
    request = request_of(session, job, policy, outside_hours=offer.outside_hours)
    wished = offer.starts_at if starts_at is None else starts_at
    start = matching.slot(
        session,
        request,
        policy,
        provider_id=offer.provider_id,
        preferred_at=wished,
        now=now,
    )
    if start is None or (starts_at is not None and start != starts_at):
        raise errors.CalendarConflict()
    offer = _answer(
        session,
        offer,
        by=OfferMove.QUOTE,
        changes={
            "state": OfferState.QUOTED,
            "quote": {"amount_cents": amount_cents, "message": message},
            "price": pricing.price(job, policy, amount_cents=amount_cents),
            "starts_at": start,
            "ends_at": start + request.duration,
            # From here it is the resident who has to answer.
            "expires_at": max(job.give_up_at or now, offer.expires_at),
        },
        account=account,
        event="offer-quote",
        reason=None,
        now=now,
    )
    if policy.choose_most and reading.quoted(session, job) >= policy.choose_most:
        endings.withdraw_live(
            session,
            job,
            now=now,
            keep=frozenset({OfferState.ACCEPTED, OfferState.QUOTED}),
        )
    notifications.tell(
        session,
        job.resident_id,
        "quote-received",
        about="job",
        subject_id=job.id,
        market_id=job.market_id,
        params={
            "category": job.category.names,
            "starts_at": start.isoformat(),
            "time_zone": job.market.time_zone,
            "net_cents": amount_cents,
            "currency": job.currency,
        },
        now=now,
        expires_at=now + timedelta(hours=12),
    )
    return offer


def _refuse_beyond_budget(job: jobs_models.Job, amount_cents: int) -> None:
    """A resident who named a price, or a ceiling by the hour, is not quoted above it."""
    most = job.budget_cents
    if most is not None and job.budget_kind == "hourly":
        most = (most * job.duration_minutes + 59) // 60
    if most is not None and amount_cents > most:
        raise errors.InvalidInput(fields={"amount_cents": ["above-the-budget"]}, most_cents=most)


def _answer(
    session: Session,
    offer: models.Offer,
    *,
    by: OfferMove,
    changes: dict[str, Any],
    account: accounts_models.Account,
    event: str,
    reason: str | None,
    now: datetime,
) -> models.Offer:
    """Guarded change of an offer that waits for its provider's answer."""
    # The job first: two who answer last at once would each think that the other's
    # answer is still to come, and who takes the offers back holds the job already.
    job = jobs.lock(session, offer.job_id)
    assert job is not None
    answered = session.scalars(
        update(models.Offer)
        .where(
            models.Offer.id == offer.id,
            models.Offer.state.in_(sorted(offer_sources(by))),
            models.Offer.expires_at > now,
        )
        .values(answered_at=now, **changes)
        .returning(models.Offer),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).one_or_none()
    if answered is None:
        raise too_late(session, offer, now=now)
    notifications.withdraw(session, [answered.id], now=now)
    providers.record.write_many(session, [fact("answered", job, answered, at=now)])
    history.record(
        session,
        event,
        at=now,
        actor_role="provider",
        actor_id=account.id,
        market_id=answered.market_id,
        job_id=answered.job_id,
        offer_id=answered.id,
        reason=reason,
    )
    providers.resume(session, answered.provider_id, now=now)
    if answered.state == OfferState.DECLINED:
        asking.bring_forward(session, job, now=now)
    if endings.wake_if_nobody_waits(session, answered.job_id, now=now, queued=True):
        jobs.ask_for_wave(session, job, wave=job.wave + 1)
    return answered


def too_late(session: Session, offer: models.Offer, *, now: datetime) -> errors.DomainError:
    """Why a guarded change did not find the offer waiting."""
    session.refresh(offer)
    waiting = offer.state in offer_sources(OfferMove.EXPIRE)
    if offer.state == OfferState.EXPIRED or (waiting and offer.expires_at <= now):
        return errors.OfferExpired()
    return errors.IllegalMove(state=str(offer.state))
