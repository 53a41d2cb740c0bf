"""The one acceptance: first come, exactly once.

Hides: the guarded statement of which any number of simultaneous acceptances lets one
through, and everything that is true from then on in the same transaction: the hour is
booked, the order locked, the others are told.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from jobbing_api import (
    errors,
    geography,
    jobs,
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
from jobbing_api.offers import answers, endings, models, reading
from jobbing_api.offers.requests import fact, request_of


def accept(
    session: Session,
    offer_id: uuid.UUID,
    *,
    account: accounts_models.Account,
    who_comes: str | None = None,
    now: datetime,
) -> jobs_models.Job:
    """Take the job. Asked again by who has it, answers the same.

    Books exactly the offer's hour, or the next free stretch if that went meanwhile.
    ``who_comes``, by name, is a part of it; unless somebody is named, it is the provider.
    Raises AlreadyTaken (somebody was faster), OfferExpired (too late), CalendarConflict
    (no free stretch left), PaperRequired (the market insists on one they lack),
    QuoteRequired (the resident chooses among quotes), IllegalMove (declined before, or the
    job was cancelled), NotFound.
    """
    offer = reading.get_for(session, offer_id, account, now=now)
    job = session.get_one(jobs_models.Job, offer.job_id, populate_existing=True)
    if _has_it(session, job, offer):
        return job
    _refuse_late(offer, job, now=now)
    if job.mode == "choose":
        raise errors.QuoteRequired()
    return _assign(
        session,
        job,
        offer,
        by=OfferMove.ACCEPT,
        actor_role="provider",
        account=account,
        who_comes=who_comes,
        now=now,
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
        who_comes=(offer.quote or {}).get("who_comes"),
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
    who_comes: str | None,
    now: datetime,
) -> jobs_models.Job:
    policy = jobs.policy_of(session, job, now=now)
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
    person = session.get_one(accounts_models.Account, offer.provider_id, populate_existing=True)
    if person.suspended_at is not None:
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
    jobs.check_papers(
        session,
        job,
        policy,
        provider_id=offer.provider_id,
        starts_at=starts_at,
        ends_at=starts_at + request.duration,
        now=now,
    )
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
        raise answers.too_late(session, offer, now=now)
    job.starts_at, job.ends_at = taken.starts_at, taken.ends_at
    job.order = _order(job, taken, now=now)
    # What the offer said is no news to who accepted it.
    notifications.withdraw(session, [taken.id], now=now)
    endings.withdraw_live(session, job, now=now, quoters_told="quote-not-chosen")
    endings.forget_report(session, job, now=now)
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
    jobs.agree(
        session,
        job,
        offer_id=taken.id,
        who_comes=who_comes or person.display_name,
        policy=policy,
        now=now,
    )
    providers.record.write_many(session, [fact("answered", job, taken, at=now)])
    providers.resume(session, taken.provider_id, now=now)
    jobs.tell(session, job, job.resident_id, "job-assigned", now=now)
    jobs.tell(session, job, taken.provider_id, "job-booked", now=now, replaces_offer=taken.id)
    session.flush()
    return job


def _order(job: jobs_models.Job, offer: models.Offer, *, now: datetime) -> dict[str, Any]:
    """What both agreed to, locked: what it is about, the price's lines and the hour."""
    return {
        **offer.price,
        # The resident may reword the job; a paper says what was agreed.
        "title": job.title,
        "category_names": dict(job.category.names),
        "offer_id": str(offer.id),
        # Whether a tax credit goes with it, and whether it was for coming to look.
        "declared": bool(offer.price.get("declared") or offer.price.get("credit_cents")),
        "inspection": bool((offer.quote or {}).get("inspection")),
        "starts_at": offer.starts_at.isoformat(),
        "ends_at": offer.ends_at.isoformat(),
        "locked_at": now.isoformat(),
    }
