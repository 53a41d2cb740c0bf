"""How fast, how exact and how steady ranking is, side by side with the usual ways.

``python -m benchmarks.ranking --providers 1000000`` loads a made-up country once (minutes
for a million), puts the same thousand requests to ours and to each rival in turn, holds
answers against the brute-force oracle, half of them while others write, and writes
docs/benchmarks.md. The last line of standard output is one JSON object.

Hides: the order of all that. What is measured, and how, is in the modules beside this one.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from benchmarks import (
    checking,
    figures,
    moments,
    population,
    redis_rival,
    report,
    rivals,
    throughput,
    timing,
    waiting,
    weight,
    workload,
    writers,
)
from benchmarks.rivals import Contender, OnPostgres
from benchmarks.workload import Ask
from infra.local import servers
from infra.local.console import Trouble
from jobbing_api import database, matching

_REDIS = Path(__file__).parent.parent / ".local" / "bench" / "redis"

#: How often a single request is repeated for its median.
_TIMES = 20
#: How often all requests are asked quietly, and how often while others write.
_PASSES = 3
#: Writers run for so long before anything is measured, seconds.
_WRITERS_FIRST_S = 5
#: Providers whose rows in the index are compared with their sources after the writing.
_COMPARED = 300
#: Of the rate that writers are to keep, what counts as keeping it.
_ENOUGH = 0.97
#: Requests over which rows and pages are counted, for the slow rivals.
_COUNTED = 200

Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when it ran to its end and every answer was true, else 1."""
    chosen = _chosen(arguments)
    try:
        found = _measure(chosen)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    if not chosen.json:
        report.table(found)
    if not chosen.no_docs:
        report.write(found)
    print(figures.json_line(found), flush=True)
    return 0 if found["mismatches"] == 0 else 1


def _chosen(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ranking",
        description="Measure ranking beside its rivals over a made-up country.",
    )
    parser.add_argument("--providers", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--checks", type=int, default=1000, help="answers held against the oracle")
    parser.add_argument("--clients", type=int, default=2, help="for requests a second")
    parser.add_argument(
        "--seconds", type=float, default=15, help="for requests a second, of each contender"
    )
    parser.add_argument("--hour", action="store_true", help="let the writers run for an hour")
    parser.add_argument("--json", action="store_true", help="nothing but the line of JSON")
    parser.add_argument("--no-docs", action="store_true", help="write no docs/benchmarks.md")
    return parser.parse_args(arguments)


def _measure(chosen: argparse.Namespace) -> Figures:
    smaller = max(1, chosen.providers // 10)
    asks = workload.requests(chosen.providers, chosen.requests)
    with population.prepared(smaller, progress=True) as there:
        name = there.url.database
    with ExitStack() as stack:
        there = stack.enter_context(population.prepared(chosen.providers, progress=True))
        if writers.put_back(there.engine):
            waiting.say("Put back what an earlier run had left written.")
        smaller_engine = database.connect(there.url.set(database=name))
        stack.callback(smaller_engine.dispose)
        database.bind(there.engine)
        store = stack.enter_context(servers.Redis(_REDIS))
        for engine in (there.engine, smaller_engine):
            # A kept database may have the functions of another day.
            with Session(engine) as session:
                matching.install(session)
                session.commit()
        with Session(there.engine) as session:
            policies = rivals.policies_of(session, [*asks, *workload.extremes().values()])
        run = _Run(chosen, there, smaller_engine, store.url, asks, policies)
        found: Figures = {
            "providers": chosen.providers,
            "requests": len(asks),
            "smaller": smaller,
            "workload": workload.digest(),
            "population": there.recipe,
            "machine": report.machine(there.engine, store.url),
        }
        run.quiet(found, smaller)
        store.stop()
        run.busy(found)
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class _Run:
    """One run over one population: what its steps have in common."""

    chosen: argparse.Namespace
    there: population.Population
    smaller_engine: Engine
    redis_url: str
    asks: list[Ask]
    policies: rivals.Policies

    # While nobody writes.

    def quiet(self, found: Figures, smaller: int) -> None:
        """Everything that is measured over a population that stands still."""
        engine, asks = self.there.engine, self.asks
        with Session(engine) as session:
            rows = session.scalars(text("SELECT count(*) FROM search_index")).one()
        with waiting.step("Filling Redis", rows) as advance:
            redis_rival.load(engine, self.redis_url, self.policies, advance)
        found["warmed"] = all(
            [weight.bring_into_memory(self.smaller_engine), weight.bring_into_memory(engine)]
        )
        with ExitStack() as stack:
            on_postgres = {
                name: stack.enter_context(closing(make(engine, self.policies)))
                for name, make in rivals.ON_POSTGRES.items()
            }
            others: list[Contender] = [
                stack.enter_context(
                    closing(redis_rival.OnRedis(self.redis_url, engine, self.policies))
                ),
                stack.enter_context(closing(self._smaller(smaller))),
            ]
            contenders = [*on_postgres.values(), *others]
            with waiting.step("Warming up", len(asks) * len(contenders)) as advance:
                timing.warm(contenders, asks, advance)
            with waiting.step("Timing", len(asks) * len(contenders)) as advance:
                timed = timing.interleaved(contenders, asks, advance)
            found["quiet"] = {
                name: {
                    **dataclasses.asdict(one.spread),
                    "client_processor_ms": one.client_ms,
                    "server_processor_ms": one.server_ms,
                }
                for name, one in timed.items()
            }
            found |= self._exactness(timed)
            found["extremes_ms"] = {
                name: 1000 * statistics.median(timing.repeated_s(on_postgres["ours"], ask, _TIMES))
                for name, ask in workload.extremes().items()
            }
            found["a_request"] = self._reads(on_postgres)
        found["requests_a_second"] = self._throughput()
        found |= _headline(found)

    def _smaller(self, smaller: int) -> OnPostgres:
        with Session(self.smaller_engine) as session:
            policies = rivals.policies_of(session, self.asks)
        asks = workload.requests(smaller, self.chosen.requests)
        return rivals.ours_smaller(self.smaller_engine, policies, asks)

    def _exactness(self, timed: dict[str, timing.Timings]) -> Figures:
        """How much of our answers each rival finds; by urgency too."""
        ours = timed["ours"].answers
        recalls: Figures = {}
        for name in ("dwithin_sort", "knn200", "redis"):
            theirs = timed[name].answers
            recalls[name] = {"all": figures.mean_recall(theirs, ours)}
            for urgency in ("now", "scheduled"):
                rows = [n for n, ask in enumerate(self.asks) if ask.urgency == urgency]
                recalls[name][urgency] = figures.mean_recall(
                    [theirs[n] for n in rows], [ours[n] for n in rows]
                )
        # Whoever lives beyond what the rival looks at is no fault of its sorting.
        same = beyond = 0
        with Session(self.there.engine) as session:
            for ask, mine, sorted_ in zip(
                self.asks, ours, timed["dwithin_sort"].answers, strict=True
            ):
                if mine == sorted_:
                    same += 1
                elif rivals.beyond_cap(session, ask, mine):
                    beyond += 1
        return {
            "recall": recalls,
            "dwithin_sort_equal": same / len(ours),
            "dwithin_sort_other_beyond_cap": beyond / len(ours),
            "dwithin_sort_other_within_cap": (len(ours) - same - beyond) / len(ours),
        }

    def _reads(self, contenders: dict[str, OnPostgres]) -> Figures:
        some = self.asks[:_COUNTED]
        with waiting.step("Counting rows and pages", len(some) * len(contenders)) as advance:
            return {
                name: dataclasses.asdict(weight.reads(one, some, advance))
                for name, one in contenders.items()
            }

    def _throughput(self) -> Figures:
        names = ["ours", "redis", "dwithin_sort"]
        seconds: float = self.chosen.seconds
        with waiting.step("Requests a second", seconds * len(names)) as advance:
            return dict(
                throughput.measured(
                    self.there.url,
                    self.redis_url,
                    names,
                    self.asks,
                    advance,
                    clients=self.chosen.clients,
                    seconds=seconds,
                )
            )

    # While others write, and what is true.

    def busy(self, found: Figures) -> None:
        """The checks, and what is measured while presences and calendars change."""
        engine, url = self.there.engine, self.there.url
        half = self.chosen.checks // 2
        checks = self._asks_to_check()
        with waiting.step("Checking answers", len(checks) - half) as advance:
            still = checking.run(url, checks[half:], None, advance, processes=2)
        with writers.undone(engine):
            with closing(rivals.ours(engine, self.policies)) as ours:
                passes = _PASSES * len(self.asks)
                with waiting.step("Timing quietly", passes) as advance:
                    clock = moments.Clock.started()
                    timing.running_s(ours, self.asks, clock, lambda _: None, passes=1)
                    quiet_s = timing.running_s(ours, self.asks, clock, advance, passes=_PASSES)
                with Session(engine) as session:
                    before = weight.room(session)
                clock = moments.Clock.started()
                with writers.Writers(url, clock) as writing:
                    time.sleep(_WRITERS_FIRST_S)
                    writing.lap()
                    with waiting.step("Timing while others write", passes) as advance:
                        busy_s = timing.running_s(ours, self.asks, clock, advance, passes=_PASSES)
                    timed = writing.lap()
                    with waiting.step("Checking while others write", half) as advance:
                        moving = checking.run(url, checks[:half], clock, advance, processes=1)
                    checked = writing.lap()
                    if self.chosen.hour:
                        _wait_an_hour()
                        found["written_in_the_hour"] = dataclasses.asdict(writing.lap())
            with Session(engine) as session:
                after = weight.room(session)
            found["index_differences"] = _index_differences(engine)
        busy, quiet = figures.spread(busy_s), figures.spread(quiet_s)
        reached = min(
            timed.presences_a_second / writers.PRESENCES_A_SECOND,
            timed.calendars_a_second / writers.CALENDARS_A_SECOND,
        )
        if reached < _ENOUGH:
            waiting.say(f"Writers reached only {reached:.0%} of the rate they were to keep.")
        wrong = [*still.mismatches, *moving.mismatches]
        for one in wrong[:5]:
            waiting.say(one)
        found |= {
            "busy": dataclasses.asdict(busy),
            "quiet_before_busy": dataclasses.asdict(quiet),
            "written_while_timing": dataclasses.asdict(timed)
            | {
                "presences_a_second": timed.presences_a_second,
                "calendars_a_second": timed.calendars_a_second,
            },
            "written_while_checking": dataclasses.asdict(checked),
            "index_bytes_before": before.sizes,
            "index_bytes_after": after.sizes,
            "index_growth": after.bytes / before.bytes,
            "dead_rows_after": {"search_index": after.dead_rows, "presences": after.dead_presences},
            "hot_updates": figures.ratio(
                after.hot_updates - before.hot_updates, after.updates - before.updates
            ),
            "checks": still.count + moving.count,
            "checks_while_writing": moving.count,
            "mismatches": len(wrong),
            "writers_reached": min(1.0, reached),
            "p95_busy_vs_quiet": busy.p95_ms / quiet.p95_ms,
        }

    def _asks_to_check(self) -> list[Ask]:
        """As many as are to be checked; the extremes among those that nobody disturbs."""
        wanted: int = self.chosen.checks
        repeated = [self.asks[n % len(self.asks)] for n in range(wanted)]
        return [*repeated, *workload.extremes().values()]


def _headline(found: Figures) -> Figures:
    """The ratios that say it in a word."""
    quiet, ours = found["quiet"], found["quiet"]["ours"]
    return {
        "p95_vs_floor": figures.ratio(ours["p95_ms"], quiet["floor"]["p95_ms"]),
        "p95_vs_dwithin_sort": figures.ratio(quiet["dwithin_sort"]["p95_ms"], ours["p95_ms"]),
        "throughput_vs_redis": figures.ratio(
            found["requests_a_second"]["ours"], found["requests_a_second"]["redis"]
        ),
        "p50_1m_vs_100k": figures.ratio(ours["p50_ms"], quiet["ours_smaller"]["p50_ms"]),
        "nobody_can_meet_vs_p50": figures.ratio(
            found["extremes_ms"]["nobody-can-meet"], ours["p50_ms"]
        ),
    }


def _index_differences(engine: Engine) -> int:
    """How many rows of people who were written about are not what their sources say."""
    with Session(engine) as session, waiting.step("Comparing the index with its sources", 1):
        return writers.differences(session, _COMPARED)


def _wait_an_hour() -> None:
    with waiting.step("Writers at work", 3600) as advance:
        for _ in range(3600):
            time.sleep(1)
            advance(1)


if __name__ == "__main__":
    sys.exit(main())
