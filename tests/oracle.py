"""Who should be asked, worked out the plain way: every rule by hand, one person at a time.

Nothing of the engine is used: not its SQL, its scoring, its sphere, its clocks, and
never ``providers.free_time``, which is made of what is read here. Slow, and meant to
be read beside the docstrings of ``jobbing_api.matching``: where the engine and this file
differ, one of them does not do what was promised. It is long because it says all of the
rules again, in one place and in their order.
"""

from __future__ import annotations

import functools
import hashlib
import math
import uuid
import zoneinfo
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import shapely
from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

from jobbing_api import markets, matching

LonLat = tuple[float, float]
Interval = tuple[datetime, datetime]

#: WGS 84: the equator's radius and the flattening; the sphere has their mean radius.
_EQUATOR_M = 6_378_137.0
_FLATTENING = 1 / 298.257223563
SPHERE_M = _EQUATOR_M * (3 - _FLATTENING) / 3

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)

#: An offer older than this occupies nobody, whatever became of it.
_LIVE_AT_MOST = timedelta(days=7)

#: Two places whose difference no float arithmetic can be trusted with.
_TOO_CLOSE_M = 1e-6


# What is known ------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Skill:
    """One category somebody works in."""

    price_kind: str
    amount_cents: int | None
    call_out_fee_cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One line of somebody's record."""

    market_id: uuid.UUID
    category_id: int
    kind: str
    at: datetime
    urgency: str
    subject_id: uuid.UUID
    stars: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """Hours that are taken, with what the booking itself keeps free on both sides."""

    starts_at: datetime
    ends_at: datetime
    buffer: timedelta
    place: LonLat


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of a kind; ``categories`` are the numbers it is for, None for all."""

    kind: str
    verified_at: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None
    categories: Sequence[int] | None


@dataclass(kw_only=True, slots=True)
class Person:
    """A provider as the source tables have it."""

    id: uuid.UUID
    market_id: uuid.UUID
    suspended: bool
    base: LonLat
    reach_m: int | None
    reach_rings: list[list[LonLat]]
    minimum_visit_cents: int
    languages: frozenset[str]
    tools: frozenset[str]
    time_zone: str
    online: bool = False
    position: LonLat | None = None
    position_at: datetime | None = None
    skills: dict[int, Skill] = field(default_factory=dict)
    weekly: list[tuple[int, int, int]] = field(default_factory=list)
    exceptions: list[tuple[datetime, datetime, bool]] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    #: Kind, verified at, valid until.
    papers: list[Paper] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Sources:
    """Everything a ranking may depend on."""

    people: dict[uuid.UUID, Person]
    blocks: set[tuple[uuid.UUID, uuid.UUID]]
    #: Time zones of the markets.
    time_zones: dict[uuid.UUID, str]
    #: The mean that was last taken of a market's and category's ratings.
    means: dict[tuple[uuid.UUID, int], float | None]


def read(session: Session, people_ids: Sequence[uuid.UUID] | None = None) -> Sources:
    """All source tables, with one plain SELECT each; of people only those with these ids,
    where they are given: among whom must be all that a ranking may depend on."""

    def rows(statement: str) -> Iterable[Any]:
        return session.execute(text(statement))

    def rows_of_people(statement: str, id_column: str = "provider_id") -> Iterable[Any]:
        if people_ids is None:
            return rows(statement)
        joint = "AND" if " WHERE " in statement else "WHERE"
        restricted = text(f"{statement} {joint} {id_column} = ANY(:people_ids)")
        ids = bindparam("people_ids", list(people_ids), type_=ARRAY(Uuid()))
        return session.execute(restricted.bindparams(ids))

    people = {
        row.account_id: Person(
            id=row.account_id,
            market_id=row.market_id,
            suspended=row.suspended_at is not None or row.erased_at is not None,
            base=_corner(row.base),
            reach_m=row.reach_m,
            reach_rings=[] if row.reach_area is None else _rings(row.reach_area),
            minimum_visit_cents=row.minimum_visit_cents,
            languages=frozenset(row.languages),
            tools=frozenset(row.tools),
            time_zone=row.time_zone,
        )
        for row in rows_of_people(
            "SELECT account_id, market_id, suspended_at, erased_at, ST_AsBinary(base) AS base,"
            " reach_m, ST_AsBinary(reach_area) AS reach_area, minimum_visit_cents, languages,"
            " tools, time_zone FROM providers JOIN accounts ON accounts.id = account_id",
            "account_id",
        )
    }
    for row in rows_of_people(
        "SELECT provider_id, online, ST_AsBinary(position), position_at FROM presences"
    ):
        person = people[row[0]]
        person.online, person.position_at = row[1], row[3]
        person.position = None if row[2] is None else _corner(row[2])
    for row in rows_of_people(
        "SELECT provider_id, category_id, price_kind, amount_cents, call_out_fee_cents FROM skills"
    ):
        people[row[0]].skills[row[1]] = Skill(
            price_kind=row[2], amount_cents=row[3], call_out_fee_cents=row[4]
        )
    for row in rows_of_people(
        "SELECT provider_id, weekday, from_minute, to_minute FROM weekly_hours"
    ):
        people[row[0]].weekly.append((row[1], row[2], row[3]))
    for row in rows_of_people(
        "SELECT provider_id, lower(during), upper(during), available FROM calendar_exceptions"
    ):
        people[row[0]].exceptions.append((row[1], row[2], row[3]))
    for row in rows_of_people(
        "SELECT provider_id, lower(during), upper(during), buffer_minutes, ST_AsBinary(place)"
        " FROM bookings WHERE released_at IS NULL"
    ):
        people[row[0]].visits.append(
            Visit(starts_at=row[1], ends_at=row[2], buffer=row[3] * _MINUTE, place=_corner(row[4]))
        )
    for row in rows_of_people(
        "SELECT provider_id, kind, verified_at, valid_from, valid_until, category_ids FROM papers"
    ):
        people[row[0]].papers.append(Paper(*row[1:]))
    for row in rows_of_people(
        "SELECT provider_id, market_id, category_id, kind, at, urgency, subject_id, stars"
        " FROM record_entries"
    ):
        people[row[0]].facts.append(
            Fact(
                market_id=row[1],
                category_id=row[2],
                kind=row[3],
                at=row[4],
                urgency=row[5],
                subject_id=row[6],
                stars=row[7],
            )
        )
    return Sources(
        people=people,
        blocks={
            (row[0], row[1]) for row in rows("SELECT account_id, blocked_account_id FROM blocks")
        },
        time_zones={row[0]: row[1] for row in rows("SELECT id, time_zone FROM markets")},
        means={
            (row[0], row[1]): row[2]
            for row in rows("SELECT market_id, category_id, rating_mean FROM baselines")
        },
    )


def _corner(binary: Any) -> LonLat:
    place = shapely.from_wkb(bytes(binary))
    return (place.x, place.y)


def _rings(binary: Any) -> list[list[LonLat]]:
    area = shapely.from_wkb(bytes(binary))
    return [[(x, y) for x, y in ring.coords] for ring in (area.exterior, *area.interiors)]


# The sphere ---------------------------------------------------------------------------


def metres(a: LonLat, b: LonLat) -> float:
    """Great-circle distance by the haversine formula."""

    def haversine(angle: float) -> float:
        return (1 - math.cos(angle)) / 2 if abs(angle) > 1 else math.sin(angle / 2) ** 2

    lon_a, lat_a, lon_b, lat_b = (math.radians(degrees) for degrees in (*a, *b))
    # Near the antimeridian the short way is taken before any sine is, for precision.
    turn = math.remainder(lon_b - lon_a, math.tau)
    h = haversine(lat_b - lat_a) + math.cos(lat_a) * math.cos(lat_b) * haversine(turn)
    return SPHERE_M * 2 * math.atan2(math.sqrt(h), math.sqrt(1 - h))


def _vector(place: LonLat) -> tuple[float, float, float]:
    lon, lat = math.radians(place[0]), math.radians(place[1])
    return (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def covers(rings: Sequence[Sequence[LonLat]], place: LonLat) -> bool:
    """True where ``place`` is in a polygon whose edges are great circles.

    Seen from the place itself (the gnomonic projection around it) every great circle
    is a straight line; an even number of edges across a ray means outside. Only for
    rings within a quarter of the globe of the place.
    """
    lon, lat = math.radians(place[0]), math.radians(place[1])
    up = _vector(place)
    east = (-math.sin(lon), math.cos(lon), 0.0)
    north = (-math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat))
    inside = False
    for ring in rings:
        flat = []
        for corner in ring:
            vector = _vector(corner)
            height = _dot(vector, up)
            assert height > 0, "a corner is beyond the horizon of the projection"
            flat.append((_dot(vector, east) / height, _dot(vector, north) / height))
        for (ax, ay), (bx, by) in pairwise(flat):
            _assert_off_the_edge((ax, ay), (bx, by))
            if (ay > 0) != (by > 0) and ax + (bx - ax) * ay / (ay - by) > 0:
                inside = not inside
    return inside


def _assert_off_the_edge(a: tuple[float, float], b: tuple[float, float]) -> None:
    along_x, along_y = b[0] - a[0], b[1] - a[1]
    length = along_x**2 + along_y**2
    share = 0.0 if length == 0 else -(a[0] * along_x + a[1] * along_y) / length
    share = min(1.0, max(0.0, share))
    off = math.hypot(a[0] + share * along_x, a[1] + share * along_y) * SPHERE_M
    assert off > _TOO_CLOSE_M, "the place is on an edge: nobody can say who is right"


def _beyond(distance_m: float, limit_m: float) -> bool:
    assert abs(distance_m - limit_m) > _TOO_CLOSE_M, "on the limit: nobody can say who is right"
    return distance_m > limit_m


# Clocks and calendars -----------------------------------------------------------------


@functools.lru_cache(maxsize=200_000)
def clock_instant(zone: str, day: date, minute: int) -> datetime:
    """When a local clock shows that minute of that day, 1440 ending it (RFC 5545, 3.3.5).

    Every offset the zone has about then is tried. Of two instants with that reading
    the first counts; if none has it, the reading is one of a clock not yet put on.
    """
    local = zoneinfo.ZoneInfo(zone)
    wanted = datetime(day.year, day.month, day.day, tzinfo=UTC) + minute * _MINUTE

    def shown(instant: datetime) -> datetime:
        return instant.astimezone(local).replace(tzinfo=UTC)

    probes = [wanted + hours * timedelta(hours=1) for hours in range(-30, 31, 6)]
    offsets = {shown(probe) - probe for probe in probes}
    tried = [wanted - offset for offset in offsets]
    right = [instant for instant in tried if shown(instant) == wanted]
    if right:
        return min(right)
    before = min(tried)
    return wanted - (shown(before) - before)


def _open_hours(person: Person, within: Interval) -> list[Interval]:
    """The weekly hours as instants, where they touch ``within``."""
    found = []
    day = within[0].date() - 2 * _DAY
    while day <= within[1].date() + 2 * _DAY:
        for weekday, from_minute, to_minute in person.weekly:
            if weekday == day.weekday():
                starts = clock_instant(person.time_zone, day, from_minute)
                ends = clock_instant(person.time_zone, day, to_minute)
                if starts < ends and starts < within[1] and ends > within[0]:
                    found.append((starts, ends))
        day += _DAY
    return found


def _stretches(
    within: Interval,
    *,
    offered: Sequence[Interval],
    closed: Sequence[Interval],
    always: Sequence[Interval],
    taken: Sequence[Interval],
) -> list[Interval]:
    """Where ((offered and not closed) or always) and not taken, within ``within``.

    Walks from one change to the next and counts how many of each kind are open; what
    touches is one stretch.
    """
    if within[0] >= within[1]:
        return []
    changes: dict[datetime, list[tuple[int, int]]] = defaultdict(list)
    for layer, intervals in enumerate((offered, closed, always, taken)):
        for starts, ends in intervals:
            if starts < ends:
                changes[max(starts, within[0])].append((layer, 1))
                changes[max(ends, within[0])].append((layer, -1))
    depth = [0, 0, 0, 0]
    found: list[Interval] = []
    instants = sorted({*changes, *within})
    for at, following in pairwise(instants):
        for layer, step in changes[at]:
            depth[layer] += step
        free = ((depth[0] and not depth[1]) or depth[2]) and not depth[3]
        if free and at < within[1]:
            until = min(following, within[1])
            if found and found[-1][1] == at:
                found[-1] = (found[-1][0], until)
            else:
                found.append((at, until))
    return found


def _whole_minute(at: datetime) -> datetime:
    """The first whole minute that is not before ``at``."""
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + _MINUTE


def _first(stretches: Iterable[Interval], duration: timedelta) -> datetime | None:
    starts = (
        _whole_minute(lower)
        for lower, upper in stretches
        if _whole_minute(lower) + duration <= upper
    )
    return min(starts, default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Time:
    """When somebody could come."""

    #: Free for this job inside own hours, and with the hours disregarded.
    free: list[Interval]
    anytime: list[Interval]
    starts_at: datetime | None
    outside_hours: bool


def _earliest(request: matching.Request, now: datetime) -> datetime:
    return _whole_minute(max(request.window_from, now))


def time_of(
    person: Person, request: matching.Request, policy: markets.Policy, now: datetime
) -> Time:
    """Free time, less visits and the way from and to them, in what is left of the window."""
    duration = timedelta(minutes=request.duration_minutes)
    ahead = (_earliest(request, now), request.window_to)
    taken = []
    for visit in person.visits:
        way_min = policy.travel_buffer_min + policy.travel_min_per_km * (
            metres(visit.place, request.place) / 1000
        )
        gap = max(visit.buffer, math.ceil(way_min) * _MINUTE)
        taken.append((visit.starts_at - gap, visit.ends_at + gap))
    duty = [(now, now + policy.online_free_min * _MINUTE)] if person.online else []
    marked = person.exceptions
    free = _stretches(
        ahead,
        offered=[*_open_hours(person, ahead), *((a, b) for a, b, yes in marked if yes)],
        closed=[(a, b) for a, b, yes in marked if not yes],
        always=duty,
        taken=taken,
    )
    anytime: list[Interval] = []
    if request.outside_hours:
        closed = [(a, b) for a, b, yes in marked if not yes]
        anytime = _stretches(ahead, offered=[ahead], closed=closed, always=(), taken=taken)
    inside = _first(free, duration)
    outside = _first(anytime, duration)
    return Time(
        free=free,
        anytime=anytime,
        starts_at=inside if inside is not None else outside,
        outside_hours=inside is None,
    )


def slot(
    sources: Sources,
    request: matching.Request,
    policy: markets.Policy,
    *,
    provider_id: uuid.UUID,
    preferred_at: datetime,
    now: datetime,
) -> datetime | None:
    """What ``matching.slot`` promises."""
    person = sources.people.get(provider_id)
    if person is None:
        return None
    time = time_of(person, request, policy, now)
    ends_at = preferred_at + timedelta(minutes=request.duration_minutes)
    if any(a <= preferred_at and ends_at <= b for a, b in (*time.free, *time.anytime)):
        return preferred_at
    return time.starts_at


# The ranking --------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """Somebody who can do it, with everything the engine says of a candidate."""

    provider_id: uuid.UUID
    score: float
    #: Value and weight by name.
    parts: dict[str, tuple[float, float]]
    distance_m: float
    starts_at: datetime
    ends_at: datetime
    outside_hours: bool
    price_kind: str
    amount_cents: int | None
    call_out_fee_cents: int
    stars: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Everybody who can, best first; everybody who cannot, nearest first, and why."""

    placed: list[Placed]
    #: Distance, id, filter.
    missed: list[tuple[float, uuid.UUID, str]]
    in_reach: int
    eligible: int
    tier: markets.Tier

    @property
    def fell_out(self) -> Counter[str]:
        """How many fell out, by filter."""
        return Counter(name for _, _, name in self.missed)


def tie(job_id: uuid.UUID, provider_id: uuid.UUID) -> str:
    """The order among equals: the MD5 of both ids as text."""
    return hashlib.md5((str(job_id) + str(provider_id)).encode()).hexdigest()


def rank(
    sources: Sources, request: matching.Request, policy: markets.Policy, *, now: datetime
) -> Verdict:
    """What ``matching.rank`` promises, for any limit."""
    reached = [
        person
        for person in sources.people.values()
        if person.market_id == request.market_id
        and not person.suspended
        and request.category_id in person.skills
        and _in_reach(person, request.place)
    ]
    unfit = {person.id: _unfit(sources, person, request, now) for person in reached}
    eligible = sum(
        unfit[person.id] is None
        and not _beyond(metres(person.base, request.place), policy.density_radius_m)
        for person in reached
    )
    tier = _tier(policy, eligible)
    mean = sources.means.get((request.market_id, request.category_id))

    placed: list[Placed] = []
    missed: list[tuple[float, uuid.UUID, str]] = []
    asked_about = [
        person for person in reached if request.only is None or person.id in request.only
    ]
    for person in asked_about:
        distance_m = metres(_origin(person, request, policy, now), request.place)
        failed = unfit[person.id] or _not_now(
            sources, person, request, policy, tier, distance_m, now
        )
        if failed is None:
            time = time_of(person, request, policy, now)
            failed = (
                "slot" if time.starts_at is None else _full(sources, person, request, policy, now)
            )
            if failed is None:
                placed.append(_placed(person, time, request, policy, tier, distance_m, mean, now))
                continue
        missed.append((distance_m, person.id, failed))
    # Equal is what is equal to nine decimals: sums of floats say no more.
    placed.sort(key=lambda one: (-round(one.score, 9), tie(request.job_id, one.provider_id)))
    missed.sort()
    return Verdict(
        placed=placed,
        missed=missed,
        in_reach=len(asked_about),
        # Nobody counts farther than the densest tier asks for.
        eligible=min(eligible, max(one.eligible_at_least for one in policy.tiers)),
        tier=tier,
    )


def _in_reach(person: Person, place: LonLat) -> bool:
    if person.reach_m is not None:
        return not _beyond(metres(person.base, place), person.reach_m)
    return covers(person.reach_rings, place)


def _origin(
    person: Person, request: matching.Request, policy: markets.Policy, now: datetime
) -> LonLat:
    if request.urgency == "now" and person.position is not None:
        assert person.position_at is not None
        if now - person.position_at <= timedelta(seconds=policy.fresh_position_s):
            return person.position
    return person.base


def _tier(policy: markets.Policy, eligible: int) -> markets.Tier:
    floors = sorted(policy.tiers, key=lambda tier: tier.eligible_at_least)
    at = bisect_right([tier.eligible_at_least for tier in floors], eligible) - 1
    return floors[at]


def _can_show(person: Person, kind: str, request: matching.Request, now: datetime) -> bool:
    """Whether some paper of the kind holds at every instant to the end of the window."""
    held = [
        paper
        for paper in person.papers
        if paper.kind == kind
        and paper.verified_at is not None
        and paper.verified_at <= now
        and (paper.categories is None or request.category_id in paper.categories)
    ]
    # Instants from which on nothing holds any more are the only ones to be looked at, and
    # the first.
    moments = {min(_earliest(request, now), request.window_to)}
    moments |= {
        paper.valid_until
        for paper in held
        if paper.valid_until is not None and min(moments) < paper.valid_until <= request.window_to
    }
    return all(
        any(
            (paper.valid_from is None or paper.valid_from <= moment)
            and (paper.valid_until is None or moment < paper.valid_until)
            for paper in held
        )
        for moment in moments
    )


def _unfit(
    sources: Sources, person: Person, request: matching.Request, now: datetime
) -> str | None:
    """Why somebody is not for this job at any time."""
    if person.id == request.resident_id:
        return "own-job"
    pair = (person.id, request.resident_id)
    if pair in sources.blocks or pair[::-1] in sources.blocks:
        return "blocked"
    if request.languages and not person.languages.intersection(request.languages):
        return "language"
    if not person.tools.issuperset(request.needs):
        return "tools"
    if not all(_can_show(person, kind, request, now) for kind in request.papers):
        return "papers"
    skill = person.skills[request.category_id]
    budget = request.budget_cents
    if request.budget_kind == "fixed":
        assert budget is not None
        if person.minimum_visit_cents > budget:
            return "price"
    if request.budget_kind == "hourly":
        assert budget is not None
        if skill.price_kind != "hourly" or skill.amount_cents is None:
            return "price"
        if skill.amount_cents > budget:
            return "price"
    return None


def _not_now(
    sources: Sources,
    person: Person,
    request: matching.Request,
    policy: markets.Policy,
    tier: markets.Tier,
    distance_m: float,
    now: datetime,
) -> str | None:
    """Why somebody who would do is not asked this time."""
    if person.id in request.leave_out:
        return "asked-before"
    if request.urgency == "now" and not person.online:
        return "offline"
    if request.radius_step is not None:
        step = min(request.radius_step, len(tier.radius_steps_m) - 1)
        if _beyond(distance_m, tier.radius_steps_m[step]):
            return "radius"
    return None


def _full(
    sources: Sources,
    person: Person,
    request: matching.Request,
    policy: markets.Policy,
    now: datetime,
) -> str | None:
    """Why somebody who could come is not asked about yet another job."""
    zone = sources.time_zones[request.market_id]
    local_day = now.astimezone(zoneinfo.ZoneInfo(zone)).date()
    day_from = clock_instant(zone, local_day, 0)
    ended = {
        fact.subject_id
        for fact in person.facts
        if fact.kind in ("answered", "unanswered", "withdrawn")
    }
    asked = [
        fact for fact in person.facts if fact.kind == "asked" and fact.urgency == request.urgency
    ]
    live = [
        fact for fact in asked if fact.subject_id not in ended and fact.at > now - _LIVE_AT_MOST
    ]
    if len(live) >= policy.live_offers_at_most:
        return "live-offers"
    if sum(day_from <= fact.at for fact in asked) >= policy.pushes_a_day:
        return "daily-offers"
    return None


def _placed(
    person: Person,
    time: Time,
    request: matching.Request,
    policy: markets.Policy,
    tier: markets.Tier,
    distance_m: float,
    mean: float | None,
    now: datetime,
) -> Placed:
    assert time.starts_at is not None
    stars = _stars(person, policy, mean, now)
    span = policy.rating_ceiling - policy.rating_floor

    def seen(days: int, *kinds: str) -> int:
        since = now - timedelta(days=days)
        return sum(fact.kind in kinds and since < fact.at <= now for fact in person.facts)

    def expected(prior: tuple[float, float], good: int, bad: int) -> float:
        return (prior[0] + good) / (prior[0] + prior[1] + good + bad)

    values = {
        "proximity": math.exp(-distance_m / tier.decay_m),
        "availability": _availability(person, time, request, now),
        "rating": min(1.0, max(0.0, (stars - policy.rating_floor) / span)),
        "reliability": expected(
            policy.reliability_prior,
            seen(policy.reliability_days, "kept"),
            seen(policy.reliability_days, "late", "cancelled", "absent"),
        ),
        "responsiveness": expected(
            policy.responsiveness_prior,
            seen(policy.responsiveness_days, "answered"),
            seen(policy.responsiveness_days, "unanswered"),
        ),
    }
    skill = person.skills[request.category_id]
    return Placed(
        provider_id=person.id,
        score=math.fsum(values[name] * weight for name, weight in policy.weights.items()),
        parts={name: (values[name], weight) for name, weight in policy.weights.items()},
        distance_m=distance_m,
        starts_at=time.starts_at,
        ends_at=time.starts_at + timedelta(minutes=request.duration_minutes),
        outside_hours=time.outside_hours,
        price_kind=skill.price_kind,
        amount_cents=skill.amount_cents,
        call_out_fee_cents=skill.call_out_fee_cents,
        stars=stars,
    )


def _availability(person: Person, time: Time, request: matching.Request, now: datetime) -> float:
    assert time.starts_at is not None
    earliest = _earliest(request, now)
    if time.outside_hours:
        return 0.0
    if request.urgency == "now" and person.online and time.starts_at == earliest:
        return 1.0
    window = request.window_to - earliest
    latest = window - timedelta(minutes=request.duration_minutes)
    waits = time.starts_at - earliest
    soon = 1.0 if not latest else 1 - waits / latest
    share = sum((b - a for a, b in time.free), timedelta()) / window
    return soon / 2 + share / 2


def _stars(person: Person, policy: markets.Policy, mean: float | None, now: datetime) -> float:
    half_life = timedelta(days=policy.rating_half_life_days)
    weighed = [
        (fact.stars, 0.5 ** ((now - fact.at) / half_life))
        for fact in person.facts
        if fact.stars is not None and fact.at <= now
    ]
    prior = policy.rating_prior_stars if mean is None else mean
    weights = math.fsum(weight for _, weight in weighed) + policy.rating_prior_weight
    # Without any rating and with a prior that weighs nothing, the prior is all there is.
    if weights == 0:
        return prior
    sums = math.fsum(stars * weight for stars, weight in weighed)
    return (prior * policy.rating_prior_weight + sums) / weights
