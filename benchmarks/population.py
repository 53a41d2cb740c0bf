"""A country of made-up providers in a database of its own, kept between runs.

Hides: the private server and how it is set, how a million people are drawn at once and
loaded by COPY, and how a population that is there already is told from one of another
recipe or one that was never finished. Only sources are loaded; what is derived from
them is left to the application's own code, but for free time, which is computed here in
bulk and then held against the application's.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import struct
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql
from rich import progress as bars
from rich.console import Console
from sqlalchemy import URL, Engine, make_url, text
from sqlalchemy.orm import Session

from benchmarks import places
from benchmarks.places import Floats, Ints
from infra.local import places as folders
from infra.local import servers
from jobbing_api import database, markets, providers, schema
from jobbing_api.markets import categories, local_time
from jobbing_api.matching import index
from jobbing_api.providers import free_time

_ROOT = Path(__file__).parent.parent
_FOLDER = _ROOT / ".local" / "bench" / "postgres"

#: What a provider takes on disk with everything that belongs to them and the search
#: index, and what a server takes without anybody.
_BYTES_A_PROVIDER = 16_000
_EMPTY_MB = 1_000

#: Rows that are drawn and sent at a time.
_CHUNK = 25_000

#: Kept as text by COPY for "nothing here".
_NULL = "\\N"

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

#: A slot holds a visit of at most two hours and the buffer to the next.
_SLOT_S = 150 * _MINUTE
_VISIT_S = 135 * _MINUTE

#: Nobody can sign in here: this is no hash of any password.
_PASSWORD_HASH = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5$bm9ib2R5"

#: A column of a chunk, and a chunk of a table: equally long columns.
_Column = Sequence[str]
_Chunk = Sequence[_Column]


@dataclass(frozen=True, kw_only=True, slots=True)
class Population:
    """People who are there. ``database.transaction()`` leads to them while it lasts."""

    providers: int
    engine: Engine
    url: URL
    market_id: uuid.UUID
    #: The instant everything happens at, UTC.
    now: datetime
    #: Which recipe the people were drawn by: SHA-256, hex.
    recipe: str
    #: How long it took to load them, None if they were there already.
    loaded_s: float | None


@contextlib.contextmanager
def prepared(providers: int, *, progress: bool) -> Iterator[Population]:
    """So many providers over France, on a private server that runs as long as the block.

    Loaded if no finished population of this size and recipe is there, which takes
    minutes for a million. ``progress`` tells whoever waits. Raises Trouble (infra.local)
    when PostgreSQL is missing, the disk too full, or another run is using the server.
    """
    if not 1 <= providers < 2**31:
        raise ValueError("a population has at least one provider and fewer than 2**31")
    waiting = _Waiting(progress)
    with servers.Postgres(_FOLDER, durable=False, settings=_settings()) as server:
        name = f"bench_{providers}"
        url = make_url(server.url).set(drivername="postgresql+psycopg", database=name)
        began_at = time.monotonic()
        wanted = _mark(providers)
        found = _found(server, name)
        loads, derives = found.get("sources") != wanted["sources"], found != wanted
        if loads:
            needed_mb = _EMPTY_MB + providers * _BYTES_A_PROVIDER // 1_000_000
            folders.require_space(_FOLDER, needed_mb, f"a population of {providers:,}")
            server.query(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            server.query(f"CREATE DATABASE {name}")
        engine = database.connect(url)
        try:
            with waiting.over(f"{providers:,} providers in {name}", needed=derives):
                if loads:
                    _load(engine, url, providers, waiting)
                    _comment(server, name, {"sources": wanted["sources"]})
                if derives:
                    _derive(url, providers, waiting)
                    _comment(server, name, wanted)
            yield Population(
                providers=providers,
                engine=engine,
                url=url,
                market_id=places.id_of("market", 0),
                now=places.now(),
                recipe=wanted["sources"],
                loaded_s=time.monotonic() - began_at if derives else None,
            )
        finally:
            engine.dispose()


# The server, and what is on it ------------------------------------------------------------


def _settings() -> dict[str, str]:
    """For a machine with 24 GiB and two cores, or what a smaller one can give."""
    memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return {
        "shared_buffers": f"{min(6144, memory_mb // 4)}MB",
        "effective_cache_size": f"{memory_mb // 2}MB",
        "maintenance_work_mem": f"{min(1024, memory_mb // 16)}MB",
        "max_wal_size": "16GB",
        "checkpoint_timeout": "30min",
        "random_page_cost": "1.1",
        # Nobody follows this server: what is loaded into an empty table needs no log.
        "wal_level": "minimal",
        "max_wal_senders": "0",
    }


def _mark(providers: int) -> dict[str, str]:
    """What a finished population says of itself: by what its sources were drawn, and by
    what code the rest was derived from them."""
    sources = hashlib.sha256(json.dumps([providers, places.recipe()], default=str).encode())
    sources.update(json.dumps([markets.default_rules(of) for of in ("now", "scheduled")]).encode())
    sources.update(json.dumps(categories.listed()).encode())
    files = [Path(__file__), Path(places.__file__)]
    # The text of the migrations too: one that is still being written keeps its number.
    versions = Path(schema.__file__).parent / "migrations" / "versions"
    files += sorted(file for file in versions.iterdir() if file.suffix in (".py", ".sql"))
    for file in files:
        sources.update(file.read_bytes())
    derived = hashlib.sha256(Path(index.__file__).read_bytes())
    return {"sources": sources.hexdigest(), "index": derived.hexdigest()}


def _found(server: servers.Postgres, name: str) -> dict[str, str]:
    """What the database called ``name`` says of itself; nothing if it is not there."""
    comment = server.query(
        f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'"
    )
    marks: dict[str, str] = json.loads(comment) if comment else {}
    return marks


def _comment(server: servers.Postgres, name: str, mark: Mapping[str, str]) -> None:
    server.query(f"COMMENT ON DATABASE {name} IS '{json.dumps(dict(mark))}'")


class _Waiting:
    """Whoever waits: a bar for each step on a terminal, else one line in all."""

    def __init__(self, told: bool) -> None:
        self._told = told
        self._console = Console(highlight=False)
        self._bars: bars.Progress | None = None

    @contextlib.contextmanager
    def over(self, what: str, *, needed: bool) -> Iterator[None]:
        """All of the waiting; says nothing where it is not ``needed``."""
        if not (self._told and needed):
            yield
        elif not self._console.is_terminal:
            self._console.print(f"Loading {what}: minutes for a million.", soft_wrap=True)
            yield
        else:
            columns = (
                bars.TextColumn("{task.description}"),
                bars.BarColumn(bar_width=30),
                bars.MofNCompleteColumn(),
                bars.TimeElapsedColumn(),
            )
            with bars.Progress(*columns, console=self._console) as self._bars:
                yield
            self._bars = None

    @contextlib.contextmanager
    def step(self, what: str, total: int = 1) -> Iterator[Callable[[int], None]]:
        """One step: the block calls what it is given with how much more is done."""
        if self._bars is None:
            yield lambda more: None
            return
        shown, task = self._bars, self._bars.add_task(what, total=total)
        yield lambda more: shown.advance(task, more)
        shown.update(task, completed=total)
        shown.stop_task(task)


# Everybody at once ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _People:
    """What several tables need to know of the providers, by their numbers.

    Arrays of (providers,), but for ``skills``: (rows,), the categories of the first
    provider, then those of the second, ..., where ``first_skill`` says.
    """

    count: int
    ids: npt.NDArray[np.object_]
    lons: Floats
    lats: Floats
    #: Which of ``_weeks()`` each keeps.
    week: Ints
    #: Since when they are members, seconds since 1970.
    since_s: Ints
    skills: Ints
    first_skill: Ints
    skill_count: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class _Visits:
    """Visits ahead, arrays of (visits,): whose, when (seconds since 1970) and where."""

    owner: Ints
    starts_s: Ints
    ends_s: Ints
    lons: Floats
    lats: Floats

    def __len__(self) -> int:
        return len(self.owner)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Facts:
    """Entries of records, arrays of (entries,), in the order in which they happened."""

    owner: Ints
    kind: npt.NDArray[np.str_]
    at_s: Ints
    urgency: npt.NDArray[np.str_]
    subject: Ints
    #: Zero where nothing was rated.
    stars: Ints

    def __len__(self) -> int:
        return len(self.owner)


def _now_s() -> int:
    return int(places.now().timestamp())


def _time_zone() -> str:
    name: str = places.recipe()["market"]["time_zone"]
    return name


@functools.cache
def _weeks() -> list[tuple[float, list[local_time.Stretch]]]:
    """The weeks of the recipe, each with its share."""
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

    def days(spoken: str) -> list[int]:
        if "-" in spoken:
            first, last = (names.index(name) for name in spoken.split("-"))
            return list(range(first, last + 1))
        return [names.index(name) for name in spoken.split(",")]

    def minute(clock: str) -> int:
        hour, past = clock.split(":")
        return 60 * int(hour) + int(past)

    def stretches(spoken: str) -> Iterator[local_time.Stretch]:
        for part in filter(None, spoken.split(";")):
            which, *hours = part.split()
            for day in days(which):
                for between in hours:
                    from_, to = between.split("-")
                    yield local_time.Stretch(day, minute(from_), minute(to))

    return [
        (share, sorted(stretches(spoken)))
        for group in places.recipe()["weeks"]
        for share, spoken in group["weeks"]
    ]


def _people(count: int) -> _People:
    recipe = places.recipe()["providers"]
    lons, lats = places.drawn(places.dice("providers: places"), count)
    shares = [share for share, _ in _weeks()]
    since_days = recipe["member_since_days"]
    skill_count = 1 + places.weighed(
        places.dice("providers: number of skills"), recipe["skills"], count
    )
    return _People(
        count=count,
        ids=np.array(places.id_texts("provider", range(count)), dtype=object),
        lons=lons,
        lats=lats,
        week=places.weighed(places.dice("providers: weeks"), shares, count),
        since_s=_now_s() - places.dice("providers: since").integers(_DAY, since_days * _DAY, count),
        skills=_skills_of(skill_count),
        first_skill=np.cumsum(skill_count) - skill_count,
        skill_count=skill_count,
    )


def _skills_of(skill_count: Ints) -> Ints:
    """Different categories for each, as many as wanted: who draws the highest of Gumbel's
    numbers shifted by the logarithms of weights draws without putting back (Yellott 1977)."""
    chance = places.dice("providers: skills")
    shares: Mapping[str, float] = places.recipe()["categories"]
    numbers = {entry["slug"]: entry["id"] for entry in categories.listed()}
    ids = np.array([numbers[slug] for slug in shares])
    logs = np.log(list(shares.values()))
    parts: list[Ints] = []
    for span in _spans(len(skill_count)):
        wanted = skill_count[span]
        keys = logs + chance.gumbel(size=(len(wanted), len(logs)))
        most = int(skill_count.max())
        best = np.argsort(-keys, axis=1)[:, :most]
        parts.append(ids[best][np.arange(most) < wanted[:, None]])
    return np.concatenate(parts)


def _any_skill(people: _People, owner: Ints, chance: np.random.Generator) -> Ints:
    """One of their own categories for each of ``owner``."""
    pick = (chance.random(len(owner)) * people.skill_count[owner]).astype(np.int64)
    category: Ints = people.skills[people.first_skill[owner] + pick]
    return category


def _visits(people: _People) -> _Visits:
    """Visits inside working hours, never two within a quarter of an hour."""
    recipe = places.recipe()["providers"]["bookings"]
    chance = places.dice("bookings")
    some = chance.random(people.count) < recipe["some"]
    wanted = chance.integers(1, recipe["at_most"] + 1, people.count)
    until = places.now() + timedelta(days=recipe["ahead_days"])
    owners, opens, rooms = [], [], []
    for number, (_, week) in enumerate(_weeks()):
        slots = [
            (start, min(_VISIT_S, end - start))
            for stretch_start, end in _seconds(week, places.now() + timedelta(hours=1), until)
            # Room for an hour and for not beginning on the dot.
            for start in range(stretch_start, end - 75 * _MINUTE + 1, _SLOT_S)
        ]
        who = np.flatnonzero(some & (people.week == number))
        if not slots or not len(who):
            continue
        order = np.argsort(chance.random((len(who), len(slots))), axis=1)[:, : recipe["at_most"]]
        taken = np.arange(order.shape[1]) < wanted[who][:, None]
        owners.append(np.repeat(who, taken.sum(axis=1)))
        opens.append(np.array([start for start, _ in slots])[order][taken])
        rooms.append(np.array([room for _, room in slots])[order][taken])
    empty = [np.zeros(0, dtype=np.int64)]
    owner, starts_s, room_s = (np.concatenate(one or empty) for one in (owners, opens, rooms))
    order = np.lexsort((starts_s, owner))
    owner, starts_s, room_s = owner[order], starts_s[order], room_s[order]
    late_s = chance.integers(0, 2, len(owner)) * 15 * _MINUTE
    length_s = np.minimum(chance.choice(recipe["minutes"], len(owner)) * _MINUTE, room_s - late_s)
    lons, lats = places.within(chance, people.lons[owner], people.lats[owner], recipe["within_m"])
    return _Visits(
        owner=owner,
        starts_s=starts_s + late_s,
        ends_s=starts_s + late_s + length_s,
        lons=lons,
        lats=lats,
    )


def _seconds(
    week: Iterable[local_time.Stretch], from_: datetime, to: datetime
) -> list[tuple[int, int]]:
    """The stretches of a repeated week as seconds since 1970."""
    return [
        (int(stretch.lower.timestamp()), int(stretch.upper.timestamp()))
        for stretch in local_time.weekly_stretches(week, _time_zone(), from_, to)
        if stretch.lower is not None and stretch.upper is not None
    ]


def _facts(people: _People) -> _Facts:
    """Everybody's record, and today's offers."""
    recipe = places.recipe()["providers"]["record"]
    chance = places.dice("record")
    mu = np.log(recipe["mean"]) - recipe["spread"] ** 2 / 2
    number = np.rint(chance.lognormal(mu, recipe["spread"], people.count)).clip(
        1, recipe["at_most"]
    )
    number[chance.random(people.count) < recipe["none"]] = 0
    owner = np.repeat(np.arange(people.count), number.astype(np.int64))
    count = len(owner)
    kinds, urgencies = recipe["kinds"], recipe["urgencies"]
    kind = np.array(list(kinds))[places.weighed(chance, list(kinds.values()), count)]
    urgency = np.array(list(urgencies))[places.weighed(chance, list(urgencies.values()), count)]
    days = np.where(
        np.isin(kind, ["answered", "unanswered"]), recipe["answers_days"], recipe["visits_days"]
    )
    # Nothing happens before somebody is a member, or within this last minute.
    longest_s = np.minimum(days * _DAY, _now_s() - people.since_s[owner])
    ago_s = _MINUTE + (chance.random(count) * (longest_s - _MINUTE)).astype(np.int64)
    usual = chance.normal(recipe["stars_mean"], recipe["stars_between_people"], people.count)
    felt = chance.normal(usual[owner], recipe["stars_between_visits"])
    past = _Facts(
        owner=owner,
        kind=kind,
        at_s=_now_s() - ago_s,
        urgency=urgency,
        subject=np.arange(count),
        stars=np.where(kind == "rated", np.rint(felt).clip(1, 5), 0).astype(np.int64),
    )
    asked, closed = _offers_of_today(people, first_subject=count)
    order = np.argsort(np.concatenate([past.at_s, asked.at_s, closed.at_s]), kind="stable")
    parts = (past, asked, closed)
    return _Facts(
        owner=np.concatenate([part.owner for part in parts])[order],
        kind=np.concatenate([part.kind for part in parts])[order],
        at_s=np.concatenate([part.at_s for part in parts])[order],
        urgency=np.concatenate([part.urgency for part in parts])[order],
        subject=np.concatenate([part.subject for part in parts])[order],
        stars=np.concatenate([part.stars for part in parts])[order],
    )


def _offers_of_today(people: _People, *, first_subject: int) -> tuple[_Facts, _Facts]:
    """Who was asked this morning, and how some of it ended."""
    recipe = places.recipe()["providers"]["record"]
    chance = places.dice("offers of today")
    draw = chance.random(people.count)
    is_open = draw < recipe["open_today"]
    is_closed = ~is_open & (draw < recipe["open_today"] + recipe["closed_today"])
    number = np.where(
        is_open,
        chance.integers(1, recipe["open_today_at_most"] + 1, people.count),
        np.where(
            is_closed, chance.integers(1, recipe["closed_today_at_most"] + 1, people.count), 0
        ),
    )
    owner = np.repeat(np.arange(people.count), number)
    count = len(owner)
    # Since half past seven in the morning at the earliest, where nobody is woken.
    local_now = places.now().astimezone(local_time.zone(_time_zone()))
    waking_s = max(_HOUR, int(timedelta(hours=local_now.hour - 7.5).total_seconds()))
    asked = _Facts(
        owner=owner,
        kind=np.full(count, "asked"),
        at_s=_now_s() - chance.integers(5 * _MINUTE, waking_s, count),
        urgency=np.where(chance.random(count) < 0.3, "now", "scheduled"),
        subject=first_subject + np.arange(count),
        stars=np.zeros(count, dtype=np.int64),
    )
    done = np.flatnonzero(is_closed[owner])
    endings = ["answered", "unanswered", "withdrawn"]
    waited = chance.random(len(done)) * (_now_s() - asked.at_s[done])
    closed = _Facts(
        owner=owner[done],
        kind=np.array(endings)[places.weighed(chance, [0.6, 0.3, 0.1], len(done))],
        at_s=asked.at_s[done] + waited.astype(np.int64),
        urgency=asked.urgency[done],
        subject=asked.subject[done],
        stars=np.zeros(len(done), dtype=np.int64),
    )
    return asked, closed


# Tables as text ---------------------------------------------------------------------------


def _spans(count: int) -> Iterator[slice]:
    for first in range(0, count, _CHUNK):
        yield slice(first, min(first + _CHUNK, count))


def _numbers(values: Ints) -> list[str]:
    return list(map(str, values.tolist()))


def _instants(seconds: Ints) -> list[str]:
    texts: list[str] = np.datetime_as_string(
        seconds.astype("datetime64[s]"), timezone="UTC"
    ).tolist()
    return texts


def _ranges(starts_s: Ints, ends_s: Ints) -> list[str]:
    both = zip(_instants(starts_s), _instants(ends_s), strict=True)
    return [f"[{start},{end})" for start, end in both]


def _points(lons: Floats, lats: Floats) -> list[str]:
    """Well-known binary with SRID, little-endian, as hex: what PostGIS itself writes."""
    digits = np.column_stack((lons, lats)).astype("<f8").tobytes().hex()
    return ["0101000020e6100000" + digits[at : at + 32] for at in range(0, len(digits), 32)]


def _polygon(lons: Floats, lats: Floats) -> str:
    """As ``_points``, for a ring that closes itself."""
    ring = np.column_stack((np.append(lons, lons[0]), np.append(lats, lats[0])))
    head = struct.pack("<BIIII", 1, 0x20000003, 4326, 1, len(ring))
    return (head + ring.astype("<f8").tobytes()).hex()


def _set(names: Sequence[str], has: npt.NDArray[np.bool_]) -> list[str]:
    """Text arrays: the ``names`` for which a row of ``has`` (rows, names) says yes."""
    sets = has @ (1 << np.arange(len(names)))
    written = {
        bits: "{" + ",".join(n for at, n in enumerate(names) if bits >> at & 1) + "}"
        for bits in np.unique(sets).tolist()
    }
    return [written[bits] for bits in sets.tolist()]


def _where(has: npt.NDArray[np.bool_], texts: Sequence[str]) -> list[str]:
    """The texts where there is something, nothing elsewhere."""
    return [one if yes else _NULL for yes, one in zip(has.tolist(), texts, strict=True)]


def _account_chunks(people: _People) -> Iterator[_Chunk]:
    chance = places.dice("accounts")
    share = places.recipe()["providers"]["suspended"]
    for span in _spans(people.count):
        numbers = range(span.start, span.stop)
        since = _instants(people.since_s[span])
        suspended = chance.random(len(numbers)) < share
        yield (
            people.ids[span].tolist(),
            [f"provider-{number}@bench.example" for number in numbers],
            [f"Provider {number}" for number in numbers],
            _where(suspended, _instants(_now_s() - chance.integers(0, 90 * _DAY, len(numbers)))),
            since,
            since,
        )
    residents = range(places.recipe()["residents"])
    since = _instants(np.full(len(residents), _now_s() - 400 * _DAY))
    yield (
        places.id_texts("resident", residents),
        [f"resident-{number}@bench.example" for number in residents],
        [f"Resident {number}" for number in residents],
        [_NULL] * len(residents),
        since,
        since,
    )


def _role_chunks(people: _People) -> Iterator[_Chunk]:
    for span in _spans(people.count):
        yield people.ids[span].tolist(), ["provider"] * (span.stop - span.start)
    residents = range(places.recipe()["residents"])
    yield places.id_texts("resident", residents), ["resident"] * len(residents)


def _draft_chunks(people: _People) -> Iterator[_Chunk]:
    """Profiles without their free time."""
    recipe = places.recipe()["providers"]
    chance = places.dice("profiles")
    tools, languages = recipe["tools"], recipe["languages"]
    reach = recipe["reach"]
    for span in _spans(people.count):
        count = span.stop - span.start
        metres = np.rint(chance.lognormal(np.log(reach["median_m"]), reach["spread"], count) / 500)
        reach_m = (500 * metres).clip(*reach["bounds_m"]).astype(np.int64)
        kind = chance.random(count)
        far = kind < reach["far"]
        nearest, farthest = reach["far_m"]
        reach_m[far] = chance.integers(nearest, farthest, int(far.sum()))
        drawn = (kind >= reach["far"]) & (kind < reach["far"] + reach["area"])
        areas = [_NULL] * count
        for at in np.flatnonzero(drawn).tolist():
            home = people.lons[span.start + at], people.lats[span.start + at]
            areas[at] = _area(chance, home, reach)
        minimum, weights = zip(*recipe["minimum_visit_cents"], strict=True)
        yield (
            people.ids[span].tolist(),
            _points(people.lons[span], people.lats[span]),
            _where(~drawn, _numbers(reach_m)),
            areas,
            _numbers(np.array(minimum)[places.weighed(chance, weights, count)]),
            _set(sorted(languages), chance.random((count, len(languages))) < _sorted(languages)),
            _set(sorted(tools), chance.random((count, len(tools))) < _sorted(tools)),
            _where(
                chance.random(count) < recipe["identity_checked"],
                _instants(people.since_s[span] + _HOUR),
            ),
            _instants(people.since_s[span]),
            _numbers(people.week[span]),
        )


def _sorted(shares: Mapping[str, float]) -> Floats:
    """The shares in the order of their names."""
    return np.array([shares[name] for name in sorted(shares)])


def _area(chance: np.random.Generator, home: tuple[float, float], reach: Mapping[str, Any]) -> str:
    """A drawn area around ``home``: corners in turn around it, so that no lines cross."""
    low, high = reach["area_corners"]
    corners = int(chance.integers(low, high + 1))
    angle = 2 * np.pi * (np.arange(corners) + 0.8 * chance.random(corners)) / corners
    size_m = float(chance.lognormal(np.log(reach["median_m"]), reach["spread"]))
    size_m = min(max(size_m, reach["bounds_m"][0]), reach["bounds_m"][1])
    away_m = size_m * chance.uniform(0.6, 1.2, corners)
    lon, lat = (np.full(corners, degrees) for degrees in home)
    return _polygon(*places.moved(lon, lat, away_m * np.cos(angle), away_m * np.sin(angle)))


def _skill_chunks(people: _People) -> Iterator[_Chunk]:
    recipe = places.recipe()["providers"]
    chance = places.dice("prices")
    kinds = ("hourly", "flat", "quote")
    usual = np.zeros(1 + max(entry["id"] for entry in categories.listed()), dtype=np.int64)
    for entry in categories.listed():
        usual[entry["id"]] = kinds.index(entry["price_kind"])
    owner = np.repeat(np.arange(people.count), people.skill_count)
    fees, weights = zip(*recipe["call_out_fee_cents"], strict=True)
    for span in _spans(len(owner)):
        count = span.stop - span.start
        other = chance.random(count) >= recipe["usual_price_kind"]
        step = np.where(other, chance.integers(1, len(kinds), count), 0)
        kind = (usual[people.skills[span]] + step) % len(kinds)
        hourly, flat = (
            100 * chance.integers(low // 100, high // 100 + 1, count)
            for low, high in (recipe["hourly_cents"], recipe["flat_cents"])
        )
        yield (
            people.ids[owner[span]].tolist(),
            _numbers(people.skills[span]),
            [kinds[one] for one in kind.tolist()],
            _where(kind < 2, _numbers(np.where(kind == 0, hourly, flat))),
            _numbers(np.array(fees)[places.weighed(chance, weights, count)]),
        )


def _exception_chunks(people: _People) -> Iterator[_Chunk]:
    """Holidays of whole local days, and now and then a day somebody offers beside them."""
    recipe = places.recipe()["providers"]["exceptions"]
    chance = places.dice("exceptions")
    who = np.flatnonzero(chance.random(people.count) < recipe["some"])
    owner = np.repeat(who, 1 + (chance.random(len(who)) < recipe["two"]))
    count = len(owner)
    zone = local_time.zone(_time_zone())
    today = places.now().astimezone(zone).date()
    longest = recipe["holiday_days_at_most"]
    last = recipe["ahead_days_at_most"]
    midnights_s = np.array(
        [
            int(local_time.instant(today + timedelta(days=ahead), 0, zone).timestamp())
            for ahead in range(-longest, last + longest + 1)
        ]
    )
    available = chance.random(count) < recipe["available"]
    # A holiday may have begun already; an extra day lies ahead.
    first = longest + np.where(
        available, chance.integers(1, last, count), chance.integers(-longest // 2, last, count)
    )
    holiday_ends_s = midnights_s[first + chance.integers(1, longest + 1, count)]
    opens_s = midnights_s[first] + _HOUR * chance.integers(8, 17, count)
    extra_ends_s = opens_s + _HOUR * chance.integers(2, 7, count)
    for span in _spans(count):
        free = available[span]
        yield (
            places.id_texts("exception", range(span.start, span.stop)),
            people.ids[owner[span]].tolist(),
            _ranges(
                np.where(free, opens_s[span], midnights_s[first[span]]),
                np.where(free, extra_ends_s[span], holiday_ends_s[span]),
            ),
            ["t" if one else "f" for one in free.tolist()],
        )


def _paper_chunks(people: _People) -> Iterator[_Chunk]:
    recipe = places.recipe()["providers"]["papers"]
    chance = places.dice("papers")
    who = np.flatnonzero(chance.random(people.count) < recipe["some"])
    most = recipe["at_most"]
    number = chance.integers(1, most + 1, len(who))
    kinds = np.argsort(chance.random((len(who), len(recipe["kinds"]))), axis=1)[:, :most]
    kind = kinds[np.arange(most) < number[:, None]]
    owner = np.repeat(who, number)
    for span in _spans(len(owner)):
        count = span.stop - span.start
        # Of a member since yesterday too: no paper is older than the membership.
        verified_s = people.since_s[owner[span]] + chance.integers(0, _DAY, count)
        ahead_s = chance.integers(30 * _DAY, 700 * _DAY, count)
        expired = chance.random(count) < recipe["expired"]
        yield (
            places.id_texts("paper", range(span.start, span.stop)),
            people.ids[owner[span]].tolist(),
            [recipe["kinds"][one] for one in kind[span].tolist()],
            _instants(verified_s),
            _instants(_now_s() + np.where(expired, -ahead_s // 20, ahead_s)),
        )


def _job_chunks(people: _People, visits: _Visits) -> Iterator[_Chunk]:
    """The jobs the visits belong to: assigned, at the very hours that are booked."""
    chance = places.dice("jobs")
    category = _any_skill(people, visits.owner, chance)
    resident = chance.integers(0, places.recipe()["residents"], len(visits))
    for span in _spans(len(visits)):
        count = span.stop - span.start
        starts, ends = _instants(visits.starts_s[span]), _instants(visits.ends_s[span])
        posted = _instants(_now_s() - chance.integers(_HOUR, 10 * _DAY, count))
        yield (
            places.id_texts("job", range(span.start, span.stop)),
            places.id_texts("resident", resident[span].tolist()),
            _numbers(category[span]),
            _points(visits.lons[span], visits.lats[span]),
            starts,
            ends,
            _numbers((visits.ends_s[span] - visits.starts_s[span]) // _MINUTE),
            posted,
            posted,
            people.ids[visits.owner[span]].tolist(),
            starts,
            ends,
            posted,
        )


def _booking_chunks(people: _People, visits: _Visits) -> Iterator[_Chunk]:
    for span in _spans(len(visits)):
        numbers = range(span.start, span.stop)
        yield (
            places.id_texts("booking", numbers),
            people.ids[visits.owner[span]].tolist(),
            places.id_texts("job", numbers),
            _ranges(visits.starts_s[span], visits.ends_s[span]),
            _points(visits.lons[span], visits.lats[span]),
        )


def _presence_chunks(people: _People) -> Iterator[_Chunk]:
    recipe = places.recipe()["providers"]["presences"]
    chance = places.dice("presences")
    draw = chance.random(people.count)
    owner = np.flatnonzero(draw < recipe["online"] + recipe["offline"])
    online = draw[owner] < recipe["online"]
    seen = chance.random(len(owner))
    fresh = online & (seen < recipe["fresh"])
    stale = online & ~fresh & (seen < recipe["fresh"] + recipe["stale"])
    lons, lats = places.within(chance, people.lons[owner], people.lats[owner], recipe["within_m"])
    ago_s = np.where(
        stale,
        chance.integers(11 * _MINUTE, 60 * _MINUTE, len(owner)),
        chance.integers(0, 9 * _MINUTE, len(owner)),
    )
    changed_s = np.where(
        online,
        chance.integers(_HOUR, 6 * _HOUR, len(owner)),
        chance.integers(0, 30 * _DAY, len(owner)),
    )
    for span in _spans(len(owner)):
        placed = (fresh | stale)[span]
        yield (
            people.ids[owner[span]].tolist(),
            ["t" if one else "f" for one in online[span].tolist()],
            _where(placed, _points(lons[span], lats[span])),
            _where(placed, _instants(_now_s() - ago_s[span])),
            _instants(_now_s() - changed_s[span]),
        )


def _fact_chunks(people: _People, facts: _Facts) -> Iterator[_Chunk]:
    chance = places.dice("facts")
    # What is known of a subject once is known of it always.
    of_subject = np.zeros(int(facts.subject.max(initial=0)) + 1, dtype=np.int64)
    of_subject[facts.subject] = _any_skill(people, facts.owner, chance)
    for span in _spans(len(facts)):
        stars = facts.stars[span]
        yield (
            places.id_texts("fact", range(span.start, span.stop)),
            people.ids[facts.owner[span]].tolist(),
            _numbers(of_subject[facts.subject[span]]),
            facts.kind[span].tolist(),
            _instants(facts.at_s[span]),
            facts.urgency[span].tolist(),
            places.id_texts("subject", facts.subject[span].tolist()),
            _where(stars > 0, _numbers(stars)),
        )


def _block_chunks(people: _People) -> Iterator[_Chunk]:
    chance = places.dice("blocks")
    pairs = min(places.recipe()["blocks"]["pairs"], people.count)
    residents = places.recipe()["residents"]
    pair = chance.choice(people.count * residents, size=pairs, replace=False)
    providers_ = people.ids[pair // residents].tolist()
    asking = places.id_texts("resident", (pair % residents).tolist())
    turned = (chance.random(pairs) < 0.5).tolist()
    yield (
        [b if turn else a for turn, a, b in zip(turned, asking, providers_, strict=True)],
        [a if turn else b for turn, a, b in zip(turned, asking, providers_, strict=True)],
        _instants(_now_s() - chance.integers(0, 300 * _DAY, pairs)),
    )


# Loading ----------------------------------------------------------------------------------

_TABLES = (
    "accounts",
    "account_roles",
    "blocks",
    "providers",
    "skills",
    "weekly_hours",
    "calendar_exceptions",
    "papers",
    "presences",
    "jobs",
    "bookings",
    "record_entries",
)

#: (weekly hours + exceptions) - bookings, as jobbing_api/providers/free_time.py has it,
#: for everybody in one statement: each of the few weeks is written out once.
_PROFILES = """
    INSERT INTO providers (
        account_id, market_id, headline, base, reach_m, reach_area, minimum_visit_cents,
        currency, languages, tools, time_zone, calendar_confirmed_at, identity_checked_at,
        free_time, free_until, created_at, version, calendar_version
    )
    SELECT d.account_id, %(market_id)s, 'Odd jobs', d.base, d.reach_m, d.reach_area,
           d.minimum_visit_cents, %(currency)s, d.languages, d.tools, %(time_zone)s,
           d.created_at, d.identity_checked_at,
           (
               (week.stretches + coalesce(marked.available, '{}'))
               - coalesce(marked.unavailable, '{}')
               - coalesce(booked.stretches, '{}')
           ) * tstzmultirange(tstzrange(%(since)s, %(until)s)),
           %(until)s, d.created_at, 1, 1
    FROM draft d
    JOIN weeks week ON week.number = d.week
    LEFT JOIN (
        SELECT provider_id,
               range_agg(during) FILTER (WHERE available) AS available,
               range_agg(during) FILTER (WHERE NOT available) AS unavailable
        FROM calendar_exceptions
        GROUP BY provider_id
    ) marked ON marked.provider_id = d.account_id
    LEFT JOIN (
        SELECT provider_id,
               range_agg(tstzrange(lower(during) - make_interval(mins => buffer_minutes),
                                   upper(during) + make_interval(mins => buffer_minutes)))
                   AS stretches
        FROM bookings
        WHERE released_at IS NULL
        GROUP BY provider_id
    ) booked ON booked.provider_id = d.account_id
"""

_HOURS = """
    INSERT INTO weekly_hours (provider_id, weekday, from_minute, to_minute)
    SELECT d.account_id, h.weekday, h.from_minute, h.to_minute
    FROM draft d
    JOIN week_hours h ON h.number = d.week
"""


def _load(engine: Engine, url: URL, count: int, waiting: _Waiting) -> None:
    """Everything into an empty database; only a finished transaction leaves anything."""
    schema.migrate(engine)
    _open_market()
    with waiting.step("Drawing"):
        people = _people(count)
        visits = _visits(people)
    with _plainly(url) as connection, connection.cursor() as cursor:
        # No trigger may do for each row what is done once for all of them afterwards, and
        # no foreign key needs looking up: all of them are of our own making.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        # Into a table that is emptied in the same transaction rows go without a log.
        names = sql.SQL(", ").join(map(sql.Identifier, _TABLES))
        cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
        # Keys and indexes are built in one go afterwards, several times faster than row by
        # row: until REINDEX, the catalogue says they are not to be kept up.
        cursor.execute(
            "UPDATE pg_index SET indisready = false, indisvalid = false"
            " WHERE indrelid = ANY(%s::regclass[])",
            [list(_TABLES)],
        )

        for copy in _copies(people, visits):
            _copy(cursor, copy, waiting)
        cursor.execute(
            "CREATE TEMPORARY TABLE draft ("
            " account_id uuid, base geography, reach_m int, reach_area geography,"
            " minimum_visit_cents int, languages text[], tools text[],"
            " identity_checked_at timestamptz, created_at timestamptz, week int)"
        )
        _copy(cursor, _drafts(people), waiting)
        with waiting.step("Calendars"):
            _calendars(cursor)
        with waiting.step("Keys and indexes", len(_TABLES)) as advance:
            for table in _TABLES:
                cursor.execute(sql.SQL("REINDEX TABLE {}").format(sql.Identifier(table)))
                advance(1)
    with waiting.step("Statistics"), _plainly(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    _check_free_time(engine, count)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Copy:
    """One table's rows as text: what differs in ``chunks``, what does not in ``same``."""

    what: str
    table: str
    columns: Sequence[str]
    chunks: Iterator[_Chunk]
    #: About how many, for whoever waits.
    rows: int
    same: Mapping[str, str]


def _copy(cursor: psycopg.Cursor[Any], copy: _Copy, waiting: _Waiting) -> None:
    columns = map(sql.Identifier, (*copy.columns, *copy.same))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(copy.table), sql.SQL(", ").join(columns)
    )
    end = "".join(f"\t{value}" for value in copy.same.values()) + "\n"
    with waiting.step(copy.what, copy.rows) as advance, cursor.copy(statement) as stream:
        for chunk in copy.chunks:
            if chunk[0]:
                stream.write(end.join(map("\t".join, zip(*chunk, strict=True))) + end)
                advance(len(chunk[0]))


def _copies(people: _People, visits: _Visits) -> Iterator[_Copy]:
    """Every table but profiles and weekly hours, which are made from drafts."""
    market = places.recipe()["market"]
    market_id = str(places.id_of("market", 0))
    now = places.now().isoformat()
    everybody = people.count + places.recipe()["residents"]
    yield _Copy(
        what="Accounts",
        table="accounts",
        columns=("id", "email", "display_name", "suspended_at", "email_verified_at", "created_at"),
        chunks=_account_chunks(people),
        rows=everybody,
        same={"password_hash": _PASSWORD_HASH, "language": "fr", "version": "1"},
    )
    yield _Copy(
        what="Roles",
        table="account_roles",
        columns=("account_id", "role"),
        chunks=_role_chunks(people),
        rows=everybody,
        same={},
    )
    yield _Copy(
        what="Blocks",
        table="blocks",
        columns=("account_id", "blocked_account_id", "created_at"),
        chunks=_block_chunks(people),
        rows=places.recipe()["blocks"]["pairs"],
        same={},
    )
    yield _Copy(
        what="Skills",
        table="skills",
        columns=("provider_id", "category_id", "price_kind", "amount_cents", "call_out_fee_cents"),
        chunks=_skill_chunks(people),
        rows=len(people.skills),
        same={},
    )
    yield _Copy(
        what="Exceptions",
        table="calendar_exceptions",
        columns=("id", "provider_id", "during", "available"),
        chunks=_exception_chunks(people),
        rows=people.count // 14,
        same={},
    )
    yield _Copy(
        what="Papers",
        table="papers",
        columns=("id", "provider_id", "kind", "verified_at", "valid_until"),
        chunks=_paper_chunks(people),
        rows=people.count * 6 // 10,
        same={},
    )
    yield _Copy(
        what="Presences",
        table="presences",
        columns=("provider_id", "online", "position", "position_at", "changed_at"),
        chunks=_presence_chunks(people),
        rows=people.count // 5,
        same={},
    )
    yield _Copy(
        what="Jobs",
        table="jobs",
        columns=(
            *("id", "resident_id", "category_id", "location", "window_from", "window_to"),
            *("duration_minutes", "state_since", "round_opened_at", "provider_id"),
            *("starts_at", "ends_at", "created_at"),
        ),
        chunks=_job_chunks(people, visits),
        rows=len(visits),
        same={
            "market_id": market_id,
            "title": "An odd job",
            "brief": "{}",
            "address": "",
            "access_notes": "",
            "budget_kind": "fixed",
            "budget_cents": "6000",
            "currency": market["currency"],
            "mode": "instant",
            "urgency": "scheduled",
            "languages": "{}",
            "needs": "{}",
            "state": "assigned",
            "round": "1",
            "wave": "1",
            "version": "1",
        },
    )
    yield _Copy(
        what="Bookings",
        table="bookings",
        columns=("id", "provider_id", "job_id", "during", "place"),
        chunks=_booking_chunks(people, visits),
        rows=len(visits),
        same={
            "market_id": market_id,
            "buffer_minutes": str(places.recipe()["providers"]["bookings"]["buffer_minutes"]),
            "created_at": now,
        },
    )
    facts = _facts(people)
    yield _Copy(
        what="Records",
        table="record_entries",
        columns=(
            *("id", "provider_id", "category_id", "kind", "at", "urgency", "subject_id"),
            "stars",
        ),
        chunks=_fact_chunks(people, facts),
        rows=len(facts),
        same={"market_id": market_id},
    )


def _drafts(people: _People) -> _Copy:
    return _Copy(
        what="Profiles",
        table="draft",
        columns=(
            *("account_id", "base", "reach_m", "reach_area", "minimum_visit_cents"),
            *("languages", "tools", "identity_checked_at", "created_at", "week"),
        ),
        chunks=_draft_chunks(people),
        rows=people.count,
        same={},
    )


def _calendars(cursor: psycopg.Cursor[Any]) -> None:
    """Weekly hours and profiles with their free time, from the drafts."""
    market = places.recipe()["market"]
    since = places.now().replace(minute=0, second=0, microsecond=0)
    until = places.now() + free_time.HORIZON
    cursor.execute("CREATE TEMPORARY TABLE weeks (number int, stretches tstzmultirange)")
    cursor.execute(
        "CREATE TEMPORARY TABLE week_hours"
        " (number int, weekday smallint, from_minute smallint, to_minute smallint)"
    )
    for number, (_, week) in enumerate(_weeks()):
        stretches = np.array(_seconds(week, since, until), dtype=np.int64).reshape(-1, 2)
        cursor.execute(
            "INSERT INTO weeks VALUES (%s, %s::tstzmultirange)",
            [number, "{" + ",".join(_ranges(stretches[:, 0], stretches[:, 1])) + "}"],
        )
        cursor.executemany(
            "INSERT INTO week_hours VALUES (%s, %s, %s, %s)", [(number, *hours) for hours in week]
        )
    cursor.execute("ANALYZE draft, weeks, week_hours, calendar_exceptions, bookings")
    cursor.execute(
        _PROFILES,
        {
            "market_id": places.id_of("market", 0),
            "currency": market["currency"],
            "time_zone": _time_zone(),
            "since": since,
            "until": until,
        },
    )
    cursor.execute(_HOURS)


@contextlib.contextmanager
def _plainly(url: URL, *, autocommit: bool = False) -> Iterator[psycopg.Connection[Any]]:
    """A connection without the time limits the application sets; commits at the end."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(
        address, autocommit=autocommit, options="-c timezone=UTC -c jit=off"
    ) as connection:
        yield connection


def _open_market() -> None:
    """The one market, under an id that questions can be drawn with before it is there."""
    recipe = places.recipe()["market"]
    west, south, east, north = recipe["box"]
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    # Open, with its rules, since before the first of its providers came.
    since = places.now() - timedelta(days=places.recipe()["providers"]["member_since_days"] + 1)
    with database.transaction() as session:
        markets.sync_categories(session)
        market = markets.create_market(
            session,
            slug=recipe["slug"],
            name=recipe["name"],
            area={"type": "Polygon", "coordinates": [corners]},
            time_zone=recipe["time_zone"],
            currency=recipe["currency"],
            country=recipe["country"],
            now=since,
        )
        session.flush()
        # The policies' trigger lets no row be changed, not even by its first owner.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        ids = {"own": market.id, "wanted": places.id_of("market", 0)}
        session.execute(text("UPDATE markets SET id = :wanted WHERE id = :own"), ids)
        session.execute(text("UPDATE policies SET market_id = :wanted WHERE market_id = :own"), ids)


def _check_free_time(engine: Engine, count: int) -> None:
    """Let the application compute the free time of some anew: nothing may change.

    Raises RuntimeError if it does.
    """
    chance = places.dice("check")
    with Session(engine) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        some = {places.id_of("provider", one) for one in chance.integers(0, count, 200).tolist()}
        for table in ("bookings", "calendar_exceptions"):
            some.update(
                session.scalars(
                    # One of the two names above.
                    text(f"SELECT DISTINCT provider_id FROM {table} ORDER BY 1 LIMIT 200")
                )
            )
        look = text(
            "SELECT account_id, free_time::text, free_until FROM providers"
            " WHERE account_id = ANY(:ids) ORDER BY account_id"
        )
        before = session.execute(look, {"ids": list(some)}).all()
        providers.rebuild(session, some, now=places.now())
        after = session.execute(look, {"ids": list(some)}).all()
        session.rollback()
    if before != after:
        raise RuntimeError("the free time that was loaded is not what the application computes")


def _derive(url: URL, count: int, waiting: _Waiting) -> None:
    """What the application keeps beside the sources, by its own code."""
    with waiting.step("Search index", count) as advance, database.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        # A plan for any number of people reads all of them for each batch.
        session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
        told = 0

        def tell(done: int, _total: int) -> None:
            nonlocal told
            advance(done - told)
            told = done

        index.rebuild(session, now=places.now(), tell=tell)
    with waiting.step("Tidying up"), _plainly(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
