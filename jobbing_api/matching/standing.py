"""How a provider stands: the figures that ranking counts, for their own eyes, and the level
and the badge that others see.

Hides: that the formulas are those of the score (``scoring``, ``candidates``), that
everybody is counted once a night as the local day began, and which figures a level asks
for. The clock may die anywhere and may come late: whoever is due stays due until counted,
and counted twice for a day the figures are the same.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.orm import Session

from jobbing_api import errors, markets, providers
from jobbing_api.markets import models as markets_models
from jobbing_api.matching import candidates, scoring
from jobbing_api.providers import models as providers_models

#: By whose general rules people are judged who are asked for jobs of any urgency.
_TYPICAL_URGENCY = "scheduled"

#: When a night's figures are due, in minutes of the local day: most people sleep, and what
#: ended in the evening has been written down.
_NIGHT_MIN = 3 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What was counted of one provider when ``day`` began where they work."""

    day: date
    level: int
    finished: int
    stars: float
    rating_weight: float
    rating_count: int
    visits_kept: int
    visits_let_down: int
    reliability: float
    offers_answered: int
    offers_unanswered: int
    responsiveness: float
    response_count: int
    response_median_min: float | None
    badge_min: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """The figures, the rules they were judged by, and what each part of the score weighs:
    its share of the whole by urgency."""

    figures: Figures
    rules: markets.Policy
    shares: Mapping[str, Mapping[str, float]]

    @property
    def next_level(self) -> markets.Level | None:
        """What the level above asks for; None at the top."""
        levels = self.rules.levels
        return levels[self.figures.level] if self.figures.level < len(levels) else None


def standing_of(session: Session, provider_id: uuid.UUID, *, now: datetime) -> Standing:
    """How a provider stood when this day began, or, if the night's count is still to come,
    when the day before did. Raises ProfileRequired for whoever has no profile."""
    provider = session.get(providers_models.Provider, provider_id)
    if provider is None:
        raise errors.ProfileRequired()
    market = session.get_one(markets_models.Market, provider.market_id)
    by_urgency = {
        urgency: markets.policy_in_force(
            session, market_id=market.id, category_id=None, urgency=urgency, now=now
        )
        for urgency in markets_models.URGENCIES
    }
    rules = by_urgency[_TYPICAL_URGENCY]
    row = session.get(providers_models.NightlyFigures, provider_id)
    if row is not None and row.day is not None:
        names = [field.name for field in dataclasses.fields(Figures)]
        figures = Figures(**{name: getattr(row, name) for name in names})
    else:
        figures = _counted(session, [provider_id], market, rules, now=now)[provider_id]
    # Rules that have come since the night may know fewer levels.
    figures = dataclasses.replace(figures, level=min(figures.level, len(rules.levels)))
    return Standing(
        figures=figures,
        rules=rules,
        shares={
            name: {
                urgency: policy.weights.get(name, 0) / sum(policy.weights.values())
                for urgency, policy in by_urgency.items()
            }
            for name in scoring.PARTS
        },
    )


def count_due(session: Session, *, now: datetime, limit: int) -> int:
    """Count anew whose night has come, longest due first, ``limit`` at most; returns how
    many. Those that somebody else is counting are left to them."""
    row, provider = providers_models.NightlyFigures, providers_models.Provider
    due = session.execute(
        select(row, provider.market_id)
        .join(provider, provider.account_id == row.provider_id)
        .where(row.due_at <= now)
        .order_by(row.due_at, row.provider_id)
        .limit(limit)
        .with_for_update(of=row, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    by_market: dict[uuid.UUID, list[providers_models.NightlyFigures]] = {}
    for found, market_id in due:
        by_market.setdefault(market_id, []).append(found)
    for market_id, rows in by_market.items():
        market = session.get_one(markets_models.Market, market_id)
        rules = markets.policy_in_force(
            session, market_id=market_id, category_id=None, urgency=_TYPICAL_URGENCY, now=now
        )
        counted = _counted(session, [one.provider_id for one in rows], market, rules, now=now)
        next_at = _next_night(market, now=now)
        for one in rows:
            for name, value in dataclasses.asdict(counted[one.provider_id]).items():
                setattr(one, name, value)
            one.due_at = next_at
    session.flush()
    return len(due)


def begin_missed(session: Session, *, now: datetime, limit: int) -> int:
    """Have everybody counted whom nobody counts yet: whose profile was made by a version
    that knew nothing of figures, while this one was rolled out. Returns how many."""
    return len(session.execute(_BEGIN_MISSED, {"now": now, "limit": limit}).all())


_BEGIN_MISSED = text(
    """
    INSERT INTO nightly_figures (provider_id, due_at)
    SELECT p.account_id, :now
    FROM providers p
    JOIN accounts a ON a.id = p.account_id AND a.erased_at IS NULL
    WHERE NOT EXISTS (SELECT FROM nightly_figures f WHERE f.provider_id = p.account_id)
    LIMIT :limit
    ON CONFLICT DO NOTHING
    RETURNING provider_id
    """
)


def _next_night(market: markets_models.Market, *, now: datetime) -> datetime:
    local = markets.local_time.zone(market.time_zone)
    today = now.astimezone(local).date()
    tonight = markets.local_time.instant(today, _NIGHT_MIN, local)
    if tonight > now:
        return tonight
    return markets.local_time.instant(today + timedelta(days=1), _NIGHT_MIN, local)


# Of everybody asked about, whoever has a record or none. A mean of market and category is
# left out: a level is no matter of one category.
_COUNT = text(
    f"""
    SELECT m.provider_id, m.finished, m.rating_count, m.rating_weight,
           m.visits_kept, m.visits_let_down, m.offers_answered, m.offers_unanswered,
           ({scoring.STARS})::float8 AS stars,
           ({scoring.PARTS["reliability"].formula})::float8 AS reliability,
           ({scoring.PARTS["responsiveness"].formula})::float8 AS responsiveness
    FROM (
        SELECT asked.provider_id, CAST(NULL AS float8) AS rating_mean,
               coalesce(record.rating_sum, 0) AS rating_sum,
               coalesce(record.rating_weight, 0) AS rating_weight,
               record.visits_kept, record.visits_let_down,
               record.offers_answered, record.offers_unanswered,
               ever.finished, ever.rating_count
        FROM unnest(:ids) AS asked (provider_id)
        CROSS JOIN LATERAL (
            SELECT {candidates.COUNTED} AND e.provider_id = asked.provider_id
        ) record
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE e.kind IN ('kept', 'late')) AS finished,
                   count(*) FILTER (WHERE e.kind = 'rated') AS rating_count
            FROM record_entries e
            WHERE e.provider_id = asked.provider_id AND e.at <= :now
        ) ever
    ) m
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))


def _counted(
    session: Session,
    provider_ids: Sequence[uuid.UUID],
    market: markets_models.Market,
    rules: markets.Policy,
    *,
    now: datetime,
) -> dict[uuid.UUID, Figures]:
    """The figures of each as the market's day began."""
    session.flush()
    local = markets.local_time.zone(market.time_zone)
    day = now.astimezone(local).date()
    began_at = markets.local_time.instant(day, 0, local)
    responsive_since = began_at - timedelta(days=rules.responsiveness_days)
    times = providers.record.response_times(
        session, provider_ids, since=responsive_since, now=began_at
    )
    rows = session.execute(
        _COUNT,
        {
            "ids": list(provider_ids),
            "now": began_at,
            "half_life_s": rules.rating_half_life_days * 86_400.0,
            "reliable_since": began_at - timedelta(days=rules.reliability_days),
            "responsive_since": responsive_since,
            "rating_prior_stars": rules.rating_prior_stars,
            "rating_prior_weight": rules.rating_prior_weight,
            "reliability_good": rules.reliability_prior[0],
            "reliability_bad": rules.reliability_prior[1],
            "responsiveness_good": rules.responsiveness_prior[0],
            "responsiveness_bad": rules.responsiveness_prior[1],
        },
    )
    found = {}
    for row in rows:
        said = times.get(row.provider_id, providers.record.ResponseTime())
        found[row.provider_id] = Figures(
            day=day,
            level=_level(
                rules.levels,
                finished=row.finished,
                stars=row.stars,
                reviews=row.rating_count,
                reliability=row.reliability,
            ),
            response_count=said.count,
            response_median_min=said.median_min,
            badge_min=_badge(said, rules),
            **{name: value for name, value in row._mapping.items() if name != "provider_id"},
        )
    return found


def _level(
    levels: Sequence[markets.Level],
    *,
    finished: int,
    stars: float,
    reviews: int,
    reliability: float,
) -> int:
    """The highest level all of whose demands are met; the first asks for nothing, and each
    for at least as much as the one below."""
    return sum(
        finished >= level.finished
        and stars >= level.stars
        and reviews >= level.reviews
        and reliability >= level.reliability
        for level in levels
    )


def _badge(said: providers.record.ResponseTime, rules: markets.Policy) -> int | None:
    """Whole minutes, never fewer than it took; None of too few answers, or too late ones."""
    if said.median_min is None or said.count < rules.badge_answers_at_least:
        return None
    minutes = max(1, -int(-said.median_min // 1))
    return minutes if minutes <= rules.badge_within_min else None
