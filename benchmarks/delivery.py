"""How fast pushes leave, beside a bare loop, a stock queue and a handler without any.

``python -m benchmarks.delivery [--json]``. Everything runs on this machine against the
stand-in for Google; whatever is compared takes turns in one run.

- ``throughput_vs_floor``: one worker's pushes a second, rows, retries and all, over those of
  ``push_floor``, a bare loop of firebase-admin's own batch send. Void unless the stand-in
  alone takes three times the floor.
- ``throughput_vs_stock_rq``: the same over ``push_stock``, a task and a send for each offer
  under the queue's default worker.
- ``post_to_push_vs_inline``: from the start of a POST to the stand-in's receipt of the first
  push, the 95th percentile of each over that of ``inline_app``, a handler that does it all
  itself.
- ``cost_at_a_million``: how long a push takes once the tables hold a million that were sent,
  over how long it takes at a thousand.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, text

from benchmarks import figures, report, stage, town, waiting
from infra.local.console import Trouble
from jobbing_api import database
from jobbing_api.notifications import models as notifications_models

_ROUNDS = 5
_PUSHES = 3_000
_STOCK = 60
_POSTS = 200
_BLAST = 20_000
_MANY_ROWS = 1_000_000

#: Nobody is asked twice in a run, nor a second one per job: one push, and the next is idle.
_RULES = {
    **town.AWAKE,
    "stagger_s": 86_400,
    "interval_s": 86_400,
    "live_offers_at_most": 1000,
    "pushes_a_day": 1000,
}


def _rate(phones: stage.Phones, after: int, count: int) -> float:
    """Messages a second between the first and the last of ``count`` after a number."""
    heard = phones.all_since(after)
    if len(heard) < count:
        raise Trouble(f"{len(heard)} of {count} pushes arrived")
    first, last = (stage.received_at(heard[index]) for index in (0, count - 1))
    return (count - 1) / (last - first)


def _run(on: stage.Stage, module: str, *words: str) -> None:
    """One of the contenders that are a process of their own, to its end."""
    trusted = str(on.phones.directory / "ca.pem")
    subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *words],
        check=True,
        cwd=stage.ROOT,
        env={
            **os.environ,
            **on.environment,
            "SSL_CERT_FILE": trusted,
            "REQUESTS_CA_BUNDLE": trusted,
        },
    )


def _floor(on: stage.Stage, count: int) -> float:
    before = on.phones.count()
    _run(on, "push_floor", str(count))
    return _rate(on.phones, before, count)


def _ours(on: stage.Stage, people: town.Town, count: int) -> float:
    before = on.phones.count()
    now = datetime.now(UTC)
    lines = [
        {
            "id": database.new_id(),
            "account_id": people.providers[number % len(people.providers)].id,
            "kind": "offer",
            "about": "offer",
            "subject_id": uuid.uuid4(),
            "params": {
                "category": {"fr": "Nettoyage de gouttière", "en": "Gutter cleaning"},
                "distance_m": 100 * (1 + number % 70),
                "starts_at": (now + timedelta(minutes=15 * (number % 300))).isoformat(),
                "time_zone": "Europe/Paris",
                "net_cents": 9000,
                "currency": "EUR",
            },
            "collapse_key": f"offer-{number}",
            "urgent": True,
            "created_at": now,
            "due_at": now,
            "expires_at": now + timedelta(hours=2),
            "state": "owed",
            "wake_at": now,
            "attempts": 0,
        }
        for number in range(count)
    ]
    with database.transaction() as session:
        session.execute(insert(notifications_models.Notification), lines)
    if not on.phones.await_count(before + count, within_s=120):
        raise Trouble(f"{on.phones.count() - before} of {count} pushes arrived")
    return _rate(on.phones, before, count)


def _stock(on: stage.Stage, count: int) -> float:
    trusted = str(on.phones.directory / "ca.pem")
    before = on.phones.count()
    rq = str(Path(sys.executable).parent / "rq")
    environment = {
        **os.environ,
        **on.environment,
        "SSL_CERT_FILE": trusted,
        "REQUESTS_CA_BUNDLE": trusted,
    }
    enqueue = (
        "import os, sys, redis, rq; from benchmarks import push_stock;"
        "queue = rq.Queue('stock', connection=redis.Redis.from_url(os.environ['REDIS_URL']));"
        "[queue.enqueue(push_stock.send, number) for number in range(int(sys.argv[1]))]"
    )
    subprocess.run(
        [sys.executable, "-c", enqueue, str(count)], check=True, cwd=stage.ROOT, env=environment
    )
    worker = on.program(
        "stock",
        [rq, "worker", "--url", on.redis.url, "--path", str(stage.ROOT), "stock"],
        {"SSL_CERT_FILE": trusted, "REQUESTS_CA_BUNDLE": trusted},
    )
    try:
        if not on.phones.await_count(before + count, within_s=180):
            raise Trouble("the stock worker sent too little")
    finally:
        worker.stop()
    return _rate(on.phones, before, count)


def _blast(on: stage.Stage) -> float:
    before = on.phones.count()
    _run(on, "push_blast", str(_BLAST))
    heard = on.phones.since(before, limit=1) + on.phones.since(before + _BLAST - 1, limit=1)
    return (_BLAST - 1) / (stage.received_at(heard[1]) - stage.received_at(heard[0]))


def _post_to_push(
    on: stage.Stage,
    people: town.Town,
    doors: dict[str, str],
    posts: int,
    advance: Callable[[float], None],
) -> dict[str, list[float]]:
    """Seconds from a POST to the first push, of each door in turn."""
    dice = random.Random(7)
    took_s: dict[str, list[float]] = {name: [] for name in doors}
    with httpx.Client(timeout=30) as client:
        for number in range(posts):
            for name in sorted(doors, reverse=bool(number % 2)):
                body = town.job(dice, now=datetime.now(UTC))
                headers = {
                    "Authorization": f"Bearer {people.residents[number % len(people.residents)]}",
                    "Idempotency-Key": uuid.uuid4().hex,
                }
                before = on.phones.count()
                began_at = time.time()
                answer = client.post(doors[name], json=body, headers=headers)
                if answer.status_code != 201:
                    raise Trouble(f"{name}: {answer.status_code} {answer.text[:300]}")
                took_s[name].append(_first_push(on, answer.json()["id"], before) - began_at)
                # Idle again.
                time.sleep(0.15)
                advance(1)
    return took_s


def _first_push(on: stage.Stage, job_id: str, after: int) -> float:
    """When the first push about a job was received; nobody else posts meanwhile, and yet
    another job's may come in between."""
    ends_s = time.monotonic() + 20
    while time.monotonic() < ends_s:
        if on.phones.await_count(after + 1, within_s=20):
            for message in on.phones.since(after):
                told = message["payload"]["message"]["data"]
                with database.transaction() as session:
                    asked = session.scalar(
                        text("SELECT job_id FROM offers WHERE id = :id"), {"id": told["offer_id"]}
                    )
                if str(asked) == job_id:
                    return stage.received_at(message)
        time.sleep(0.05)
    raise Trouble(f"no push about {job_id} within 20 s")


_SENT_BEFORE = """
    WITH made AS (
        INSERT INTO notifications (id, account_id, kind, about, subject_id, params,
            collapse_key, urgent, created_at, due_at, expires_at, state, attempts, outcome,
            ended_at)
        SELECT gen_random_uuid(), :account_id, 'offer', 'offer', gen_random_uuid(),
               '{"category": {"fr": "Nettoyage de gouttière", "en": "Gutter cleaning"}}',
               'offer-' || number, true, now() - interval '1 day', now() - interval '1 day',
               now() - interval '22 hours', 'delivered', 1, 'sent', now() - interval '1 day'
        FROM generate_series(1, :count) AS number
        RETURNING id
    )
    INSERT INTO deliveries (notification_id, installation_id, outcome, code, message_id,
                            attempts, at)
    SELECT id, 'app', 'sent', '', 'projects/jobbing/messages/0', 1, now() - interval '1 day'
    FROM made
"""


def _fill(people: town.Town, count: int) -> None:
    """So many that were sent before."""
    with database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text(_SENT_BEFORE), {"account_id": people.providers[0].id, "count": count})
    with database.transaction() as session:
        session.execute(text("ANALYZE notifications, deliveries"))


def measure(*, rounds: int, pushes_a_round: int, posts: int, stock: int) -> dict[str, Any]:
    """Every figure, from one run."""
    with stage.set_up("delivery") as on:
        with waiting.step("Founding a town", 1):
            with database.transaction() as session:
                people = town.found(session, on.settings, providers=600, residents=20, rules=_RULES)
            with database.transaction() as session:
                town.settle(session)
        blast = _blast(on)
        on.flask("worker", "worker")
        on.flask("clock", "clock")
        doors = {
            "ours": f"{on.web()}/api/v1/jobs",
            "inline": f"{on.web(application='benchmarks.inline_app:create_app()')}/benchmark/jobs",
        }
        # Everything is warm before anything is counted.
        _ours(on, people, 600)
        with waiting.step("Posting", 2 * (posts + 10)) as advance:
            _post_to_push(on, people, doors, 10, advance)
            waits = _post_to_push(on, people, doors, posts, advance)
        for name in [name for name in on.programs if name.startswith("web")]:
            on.programs.pop(name).stop()
        rates: dict[str, list[float]] = {"floor": [], "ours": []}
        with waiting.step("Sending", 2 * rounds) as advance:
            for number in range(rounds):
                for name in ("floor", "ours") if number % 2 else ("ours", "floor"):
                    rates[name].append(
                        _floor(on, pushes_a_round)
                        if name == "floor"
                        else _ours(on, people, pushes_a_round)
                    )
                    advance(1)
        stock_rate = _stock(on, stock)
        with waiting.step("Sending beside a million", 2 * rounds) as advance:
            with database.transaction() as session:
                session.execute(text("TRUNCATE deliveries, notifications"))
            _fill(people, 1_000)
            few = []
            for _ in range(rounds):
                few.append(1 / _ours(on, people, pushes_a_round))
                advance(1)
            _fill(people, _MANY_ROWS)
            many = []
            for _ in range(rounds):
                many.append(1 / _ours(on, people, pushes_a_round))
                advance(1)
        floor, ours = (statistics.median(rates[name]) for name in ("floor", "ours"))
        took = {name: figures.spread(some) for name, some in waits.items()}
        return {
            "machine": report.machine(on.engine, on.redis.url),
            "pushes_a_round": pushes_a_round,
            "rounds": rounds,
            "stand_in_per_s": blast,
            "floor_per_s": floor,
            "ours_per_s": ours,
            "stock_rq_per_s": stock_rate,
            "floor_rounds": rates["floor"],
            "ours_rounds": rates["ours"],
            "posts": posts,
            "post_to_push_p50_ms": {name: one.p50_ms for name, one in took.items()},
            "post_to_push_p95_ms": {name: one.p95_ms for name, one in took.items()},
            "stand_in_vs_floor": blast / floor,
            "void": blast < 3 * floor,
            "throughput_vs_floor": ours / floor,
            "throughput_vs_stock_rq": ours / stock_rate,
            "post_to_push_vs_inline": took["ours"].p95_ms / took["inline"].p95_ms,
            "cost_at_a_million": statistics.median(many) / statistics.median(few),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="the figures as one JSON line only")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="turns of each contender")
    parser.add_argument("--pushes", type=int, default=_PUSHES, help="pushes in each turn")
    parser.add_argument("--posts", type=int, default=_POSTS, help="posts through each door")
    parser.add_argument("--stock", type=int, default=_STOCK, help="pushes of the stock queue")
    asked = parser.parse_args()
    found = measure(
        rounds=asked.rounds, pushes_a_round=asked.pushes, posts=asked.posts, stock=asked.stock
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
