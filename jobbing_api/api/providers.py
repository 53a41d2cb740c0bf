"""A provider's trade, hours and duty, and what others may see of it."""

from __future__ import annotations

import uuid
from typing import Any

import marshmallow as ma

from jobbing_api import errors, jobs, markets, offers, providers
from jobbing_api.api import contract, fields, kinds, lists, offer_shapes, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("providers", __name__, description="What someone offers, where and when.")

_PRICE_KINDS = ("hourly", "flat", "quote")

_SOME_BASE = (4.8357, 45.764)

_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class PriceBody(kinds.Body):
    """What work in a category costs."""

    kind = fields.choice("How it is priced.", "hourly", _PRICE_KINDS)
    amount_cents = fields.cents(
        "For an hour, or for the whole; none with `quote`.",
        3000,
        least=1,
        allow_none=True,
        load_default=None,
    )
    currency = fields.currency("The market's.")
    call_out_fee_cents = fields.cents("For coming at all.", 1000, load_default=0)


class SkillBody(kinds.Body):
    """Work in one category."""

    category = fields.slug("A category.", "gutter-cleaning")
    price = fields.part(PriceBody, "What it costs.")


class ProfileBody(kinds.Body):
    """A whole profile: what is left out is gone."""

    headline = fields.text("In a line, what you do.", "Gutters and roofs", most=160)
    base = fields.point("Where you set out from; never shown to others.", _SOME_BASE)
    reach_m = fields.whole(
        "How far you go, in metres. Either this or `reach_area`.",
        8000,
        least=100,
        most=200_000,
        allow_none=True,
        load_default=None,
    )
    reach_area = fields.polygon(
        "Where you go, drawn. Either this or `reach_m`.", allow_none=True, load_default=None
    )
    minimum_visit_cents = fields.cents("Below this you do not set out.", 2500, load_default=0)
    skills = fields.many(SkillBody, "What you do.", least=1, most=60)
    languages = fields.many(
        fields.language("A language."),
        "What you speak.",
        ["fr", "en"],
        least=1,
        most=30,
        distinct=True,
    )
    tools = fields.many(
        fields.slug("A tool.", "ladder"),
        "What you bring.",
        ["ladder"],
        most=60,
        distinct=True,
        load_default=list,
    )

    @ma.validates_schema
    def _one_reach(self, data: dict[str, Any], **_: Any) -> None:
        if (data["reach_m"] is None) == (data["reach_area"] is None):
            raise ma.ValidationError(
                [kinds.Wrong("field-one-of-two", first="reach_m", second="reach_area")], "reach_m"
            )


class PriceAnswer(kinds.Answer):
    """What work in a category costs."""

    kind = fields.choice("How it is priced.", "hourly", _PRICE_KINDS)
    amount_cents = fields.cents("For an hour, or for the whole.", 3000, allow_none=True)
    currency = fields.currency("The market's.")
    call_out_fee_cents = fields.cents("For coming at all.", 1000)


class SkillAnswer(kinds.Answer):
    """Work in one category."""

    category = fields.slug("A category.", "gutter-cleaning")
    price = fields.part(PriceAnswer, "What it costs.")


class FiguresAnswer(kinds.Answer):
    """How it went lately; ranking looks at the same facts."""

    response_days = fields.whole("Days that answers are counted over.", 30, least=1, most=365)
    asked = fields.whole("Offers received.", 24, least=0, most=10**6)
    answered = fields.whole("Answered; a decline is an answer.", 20, least=0, most=10**6)
    unanswered = fields.whole("Left to expire.", 2, least=0, most=10**6)
    withdrawn = fields.whole("Taken back before an answer; do not count.", 2, least=0, most=10**6)
    response_share = fields.figure("Answered / (answered + unanswered).", 0.91, allow_none=True)
    response_median_min = fields.figure("Median minutes to an answer.", 4.5, allow_none=True)
    accepted = fields.whole("Visits booked.", 9, least=0, most=10**6)
    acceptance_share = fields.figure("Accepted / answered.", 0.45, allow_none=True)
    visit_days = fields.whole("Days that visits are counted over.", 90, least=1, most=365)
    kept = fields.whole("Visits on time.", 21, least=0, most=10**6)
    late = fields.whole("Visits begun late.", 1, least=0, most=10**6)
    cancelled = fields.whole("Visits given back.", 0, least=0, most=10**6)
    absent = fields.whole("Visits nobody came to.", 0, least=0, most=10**6)
    rating_mean = fields.figure("Mean stars of visible reviews.", 4.7, allow_none=True)
    rating_count = fields.whole("How many there are.", 12, least=0, most=10**6)


class ProfileAnswer(kinds.Answer):
    """A provider's own profile."""

    id = fields.uid("The provider: the account's id.")
    market = fields.slug("The market that holds the base.", "lyon")
    headline = fields.text("In a line, what you do.", "Gutters and roofs", most=160)
    base = fields.point("Where you set out from; never shown to others.", _SOME_BASE)
    reach_m = fields.whole(
        "How far you go, in metres.", 8000, least=100, most=200_000, allow_none=True
    )
    reach_area = fields.polygon("Where you go, drawn.", allow_none=True)
    minimum_visit_cents = fields.cents("Below this you do not set out.", 2500)
    currency = fields.currency("The market's.")
    skills = fields.many(SkillAnswer, "What you do.")
    languages = fields.many(fields.language("A language."), "What you speak.", ["en", "fr"])
    tools = fields.many(fields.slug("A tool.", "ladder"), "What you bring.", ["ladder"])
    calendar_confirmed = fields.flag("False while the hours are those we assumed.", True)
    identity_checked = fields.flag("Whether an operator has checked who you are.", False)
    figures = fields.part(FiguresAnswer, "How it went lately.")
    created_at = fields.instant("When the profile was made.", "2026-11-02T09:30:00Z")


class RangeBody(kinds.Body):
    """A stretch of real time in which the weekly hours do not hold."""

    from_ = fields.instant("It begins.", "2026-12-24T00:00:00+01:00", data_key="from")
    to = fields.instant("It ends.", "2027-01-02T00:00:00+01:00")
    available = fields.flag("True to work then, false not to.", False)


class HoursBody(kinds.Body):
    """A stretch of every week."""

    weekday = fields.whole("0 is Monday, 6 Sunday.", 0, least=0, most=6)
    from_ = fields.matching(
        "Local clock, HH:MM.", "08:00", _CLOCK, "field-time-of-day", data_key="from"
    )
    to = fields.matching(
        "Local clock, HH:MM; 24:00 ends the day.", "19:00", f"{_CLOCK}|24:00", "field-time-of-day"
    )


class CalendarBody(kinds.Body):
    """A whole calendar: what is left out is gone."""

    time_zone = fields.time_zone("In which the weekly hours are meant.")
    weekly = fields.many(HoursBody, "When you work in an ordinary week.", most=100)
    exceptions = fields.many(RangeBody, "Where that does not hold.", most=500, load_default=list)


class RangeAnswer(kinds.Answer):
    """A stretch of real time in which the weekly hours do not hold."""

    from_ = fields.instant("It begins.", "2026-12-23T23:00:00Z", data_key="from")
    to = fields.instant("It ends.", "2027-01-01T23:00:00Z")
    available = fields.flag("True to work then, false not to.", False)


class HoursAnswer(kinds.Answer):
    """A stretch of every week."""

    weekday = fields.whole("0 is Monday, 6 Sunday.", 0, least=0, most=6)
    from_ = fields.text("Local clock, HH:MM.", "08:00", most=5, data_key="from")
    to = fields.text("Local clock, HH:MM; 24:00 ends the day.", "19:00", most=5)


class CalendarAnswer(kinds.Answer):
    """When a provider works."""

    time_zone = fields.time_zone("In which the weekly hours are meant.")
    weekly = fields.many(HoursAnswer, "Ordinary weeks; stretches that touch are one.")
    exceptions = fields.many(RangeAnswer, "Where that does not hold.")
    confirmed_at = fields.instant(
        "Null while the hours are those we assumed.", "2026-11-02T09:31:00Z", allow_none=True
    )


class PresenceBody(kinds.Body):
    """Whether you are on duty now, and where."""

    online = fields.flag("True while on duty.", True)
    position = fields.point(
        "Where you are; only the last is kept, for ten minutes, and none off duty.",
        (4.842, 45.757),
        allow_none=True,
        load_default=None,
    )


class PresenceAnswer(kinds.Answer):
    """Whether you are on duty, as we now hold it."""

    online = fields.flag("True while on duty.", True)
    position = fields.point("What we keep of where you are.", (4.842, 45.757), allow_none=True)


class RatingAnswer(kinds.Answer):
    mean = fields.figure("Mean stars; null without any.", 4.7, allow_none=True)
    count = fields.whole("How many reviews.", 12, least=0, most=10**6)


class PublicAnswer(kinds.Answer):
    """What anybody signed in may see of a provider: never a base or a position."""

    id = fields.uid("The provider.", attribute="provider_id")
    display_name = fields.text("The name others see.", "Karim", most=80)
    headline = fields.text("In a line, what they do.", "Gutters and roofs", most=160)
    categories = fields.many(
        fields.slug("A category.", "gutter-cleaning"), "What they do.", ["gutter-cleaning"]
    )
    languages = fields.many(fields.language("A language."), "What they speak.", ["en", "fr"])
    tools = fields.many(fields.slug("A tool.", "ladder"), "What they bring.", ["ladder"])
    member_since = fields.instant("When they joined.", "2026-11-02T09:30:00Z")
    rating = fields.part(RatingAnswer, "What reviews say.")
    response_median_min = fields.figure(
        "Median minutes to an answer, lately.", 4.5, allow_none=True
    )


class ReviewAnswer(kinds.Answer):
    """What somebody said of a provider."""

    id = fields.uid("The review.")
    category = fields.slug("What kind of job it was.", "gutter-cleaning")
    stars = fields.whole("1 to 5.", 5, least=1, most=5)
    text = fields.text("In their words.", "Quick and tidy.", most=2000, lines=True)
    written_at = fields.instant("When it was written.", "2026-11-25T18:00:00Z")


class OpenJobsQuery(kinds.Body):
    limit = fields.whole(
        "How many at most.", 20, least=1, most=100, digits=True, load_default=lists.DEFAULT_LIMIT
    )


@blueprint.route("/providers/me")
class Profile(view.View):
    @blueprint.operation(
        "get_profile",
        who=contract.PROVIDER,
        answer=ProfileAnswer,
        version="read",
        refuses=[errors.NotFound],
    )
    def get(self) -> Any:
        """My profile

        404 until it is put for the first time.
        """
        return self._shown(providers.get(self.session, self.account.id))

    @blueprint.operation(
        "put_profile",
        who=contract.PROVIDER,
        body=ProfileBody,
        answer=ProfileAnswer,
        version="checked",
        refuses=[errors.OutsideMarkets],
    )
    def put(self, *, body: dict[str, Any]) -> Any:
        """Say what I offer, from where, on which terms

        Replaces the whole profile. A new one comes with hours, Monday to Saturday 08-19,
        to be confirmed by PUT /providers/me/calendar.
        """
        skills = [
            providers.SkillOffered(
                category=skill["category"],
                price_kind=skill["price"]["kind"],
                amount_cents=skill["price"]["amount_cents"],
                currency=skill["price"]["currency"],
                call_out_fee_cents=skill["price"]["call_out_fee_cents"],
            )
            for skill in body.pop("skills")
        ]
        wanted = self.wanted_version(
            lambda: providers.get(self.session, self.account.id).version
        )
        return self._shown(
            providers.put_profile(
                self.session,
                self.account,
                currency=None,
                skills=skills,
                now=self.now,
                version=wanted,
                **body,
            )
        )

    def _shown(self, provider: providers.models.Provider) -> dict[str, Any]:
        self.versioned(provider.version)
        slugs = offer_shapes.category_slugs(self.session)
        market = self.session.get_one(markets.models.Market, provider.market_id)
        return {
            "id": provider.account_id,
            "market": market.slug,
            "headline": provider.headline,
            "base": provider.base,
            "reach_m": provider.reach_m,
            "reach_area": provider.reach_area,
            "minimum_visit_cents": provider.minimum_visit_cents,
            "currency": provider.currency,
            "skills": [
                {
                    "category": slugs[skill.category_id],
                    "price": {
                        "kind": skill.price_kind,
                        "amount_cents": skill.amount_cents,
                        "currency": provider.currency,
                        "call_out_fee_cents": skill.call_out_fee_cents,
                    },
                }
                for skill in provider.skills
            ],
            "languages": provider.languages,
            "tools": provider.tools,
            "calendar_confirmed": provider.calendar_confirmed_at is not None,
            "identity_checked": provider.identity_checked_at is not None,
            "figures": providers.figures(self.session, provider.account_id, now=self.now),
            "created_at": provider.created_at,
        }


@blueprint.route("/providers/me/calendar")
class Calendar(view.View):
    @blueprint.operation(
        "get_calendar",
        who=contract.PROVIDER,
        answer=CalendarAnswer,
        version="read",
        refuses=[errors.NotFound],
    )
    def get(self) -> Any:
        """My hours"""
        return self._shown(providers.get_calendar(self.session, self.account.id))

    @blueprint.operation(
        "put_calendar",
        who=contract.PROVIDER,
        body=CalendarBody,
        answer=CalendarAnswer,
        version="checked",
        refuses=[errors.ProfileRequired],
    )
    def put(self, *, body: dict[str, Any]) -> Any:
        """Say when I work

        Replaces the whole calendar, which then counts as confirmed. Bookings stay as they
        are: they are promises already made.
        """
        wanted = self.wanted_version(
            lambda: providers.get_calendar(self.session, self.account.id).version
        )
        return self._shown(
            providers.put_calendar(
                self.session,
                self.account,
                time_zone=body["time_zone"],
                weekly=[
                    providers.Hours(
                        weekday=hours["weekday"], from_time=hours["from_"], to_time=hours["to"]
                    )
                    for hours in body["weekly"]
                ],
                exceptions=[
                    providers.Exceptional(
                        from_at=one["from_"], to_at=one["to"], available=one["available"]
                    )
                    for one in body["exceptions"]
                ],
                now=self.now,
                version=wanted,
            )
        )

    def _shown(self, calendar: providers.Calendar) -> dict[str, Any]:
        self.versioned(calendar.version)
        return {
            "time_zone": calendar.time_zone,
            "weekly": [
                {"weekday": hours.weekday, "from_": hours.from_time, "to": hours.to_time}
                for hours in calendar.weekly
            ],
            "exceptions": [
                {"from_": one.from_at, "to": one.to_at, "available": one.available}
                for one in calendar.exceptions
            ],
            "confirmed_at": calendar.confirmed_at,
        }


@blueprint.route("/providers/me/presence")
class Presence(view.View):
    @blueprint.operation(
        "put_presence",
        who=contract.PROVIDER,
        body=PresenceBody,
        answer=PresenceAnswer,
        refuses=[errors.ProfileRequired],
    )
    def put(self, *, body: dict[str, Any]) -> Any:
        """Say whether I am on duty, and where

        Send it every 30 seconds or 100 metres. Off duty no position is kept.
        """
        providers.put_presence(self.session, self.account, now=self.now, **body)
        return {
            "online": body["online"],
            "position": body["position"] if body["online"] else None,
        }


@blueprint.route("/providers/me/open-jobs")
class OpenJobs(view.View):
    @blueprint.operation(
        "list_open_jobs",
        who=contract.PROVIDER,
        query=OpenJobsQuery,
        answer=lists.page_of(offer_shapes.OpenJobAnswer),
        refuses=[errors.ProfileRequired],
    )
    def get(self, *, query: dict[str, Any]) -> Any:
        """Open jobs near me that I could be offered, nearest first"""
        slugs = offer_shapes.category_slugs(self.session)
        found = offers.open_jobs(
            self.session, self.account, now=self.now, limit=query["limit"]
        )
        return lists.whole(
            [
                {
                    "job_id": one.job.id,
                    "job": offer_shapes.summary(one.job, slugs),
                    "approximate_place": one.approximate_place,
                    "distance_m": one.distance_m,
                    "starts_at": one.starts_at,
                    "ends_at": one.ends_at,
                }
                for one in found
            ]
        )


@blueprint.route("/providers/<uuid:provider_id>")
class Public(view.View):
    @blueprint.operation("get_provider", answer=PublicAnswer, refuses=[errors.NotFound])
    def get(self, *, provider_id: uuid.UUID) -> Any:
        """Somebody's public profile"""
        return public(providers.public_profile(self.session, provider_id, now=self.now))


@blueprint.route("/providers/<uuid:provider_id>/reviews")
class Reviews(view.View):
    @blueprint.operation(
        "list_provider_reviews",
        query=lists.PageQuery,
        answer=lists.page_of(ReviewAnswer),
        refuses=[errors.NotFound],
    )
    def get(self, *, provider_id: uuid.UUID, query: dict[str, Any]) -> Any:
        """What is said of a provider, latest first

        A review is hidden until both sides have written theirs, seven days at most.
        """
        providers.public_profile(self.session, provider_id, now=self.now)
        slugs = offer_shapes.category_slugs(self.session)
        found = jobs.reviews_of_provider(
            self.session,
            provider_id,
            now=self.now,
            limit=query["limit"] + 1,
            after=lists.after(query),
        )
        page = lists.page(found, query["limit"], id_of=lambda review: review.id)
        page["items"] = [
            {
                "id": review.id,
                "category": slugs[review.category_id],
                "stars": review.stars,
                "text": review.text,
                "written_at": review.written_at,
            }
            for review in page["items"]
        ]
        return page


def public(profile: providers.PublicProfile) -> dict[str, Any]:
    """A profile as anybody signed in may see it."""
    return {
        "provider_id": profile.provider_id,
        "display_name": profile.display_name,
        "headline": profile.headline,
        "categories": profile.categories,
        "languages": profile.languages,
        "tools": profile.tools,
        "member_since": profile.member_since,
        "rating": {"mean": profile.rating_mean, "count": profile.rating_count},
        "response_median_min": profile.response_median_min,
    }
