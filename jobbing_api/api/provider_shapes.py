"""The shapes of a provider's trade, hours and duty, as they come in and go out.

Hides what strangers see of somebody: ``PublicAnswer`` has no member for a base, a reach
or a position.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import marshmallow as ma

from jobbing_api import errors, files, providers, words
from jobbing_api.api import fields, kinds, lists, photo_shapes, problems

_PRICE_KINDS = ("hourly", "flat", "quote")

_SOME_BASE = (4.8357, 45.764)

_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"


class StepShape(kinds.Body):
    """A cheaper rate from so many minutes on."""

    after_minutes = fields.whole("From so many minutes on.", 120, least=15, most=1440)
    hourly_cents = fields.cents("For an hour.", 2500, least=1)


class OptionShape(kinds.Body):
    """Something that may be ordered with it."""

    id = fields.slug("Your name for it.", "haul-away")
    label = fields.text("What it is.", "Cuttings taken away", most=80)
    amount_cents = fields.cents("What it costs.", 2000, least=1)


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
    steps = fields.many(
        StepShape,
        "Of an hourly rate: each begins later and is cheaper than before.",
        most=5,
        load_default=list,
    )


class SkillBody(kinds.Body):
    """Work in one category."""

    category = fields.slug("A category.", "gutter-cleaning")
    price = fields.part(PriceBody, "What it costs.")
    options = fields.many(OptionShape, "What may be ordered with it.", most=12, load_default=list)


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
    evening_percent = fields.whole(
        "On top of labour that begins in the evening.", 25, least=0, most=300, load_default=0
    )
    sunday_percent = fields.whole(
        "On top of labour on a Sunday.", 50, least=0, most=300, load_default=0
    )
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
                [errors.Wrong("field-one-of-two", first="reach_m", second="reach_area")], "reach_m"
            )


class PriceAnswer(kinds.Answer):
    """What work in a category costs."""

    kind = fields.choice("How it is priced.", "hourly", _PRICE_KINDS)
    amount_cents = fields.cents("For an hour, or for the whole.", 3000, allow_none=True)
    currency = fields.currency("The market's.")
    call_out_fee_cents = fields.cents("For coming at all.", 1000)
    steps = fields.many(StepShape, "Cheaper rates of longer work.")


class SkillAnswer(kinds.Answer):
    """Work in one category."""

    category = fields.slug("A category.", "gutter-cleaning")
    price = fields.part(PriceAnswer, "What it costs.")
    options = fields.many(OptionShape, "What may be ordered with it.")


class FiguresAnswer(kinds.Answer):
    """How it went lately; ranking looks at the same facts."""

    response_days = fields.whole("Days that answers are counted over.", 30, least=1, most=365)
    asked = fields.whole("Offers received.", 24, least=0, most=10**6)
    answered = fields.whole("Answered; a decline is an answer.", 20, least=0, most=10**6)
    unanswered = fields.whole("Left to expire.", 2, least=0, most=10**6)
    withdrawn = fields.whole("Taken back before an answer; do not count.", 2, least=0, most=10**6)
    response_share = fields.figure("Answered / (answered + unanswered).", 0.91, allow_none=True)
    response_median_min = fields.figure(
        "Median minutes to an answer, declines left out.", 4.5, allow_none=True
    )
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
    headline = fields.text("In a line, what you do.", "Gutters and roofs", least=0, most=160)
    base = fields.point("Where you set out from; never shown to others.", _SOME_BASE)
    reach_m = fields.whole(
        "How far you go, in metres.", 8000, least=100, most=200_000, allow_none=True
    )
    reach_area = fields.polygon("Where you go, drawn.", allow_none=True)
    minimum_visit_cents = fields.cents("Below this you do not set out.", 2500)
    evening_percent = fields.whole("On top of evening labour.", 25, least=0, most=300)
    sunday_percent = fields.whole("On top of Sunday labour.", 50, least=0, most=300)
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


class WorkBody(kinds.Body):
    """A piece of work to show."""

    before = fields.uid(
        "A photo of how it was, if there is one.", allow_none=True, load_default=None
    )
    after = fields.uid("A photo of how it is.")
    caption = fields.text(
        "What was done.", "Ten metres of gutter, in a morning", least=0, most=300, load_default=""
    )
    category = fields.slug(
        "What kind of work: a slug of GET /categories.",
        "gutter-cleaning",
        allow_none=True,
        load_default=None,
    )


class PortfolioBody(kinds.Body):
    """A whole portfolio: what is left out is gone."""

    items = fields.many(WorkBody, "The best first.", most=files.MOST["portfolio"])


class WorkAnswer(kinds.Answer):
    """A piece of work."""

    before = fields.part(photo_shapes.PhotoAnswer, "How it was.", allow_none=True)
    after = fields.part(photo_shapes.PhotoAnswer, "How it is.")
    caption = fields.text("What was done.", "Ten metres of gutter, in a morning", least=0, most=300)
    category = fields.slug("What kind of work.", "gutter-cleaning", allow_none=True)


class PortfolioAnswer(kinds.Answer):
    """What somebody shows of their work."""

    items = fields.many(WorkAnswer, "The best first.")


class RatingAnswer(kinds.Answer):
    mean = fields.figure("Mean stars; null without any.", 4.7, allow_none=True)
    count = fields.whole("How many reviews.", 12, least=0, most=10**6)


class CategoryRatingAnswer(RatingAnswer):
    """What reviews of one kind of job say."""

    category = fields.slug("What kind of job.", "gutter-cleaning")


class BadgeAnswer(kinds.Answer):
    """That somebody answers soon."""

    within_min = fields.whole("Within so many minutes, usually.", 12, least=1, most=1440)
    says = fields.text("The same in words.", "Usually answers within 12 mins", most=100)


def paper_kind() -> ma.fields.Field[Any]:
    """What kind of paper something is."""
    return fields.choice(
        "R liability insurance, Q qualification, D ten-year cover, T transport register, A animal"
        " certificate, C Certibiocide, S declared for home services; `identity`, `registration`.",
        "R",
        providers.papers.KINDS,
    )


class PaperInForceAnswer(kinds.Answer):
    """A paper that a person has verified and that counts now."""

    kind = paper_kind()
    categories = fields.many(
        fields.slug("A category.", "gutter-cleaning"), "What it covers; all if none.", []
    )
    expires = fields.matching(
        "The month it ends in; null without end.",
        "2026-12",
        r"[0-9]{4}-[0-9]{2}",
        "field-day",
        allow_none=True,
    )


class PublicAnswer(kinds.Answer):
    """What anybody signed in may see of a provider: never a base or a position."""

    id = fields.uid("The provider.", attribute="provider_id")
    display_name = fields.text("The name others see.", "Karim", most=80)
    headline = fields.text("In a line, what they do.", "Gutters and roofs", least=0, most=160)
    categories = fields.many(
        fields.slug("A category.", "gutter-cleaning"), "What they do.", ["gutter-cleaning"]
    )
    languages = fields.many(fields.language("A language."), "What they speak.", ["en", "fr"])
    tools = fields.many(fields.slug("A tool.", "ladder"), "What they bring.", ["ladder"])
    papers = fields.many(PaperInForceAnswer, "Verified and in force.")
    member_since = fields.instant("When they joined.", "2026-11-02T09:30:00Z")
    rating = fields.part(RatingAnswer, "What reviews say.")
    ratings = fields.many(CategoryRatingAnswer, "And by category.")
    response_median_min = fields.figure(
        "Median minutes to an answer, lately; declines left out.", 4.5, allow_none=True
    )
    level = fields.whole("Earned by finished jobs; as of last night.", 2, least=1, most=9)
    response_badge = fields.part(
        BadgeAnswer, "Null of too few answers, or late ones.", allow_none=True
    )
    visits = fields.whole("Visits begun so far.", 21, least=0, most=10**6)
    redo_share = fields.figure(
        "The share of them whose work was to be done again.", 0.05, allow_none=True
    )
    portfolio = fields.many(WorkAnswer, "What they show of their work.")


class ReviewAnswer(kinds.Answer):
    """What somebody said of a provider."""

    id = fields.uid("The review.")
    category = fields.slug("What kind of job it was.", "gutter-cleaning")
    stars = fields.whole("1 to 5.", 5, least=1, most=5)
    text = fields.text("In their words.", "Quick and tidy.", least=0, most=2000, lines=True)
    written_at = fields.instant("When it was written.", "2026-11-25T18:00:00Z")
    reply = fields.text(
        "What the provider says to it.", "Thank you!", most=1_000, lines=True, allow_none=True
    )
    replied_at = fields.instant("When.", "2026-12-02T08:00:00Z", allow_none=True)


class OpenJobsQuery(kinds.Body):
    limit = fields.whole(
        "How many at most.", 20, least=1, most=100, digits=True, load_default=lists.DEFAULT_LIMIT
    )


def portfolio(works: Iterable[providers.Work], show: photo_shapes.Show) -> list[dict[str, Any]]:
    """Pieces of work as anybody signed in may see them."""
    return [
        {
            "before": None if work.before is None else show([work.before])[0],
            "after": show([work.after])[0],
            "caption": work.caption,
            "category": work.category,
        }
        for work in works
    ]


def badge(within_min: int | None) -> dict[str, Any] | None:
    """How soon somebody usually answers, in the reader's language."""
    if within_min is None:
        return None
    language = problems.reader_language()
    within = words.minutes(language, within_min)
    return {
        "within_min": within_min,
        "says": words.say(language, "standing-badge", within=within),
    }


def public(profile: providers.PublicProfile, show: photo_shapes.Show) -> dict[str, Any]:
    """A profile as anybody signed in may see it."""
    return {
        "provider_id": profile.provider_id,
        "display_name": profile.display_name,
        "headline": profile.headline,
        "categories": profile.categories,
        "languages": profile.languages,
        "tools": profile.tools,
        "papers": [
            {
                "kind": paper.kind,
                "categories": paper.categories,
                "expires": None if paper.expires_on is None else f"{paper.expires_on:%Y-%m}",
            }
            for paper in profile.papers
        ],
        "member_since": profile.member_since,
        "rating": {"mean": profile.rating_mean, "count": profile.rating_count},
        "ratings": [
            {"category": slug, "mean": mean, "count": count}
            for slug, (mean, count) in profile.ratings.items()
        ],
        "response_median_min": profile.response_median_min,
        "level": profile.level,
        "response_badge": badge(profile.badge_min),
        "visits": profile.visits,
        "redo_share": profile.redo_share,
        "portfolio": portfolio(profile.works, show),
    }
