"""The picture of one run. Hides matplotlib, the only thing here that needs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure


def draw(
    quiet: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], providers: int, file: Path
) -> None:
    """p50 and p95 of each contender in ``quiet``, milliseconds, on a logarithmic scale."""
    # The same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = "ranking"
    shown = [name for name in names if name in quiet]
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    for offset, column, shade in ((-0.19, "p50_ms", "#7fb3d5"), (0.19, "p95_ms", "#1f618d")):
        values = [quiet[name][column] for name in shown]
        rows = [row + offset for row in range(len(shown))]
        bars = axes.barh(rows, values, height=0.36, color=shade, label=column[:3])
        axes.bar_label(bars, labels=[f"{value:.1f}" for value in values], padding=3, fontsize=8)
    axes.set_yticks(range(len(shown)), [names[name].replace("`", "") for name in shown])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(x=0.12)
    axes.set_xlabel("milliseconds a request, logarithmic")
    axes.set_title(f"The best twenty of {providers:,} providers", fontsize=10)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})
