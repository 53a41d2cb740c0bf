"""What work is common and what it costs, in any currency: plausible, nothing more.

Hides: the file of shares and prices (``trades.toml``) and how an amount thought of in
euros becomes one people would write in their own money.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from babel.numbers import get_currency_precision

#: No seeded amount is larger, whatever the currency: columns are 32 bits wide.
MOST_CENTS = 1_000_000_000

#: What an hour costs in euros where the file gives only the price of a visit.
_HOUR_EUR = (24.0, 42.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trade:
    """One category. ``flat_eur`` and ``hour_eur`` are (from, to); None: not priced so."""

    share: float
    flat_eur: tuple[float, float] | None
    hour_eur: tuple[float, float]


@functools.cache
def _document() -> Mapping[str, Any]:
    text = resources.files("jobbing_api.seeding").joinpath("trades.toml").read_text("utf-8")
    return tomllib.loads(text)


@functools.cache
def trade(category: str) -> Trade:
    """What is assumed of a category (its slug). One that was added since is taken for
    rare and for hourly work."""
    entry = _document()["skills"].get(category, {"share": 0.5})
    return Trade(
        share=entry["share"],
        flat_eur=tuple(entry["flat"]) if "flat" in entry else None,
        hour_eur=tuple(entry.get("hour", _HOUR_EUR)),
    )


def cents(euros: float, currency: str) -> int:
    """About so many euros in minor units of ``currency``, to two digits, as people price.

    Zero stays zero; anything else is at least one unit.
    """
    if euros <= 0:
        return 0
    amount: float = euros * _document()["currencies"].get(currency, 1)
    digits = math.floor(math.log10(amount)) - 1
    # The money itself may know no smaller coin than what two digits would ask for.
    step = max(digits, -get_currency_precision(currency))
    rounded = max(round(amount / math.pow(10, step)), 1) * math.pow(10, step)
    return min(MOST_CENTS, max(1, round(rounded * math.pow(10, get_currency_precision(currency)))))


def usual_cents(category: str, currency: str) -> int:
    """What a resident might offer for a usual visit of this kind: enough for most."""
    assumed = trade(category)
    low, high = assumed.flat_eur or assumed.hour_eur
    return cents(low + (high - low) * 0.6, currency)
