"""How many requests a second several clients get through.

Hides: the clients' processes, and that contenders take turns in short slices, so that all
of them have the same weather. Each client keeps a connection for each contender.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from sqlalchemy import URL, Engine
from sqlalchemy.orm import Session

from benchmarks import redis_rival, rivals
from benchmarks.rivals import Contender
from benchmarks.timing import Advance
from benchmarks.workload import Ask
from jobbing_api import database

#: Seconds a contender is asked before it is the next one's turn.
SLICE_S = 3.0


def contender(name: str, engine: Engine, redis_url: str, policies: rivals.Policies) -> Contender:
    """A contender by its name, with a connection of its own."""
    if name == redis_rival.OnRedis.name:
        return redis_rival.OnRedis(redis_url, engine, policies)
    return rivals.ON_POSTGRES[name](engine, policies)


def measured(
    url: URL,
    redis_url: str,
    names: Sequence[str],
    asks: Sequence[Ask],
    advance: Advance,
    *,
    clients: int,
    seconds: float,
) -> dict[str, float]:
    """Requests a second that so many clients got answered together, by contender, each of
    whom was asked for so many ``seconds`` in all. ``advance`` hears of each second."""
    spawning = multiprocessing.get_context("spawn")
    address = url.render_as_string(hide_password=False)
    lines: list[Connection] = []
    processes = []
    answered = dict.fromkeys(names, 0)
    took_s = dict.fromkeys(names, 0.0)
    try:
        for number in range(clients):
            line, far_end = spawning.Pipe()
            given = (far_end, address, redis_url, list(names), list(asks), number / clients)
            process = spawning.Process(target=_client, args=given, daemon=True)
            process.start()
            far_end.close()
            lines.append(line)
            processes.append(process)
        for line in lines:
            line.recv()
        slices = max(1, round(seconds / SLICE_S))
        for _ in range(slices):
            for name in names:
                for line in lines:
                    line.send((name, seconds / slices))
                for line in lines:
                    count, slice_s = line.recv()
                    answered[name] += count
                    took_s[name] += slice_s / clients
                advance(seconds / slices)
    finally:
        for line in lines:
            line.close()
        for process in processes:
            process.join(10)
    return {name: answered[name] / took_s[name] for name in names}


def _client(
    line: Connection,
    address: str,
    redis_url: str,
    names: Sequence[str],
    asks: Sequence[Ask],
    begins: float,
) -> None:
    """A client: answers a slice for each (contender, seconds) it is told, until told no more."""
    engine = database.connect(address)
    with Session(engine) as session:
        policies = rivals.policies_of(session, asks)
    contenders = {name: contender(name, engine, redis_url, policies) for name in names}
    # Not every client asks the same at the same moment.
    at = dict.fromkeys(names, int(begins * len(asks)))
    for one in contenders.values():
        for ask in asks[:20]:
            _ask(one, ask)
    line.send("ready")
    while True:
        try:
            name, seconds = line.recv()
        except EOFError:
            break
        count, began_at = 0, time.perf_counter()
        while (slice_s := time.perf_counter() - began_at) < seconds:
            _ask(contenders[name], asks[at[name] % len(asks)])
            at[name] += 1
            count += 1
        line.send((count, slice_s))
    for one in contenders.values():
        one.close()
    engine.dispose()


def _ask(one: Contender, ask: Ask) -> None:
    one.answer(ask)
    one.end()
