"""Whatever dies, every offer owed is delivered or has a reason, and one acceptance wins.

``python -m benchmarks.chaos --offers 20000 --kills 200 [--json]``. Jobs are posted over HTTP at
a steady rate; phones answer what rings; meanwhile web, worker, clock, Redis (which then has
forgotten everything) and server processes of PostgreSQL are killed with SIGKILL at random
moments, and the stand-in for Google answers 5 % each of 429, 503, late, and not at all. The
history that is left is then judged:

- ``lost``: offers whose life ended unsent though a worker was up for 5 s of it, or that are
  owed still when everything has been quiet for long;
- ``visible_duplicates``: a phone that shows an offer twice (another collapse key), or somebody
  asked twice in a round;
- ``double_acceptances``: jobs that two people were told they have, or that have two accepted
  offers; ``calendar_overlaps``: two held hours of one person that overlap;
- ``duplicate_sends_share``: messages that Google took more than once.

The twin is the same load of pushes on a stock queue, under the same schedule of deaths.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from benchmarks import figures, report, stage, town, waiting
from jobbing_api import database

_FAULTS = {
    "429": {"share": 0.05, "retry_after_s": 1},
    "503": 0.05,
    "slow": {"share": 0.05, "seconds": 2},
    "reset": 0.05,
}

#: Who dies, and how often of a hundred.
_TARGETS = {"web": 20, "worker": 30, "clock": 20, "redis": 15, "postgres": 15}

_WAVE = 5
_RULES = {
    **town.AWAKE,
    "wave_size": _WAVE,
    "stagger_s": 1,
    "interval_s": 30,
    "offer_life_min": 2,
    "waves_at_most": 1,
    "give_up_min": 15,
    "live_offers_at_most": 1000,
    "pushes_a_day": 1000,
    "unseen_before_pause": 1000,
}

#: What somebody does who was rung, of a hundred.
_ANSWERS = {"accept": 25, "decline": 25, "ignore": 50}

#: A request is tried again for so long; the stage is never away as long as that.
_PATIENCE_S = 60.0

#: Once nothing is posted any more: what a slow machine has left to ask, a life of an offer, its
#: retries, and room.
_DRAIN_S = 600.0

#: A wave may open in the very moment in which the history is judged.
_UNDER_WAY_S = 5.0


@dataclass(frozen=True, slots=True)
class Death:
    """Somebody dies ``at_s`` seconds after the start."""

    at_s: float
    target: str


def schedule(kills: int, lasts_s: float, *, seed: int) -> list[Death]:
    """Who dies when, the same for the same seed."""
    dice = random.Random(seed)
    names, shares = zip(*_TARGETS.items(), strict=True)
    return sorted(
        (Death(dice.uniform(0, lasts_s), dice.choices(names, shares)[0]) for _ in range(kills)),
        key=lambda death: death.at_s,
    )


@dataclass(slots=True)
class History:
    """What clients were told, in the order in which they were."""

    posted: int = 0
    #: (offer, provider, status) of every answer to an acceptance.
    accepts: list[tuple[str, uuid.UUID, int, str | None]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    given_up: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Clients:
    """Residents who post and providers who answer, over HTTP, patiently."""

    def __init__(self, url: str, people: town.Town, history: History, *, seed: int) -> None:
        self._url = f"{url}/api/v1"
        self._people = people
        self._history = history
        self._dice = random.Random(seed)
        self._bearers = {one.phone: one for one in people.providers}
        self._http = httpx.Client(timeout=15, limits=httpx.Limits(max_connections=24))

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def post(self, number: int) -> None:
        """One job, posted once however often it takes."""
        body = town.job(random.Random(number), now=datetime.now(UTC))
        bearer = self._people.residents[number % len(self._people.residents)]
        answer = self._ask("/jobs", bearer, body, key=f"job-{number}")
        if answer is not None and answer.status_code == 201:
            with self._history.lock:
                self._history.posted += 1

    def answer(self, offer_id: str, phone: str, what: str) -> None:
        """What somebody does who was rung."""
        provider = self._bearers[phone]
        body = {"reason": "time"} if what == "decline" else None
        answer = self._ask(f"/offers/{offer_id}/{what}", provider.bearer, body)
        if answer is not None and what == "accept":
            job = answer.json().get("id") if answer.status_code == 200 else None
            with self._history.lock:
                self._history.accepts.append((offer_id, provider.id, answer.status_code, job))

    def _ask(
        self, path: str, bearer: str, body: Any, *, key: str | None = None
    ) -> httpx.Response | None:
        headers = {"Authorization": f"Bearer {bearer}"} | ({"Idempotency-Key": key} if key else {})
        ends_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < ends_s:
            with suppress(httpx.TransportError):
                answer = self._http.post(f"{self._url}{path}", json=body, headers=headers)
                with self._history.lock:
                    self._history.statuses[answer.status_code] += 1
                still = answer.status_code == 409 and "still-running" in answer.text
                if answer.status_code < 500 and not still:
                    return answer
            time.sleep(0.2)
        with self._history.lock:
            self._history.given_up += 1
        return None


class Rung:
    """Looks after all phones: what rings is answered a moment later, or not at all."""

    def __init__(
        self, phones: stage.Phones, clients: Clients, pool: ThreadPoolExecutor, *, seed: int
    ) -> None:
        self._phones = phones
        self._clients = clients
        self._pool = pool
        self._dice = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Rung:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _listen(self) -> None:
        sequence = 0
        coming: list[tuple[float, int, str, str, str]] = []
        seen: set[str] = set()
        while not self._stop.is_set():
            for message in self._new(sequence):
                sequence = message["sequence"]
                payload = message["payload"]["message"]
                told = payload["data"]
                phone = message["address"]["value"]
                about = told.get("offer_id", "")
                if told["kind"] == "offer" and about not in seen:
                    seen.add(about)
                    what = self._dice.choices(list(_ANSWERS), list(_ANSWERS.values()))[0]
                    if what != "ignore":
                        due = time.monotonic() + self._dice.uniform(0.2, 4.0)
                        heapq.heappush(coming, (due, sequence, about, phone, what))
            while coming and coming[0][0] <= time.monotonic():
                _, _, offer_id, phone, what = heapq.heappop(coming)
                self._pool.submit(self._clients.answer, offer_id, phone, what)
            self._stop.wait(0.1)

    def _new(self, sequence: int) -> list[dict[str, Any]]:
        # On a machine that is busy with dying, even the stand-in may be late.
        with suppress(httpx.TransportError):
            return self._phones.since(sequence)
        return []


def _executioner(
    on: stage.Stage, deaths: list[Death], history: History, ended: threading.Event, *, seed: int
) -> None:
    """Kill by the schedule until it is through."""
    dice = random.Random(seed)
    began_s = time.monotonic()
    for death in deaths:
        if ended.wait(max(0.0, began_s + death.at_s - time.monotonic())):
            return
        if death.target == "postgres":
            if not on.kill_backend(dice):
                continue
        else:
            names = sorted(name for name in on.programs if name.startswith(death.target))
            if not names:
                continue
            on.programs[dice.choice(names)].kill()
        with history.lock:
            history.deaths[death.target] += 1


def play(
    *, offers: int, kills: int, rate: float, seed: int = 1, providers: int = 400
) -> dict[str, Any]:
    """The whole of it without the twin: the figures, and what was found wrong."""
    jobs = -(-offers // _WAVE)
    lasts_s = offers / rate
    with stage.set_up("chaos") as on:
        with waiting.step("Founding a town", 1):
            with database.transaction() as session:
                people = town.found(
                    session, on.settings, providers=providers, residents=20, rules=_RULES
                )
            with database.transaction() as session:
                town.settle(session)
        on.mortal_redis()
        url = on.web(processes=2)
        for name in ("worker-1", "worker-2"):
            on.flask(name, "worker")
        for name in ("clock-1", "clock-2"):
            on.flask(name, "clock")
        history = History()
        clients = Clients(url, people, history, seed=seed)
        on.phones.trouble(**_FAULTS, seed=seed)
        ended = threading.Event()
        deaths = schedule(kills, lasts_s, seed=seed)
        killing = threading.Thread(
            target=_executioner, args=(on, deaths, history, ended), kwargs={"seed": seed}
        )
        with (
            ThreadPoolExecutor(16) as posting,
            ThreadPoolExecutor(16) as answering,
            Rung(on.phones, clients, answering, seed=seed),
        ):
            began_s = time.monotonic()
            killing.start()
            with waiting.step(f"Posting {jobs:,} jobs while {kills} die", jobs) as advance:
                for number in range(jobs):
                    posting.submit(clients.post, number)
                    advance(1)
                    time.sleep(max(0.0, began_s + (number + 1) * _WAVE / rate - time.monotonic()))
            killing.join()
            posting.shutdown(wait=True)
            with waiting.step("Waiting for what is owed", _DRAIN_S) as advance:
                drain(on, advance)
            ended.set()
        drawn = on.phones.stats()["faults_drawn"]
        on.phones.trouble()
        clients.close()
        lasted_s = time.monotonic() - began_s
        return {
            "machine": report.machine(on.engine, on.redis.url),
            "jobs": history.posted,
            "rate": rate,
            "kills": sum(history.deaths.values()),
            "deaths": dict(history.deaths),
            "restarts": {name: one.deaths for name, one in on.programs.items()},
            "lasted_s": lasted_s,
            "requests_given_up": history.given_up,
            "statuses": {str(status): count for status, count in sorted(history.statuses.items())},
            "faults_drawn": drawn,
            **judged(history, on.phones),
        }


def drain(on: stage.Stage, advance: Callable[[float], None], *, within_s: float = _DRAIN_S) -> None:
    """Until nothing is owed and nobody waits, as long as it may take."""
    ends_s = time.monotonic() + within_s
    quiet = 0
    while time.monotonic() < ends_s and quiet < 5:
        time.sleep(1)
        advance(1)
        try:
            with database.transaction() as session:
                waiting_ = session.scalar(
                    text(
                        "SELECT (SELECT count(*) FROM notifications WHERE state = 'owed')"
                        " + (SELECT count(*) FROM offers WHERE state = 'pending')"
                        " + (SELECT count(*) FROM jobs WHERE state = 'open' AND wave = 0)"
                    )
                )
        except DBAPIError:
            continue
        quiet = quiet + 1 if waiting_ == 0 else 0


_OFFERS = text("""
    SELECT o.id, o.state, o.send_at, o.expires_at, o.ended_at, n.state AS line, n.outcome,
           n.due_at, n.attempts
    FROM offers o
    LEFT JOIN notifications n ON n.subject_id = o.id
        AND n.kind IN ('offer', 'offer-outside-hours')
""")

_DOUBLE = text("""
    SELECT count(*) FROM (
        SELECT job_id FROM offers WHERE state = 'accepted' GROUP BY job_id HAVING count(*) > 1
    ) AS double
""")

_OVERLAPS = text("""
    SELECT count(*) FROM bookings a JOIN bookings b
      ON a.provider_id = b.provider_id AND a.id < b.id AND a.during && b.during
    WHERE a.released_at IS NULL AND b.released_at IS NULL
""")

_TWICE = text("""
    SELECT count(*) FROM (
        SELECT 1 FROM offers GROUP BY job_id, round, provider_id HAVING count(*) > 1
    ) AS twice
""")

#: Somebody who heard of an offer that was taken back, and to whom nobody owed a word of it.
_DEAD_POP_UPS = text("""
    SELECT count(*) FROM offers o JOIN notifications n ON n.subject_id = o.id
    WHERE o.state = 'withdrawn' AND o.answered_at IS NULL
      AND n.kind IN ('offer', 'offer-outside-hours') AND n.attempts > 0
      AND NOT EXISTS (SELECT FROM notifications t WHERE t.subject_id = o.id
                      AND t.kind = 'offer-withdrawn')
""")


def judged(history: History, phones: stage.Phones) -> dict[str, Any]:
    """What the history that is left says."""
    first: dict[str, float] = {}
    keys: dict[tuple[str, str], set[str]] = defaultdict(set)
    times: Counter[tuple[str, str, str]] = Counter()
    reasons: Counter[str] = Counter()
    late_s: list[float] = []
    withdrawn_unsent = under_way = 0
    with database.transaction() as session:
        rows = session.execute(_OFFERS).all()
        double = session.scalar(_DOUBLE)
        overlaps = session.scalar(_OVERLAPS)
        twice = session.scalar(_TWICE)
        dead_pop_ups = session.scalar(_DEAD_POP_UPS)
    # After the rows: what one of them says was delivered has been heard by now.
    for received, phone, kind, about, key in heard(phones):
        times[phone, kind, about] += 1
        if kind in ("offer", "offer-outside-hours"):
            first.setdefault(about, received)
            keys[phone, about].add(key)
    for row in rows:
        rang_at = first.get(str(row.id))
        if rang_at is not None:
            late_s.append(rang_at - row.due_at.timestamp())
        elif row.line == "owed" and row.due_at.timestamp() > time.time() - _UNDER_WAY_S:
            under_way += 1
        elif row.state == "withdrawn":
            # Somebody else took the job first, or it was over: nobody is to be rung.
            withdrawn_unsent += 1
        else:
            reasons[f"{row.state}/{row.line}/{row.outcome}"] += 1
    won: dict[str, set[uuid.UUID]] = defaultdict(set)
    for _, provider, status, job in history.accepts:
        if status == 200 and job is not None:
            won[job].add(provider)
    sends = sum(times.values())
    return {
        "offers": len(rows),
        "delivered": len(first),
        "withdrawn_before_they_rang": withdrawn_unsent,
        "under_way_at_the_end": under_way,
        "lost": sum(reasons.values()),
        "lost_why": dict(reasons),
        "visible_duplicates": sum(len(found) > 1 for found in keys.values()) + (twice or 0),
        "double_acceptances": (double or 0) + sum(len(who) > 1 for who in won.values()),
        "calendar_overlaps": overlaps,
        "dead_pop_ups": dead_pop_ups,
        "messages": sends,
        "duplicate_sends": sends - len(times),
        "duplicate_sends_share": (sends - len(times)) / max(1, len(times)),
        "accepted": len(won),
        "accept_statuses": dict(Counter(str(status) for _, _, status, _ in history.accepts)),
        "delivered_late_s": {
            "p50": figures.percentile(late_s, 0.5),
            "p99": figures.percentile(late_s, 0.99),
            "max": max(late_s),
        }
        if late_s
        else None,
    }


def twin(*, offers: int, kills: int, rate: float, lasts_s: float, seed: int = 1) -> dict[str, Any]:
    """The same pushes on a stock queue: a task and a send for each, two default workers, and
    the deaths of the first ``lasts_s`` seconds that have anybody to kill there."""
    with stage.set_up("chaos-twin") as on:
        on.mortal_redis()
        trusted = str(on.phones.directory / "ca.pem")
        trust = {"SSL_CERT_FILE": trusted, "REQUESTS_CA_BUNDLE": trusted}
        rq = str(Path(sys.executable).parent / "rq")
        for name in ("worker-1", "worker-2"):
            command = [rq, "worker", "--url", on.redis.url, "--path", str(stage.ROOT), "stock"]
            on.program(name, command, trust)
        on.phones.trouble(**_FAULTS, seed=seed)
        history, ended = History(), threading.Event()
        deaths = [
            death
            for death in schedule(kills, offers / rate, seed=seed)
            if death.at_s < lasts_s and death.target in ("worker", "redis")
        ]
        killing = threading.Thread(
            target=_executioner, args=(on, deaths, history, ended), kwargs={"seed": seed}
        )
        #: As many as two workers that start a process for each task can take.
        count = int(6 * lasts_s)
        feed = (
            "import os, sys, time, redis, rq; from benchmarks import push_stock\n"
            "queue = rq.Queue('stock', connection=redis.Redis.from_url(os.environ['REDIS_URL']))\n"
            "for number in range(int(sys.argv[1])):\n"
            "    while True:\n"
            "        try:\n"
            "            queue.enqueue(push_stock.send, number)\n"
            "            break\n"
            "        except redis.RedisError:\n"
            "            time.sleep(0.2)\n"
            "    time.sleep(float(sys.argv[2]))\n"
        )
        killing.start()
        with waiting.step(f"The twin: {count:,} pushes", 1):
            subprocess.run(
                [sys.executable, "-c", feed, str(count), str(lasts_s / count)],
                check=True,
                cwd=stage.ROOT,
                env={**os.environ, **on.environment, **trust},
            )
            killing.join()
            before = -1
            while (heard := on.phones.count()) != before:
                before = heard
                time.sleep(15)
        ended.set()
        addresses = Counter(message["address"]["value"] for message in on.phones.all_since(0))
        return {
            "offers": count,
            "deaths": dict(history.deaths),
            "lost": count - len(addresses),
            "duplicate_sends_share": (sum(addresses.values()) - len(addresses))
            / max(1, len(addresses)),
        }


def heard(phones: stage.Phones) -> list[tuple[float, str, str, str, str]]:
    """Every message there was: (received at, phone, kind, offer or job, collapse key)."""
    found = []
    for message in phones.all_since(0):
        told = message["payload"]["message"]["data"]
        received = stage.received_at(message)
        about = told.get("offer_id") or told.get("job_id", "")
        found.append((received, message["address"]["value"], told["kind"], about, told["tag"]))
    return found


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--offers", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--rate", type=float, default=27.0, help="offers a second")
    parser.add_argument("--seed", type=int, default=1, help="the same deaths and answers")
    parser.add_argument("--twin-s", type=float, default=120.0, help="0: without the twin")
    parser.add_argument("--json", action="store_true", help="nothing but the line of figures")
    asked = parser.parse_args()
    found = play(offers=asked.offers, kills=asked.kills, rate=asked.rate, seed=asked.seed)
    if asked.twin_s:
        found["twin"] = twin(
            offers=asked.offers,
            kills=asked.kills,
            rate=asked.rate,
            lasts_s=min(asked.twin_s, asked.offers / asked.rate),
            seed=asked.seed,
        )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
