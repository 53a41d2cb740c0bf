"""What a provider answers short of taking the job: seen, declined, a price.

Hides: the guarded statement behind each answer, that every answer goes on the
provider's record, and that the last one has the job looked at again at once.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from jobbing_api import errors, history, jobs, matching, notifications, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.jobs import prices
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a provider says to a price: which steps and how long each, when they have time,
    why they; whether the price is for coming to look, to count towards the work that
    follows; and by name who comes, if it is not they."""

    message: str = ""
    steps: Sequence[Mapping[str, Any]] = ()
    availability: str = ""
    why: str = ""
    inspection: bool = False
    who_comes: str | None = None


def quote(
    session: Session,
    offer_id: uuid.UUID,
    *,
    account: accounts_models.Account,
    amount_cents: int | None = None,
    lines: Sequence[Mapping[str, Any]] = (),
    starts_at: datetime | None = None,
    said: Said | None = None,
    now: datetime,
) -> models.Offer:
    """Name a price (in one sum or line by line, minor units), and if wished another start.

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
    terms = providers.terms_of(session, [account.id], job.category_id, now=now)
    price = pricing.quoted(
        job,
        policy,
        terms.get(account.id, providers.PLAIN),
        amount_cents=amount_cents,
        lines=lines,
        starts_at=start,
    )
    _refuse_beyond_budget(job, price["total_cents"])
    offer = _answer(
        session,
        offer,
        by=OfferMove.QUOTE,
        changes={
            "state": OfferState.QUOTED,
            "quote": {
                "amount_cents": price["total_cents"],
                **dataclasses.asdict(said or Said()),
            },
            "price": price,
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
    _tell_resident(session, job, "quote-received", offer, now=now)
    return offer


def _tell_resident(
    session: Session, job: jobs_models.Job, kind: str, offer: models.Offer, *, now: datetime
) -> None:
    notifications.tell(
        session,
        job.resident_id,
        kind,
        about="job",
        subject_id=job.id,
        market_id=job.market_id,
        params={
            "category": job.category.names,
            "starts_at": offer.starts_at.isoformat(),
            "time_zone": job.market.time_zone,
            "net_cents": offer.price["total_cents"],
            "currency": job.currency,
        },
        now=now,
        expires_at=now + timedelta(hours=12),
    )


def counter(
    session: Session,
    job_id: uuid.UUID,
    *,
    offer_id: uuid.UUID,
    account: accounts_models.Account,
    amount_cents: int,
    now: datetime,
) -> models.Offer:
    """The resident would pay that much for the whole of what was quoted: once, and within
    the policy's bounds. The quote stands until the provider agrees.

    Raises InvalidInput out of bounds, IllegalMove for an offer that carries no quote or was
    countered before.
    """
    if jobs.get_for(session, job_id, account, now=now).role != "resident":
        raise errors.NotAllowed()
    job = jobs.lock(session, job_id)
    offer = session.get(models.Offer, offer_id, populate_existing=True)
    if job is None or offer is None or offer.job_id != job_id:
        raise errors.NotFound()
    policy = jobs.policy_of(session, job, now=now)
    waits = offer.state == OfferState.QUOTED and offer.expires_at > now
    if not waits or offer.quote is None or offer.quote.get("counter") or not policy.counter_rounds:
        raise errors.IllegalMove(state=str(offer.state))
    total = offer.price["total_cents"]
    off = prices.share_of(total, policy.counter_share)
    if not total - off <= amount_cents <= total + off:
        raise errors.InvalidInput(
            fields={"amount_cents": ["counter-out-of-bounds"]},
            least_cents=total - off,
            most_cents=total + off,
        )
    asked = {"amount_cents": amount_cents, "asked_at": now.isoformat(), "agreed": None}
    offer.quote = {**offer.quote, "counter": asked}
    _record_counter(session, "counter-ask", job, offer, account, "resident", now=now)
    notifications.tell(
        session,
        offer.provider_id,
        "counter-asked",
        about="offer",
        subject_id=offer.id,
        market_id=job.market_id,
        params={
            "category": job.category.names,
            "net_cents": amount_cents,
            "currency": job.currency,
        },
        now=now,
        expires_at=offer.expires_at,
    )
    session.flush()
    return offer


def answer_counter(
    session: Session,
    offer_id: uuid.UUID,
    *,
    account: accounts_models.Account,
    agree: bool,
    now: datetime,
) -> models.Offer:
    """The provider agrees to the resident's price, or stays with their own. Answered again
    alike, it answers the same; raises NothingAsked where there is no such question."""
    offer = reading.get_for(session, offer_id, account, now=now)
    job = jobs.lock(session, offer.job_id)
    assert job is not None
    session.refresh(offer)
    asked = (offer.quote or {}).get("counter")
    if offer.state != OfferState.QUOTED or asked is None or offer.quote is None:
        raise errors.NothingAsked()
    if asked["agreed"] is not None:
        if asked["agreed"] is agree:
            return offer
        raise errors.NothingAsked()
    offer.quote = {**offer.quote, "counter": {**asked, "agreed": agree}}
    if agree:
        policy = jobs.policy_of(session, job, now=now)
        offer.price = pricing.countered(job, policy, offer, total_cents=asked["amount_cents"])
    event = "counter-agree" if agree else "counter-refuse"
    _record_counter(session, event, job, offer, account, "provider", now=now)
    _tell_resident(session, job, "counter-agreed" if agree else "counter-refused", offer, now=now)
    session.flush()
    return offer


def _record_counter(
    session: Session,
    event: str,
    job: jobs_models.Job,
    offer: models.Offer,
    account: accounts_models.Account,
    role: str,
    *,
    now: datetime,
) -> None:
    history.record(
        session,
        f"offer-{event}",
        at=now,
        actor_role=role,
        actor_id=account.id,
        market_id=job.market_id,
        job_id=job.id,
        offer_id=offer.id,
        data={"counter": offer.quote["counter"]["amount_cents"]} if offer.quote else {},
    )


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
    facts = ["answered", *(["declined"] if answered.state == OfferState.DECLINED else [])]
    providers.record.write_many(session, [fact(kind, job, answered, at=now) for kind in facts])
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
