"""Imaginary towns for the ranking to be tried on: people, calendars, records, requests.

A world is a handful of drawn values; everything in it follows from its seed, person by
person, so that a smaller world of the same seed holds the same first people. Times
lie on coarse grids on purpose: what is equal to the second is where rules go wrong.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
from hypothesis import strategies as st
from psycopg.types.range import TimestamptzRange
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import markets, matching, providers
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.providers import models as providers_models
from tests import oracle

LonLat = tuple[float, float]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_SPHERE_M = 6_371_008.77

CATEGORIES = ("gutter-cleaning", "lawn-mowing", "leak-repair")


class Setting(NamedTuple):
    """Somewhere with its clocks, and days on which they change (or do not)."""

    slug: str
    centre: LonLat
    #: West, south, east, north of the market; west > east crosses the antimeridian.
    box: tuple[float, float, float, float]
    time_zone: str
    #: Whose calendars people here may keep; the market's own is the first.
    zones: tuple[str, ...]
    days: tuple[date, ...]


SETTINGS = (
    Setting(
        "paris-time",
        (2.35, 48.85),
        (1.5, 48.2, 3.2, 49.5),
        "Europe/Paris",
        ("Europe/Paris", "Europe/Paris", "America/Martinique"),
        (date(2026, 10, 25), date(2026, 3, 29), date(2026, 6, 3)),
    ),
    # Both sides of the antimeridian; Chatham's clocks change by an hour from +12:45.
    Setting(
        "taveuni",
        (179.999, -16.8),
        (179.0, -17.8, -179.0, -15.8),
        "Pacific/Fiji",
        ("Pacific/Fiji", "Pacific/Chatham", "Pacific/Apia"),
        (date(2026, 4, 5), date(2026, 9, 27), date(2026, 7, 1)),
    ),
    Setting(
        "longyearbyen",
        (15.6, 78.2),
        (10.0, 76.5, 30.0, 80.5),
        "Arctic/Longyearbyen",
        ("Arctic/Longyearbyen", "Asia/Kathmandu"),
        (date(2026, 10, 25), date(2026, 3, 29), date(2026, 12, 21)),
    ),
    # A dozen kilometres from the pole; Troll's clocks change by two hours.
    Setting(
        "south-pole",
        (100.0, -89.9),
        (-180.0, -90.0, 180.0, -85.0),
        "Antarctica/Troll",
        ("Antarctica/Troll",),
        (date(2026, 3, 29), date(2026, 10, 25)),
    ),
    # Midnight comes twice on the day of the change.
    Setting(
        "ponta-delgada",
        (-25.67, 37.74),
        (-26.5, 37.2, -25.0, 38.3),
        "Atlantic/Azores",
        ("Atlantic/Azores", "Europe/Paris"),
        (date(2026, 10, 25), date(2026, 3, 29)),
    ),
    # Midnight does not come at all on the day of the change; half an hour elsewhere.
    Setting(
        "santiago",
        (-70.65, -33.45),
        (-71.5, -34.2, -69.8, -32.7),
        "America/Santiago",
        ("America/Santiago", "Australia/Lord_Howe"),
        (date(2026, 9, 6), date(2026, 4, 5)),
    ),
)

#: How a world feels: a bit of everything, more than fifty nearby, a handful far apart,
#: everybody's hours taken, nobody at all.
FLAVOURS = ("mixed", "mixed", "mixed", "crowded", "crowded", "sparse", "busy", "empty")

_TONGUES = ("fr", "en", "de")
_TOOLS = ("ladder", "van", "drill")
_PAPERS = ("R", "Q", "D")


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What has to be known to make a world and its questions again."""

    seed: int
    setting: str
    flavour: str
    people: int
    requests: int

    def chance(self, *of: object) -> random.Random:
        """What decides one thing of this world, whatever else is in it."""
        return random.Random(f"{self.seed}/{self.setting}/{self.flavour}/{of}")


@st.composite
def worlds(draw: st.DrawFn, *, requests: int) -> World:
    """A world of some flavour, its size fitting, with so many requests."""
    flavour = draw(st.sampled_from(FLAVOURS))
    sizes = {"crowded": (60, 80), "sparse": (1, 9), "empty": (0, 2)}
    return World(
        seed=draw(st.integers(0, 2**40)),
        setting=draw(st.sampled_from([setting.slug for setting in SETTINGS])),
        flavour=flavour,
        people=draw(st.integers(*sizes.get(flavour, (20, 60)))),
        requests=requests,
    )


class Question(NamedTuple):
    """One thing to ask of a built world."""

    request: matching.Request
    policy: markets.Policy
    limit: int
    now: datetime
    #: For ``slot``: whom, and which start is preferred.
    provider_id: uuid.UUID
    preferred_at: datetime


# Places -------------------------------------------------------------------------------


def moved(origin: LonLat, bearing: float, distance_m: float) -> LonLat:
    """Where one arrives, ``distance_m`` from ``origin`` towards ``bearing`` (radians)."""
    lon, lat = math.radians(origin[0]), math.radians(origin[1])
    turn = distance_m / _SPHERE_M
    to_lat = math.asin(
        math.sin(lat) * math.cos(turn) + math.cos(lat) * math.sin(turn) * math.cos(bearing)
    )
    to_lon = lon + math.atan2(
        math.sin(bearing) * math.sin(turn) * math.cos(lat),
        math.cos(turn) - math.sin(lat) * math.sin(to_lat),
    )
    return (math.degrees(math.remainder(to_lon, math.tau)), math.degrees(to_lat))


def near(rng: random.Random, origin: LonLat, within_m: float) -> LonLat:
    """Somewhere within a distance, more often near than far."""
    return moved(origin, rng.uniform(0, math.tau), rng.random() ** 1.5 * within_m)


def drawn_area(rng: random.Random, middle: LonLat, within_m: float) -> list[list[LonLat]]:
    """A closed ring around ``middle``, seldom convex, sometimes with a hole."""
    corners = rng.randint(3, 11)
    turns = sorted(rng.uniform(0, math.tau) for _ in range(corners))
    # A gap of more than half a turn would leave the middle outside.
    if any((b - a) % math.tau > 3 for a, b in zip(turns, turns[1:] + turns[:1], strict=True)):
        turns = [math.tau * corner / corners + rng.uniform(0, 0.4) for corner in range(corners)]
    corners_m = [rng.uniform(0.25, 1) * within_m for _ in turns]
    # A hole is the same star, smaller: it lies inside whatever the shape.
    shares = [1.0, rng.uniform(0.1, 0.7)] if rng.random() < 0.4 else [1.0]
    rings = []
    for share in shares:
        ring = [moved(middle, turn, share * m) for turn, m in zip(turns, corners_m, strict=True)]
        rings.append([*ring, ring[0]])
    return rings


def _point(place: LonLat) -> str:
    return f"SRID=4326;POINT({place[0]!r} {place[1]!r})"


def _polygon(rings: Iterable[Sequence[LonLat]]) -> str:
    text = ", ".join("(" + ", ".join(f"{x!r} {y!r}" for x, y in ring) + ")" for ring in rings)
    return f"SRID=4326;POLYGON({text})"


def open_markets(session: Session) -> None:
    """A market for every setting."""
    for setting in SETTINGS:
        west, south, east, north = setting.box
        boxes = [(west, east)] if west < east else [(west, 180.0), (-180.0, east)]
        markets.create_market(
            session,
            slug=setting.slug,
            name=setting.slug,
            area={
                "type": "MultiPolygon",
                "coordinates": [
                    [[[a, south], [b, south], [b, north], [a, north], [a, south]]] for a, b in boxes
                ],
            },
            time_zone=setting.time_zone,
            currency="EUR",
            country="FR",
            now=_LONG_AGO,
        )


# Rules --------------------------------------------------------------------------------


def _changed_rules(rng: random.Random) -> dict[str, Any]:
    """Rules an operator could write, some of them odd."""
    names = ["proximity", "availability", "rating", "reliability", "responsiveness"]
    steps = sorted(rng.choice([300, 800, 2000, 5000, 9000, 20000]) for _ in range(3))
    choices: dict[str, Any] = {
        "weights": {
            name: rng.choice([0, 0.1, 1 / 3, 1, 20])
            for name in rng.sample(names, rng.randint(1, 5))
        },
        "tiers": [
            {
                "eligible_at_least": floor,
                "radius_steps_m": steps[:size],
                "decay_m": rng.choice([60, 700, 3000, 90_000]),
                "thin": floor == 0,
            }
            for floor, size in ((rng.randint(7, 20), 3), (rng.randint(2, 6), 2), (0, 1))
        ],
        "density_radius_m": rng.choice([500, 5000, 30_000]),
        "travel_buffer_min": rng.choice([0, 15, 40]),
        "travel_min_per_km": rng.choice([0, 0.7, 2, 12, 60, 60]),
        "fresh_position_s": rng.choice([0, 300, 86_400]),
        "online_free_min": rng.choice([0, 30, 240, 2000]),
        "rating_prior_stars": rng.choice([3.5, 4.0]),
        "rating_prior_weight": rng.choice([0, 1, 50.5]),
        "rating_half_life_days": rng.choice([1, 30, 3650]),
        "rating_floor": rng.choice([1, 4.5]),
        "rating_ceiling": rng.choice([4.6, 5]),
        "reliability_prior": [rng.choice([0.5, 18]), rng.choice([0.5, 2])],
        "reliability_days": rng.choice([1, 7, 365]),
        "responsiveness_prior": [1, 1],
        "responsiveness_days": rng.choice([1, 7, 365]),
        "live_offers_at_most": rng.choice([1, 2, 5]),
        "pushes_a_day": rng.choice([1, 2, 3]),
    }
    kept = {name: choices[name] for name in rng.sample(sorted(choices), rng.randint(3, 14))}
    if sum(kept.get("weights", {"": 1}).values()) == 0:
        kept["weights"] = {"rating": 1}
    return kept


def _write_rules(
    session: Session,
    rng: random.Random,
    market_id: uuid.UUID,
    categories: Sequence[int],
    built_at: datetime,
) -> None:
    """For half of the urgencies rules of the market's own, or of one category's."""
    for urgency in markets.models.URGENCIES:
        if rng.random() < 0.55:
            markets.write_policy(
                session,
                market_id=market_id,
                category_id=rng.choice([None, *categories]),
                urgency=urgency,
                rules={**markets.default_rules(urgency), **_changed_rules(rng)},
                in_force_from=built_at,
                note="",
                now=built_at,
            )


# People -------------------------------------------------------------------------------


class Town(NamedTuple):
    """What the people of a world have in common."""

    world: World
    setting: Setting
    market_id: uuid.UUID
    other_market_id: uuid.UUID
    categories: tuple[int, ...]
    built_at: datetime
    #: When the market's present day began.
    day_from: datetime
    weeks: tuple[tuple[tuple[int, int, int], ...], ...]
    anchors: tuple[LonLat, ...]
    residents: tuple[uuid.UUID, ...]

    @property
    def spread_m(self) -> float:
        """How far from the centre people live."""
        return {"crowded": 3_000.0, "sparse": 30_000.0}.get(self.world.flavour, 15_000.0)

    def somewhere(self, rng: random.Random, spread: float = 1.0) -> LonLat:
        """A place in town, sometimes one that others are at too."""
        if rng.random() < 0.2:
            return rng.choice(self.anchors)
        return near(rng, self.setting.centre, self.spread_m * spread)


def _uuid(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def _week(rng: random.Random) -> tuple[tuple[int, int, int], ...]:
    """Some week: the preset, all of it, nights, overlapping stretches, odd minutes."""
    kind = rng.randrange(6)
    if kind == 0:
        return tuple((day, 480, 1140) for day in range(6))
    if kind == 1:
        return tuple((day, 0, 1440) for day in range(7))
    if kind == 2:
        return tuple(stretch for day in range(7) for stretch in ((day, 0, 210), (day, 1290, 1440)))
    if kind == 3:
        return tuple(
            stretch
            for day in range(7)
            for stretch in ((day, 60, 180), (day, 120, 150), (day, 150, 780), (day, 780, 900))
        )
    if kind == 4 and rng.random() < 0.4:
        return ()
    drawn = {}
    for _ in range(rng.randint(3, 14)):
        low, high = sorted(rng.sample(range(0, 1441, rng.choice([1, 30])), 2))
        drawn[rng.randrange(7), low] = high
    return tuple((day, low, high) for (day, low), high in drawn.items())


def _instant(rng: random.Random, around: datetime, before: timedelta, after: timedelta) -> datetime:
    """Some instant near ``around``: on a quarter of an hour, a minute or (seldom) a second."""
    grid_s = rng.choice([900, 900, 900, 300, 60, 1])
    seconds = rng.uniform(-before.total_seconds(), after.total_seconds())
    at = round((around.timestamp() + seconds) / grid_s) * grid_s
    return datetime.fromtimestamp(at, UTC)


class Rows:
    """Rows to be written, table by table, in an order that foreign keys allow."""

    TABLES = (
        accounts_models.Account,
        accounts_models.Block,
        providers_models.Provider,
        providers_models.Skill,
        providers_models.WeeklyHours,
        providers_models.CalendarException,
        providers_models.Presence,
        providers_models.Paper,
        providers_models.RecordEntry,
        jobs_models.Job,
        providers_models.Booking,
    )

    def __init__(self) -> None:
        self._rows: dict[type, list[dict[str, Any]]] = {table: [] for table in self.TABLES}

    def add(self, table: type, **values: Any) -> None:
        """One row more."""
        self._rows[table].append(values)

    def write(self, session: Session) -> None:
        """All of them, copied in: a world is some thousand rows."""
        connection = session.connection().connection.driver_connection
        assert isinstance(connection, psycopg.Connection)
        with connection.cursor() as cursor:
            for table, rows in self._rows.items():
                if not rows:
                    continue
                columns = list(rows[0])
                into = f"{table.__tablename__} ({', '.join(columns)})"
                with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row([row[column] for column in columns])


def _add_account(rows: Rows, account_id: uuid.UUID, **changes: Any) -> None:
    values = {
        "id": account_id,
        "email": f"{account_id.hex}@example.org",
        "display_name": "Someone",
        "language": "fr",
        "suspended_at": None,
        "erased_at": None,
        "created_at": _LONG_AGO,
        "version": 1,
    }
    rows.add(accounts_models.Account, **(values | changes))


def _add_person(rows: Rows, town: Town, person_id: uuid.UUID, rng: random.Random) -> None:
    """A provider with everything; the same chance makes the same person again."""
    # What even twins do not share.
    ids = random.Random(f"{person_id}")
    crowded = town.world.flavour == "crowded"
    eager = crowded or rng.random() < 0.5
    _add_account(
        rows,
        person_id,
        suspended_at=_LONG_AGO if rng.random() < 0.03 else None,
        **({"erased_at": _LONG_AGO, "email": None} if rng.random() < 0.015 else {}),
    )
    base = town.somewhere(rng)
    rings = None
    reach_m: int | None = rng.choice([100, 2000, 8000, 20_000, 60_000, 200_000])
    if eager:
        reach_m = 60_000
    if rng.random() < (0.1 if crowded else 0.45):
        reach_m = None
        middle = base if rng.random() < 0.6 else town.somewhere(rng)
        rings = drawn_area(rng, middle, rng.choice([3_000, 15_000, 60_000]))
    rows.add(
        providers_models.Provider,
        account_id=person_id,
        market_id=town.other_market_id if rng.random() < 0.06 else town.market_id,
        headline="",
        base=_point(base),
        reach_m=reach_m,
        reach_area=None if rings is None else _polygon(rings),
        minimum_visit_cents=0 if eager else rng.choice([0, 2500, 5000, 9000]),
        currency="EUR",
        languages=list(_TONGUES if eager else rng.sample(_TONGUES, rng.randint(1, 3))),
        tools=list(_TOOLS if eager else rng.sample(_TOOLS, rng.randint(0, 3))),
        time_zone=rng.choice(town.setting.zones),
        free_time="{}",
        free_until=_LONG_AGO,
        created_at=_LONG_AGO,
        version=1,
        calendar_version=1,
    )
    for category_id in town.categories:
        if eager or rng.random() < 0.8:
            kind = rng.choice(["hourly", "flat", "quote"])
            rows.add(
                providers_models.Skill,
                provider_id=person_id,
                category_id=category_id,
                price_kind=kind,
                amount_cents=None if kind == "quote" else rng.choice([2000, 4000, 6000]),
                call_out_fee_cents=rng.choice([0, 1000]),
            )
    for kind in _PAPERS:
        if rng.random() < (0.9 if eager else 0.5):
            rows.add(
                providers_models.Paper,
                id=_uuid(ids),
                provider_id=person_id,
                kind=kind,
                verified_at=rng.choice(
                    [
                        None,
                        _LONG_AGO,
                        _LONG_AGO,
                        _LONG_AGO,
                        town.built_at,
                        town.built_at + 10 * MINUTE,
                    ]
                ),
                valid_until=rng.choice(
                    [
                        None,
                        None,
                        None,
                        town.built_at - DAY,
                        *(town.day_from + n * DAY / 2 for n in (1, 2, 3, 5)),
                    ]
                ),
                valid_from=None,
                category_ids=None,
            )
    _add_papers(rows, town, person_id)
    _add_presence(rows, town, rng, person_id, base)
    _add_calendar(rows, town, rng, ids, person_id)
    _add_visits(rows, town, rng, ids, person_id)
    _add_record(rows, town, rng, person_id)


def _add_papers(rows: Rows, town: Town, person_id: uuid.UUID) -> None:
    """More of them, of which one may begin as another ends, and for some work only. By
    chances of their own: the rest of a world stays what it is."""
    rng = random.Random(f"papers of {person_id}")
    days = [town.day_from + n * DAY / 2 for n in (1, 2, 3, 5)]
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        valid_from = rng.choice([None, town.built_at - 2 * DAY, *days])
        valid_until = rng.choice([None, town.built_at - DAY, *days])
        if valid_from is not None and valid_until is not None:
            valid_from, valid_until = sorted((valid_from, valid_until))
        rows.add(
            providers_models.Paper,
            id=_uuid(rng),
            provider_id=person_id,
            kind=rng.choice(_PAPERS),
            verified_at=rng.choice([None, _LONG_AGO, _LONG_AGO, town.built_at + 10 * MINUTE]),
            valid_until=valid_until,
            valid_from=valid_from,
            category_ids=rng.choice(
                [None, None, rng.sample(town.categories, 1), list(town.categories)]
            ),
        )


def _add_presence(
    rows: Rows, town: Town, rng: random.Random, person_id: uuid.UUID, base: LonLat
) -> None:
    if rng.random() < 0.25:
        return
    online = rng.random() < 0.7
    seen = online and rng.random() < 0.7
    age_s = rng.choice([0, 30, 299, 300, 301, 599, 600, 601, 3600])
    rows.add(
        providers_models.Presence,
        provider_id=person_id,
        online=online,
        position=_point(near(rng, base, 9_000)) if seen else None,
        position_at=town.built_at - timedelta(seconds=age_s) if seen else None,
        changed_at=town.built_at,
    )


def _add_calendar(
    rows: Rows, town: Town, rng: random.Random, ids: random.Random, person_id: uuid.UUID
) -> None:
    for weekday, from_minute, to_minute in rng.choice(town.weeks):
        rows.add(
            providers_models.WeeklyHours,
            provider_id=person_id,
            weekday=weekday,
            from_minute=from_minute,
            to_minute=to_minute,
        )
    for _ in range(rng.choice([0, 0, 1, 2, 5])):
        starts_at = _instant(rng, town.built_at, 2 * DAY, 4 * DAY)
        length = rng.choice([15 * MINUTE, 2 * HOUR, 7 * HOUR, 2 * DAY])
        rows.add(
            providers_models.CalendarException,
            id=_uuid(ids),
            provider_id=person_id,
            during=TimestamptzRange(starts_at, starts_at + length),
            available=rng.random() < 0.5,
        )


def _add_visits(
    rows: Rows, town: Town, rng: random.Random, ids: random.Random, person_id: uuid.UUID
) -> None:
    """Bookings, held and released; those that hold do not overlap."""
    at = _instant(rng, town.built_at, DAY, DAY)
    often = town.world.flavour == "busy"
    for _ in range(10 if often else rng.choice([0, 0, 1, 3, 8])):
        length = DAY if often else rng.choice([30 * MINUTE, 90 * MINUTE, 5 * HOUR])
        released = not often and rng.random() < 0.2
        job_id = _uuid(ids)
        _add_job(rows, town, job_id)
        rows.add(
            providers_models.Booking,
            id=_uuid(ids),
            market_id=town.market_id,
            provider_id=person_id,
            job_id=job_id,
            during=TimestamptzRange(at, at + length),
            buffer_minutes=rng.choice([0, 15, 15, 45]),
            place=_point(town.somewhere(rng, rng.choice([1.0, 4.0, 10.0]))),
            created_at=_LONG_AGO,
            released_at=_LONG_AGO if released else None,
            released_because="cancelled" if released else None,
        )
        if not released:
            at += length
        at += (5 if often else rng.choice([0, 15, 60, 240, 1500])) * MINUTE


def _add_job(rows: Rows, town: Town, job_id: uuid.UUID) -> None:
    """A job to hang a booking on; nothing reads it."""
    rows.add(
        jobs_models.Job,
        id=job_id,
        market_id=town.market_id,
        resident_id=town.residents[0],
        category_id=town.categories[0],
        title="",
        brief="{}",
        location=_point(town.setting.centre),
        address="",
        access_notes="",
        window_from=_LONG_AGO,
        window_to=_LONG_AGO + DAY,
        duration_minutes=60,
        budget_kind="fixed",
        budget_cents=1,
        currency="EUR",
        mode="instant",
        urgency="scheduled",
        languages=[],
        needs=[],
        state="cancelled",
        state_since=_LONG_AGO,
        round=1,
        wave=0,
        round_opened_at=_LONG_AGO,
        created_at=_LONG_AGO,
        version=1,
    )


def _add_record(rows: Rows, town: Town, rng: random.Random, person_id: uuid.UUID) -> None:
    """Offers, visits and ratings; some at the very edge of what counts."""
    now, day_from = town.built_at, town.day_from
    recent = [
        *(now - n * HOUR for n in (0, 1, 2, 5, 9, 20, 30, 72)),
        day_from,
        day_from,
        day_from - timedelta(seconds=1),
        day_from + 30 * MINUTE,
        now - 7 * DAY,
        now - 7 * DAY + timedelta(seconds=1),
        now + 3 * MINUTE,
    ]
    past = [now - n * DAY for n in (0.1, 1, 2, 6, 7, 20, 29, 30, 31, 89, 90, 91, 300)]
    facts: list[tuple[str, datetime, uuid.UUID, int | None]] = []
    prompt = rng.choice([0.5, 1.0])
    for _ in range(rng.choice([0, 0, 1, 4, 14])):
        offer_id, at = _uuid(rng), rng.choice(recent)
        facts.append(("asked", at, offer_id, None))
        if rng.random() < prompt:
            end = rng.choice(["answered", "answered", "unanswered", "withdrawn"])
            facts.append((end, at + rng.choice([1, 40, 240]) * MINUTE, offer_id, None))
    for _ in range(rng.choice([0, 0, 2, 5])):
        facts.append((rng.choice(["answered", "unanswered"]), rng.choice(past), _uuid(rng), None))
    for _ in range(rng.choice([0, 0, 2, 5])):
        job_id, at = _uuid(rng), rng.choice(past)
        for kind in rng.sample(["kept", "late", "cancelled", "absent"], rng.choice([1, 1, 2])):
            facts.append((kind, at, job_id, None))
    for _ in range(rng.choice([0, 0, 1, 4, 12])):
        # A rating that lies ahead is a review still hidden.
        at = rng.choice([*past, now, now + timedelta(seconds=1), now + 7 * DAY])
        facts.append(("rated", at, _uuid(rng), rng.choice([1, 3, 4, 4, 5, 5, 5])))
    at_home = rng.random() < 0.95
    mostly = rng.choice(markets.models.URGENCIES)
    told = [
        {
            "market_id": town.market_id if at_home else town.other_market_id,
            "provider_id": person_id,
            "category_id": rng.choice(town.categories),
            "kind": kind,
            "at": at,
            "urgency": mostly if rng.random() < 0.7 else rng.choice(markets.models.URGENCIES),
            "subject_id": subject_id,
            "stars": stars,
        }
        for kind, at, subject_id, stars in facts
    ]
    # Twins have the same record, but nothing promises the order in which it is read.
    own = random.Random(person_id.int)
    own.shuffle(told)
    for fact in told:
        rows.add(providers_models.RecordEntry, id=_uuid(own), **fact)


# Building and asking ------------------------------------------------------------------


def build(session: Session, world: World) -> tuple[Town, list[uuid.UUID]]:
    """Write the world down; returns its town and the ids of its people, in order."""
    rng = world.chance("town")
    setting = next(setting for setting in SETTINGS if setting.slug == world.setting)
    ids = dict(session.execute(select(markets.models.Market.slug, markets.models.Market.id)).all())
    category = markets.models.Category
    known = dict(session.execute(select(category.slug, category.id)).all())
    day = rng.choice(setting.days)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    built_at = _instant(rng, midnight, 2 * DAY, DAY)
    if rng.random() < 0.3:
        # In the first hours of the local day, which begins once, twice or an hour late.
        begins = oracle.clock_instant(setting.time_zone, day, 0)
        built_at = _instant(rng, begins, 0 * HOUR, 2 * HOUR)
    if rng.random() < 0.4:
        built_at += timedelta(seconds=rng.choice([1, 27, 59]))
    town = Town(
        world=world,
        setting=setting,
        market_id=ids[setting.slug],
        other_market_id=ids["lyon"],
        categories=tuple(known[slug] for slug in CATEGORIES),
        built_at=built_at,
        day_from=oracle.clock_instant(
            setting.time_zone, built_at.astimezone(ZoneInfo(setting.time_zone)).date(), 0
        ),
        weeks=tuple(_week(rng) for _ in range(6)),
        anchors=tuple(near(rng, setting.centre, 6_000) for _ in range(5)),
        residents=(_uuid(rng), _uuid(rng)),
    )
    _write_rules(session, rng, town.market_id, town.categories, built_at)

    rows = Rows()
    for resident_id in town.residents:
        _add_account(rows, resident_id)
    people: list[uuid.UUID] = []
    originals: list[int] = []
    for index in range(world.people):
        own = world.chance("place in town", index)
        people.append(_uuid(own))
        twin = index > 0 and own.random() < 0.2
        originals.append(own.choice(originals) if twin else index)
        _add_person(rows, town, people[-1], world.chance("person", originals[-1]))
        if own.random() < 0.15:
            pair = [people[-1], own.choice([*town.residents, *people[:-1]])]
            own.shuffle(pair)
            rows.add(
                accounts_models.Block,
                account_id=pair[0],
                blocked_account_id=pair[1],
                created_at=_LONG_AGO,
            )
    rows.write(session)
    providers.rebuild(session, people, now=built_at)
    return town, people


def question(session: Session, town: Town, people: Sequence[uuid.UUID], index: int) -> Question:
    """The ``index``-th thing to ask of a world."""
    rng = town.world.chance("question", index)
    now = town.built_at + timedelta(seconds=rng.choice([0, 0, 0, 1, 90, 600, 3000]))
    urgency = rng.choice(markets.models.URGENCIES)
    window_from, window_to = _window(rng, town, urgency, now)
    minutes = rng.choice([15, 30, 30, 60, 60, 90, 240, 480])
    if rng.random() < 0.1:
        minutes = max(1, (window_to - max(window_from, now)) // MINUTE)
    budget_kind = rng.choice(["fixed", "hourly", "quotes"])
    asked_about = None
    if rng.random() < 0.15:
        asked_about = [*rng.sample(people, rng.randint(0, len(people))), _uuid(rng)]
    categories = town.categories
    category_id = rng.choice(categories)
    request = matching.Request(
        job_id=_uuid(rng),
        market_id=town.market_id,
        category_id=category_id,
        resident_id=rng.choice(
            [*town.residents, *town.residents, rng.choice([*people, _uuid(rng)])]
        ),
        place=town.somewhere(rng, 0.5),
        window_from=window_from,
        window_to=window_to,
        duration_minutes=minutes,
        urgency=urgency,
        budget_kind=budget_kind,
        budget_cents=None if budget_kind == "quotes" else rng.choice([2000, 4000, 6000, 9000]),
        languages=tuple(rng.sample(_TONGUES, rng.choice([0, 0, 1, 2]))),
        needs=tuple(rng.sample(_TOOLS, rng.choice([0, 0, 0, 0, 1, 2]))),
        papers=tuple(rng.sample(_PAPERS, rng.choice([0, 0, 0, 0, 0, 1, 2]))),
        leave_out=frozenset(rng.sample(people, min(len(people), rng.choice([0, 0, 1, 6])))),
        radius_step=rng.choice([None, None, 0, 1, 2, 5]),
        outside_hours=rng.random() < 0.25,
        only=asked_about,
    )
    return Question(
        request=request,
        policy=markets.policy_in_force(
            session,
            market_id=town.market_id,
            category_id=category_id,
            urgency=urgency,
            now=now,
        ),
        limit=rng.choice([1, 2, 3, 5, 10, 100]),
        now=now,
        provider_id=rng.choice([*people, _uuid(rng)]),
        preferred_at=_instant(rng, max(window_from, now), HOUR, 6 * HOUR),
    )


def _window(
    rng: random.Random, town: Town, urgency: str, now: datetime
) -> tuple[datetime, datetime]:
    """When it could be done: mostly ahead, sometimes begun, seldom over or very long."""
    if urgency == "now":
        starts_at = _instant(rng, now, HOUR, 3 * HOUR)
        length = rng.choice([30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR])
    elif urgency == "scheduled":
        starts_at = _instant(rng, now, 8 * HOUR, 3 * DAY)
        length = rng.choice([HOUR, 3 * HOUR, 10 * HOUR, DAY])
    else:
        starts_at = _instant(rng, now, DAY, 2 * DAY)
        length = rng.choice([2 * DAY, 4 * DAY, 4 * DAY, 9 * DAY, 50 * DAY])
    ends_at = starts_at + length
    if rng.random() < 0.2:
        # Some papers are valid until these very instants.
        noons = [town.day_from + halves * DAY / 2 for halves in (1, 2, 3, 5, 7)]
        ends_at = min((noon for noon in noons if noon > starts_at + HOUR), default=ends_at)
    return starts_at, ends_at
