"""A small deploy under load: nothing is lost, and nothing takes longer than ten seconds.
``make chaos`` plays a larger one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_a_deploy_of_every_program_breaks_no_request_and_loses_nothing() -> None:
    command = [sys.executable, "-m", "benchmarks.rolling", "--json", "--rounds", "1", "--rate", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["restarts"] == 6
    assert found["posted"] > 20
    assert found["offers"] == 3 * found["posted"]
    assert found["delivered"] == found["offers"]
    for wrong in ("broken", "refused", "lost"):
        assert not found[wrong], (wrong, found["broken_first"], found["refused_first"], found)
    assert found["visible_duplicates"] == found["duplicate_sends_share"] == 0
    assert max(found["stop_s"].values()) <= 10
