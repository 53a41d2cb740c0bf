"""The figures of one run, for whoever was not there.

Hides: the table on the terminal, docs/benchmarks.md and the plot beside it.
"""

from __future__ import annotations

import importlib
import os
import platform
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import redis
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, text

from benchmarks import rivals, waiting

# Without matplotlib there is no picture, and everything else as ever.
_plot = importlib.import_module("benchmarks.plot") if find_spec("matplotlib") else None

_ROOT = Path(__file__).parent.parent
_PAGE = _ROOT / "docs" / "benchmarks.md"
_PLOT = _ROOT / "docs" / "images" / "ranking.svg"

WHO = {
    "ours": "`matching.rank`",
    "dwithin_sort": "everybody within 30 km, sorted",
    "knn200": "the nearest 200, sorted",
    "redis": "Redis GEOSEARCH, sorted in Python",
    "floor": "bare nearest 20",
    "ours_smaller": "`matching.rank`, a tenth of the people",
}


def machine(engine: Engine, redis_url: str) -> dict[str, str]:
    """On what it ran: nothing that tells one machine of a kind from another."""
    with engine.connect() as connection:
        postgres = connection.scalars(text("SHOW server_version")).one()
        postgis = connection.scalars(text("SELECT postgis_lib_version()")).one()
        buffers = connection.scalars(text("SHOW shared_buffers")).one()
    store = redis.Redis.from_url(redis_url)
    redis_version = store.info("server")["redis_version"]
    store.close()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "PostgreSQL": f"{postgres.split()[0]}, shared_buffers {buffers}",
        "PostGIS": str(postgis),
        "Redis": str(redis_version),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"


def table(found: dict[str, Any]) -> None:
    """The figures on standard output."""
    console = Console(highlight=False)
    shown = Table(title=f"{found['providers']:,} providers, {found['requests']:,} requests")
    shown.add_column("", no_wrap=True)
    for name in ("p50 ms", "p95 ms", "p99 ms", "client ms", "server ms", "recall"):
        shown.add_column(name, justify="right")
    for (_, *cells), name in zip(_rows(found), found["quiet"], strict=True):
        shown.add_row(name, *cells)
    console.print(shown)
    for title, value in _headlines(found):
        console.print(f"{title}: {value}", soft_wrap=True)


def _rows(found: dict[str, Any]) -> list[tuple[str, ...]]:
    rows = []
    for name, one in found["quiet"].items():
        recall = found["recall"].get(name, {}).get("all")
        server = one["server_processor_ms"]
        rows.append(
            (
                WHO[name],
                *(f"{one[column]:.2f}" for column in ("p50_ms", "p95_ms", "p99_ms")),
                f"{one['client_processor_ms']:.2f}",
                "" if server is None else f"{server:.2f}",
                "1" if name.startswith("ours") else "" if recall is None else f"{recall:.3f}",
            )
        )
    return rows


def _headlines(found: dict[str, Any]) -> list[tuple[str, str]]:
    written = found["written_while_timing"]
    rates = found["requests_a_second"]
    return [
        (
            "Answers held against the oracle",
            f"{found['checks']:,}, {found['checks_while_writing']:,} of them while others"
            f" wrote; wrong: {found['mismatches']}",
        ),
        ("p95, times that of the bare nearest 20", f"{found['p95_vs_floor']:.2f}"),
        ("p95, times faster than sorting 30 km", f"{found['p95_vs_dwithin_sort']:.1f}"),
        (
            "Requests a second",
            ", ".join(f"{WHO[name]} {rate:.0f}" for name, rate in rates.items()),
        ),
        ("Requests a second, times those of Redis", f"{found['throughput_vs_redis']:.2f}"),
        (
            "p95 while others write, times that when quiet",
            f"{found['p95_busy_vs_quiet']:.2f} ({written['presences_a_second']:.0f} presences"
            f" and {written['calendars_a_second']:.0f} calendars a second)",
        ),
        (
            f"p50, times that over {found['smaller']:,}",
            f"{found['p50_1m_vs_100k']:.2f}",
        ),
        ("A window nobody can meet, times p50", f"{found['nobody_can_meet_vs_p50']:.2f}"),
    ]


# docs/benchmarks.md -----------------------------------------------------------------------


def write(found: dict[str, Any]) -> None:
    """docs/benchmarks.md, and the plot in it where matplotlib is installed."""
    if _plot is not None:
        _plot.draw(found["quiet"], WHO, found["providers"], _PLOT)
    else:
        waiting.say("No plot: matplotlib is not installed (pip install -e .[bench]).")
    _PAGE.write_text("\n".join(_page(found, drawn=_plot is not None)) + "\n", "utf-8")
    waiting.say(f"Wrote {_PAGE.relative_to(_ROOT)}.")


def _page(found: dict[str, Any], *, drawn: bool) -> list[str]:
    return [
        "# Ranking, measured",
        "",
        f"*Written by `python -m benchmarks.ranking --providers {found['providers']}`; do not"
        " edit. Figures are one machine's: trust the ratios.*",
        "",
        f"Of {found['providers']:,} made-up providers over France, which twenty are best for a job?"
        f" The same {found['requests']:,} requests are put to ours and to each rival in turn, in"
        " one run: 40 % for now, 60 % scheduled, 10 % outside usual hours, places by population and"
        " skills by their share. Who goes first changes from request to request, after a pass"
        " that is not counted. All rivals on PostgreSQL read the same table through connections"
        " with the same settings and, but for the floor, use the same filters and the same"
        " score; only the way differs by which they find whom to score.",
        "",
        *_markdown(
            ("", "p50 ms", "p95 ms", "p99 ms", "client CPU ms", "server CPU ms", "recall"),
            _rows(found),
        ),
        "",
        *(["![p50 and p95 of each](images/ranking.svg)", ""] if drawn else []),
        "Processor milliseconds are means, and steadier than the clock on a machine that has"
        " other things to do. Recall is the share of our twenty that a rival finds.",
        "",
        *_markdown(("", ""), _headlines(found)),
        "",
        "## Who is who",
        "",
        "- **ours**: exact for any reach, from the search index (docs/decisions/0007).",
        f"- **everybody within 30 km, sorted**: `ST_DWithin(base, place, {rivals.CAP_M}, false)`,"
        " every filter and the whole score of each, sort, 20. For jobs for now it may use the"
        " index of those on duty. Exact up to 30 km:"
        f" {found['dwithin_sort_equal']:.1%} of its answers are ours,"
        f" {found['dwithin_sort_other_beyond_cap']:.1%} lack somebody who lives beyond, and"
        f" {found['dwithin_sort_other_within_cap']:.1%} differ for another reason.",
        f"- **the nearest {rivals.NEAREST}, sorted**: `ORDER BY base <-> place LIMIT"
        f" {rivals.NEAREST}` on the same index, then filters and score. Its recall is"
        f" {_recall(found, 'knn200')}: of the nearest, few are on duty.",
        f"- **Redis**: one geo key a skill for the country, `GEOSEARCH BYRADIUS 30 km COUNT"
        f" {rivals.NEAREST} ASC`, attributes by a pipeline of HMGET, filters and score in Python."
        " Those on duty have keys of their own, at the place where they are. It knows no"
        f" calendar: everybody counts as free. Recall {_recall(found, 'redis')}.",
        "- **bare nearest 20**: `ORDER BY base <-> place LIMIT 20` on the same index. No filter,"
        " no score, no reach: the floor under anything that asks PostGIS who is near.",
        "",
        "## What a request reads",
        "",
        *_markdown(
            ("", "rows", "rows of the index", "pages in memory", "pages asked of the system"),
            [
                (
                    WHO[name],
                    *(
                        f"{one[what]:,.0f}"
                        for what in ("rows", "index_rows", "pages_hit", "pages_read")
                    ),
                )
                for name, one in found["a_request"].items()
            ],
        ),
        "",
        "## At the edges",
        "",
        *_markdown(
            ("median of 20", "ms"),
            [(name, f"{ms:.2f}") for name, ms in found["extremes_ms"].items()],
        ),
        "",
        *_while_others_write(found),
        "",
        "## How to run it",
        "",
        "    pip install -e .[bench,local,seed,test]",
        f"    python -m benchmarks.ranking --providers {found['providers']}",
        "",
        "The country is loaded once and kept under `.local/bench`; the oracle's checks take"
        " most of the time. `--providers 50000 --requests 200 --checks 100 --no-docs` gives a"
        " first impression in minutes. `--hour` lets the writers run for an hour.",
        "",
        *_markdown(
            ("", ""),
            [
                *found["machine"].items(),
                ("workload (SHA-256 of benchmarks/workload.toml)", f"`{found['workload']}`"),
                ("population", f"`{found['population']}`"),
            ],
        ),
    ]


def _while_others_write(found: dict[str, Any]) -> list[str]:
    written, busy, quiet = found["written_while_timing"], found["busy"], found["quiet_before_busy"]
    before, after = found["index_bytes_before"], found["index_bytes_after"]
    lines = [
        "## While others write",
        "",
        "Two processes write through the application's own doors: phones on duty that move by a"
        " hundred metres or so, ten in a transaction, some of which go off duty or come back;"
        " and bookings, releases and days off, one in a transaction. One client asks all"
        " requests again and again.",
        "",
        *_markdown(
            ("", "p50 ms", "p95 ms", "p99 ms"),
            [
                (name, *(f"{one[column]:.2f}" for column in ("p50_ms", "p95_ms", "p99_ms")))
                for name, one in (("quiet, right before", quiet), ("while others write", busy))
            ],
        ),
        "",
        f"Reached: {written['presences_a_second']:.0f} presences and"
        f" {written['calendars_a_second']:.0f} bookings and calendars a second. Rows derived"
        " anew are dated by the real clock, which is not the population's: their figures are"
        " counted from the record at each request, where in real life they would not be.",
        "",
        *_markdown(
            ("on disk, MB", "before", "after"),
            [
                (name, f"{size / 1e6:,.1f}", f"{after[name] / 1e6:,.1f}")
                for name, size in before.items()
            ],
        ),
        "",
        f"Dead rows afterwards: {found['dead_rows_after']['search_index']:,} in the index,"
        f" {found['dead_rows_after']['presences']:,} of presences. Compared with their sources,"
        f" {found['index_differences']} rows of those written about differ.",
    ]
    if "written_in_the_hour" in found:
        hour = found["written_in_the_hour"]
        lines += [
            "",
            f"That is after {hour['seconds'] / 60:.0f} minutes with {hour['presences']:,}"
            f" presences, {hour['bookings'] + hour['releases']:,} bookings and releases and"
            f" {hour['calendars']:,} calendars.",
        ]
    return lines


def _recall(found: dict[str, Any], name: str) -> str:
    recall = found["recall"][name]
    return f"{recall['all']:.3f} ({recall['now']:.3f} for now, {recall['scheduled']:.3f} scheduled)"


def _markdown(head: tuple[str, ...], rows: list[Any]) -> list[str]:
    # Figures line up on the right, words on the left.
    align = ["---", *("---:" if name else "---" for name in head[1:])]
    return [f"| {' | '.join(cells)} |" for cells in (head, align, *rows)]
