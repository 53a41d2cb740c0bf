"""Timing contenders against each other on a machine that is never quite quiet.

Hides: that whoever is measured later must not be measured in another mood of the machine:
every request is put to all of them before the next one is, and who goes first changes
from request to request. What comes before and after a request (a transaction's beginning
and end) is no one's to pay for.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks import figures
from benchmarks.moments import Clock, asked_at
from benchmarks.rivals import Contender, processor_s
from benchmarks.workload import Ask

#: Hears how much more is done.
Advance = Callable[[float], None]


@dataclass(kw_only=True, slots=True)
class Timings:
    """What was measured of one contender: a row for each request, in the workload's order."""

    #: Seconds between question and answer, for the client.
    wall_s: list[float] = field(default_factory=list)
    #: Processor seconds of the client, and of the server's process for this client.
    client_s: list[float] = field(default_factory=list)
    server_s: list[float] = field(default_factory=list)
    answers: list[list[uuid.UUID]] = field(default_factory=list)

    @property
    def spread(self) -> figures.Spread:
        """How long requests took."""
        return figures.spread(self.wall_s)

    @property
    def client_ms(self) -> float:
        """Mean processor milliseconds a request, at the client."""
        return 1000 * sum(self.client_s) / len(self.client_s)

    @property
    def server_ms(self) -> float | None:
        """The same at the server; None where the system does not tell."""
        return 1000 * sum(self.server_s) / len(self.server_s) if self.server_s else None


def warm(contenders: Sequence[Contender], asks: Sequence[Ask], advance: Advance) -> None:
    """One pass of all requests that is not counted."""
    for contender in contenders:
        for ask in asks:
            contender.begin()
            contender.answer(ask)
            contender.end()
            advance(1)


def interleaved(
    contenders: Sequence[Contender], asks: Sequence[Ask], advance: Advance, *, seed: int = 1
) -> dict[str, Timings]:
    """Every request put to every contender once, by name; the requests in a shuffled order."""
    count = len(asks)
    order = list(range(count))
    random.Random(seed).shuffle(order)
    rows: dict[str, dict[int, tuple[float, float, float | None, list[uuid.UUID]]]] = {
        contender.name: {} for contender in contenders
    }
    for turn, number in enumerate(order):
        first = turn % len(contenders)
        for contender in (*contenders[first:], *contenders[:first]):
            rows[contender.name][number] = _timed(contender, asks[number])
            advance(1)
    found = {}
    for name, row_of in rows.items():
        timings = Timings()
        for number in range(count):
            wall_s, client_s, server_s, answer = row_of[number]
            timings.wall_s.append(wall_s)
            timings.client_s.append(client_s)
            if server_s is not None:
                timings.server_s.append(server_s)
            timings.answers.append(answer)
        found[name] = timings
    return found


def running_s(
    contender: Contender, asks: Sequence[Ask], clock: Clock, advance: Advance, *, passes: int
) -> list[float]:
    """How many seconds each request took, asked one after the other at the clock's time,
    all of them so many times."""
    took_s = []
    for _ in range(passes):
        for ask in asks:
            took_s.append(_timed(contender, asked_at(ask, clock.now()))[0])
            advance(1)
    return took_s


def repeated_s(contender: Contender, ask: Ask, times: int) -> list[float]:
    """How many seconds one request took, each of so many times."""
    return [_timed(contender, ask)[0] for _ in range(times)]


def _timed(contender: Contender, ask: Ask) -> tuple[float, float, float | None, list[uuid.UUID]]:
    contender.begin()
    server_before = processor_s(contender.server_pid)
    client_before = time.process_time()
    began_at = time.perf_counter()
    answer = contender.answer(ask)
    wall_s = time.perf_counter() - began_at
    client_s = time.process_time() - client_before
    server_after = processor_s(contender.server_pid)
    contender.end()
    server_s = None
    if server_before is not None and server_after is not None:
        server_s = server_after - server_before
    return wall_s, client_s, server_s, answer
