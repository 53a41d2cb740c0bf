"""What a score can still come to: whoever reaches a goal is never kept out by a bound,
under whatever weights; and the bounds are as tight as they say."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobbing_api import markets
from jobbing_api.matching import bounds, scoring
from jobbing_api.matching.bounds import STANDING

#: Parts there are, and parts that somebody may add.
NAMES = [*scoring.PARTS, "cheapness", "kindness"]

weights_of_a_policy = st.dictionaries(
    st.sampled_from(NAMES),
    st.one_of(st.just(0.0), st.floats(0.001, 1000), st.sampled_from([1e-9, 1 / 3, 1.0, 1000.0])),
    min_size=1,
    max_size=len(NAMES),
).filter(lambda weights: sum(weights.values()) > 0)
values = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0]))


@dataclass(frozen=True)
class Somebody:
    """A row of the index as a bound may know it, and the score it really has."""

    weights: dict[str, float]
    decay_m: float
    distance_m: float
    parts: dict[str, float]

    @property
    def standing(self) -> int:
        exact = 1000 * math.fsum(share * self.parts[name] for name, share in STANDING.items())
        return min(1000, math.ceil(exact))

    @property
    def proximity(self) -> float:
        return math.exp(-min(700.0, self.distance_m / self.decay_m))

    @property
    def score(self) -> float:
        # Summed in another order than the bounds are, as PostgreSQL may.
        return sum(
            weight * (self.proximity if name == "proximity" else self.parts[name])
            for name, weight in reversed(self.weights.items())
        )

    @property
    def gain(self) -> float:
        return sum(self.weights.get(name, 0.0) * self.parts[name] for name in STANDING)


@st.composite
def people(draw: st.DrawFn) -> Somebody:
    decay_m = draw(st.one_of(st.integers(1, 200_000).map(float), st.sampled_from([3000.0])))
    return Somebody(
        weights=draw(weights_of_a_policy),
        decay_m=decay_m,
        distance_m=draw(
            st.one_of(st.floats(0, 20_100_000), st.floats(0, 5).map(lambda many: many * decay_m))
        ),
        parts={name: draw(values) for name in NAMES},
    )


PERFECT = Somebody(
    weights={"proximity": 0.25, "rating": 0.25, "reliability": 0.2, "responsiveness": 0.1},
    decay_m=3000.0,
    distance_m=0.0,
    parts=dict.fromkeys(NAMES, 1.0),
)


@given(people())
@example(PERFECT)
def test_three_lines_bound_what_a_standing_can_add(one: Somebody) -> None:
    told = bounds.parameters(one.weights)
    bound = min(told[f"gain_{n}"] * one.standing + told[f"base_{n}"] for n in (1, 2, 3))
    assert bound >= one.gain
    assert told["most_of_standing"] >= one.gain - 1e-12 * (1 + one.gain)
    promise = told["pull"] * one.proximity + told["others"] + bound
    assert promise >= one.score


@given(
    st.fixed_dictionaries({name: st.floats(0.01, 10) for name in STANDING}), st.integers(0, 1000)
)
def test_the_lines_promise_hardly_more_than_some_figures_really_add(
    weights: dict[str, float], standing: int
) -> None:
    told = bounds.parameters(weights)
    bound = min(told[f"gain_{n}"] * standing + told[f"base_{n}"] for n in (1, 2, 3))
    steps = [step / 20 for step in range(21)]
    most = max(
        sum(weights[name] * value for name, value in zip(STANDING, figures, strict=True))
        for figures in itertools.product(steps, repeat=3)
        if 1000 * sum(a * b for a, b in zip(STANDING.values(), figures, strict=True))
        <= standing + 1e-9
    )
    # Between two steps of one figure lies a twentieth of its weight.
    assert most <= bound <= most + 3 * max(weights.values()) / 20 + 1e-6


def test_standings_are_made_of_the_shares_of_a_scheduled_job() -> None:
    weights = markets.default_rules("scheduled")["weights"]
    whole = sum(weights[name] for name in STANDING)
    assert {name: weights[name] / whole for name in STANDING} == pytest.approx(STANDING)
    assert sum(STANDING.values()) == pytest.approx(1)
