"""Who offers what, from where, on which terms.

Hides: how a profile is checked and replaced as a whole, that a new one comes with
preset hours, and what of it strangers may see: never the base or a position.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from jobbing_api import errors, geography
from jobbing_api.accounts import models as accounts_models
from jobbing_api.markets import areas, policies
from jobbing_api.markets import models as markets_models
from jobbing_api.providers import calendar, free_time, models, papers, portfolio, record

PRICE_KINDS = ("hourly", "flat", "quote")

#: How far anybody may say to travel, as a radius or to a corner of a drawn area.
FARTHEST_M = 200_000
NEAREST_M = 100
MOST_CORNERS = 500
#: What somebody may speak and bring; a search reads all of it of everybody it passes.
MOST_LANGUAGES, MOST_TOOLS, MOST_OF_TOOLS = 40, 60, 1200
#: Of the smallest coin anywhere: a visit in rupiah has eight digits.
MOST_CENTS = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class SkillOffered:
    """Work in one category and its price; ``amount_cents`` is None for a quote."""

    category: str
    price_kind: str
    amount_cents: int | None
    currency: str
    call_out_fee_cents: int = 0
    #: Cheaper from so many minutes on, of an hourly rate.
    steps: Sequence[Mapping[str, int]] = ()
    #: What may be ordered with it.
    options: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicProfile:
    """What anybody signed in may see of a provider."""

    provider_id: uuid.UUID
    display_name: str
    headline: str
    categories: tuple[str, ...]
    languages: tuple[str, ...]
    tools: tuple[str, ...]
    #: Verified and in force, each with the day it ends.
    papers: tuple[papers.InForce, ...]
    member_since: datetime
    #: Plain mean of the visible reviews' stars; None without any.
    rating_mean: float | None
    rating_count: int
    #: Mean and number by category, in the order of the categories.
    ratings: Mapping[str, tuple[float, int]]
    #: Median minutes from an offer to its answer over the last weeks.
    response_median_min: float | None
    #: As of last night: earned by finished jobs, and "usually answers within", if ever said.
    level: int
    badge_min: int | None
    #: Visits begun, and the share of them whose work was to be done again.
    visits: int
    redo_share: float | None
    #: What they show of their work, in their order.
    works: Sequence[portfolio.Work]


def put_profile(
    session: Session,
    account: accounts_models.Account,
    *,
    headline: str,
    base: geography.LonLat,
    reach_m: int | None,
    reach_area: Mapping[str, Any] | None,
    minimum_visit_cents: int,
    evening_percent: int = 0,
    sunday_percent: int = 0,
    currency: str | None,
    skills: Sequence[SkillOffered],
    languages: Sequence[str],
    tools: Sequence[str],
    now: datetime,
    version: int | None = None,
) -> models.Provider:
    """Create the account's profile or replace it as a whole.

    Reach is either ``reach_m`` from base or the GeoJSON Polygon ``reach_area``.
    ``currency`` (None: the market's) and every skill's must be the market's. A new
    profile works Monday to Saturday 08-19 until its calendar is put. Raises NotAllowed
    without the provider role, OutsideMarkets, InvalidInput with paths such as
    ``skills.0.category``, and VersionMismatch if ``version`` is given and not the
    stored one.
    """
    if not account.has_role("provider"):
        raise errors.NotAllowed()
    market = areas.market_at(session, base)
    if market is None:
        raise errors.OutsideMarkets(fields={"base": ["Nobody works there yet."]})
    wrong = _problems_of_reach(base, reach_m, reach_area)
    if not 0 <= minimum_visit_cents <= MOST_CENTS:
        wrong["minimum_visit_cents"] = [f"From 0 to {MOST_CENTS}."]
    if currency not in (None, market.currency):
        wrong["currency"] = [f"Prices here are in {market.currency}."]
    if not languages:
        wrong["languages"] = ["Name at least one language."]
    elif not all(re.fullmatch(r"[a-z]{2}", language) for language in languages):
        wrong["languages"] = ["Two-letter codes (ISO 639-1), such as fr."]
    elif len(set(languages)) > MOST_LANGUAGES:
        wrong["languages"] = [f"At most {MOST_LANGUAGES}."]
    if len(set(tools)) > MOST_TOOLS or len("".join(set(tools)).encode()) > MOST_OF_TOOLS:
        wrong["tools"] = [f"At most {MOST_TOOLS}, of {MOST_OF_TOOLS} letters in all."]
    percents = {"evening_percent": evening_percent, "sunday_percent": sunday_percent}
    if any(percents.values()):
        most = _surcharge_at_most(session, market.id, now=now)
        wrong |= {
            name: [f"From 0 to {most}."]
            for name, percent in percents.items()
            if not 0 <= percent <= most
        }
    category_ids = _category_ids(session)
    wrong |= _problems_of_skills(skills, market.currency, category_ids)
    if wrong:
        raise errors.InvalidInput(fields=wrong)

    free_time.lock(session, [account.id])
    provider = session.get(models.Provider, account.id, populate_existing=True)
    created = provider is None
    if provider is None:
        if version is not None:
            raise errors.VersionMismatch()
        provider = models.Provider(
            account_id=account.id,
            time_zone=market.time_zone,
            calendar_confirmed_at=None,
            free_time=[],
            free_until=now,
            created_at=now,
            version=1,
            calendar_version=1,
        )
        session.add(provider)
    else:
        if version is not None and version != provider.version:
            raise errors.VersionMismatch()
        if provider.market_id != market.id and _has_visits_ahead(session, account.id, now):
            raise errors.InvalidInput(
                fields={"base": ["You hold bookings where you work now: finish them first."]}
            )
        provider.version += 1
    provider.market_id = market.id
    provider.headline = headline.strip()
    provider.base = geography.point(*base)
    provider.reach_m = reach_m
    provider.reach_area = None if reach_area is None else geography.from_geojson(reach_area)
    provider.minimum_visit_cents = minimum_visit_cents
    provider.evening_percent = evening_percent
    provider.sunday_percent = sunday_percent
    provider.currency = market.currency
    provider.languages = sorted(set(languages))
    provider.tools = sorted(set(tools))
    _replace_skills(provider, skills, category_ids)
    session.flush()
    if created:
        # Counted from the first night on; a clock finds whoever is due by this row alone.
        session.add(models.NightlyFigures(provider_id=account.id, due_at=now))
        calendar.preset(session, account.id)
        free_time.rebuild(session, [account.id], now=now)
    return provider


def _category_ids(session: Session) -> dict[str, int]:
    category = markets_models.Category
    return {row.slug: row.id for row in session.execute(select(category.slug, category.id))}


def _problems_of_reach(
    base: geography.LonLat, reach_m: int | None, reach_area: Mapping[str, Any] | None
) -> dict[str, list[str]]:
    if (reach_m is None) == (reach_area is None):
        return {"reach_m": ["Give either reach_m or reach_area."]}
    if reach_m is not None:
        if NEAREST_M <= reach_m <= FARTHEST_M:
            return {}
        return {"reach_m": [f"From {NEAREST_M} to {FARTHEST_M} metres."]}
    assert reach_area is not None
    rings = reach_area.get("coordinates")
    if reach_area.get("type") != "Polygon" or not areas.are_rings(rings):
        return {"reach_area": ["It must be a GeoJSON Polygon with closed rings."]}
    assert isinstance(rings, list | tuple)
    if sum(map(len, rings)) > MOST_CORNERS:
        return {"reach_area": [f"Draw it with at most {MOST_CORNERS} corners."]}
    if not geography.valid_area(rings):
        return {"reach_area": ["Its lines must cross neither themselves nor each other."]}
    if geography.widest_m(base, rings[0]) > FARTHEST_M:
        return {"reach_area": [f"It reaches farther than {FARTHEST_M} metres from base."]}
    return {}


def _problems_of_skills(
    skills: Sequence[SkillOffered], currency: str, category_ids: Mapping[str, int]
) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    seen: set[str] = set()
    for position, skill in enumerate(skills):
        at = f"skills.{position}"
        if skill.category not in category_ids:
            wrong[f"{at}.category"] = ["There is no such category."]
        elif skill.category in seen:
            wrong[f"{at}.category"] = ["Name each category once."]
        seen.add(skill.category)
        if skill.price_kind not in PRICE_KINDS:
            wrong[f"{at}.price.kind"] = ["One of hourly, flat and quote."]
        elif skill.price_kind == "quote" and skill.amount_cents is not None:
            wrong[f"{at}.price.amount_cents"] = ["A quote has no amount beforehand."]
        elif skill.price_kind != "quote" and not 0 < (skill.amount_cents or 0) <= MOST_CENTS:
            wrong[f"{at}.price.amount_cents"] = [f"From 1 to {MOST_CENTS}."]
        if skill.currency != currency:
            wrong[f"{at}.price.currency"] = [f"Prices here are in {currency}."]
        if skill.steps and skill.price_kind != "hourly":
            wrong[f"{at}.price.steps"] = ["Only an hourly rate has steps."]
        elif not _go_down(skill):
            wrong[f"{at}.price.steps"] = ["Each step begins later and is cheaper than before."]
        if len({option["id"] for option in skill.options}) < len(skill.options):
            wrong[f"{at}.options"] = ["Name each option once."]
        if not 0 <= skill.call_out_fee_cents <= MOST_CENTS:
            wrong[f"{at}.price.call_out_fee_cents"] = [f"From 0 to {MOST_CENTS}."]
    return wrong


def _go_down(skill: SkillOffered) -> bool:
    """Whether the steps of a rate go up in time and down in money: the first hour is the
    dearest, so that whoever can pay it can pay all others."""
    bounds = [(0, skill.amount_cents or 0)]
    bounds += [(step["after_minutes"], step["hourly_cents"]) for step in skill.steps]
    return all(
        before[0] < after[0] and before[1] > after[1] > 0
        for before, after in itertools.pairwise(bounds)
    )


def _surcharge_at_most(session: Session, market_id: uuid.UUID, *, now: datetime) -> int:
    policy = policies.in_force(
        session, market_id=market_id, category_id=None, urgency="scheduled", now=now
    )
    return policy.surcharge_percent_at_most


def _replace_skills(
    provider: models.Provider,
    skills: Sequence[SkillOffered],
    category_ids: Mapping[str, int],
) -> None:
    """Change the rows that differ and leave the others alone: an index hangs on them."""
    kept = {skill.category_id: skill for skill in provider.skills}
    wanted = {category_ids[skill.category]: skill for skill in skills}
    provider.skills = [
        kept.get(category_id) or models.Skill(category_id=category_id)
        for category_id in sorted(wanted)
    ]
    for row in provider.skills:
        offered = wanted[row.category_id]
        row.price_kind = offered.price_kind
        row.amount_cents = offered.amount_cents
        row.call_out_fee_cents = offered.call_out_fee_cents
        row.steps = [dict(step) for step in offered.steps]
        row.options = [dict(option) for option in offered.options]


def _has_visits_ahead(session: Session, provider_id: uuid.UUID, now: datetime) -> bool:
    booking = models.Booking
    return bool(
        session.scalar(
            select(
                select(booking.id)
                .where(
                    booking.provider_id == provider_id,
                    booking.released_at.is_(None),
                    booking.during.op("&&")(Range(now, None, bounds="[)")),
                )
                .exists()
            )
        )
    )


def get(session: Session, account_id: uuid.UUID) -> models.Provider:
    """The profile, skills included; raises NotFound if the account has none."""
    provider = session.get(models.Provider, account_id)
    if provider is None:
        raise errors.NotFound(what="provider")
    return provider


def public_profile(session: Session, provider_id: uuid.UUID, *, now: datetime) -> PublicProfile:
    """The shop window. Raises NotFound for no such provider, or one who is suspended
    or erased."""
    found = public_profiles(session, [provider_id], now=now)
    if not found:
        raise errors.NotFound(what="provider")
    return found[provider_id]


def public_profiles(
    session: Session, provider_ids: Sequence[uuid.UUID], *, now: datetime
) -> dict[uuid.UUID, PublicProfile]:
    """The shop windows of several, in a handful of statements however many they are; whoever
    is suspended or erased has none."""
    account, category, skill = accounts_models.Account, markets_models.Category, models.Skill
    found = session.execute(
        select(models.Provider, account)
        .join(account, account.id == models.Provider.account_id)
        .where(
            account.id.in_(provider_ids),
            account.suspended_at.is_(None),
            account.erased_at.is_(None),
        )
    ).all()
    ids = [provider.account_id for provider, _ in found]
    categories: dict[uuid.UUID, list[str]] = {one: [] for one in ids}
    for provider_id, slug in session.execute(
        select(skill.provider_id, category.slug)
        .join(category, skill.category_id == category.id)
        .where(skill.provider_id.in_(ids))
        .order_by(category.id)
    ):
        categories[provider_id].append(slug)
    standings = record.standings(session, ids, now=now)
    rated = record.ratings_by_category(session, ids, now=now)
    works = portfolio.portfolios_of(session, ids)
    nightly = {
        row.provider_id: row
        for row in session.scalars(
            select(models.NightlyFigures).where(
                models.NightlyFigures.provider_id.in_(ids), models.NightlyFigures.day.is_not(None)
            )
        )
    }
    held = papers.in_force(session, ids, now=now)
    medians: dict[uuid.UUID, float] = {}
    for market_id in {provider.market_id for provider, _ in found}:
        since = now - record.response_window(session, market_id, now=now)
        of_market = [
            provider.account_id for provider, _ in found if provider.market_id == market_id
        ]
        medians |= record.response_medians_min(session, of_market, since=since, now=now)
    return {
        provider.account_id: PublicProfile(
            provider_id=provider.account_id,
            display_name=person.display_name,
            headline=provider.headline,
            categories=tuple(categories[provider.account_id]),
            languages=tuple(provider.languages),
            tools=tuple(provider.tools),
            papers=held.get(provider.account_id, ()),
            member_since=person.created_at,
            response_median_min=medians.get(provider.account_id),
            level=getattr(nightly.get(provider.account_id), "level", None) or 1,
            badge_min=getattr(nightly.get(provider.account_id), "badge_min", None),
            ratings=rated.get(provider.account_id, {}),
            works=works.get(provider.account_id, ()),
            **dataclasses.asdict(standings.get(provider.account_id, record.Standing())),
        )
        for provider, person in found
    }
