"""What a job costs, item by item, in integer minor units.

Hides: how lines become totals, how a rate with steps and a surcharge become lines, and how
money is rounded: half a cent up, the same on every screen. A price is stored as JSON; its
totals are always those of its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from jobbing_api import errors, markets

#: ``fixed`` the resident's own price; ``quote`` a provider's, unitemised; ``counter`` what
#: both moved it by; ``credit`` what was paid before and counts; the rest say themselves.
LINE_KINDS = (
    *("fixed", "quote", "labour", "call-out", "option", "surcharge"),
    *("supplies", "counter", "credit"),
)

#: What goods cost is nobody's work: a tax credit for services at home leaves it out.
_GOODS = frozenset({"supplies"})

Line = dict[str, Any]

#: Nothing anybody does at a home costs more, in minor units.
MOST_TOTAL = 1_000_000_000


def half_up(amount: Decimal) -> int:
    """A whole number of minor units; half of one rounds up."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share_of(cents: int, share: float) -> int:
    """So much of an amount."""
    return half_up(cents * Decimal(str(share)))


def price(
    kind: str,
    currency: str,
    lines: Sequence[Line],
    policy: markets.Policy,
    *,
    declared: bool = False,
) -> dict[str, Any]:
    """The price of these lines: their total, the tax in it, what the platform keeps, what
    the provider gets, what a market's tax credit gives back where the provider is
    ``declared`` for it, and so what the finished job costs. All None without lines: a price
    that is still to be named. Raises InvalidInput for more than anything costs."""
    totals: dict[str, int | None] = dict.fromkeys(
        (
            *("total_cents", "tax_cents", "platform_fee_cents", "net_cents"),
            *("credit_cents", "cost_cents"),
        )
    )
    if lines:
        total = sum(line["amount_cents"] for line in lines)
        if total > MOST_TOTAL:
            raise errors.InvalidInput(fields={"lines": ["more-than-anything-costs"]})
        work = sum(line["amount_cents"] for line in lines if line["kind"] not in _GOODS)
        fee = share_of(total, policy.platform_fee_share)
        credit = share_of(max(work, 0), policy.tax_credit_share) if declared else 0
        tax = Decimal(str(policy.tax_share))
        totals = {
            "total_cents": total,
            # Prices are told with their tax in them.
            "tax_cents": half_up(total * tax / (1 + tax)),
            "platform_fee_cents": fee,
            "net_cents": total - fee,
            "credit_cents": credit,
            "cost_cents": total - credit,
        }
    # Kept though there be nothing to give back of yet: work may be agreed on later.
    return {
        "kind": kind,
        "currency": currency,
        "lines": [*lines],
        "declared": declared,
        **totals,
    }


def with_lines(
    order: Mapping[str, Any], lines: Sequence[Line], policy: markets.Policy
) -> dict[str, Any]:
    """An order with these lines instead of its own, and the totals that are theirs."""
    declared = bool(order.get("declared"))
    return {**order, **price(order["kind"], order["currency"], lines, policy, declared=declared)}


def tax_in(amount_cents: int, order: Mapping[str, Any]) -> int:
    """How much of an amount that was paid for an order is tax: as much as of the whole."""
    total, tax = order.get("total_cents"), order.get("tax_cents")
    return half_up(Decimal(amount_cents * tax) / total) if total and tax else 0


def labour(minutes: int, hourly_cents: int, steps: Iterable[Mapping[str, int]] = ()) -> list[Line]:
    """Lines for so many minutes at a rate, or at that of the step they fall in: a step
    holds from ``after_minutes`` on, at ``hourly_cents``."""
    later = sorted((step["after_minutes"], step["hourly_cents"]) for step in steps)
    bounds = [(0, hourly_cents), *later]
    lines: list[Line] = []
    for place, (after, unit_cents) in enumerate(bounds):
        until = bounds[place + 1][0] if place + 1 < len(bounds) else minutes
        spent = min(until, minutes) - after
        if spent > 0:
            lines.append(
                {
                    "kind": "labour",
                    "unit_cents": unit_cents,
                    "minutes": spent,
                    "amount_cents": half_up(Decimal(unit_cents * spent) / 60),
                }
            )
    return lines


def surcharge(
    lines: Sequence[Line],
    policy: markets.Policy,
    *,
    starts_at: datetime,
    time_zone: str,
    evening_percent: int,
    sunday_percent: int,
    hourly_at_most: int | None = None,
) -> list[Line]:
    """The line for work that begins in the evening or on a Sunday, the dearer of both; none
    where that costs nothing. No hour becomes dearer than ``hourly_at_most``."""
    local = starts_at.astimezone(ZoneInfo(time_zone))
    percents = {
        "sunday": sunday_percent if local.weekday() == 6 else 0,
        "evening": evening_percent if local.time() >= policy.evening_from else 0,
    }
    because = max(percents, key=lambda one: percents[one])
    percent = percents[because]
    worked = [line for line in lines if line["kind"] == "labour"]
    if hourly_at_most is not None and worked:
        dearest = max(line["unit_cents"] for line in worked)
        percent = min(percent, max(0, (hourly_at_most - dearest) * 100 // dearest))
    amount = half_up(sum(line["amount_cents"] for line in worked) * Decimal(percent) / 100)
    if not amount:
        return []
    return [{"kind": "surcharge", "because": because, "percent": percent, "amount_cents": amount}]
