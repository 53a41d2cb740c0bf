"""docs/benchmarks-offers.md, from what the benchmarks of offers have printed.

``python -m benchmarks.offers_page FILE...``: each file holds the output of ``delivery``,
``recovery``, ``acceptance``, ``chaos`` or ``rolling``, whose last line says what was seen.
What the page says of the others stays.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks-offers.md"

_Found = Mapping[str, Any]
_Rows = list[tuple[str, str, str]]


def _delivery(found: _Found) -> _Rows:
    p95 = found["post_to_push_p95_ms"]
    return [
        (
            "pushes a second, over a bare loop of firebase-admin's batch send",
            f"{found['throughput_vs_floor']:.2f}",
            f"{found['ours_per_s']:.0f} and {found['floor_per_s']:.0f} a second; the stand-in"
            f" alone takes {found['stand_in_vs_floor']:.1f} times the floor",
        ),
        (
            "the same, over a task and a send for each offer under RQ's default worker",
            f"{found['throughput_vs_stock_rq']:.0f}",
            f"{found['stock_rq_per_s']:.1f} a second",
        ),
        (
            "from a POST to the first push, over a handler that does it all itself (p95)",
            f"{found['post_to_push_vs_inline']:.2f}",
            f"{p95['ours']:.0f} and {p95['inline']:.0f} ms, {found['posts']} posts each",
        ),
        (
            "cost of a push beside a million that were sent, over beside a thousand",
            f"{found['cost_at_a_million']:.2f}",
            f"{found['rounds']} rounds of {found['pushes_a_round']:,}",
        ),
    ]


def _recovery(found: _Found) -> _Rows:
    clocks = found["clocks"]
    return [
        (
            f"the only worker killed {found['alone']['kills']} times: what it held, after the"
            " next is up (p99)",
            f"{found['alone']['p99_s']:.2f} s",
            f"at most {found['alone']['max_s']:.2f} s",
        ),
        (
            f"one of two workers killed {found['beside']['kills']} times: what it held, after"
            " the kill (p99)",
            f"{found['beside']['p99_s']:.2f} s",
            f"at most {found['beside']['max_s']:.2f} s",
        ),
        (
            f"the leader of two clocks killed {clocks['leaders_killed']} times: the latest that"
            " was due",
            f"{clocks['latest_s']:.2f} s",
            f"{clocks['lines']:,} lines, {clocks['done_twice']} of them twice",
        ),
    ]


def _acceptance(found: _Found) -> _Rows:
    a_job = found["accepts_a_job"]
    return [
        (
            f"{found['jobs']:,} jobs of which each is accepted by {found['people_a_job']:.0f} at"
            f" once, {found['kills']} kills: answers that no single winner could have left",
            str(found["violations"]),
            f"{found['answers']:,} answers; the same checker finds"
            f" {found['control_violations']} in {found['control_jobs']} jobs of a handler that"
            " looks first and writes then",
        ),
        (
            "acceptances a second by one guarded statement, over lock, look and write",
            f"{found['throughput_vs_lock_then_update']:.1f}",
            f"{found['guarded_per_s']:,.0f} and {found['lock_then_update_per_s']:,.0f} a second,"
            f" {a_job['guarded']:.0f} and {a_job['lock_then_update']:.0f} for each job",
        ),
    ]


def _chaos(found: _Found) -> _Rows:
    deaths = ", ".join(f"{count} {name}" for name, count in sorted(found["deaths"].items()))
    rows = [
        (
            f"{found['offers']:,} offers at {found['rate']:.0f} a second, {found['kills']} kills:"
            " lost",
            str(found["lost"]),
            f"{deaths}; 5 % each of 429, 503, late and reset",
        ),
        (
            "visible duplicates, double acceptances, overlapping hours",
            f"{found['visible_duplicates']}, {found['double_acceptances']},"
            f" {found['calendar_overlaps']}",
            f"{found['accepted']:,} jobs were taken",
        ),
        (
            "messages that Google took more than once",
            f"{100 * found['duplicate_sends_share']:.2f} %",
            f"{found['duplicate_sends']} of {found['messages']:,}",
        ),
        (
            "from due to the phone (p50, p99)",
            f"{found['delivered_late_s']['p50']:.1f}, {found['delivered_late_s']['p99']:.1f} s",
            "",
        ),
    ]
    twin = found.get("twin")
    if twin:
        rows.append(
            (
                "the same deaths over a stock queue: lost",
                f"{twin['lost']} of {twin['offers']:,}",
                f"{sum(twin['deaths'].values())} kills",
            )
        )
    return rows


def _rolling(found: _Found) -> _Rows:
    slowest = ", ".join(f"{name} {took:.1f}" for name, took in sorted(found["stop_s"].items()))
    return [
        (
            f"{found['restarts']} programs told to stop and started again under load: broken"
            " requests, lost offers",
            f"{found['broken']}, {found['lost']}",
            f"{found['posted']:,} posts, {found['offers']:,} offers",
        ),
        ("the slowest to end, seconds", slowest, ""),
    ]


#: What each benchmark is known by, in the order of the page.
_KINDS: dict[str, tuple[str, Callable[[_Found], _Rows]]] = {
    "throughput_vs_floor": ("delivery", _delivery),
    "clocks": ("recovery", _recovery),
    "control_violations": ("acceptance", _acceptance),
    "requests_given_up": ("chaos", _chaos),
    "stop_s": ("rolling", _rolling),
}


def _sections(before: str) -> dict[str, list[str]]:
    """The tables of the page as it is, by the benchmark's name."""
    parts = re.split(r"^## `python -m benchmarks\.(\w+)`$", before, flags=re.MULTILINE)
    return {
        name: [line for line in text.splitlines() if line.startswith("|")]
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def page(several: list[_Found], before: str = "") -> list[str]:
    """The lines of docs/benchmarks-offers.md; ``before`` is the page as it is."""
    kept = _sections(before)
    lines = [
        "# Offers, measured",
        "",
        "*Written by `python -m benchmarks.offers_page`; do not edit. Figures are one machine's:"
        " trust the ratios.*",
    ]
    for mark, (name, rows) in _KINDS.items():
        table = kept.get(name, [])
        for found in several:
            if mark in found:
                table = ["|  | seen | beside |", "| --- | ---: | --- |"]
                table += [f"| {' | '.join(row)} |" for row in rows(found)]
        if table:
            lines += ["", f"## `python -m benchmarks.{name}`", "", *table]
    machine = several[0]["machine"]
    return [*lines, "", *(f"- {name}: {told}" for name, told in machine.items())]


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("files", nargs="+", type=Path)
    several = [
        json.loads(file.read_text("utf-8").strip().splitlines()[-1])
        for file in parser.parse_args().files
    ]
    before = PAGE.read_text("utf-8") if PAGE.exists() else ""
    PAGE.write_text("\n".join(page(several, before)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
