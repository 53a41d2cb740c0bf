"""Writing the offers of a wave: what each provider is shown, for how long, from when.

Hides: that an offer, the push that tells of it and the fact that somebody was asked are
rows of one transaction, and what of the job's place an offer may show.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import database, geography, markets, matching, notifications, providers
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OfferState
from jobbing_api.offers import models, pricing
from jobbing_api.offers.requests import fact

#: Distances on offers are rounded to this many metres.
_ROUND_M = 100


def ask(
    session: Session,
    job: jobs_models.Job,
    policy: markets.Policy,
    chosen: Sequence[matching.Candidate],
    *,
    stagger: timedelta,
    now: datetime,
) -> list[models.Offer]:
    """Offer the job to each of ``chosen``, best first, ``stagger`` apart.

    An offer is visible and rings at its ``send_at``, and lives so many waking minutes
    from then; where the resident chooses, it is to be answered by a fixed hour. Its
    distance is measured to the job's blurred place.
    """
    market = session.get_one(markets.models.Market, job.market_id)
    category = session.get_one(markets.models.Category, job.category_id)
    row = providers.models.Provider
    bases = {
        found.account_id: geography.lon_lat(found.base)
        for found in session.execute(
            select(row.account_id, row.base).where(
                row.account_id.in_([candidate.provider_id for candidate in chosen])
            )
        )
    }
    blurred = geography.snap(geography.lon_lat(job.location), geography.JOB_GRID_M)

    made = []
    for place, candidate in enumerate(chosen):
        send_at = now + place * stagger
        offer = models.Offer(
            id=database.new_id(),
            market_id=job.market_id,
            job_id=job.id,
            round=job.round,
            wave=job.wave,
            provider_id=candidate.provider_id,
            state=OfferState.SENT if send_at <= now else OfferState.PENDING,
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
            price=pricing.price(
                job,
                policy,
                hourly_cents=candidate.amount_cents if candidate.price_kind == "hourly" else None,
                call_out_fee_cents=candidate.call_out_fee_cents,
            ),
            send_at=send_at,
            expires_at=_expires_at(job, policy, send_at=send_at, time_zone=market.time_zone),
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
            due_at=send_at,
            expires_at=offer.expires_at,
            urgent=True,
        )
        made.append(offer)
    session.add_all(made)
    session.flush()
    providers.record.write_many(
        session,
        [fact("asked", job, offer, at=offer.send_at) for offer in made],
    )
    return made


def _expires_at(
    job: jobs_models.Job, policy: markets.Policy, *, send_at: datetime, time_zone: str
) -> datetime:
    if job.mode == "choose" and policy.choose_answer_min:
        # By the clock, nights included: the resident's time to choose comes after it,
        # and the round ends by the clock too.
        return send_at + timedelta(minutes=policy.choose_answer_min)
    return markets.waking_deadline(
        policy, from_at=send_at, minutes=policy.offer_life_min, time_zone=time_zone
    )


def rounded_m(distance_m: float) -> int:
    """A distance as it is shown: to the next hundred metres, never nothing."""
    return max(_ROUND_M, round(distance_m / _ROUND_M) * _ROUND_M)
