"""What calling a visit off costs, told before the click and kept after it.

Hides: the steps of the policy. A resident owes money, the more the later; a provider never
does: too many points within some weeks have a person look at it, and no machine suspends
anybody (EU directive 2024/2831, article 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jobbing_api import markets
from jobbing_api.jobs import models

#: Labour is priced by so many minutes where it has no hourly rate of its own.
_HOUR_MIN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Costs:
    """What it costs whoever calls it off: minor units for a resident, points for a
    provider, and by which rule (``free``, ``just-booked``, ``short``, ``late``,
    ``moved``)."""

    fee_cents: int = 0
    points: int = 0
    rule: str = "free"


NOTHING = Costs()


def costs(
    job: models.Job, visit: models.Visit, policy: markets.Policy, *, role: str, at: datetime
) -> Costs:
    """What calling the visit off at ``at`` costs its ``resident`` or its ``provider``."""
    assert job.starts_at is not None
    before = job.starts_at - at
    if role == "provider":
        found = _points(policy, before)
    else:
        found = _fee(job, visit, policy, before, at=at)
    # A visit that was moved when calling it off would have cost something still costs that.
    if found.fee_cents < visit.least_fee_cents and role == "resident":
        return Costs(fee_cents=visit.least_fee_cents, rule="moved")
    if found.points < visit.least_points and role == "provider":
        return Costs(points=visit.least_points, rule="moved")
    return found


def not_there(job: models.Job, policy: markets.Policy, *, role: str) -> Costs:
    """What not being there at the hour costs."""
    if role == "provider":
        return Costs(points=policy.provider_absent_points, rule="late")
    return Costs(fee_cents=_late_cents(job, policy), rule="late")


def free_until(
    job: models.Job, visit: models.Visit, policy: markets.Policy, *, role: str
) -> datetime | None:
    """Until when calling it off costs nothing; None if it never does."""
    assert job.starts_at is not None
    if role == "provider":
        if visit.least_points:
            return None
        return job.starts_at - timedelta(minutes=policy.provider_cancel_points_before_min)
    if visit.least_fee_cents:
        return None
    return max(
        _just_booked_until(visit, policy),
        job.starts_at - timedelta(minutes=policy.resident_cancel_free_before_min),
    )


def _points(policy: markets.Policy, before: timedelta) -> Costs:
    if before >= timedelta(minutes=policy.provider_cancel_points_before_min):
        return NOTHING
    return Costs(points=policy.provider_cancel_points, rule="short")


def _just_booked_until(visit: models.Visit, policy: markets.Policy) -> datetime:
    return visit.agreed_at + timedelta(minutes=policy.resident_cancel_free_after_booking_min)


def _fee(
    job: models.Job,
    visit: models.Visit,
    policy: markets.Policy,
    before: timedelta,
    *,
    at: datetime,
) -> Costs:
    if before >= timedelta(minutes=policy.resident_cancel_free_before_min):
        return NOTHING
    if at <= _just_booked_until(visit, policy):
        return Costs(rule="just-booked")
    if before >= timedelta(minutes=policy.resident_cancel_short_before_min):
        return Costs(fee_cents=_short_cents(job, policy), rule="short")
    return Costs(fee_cents=_late_cents(job, policy), rule="late")


def _short_cents(job: models.Job, policy: markets.Policy) -> int:
    """The trip that was agreed, else the policy's sum; never more than the whole job."""
    trip = sum(line["amount_cents"] for line in _lines(job) if line["kind"] == "call-out")
    return min(trip or policy.resident_cancel_short_cents, _total_cents(job))


def _late_cents(job: models.Job, policy: markets.Policy) -> int:
    """An hour of it, at most the policy's sum, and never less than a day before."""
    hourly = next((line["unit_cents"] for line in _lines(job) if line.get("unit_cents")), None)
    hour = hourly or round(_total_cents(job) * _HOUR_MIN / job.duration_minutes)
    most = policy.resident_cancel_late_cents_at_most
    return max(min(hour, most, _total_cents(job)), _short_cents(job, policy))


def _lines(job: models.Job) -> list[dict[str, Any]]:
    return [] if job.order is None else job.order["lines"]


def _total_cents(job: models.Job) -> int:
    return 0 if job.order is None else job.order["total_cents"] or 0
