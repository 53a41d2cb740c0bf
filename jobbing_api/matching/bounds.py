"""What a score can still come to, before anybody is read.

Hides: the arithmetic that turns a standing, made of figures under the weights of one kind
of job, into what they can add to a score under any policy's weights. All bounds are on the
safe side: whoever is kept out by them could not have reached the score.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

#: The parts that a standing in the search index is made of, and their shares in it:
#: the weights of a scheduled job. ``search_rows()`` in the migrations has the same.
STANDING = {"rating": 0.25 / 0.55, "reliability": 0.20 / 0.55, "responsiveness": 0.10 / 0.55}

#: Sums of floats differ by less than this between here and PostgreSQL.
_ROUNDING = 1e-7


def parameters(weights: Mapping[str, float]) -> dict[str, float]:
    """The bounds for a statement: what distance can pull, the gain of a standing as
    the least of three lines over its per mille, and what all other parts can add."""
    spent, gained = _gains(weights)
    lines = []
    for (s, g), (s_to, g_to) in pairwise(zip(spent, gained, strict=True)):
        slope = (g_to - g) / (s_to - s)
        lines.append((slope / 1000, g - slope * s + _ROUNDING))
    lines = (lines or [(0.0, 0.0)]) * 3
    return {
        "pull": weights.get("proximity", 0.0),
        "others": _others(weights) + _ROUNDING,
        "most_of_standing": gained[-1],
        **{f"gain_{n + 1}": lines[n][0] for n in range(3)},
        **{f"base_{n + 1}": lines[n][1] for n in range(3)},
    }


def _gains(weights: Mapping[str, float]) -> tuple[list[float], list[float]]:
    """The most that parts of one standing can add under these weights, where its slope
    changes: the standing is spent first where it counts most (the fractional knapsack)."""
    in_standing = {name: weights.get(name, 0.0) for name in STANDING}
    by_use = sorted(in_standing, key=lambda name: -in_standing[name] / STANDING[name])
    spent, gained = [0.0], [0.0]
    for name in by_use:
        if in_standing[name] > 0:
            spent.append(spent[-1] + STANDING[name])
            gained.append(gained[-1] + in_standing[name])
    return spent, gained


def _others(weights: Mapping[str, float]) -> float:
    """Every other part may be as good as it gets."""
    return sum(weight for name, weight in weights.items() if name not in {"proximity", *STANDING})
