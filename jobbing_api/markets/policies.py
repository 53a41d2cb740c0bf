"""The rules in force, by market, category and urgency.

Hides: how rules are stored and checked, and which version holds at an instant.
Everybody else reads the attributes of one frozen ``Policy``. Rules are rows, never
constants: a number that somebody may want to tune stands here. A rule added later
comes with a migration that writes its default into the rows there are: the one reason
to switch off ``policies_are_versions``, the trigger that keeps rows as they were.
"""

from __future__ import annotations

import functools
import itertools
import math
import tomllib
import typing
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time
from importlib import resources
from typing import Annotated, Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from jobbing_api import database, errors
from jobbing_api.markets import models, readers


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """How far to look, where at least so many eligible providers live nearby."""

    eligible_at_least: int
    #: The radius of each wave in turn; the last one holds for all further waves.
    radius_steps_m: tuple[int, ...]
    #: λ of the proximity part exp(-distance / λ).
    decay_m: int
    #: Everybody is asked at once, outside their hours too, and operators are told.
    thin: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CallOutFee:
    """The usual fee for the trip up to ``to_m`` (None: any distance), in minor units."""

    to_m: int | None
    cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """What a level asks for, all of it: finished jobs, the Bayesian mean of at least so many
    reviews, and reliability."""

    finished: int
    stars: float
    reviews: int
    reliability: float


def _levels(value: Any) -> tuple[Level, ...]:
    def read(item: Any) -> Level:
        item = readers.keyed(item, {"finished", "stars", "reviews", "reliability"})
        return Level(
            finished=readers.whole(0, 100_000)(item.get("finished")),
            stars=readers.number(1, 5)(item.get("stars")),
            reviews=readers.whole(0, 100_000)(item.get("reviews")),
            reliability=readers.number(0, 1)(item.get("reliability")),
        )

    levels: tuple[Level, ...] = readers.list_of(read, least=1, most=9)(value)
    if levels[0] != Level(finished=0, stars=1, reviews=0, reliability=0):
        raise readers.Wrong("must begin with a level that asks for nothing")
    for before, after in itertools.pairwise(levels):
        if after.finished <= before.finished or any(
            getattr(after, name) < getattr(before, name)
            for name in ("stars", "reviews", "reliability")
        ):
            raise readers.Wrong("must ask for more from level to level")
    return levels


def _tiers(value: Any) -> tuple[Tier, ...]:
    def read(item: Any) -> Tier:
        item = readers.keyed(item, {"eligible_at_least", "radius_steps_m", "decay_m", "thin"})
        steps = readers.list_of(readers.whole(100, 200_000), least=1)(item.get("radius_steps_m"))
        if list(steps) != sorted(steps):
            raise readers.Wrong("must widen from step to step")
        return Tier(
            eligible_at_least=readers.whole(0, 1_000_000)(item.get("eligible_at_least")),
            radius_steps_m=steps,
            decay_m=readers.whole(1, 200_000)(item.get("decay_m")),
            thin=readers.yes_no(item.get("thin")),
        )

    tiers = sorted(readers.list_of(read, least=1)(value), key=lambda tier: -tier.eligible_at_least)
    floors = [tier.eligible_at_least for tier in tiers]
    if floors[-1] != 0 or len(set(floors)) < len(floors):
        raise readers.Wrong("must start at different counts, one of them at 0")
    return tuple(tiers)


def _call_out_fees(value: Any) -> tuple[CallOutFee, ...]:
    def read(item: Any) -> CallOutFee:
        item = readers.keyed(item, {"to_m", "cents"})
        return CallOutFee(
            to_m=readers.or_none(readers.whole(1, 200_000))(item.get("to_m")),
            cents=readers.whole(0, 1_000_000_000)(item.get("cents")),
        )

    fees: tuple[CallOutFee, ...] = readers.list_of(read, least=1)(value)
    bounds = [math.inf if fee.to_m is None else fee.to_m for fee in fees]
    if bounds != sorted(set(bounds)) or bounds[-1] != math.inf:
        raise readers.Wrong("must reach farther from step to step, the last one any distance")
    return fees


# What a rule is made of. A minute, second or day count of zero means "at once".
_Few = Annotated[int, readers.whole(0, 1000)]
_Some = Annotated[int, readers.whole(1, 1000)]
_Seconds = Annotated[int, readers.whole(0, 7 * 86_400)]
_Minutes = Annotated[int, readers.whole(0, 60 * 1440)]
_Days = Annotated[int, readers.whole(1, 3650)]
_Cents = Annotated[int, readers.whole(0, 1_000_000_000)]
_Share = Annotated[float, readers.number(0, 1)]
_Stars = Annotated[float, readers.number(1, 5)]
_Prior = Annotated[
    tuple[float, float], readers.list_of(readers.number(0.001, 10_000), least=2, most=2)
]
_MinuteList = Annotated[tuple[int, ...], readers.list_of(readers.whole(0, 60 * 1440))]
_Clock = Annotated[time, readers.clock_time]


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """One version of the rules. Units are in the names; money in minor units.

    ``category_id`` is None for rules that hold for every category without its own.
    Beta priors are (successes, failures) counted before anything was seen.
    """

    id: uuid.UUID
    market_id: uuid.UUID
    category_id: int | None
    urgency: str
    version: int

    # Asking, wave by wave. An offer's life counts waking minutes from its sending.
    wave_size: _Some
    stagger_s: _Seconds
    interval_s: _Seconds
    offer_life_min: Annotated[int, readers.whole(1, 60 * 1440)]
    waves_at_most: _Some
    give_up_min: Annotated[int, readers.whole(1, 60 * 1440)]
    #: Give up this long before the start at the latest; None: only by ``give_up_min``.
    give_up_before_start_min: Annotated[int | None, readers.or_none(readers.whole(0, 60 * 1440))]
    head_start_s: _Seconds
    live_offers_at_most: _Some
    pushes_a_day: _Some
    #: Local times at which offers are gathered into one push; empty: each at once.
    digest_at: Annotated[tuple[time, ...], readers.list_of(readers.clock_time)]
    unseen_before_pause: _Some
    quiet_from: _Clock
    quiet_to: _Clock
    quiet_sunday_to: _Clock

    # Choosing among answers; None where this urgency is never matched that way.
    choose_asked: Annotated[int | None, readers.or_none(readers.whole(1, 1000))]
    choose_enough: Annotated[int | None, readers.or_none(readers.whole(1, 1000))]
    choose_most: Annotated[int | None, readers.or_none(readers.whole(1, 1000))]
    choose_answer_min: Annotated[int | None, readers.or_none(readers.whole(1, 60 * 1440))]
    choose_pick_min: Annotated[int | None, readers.or_none(readers.whole(1, 60 * 1440))]

    # Ranking. The weight of each part of the score by its name.
    weights: Annotated[Mapping[str, float], readers.weights]
    density_radius_m: Annotated[int, readers.whole(100, 200_000)]
    #: From dense to thin; ``tier()`` picks one.
    tiers: Annotated[tuple[Tier, ...], _tiers]
    thin_report_min: _Minutes
    travel_buffer_min: Annotated[int, readers.whole(0, 1440)]
    travel_min_per_km: Annotated[float, readers.number(0, 60)]
    fresh_position_s: _Seconds
    online_free_min: _Minutes
    horizon_days: Annotated[int, readers.whole(1, 60)]
    rating_prior_stars: _Stars
    rating_prior_weight: Annotated[float, readers.number(0, 10_000)]
    rating_half_life_days: _Days
    rating_floor: _Stars
    rating_ceiling: _Stars
    rating_new_below: _Few
    reliability_prior: _Prior
    reliability_days: _Days
    responsiveness_prior: _Prior
    responsiveness_days: _Days

    # Fair shares: scores this close count as equal; newcomers' part of a wave.
    fairness_margin: _Share
    fairness_days: _Days
    newcomer_share: _Share
    newcomer_places_at_least: _Few
    newcomer_finished_below: _Few
    newcomer_days: _Days
    newcomer_never_groups: Annotated[tuple[str, ...], readers.list_of(readers.slug)]

    #: From the first on, which asks for nothing, each asks for more.
    levels: Annotated[tuple[Level, ...], _levels]
    #: "Usually answers within ...": of so many answers, and only if it is that soon.
    badge_answers_at_least: _Some
    badge_within_min: Annotated[int, readers.whole(1, 1440)]

    # Papers and money.
    papers_required: Annotated[bool, readers.yes_no]
    #: So many days before a paper ends its owner is told; 0 is the last day it counts.
    paper_reminders_before_days: Annotated[tuple[int, ...], readers.list_of(readers.whole(0, 365))]
    platform_fee_share: _Share
    #: The tax in every price; and what a market gives back of work at somebody's home where
    #: the category and the provider are declared for it.
    tax_share: _Share
    tax_credit_share: _Share
    #: From when on it is evening, and by how many percent evenings and Sundays may be dearer.
    evening_from: _Clock
    surcharge_percent_at_most: Annotated[int, readers.whole(0, 300)]
    visit_minimum_cents: _Cents
    call_out_fees: Annotated[tuple[CallOutFee, ...], _call_out_fees]
    counter_rounds: _Few
    counter_share: _Share

    # Before posting, and when nobody came. How old a price, and an answer, may be that tells
    # what to expect; by how much more, and on how many days more, somebody might come; how
    # often it is looked whether somebody could by now.
    estimate_price_days: _Days
    estimate_wait_days: _Days
    remedy_raise_share: _Share
    remedy_days: Annotated[int, readers.whole(1, 14)]
    wait_list_every_min: Annotated[int, readers.whole(1, 1440)]

    # Dropping out, either side. Points lead to a person's review, never to a machine's.
    undo_s: _Seconds
    resident_cancel_free_after_booking_min: _Minutes
    resident_cancel_free_before_min: _Minutes
    resident_cancel_short_before_min: _Minutes
    resident_cancel_short_cents: _Cents
    resident_cancel_late_cents_at_most: _Cents
    provider_cancel_points_before_min: _Minutes
    provider_cancel_points: _Few
    provider_absent_points: _Few
    points_before_review: _Some
    points_days: _Days

    # The visit, and what follows it.
    confirm_visit_before_min: _MinuteList
    backup_before_min: _Minutes
    late_after_min: _Minutes
    absent_after_min: _Minutes
    provider_waits_min: _Minutes
    #: How often a word is asked for while work lasts; how long after work should be over, and
    #: how long while it rests, somebody asks what blocks it.
    check_in_every_min: Annotated[int, readers.whole(15, 60 * 1440)]
    stalled_after_min: Annotated[int, readers.whole(15, 60 * 1440)]
    stalled_at_rest_min: Annotated[int, readers.whole(15, 60 * 1440)]
    auto_confirm_min: _Minutes
    confirm_reminders_min: _MinuteList
    redo_at_most: _Few
    redo_agree_min: _Minutes
    redo_done_days: _Days
    dispute_days: _Days
    dispute_answer_working_days: _Few
    dispute_decide_working_days: _Few
    reviews_days: _Days
    #: How many days ahead the next of a series is asked about.
    repeat_ahead_days: Annotated[int, readers.whole(1, 28)]


_KEY = ("id", "market_id", "category_id", "urgency", "version")


@functools.cache
def _rules() -> dict[str, readers.Reader]:
    hints = typing.get_type_hints(Policy, include_extras=True)
    return {
        rule.name: hints[rule.name].__metadata__[0]
        for rule in fields(Policy)
        if rule.name not in _KEY
    }


def parse(row: models.Policy) -> Policy:
    """The policy a stored row states.

    Raises InvalidInput whose ``fields`` name every rule that is missing, unknown or
    out of bounds, as ``rules.<name>``.
    """
    known = _rules()
    rules = row.rules
    wrong: dict[str, list[str]] = {}
    for name in sorted(set(rules) - set(known)):
        wrong[f"rules.{name}"] = ["There is no such rule."]
    values: dict[str, Any] = {}
    for name, read in known.items():
        if name not in rules:
            wrong[f"rules.{name}"] = ["This rule is missing."]
            continue
        try:
            values[name] = read(rules[name])
        except readers.Wrong as reason:
            wrong[f"rules.{name}"] = [f"It {reason}."]
    if not wrong:
        wrong = _contradictions(row.urgency, values)
    if wrong:
        raise errors.InvalidInput(fields=wrong)
    return Policy(**{name: getattr(row, name) for name in _KEY}, **values)


def _contradictions(urgency: str, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong between rules that are each fine on their own."""
    wrong: dict[str, list[str]] = {}
    if values["rating_floor"] >= values["rating_ceiling"]:
        wrong["rules.rating_floor"] = ["It must be below rating_ceiling."]
    choosing = [values[name] for name in values if name.startswith("choose_")]
    if urgency == "now" and any(value is not None for value in choosing):
        wrong["rules.choose_asked"] = ["Nobody chooses among answers when it is for now."]
    elif None in choosing and any(value is not None for value in choosing):
        wrong["rules.choose_asked"] = ["The choose_ rules are given all or none."]
    return wrong


def default_rules(urgency: str) -> dict[str, Any]:
    """The rules a new market starts with, complete and ready to be stored."""
    text = resources.files("jobbing_api.markets").joinpath("default_policies.toml").read_text()
    tables = tomllib.loads(text)
    return {**dict.fromkeys(_rules()), **tables["everywhere"], **tables[urgency]}


_rows = models.Policy
#: Put together once: every ranking asks it.
_IN_FORCE = (
    select(_rows)
    .where(
        _rows.market_id == bindparam("market_id"),
        _rows.urgency == bindparam("urgency"),
        _rows.in_force_from <= bindparam("now"),
        or_(_rows.category_id == bindparam("category_id"), _rows.category_id.is_(None)),
    )
    .order_by(
        _rows.category_id.asc().nulls_last(), _rows.in_force_from.desc(), _rows.version.desc()
    )
    .limit(1)
)


def in_force(
    session: Session,
    *,
    market_id: uuid.UUID,
    category_id: int | None,
    urgency: str,
    now: datetime,
) -> Policy:
    """The rules that hold at ``now``.

    A category's own rules go before the general ones, however old; then the latest
    ``in_force_from`` that has come, then the highest version. Raises NotFound if the
    market had no rules yet.
    """
    row = session.scalars(
        _IN_FORCE,
        {"market_id": market_id, "category_id": category_id, "urgency": urgency, "now": now},
    ).first()
    if row is None:
        raise errors.NotFound(what="policy", urgency=urgency)
    return _parsed(row)


def all_in_force(
    session: Session, market_id: uuid.UUID, *, now: datetime
) -> dict[tuple[int | None, str], Policy]:
    """Every set of rules that holds in a market at ``now``, by category (None: all others)
    and urgency."""
    latest = (
        select(_rows)
        .where(_rows.market_id == market_id, _rows.in_force_from <= now)
        .ext(distinct_on(_rows.category_id, _rows.urgency))
        .order_by(
            _rows.category_id, _rows.urgency, _rows.in_force_from.desc(), _rows.version.desc()
        )
    )
    return {(row.category_id, row.urgency): _parsed(row) for row in session.scalars(latest)}


def applying(
    rules: Mapping[tuple[int | None, str], Policy], category_id: int, urgency: str
) -> Policy:
    """Of all that are in force, those of a category: its own, else everybody's."""
    return rules.get((category_id, urgency)) or rules[None, urgency]


#: The rules of one case, with what is asked along with them about a job.
_TERMS = (
    _IN_FORCE.join(models.Market, models.Market.id == _rows.market_id)
    .join(models.Category, models.Category.id == bindparam("category_id"))
    .add_columns(models.Market, models.Category)
)


def terms_in_force(
    session: Session, *, market_id: uuid.UUID, category_id: int, urgency: str, now: datetime
) -> tuple[Policy, models.Market, models.Category]:
    """The rules for a job at ``now``, as ``in_force`` finds them, with its market and its
    category."""
    asked = {"market_id": market_id, "category_id": category_id, "urgency": urgency, "now": now}
    row = session.execute(_TERMS, asked).first()
    if row is None:
        raise errors.NotFound(what="policy", urgency=urgency)
    policy, market, category = row
    return _parsed(policy), market, category


#: The rules of rows that were read before: a row never changes once it is written.
_KNOWN: dict[uuid.UUID, Policy] = {}
_MOST_KNOWN = 10_000


def _parsed(row: models.Policy) -> Policy:
    policy = _KNOWN.get(row.id)
    if policy is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        policy = _KNOWN[row.id] = parse(row)
    return policy


def write_policy(
    session: Session,
    *,
    market_id: uuid.UUID,
    category_id: int | None,
    urgency: str,
    rules: Mapping[str, Any],
    in_force_from: datetime,
    note: str,
    now: datetime,
) -> Policy:
    """Add the next version of the rules for a market, a category (None: all) and an
    urgency. Earlier versions stay as they were.

    Raises InvalidInput for rules that make no sense or take force in the past, and
    NotFound for an unknown market.
    """
    if urgency not in models.URGENCIES:
        raise errors.InvalidInput(fields={"urgency": ["This is not an urgency."]})
    if in_force_from < now:
        raise errors.InvalidInput(fields={"in_force_from": ["What was in force stays so."]})
    # The market's row serialises the writers, so that each version is the next.
    locked = select(models.Market.id).where(models.Market.id == market_id)
    if session.scalar(locked.with_for_update(key_share=True)) is None:
        raise errors.NotFound(what="market")
    rows = models.Policy
    last = session.scalar(
        select(func.max(rows.version)).where(
            rows.market_id == market_id,
            rows.urgency == urgency,
            rows.category_id.is_not_distinct_from(category_id),
        )
    )
    row = rows(
        id=database.new_id(),
        market_id=market_id,
        category_id=category_id,
        urgency=urgency,
        version=(last or 0) + 1,
        in_force_from=in_force_from,
        rules=dict(rules),
        note=note,
        created_at=now,
    )
    policy = parse(row)
    session.add(row)
    session.flush()
    return policy


def tier(policy: Policy, eligible: int) -> Tier:
    """How far to look where ``eligible`` providers live within ``density_radius_m``."""
    return next(tier for tier in policy.tiers if eligible >= tier.eligible_at_least)
