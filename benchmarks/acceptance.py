"""Exactly one acceptance, however many want the job at once and whatever dies.

``python -m benchmarks.acceptance [--json]``.

- ``violations``: over HTTP, 2,000 jobs of which each is accepted by fifty people at the same
  moment, who ask again when their answer is lost, while web processes and server processes of
  the database are killed. Every answer goes into a history, and a checker looks for one that
  no single winner could have left. ``control_violations`` is what the same checker finds in
  the same load on a handler that looks first and writes then.
- ``throughput_vs_lock_then_update``: in the database, sixteen connections that all want the
  same job at the same time, a new one 200 times a second: acceptances (won and lost) a second
  by one guarded statement, over those of locking the row, looking and writing.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import subprocess
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
from sqlalchemy import delete, text

from benchmarks import control_app, report, stage, town, waiting
from jobbing_api import database, providers
from tests import factories

_JOBS = 2_000
_PEOPLE = 50
_KILLS = 40
_ROUNDS = 5

#: In the database: so many jobs come up a second, out of so many.
_OPENED_PER_S = 200
_RACED = 8_192
_SECONDS = 8

_RULES = {
    **town.AWAKE,
    "wave_size": _PEOPLE,
    "stagger_s": 0,
    "interval_s": 86_400,
    "offer_life_min": 1440,
    "live_offers_at_most": 1_000,
    "pushes_a_day": 1_000,
    "unseen_before_pause": 1_000,
}

#: A request is tried again for so long.
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: who was told what of which job, and between which instants they asked."""

    job: str
    provider: uuid.UUID
    status: int
    began_s: float
    ended_s: float
    #: Whom the answer names as the one who comes, if it is a job.
    comes: str | None


def violations(history: Sequence[Told], kept: dict[str, uuid.UUID | None]) -> list[str]:
    """What no single winner of each job could have left behind.

    ``kept`` is who has each job in the end. A job is a register that is written once: once
    somebody was told that they have it, everybody who asks later must be told otherwise, and
    they themselves the same again.
    """
    wrong = []
    by_job: dict[str, list[Told]] = defaultdict(list)
    for one in history:
        by_job[one.job].append(one)
    for job, told in by_job.items():
        winners = {one.provider for one in told if one.status == 200}
        if len(winners) > 1:
            wrong.append(f"{job}: {len(winners)} were told that they have it")
        for winner in winners:
            if kept.get(job) != winner:
                wrong.append(f"{job}: whoever was told that they have it has it not")
            known_s = min(o.ended_s for o in told if o.provider == winner and o.status == 200)
            for one in told:
                if one.provider == winner and one.status != 200 and one.began_s > known_s:
                    wrong.append(f"{job}: the winner was told {one.status} later")
        if any(one.comes not in (None, str(one.provider)) for one in told if one.status == 200):
            wrong.append(f"{job}: an acceptance named somebody else")
        if not winners and kept.get(job) is not None and all(o.status != 0 for o in told):
            wrong.append(f"{job}: somebody has it who was told that they have it not")
        if told and kept.get(job) is None:
            wrong.append(f"{job}: everybody wanted it and nobody has it")
    return wrong


# Over HTTP --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Races:
    history: list[Told] = field(default_factory=list)
    retries: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def _asked(
    http: httpx.Client,
    url: str,
    job: str,
    provider: town.Provider,
    races: _Races,
    *,
    again: bool,
) -> None:
    """Accept until there is an answer; and ``again``, as a phone that lost it."""
    headers = {"Authorization": f"Bearer {provider.bearer}"}
    wanted = 2 if again else 1
    ends_s = time.monotonic() + _PATIENCE_S
    while wanted and time.monotonic() < ends_s:
        began_s = time.monotonic()
        with suppress(httpx.TransportError):
            answer = http.post(url, headers=headers)
            if answer.status_code == 500:
                raise RuntimeError(f"{url}: {answer.text[:300]}")
            if answer.status_code < 500:
                named = answer.json().get("provider") if answer.status_code == 200 else None
                with races.lock:
                    races.history.append(
                        Told(
                            job,
                            provider.id,
                            answer.status_code,
                            began_s,
                            time.monotonic(),
                            named["id"] if named else None,
                        )
                    )
                wanted -= 1
                continue
        with races.lock:
            races.retries += 1
        time.sleep(0.1)


def _race(
    on: stage.Stage,
    url: str,
    path: str,
    asked: dict[str, list[tuple[str, town.Provider]]],
    *,
    kills: int,
    seed: int,
    label: str,
) -> tuple[_Races, int]:
    """Every job accepted by all of its people at the same moment, one job after the other."""
    races = _Races()
    dice = random.Random(seed)
    jobs_left = list(asked.items())
    doomed = set(dice.sample(range(len(jobs_left)), min(kills, len(jobs_left))))
    died = 0
    limits = httpx.Limits(max_connections=_PEOPLE, max_keepalive_connections=_PEOPLE)
    with (
        httpx.Client(base_url=url, timeout=20, limits=limits) as http,
        ThreadPoolExecutor(_PEOPLE) as pool,
        waiting.step(label, len(jobs_left)) as advance,
    ):
        for number, (job, people) in enumerate(jobs_left):
            # A few have lost their answer, and ask again.
            again = {dice.randrange(len(people)) for _ in range(5)}
            running = [
                pool.submit(
                    _asked,
                    http,
                    path.format(offer=offer, job=job),
                    job,
                    provider,
                    races,
                    again=place in again,
                )
                for place, (offer, provider) in enumerate(people)
            ]
            if number in doomed:
                time.sleep(dice.uniform(0, 0.05))
                if dice.random() < 0.5:
                    died += on.kill_backend(dice)
                else:
                    name = next(name for name in on.programs if name.startswith("web"))
                    on.programs[name].kill()
                    died += 1
            for one in running:
                one.result()
            advance(1)
    return races, died


def _posted(
    people: town.Town, count: int, advance: Callable[[float], None]
) -> dict[str, list[tuple[str, town.Provider]]]:
    """So many jobs, each asked of fifty: (offer, provider) by job."""
    by_id = {one.id: one for one in people.providers}
    asked: dict[str, list[tuple[str, town.Provider]]] = {}
    dice = random.Random(3)
    with database.transaction() as session:
        resident = factories.account(session)
        session.expunge(resident)
    for number in range(count):
        now = datetime.now(UTC)
        with database.transaction() as session:
            day = (now + timedelta(days=1 + number % 40)).replace(hour=6, minute=0, second=0)
            job = factories.job(
                session,
                now=now,
                resident=resident,
                window_from=day,
                window_to=day + timedelta(days=6),
                duration_minutes=15,
                urgency="scheduled",
            )
            made = factories.ask(session, job, now=now)
            asked[str(job.id)] = [(str(one.id), by_id[one.provider_id]) for one in made]
            if len(made) < 2:
                raise RuntimeError(f"only {len(made)} could be asked about job {number}")
            dice.shuffle(asked[str(job.id)])
            # Nobody is ever asked so often: what counts is their calendars, not their caps.
            session.execute(delete(providers.models.RecordEntry))
        advance(1)
    return asked


def _kept() -> dict[str, uuid.UUID | None]:
    with database.transaction() as session:
        rows = session.execute(text("SELECT id, provider_id FROM jobs")).all()
    return {str(row.id): row.provider_id for row in rows}


# In the database ---------------------------------------------------------------------------

_TABLE = """
    CREATE TABLE raced (LIKE jobs INCLUDING DEFAULTS INCLUDING STORAGE);
    ALTER TABLE raced ADD COLUMN number integer PRIMARY KEY;
"""

_FILL = """
    INSERT INTO raced SELECT (jsonb_populate_record(j, jsonb_build_object('id',
        gen_random_uuid(), 'state', 'open', 'provider_id', NULL, 'starts_at', NULL,
        'ends_at', NULL, 'order_lines', NULL))).*, number
    FROM (SELECT jobs FROM jobs ORDER BY id LIMIT 1) AS one (j),
         generate_series(0, {count} - 1) AS number
"""

#: The job that everybody wants at this instant: a new one so many times a second. Both ways
#: are given the same jobs at the same pace, and each connection wants the one of the moment
#: again as soon as it has its answer.
_WANTED = f"(extract(epoch FROM now()) * {_OPENED_PER_S})::bigint % {_RACED}"

_TAKE = f"""UPDATE raced SET state = 'assigned', state_since = now(),
    provider_id = gen_random_uuid(), starts_at = window_from, ends_at = window_to, wake_at = NULL,
    version = version + 1
WHERE number = {_WANTED}"""

#: What each connection does, in pgbench's words. The first is what ``jobs.move`` does: one
#: statement that is a transaction of its own.
_WAYS = {
    "guarded": f"""{_TAKE} AND state = 'open' RETURNING id;
""",
    "lock_then_update": f"""BEGIN;
SELECT state = 'open' AS may FROM raced WHERE number = {_WANTED} FOR UPDATE \\gset
\\if :may
{_TAKE};
\\endif
COMMIT;
""",
}


@dataclass(frozen=True, slots=True)
class _Rate:
    """Acceptances a second, won and lost, and how many there were of each job."""

    per_s: float
    a_job: float


def _in_database(on: stage.Stage, way: str, *, connections: int, seconds: int) -> _Rate:
    """So many connections that want the same job at the same time, one after the other, by
    PostgreSQL's own pgbench: a client in Python would be what is measured."""
    script = on.folder / f"{way}.sql"
    script.write_text(_WAYS[way])
    with psycopg.connect(on.postgres.url, autocommit=True) as connection:
        connection.execute("TRUNCATE raced")
        connection.execute(_FILL.format(count=_RACED).encode())
        connection.execute("VACUUM ANALYZE raced")
    command = [str(on.postgres.programs / "pgbench"), "--no-vacuum", "--protocol=prepared"]
    command += [f"--client={connections}", "--jobs=2", f"--time={seconds}"]
    command += [f"--file={script}", on.postgres.url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    with psycopg.connect(on.postgres.url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*), max(version) - min(version) FROM raced WHERE state = 'assigned'"
        ).fetchone()
    if row is None or not 0.9 < row[0] / (seconds * _OPENED_PER_S) < 1.1 or row[1] != 0:
        raise RuntimeError(f"{way}: {row}: not every job was taken once")
    per_s = float(re.findall(r"tps = ([0-9.]+)", done.stdout)[-1])
    return _Rate(per_s, per_s / _OPENED_PER_S)


def measure(*, jobs_wanted: int, kills: int, control_jobs: int, rounds: int) -> dict[str, Any]:
    """Every figure, from one run."""
    with stage.set_up("acceptance") as on:
        with waiting.step("Founding a town", 1):
            with database.transaction() as session:
                people = town.found(
                    session, on.settings, providers=5 * _PEOPLE, residents=1, rules=_RULES
                )
            with database.transaction() as session:
                town.settle(session)
        with waiting.step("Asking", jobs_wanted) as advance:
            asked = _posted(people, jobs_wanted, advance)
        url = on.web(processes=2)
        races, died = _race(
            on,
            url,
            "/api/v1/offers/{offer}/accept",
            asked,
            kills=kills,
            seed=1,
            label="Accepting",
        )
        wrong = violations(races.history, _kept())
        on.programs.pop(next(iter(on.programs))).stop()

        with database.transaction() as session:
            session.execute(text(control_app.TABLE))
            some = dict(list(asked.items())[:control_jobs])
            session.execute(
                text("INSERT INTO control_jobs (id) SELECT unnest(CAST(:ids AS uuid[]))"),
                {"ids": list(some)},
            )
        control_url = on.web(application="benchmarks.control_app:create_app()", processes=2)
        control, _ = _race(
            on,
            control_url,
            "/benchmark/jobs/{job}/accept",
            some,
            kills=0,
            seed=1,
            label="The control",
        )
        with database.transaction() as session:
            rows = session.execute(text("SELECT id, provider_id FROM control_jobs")).all()
        control_wrong = violations(control.history, {str(row.id): row.provider_id for row in rows})
        on.programs.pop(next(iter(on.programs))).stop()

        with psycopg.connect(on.postgres.url, autocommit=True) as connection:
            connection.execute(_TABLE)
        rates: dict[str, list[_Rate]] = {"guarded": [], "lock_then_update": []}
        with waiting.step("Racing in the database", 2 * rounds) as advance:
            for number in range(rounds):
                for name in sorted(_WAYS, reverse=bool(number % 2)):
                    rates[name].append(_in_database(on, name, connections=16, seconds=_SECONDS))
                    advance(1)
        guarded, locking = (
            statistics.median(one.per_s for one in rates[name])
            for name in ("guarded", "lock_then_update")
        )
        return {
            "machine": report.machine(on.engine, on.redis.url),
            "jobs": len(asked),
            "people_a_job": statistics.mean(len(some) for some in asked.values()),
            "answers": len(races.history),
            "statuses": dict(Counter(str(one.status) for one in races.history)),
            "retries": races.retries,
            "kills": died,
            "violations": len(wrong),
            "violations_first": wrong[:5],
            "control_jobs": len(some),
            "control_violations": len(control_wrong),
            "guarded_per_s": guarded,
            "lock_then_update_per_s": locking,
            "accepts_a_job": {
                name: statistics.median(one.a_job for one in rates[name]) for name in rates
            },
            "throughput_vs_lock_then_update": guarded / locking,
        }


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--jobs", type=int, default=_JOBS)
    parser.add_argument("--kills", type=int, default=_KILLS)
    parser.add_argument("--control-jobs", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="turns in the database")
    parser.add_argument("--json", action="store_true", help="nothing but the line of figures")
    asked = parser.parse_args()
    found = measure(
        jobs_wanted=asked.jobs,
        kills=asked.kills,
        control_jobs=asked.control_jobs,
        rounds=asked.rounds,
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
