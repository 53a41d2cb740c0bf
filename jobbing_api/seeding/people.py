"""Made-up people, drawn one by one: always the same for the same town, seed and number.

Hides: the dice. Nothing here touches the database or knows the time: what happened is
told in days before now. A person's numbers come from a generator of their own, so that
whoever is drawn with or after them changes nothing.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import math
import random
import tomllib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

import shapely
from shapely.geometry.base import BaseGeometry

from jobbing_api import geography
from jobbing_api.geography import LonLat
from jobbing_api.seeding import identities, pasts, trades

#: So many providers, the first ones, certainly do the jobs that are played, near the
#: middle of the town: however few are drawn, there is somebody to ask.
CERTAIN = 4
CERTAIN_CATEGORIES = ("gutter-cleaning", "hedge-trimming", "furniture-assembly")

#: What is assumed of a place whose people nobody counted.
_HAMLET = 300

#: Languages people speak beside their country's own, and which share of them does.
_SPOKEN = {"en": 0.4, "es": 0.08, "pt": 0.07, "ar": 0.09}

#: Where a name comes from when not from the country's own language.
_ORIGINS = ("ar", "pt", "es", "fr", "en", "wo", "tr", "vi", "it", "pl", "de", "ro", "zh", "hi")
_INITIALS = "AABBCCDDEFGHIJKLLMMMNOPRRSSTTVWYZ"

#: How much likelier another skill of the same group is.
_AFFINITY = 5

_Week = tuple[tuple[int, int, int], ...]

#: Hours of the week as (weekday, from minute, to minute).
_PRESET: _Week = tuple((day, 8 * 60, 19 * 60) for day in range(6))
_EVENINGS: _Week = (
    *((day, 17 * 60 + 30, 21 * 60) for day in range(5)),
    *((day, 9 * 60, 18 * 60) for day in (5, 6)),
)
_MORNINGS: _Week = tuple((day, 8 * 60, 13 * 60) for day in range(5))
_SOME_DAYS: _Week = tuple((day, 9 * 60, 17 * 60) for day in (0, 1, 3))
_NIGHTS: _Week = (
    *((day, 0, 2 * 60) for day in range(7)),
    *((day, 20 * 60, 24 * 60) for day in range(7)),
)
_WEEKS = {_PRESET: 64, _EVENINGS: 16, _MORNINGS: 9, _SOME_DAYS: 7, _NIGHTS: 4}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A place people are drawn around."""

    name: str
    point: LonLat
    population: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """What the seed has to know of a category; ``name`` in the country's language."""

    slug: str
    name: str
    group: str
    price_kind: str
    tools: Sequence[str]
    papers: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A market as its people are drawn over it."""

    slug: str
    name: str
    currency: str
    area: BaseGeometry
    #: ISO 639-1, the main one first.
    languages: Sequence[str]
    places: Sequence[Place]
    categories: Sequence[Category]

    @functools.cached_property
    def centre(self) -> Place:
        """The town the market is called after, else its largest place."""
        called = [place for place in self.places if place.name == self.name]
        return max(called or self.places, key=lambda place: place.population)

    @functools.cached_property
    def shares(self) -> Sequence[float]:
        """How common each category is, in their order."""
        return [trades.trade(category.slug).share for category in self.categories]

    @functools.cached_property
    def weights(self) -> Sequence[float]:
        """Cumulative weights of the places, by population."""
        return list(itertools.accumulate(place.population or _HAMLET for place in self.places))


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody with an account and a phone."""

    id: uuid.UUID
    role: str
    email: str
    display_name: str
    #: ISO 639-1; the first is the one to write in.
    languages: Sequence[str]
    joined_days_ago: float
    phone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Skill:
    """One category a provider works in, and what it costs there."""

    category: Category
    price_kind: str
    amount_cents: int | None
    call_out_fee_cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """A paper of one kind, verified or not, valid for so many days more."""

    kind: str
    verified: bool
    valid_days: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Absence:
    """A stretch, in days from now, in which the weekly hours do not hold."""

    from_days: int
    days: int
    available: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """A person and everything a profile, a calendar and a record say."""

    person: Person
    suspended: bool
    headline: str
    base: LonLat
    reach_m: int | None
    #: A closed ring, where the reach was drawn.
    reach_ring: Sequence[LonLat] | None
    minimum_visit_cents: int
    skills: Sequence[Skill]
    tools: Sequence[str]
    papers: Sequence[Paper]
    identity_checked: bool
    weekly: _Week
    calendar_confirmed: bool
    exceptions: Sequence[Absence]
    online: bool
    position: LonLat | None
    facts: Sequence[pasts.Fact]


def resident(ground: Ground, seed: int, number: int) -> Person:
    """The resident of that number, counted from 1."""
    return _person(ground, seed, identities.RESIDENT, number)[0]


def provider(ground: Ground, seed: int, number: int) -> Provider:
    """The provider of that number, counted from 1."""
    person, dice = _person(ground, seed, identities.PROVIDER, number)
    certain = number <= CERTAIN
    if certain:
        base = _around(ground, ground.centre, 1_200, dice)
    else:
        drawn = bisect.bisect(ground.weights, dice.random() * ground.weights[-1])
        place = ground.places[min(drawn, len(ground.places) - 1)]
        base = _around(ground, place, spread_m(place.population), dice)
    skills = _skills(ground, dice, certain=certain)
    drawn_reach = not certain and dice.random() < 0.08
    confirmed = dice.random() < 0.7
    weekly = dice.choices(list(_WEEKS), list(_WEEKS.values()))[0]
    online = dice.random() < 0.12
    shown = online and dice.random() < 0.7
    return Provider(
        person=person,
        suspended=not certain and dice.random() < 0.012,
        headline=_headline(ground, skills, dice),
        base=base,
        reach_m=None if drawn_reach else 20_000 if certain else _reach_m(dice),
        reach_ring=_ring(base, dice) if drawn_reach else None,
        minimum_visit_cents=trades.cents(
            dice.choice((0, 15, 20, 25, 25, 25, 30, 40)), ground.currency
        ),
        skills=skills,
        tools=_tools(skills, dice),
        papers=_papers(skills, dice),
        identity_checked=certain or dice.random() < 0.87,
        # Who never looked at the hours has the preset ones.
        weekly=_PRESET if certain or not confirmed else weekly,
        calendar_confirmed=confirmed,
        exceptions=[] if certain else _exceptions(dice),
        online=online,
        position=moved(base, dice.gauss(0, 900), dice.gauss(0, 900)) if shown else None,
        facts=pasts.facts(person.joined_days_ago, [s.category.slug for s in skills], dice),
    )


def spread_m(population: int) -> float:
    """How far (one standard deviation) people live from the middle of a place: the town
    is taken for a disc of some thousands a square kilometre."""
    return 350 + 4.5 * math.sqrt(population)


def moved(at: LonLat, east_m: float, north_m: float) -> LonLat:
    """The place so many metres east and north of ``at``; a plane is good enough here."""
    degree_m = math.radians(1) * geography.EARTH_RADIUS_M
    lon, lat = at
    lat_moved = max(-89.9, min(89.9, lat + north_m / degree_m))
    lon_moved = lon + east_m / (degree_m * math.cos(math.radians(lat)))
    return (round((lon_moved + 180) % 360 - 180, 6), round(lat_moved, 6))


def _person(ground: Ground, seed: int, role: str, number: int) -> tuple[Person, random.Random]:
    """The person, and the dice everything else of them is drawn with."""
    # No secret is drawn, and the same key must give the same person for ever.
    dice = random.Random(f"{ground.slug}/{seed}/{role}/{number}")  # noqa: S311
    main = ground.languages[0]
    origin = main if dice.random() < 0.62 else dice.choice(_ORIGINS)
    spoken = [main] if dice.random() < 0.96 else []
    spoken += [other for other in ground.languages[1:3] if dice.random() < 0.15]
    spoken += [
        other
        for other, share in _SPOKEN.items()
        if other not in ground.languages[:3]
        and dice.random() < (0.85 if other == origin else share)
    ]
    names = _names().get(origin, _names()["en"])
    person = Person(
        id=identities.person_id(ground.slug, seed, role, number),
        role=role,
        email=identities.email(ground.slug, seed, role, number),
        display_name=f"{dice.choice(names)} {dice.choice(_INITIALS)}.",
        languages=spoken or [main],
        joined_days_ago=3 + 900 * dice.random() ** 1.4,
        phone=identities.phone(ground.slug, seed, role, number),
    )
    return person, dice


@functools.cache
def _names() -> Mapping[str, Sequence[str]]:
    text = resources.files("jobbing_api.seeding").joinpath("names.toml").read_text("utf-8")
    return tomllib.loads(text)


def _around(ground: Ground, place: Place, spread: float, dice: random.Random) -> LonLat:
    """Somewhere around a place and inside the market."""
    for _ in range(40):
        at = moved(place.point, dice.gauss(0, spread), dice.gauss(0, spread))
        if shapely.contains_xy(ground.area, *at):
            return at
    return place.point


def _skills(ground: Ground, dice: random.Random, *, certain: bool) -> list[Skill]:
    """One to five, the second and further ones mostly of the first one's group."""
    wanted = dice.choices((1, 2, 3, 4, 5), (18, 30, 27, 16, 9))[0]
    weights = list(ground.shares)
    chosen: list[Category] = []
    slugs = [one.slug for one in ground.categories]
    sure = [slugs.index(slug) for slug in CERTAIN_CATEGORIES] if certain else []
    while len(chosen) < max(wanted, len(sure)):
        if len(chosen) < len(sure):
            number = sure[len(chosen)]
        else:
            number = dice.choices(range(len(weights)), weights)[0]
        known = {one.group for one in chosen}
        chosen.append(category := ground.categories[number])
        weights[number] = 0
        if category.group not in known:
            for other, one in enumerate(ground.categories):
                weights[other] *= _AFFINITY if one.group == category.group else 1
    return [_skill(category, ground.currency, dice) for category in chosen]


def _skill(category: Category, currency: str, dice: random.Random) -> Skill:
    trade = trades.trade(category.slug)
    kind = category.price_kind if dice.random() < 0.88 else "hourly"
    amount = None
    if kind != "quote":
        low, high = trade.flat_eur if kind == "flat" and trade.flat_eur else trade.hour_eur
        amount = trades.cents(low * (high / low) ** dice.betavariate(2, 2), currency)
    fee = 0 if kind == "flat" else dice.choice((0, 0, 0, 10, 15, 20))
    return Skill(
        category=category,
        price_kind=kind,
        amount_cents=amount,
        call_out_fee_cents=trades.cents(fee, currency),
    )


def _headline(ground: Ground, skills: Sequence[Skill], dice: random.Random) -> str:
    first, second = skills[0].category.name, skills[-1].category.name.lower()
    if len(skills) == 1:
        return first
    return dice.choice((f"{first}, {second}", f"{first} · {ground.name}", first))


def _reach_m(dice: random.Random) -> int:
    """3 to 30 km, most people nearer to 8."""
    return round(30 * 10 ** dice.betavariate(1.8, 2.4)) * 100


def _ring(base: LonLat, dice: random.Random) -> list[LonLat]:
    """A drawn area around the base: as many corners as a finger would make."""
    corners = dice.randint(5, 11)
    size_m = dice.uniform(4_000, 14_000)
    ring = []
    for corner in range(corners):
        turn = 2 * math.pi * (corner + dice.uniform(-0.3, 0.3)) / corners
        far_m = size_m * dice.uniform(0.6, 1.3)
        ring.append(moved(base, far_m * math.cos(turn), far_m * math.sin(turn)))
    return [*ring, ring[0]]


def _tools(skills: Sequence[Skill], dice: random.Random) -> list[str]:
    owned = {tool for s in skills for tool in s.category.tools if dice.random() < 0.8}
    owned |= {tool for tool, share in (("ladder", 0.4), ("van", 0.18)) if dice.random() < share}
    return sorted(owned)


def _papers(skills: Sequence[Skill], dice: random.Random) -> list[Paper]:
    asked = sorted({kind for skill in skills for kind in skill.category.papers})
    return [
        Paper(kind=kind, verified=dice.random() < 0.9, valid_days=dice.uniform(-40, 700))
        for kind in asked
        if dice.random() < 0.6
    ]


def _exceptions(dice: random.Random) -> list[Absence]:
    found = []
    if dice.random() < 0.25:
        found.append(
            Absence(from_days=dice.randint(1, 50), days=dice.randint(2, 14), available=False)
        )
    if dice.random() < 0.06:
        found.append(Absence(from_days=dice.randint(2, 40), days=1, available=True))
    return found
