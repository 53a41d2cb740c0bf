"""What a provider sees of a job before it is theirs: the shapes of offers.

Hides nothing but words: the blurring is done where offers are made and read. No exact
place, address or access note has a member here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import marshmallow as ma
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import files, geography, markets
from jobbing_api.api import brief_shapes, fields, kinds, photo_shapes
from jobbing_api.jobs import models as jobs_models
from jobbing_api.jobs import prices
from jobbing_api.lifecycle import OFFER_LIVE, OfferState
from jobbing_api.offers import models as offers_models

#: What a provider may see; one that is not sent yet is nobody's.
STATES = [str(state) for state in OfferState if state is not OfferState.PENDING]

DECLINE_REASONS = ("price", "distance", "time", "skill", "other")

SOME_PLACE = [4.837284, 45.759581]

#: While an offer is in one of these, its provider has to judge the job, or to do it.
_SEES_PHOTOS = frozenset({*OFFER_LIVE, OfferState.ACCEPTED})


class WindowAnswer(kinds.Answer):
    """When the job may be done."""

    from_ = fields.instant("Not before.", "2026-11-24T08:00:00Z", data_key="from")
    to = fields.instant("Finished by.", "2026-11-24T17:00:00Z")


class JobSummary(kinds.Answer):
    """What an offer tells of its job."""

    category = fields.slug("What kind of job.", "gutter-cleaning")
    title = fields.text("What it is about.", "Clogged gutter", most=120)
    brief = fields.anything(
        "What the resident said of it.", {"answers": {"length": 12}, "template_version": 2}
    )
    brief_read = fields.part(brief_shapes.BriefReadAnswer, "The same in your language.")
    window = fields.part(WindowAnswer, "When it may be done.")
    duration_minutes = fields.whole("How long it should take.", 90, least=15, most=1440)
    mode = fields.choice(
        "`instant`: the first to accept has it. `choose`: the resident compares quotes.",
        "instant",
        ["instant", "choose"],
    )
    urgency = fields.choice("How soon.", "scheduled", markets.models.URGENCIES)
    languages = fields.many(
        fields.language("A language."), "Any of which will do; empty for no wish.", ["fr"]
    )
    needs = fields.many(fields.text("A tool.", "ladder", most=40), "Tools it takes.", ["ladder"])
    photos = fields.many(
        photo_shapes.PhotoAnswer,
        "What it looks like, as the resident shows it; none once an offer is over.",
    )


class PriceLine(kinds.Answer):
    """One item of a price."""

    kind = fields.choice(
        "What it is for. `fixed`: the resident's own price. `quote`: a provider's, in one sum."
        " `supplies`: at most so much, by receipt. `counter`: what both moved it by. `credit`:"
        " what was paid before and counts.",
        "labour",
        prices.LINE_KINDS,
    )
    label = fields.text("What exactly.", "Cuttings taken away", most=80, allow_none=True)
    amount_cents = fields.whole(
        "How much; a credit is below zero.",
        4500,
        least=-fields.MOST_CENTS,
        most=fields.MOST_CENTS,
    )
    unit_cents = fields.cents("Rate for an hour of labour.", 3000, allow_none=True)
    most_cents = fields.cents(
        "What was agreed at most for supplies whose receipt was shown.", 5000, allow_none=True
    )
    minutes = fields.whole("Minutes of labour.", 90, least=1, most=1440, allow_none=True)
    because = fields.choice("Why a surcharge.", "sunday", ("evening", "sunday"), allow_none=True)
    percent = fields.whole("How much a surcharge adds.", 25, least=0, most=300, allow_none=True)


class Price(kinds.Answer):
    """What the job costs, item by item, and what is left for the provider."""

    kind = fields.choice("How the budget is meant.", "hourly", ["fixed", "hourly", "quotes"])
    currency = fields.currency("Of every amount.")
    lines = fields.many(PriceLine, "The items; none before a quote is named.")
    total_cents = fields.cents("What the resident pays.", 4500, allow_none=True)
    tax_cents = fields.cents("The tax that is in it.", 0, allow_none=True)
    credit_cents = fields.cents(
        "What a tax credit gives back, where the provider is declared for it.", 0, allow_none=True
    )
    cost_cents = fields.cents(
        "What the finished job costs the resident in the end.", 4500, allow_none=True
    )
    platform_fee_cents = fields.cents("What the platform keeps.", 0, allow_none=True)
    net_cents = fields.cents("What the provider gets.", 4500, allow_none=True)


class StepAnswer(kinds.Answer):
    """One step of the work."""

    text = fields.text("What is done.", "Clean and rinse", most=200)
    minutes = fields.whole("How long it takes.", 60, least=1, most=1440, allow_none=True)


class CounterAnswer(kinds.Answer):
    """What the resident would pay instead."""

    amount_cents = fields.cents("For the whole job.", 10000)
    asked_at = fields.instant("Since when.", "2026-11-23T12:00:00Z")
    agreed = fields.flag("Whether the provider agrees; null while open.", True, allow_none=True)


def who_comes(**given: Any) -> ma.fields.Field[Any]:
    """Who comes, if it is not the provider."""
    return fields.text(
        "Who comes, by name; you, if nobody is named.", "Amina", most=80, allow_none=True, **given
    )


class Quote(kinds.Answer):
    """A price a provider named, and what they say to it."""

    amount_cents = fields.cents("For the whole job.", 12000)
    message = fields.text(
        "What the provider says to it.", "Two hours.", least=0, most=1000, lines=True
    )
    inspection = fields.flag(
        "Whether it is for coming to look; it counts towards the work that follows.", False
    )
    steps = fields.many(StepAnswer, "Which steps, and how long each.")
    availability = fields.text(
        "When they have time.", "Mornings this week", least=0, most=300, lines=True
    )
    why = fields.text("Why they.", "I do gutters all year.", least=0, most=500, lines=True)
    who_comes = fields.text(
        "Who comes, by name; null if it is the provider.", "Amina", most=80, allow_none=True
    )
    counter = fields.part(CounterAnswer, "The resident's counter-offer.", allow_none=True)


class OfferAnswer(kinds.Answer):
    """One provider asked about one job."""

    id = fields.uid("The offer.")
    job_id = fields.uid("The job.")
    state = fields.choice("Where the asking stands.", "sent", STATES)
    job = fields.part(JobSummary, "What the job is.")
    approximate_place = fields.point("Middle of the square kilometre it lies in.", SOME_PLACE)
    distance_m = fields.whole("From the base to there, rounded.", 2300, least=0, most=10**8)
    price = fields.part(Price, "What it pays.")
    starts_at = fields.instant("When it would start.", "2026-11-24T09:00:00Z")
    ends_at = fields.instant("When it would end.", "2026-11-24T10:30:00Z")
    outside_hours = fields.flag("Whether that is outside the provider's own hours.", False)
    sent_at = fields.instant("Since when it waits.", "2026-11-23T10:00:00Z")
    expires_at = fields.instant("Until when it can be answered.", "2026-11-23T12:00:00Z")
    seen_at = fields.instant("When it was looked at.", "2026-11-23T10:01:00Z", allow_none=True)
    answered_at = fields.instant("When it was answered.", "2026-11-23T10:02:00Z", allow_none=True)
    decline_reason = fields.choice("Why it was declined.", "time", DECLINE_REASONS, allow_none=True)
    quote = fields.part(Quote, "The price named.", allow_none=True)
    stand_by_asked_at = fields.instant(
        "When you were asked to stand by: whoever took it keeps silent.",
        "2026-11-24T08:30:00Z",
        allow_none=True,
    )
    stands_by = fields.flag("Whether you do.", True, allow_none=True)


class OpenJobAnswer(kinds.Answer):
    """An open job near a provider, as blurred as an offer of it."""

    job_id = fields.uid("The job.")
    job = fields.part(JobSummary, "What the job is.")
    approximate_place = fields.point("Middle of the square kilometre it lies in.", SOME_PLACE)
    distance_m = fields.whole("From the base to there, rounded.", 2300, least=0, most=10**8)
    starts_at = fields.instant("When it could start.", "2026-11-24T09:00:00Z")
    ends_at = fields.instant("When it would end.", "2026-11-24T10:30:00Z")


def category_slugs(session: Session) -> dict[int, str]:
    """Slugs by number: rows know a category by its number, clients by its slug."""
    category = markets.models.Category
    return dict(session.execute(select(category.id, category.slug)).all())


def photos_of_jobs(
    session: Session, jobs: Sequence[jobs_models.Job], show: photo_shapes.Show
) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """The photos of each job, in one statement however many they are."""
    found = files.of(session, [job.id for job in jobs])
    return {job.id: show(found.get(job.id, ())) for job in jobs}


def summary(
    job: jobs_models.Job, read: Mapping[str, Any], photos: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """What anybody who is asked may know of a job; ``read`` is its brief in words."""
    return {
        "category": job.category.slug,
        "title": job.title,
        "brief": brief_shapes.said(job),
        "brief_read": read,
        "window": {"from_": job.window_from, "to": job.window_to},
        "duration_minutes": job.duration_minutes,
        "mode": job.mode,
        "urgency": job.urgency,
        "languages": job.languages,
        "needs": job.needs,
        "photos": photos,
    }


def price(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A stored price with every member of its lines."""
    # Prices that were agreed before taxes and credits were told have neither.
    total = stored["total_cents"]
    before = {"tax_cents": total and 0, "credit_cents": total and 0, "cost_cents": total}
    return {**before, **stored, "lines": lines(stored["lines"])}


def lines(stored: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Stored lines with every member."""
    unsaid = dict.fromkeys(("label", "unit_cents", "most_cents", "minutes", "because", "percent"))
    return [
        {name: line.get(name, None) for name in ("kind", "amount_cents", *unsaid)}
        for line in stored
    ]


def quote(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A stored quote with every member."""
    if stored is None:
        return None
    unsaid: dict[str, Any] = {
        "inspection": False,
        "steps": [],
        "availability": "",
        "why": "",
        "who_comes": None,
        "counter": None,
    }
    shown = {**unsaid, **stored}
    shown["steps"] = [{"minutes": None, **step} for step in shown["steps"]]
    if shown["counter"] is not None:
        asked_at = kinds.parsed(shown["counter"]["asked_at"])
        shown["counter"] = {**shown["counter"], "asked_at": asked_at}
    return shown


def offer(
    found: offers_models.Offer,
    job: jobs_models.Job,
    read: Mapping[str, Any],
    photos: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """An offer as its provider sees it, with the job's brief in words and its photos."""
    return {
        "id": found.id,
        "job_id": found.job_id,
        "state": str(found.state),
        "job": summary(job, read, photos if found.state in _SEES_PHOTOS else []),
        "approximate_place": geography.snap(geography.lon_lat(job.location), geography.JOB_GRID_M),
        "distance_m": found.distance_m,
        "price": price(found.price),
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
        "outside_hours": found.outside_hours,
        "sent_at": found.send_at,
        "expires_at": found.expires_at,
        "seen_at": found.seen_at,
        "answered_at": found.answered_at,
        "decline_reason": found.decline_reason,
        "quote": quote(found.quote),
        "stand_by_asked_at": found.stand_by_asked_at,
        "stands_by": found.stands_by,
    }
