"""How good a candidate is: every part of the score, and their weighted sum.

Pure functions of measured values; the SQL that measures them is in ``candidates``.
A part is a function in ``PARTS`` with a value in [0, 1]; a policy weighs it by name.
Adding or reweighting a part is a change here and in a policy row, nowhere else.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobbing_api import markets


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """What is known of one candidate for one job at one instant."""

    #: From the origin (base, or a fresh position for ``now``) to the job, metres.
    distance_m: float
    #: The policy tier's distance at which proximity has fallen to 1/e, metres.
    decay_m: float
    urgency: str
    online: bool
    #: The slot and the part of the window that is still ahead.
    starts_at: datetime
    earliest: datetime
    window_to: datetime
    duration: timedelta
    #: Free time within that part of the window, seconds.
    free_s: float
    #: False for a slot found only by looking past the weekly hours.
    inside_hours: bool
    #: Ratings weighted by age (half-life in the policy): sum of stars, sum of weights.
    rating_sum: float
    rating_weight: float
    #: Mean stars in this market and category, None without any.
    rating_mean: float | None
    visits_kept: int
    visits_let_down: int
    offers_answered: int
    offers_unanswered: int


def _unit(value: float) -> float:
    return max(0.0, min(1.0, value))


def proximity(m: Measures, policy: markets.Policy) -> float:
    """exp(-distance / decay)."""
    return math.exp(-m.distance_m / m.decay_m)


def availability(m: Measures, policy: markets.Policy) -> float:
    """1 when online and free at once for a ``now`` job; else half how soon the slot
    starts within the window, half the share of the window that is free. Nothing for
    a slot outside the provider's hours."""
    if not m.inside_hours:
        return 0.0
    if m.urgency == "now" and m.online and m.starts_at == m.earliest:
        return 1.0
    span_s = (m.window_to - m.earliest).total_seconds()
    slack_s = span_s - m.duration.total_seconds()
    wait_s = (m.starts_at - m.earliest).total_seconds()
    soon = 1.0 if slack_s <= 0 else 1 - wait_s / slack_s
    share = 1.0 if span_s <= 0 else m.free_s / span_s
    return _unit(soon) / 2 + _unit(share) / 2


def stars(m: Measures, policy: markets.Policy) -> float:
    """Bayesian mean of the ratings: a prior of so many imagined ratings at the mean of
    the market and category keeps one good review from being a perfect record. A prior
    without weight still holds where there is nothing else."""
    prior = policy.rating_prior_stars if m.rating_mean is None else m.rating_mean
    weight = policy.rating_prior_weight
    if weight + m.rating_weight == 0:
        return prior
    return (prior * weight + m.rating_sum) / (weight + m.rating_weight)


def rating(m: Measures, policy: markets.Policy) -> float:
    """The Bayesian mean, the policy's floor to ceiling mapped to 0..1."""
    span = policy.rating_ceiling - policy.rating_floor
    return _unit((stars(m, policy) - policy.rating_floor) / span)


def reliability(m: Measures, policy: markets.Policy) -> float:
    """Mean of Beta(prior + kept, prior + let down): on time and not cancelled."""
    good, bad = policy.reliability_prior
    return (good + m.visits_kept) / (good + bad + m.visits_kept + m.visits_let_down)


def responsiveness(m: Measures, policy: markets.Policy) -> float:
    """Mean of Beta(prior + answered, prior + unanswered); a decline is an answer."""
    good, bad = policy.responsiveness_prior
    return (good + m.offers_answered) / (good + bad + m.offers_answered + m.offers_unanswered)


#: Every part a policy may weigh.
PARTS: Mapping[str, Callable[[Measures, markets.Policy], float]] = {
    "proximity": proximity,
    "availability": availability,
    "rating": rating,
    "reliability": reliability,
    "responsiveness": responsiveness,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: its value in [0, 1] and the weight the policy gives it."""

    value: float
    weight: float


def parts(m: Measures, policy: markets.Policy) -> dict[str, Part]:
    """Every weighed part, by name."""
    return {name: Part(PARTS[name](m, policy), weight) for name, weight in policy.weights.items()}


def total(of: Mapping[str, Part]) -> float:
    """The weighted sum, in the policy's order of parts."""
    return sum(part.value * part.weight for part in of.values())


def tie_break(job_id: uuid.UUID, provider_id: uuid.UUID) -> str:
    """An order among equals that differs from job to job, so no one is always last.

    PostgreSQL gives the same with ``md5(job_id::text || provider_id::text)``.
    """
    return hashlib.md5(f"{job_id}{provider_id}".encode(), usedforsecurity=False).hexdigest()
