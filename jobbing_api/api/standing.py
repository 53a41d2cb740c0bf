"""How a provider stands: each figure in words, what would change it, what it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobbing_api import errors, markets, matching, words
from jobbing_api.api import contract, fields, kinds, problems, provider_shapes, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("standing", __name__, description="How a provider stands, and why.")

_FIGURES = ("rating", "reliability", "responsiveness", "response-time")


class SharesAnswer(kinds.Answer):
    """What part of a place in the ranking a figure decides, by urgency of the job."""

    now = fields.figure("Of jobs for now.", 0.15)
    scheduled = fields.figure("Of jobs on a date.", 0.2)
    flexible = fields.figure("Of jobs that may wait.", 0.25)


class FigureAnswer(kinds.Answer):
    """One figure."""

    name = fields.choice("Which.", "reliability", _FIGURES)
    value = fields.figure(
        "Stars of a rating, minutes of a response time, else a share of 1.", 0.92, allow_none=True
    )
    says = fields.text("What it counts, in words.", "92%: 18 of 20 visits on time.", most=500)
    changes = fields.text(
        "What would change it.", "The next visit begun on time makes it 93%.", most=500
    )
    shares = fields.part(SharesAnswer, "What it weighs in the ranking; all 0 if nothing.")
    ranking = fields.text("The same in words.", "Decides 20% of your place.", most=500)


class LevelAnswer(kinds.Answer):
    """What a level asks for, all of it."""

    level = fields.whole("Which.", 2, least=1, most=9)
    finished = fields.whole("Finished jobs.", 5, least=0, most=100_000)
    stars = fields.figure("Rating as above.", 4.0)
    reviews = fields.whole("Reviews.", 2, least=0, most=100_000)
    reliability = fields.figure("Reliability as above.", 0.8)


class StandingAnswer(kinds.Answer):
    """How a provider stood when the day began."""

    day = fields.day("The local day.", "2026-11-28")
    level = fields.whole("Seen by everybody.", 1, least=1, most=9)
    finished = fields.whole("Finished jobs so far.", 3, least=0, most=10**6)
    rating_count = fields.whole("Reviews so far.", 2, least=0, most=10**6)
    says = fields.text("The level in words.", "You are at level 1.", most=200)
    missing = fields.many(
        fields.text("One demand.", "2 more finished jobs to level 2", most=200),
        "What is missing to the next level, in words; nothing at the highest.",
        ["2 more finished jobs to level 2"],
    )
    levels = fields.many(LevelAnswer, "What each level asks for; ranking looks at none of them.")
    response_badge = fields.part(
        provider_shapes.BadgeAnswer, "What everybody sees of it; null if nothing.", allow_none=True
    )
    figures = fields.many(FigureAnswer, "Each with what it does.")
    declines = fields.text(
        "What a decline costs.", "A decline is an answer: it costs you nothing.", most=300
    )


@blueprint.route("/providers/me/standing")
class Standing(view.View):
    @blueprint.operation(
        "get_standing",
        who=contract.PROVIDER,
        answer=StandingAnswer,
        refuses=[errors.ProfileRequired],
    )
    def get(self) -> Any:
        """How I stand, and what would change it

        Counted every night, of what ranking counts. Levels and the response time are shown
        to residents and weigh nothing in the ranking. A decline lowers no figure.
        """
        standing = matching.standing_of(self.session, self.account.id, now=self.now)
        language = problems.reader_language()
        figures = standing.figures
        return {
            "day": figures.day,
            "level": figures.level,
            "finished": figures.finished,
            "rating_count": figures.rating_count,
            "says": words.say(language, "standing-level", level=figures.level),
            "missing": list(_missing(language, standing)),
            "levels": [
                {
                    "level": place,
                    "finished": level.finished,
                    "stars": level.stars,
                    "reviews": level.reviews,
                    "reliability": level.reliability,
                }
                for place, level in enumerate(standing.rules.levels, start=1)
            ],
            "response_badge": provider_shapes.badge(figures.badge_min),
            "figures": [
                _rating(language, standing),
                _reliability(language, standing),
                _responsiveness(language, standing),
                _response_time(language, standing),
            ],
            "declines": words.say(language, "standing-declines"),
        }


def _missing(language: str, standing: matching.Standing) -> Iterator[str]:
    """What the next level asks for and is not there yet."""
    figures, wanted = standing.figures, standing.next_level
    if wanted is None:
        return
    level = figures.level + 1
    if figures.finished < wanted.finished:
        yield words.say(
            language,
            "standing-needs-finished",
            count=wanted.finished - figures.finished,
            level=level,
        )
    if figures.rating_count < wanted.reviews:
        yield words.say(
            language,
            "standing-needs-reviews",
            count=wanted.reviews - figures.rating_count,
            level=level,
        )
    if figures.stars < wanted.stars:
        yield words.say(
            language,
            "standing-needs-stars",
            need=words.number(language, wanted.stars),
            have=words.number(language, _down(figures.stars, 2)),
            level=level,
        )
    if figures.reliability < wanted.reliability:
        yield words.say(
            language,
            "standing-needs-reliability",
            need=words.percent(language, wanted.reliability),
            have=words.percent(language, _down(figures.reliability, 2)),
            level=level,
        )


def _down(value: float, digits: int) -> float:
    """Rounded down, so that nobody reads that they have what they miss."""
    scale = 10.0**digits
    return int(value * scale) / scale


def _weighed(language: str, standing: matching.Standing, name: str) -> dict[str, Any]:
    """What a figure does in the ranking."""
    shares: Mapping[str, float] = standing.shares.get(
        name, dict.fromkeys(markets.models.URGENCIES, 0.0)
    )
    if not any(shares.values()):
        said = words.say(language, "standing-ranking-nothing")
    else:
        said = words.say(
            language,
            "standing-ranking",
            **{urgency: words.percent(language, share) for urgency, share in shares.items()},
        )
    return {
        "shares": {urgency: round(share, 4) for urgency, share in shares.items()},
        "ranking": said,
    }


def _rating(language: str, standing: matching.Standing) -> dict[str, Any]:
    figures, rules = standing.figures, standing.rules
    weight = rules.rating_prior_weight + figures.rating_weight
    better = (figures.stars * weight + 5) / (weight + 1)
    return {
        "name": "rating",
        "value": round(figures.stars, 2),
        "says": words.say(
            language,
            "standing-rating",
            stars=words.number(language, round(figures.stars, 2)),
            count=figures.rating_count,
            weight=words.number(language, rules.rating_prior_weight),
            prior=words.number(language, rules.rating_prior_stars),
        ),
        "changes": words.say(
            language, "standing-rating-changes", better=words.number(language, round(better, 2))
        ),
        **_weighed(language, standing, "rating"),
    }


def _reliability(language: str, standing: matching.Standing) -> dict[str, Any]:
    figures, rules = standing.figures, standing.rules
    good, bad = rules.reliability_prior
    kept, counted = good + figures.visits_kept, good + bad + figures.visits_kept
    counted += figures.visits_let_down
    return {
        "name": "reliability",
        "value": round(figures.reliability, 4),
        "says": words.say(
            language,
            "standing-reliability",
            share=words.percent(language, figures.reliability),
            days=rules.reliability_days,
            kept=figures.visits_kept,
            let_down=figures.visits_let_down,
            good=words.number(language, good),
            prior=words.number(language, good + bad),
        ),
        "changes": words.say(
            language,
            "standing-reliability-changes",
            better=words.percent(language, (kept + 1) / (counted + 1)),
        ),
        **_weighed(language, standing, "reliability"),
    }


def _responsiveness(language: str, standing: matching.Standing) -> dict[str, Any]:
    figures, rules = standing.figures, standing.rules
    good, bad = rules.responsiveness_prior
    answered = good + figures.offers_answered
    counted = answered + bad + figures.offers_unanswered
    return {
        "name": "responsiveness",
        "value": round(figures.responsiveness, 4),
        "says": words.say(
            language,
            "standing-responsiveness",
            share=words.percent(language, figures.responsiveness),
            days=rules.responsiveness_days,
            answered=figures.offers_answered,
            unanswered=figures.offers_unanswered,
            good=words.number(language, good),
            prior=words.number(language, good + bad),
        ),
        "changes": words.say(
            language,
            "standing-responsiveness-changes",
            better=words.percent(language, (answered + 1) / (counted + 1)),
        ),
        **_weighed(language, standing, "responsiveness"),
    }


def _response_time(language: str, standing: matching.Standing) -> dict[str, Any]:
    figures, rules = standing.figures, standing.rules
    median = figures.response_median_min
    within = "unsaid" if median is None else words.minutes(language, max(1, round(median)))
    return {
        "name": "response-time",
        "value": None if median is None else round(median, 1),
        "says": words.say(
            language,
            "standing-response-time",
            within=within,
            count=figures.response_count,
            days=rules.responsiveness_days,
        ),
        "changes": words.say(
            language,
            "standing-response-time-changes",
            least=rules.badge_answers_at_least,
            most=words.minutes(language, rules.badge_within_min),
        ),
        **_weighed(language, standing, "response-time"),
    }
