"""A few days of visits in simulated time; ``python -m benchmarks.visits`` lives a fortnight."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from benchmarks import visits
from tests.integration import racing


@pytest.mark.timeout(300)
def test_whoever_stays_away_leaves_nobody_waiting_in_the_dark(
    own_database: Engine, redis_url: str
) -> None:
    fortnight = visits.Fortnight(jobs_wanted=16, providers=50, seed=4)
    fortnight.play()
    found = fortnight.judged()
    # The dice of this seed have each kind of trouble.
    assert {"silent-absent", "absent", "cancels"} <= found["fates"].keys(), found
    assert found["accepted"] >= 15
    assert found["served_share"] >= 0.9, found
    for wrong in ("untold", "untrue", "double_bookings"):
        assert found[wrong] == 0, found
    racing.assert_consistent(own_database)
