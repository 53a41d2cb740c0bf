"""What a score can still come to, before anybody is read.

Hides: the arithmetic that turns "must reach this score" into how far away somebody may
live and how good their standing must be. All bounds are on the safe side: whoever is
kept out by them could not have reached the score, whatever the policy's weights are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

#: The parts that a standing in the search index is made of, and their shares in it:
#: the weights of a scheduled job. ``search_rows()`` in the migrations has the same.
STANDING = {"rating": 0.25 / 0.55, "reliability": 0.20 / 0.55, "responsiveness": 0.10 / 0.55}

#: Sums of floats differ by less than this between here and PostgreSQL.
_ROUNDING = 1e-7


class Bounds:
    """The bounds under one policy's weights and one tier's ``decay_m``.

    ``bounded`` False: standings were made by other rules than the policy's, and say
    nothing about it.
    """

    def __init__(self, weights: Mapping[str, float], decay_m: float, *, bounded: bool) -> None:
        self._proximity = weights.get("proximity", 0.0)
        self._decay_m = decay_m
        self._spent, self._gained = _gains(weights)
        self._most_of_standing = self._gained[-1]
        self._most_of_others = _others(weights)
        self._bounded = bounded and len(self._gained) > 1

    def farthest_m(self, goal: float) -> float:
        """How far from the job somebody perfect may be and still reach ``goal``, metres;
        infinite where distance alone keeps nobody from it."""
        needed = goal - self._most_of_others - self._most_of_standing - _ROUNDING
        if needed <= 0:
            return math.inf
        if needed >= self._proximity:
            return 0.0
        return -self._decay_m * math.log(needed / self._proximity)

    def least_standing(self, goal: float, distance_m: NDArray[np.float64]) -> NDArray[np.int64]:
        """The least standing, per mille, with which somebody at least so far away may
        reach ``goal``; above 1000 where nobody can."""
        proximity = self._proximity * np.exp(-np.minimum(700.0, distance_m / self._decay_m))
        needed = goal - proximity - self._most_of_others - _ROUNDING
        hopeless: NDArray[np.int64] = np.where(needed > self._most_of_standing, 1001, 0)
        if not self._bounded:
            return hopeless
        spent = np.interp(needed, self._gained, self._spent)
        enough: NDArray[np.int64] = np.ceil(1000 * spent - 1e-6).astype(np.int64)
        return np.maximum(hopeless, enough)


def parameters(weights: Mapping[str, float]) -> dict[str, float]:
    """The same bounds for a statement: what distance can pull, the gain of a standing as
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
