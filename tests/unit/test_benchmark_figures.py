"""What the ranking benchmark makes of its measurements, and what it takes for a difference."""

from __future__ import annotations

import dataclasses
import json
import math
import random
import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from benchmarks import checking, figures, moments, workload
from jobbing_api import markets, matching
from tests import oracle

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TIER = markets.Tier(eligible_at_least=0, radius_steps_m=(35_000,), decay_m=12_000, thin=True)


def test_percentiles_are_those_of_numpy() -> None:
    values = [random.Random(3).expovariate(1) for _ in range(237)]
    for share in (0, 0.5, 0.95, 0.99, 1):
        assert figures.percentile(values, share) == pytest.approx(np.quantile(values, share))


def test_nothing_measured_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        figures.percentile([], 0.5)


def test_a_spread_is_in_milliseconds() -> None:
    spread = figures.spread([0.001, 0.002, 0.003])
    assert spread.p50_ms == pytest.approx(2)
    assert spread.mean_ms == pytest.approx(2)
    assert spread.p95_ms <= spread.p99_ms <= 3


def test_recall_is_the_share_of_the_exact_answer_that_was_found() -> None:
    assert figures.recall("abx", "abcd") == 0.5
    assert figures.recall("", "abcd") == 0
    assert figures.recall("x", "") == 1
    assert figures.mean_recall(["ab", ""], ["ab", "c"]) == 0.5


def test_a_ratio_to_nothing_is_not_a_number() -> None:
    assert figures.ratio(3, 2) == 1.5
    assert figures.ratio(3, 0) is None


def test_the_line_of_json_is_one_line_that_reads_back() -> None:
    line = figures.json_line({"a": 1.23456789, "b": {"c": [2, None, 0.1]}, "d": "x\ny"})
    assert "\n" not in line
    assert json.loads(line) == {"a": 1.23457, "b": {"c": [2, None, 0.1]}, "d": "x\ny"}


def test_json_has_no_infinity() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        figures.json_line({"a": math.inf})


def test_a_window_that_begins_at_once_moves_with_the_clock() -> None:
    asks = workload.requests(1000, 40)
    later = NOW + timedelta(seconds=75)
    for ask in asks:
        moved = moments.asked_at(ask, later)
        assert moved.now == later
        if ask.urgency == "now":
            assert moved.request.window_from == NOW + timedelta(minutes=2)
            length = ask.request.window_to - ask.request.window_from
            assert moved.request.window_to - moved.request.window_from == length
        else:
            assert moved.request == ask.request
        assert moments.asked_at(ask, ask.now) == ask


# What is a difference -------------------------------------------------------------------


def placed(number: int, score: float) -> oracle.Placed:
    return oracle.Placed(
        provider_id=uuid.UUID(int=number),
        score=score,
        parts={"proximity": (score, 1.0)},
        distance_m=100.0 * number,
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        outside_hours=False,
        price_kind="hourly",
        amount_cents=3000,
        call_out_fee_cents=0,
        stars=4.5,
    )


def candidate(one: oracle.Placed) -> matching.Candidate:
    fields = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    fields["parts"] = {name: matching.Part(*part) for name, part in one.parts.items()}
    return matching.Candidate(**fields)


def told(mine: list[oracle.Placed], theirs: list[oracle.Placed], limit: int = 3) -> list[str]:
    ranking = matching.Ranking(
        candidates=[candidate(one) for one in mine],
        near_misses=[],
        fell_out={},
        in_reach=len(mine),
        ranked=len(mine),
        eligible=5,
        tier=TIER,
        complete=False,
    )
    verdict = oracle.Verdict(placed=theirs, missed=[], in_reach=len(theirs), eligible=5, tier=TIER)
    return list(checking.differences(ranking, verdict, limit))


BEST = [placed(1, 0.9), placed(2, 0.8), placed(3, 0.7), placed(4, 0.6)]


def test_the_same_answer_is_no_difference() -> None:
    assert told(BEST[:3], BEST) == []


def test_a_short_answer_is_a_difference() -> None:
    assert told(BEST[:2], BEST) == ["2 candidates, the oracle has 3"]


def test_another_order_is_a_difference_but_for_scores_that_sums_cannot_tell_apart() -> None:
    assert told([BEST[1], BEST[0], BEST[2]], BEST)
    near = [placed(1, 0.8 + 2e-10), placed(2, 0.8)]
    assert told(near[::-1], near) == []
    equal = [placed(1, 0.8), placed(2, 0.8)]
    assert told(equal[::-1], equal)


@pytest.mark.parametrize(
    "change",
    [
        {"score": 0.9 + 1e-8},
        {"distance_m": 100.001},
        {"stars": 4.4},
        {"starts_at": NOW + timedelta(minutes=1)},
        {"amount_cents": None},
        {"parts": {"proximity": (0.9, 0.5)}},
        {"parts": {}},
    ],
)
def test_anything_said_of_a_candidate_counts(change: dict[str, object]) -> None:
    assert told([dataclasses.replace(BEST[0], **change), *BEST[1:3]], BEST)  # type: ignore[arg-type]
