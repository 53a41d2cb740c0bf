"""A small storm: everything dies now and then, and nothing is lost. ``make chaos`` is a large
one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_in_a_small_storm_nothing_is_lost_doubled_or_given_twice() -> None:
    command = [sys.executable, "-m", "benchmarks.chaos", "--json", "--twin-s", "0"]
    command += ["--offers", "150", "--kills", "12", "--rate", "12", "--seed", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["kills"] >= 10
    assert found["jobs"] == 30
    assert found["delivered"] > 50
    for wrong in ("lost", "visible_duplicates", "double_acceptances", "calendar_overlaps"):
        assert found[wrong] == 0, found
    assert found["dead_pop_ups"] == 0
