"""What a provider is asked, and what they answer."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from jobbing_api import errors, offers, telemetry
from jobbing_api.api import (
    brief_shapes,
    contract,
    fields,
    job_answers,
    job_shapes,
    kinds,
    lists,
    offer_shapes,
    photo_shapes,
    problems,
    view,
)
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.jobs import models as jobs_models
from jobbing_api.offers import models as offers_models

blueprint = Blueprint("offers", __name__, description="What a provider is asked.")


class OffersQuery(lists.PageQuery):
    """Which offers."""

    state = fields.many(
        fields.choice("A state.", "sent", offer_shapes.STATES),
        "Only offers in these states; several with commas.",
        ["sent", "seen"],
        commas=True,
        load_default=list,
    )


class DeclineBody(kinds.Body):
    """Why not."""

    reason = fields.choice(
        "What would have to be different; it is told to the resident in general terms.",
        "time",
        offer_shapes.DECLINE_REASONS,
        load_default="other",
    )


#: Of a quote, what is said to the price.
_SAID = ("message", "steps", "availability", "why", "inspection", "who_comes")


class QuoteLineBody(kinds.Body):
    """One item of your price."""

    kind = fields.choice(
        "What it is for. `supplies`: at most so much, by receipt.", "labour", offers.QUOTED_KINDS
    )
    label = fields.text("What exactly.", "Cuttings taken away", least=0, most=80, load_default="")
    amount_cents = fields.cents(
        "How much; not with labour by the hour.", 2000, allow_none=True, load_default=None
    )
    unit_cents = fields.cents(
        "Labour by the hour: the rate.", 3000, least=1, allow_none=True, load_default=None
    )
    minutes = fields.whole(
        "And for how long.", 120, least=1, most=1440, allow_none=True, load_default=None
    )


class StepBody(kinds.Body):
    """One step of the work."""

    text = fields.text("What you do.", "Clean and rinse", most=200)
    minutes = fields.whole(
        "How long it takes.", 60, least=1, most=1440, allow_none=True, load_default=None
    )


class QuoteBody(kinds.Body):
    """A price for the whole job, and what you say to it."""

    amount_cents = fields.cents(
        "All in, in the job's currency; or else `lines`.",
        12000,
        least=1,
        allow_none=True,
        load_default=None,
    )
    lines = fields.many(
        QuoteLineBody,
        "Item by item; evenings and Sundays are added as your profile says.",
        most=30,
        load_default=list,
    )
    starts_at = fields.instant(
        "When you would begin; else the offer's hour.",
        "2026-11-24T14:00:00+01:00",
        allow_none=True,
        load_default=None,
    )
    message = fields.text(
        "Whatever else you have to say.",
        "I bring a camera for the downpipe.",
        least=0,
        most=1_000,
        lines=True,
        load_default="",
    )
    steps = fields.many(StepBody, "Which steps, and how long each.", most=20, load_default=list)
    availability = fields.text(
        "When you have time.",
        "Mornings this week",
        least=0,
        most=300,
        lines=True,
        load_default="",
    )
    why = fields.text(
        "Why you.", "I do gutters all year.", least=0, most=500, lines=True, load_default=""
    )
    inspection = fields.flag(
        "Whether it is for coming to look; it counts towards the work that follows.",
        False,
        load_default=False,
    )
    who_comes = offer_shapes.who_comes(load_default=None)


class CounterAnswerBody(kinds.Body):
    """Whether you agree."""

    agree = fields.flag("True for the resident's price, false to stay with yours.", True)


class AcceptBody(kinds.Body):
    """Who comes."""

    who_comes = offer_shapes.who_comes(load_default=None)


class StandByBody(kinds.Body):
    """Whether you are ready."""

    ready = fields.flag("Whether you could come.", True)


class OfferView(view.View):
    """Base of the views that answer with one offer."""

    def shown(self, offer: offers_models.Offer) -> dict[str, Any]:
        job = self.session.get_one(jobs_models.Job, offer.job_id)
        read = brief_shapes.read(self.session, [job], problems.reader_language())
        photos = offer_shapes.photos_of_jobs(self.session, [job], photo_shapes.showing(self))
        return offer_shapes.offer(offer, job, read[job.id], photos[job.id])


@blueprint.route("/offers")
class Offers(view.View):
    @blueprint.operation(
        "list_offers",
        who=contract.PROVIDER,
        query=OffersQuery,
        answer=lists.page_of(offer_shapes.OfferAnswer),
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """My offers, latest first"""
        found = offers.list_for(
            self.session,
            self.account,
            states=query["state"],
            limit=query["limit"] + 1,
            after=lists.after(query),
            now=self.now,
        )
        page = lists.page(found, query["limit"], id_of=lambda offer: offer.id)
        asked = jobs_models.Job
        jobs_of = {
            job.id: job
            for job in self.session.scalars(
                select(asked)
                .where(asked.id.in_({offer.job_id for offer in page["items"]}))
                .options(selectinload(asked.category))
            )
        }
        read = brief_shapes.read(self.session, jobs_of.values(), problems.reader_language())
        photos = offer_shapes.photos_of_jobs(
            self.session, list(jobs_of.values()), photo_shapes.showing(self)
        )
        page["items"] = [
            offer_shapes.offer(
                offer, jobs_of[offer.job_id], read[offer.job_id], photos[offer.job_id]
            )
            for offer in page["items"]
        ]
        return page


@blueprint.route("/offers/<uuid:offer_id>")
class Offer(OfferView):
    @blueprint.operation(
        "get_offer",
        who=contract.PROVIDER,
        answer=offer_shapes.OfferAnswer,
        refuses=[errors.NotFound],
    )
    def get(self, *, offer_id: uuid.UUID) -> Any:
        """One of my offers"""
        return self.shown(offers.get_for(self.session, offer_id, self.account, now=self.now))


@blueprint.route("/offers/<uuid:offer_id>/seen")
class Seen(OfferView):
    @blueprint.operation(
        "see_offer",
        who=contract.PROVIDER,
        answer=offer_shapes.OfferAnswer,
        refuses=[errors.NotFound],
    )
    def post(self, *, offer_id: uuid.UUID) -> Any:
        """I have looked at it

        Said twice, the first time counts.
        """
        return self.shown(offers.seen(self.session, offer_id, account=self.account, now=self.now))


@blueprint.route("/offers/<uuid:offer_id>/accept")
class Accept(view.View):
    @blueprint.operation(
        "accept_offer",
        who=contract.PROVIDER,
        body=AcceptBody,
        answer=job_answers.JobAnswer,
        version="read",
        refuses=[
            errors.NotFound,
            errors.AlreadyTaken,
            errors.OfferExpired,
            errors.CalendarConflict,
            errors.PaperRequired,
            errors.QuoteRequired,
            errors.IllegalMove,
        ],
    )
    def post(self, *, offer_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Take the job

        The first acceptance has it, and books the offer's hour, or the next free stretch
        if that went meanwhile. Asked again by who has it, it answers the same. Who comes is
        a part of it: somebody else needs the resident's written yes.
        """
        job = offers.accept(
            self.session,
            offer_id,
            account=self.account,
            who_comes=body["who_comes"],
            now=self.now,
        )
        if job.state_since == self.now:
            # Now and not when it was asked the first time.
            telemetry.count_acceptance(
                job.urgency, (self.now - job.round_opened_at).total_seconds()
            )
        self.versioned(job.version)
        return job_shapes.one(
            self.session,
            job,
            self.account,
            problems.reader_language(),
            photo_shapes.showing(self),
            now=self.now,
        )


@blueprint.route("/offers/<uuid:offer_id>/undo")
class Undo(OfferView):
    @blueprint.operation(
        "undo_acceptance",
        who=contract.PROVIDER,
        answer=offer_shapes.OfferAnswer,
        refuses=[errors.NotFound, errors.IllegalMove, errors.UndoOver],
    )
    def post(self, *, offer_id: uuid.UUID) -> Any:
        """I did not mean to accept

        Within a minute, and on no record: the job is open again and others are asked.
        """
        return self.shown(offers.undo(self.session, offer_id, account=self.account, now=self.now))


@blueprint.route("/offers/<uuid:offer_id>/stand-by")
class StandBy(OfferView):
    @blueprint.operation(
        "stand_by",
        who=contract.PROVIDER,
        body=StandByBody,
        answer=offer_shapes.OfferAnswer,
        refuses=[errors.NotFound, errors.IllegalMove],
    )
    def post(self, *, offer_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I could come if the other one does not

        To whoever was asked to stand by. Either answer costs nothing; whoever is ready is
        asked first if it comes to that.
        """
        return self.shown(
            offers.stand_by(
                self.session, offer_id, account=self.account, ready=body["ready"], now=self.now
            )
        )


@blueprint.route("/offers/<uuid:offer_id>/decline")
class Decline(OfferView):
    @blueprint.operation(
        "decline_offer",
        who=contract.PROVIDER,
        body=DeclineBody,
        answer=offer_shapes.OfferAnswer,
        refuses=[errors.NotFound, errors.OfferExpired, errors.IllegalMove],
    )
    def post(self, *, offer_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I do not want it

        An answer like any other: it costs nothing.
        """
        return self.shown(
            offers.decline(
                self.session,
                offer_id,
                account=self.account,
                reason=body["reason"],
                now=self.now,
            )
        )


@blueprint.route("/offers/<uuid:offer_id>/quote")
class Quote(OfferView):
    @blueprint.operation(
        "quote_offer",
        who=contract.PROVIDER,
        body=QuoteBody,
        answer=offer_shapes.OfferAnswer,
        refuses=[
            errors.NotFound,
            errors.AlreadyTaken,
            errors.OfferExpired,
            errors.CalendarConflict,
            errors.IllegalMove,
        ],
    )
    def post(self, *, offer_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Name my price (in mode `choose`)

        In one sum or item by item. Once there are as many answers as a resident compares,
        the others are told that it is closed.
        """
        said = {name: body.pop(name) for name in _SAID}
        return self.shown(
            offers.quote(
                self.session,
                offer_id,
                account=self.account,
                said=offers.Said(**said),
                now=self.now,
                **body,
            )
        )


@blueprint.route("/offers/<uuid:offer_id>/counter")
class CounterAnswer(OfferView):
    @blueprint.operation(
        "answer_counter",
        who=contract.PROVIDER,
        body=CounterAnswerBody,
        answer=offer_shapes.OfferAnswer,
        refuses=[errors.NotFound, errors.NothingAsked],
    )
    def post(self, *, offer_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """The resident would pay something else: yes or no

        If not, the quote stands as it was.
        """
        return self.shown(
            offers.answer_counter(
                self.session, offer_id, account=self.account, agree=body["agree"], now=self.now
            )
        )
