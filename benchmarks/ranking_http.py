"""How many rankings a second are served over HTTP, side by side with Redis there.

``python -m benchmarks.ranking_http`` asks ``GET /api/v1/jobs/{id}/candidates`` of a web
server as an operator would, and in turn a second route of the very same server that only
asks Redis who is near. The last line of standard output is one JSON object.

Hides: the order of all that, the clients, that the two routes take turns in short slices
so that both see the same mood of the machine, and what makes an answer right. What is
served is in ``http_app``, what it is served about in ``http_jobs``. Past 400 lines, because
the clients are of no use to anything else.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import json
import math
import multiprocessing
import random
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import marshmallow as ma
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks import (
    figures,
    http_app,
    http_jobs,
    places,
    population,
    redis_rival,
    report,
    rivals,
    waiting,
    weight,
    workload,
    writers,
)
from benchmarks.timing import Advance
from benchmarks.workload import Ask
from infra.local import servers
from infra.local.console import Trouble
from jobbing_api import database, matching
from jobbing_api.accounts import access
from jobbing_api.api import candidates

#: The workload that all benchmarks have; the first of it are asked here.
_WORKLOAD = 1000

#: Seconds a route is asked before it is the other one's turn.
_SLICE_S = 2.0

#: Of how many jobs the answers are looked at.
_CHECKED = 20

#: How long a client waits for an answer, seconds.
_PATIENCE_S = 30.0

#: The routes by name, in the order of their rows.
_ROUTES = {"ours": "GET /jobs/{id}/candidates", "redis": "Redis GEOSEARCH, same server"}

_PAGE = Path(__file__).parent.parent / "docs" / "benchmarks-http.md"

_EPILOG = """\
The database is that of benchmarks.ranking and is kept between runs: loading a million
providers takes minutes the first time. Filling Redis takes a minute or two in every run.
The jobs that are asked about are there for as long as the run.

Served is the application itself, by gunicorn as in production (gthread, 8 threads a
process), at the instant at which the population stands still. The rival is a route of the
same processes: same sign-in, same edge, same schema of the answer; it asks Redis for the
nearest 200 with the skill within 30 km and shows 20 of them. It knows no hours, prices,
reaches or ratings.

Ends with 0; with 1 when something is missing, which is said; with 2 when an answer was
not what it should be. Try it out with:

    python -m benchmarks.ranking_http --providers 20000 --requests 100 --seconds 6
"""


class Wrong(Exception):
    """An answer that is not what it should be; the text says which and why, in a line."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 when it ran to its end and every answer was right, 1 when it
    could not run, 2 when an answer was wrong."""
    chosen = _chosen(arguments)
    try:
        found = _measure(chosen)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 2
    if not chosen.json:
        _show(found)
    if not chosen.no_docs:
        _PAGE.write_text("\n".join(_page(found)) + "\n", "utf-8")
    if found["mismatches"]:
        waiting.say(f"{found['mismatches']} of {found['checked']} answers are not matching.rank's.")
    print(figures.json_line(found), flush=True)
    return 2 if found["mismatches"] else 0


def _chosen(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ranking_http",
        description="Measure the ranking over HTTP beside Redis in the same web server.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--providers", type=int, default=1_000_000, help="how many are there (%(default)s)"
    )
    parser.add_argument(
        "--requests",
        type=int,
        default=300,
        help=f"about how many jobs is asked, up to {_WORKLOAD} (%(default)s)",
    )
    parser.add_argument(
        "--clients", type=int, default=2, help="how many ask at the same time (%(default)s)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=20,
        help="for how long each of the two is asked, in turns (%(default)s)",
    )
    parser.add_argument("--processes", type=int, default=1, help="of the web server (%(default)s)")
    parser.add_argument("--json", action="store_true", help="nothing but the line of JSON")
    parser.add_argument("--no-docs", action="store_true", help="write no docs/benchmarks-http.md")
    chosen = parser.parse_args(arguments)
    if not 1 <= chosen.requests <= _WORKLOAD:
        parser.error(f"--requests must be from 1 to {_WORKLOAD}")
    for name in ("providers", "clients", "seconds", "processes"):
        if getattr(chosen, name) <= 0:
            parser.error(f"--{name} must be more than nothing")
    return chosen


def _measure(chosen: argparse.Namespace) -> dict[str, Any]:
    drawn = workload.requests(chosen.providers, _WORKLOAD)
    asks = [http_jobs.fitting(ask) for ask in drawn[: chosen.requests]]
    # Beside the population's own server, wherever that is kept.
    folder = population._FOLDER.parent
    with ExitStack() as stack:
        there = stack.enter_context(population.prepared(chosen.providers, progress=not chosen.json))
        writers.put_back(there.engine)
        database.bind(there.engine)
        store = stack.enter_context(servers.Redis(folder / "redis"))
        with Session(there.engine) as session:
            # A database that is kept may have the functions of the code before.
            matching.install(session)
            session.commit()
            policies = rivals.policies_of(session, drawn)
            rows = session.scalars(text("SELECT count(*) FROM search_index")).one()
        with waiting.step("Filling Redis", rows) as advance:
            redis_rival.load(there.engine, store.url, policies, advance)
        weight.bring_into_memory(there.engine)
        bearer = stack.enter_context(http_jobs.posted(there.engine, asks))
        web = stack.enter_context(
            http_app.serving(
                folder / "web",
                there.url.render_as_string(hide_password=False),
                store.url,
                web_processes=chosen.processes,
            )
        )
        token = access.mint(bearer, settings=web.settings, now=places.now())
        with Session(there.engine) as session:
            checks = _check(session, _Line(web.port, token), asks, policies)
        paths = {
            "ours": [http_app.candidates_path(ask.request.job_id) for ask in asks],
            "redis": [http_app.near_path(ask) for ask in asks],
        }
        with _Clients(web.port, token, paths, chosen.clients) as clients:
            timed = _timed(clients, len(asks), chosen.seconds)
        return {
            "providers": chosen.providers,
            "requests": len(asks),
            "clients": chosen.clients,
            **_figures(timed, chosen.clients),
            "checked": checks.checked,
            "mismatches": checks.mismatches,
            "checked_nobody": checks.nobody,
            "web": {
                "server": "gunicorn",
                "worker_class": "gthread",
                "processes": chosen.processes,
                "threads": http_app.THREADS,
            },
            "workload": workload.digest(),
            "population": there.recipe,
            "machine": report.machine(there.engine, store.url),
        }


def _figures(timed: Mapping[str, _Taken], clients: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, taken in timed.items():
        spread = figures.spread(taken.each_s)
        found |= {
            f"{name}_per_s": taken.a_second(clients),
            f"{name}_p50_ms": spread.p50_ms,
            f"{name}_p95_ms": spread.p95_ms,
            f"{name}_answered": len(taken.each_s),
        }
    ratio = figures.ratio(found["ours_per_s"], found["redis_per_s"])
    return found | {"ratio": ratio, "requests_per_s_vs_redis": ratio}


def _page(found: Mapping[str, Any]) -> list[str]:
    """docs/benchmarks-http.md."""
    web = found["web"]
    return [
        "# Ranking over HTTP, measured",
        "",
        f"*Written by `python -m benchmarks.ranking_http --providers {found['providers']}`; do not"
        " edit. Figures are one machine's: trust the ratio.*",
        "",
        "`GET /api/v1/jobs/{id}/candidates` as an operator, and a second route of the very same"
        f" web server ({web['server']}, {web['worker_class']}, processes: {web['processes']}, of"
        f" {web['threads']} threads): same sign-in, same edge, same schema of the answer, but all"
        " it does is to ask Redis for the nearest 200 with the skill within 30 km. Ours reads"
        " the job, its offers and the policy, ranks everybody exactly, and says who fell out of"
        f" the nearest. {found['clients']} clients, {found['requests']} jobs, the two in turns.",
        "",
        "|  | requests a second | p50 ms | p95 ms |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {route} | {found[f'{name}_per_s']:.1f} | {found[f'{name}_p50_ms']:.1f}"
            f" | {found[f'{name}_p95_ms']:.1f} |"
            for name, route in _ROUTES.items()
        ),
        "",
        f"Requests a second, times those of Redis: **{found['ratio']:.2f}**. Of"
        f" {found['checked']} answers held against `matching.rank`, {found['mismatches']} differ.",
        "",
        *(f"- {name}: {told}" for name, told in found["machine"].items()),
    ]


def _show(found: Mapping[str, Any]) -> None:
    web = found["web"]
    console = Console(highlight=False)
    shown = Table(
        title=f"{found['providers']:,} providers, {found['requests']:,} jobs,"
        f" {found['clients']} clients"
    )
    shown.add_column("", no_wrap=True)
    for name in ("requests/s", "p50 ms", "p95 ms"):
        shown.add_column(name, justify="right")
    for name, who in _ROUTES.items():
        shown.add_row(
            who,
            f"{found[f'{name}_per_s']:.1f}",
            f"{found[f'{name}_p50_ms']:.2f}",
            f"{found[f'{name}_p95_ms']:.2f}",
        )
    console.print(shown)
    for title, value in (
        ("Requests a second, times those of Redis", f"{found['ratio']:.3f}"),
        ("Answers that are not matching.rank's", f"{found['mismatches']} of {found['checked']}"),
        (
            "Served by",
            f"{web['server']}, {web['worker_class']}, processes: {web['processes']},"
            f" threads of each: {web['threads']}",
        ),
    ):
        console.print(f"{title}: {value}", soft_wrap=True)


# One connection ---------------------------------------------------------------------------


class _Line:
    """A connection to the web server that is kept, and whom it is signed in as."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def get(self, path: str) -> bytes:
        """The body of an answer. Raises Wrong unless its status is 200."""
        try:
            self._connection.request("GET", path, headers=self._headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Wrong(f"{path} was not answered: {error!r}") from error
        if answer.status != 200:
            raise Wrong(f"{path} answered {answer.status}: {body[:300]!r}")
        return body

    def close(self) -> None:
        """Hang up; whatever is asked next is asked over a new connection."""
        self._connection.close()


# Whether answers are right ----------------------------------------------------------------


@dataclass(kw_only=True, slots=True)
class _Checks:
    """Of how many jobs the answers were looked at, and what was found."""

    checked: int = 0
    #: Ours that name others than ``matching.rank``, or in another order.
    mismatches: int = 0
    #: Ours that name nobody, which says less when it is right.
    nobody: int = 0


def _check(
    session: Session, line: _Line, asks: Sequence[Ask], policies: rivals.Policies
) -> _Checks:
    """Look at some answers of both routes. Raises Wrong for what has not the shape that
    the contract promises."""
    some = random.Random(1).sample(asks, min(_CHECKED, len(asks)))
    found = _Checks()
    with contextlib.closing(line), waiting.step("Checking answers", len(some)) as advance:
        for ask in some:
            path = http_app.candidates_path(ask.request.job_id)
            shown = ranked(path, line.get(path))
            ranking = matching.rank(
                session,
                ask.request,
                policies[ask.request.category_id, ask.urgency],
                # However many are shown; and where they are few, nobody else there.
                max(rivals.LIMIT, len(shown)),
                now=ask.now,
                purpose=None,
                judge="best",
            )
            found.checked += 1
            found.nobody += not shown
            found.mismatches += shown != [one.provider_id for one in ranking.candidates]
            path = http_app.near_path(ask)
            near = ranked(path, line.get(path))
            if len(near) > rivals.LIMIT:
                raise Wrong(f"{path} shows {len(near)} people instead of {rivals.LIMIT}.")
            advance(1)
    return found


def ranked(path: str, body: bytes) -> list[uuid.UUID]:
    """Who is in an operator's answer, best first. Raises Wrong, with the path in its text,
    for an answer in another shape than the contract's."""
    try:
        answer = candidates.CandidatesAnswer().load(json.loads(body))
    except (ValueError, ma.ValidationError) as error:
        raise Wrong(f"{path} answered what the contract does not know: {error}") from error
    if answer["ranking"] is None:
        raise Wrong(f"{path} answered no ranking: the caller is not its market's operator.")
    return [one["provider_id"] for one in answer["ranking"]["candidates"]]


# Many of them at once ---------------------------------------------------------------------


@dataclass(kw_only=True, slots=True)
class _Taken:
    """How long a route took."""

    #: Seconds of each request.
    each_s: list[float] = field(default_factory=list)
    #: Seconds for which it was asked, summed over the clients.
    asked_s: float = 0.0

    def a_second(self, clients: int) -> float:
        """Requests a second that so many clients got answered together."""
        return len(self.each_s) * clients / self.asked_s


def _timed(clients: _Clients, count: int, seconds: float) -> dict[str, _Taken]:
    """Both routes in turn, after one pass of all ``count`` paths that is not counted."""
    with waiting.step("Warming up", count * len(_ROUTES)) as advance:
        for name in _ROUTES:
            clients.ask(name, None)
            advance(count)
    with waiting.step("Requests a second", seconds * len(_ROUTES)) as advance:
        return _in_turns(clients, seconds, advance)


def _in_turns(clients: _Clients, seconds: float, advance: Advance) -> dict[str, _Taken]:
    found = {name: _Taken() for name in _ROUTES}
    slices = max(1, round(seconds / _SLICE_S))
    for turn in range(slices):
        # Nobody is always the first.
        for name in reversed(_ROUTES) if turn % 2 else _ROUTES:
            for taken in clients.ask(name, seconds / slices):
                found[name].each_s += taken.each_s
                found[name].asked_s += taken.asked_s
            advance(seconds / slices)
    return found


class _Clients:
    """Processes that ask at the same time: ``with _Clients(...) as clients``."""

    def __init__(
        self, port: int, token: str, paths: Mapping[str, Sequence[str]], count: int
    ) -> None:
        self._spawning = multiprocessing.get_context("spawn")
        self._given = [(port, token, paths, number, count) for number in range(count)]
        self._lines: list[Connection] = []
        self._stack = ExitStack()

    def __enter__(self) -> _Clients:
        with ExitStack() as stack:
            for given in self._given:
                self._lines.append(stack.enter_context(self._started(given)))
            for line in self._lines:
                _heard(line)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ask(self, name: str, seconds: float | None) -> list[_Taken]:
        """What each client says of asking a route for so long, or of its share of all
        paths once. Raises Wrong as soon as one of them had a wrong answer."""
        for line in self._lines:
            line.send((name, seconds))
        return [_heard(line) for line in self._lines]

    @contextlib.contextmanager
    def _started(self, given: tuple[Any, ...]) -> Iterator[Connection]:
        line, far_end = self._spawning.Pipe()
        process = self._spawning.Process(target=_client, args=(far_end, *given), daemon=True)
        process.start()
        far_end.close()
        try:
            yield line
        finally:
            line.close()
            process.join(10)


def _heard(line: Connection) -> _Taken:
    try:
        said: _Taken | str = line.recv()
    except EOFError:
        raise Trouble("A client of the benchmark ended by itself.") from None
    if isinstance(said, str):
        raise Wrong(said)
    return said


def _client(
    line: Connection,
    port: int,
    token: str,
    paths: Mapping[str, Sequence[str]],
    number: int,
    count: int,
) -> None:
    """A client: asks as it is told, until told no more."""
    # Not every client asks the same at the same moment.
    at = {name: number * len(some) // count for name, some in paths.items()}
    endless = {
        name: itertools.cycle([*some[at[name] :], *some[: at[name]]])
        for name, some in paths.items()
    }
    web = _Line(port, token)
    line.send(_Taken())
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            name, seconds = line.recv()
            try:
                if seconds is None:
                    line.send(_asked(web, paths[name][number::count], math.inf))
                else:
                    line.send(_asked(web, endless[name], seconds))
            except Wrong as wrong:
                line.send(str(wrong))
            # The server would do it after some seconds of silence, in the midst of a request.
            web.close()


def _asked(web: _Line, paths: Iterable[str], seconds: float) -> _Taken:
    """Ask one after the other, until there is no more or the time is over."""
    taken = _Taken()
    began_at = before = time.perf_counter()
    for path in paths:
        web.get(path)
        after = time.perf_counter()
        taken.each_s.append(after - before)
        taken.asked_s = after - began_at
        if taken.asked_s >= seconds:
            break
        before = after
    return taken


if __name__ == "__main__":
    sys.exit(main())
