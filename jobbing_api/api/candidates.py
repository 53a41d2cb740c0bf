"""Why these and not others: a ranking as it concerns its readers.

Hides who is told how much: an owner sees bands of those who were asked, an operator
every part and its weight.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.orm import Session

from jobbing_api import accounts, matching, offers, providers
from jobbing_api.api import fields, kinds, offer_shapes, photo_shapes, provider_shapes
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OfferState
from jobbing_api.offers import models as offers_models

_BANDS = ("high", "medium", "low")


class AskedAnswer(kinds.Answer):
    """Somebody the job was offered to."""

    offer_id = fields.uid("The offer; what POST /jobs/{id}/choose takes.")
    provider_id = fields.uid("Who was asked.")
    state = fields.choice("What came of it.", "quoted", offer_shapes.STATES)
    distance_up_to_m = fields.whole("At most so far away.", 5000, least=0, most=10**7)
    bands = kinds.Named(
        values=fields.choice("A band.", "high", _BANDS),
        metadata={
            "description": "How they stand in each part of the score.",
            "examples": [{"rating": "high", "availability": "medium"}],
        },
    )
    quote = fields.part(offer_shapes.Quote, "The price they named.", allow_none=True)
    price = fields.part(offer_shapes.Price, "What it costs with them, item by item.")
    starts_at = fields.instant("When they would begin.", "2026-11-24T09:00:00Z")
    profile = fields.part(
        provider_shapes.PublicAnswer,
        "Their public profile, once they have quoted or accepted.",
        allow_none=True,
    )


class PartAnswer(kinds.Answer):
    """One part of a score."""

    value = fields.figure("0 to 1.", 0.83)
    weight = fields.figure("What the policy gives it.", 0.25)


class RankedAnswer(kinds.Answer):
    """Somebody who could do the job, and what decided their place."""

    provider_id = fields.uid("Who.")
    display_name = fields.text("Their name.", "Karim", most=80)
    score = fields.figure("The weighted sum of the parts.", 0.7812)
    parts = kinds.Named(
        values=fields.part(PartAnswer, "A part."),
        metadata={
            "description": "The parts by name.",
            "examples": [{"proximity": {"value": 0.83, "weight": 0.25}}],
        },
    )
    distance_m = fields.figure("From where they set out to the job.", 2315.4)
    starts_at = fields.instant("The slot.", "2026-11-24T09:00:00Z")
    ends_at = fields.instant("Its end.", "2026-11-24T10:30:00Z")
    outside_hours = fields.flag("Whether the slot lies outside their hours.", False)


class AskedRankedAnswer(RankedAnswer):
    """Somebody who was asked in this round, as the ranking had them then."""

    offer_id = fields.uid("The offer.")
    state = fields.choice("What came of it.", "sent", [str(state) for state in OfferState])
    wave = fields.whole("In which wave.", 1, least=1, most=1000)
    rank = fields.whole("Their place in it, from 1.", 1, least=1, most=1000)
    distance_m = fields.figure("As the offer tells it: to the blurred place, rounded.", 2300.0)


class NearMissAnswer(kinds.Answer):
    """Somebody in reach who was left out."""

    provider_id = fields.uid("Who.")
    display_name = fields.text("Their name.", "Nadia", most=80)
    filter = fields.text("Which filter left them out first.", "slot", most=80)
    distance_m = fields.figure("From where they set out to the job.", 4120.0)


class RankingAnswer(kinds.Answer):
    """The ranking as it is now, and those whom it has already led to."""

    asked = fields.many(AskedRankedAnswer, "Those asked in this round, in that order.")
    complete = fields.flag(
        "Whether everybody in reach was judged; else the counts are of those who were.", True
    )
    in_reach = fields.whole(
        "With the skill, and the job in their reach: of those judged, the nearest first.",
        31,
        least=0,
        most=10**6,
    )
    ranked = fields.whole("Who of those judged passed every filter.", 18, least=0, most=10**6)
    candidates = fields.many(RankedAnswer, "The best of everybody in reach, best first.")
    fell_out = kinds.Named(
        values=fields.whole("How many.", 3, least=0, most=10**6),
        metadata={
            "description": "How many of those judged fell out, by filter.",
            "examples": [{"slot": 9, "asked-before": 4}],
        },
    )
    near_misses = fields.many(NearMissAnswer, "The nearest of those judged who fell out.")


class CandidatesAnswer(kinds.Answer):
    """What the reader may know of the candidates: exactly one of the two."""

    asked = fields.many(AskedAnswer, "For the owner: those asked.", allow_none=True)
    ranking = fields.part(RankingAnswer, "For an operator: the ranking.", allow_none=True)


def for_owner(
    session: Session, job: jobs_models.Job, *, show: photo_shapes.Show, now: datetime
) -> dict[str, Any]:
    """Those asked in this round, in bands, with their quotes."""
    made = {offer.id: offer for offer in offers.offers_of_job(session, job.id)}
    asked = offers.asked(session, job)
    telling = [
        one.provider_id
        for one in asked
        if made[one.offer_id].quote is not None or one.provider_id == job.provider_id
    ]
    profiles = providers.public_profiles(session, telling, now=now) if telling else {}
    shown = []
    for one in asked:
        offer = made[one.offer_id]
        profile = profiles.get(one.provider_id)
        shown.append(
            {
                "offer_id": one.offer_id,
                "provider_id": one.provider_id,
                "state": one.state,
                "distance_up_to_m": one.distance_up_to_m,
                "bands": one.bands,
                **_named(job, offer),
                "starts_at": offer.starts_at,
                "profile": None if profile is None else provider_shapes.public(profile, show),
            }
        )
    return {"asked": shown, "ranking": None}


def _named(job: jobs_models.Job, offer: offers_models.Offer) -> dict[str, Any]:
    """The price of an offer, and what its provider says to it, for the resident. Until it is
    accepted no word of it is a way around us, as none of a message is."""
    quote, price = offer_shapes.quote(offer.quote), offer_shapes.price(offer.price)
    if quote is not None and offer.state != OfferState.ACCEPTED:
        country = job.market.country
        for name in ("message", "availability", "why", "who_comes"):
            if quote[name]:
                quote[name] = offers.masked(quote[name], country)
        for one, name in (
            *((step, "text") for step in quote["steps"]),
            *((line, "label") for line in price["lines"]),
        ):
            if one[name]:
                one[name] = offers.masked(one[name], country)
    return {"quote": quote, "price": price}


def for_operator(
    session: Session,
    job: jobs_models.Job,
    made: Iterable[offers_models.Offer],
    ranking: matching.Ranking,
) -> dict[str, Any]:
    """The whole ranking, every part shown; of the offers made, those of this round as they
    were ranked then."""
    made = [one for one in made if one.round == job.round]
    names = _names(
        session,
        [one.provider_id for one in made]
        + [one.provider_id for one in ranking.candidates]
        + [one.provider_id for one in ranking.near_misses],
    )
    return {
        "asked": None,
        "ranking": {
            "asked": [
                {
                    "provider_id": one.provider_id,
                    "display_name": names[one.provider_id],
                    "offer_id": one.id,
                    "state": str(one.state),
                    "wave": one.wave,
                    "rank": one.rank,
                    "score": one.score,
                    "parts": one.parts,
                    "distance_m": one.distance_m,
                    "starts_at": one.starts_at,
                    "ends_at": one.ends_at,
                    "outside_hours": one.outside_hours,
                }
                for one in sorted(made, key=lambda one: (one.wave, one.rank))
            ],
            "complete": ranking.complete,
            "in_reach": ranking.in_reach,
            "ranked": ranking.ranked,
            "fell_out": ranking.fell_out,
            "candidates": [
                {
                    "provider_id": one.provider_id,
                    "display_name": names[one.provider_id],
                    "score": one.score,
                    "parts": one.parts,
                    "distance_m": one.distance_m,
                    "starts_at": one.starts_at,
                    "ends_at": one.ends_at,
                    "outside_hours": one.outside_hours,
                }
                for one in ranking.candidates
            ],
            "near_misses": [
                {
                    "provider_id": one.provider_id,
                    "display_name": names[one.provider_id],
                    "filter": one.filter,
                    "distance_m": one.distance_m,
                }
                for one in ranking.near_misses
            ],
        },
    }


#: Put together once, and one array, not a parameter for each.
_NAMES = select(accounts.models.Account.id, accounts.models.Account.display_name).where(
    accounts.models.Account.id == any_(bindparam("ids", type_=ARRAY(Uuid())))
)


def _names(session: Session, ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, str]:
    return dict(session.execute(_NAMES, {"ids": list(set(ids))}).all())
