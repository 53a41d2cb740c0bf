"""Writing the offers of a wave: what each provider is shown, for how long, from when.

Hides: that an offer, the push that tells of it and the fact that somebody was asked are
rows of one transaction, and what of the job's place an offer may show.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from jobbing_api import database, geography, jobs, markets, matching, notifications, providers
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OFFER_LIVE, OfferState
from jobbing_api.offers import models, pricing
from jobbing_api.offers.requests import Case, case_of, fact

#: Distances on offers are rounded to this many metres.
_ROUND_M = 100


def ask(
    session: Session,
    case: Case,
    chosen: Sequence[matching.Candidate],
    *,
    bases: Mapping[uuid.UUID, geography.LonLat],
    wave: int,
    send_at: Sequence[datetime],
    now: datetime,
) -> list[datetime]:
    """Offer the job to each of ``chosen``, who live at ``bases``, at its ``send_at``;
    returns when each is rung.

    An offer is visible from ``send_at`` on. It rings then too, unless those are quiet
    hours, or offers of this kind are gathered for certain hours of the day; and it lives
    so many waking minutes from its ring. Where the resident chooses, it is to be answered
    by a fixed hour. Its distance is measured to the job's blurred place.
    """
    job, policy, market, category = case.job, case.policy, case.market, case.category
    blurred = geography.snap(geography.lon_lat(job.location), geography.JOB_GRID_M)

    rings_at = [markets.next_ring(policy, at=at, time_zone=market.time_zone) for at in send_at]
    rung = _gathered(session, policy, chosen, rings_at)
    asked = [candidate.provider_id for candidate in chosen]
    terms = pricing.terms_of(session, job, policy, asked, now=now)
    made = []
    for place, candidate in enumerate(chosen):
        offer = models.Offer(
            id=database.new_id(),
            market_id=job.market_id,
            job_id=job.id,
            round=job.round,
            wave=wave,
            provider_id=candidate.provider_id,
            state=OfferState.SENT if send_at[place] <= now else OfferState.PENDING,
            rank=place + 1,
            score=candidate.score,
            parts={
                name: {"value": part.value, "weight": part.weight}
                for name, part in candidate.parts.items()
            },
            distance_m=rounded_m(geography.distance_m(bases[candidate.provider_id], blurred)),
            starts_at=candidate.starts_at,
            ends_at=candidate.ends_at,
            outside_hours=candidate.outside_hours,
            price=pricing.offered(
                job, policy, candidate, terms.get(candidate.provider_id, providers.PLAIN)
            ),
            send_at=send_at[place],
            expires_at=_expires_at(case, send_at=send_at[place], rings_at=rings_at[place]),
            created_at=now,
        )
        notifications.tell(
            session,
            candidate.provider_id,
            "offer-outside-hours" if candidate.outside_hours else "offer",
            about="offer",
            subject_id=offer.id,
            market_id=job.market_id,
            params={
                "category": category.names,
                "distance_m": offer.distance_m,
                "starts_at": offer.starts_at.isoformat(),
                "time_zone": market.time_zone,
                "net_cents": offer.price["net_cents"],
                "currency": job.currency,
            },
            now=now,
            due_at=rings_at[place],
            expires_at=offer.expires_at,
            urgent=candidate.provider_id not in rung,
        )
        made.append(offer)
    session.add_all(made)
    providers.record.add_many(
        session, [fact("asked", job, offer, at=offer.send_at) for offer in made]
    )
    return rings_at


def send_due(session: Session, *, now: datetime, limit: int = 2000) -> int:
    """Offers whose turn has come become visible to their provider."""
    due = select(models.Offer.id).where(_is_due(now)).limit(limit).with_for_update(skip_locked=True)
    return len(_send(session, models.Offer.id.in_(due.scalar_subquery())))


def send_if_due(session: Session, offer: models.Offer, *, now: datetime) -> None:
    """Make an offer visible whose turn has come though no clock has said so yet.

    Phones ring by the hour. Whoever was rung while one clock was dead and the next had
    not begun answers an offer that must be there.
    """
    at = now + notifications.CLOCKS_DIFFER
    if offer.state != OfferState.PENDING or offer.send_at > at:
        return
    # The job first, as everywhere: who takes its offers back holds it already.
    jobs.lock(session, offer.job_id)
    _send(session, models.Offer.id == offer.id, _is_due(at))
    session.refresh(offer)


def _is_due(at: datetime) -> ColumnElement[bool]:
    return and_(
        models.Offer.state == OfferState.PENDING,
        models.Offer.send_at <= at,
        models.Offer.expires_at > at,
    )


def _send(session: Session, *where: ColumnElement[bool]) -> Sequence[uuid.UUID]:
    return session.scalars(
        update(models.Offer)
        .where(*where)
        .values(state=OfferState.SENT)
        .returning(models.Offer.id)
        .execution_options(synchronize_session=False)
    ).all()


def _gathered(
    session: Session,
    policy: markets.Policy,
    chosen: Sequence[matching.Candidate],
    rings_at: Sequence[datetime],
) -> set[uuid.UUID]:
    """Whoever is rung at that hour for another offer anyway: where offers are gathered, one
    of them rings and the others lie beside it."""
    if not policy.digest_at:
        return set()
    return notifications.rung_at(
        session, [candidate.provider_id for candidate in chosen], at=set(rings_at)
    )


def bring_forward(session: Session, job: jobs_models.Job, *, now: datetime) -> None:
    """Ask those who still wait for their turn without delay, if nobody before them can
    answer any more: the head start of somebody who declined is over. The caller holds the
    job."""
    live = session.scalars(
        select(models.Offer)
        .where(
            models.Offer.job_id == job.id,
            models.Offer.round == job.round,
            models.Offer.state.in_(sorted(OFFER_LIVE)),
        )
        .order_by(models.Offer.send_at, models.Offer.rank),
        execution_options={"populate_existing": True},
    ).all()
    if not live or live[0].send_at <= now:
        return
    case = case_of(session, job, now=now)
    sooner = live[0].send_at - now
    for offer in live:
        offer.send_at -= sooner
        rings_at = markets.next_ring(case.policy, at=offer.send_at, time_zone=case.market.time_zone)
        offer.expires_at = _expires_at(case, send_at=offer.send_at, rings_at=rings_at)
        if offer.send_at <= now:
            offer.state = OfferState.SENT
        notifications.reschedule(
            session, offer.id, due_at=rings_at, expires_at=offer.expires_at, now=now
        )
        providers.redate_fact(
            session,
            kind="asked",
            provider_id=offer.provider_id,
            subject_id=offer.id,
            at=offer.send_at,
        )
    session.flush()


def _expires_at(case: Case, *, send_at: datetime, rings_at: datetime) -> datetime:
    policy = case.policy
    if case.job.mode == "choose" and policy.choose_answer_min:
        # By the clock, nights included: the resident's time to choose comes after it,
        # and the round ends by the clock too.
        return send_at + timedelta(minutes=policy.choose_answer_min)
    return markets.waking_deadline(
        policy, from_at=rings_at, minutes=policy.offer_life_min, time_zone=case.market.time_zone
    )


def rounded_m(distance_m: float) -> int:
    """A distance as it is shown: to the next hundred metres, never nothing."""
    return max(_ROUND_M, round(distance_m / _ROUND_M) * _ROUND_M)
