"""A deploy under load: every program is told to stop and started again, one after the other.

``python -m benchmarks.rolling [--json]``. Jobs are posted at a steady rate through two web
servers, as behind a balancer: a server is taken out of it first, and told to stop while it is
busy with requests. Two of each, web, worker and clock, get SIGTERM in turn and come back,
several times over.

- ``stop_s``: how long the slowest of each kind took to end;
- ``broken``: requests that a server took and did not answer; ``refused``: of jobs that nobody
  took;
- ``lost``, ``visible_duplicates``, ``duplicate_sends_share``: as ``benchmarks.chaos`` judges
  them.
"""

from __future__ import annotations

import argparse
import json
import random
import threading
import time
import uuid
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from benchmarks import chaos, report, stage, town, waiting
from jobbing_api import database

_RULES = {
    **town.AWAKE,
    "wave_size": 3,
    "stagger_s": 1,
    "interval_s": 600,
    "offer_life_min": 10,
    "waves_at_most": 1,
    "live_offers_at_most": 1000,
    "pushes_a_day": 1000,
    "unseen_before_pause": 1000,
}

_DRAIN_S = 60.0

#: Requests a web server is busy with when it is told to stop.
_UNDER_WAY = 6


@dataclass(slots=True)
class _Posts:
    """What became of the requests."""

    http: httpx.Client
    taken: int = 0
    broken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def _post(urls: list[str], people: town.Town, posts: _Posts, number: int) -> None:
    body = town.job(random.Random(number), now=datetime.now(UTC))
    headers = {
        "Authorization": f"Bearer {people.residents[number % len(people.residents)]}",
        "Idempotency-Key": uuid.uuid4().hex,
    }
    there = list(urls)
    for turn in range(2 * len(there)):
        url = there[(number + turn) % len(there)]
        try:
            answer = posts.http.post(f"{url}/api/v1/jobs", json=body, headers=headers)
        except httpx.ConnectError:
            continue
        except httpx.TransportError as error:
            with posts.lock:
                posts.broken.append(type(error).__name__)
            return
        with posts.lock:
            if answer.status_code == 201:
                posts.taken += 1
            else:
                posts.refused.append(f"{answer.status_code} {answer.text[:100]}")
        return
    with posts.lock:
        posts.refused.append("nobody listens")


def play(*, rounds: int, rate: float) -> dict[str, Any]:
    """The whole of it; the figures."""
    with stage.set_up("rolling") as on:
        with waiting.step("Founding a town", 1):
            with database.transaction() as session:
                people = town.found(session, on.settings, providers=200, residents=10, rules=_RULES)
            with database.transaction() as session:
                town.settle(session)
        urls = [on.web(), on.web()]
        for name in ("worker-1", "worker-2"):
            on.flask(name, "worker")
        for name in ("clock-1", "clock-2"):
            on.flask(name, "clock")
        # A balancer that reuses a connection asks again by itself; that is not measured here.
        posts = _Posts(httpx.Client(timeout=20, limits=httpx.Limits(max_keepalive_connections=0)))
        over = threading.Event()
        stop_s: dict[str, float] = defaultdict(float)

        def load() -> None:
            with ThreadPoolExecutor(16) as pool:
                number = 0
                while not over.wait(1 / rate):
                    pool.submit(_post, urls, people, posts, number)
                    number += 1

        loading = threading.Thread(target=load)
        loading.start()
        names = list(on.programs)
        with (
            ThreadPoolExecutor(_UNDER_WAY) as under_way,
            waiting.step("Deploying", rounds * len(names)) as advance,
        ):
            for _ in range(rounds):
                for name in names:
                    time.sleep(1)
                    kind = name.partition("-")[0]
                    if kind == "web":
                        # Out of the balancer first, with requests still under way.
                        url = next(one for one in urls if one.endswith(name.removeprefix("web-")))
                        urls.remove(url)
                        for number in range(_UNDER_WAY):
                            under_way.submit(_post, [url], people, posts, number)
                        time.sleep(0.1)
                    stop_s[kind] = max(stop_s[kind], on.programs[name].stop())
                    on.programs[name].start()
                    if kind == "web":
                        on.await_web(name)
                        urls.append(url)
                    advance(1)
        time.sleep(1)
        over.set()
        loading.join()
        posts.http.close()
        with waiting.step("Waiting for what is owed", _DRAIN_S) as advance:
            chaos.drain(on, advance, within_s=_DRAIN_S)
        judged = chaos.judged(chaos.History(), on.phones)
        return {
            "machine": report.machine(on.engine, on.redis.url),
            "restarts": rounds * len(names),
            "stop_s": dict(stop_s),
            "posted": posts.taken,
            "broken": len(posts.broken),
            "broken_first": posts.broken[:3],
            "refused": len(posts.refused),
            "refused_first": posts.refused[:3],
            **{
                name: judged[name]
                for name in (
                    *("offers", "delivered", "lost", "lost_why", "visible_duplicates"),
                    *("duplicate_sends_share", "delivered_late_s"),
                )
            },
        }


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5, help="deploys, each of every program")
    parser.add_argument("--rate", type=float, default=6, help="jobs posted a second")
    parser.add_argument("--json", action="store_true", help="nothing but the line of figures")
    asked = parser.parse_args()
    print(json.dumps(play(rounds=asked.rounds, rate=asked.rate)))


if __name__ == "__main__":
    main()
