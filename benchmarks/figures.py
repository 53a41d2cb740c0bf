"""What is made of measurements: percentiles, recall, ratios, the one line of JSON.

Hides: how a figure is computed from what was measured. Pure; nothing here measures.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of ``values`` do not exceed, interpolated linearly
    between its neighbours, as numpy and R do by default. Raises ValueError without values."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """How long requests took, milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    mean_ms: float


def spread(seconds: Sequence[float]) -> Spread:
    """The spread of so many durations, given in seconds. Raises ValueError without any."""
    return Spread(
        p50_ms=1000 * percentile(seconds, 0.50),
        p95_ms=1000 * percentile(seconds, 0.95),
        p99_ms=1000 * percentile(seconds, 0.99),
        mean_ms=1000 * sum(seconds) / len(seconds),
    )


def recall(found: Collection[object], exact: Collection[object]) -> float:
    """How many of the ``exact`` answer were ``found``, as a share; 1 where there is nobody
    to be found."""
    if not exact:
        return 1.0
    return len(set(found) & set(exact)) / len(set(exact))


def mean_recall(found: Sequence[Collection[object]], exact: Sequence[Collection[object]]) -> float:
    """The mean of each request's recall. Raises ValueError when the lengths differ."""
    shares = [recall(one, other) for one, other in zip(found, exact, strict=True)]
    return sum(shares) / len(shares) if shares else 1.0


def ratio(a: float, b: float) -> float | None:
    """``a / b``; None where ``b`` is nothing, which JSON can say and infinity it cannot."""
    return a / b if b else None


def json_line(figures: Mapping[str, Any]) -> str:
    """The figures as one line of JSON, numbers to six digits that mean something.

    Raises ValueError for a number JSON has none of.
    """
    return json.dumps(_rounded(figures), allow_nan=False)


def _rounded(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(one) for one in value]
    return value
