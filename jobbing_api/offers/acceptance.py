"""The one acceptance: first come, exactly once.

Hides: the guarded statement of which any number of simultaneous acceptances lets one
through, and everything that is true from then on in the same transaction: the hour is
booked, the order locked, the others are told.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobbing_api import (
    errors,
    geography,
    history,
    jobs,
    markets,
    matching,
    notifications,
    providers,
)
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import (
    JOB_HAS_PROVIDER,
    JobMove,
    JobState,
    OfferMove,
    OfferState,
    offer_sources,
)
from jobbing_api.offers import endings, models, pricing, reading
from jobbing_api.offers.requests import policy_of, request_of


def accept(
    session: Session, offer_id: uuid.UUID, *, account: accounts_models.Account, now: datetime
) -> jobs_models.Job:
    """Take the job. Asked again by who has it, answers the same.

    Books exactly the offer's hour, or the next free stretch if that went meanwhile.
    Raises AlreadyTaken (somebody was faster), OfferExpired (too late), CalendarConflict
    (no free stretch left), QuoteRequired (the resident chooses among quotes),
    IllegalMove (declined before, or the job was cancelled), NotFound.
    """
    offer = reading.get_for(session, offer_id, account)
    job = session.get_one(jobs_models.Job, offer.job_id, populate_existing=True)
    if _has_it(session, job, offer):
        return job
    _refuse_late(offer, job, now=now)
    if job.mode == "choose":
        raise errors.QuoteRequired()
    return _assign(
        session, job, offer, by=OfferMove.ACCEPT, actor_role="provider", account=account, now=now
    )


def choose(
    session: Session,
    job_id: uuid.UUID,
    *,
    offer_id: uuid.UUID,
    account: accounts_models.Account,
    now: datetime,
) -> jobs_models.Job:
    """The resident picks one of the quotes; chosen again, answers the same."""
    view = jobs.get_for(session, job_id, account, now=now)
    if view.role != "resident":
        raise errors.NotAllowed()
    offer = session.get(models.Offer, offer_id)
    if offer is None or offer.job_id != job_id or offer.state == OfferState.PENDING:
        raise errors.NotFound()
    session.refresh(view.job)
    if _has_it(session, view.job, offer):
        return view.job
    if offer.state != OfferState.QUOTED:
        raise errors.IllegalMove(state=str(offer.state))
    if offer.expires_at <= now:
        raise errors.OfferExpired()
    return _assign(
        session,
        view.job,
        offer,
        by=OfferMove.CHOOSE,
        actor_role="resident",
        account=account,
        now=now,
    )


def _has_it(session: Session, job: jobs_models.Job, offer: models.Offer) -> bool:
    """Whether this very offer won the job. An answer that is sent twice at once must be
    answered alike, so a job that went to its provider is a reason to look again."""
    if job.provider_id != offer.provider_id:
        return False
    session.refresh(offer)
    return offer.state == OfferState.ACCEPTED


def _refuse_late(offer: models.Offer, job: jobs_models.Job, *, now: datetime) -> None:
    """Say why an offer cannot be accepted any more, cheaply, before anything is locked."""
    if offer.state == OfferState.DECLINED:
        raise errors.IllegalMove(state=str(offer.state))
    if job.state in JOB_HAS_PROVIDER:
        raise errors.AlreadyTaken()
    if offer.state == OfferState.EXPIRED or offer.expires_at <= now:
        raise errors.OfferExpired()
    if job.state != JobState.OPEN or offer.state == OfferState.WITHDRAWN:
        raise errors.IllegalMove(state=str(job.state))


def _assign(
    session: Session,
    job: jobs_models.Job,
    offer: models.Offer,
    *,
    by: OfferMove,
    actor_role: str,
    account: accounts_models.Account,
    now: datetime,
) -> jobs_models.Job:
    policy = policy_of(session, job, now=now)
    # Locks are always taken in the order job, provider, offers, so that an acceptance,
    # a wave and a cancellation that meet wait for each other and never in a ring.
    try:
        job = jobs.move(
            session,
            job.id,
            JobMove.ASSIGN,
            now=now,
            actor_role=actor_role,
            actor_id=account.id,
            offer_id=offer.id,
            only_if=jobs_models.Job.round == offer.round,
            changes={
                "provider_id": offer.provider_id,
                "starts_at": offer.starts_at,
                "ends_at": offer.ends_at,
            },
        )
    except errors.IllegalMove as refused:
        session.refresh(job)
        if _has_it(session, job, offer):
            return job
        if refused.details["state"] in {str(state) for state in JOB_HAS_PROVIDER}:
            raise errors.AlreadyTaken() from refused
        raise
    providers.lock(session, [offer.provider_id])
    if _suspended(session, offer.provider_id):
        # Whoever chooses learns no more than that this answer does not stand any more.
        raise errors.AccountSuspended() if by is OfferMove.ACCEPT else errors.OfferExpired()
    request = request_of(session, job, policy, outside_hours=offer.outside_hours)
    starts_at = matching.slot(
        session,
        request,
        policy,
        provider_id=offer.provider_id,
        preferred_at=offer.starts_at,
        now=now,
    )
    if starts_at is None:
        raise errors.CalendarConflict()
    taken = session.scalars(
        update(models.Offer)
        .where(
            models.Offer.id == offer.id,
            models.Offer.state.in_(sorted(offer_sources(by))),
            models.Offer.expires_at > now,
        )
        .values(
            state=OfferState.ACCEPTED,
            starts_at=starts_at,
            ends_at=starts_at + request.duration,
            answered_at=now if offer.answered_at is None else offer.answered_at,
        )
        .returning(models.Offer),
        execution_options={"populate_existing": True, "synchronize_session": False},
    ).one_or_none()
    if taken is None:
        raise _too_late(session, offer, now=now)
    job.starts_at, job.ends_at = taken.starts_at, taken.ends_at
    job.order = _order(job, taken, now=now)
    # What the offer said is no news to who accepted it.
    notifications.withdraw(session, [taken.id], now=now)
    endings.withdraw_live(session, job, now=now, told="offer-withdrawn")
    providers.book(
        session,
        market_id=job.market_id,
        provider_id=taken.provider_id,
        job_id=job.id,
        starts_at=taken.starts_at,
        ends_at=taken.ends_at,
        buffer_minutes=policy.travel_buffer_min,
        place=geography.lon_lat(job.location),
        now=now,
    )
    providers.record.write(
        session,
        kind="answered",
        provider_id=taken.provider_id,
        market_id=job.market_id,
        category_id=job.category_id,
        urgency=job.urgency,
        subject_id=taken.id,
        at=now,
    )
    jobs.tell(session, job, job.resident_id, "job-assigned", now=now)
    jobs.tell(session, job, taken.provider_id, "job-booked", now=now)
    session.flush()
    return job


def _suspended(session: Session, provider_id: uuid.UUID) -> bool:
    account = session.get_one(accounts_models.Account, provider_id, populate_existing=True)
    return account.suspended_at is not None


def _too_late(session: Session, offer: models.Offer, *, now: datetime) -> errors.DomainError:
    """Why a guarded change did not find the offer waiting."""
    session.refresh(offer)
    waiting = offer.state in offer_sources(OfferMove.EXPIRE)
    if offer.state == OfferState.EXPIRED or (waiting and offer.expires_at <= now):
        return errors.OfferExpired()
    return errors.IllegalMove(state=str(offer.state))


def _order(job: jobs_models.Job, offer: models.Offer, *, now: datetime) -> dict[str, Any]:
    """What both agreed to, locked: the price's lines and the hour."""
    return {
        **offer.price,
        "offer_id": str(offer.id),
        "starts_at": offer.starts_at.isoformat(),
        "ends_at": offer.ends_at.isoformat(),
        "locked_at": now.isoformat(),
    }


def seen(
    session: Session, offer_id: uuid.UUID, *, account: accounts_models.Account, now: datetime
) -> models.Offer:
    """The provider has looked at the offer. Said twice, the first time counts."""
    offer = reading.get_for(session, offer_id, account)
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
    offer = reading.get_for(session, offer_id, account)
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
    offer = reading.get_for(session, offer_id, account)
    job = session.get_one(jobs_models.Job, offer.job_id)
    if job.mode != "choose":
        raise errors.IllegalMove(state=str(offer.state))
    if job.state in JOB_HAS_PROVIDER:
        raise errors.AlreadyTaken()
    policy = policy_of(session, job, now=now)
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
            told="offer-withdrawn",
            keep=frozenset({OfferState.ACCEPTED, OfferState.QUOTED}),
        )
    market = session.get_one(markets.models.Market, job.market_id)
    notifications.tell(
        session,
        job.resident_id,
        "quote-received",
        about="job",
        subject_id=job.id,
        market_id=job.market_id,
        params={
            "category": session.get_one(markets.models.Category, job.category_id).names,
            "starts_at": start.isoformat(),
            "time_zone": market.time_zone,
            "net_cents": amount_cents,
            "currency": job.currency,
        },
        now=now,
        expires_at=now + timedelta(hours=12),
    )
    return offer


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
        raise _too_late(session, offer, now=now)
    notifications.withdraw(session, [answered.id], now=now)
    providers.record.write(
        session,
        kind="answered",
        provider_id=answered.provider_id,
        market_id=answered.market_id,
        category_id=job.category_id,
        urgency=job.urgency,
        subject_id=answered.id,
        at=now,
    )
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
    if endings.wake_if_nobody_waits(session, answered.job_id, now=now):
        jobs.ask_for_wave(session, job.id, round_=job.round, wave=job.wave + 1)
    return answered


def offers_of_job(session: Session, job_id: uuid.UUID) -> list[models.Offer]:
    """Every offer of a job in the order it was made."""
    return list(
        session.scalars(
            select(models.Offer).where(models.Offer.job_id == job_id).order_by(models.Offer.id)
        )
    )
