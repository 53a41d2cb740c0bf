"""What became of the offers somebody received, counted for their own eyes.

Hides: how a race that was lost is told from an offer that was taken back for another
reason: somebody else's visit was agreed in the very transaction that withdrew it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import and_, exists, func, not_, select
from sqlalchemy.orm import Session

from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OfferState
from jobbing_api.offers import models
from jobbing_api.providers import models as providers_models


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Offers sent in some days: ``received`` is answered, unanswered, taken back or waiting.

    ``answered`` counts every answer, declines among them. ``won`` led to a visit;
    ``quotes_lost`` were priced and another was chosen, or nobody; ``races_lost`` went to
    somebody faster before an answer.
    """

    received: int
    answered: int
    declined: int
    unanswered: int
    won: int
    quoted: int
    quotes_won: int
    quotes_lost: int
    races_lost: int


def tally(session: Session, provider_id: uuid.UUID, *, from_at: datetime, to_at: datetime) -> Tally:
    """What became of the offers sent to a provider in [``from_at``, ``to_at``), in one
    statement."""
    offer, job, visit = models.Offer, jobs_models.Job, jobs_models.Visit
    entry = providers_models.RecordEntry
    won = exists().where(visit.offer_id == offer.id)
    taken = exists().where(
        visit.job_id == offer.job_id,
        visit.provider_id != offer.provider_id,
        visit.agreed_at == offer.ended_at,
    )
    quoted = offer.quote.is_not(None)
    ended = offer.state.in_((OfferState.WITHDRAWN, OfferState.EXPIRED))
    counted = {
        "received": offer.id.is_not(None),
        "answered": offer.answered_at.is_not(None),
        "declined": offer.state == OfferState.DECLINED,
        "unanswered": and_(offer.state == OfferState.EXPIRED, offer.answered_at.is_(None)),
        "won": won,
        "quoted": quoted,
        "quotes_won": and_(quoted, won),
        "quotes_lost": and_(quoted, ended, not_(won)),
        "races_lost": and_(
            job.mode == "instant",
            offer.state == OfferState.WITHDRAWN,
            offer.answered_at.is_(None),
            taken,
        ),
    }
    row = session.execute(
        select(*(func.count().filter(counted[field.name]) for field in fields(Tally)))
        .select_from(offer)
        .join(job, job.id == offer.job_id)
        .where(
            offer.provider_id == provider_id,
            offer.send_at >= from_at,
            offer.send_at < to_at,
            offer.state != OfferState.PENDING,
            # What was taken back before anybody heard of it is on nobody's record.
            exists().where(
                entry.subject_id == offer.id,
                entry.provider_id == offer.provider_id,
                entry.kind == "asked",
            ),
        )
    ).one()
    return Tally(**dict(zip([field.name for field in fields(Tally)], row, strict=True)))
