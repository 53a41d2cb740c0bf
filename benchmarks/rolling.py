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
import contextlib
import json
import random
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from benchmarks import chaos, report, stage, town, waiting
from infra.local import ports
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
class _Balancer:
    """The servers that requests go to, what is on its way to each, and what became of it all."""

    http: httpx.Client
    urls: list[str]
    taken: int = 0
    broken: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    #: Per server, requests that have left and not arrived; and how many ever arrived.
    leaving: Counter[str] = field(default_factory=Counter)
    arrived: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def way(self, turn: int, only: str | None) -> Iterator[tuple[str, Callable[..., None]]]:
        """A server to send a request to, and the trace that tells when it has been sent."""
        with self.lock:
            url = only or self.urls[turn % len(self.urls)]
            self.leaving[url] += 1
        left = [url]

        def trace(event: str, _info: object) -> None:
            if event == "http11.send_request_body.complete" and left:
                left.clear()
                with self.lock:
                    self.leaving[url] -= 1
                    self.arrived[url] += 1

        try:
            yield url, trace
        finally:
            if left:
                with self.lock:
                    self.leaving[url] -= 1

    def take_out(self, url: str) -> None:
        with self.lock:
            self.urls.remove(url)

    def await_taken(self, url: str, arrived: int) -> None:
        """Until the server has accepted whatever was sent to it: nobody can finish a request that
        still waits in the kernel's queue, so a balancer lets that run empty before a stop."""
        port = int(url.rpartition(":")[2])
        while self.arrived[url] < arrived or self.leaving[url] or ports.unaccepted(port):
            time.sleep(0.002)


def _post(balancer: _Balancer, people: town.Town, number: int, only: str | None = None) -> None:
    body = town.job(random.Random(number), now=datetime.now(UTC))
    headers = {
        "Authorization": f"Bearer {people.residents[number % len(people.residents)]}",
        "Idempotency-Key": uuid.uuid4().hex,
    }
    for turn in range(4):
        try:
            with balancer.way(number + turn, only) as (url, trace):
                answer = balancer.http.post(
                    f"{url}/api/v1/jobs", json=body, headers=headers, extensions={"trace": trace}
                )
        except httpx.ConnectError:
            continue
        except httpx.TransportError as error:
            with balancer.lock:
                balancer.broken.append(type(error).__name__)
            return
        with balancer.lock:
            if answer.status_code == 201:
                balancer.taken += 1
            else:
                balancer.refused.append(f"{answer.status_code} {answer.text[:100]}")
        return
    with balancer.lock:
        balancer.refused.append("nobody listens")


def play(*, rounds: int, rate: float) -> dict[str, Any]:
    """The whole of it; the figures."""
    with stage.set_up("rolling") as on:
        with waiting.step("Founding a town", 1):
            with database.transaction() as session:
                people = town.found(session, on.settings, providers=200, residents=10, rules=_RULES)
            with database.transaction() as session:
                town.settle(session)
        # One that reuses a connection asks again by itself; that is not measured here.
        balancer = _Balancer(
            httpx.Client(timeout=20, limits=httpx.Limits(max_keepalive_connections=0)),
            [on.web(), on.web()],
        )
        for name in ("worker-1", "worker-2"):
            on.flask(name, "worker")
        for name in ("clock-1", "clock-2"):
            on.flask(name, "clock")
        over = threading.Event()
        stop_s: dict[str, float] = defaultdict(float)

        def load() -> None:
            with ThreadPoolExecutor(16) as pool:
                number = 0
                while not over.wait(1 / rate):
                    pool.submit(_post, balancer, people, number)
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
                        url = f"http://127.0.0.1:{name.removeprefix('web-')}"
                        balancer.take_out(url)
                        before = balancer.arrived[url]
                        for number in range(_UNDER_WAY):
                            under_way.submit(_post, balancer, people, number, url)
                        balancer.await_taken(url, before + _UNDER_WAY)
                    stop_s[kind] = max(stop_s[kind], on.programs[name].stop())
                    on.programs[name].start()
                    if kind == "web":
                        on.await_web(name)
                        balancer.urls.append(url)
                    advance(1)
        time.sleep(1)
        over.set()
        loading.join()
        balancer.http.close()
        with waiting.step("Waiting for what is owed", _DRAIN_S) as advance:
            chaos.drain(on, advance, within_s=_DRAIN_S)
        judged = chaos.judged(chaos.History(), on.phones)
        return {
            "machine": report.machine(on.engine, on.redis.url),
            "restarts": rounds * len(names),
            "stop_s": dict(stop_s),
            "posted": balancer.taken,
            "broken": len(balancer.broken),
            "broken_first": balancer.broken[:3],
            "refused": len(balancer.refused),
            "refused_first": balancer.refused[:3],
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
