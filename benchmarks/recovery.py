"""How soon what the dead held is delivered, and whether anything falls due unnoticed.

``python -m benchmarks.recovery [--json]``.

- ``alone``: the only worker is killed in the midst of a batch, and another is started. Of what
  the dead one held, how long after the new one is up each push arrives.
- ``beside``: the same while a second worker runs: how long after the kill.
- ``clocks``: lines fall due twenty times a second while the leader of two clocks is killed
  again and again: how late each arrives, and whether any arrives twice.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from benchmarks import figures, report, stage, town, waiting
from infra.local.console import Trouble
from jobbing_api import database
from jobbing_api.notifications import models as notifications_models

_TURNS = 10
_LINES = 500
_CLOCK_KILLS = 20

_LEADER = text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND (classid::bigint << 32 | objid::bigint) = hashtext('jobbing.clock')::bigint"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def _owe(people: town.Town, due: list[datetime]) -> list[uuid.UUID]:
    """A line for each instant, to one phone after the other; whom they are about."""
    now = datetime.now(UTC)
    subjects = [uuid.uuid4() for _ in due]
    lines = [
        {
            "id": database.new_id(),
            "account_id": people.providers[number % len(people.providers)].id,
            "kind": "job-started",
            "about": "job",
            "subject_id": subject,
            "params": {},
            "collapse_key": f"job-{subject}",
            "urgent": True,
            "created_at": now,
            "due_at": at,
            "expires_at": at + timedelta(hours=2),
            "state": "owed",
            "wake_at": at,
            "attempts": 0,
        }
        for number, (subject, at) in enumerate(zip(subjects, due, strict=True))
    ]
    with database.transaction() as session:
        session.execute(insert(notifications_models.Notification), lines)
    return subjects


def _heard(phones: stage.Phones, after: int) -> list[tuple[float, str]]:
    """(received at, subject) of what arrived after a number."""
    return [
        (stage.received_at(one), one["payload"]["message"]["data"]["job_id"])
        for one in phones.all_since(after)
    ]


def _held_by_a_worker() -> tuple[uuid.UUID, int] | None:
    """The process that sends something now, and how much."""
    with database.transaction() as session:
        row = session.execute(
            text(
                "SELECT sender_id, count(*) AS held FROM notifications"
                " WHERE state = 'owed' AND sender_id IS NOT NULL GROUP BY 1 ORDER BY 2 DESC"
            )
        ).first()
    return None if row is None else (row.sender_id, row.held)


def _kill_in_the_midst(
    on: stage.Stage, people: town.Town, dice: random.Random, *, alone: bool
) -> tuple[list[float], int]:
    """Seconds until what the killed worker held arrived, and how much that was."""
    before = on.phones.count()
    _owe(people, [datetime.now(UTC)] * _LINES)
    ends_s = time.monotonic() + 20
    while (holder := _held_by_a_worker()) is None:
        if time.monotonic() > ends_s:
            raise Trouble("nobody sends anything")
        time.sleep(0.005)
    time.sleep(dice.uniform(0.05, 0.6))
    with database.transaction() as session:
        pids = {
            row.id: row.pid
            for row in session.execute(text("SELECT id, pid FROM processes WHERE kind = 'worker'"))
        }
    victim = next(
        program
        for name, program in on.programs.items()
        if name.startswith("worker") and program.pid == pids[holder[0]]
    )
    victim.hold()
    killed_at = time.time()
    with database.transaction() as session:
        held = {
            str(subject)
            for subject in session.scalars(
                text(
                    "SELECT subject_id FROM notifications WHERE sender_id = :id AND state = 'owed'"
                ),
                {"id": holder[0]},
            )
        }
    # What had arrived before it died was not lost with it.
    held -= {subject for _, subject in _heard(on.phones, before)}
    from_at = killed_at
    victim.start()
    if alone:
        from_at = _up_at(victim)
    first: dict[str, float] = {}
    ends_s = time.monotonic() + 60
    # By subject, not by number: a few may arrive twice.
    while not held <= first.keys():
        if time.monotonic() > ends_s:
            raise Trouble("what was held never arrived")
        time.sleep(0.2)
        for received, subject in _heard(on.phones, before):
            first.setdefault(subject, received)
    if not on.phones.await_count(before + _LINES, within_s=60):
        raise Trouble("the rest never arrived")
    return [max(0.0, first[subject] - from_at) for subject in held], len(held)


def _up_at(program: stage.Program) -> float:
    ends_s = time.monotonic() + 30
    while time.monotonic() < ends_s:
        with database.transaction() as session:
            at = session.scalar(
                text("SELECT started_at FROM processes WHERE pid = :pid"), {"pid": program.pid}
            )
        if at is not None:
            return float(at.timestamp())
        time.sleep(0.02)
    raise Trouble("the new worker does not come up")


def _clocks(on: stage.Stage, people: town.Town, kills: int, dice: random.Random) -> dict[str, Any]:
    """Lines that fall due while leaders die, each with another clock at its side: how soon a
    program starts is the machine's affair and its keeper's."""
    lasts_s = kills * 8.0
    before = on.phones.count()
    begins = datetime.now(UTC) + timedelta(seconds=1)
    due = [begins + timedelta(seconds=number / 20) for number in range(int(lasts_s * 20))]
    subjects = _owe(people, due)
    killed = 0
    ends_at = begins + timedelta(seconds=lasts_s)
    with waiting.step(f"Killing {kills} leaders", kills) as advance:
        while datetime.now(UTC) < ends_at:
            time.sleep(dice.uniform(1.0, 3.5))
            if killed < kills and (leader := _leading(on)) is not None and _connected(on) > 1:
                leader.kill()
                killed += 1
                advance(1)
    if not on.phones.await_count(before + len(due), within_s=30):
        raise Trouble("some lines were never sent")
    time.sleep(3)
    times: Counter[str] = Counter()
    first: dict[str, float] = {}
    for received, subject in _heard(on.phones, before):
        times[subject] += 1
        first.setdefault(subject, received)
    late_s = [
        first[str(subject)] - at.timestamp() for subject, at in zip(subjects, due, strict=True)
    ]
    return {
        "lines": len(due),
        "leaders_killed": killed,
        "latest_s": max(late_s),
        "p50_late_s": figures.percentile(late_s, 0.5),
        "p99_late_s": figures.percentile(late_s, 0.99),
        "later_than_3_s": sum(late > 3 for late in late_s),
        "done_twice": sum(count > 1 for count in times.values()),
    }


def _leading(on: stage.Stage) -> stage.Program | None:
    """The clock that leads now: whose connection holds the lock."""
    with database.transaction() as session:
        backend = session.scalar(_LEADER)
        if backend is None:
            return None
        port = session.scalar(
            text("SELECT client_port FROM pg_stat_activity WHERE pid = :pid"), {"pid": backend}
        )
    for name, program in on.programs.items():
        if name.startswith("clock") and port in _ports_of(program.pid):
            return program
    return None


def _connected(on: stage.Stage) -> int:
    """How many clocks are up: connected to the database."""
    with database.transaction() as session:
        ports = set(session.scalars(text("SELECT client_port FROM pg_stat_activity")))
    clocks = [program for name, program in on.programs.items() if name.startswith("clock")]
    return sum(bool(ports & _ports_of(program.pid)) for program in clocks)


def _ports_of(pid: int) -> set[int]:
    """The local ports of a process's connections."""
    found: set[int] = set()
    try:
        inodes = {
            os.readlink(one)[8:-1]
            for one in Path(f"/proc/{pid}/fd").iterdir()
            if os.readlink(one).startswith("socket:[")
        }
        for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[9] in inodes:
                found.add(int(parts[1].rpartition(":")[2], 16))
    except OSError:
        pass
    return found


def measure(*, turns: int, clock_kills: int) -> dict[str, Any]:
    """Every figure, from one run."""
    dice = random.Random(5)
    with stage.set_up("recovery") as on:
        with waiting.step("Founding a town", 1):
            with database.transaction() as session:
                people = town.found(session, on.settings, providers=500, residents=1)
            with database.transaction() as session:
                town.settle(session)
        on.flask("clock-1", "clock")
        on.flask("worker-1", "worker")
        # Everything is warm before anything is counted.
        _owe(people, [datetime.now(UTC)] * _LINES)
        on.phones.await_count(_LINES, within_s=60)
        found: dict[str, Any] = {}
        for name in ("alone", "beside"):
            if name == "beside":
                on.flask("worker-2", "worker")
                threading.Event().wait(4)
            waits: list[float] = []
            held = []
            with waiting.step(f"Killing workers, {name}", turns) as advance:
                for _ in range(turns):
                    some, count = _kill_in_the_midst(on, people, dice, alone=name == "alone")
                    waits += some
                    held.append(count)
                    threading.Event().wait(3)
                    advance(1)
            found[name] = {
                "kills": turns,
                "held": held,
                "p50_s": figures.percentile(waits, 0.5),
                "p99_s": figures.percentile(waits, 0.99),
                "max_s": max(waits),
            }
        on.flask("clock-2", "clock")
        threading.Event().wait(3)
        found["clocks"] = _clocks(on, people, clock_kills, dice)
        found["machine"] = report.machine(on.engine, on.redis.url)
    return found


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--turns", type=int, default=_TURNS, help="workers killed, each way")
    parser.add_argument("--clock-kills", type=int, default=_CLOCK_KILLS)
    parser.add_argument("--json", action="store_true", help="nothing but the line of figures")
    asked = parser.parse_args()
    print(json.dumps(measure(turns=asked.turns, clock_kills=asked.clock_kills)))


if __name__ == "__main__":
    main()
