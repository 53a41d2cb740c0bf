"""The dashboard asks for figures that exist, by labels they have."""

from __future__ import annotations

import json
import re
from pathlib import Path

INFRA = Path(__file__).parents[2] / "infra"
CODE = Path(__file__).parents[2] / "jobbing_api"


def test_every_figure_on_the_dashboard_is_told_by_some_process() -> None:
    dashboard = json.loads((INFRA / "grafana" / "jobbing.json").read_text("utf-8"))
    asked = {
        re.sub("_bucket$", "", name)
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\bjobbing_[a-z_]+", target["expr"])
    }
    told = {
        name
        for file in ("telemetry.py", "api/probes.py")
        for name in re.findall(r'"(jobbing_[a-z_]+)"', (CODE / file).read_text("utf-8"))
    }
    assert len(asked) > 10
    assert asked - told == set()


def test_panels_stand_beside_each_other() -> None:
    dashboard = json.loads((INFRA / "grafana" / "jobbing.json").read_text("utf-8"))
    places = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        taken = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not taken & places, panel["title"]
        assert at["x"] + at["w"] <= 24
        places |= taken
