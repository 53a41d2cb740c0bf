"""From a town's name to a market full of people.

Hides: in which order things are made, and how little is done when they are there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geoalchemy2.shape import to_shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, geography, markets
from jobbing_api.seeding import gazetteer, identities, people, progress, settling, towns

#: People in one transaction.
_BATCH = 500

#: Of so many providers one resident.
_PROVIDERS_A_RESIDENT = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Seeded:
    """What is there now, and whom to sign in as (None: nobody of that role was drawn)."""

    market: str
    providers: int
    residents: int
    #: How many of them were not there before.
    added: int
    resident_email: str | None
    provider_email: str | None
    operator_email: str
    password: str


def seed(
    *,
    place: str,
    country: str | None = None,
    providers: int,
    residents: int | None = None,
    seed: int,
    now: datetime,
    reader: progress.Reader | None = None,
) -> Seeded:
    """Draw made-up people over the market that holds ``place``, which is made if no
    market does.

    Always the same people for the same market and seed; those who are there already
    stay as they are, so that an interrupted call is completed by the next one.
    ``residents``: a tenth of the providers if None. Runs its own transactions. Raises
    UnknownPlace, NoGazetteer, and ValueError for numbers out of bounds.
    """
    residents = -(-providers // _PROVIDERS_A_RESIDENT) if residents is None else residents
    if not (0 <= providers <= identities.MOST_PEOPLE and 0 <= residents <= identities.MOST_PEOPLE):
        raise ValueError(f"people are counted from 0 to {identities.MOST_PEOPLE}")
    if not 0 <= seed < identities.MOST_SEED:
        raise ValueError(f"a seed is a number from 0 to {identities.MOST_SEED - 1}")
    reader = progress.Reader() if reader is None else reader
    began_at = time.monotonic()
    town = gazetteer.find(place, country=country)
    others = f" Others of that name: {', '.join(town.others)}." if town.others else ""
    reader.say(f"{town}, {town.population:,} people.{others}")
    wanted = {identities.PROVIDER: providers, identities.RESIDENT: residents}

    with database.transaction() as session:
        market = _prepared(session, town, reader, now=now)
        there = _there(session, market.slug, seed, wanted)
    if there != wanted:
        with database.transaction() as session:
            into = _settlement(session, market, seed)
        for role, most in wanted.items():
            _settle(into, role, most, there[role], reader, now=now)
        with database.transaction() as session:
            settling.finish(session, now=now)
    added = sum(wanted.values()) - sum(there.values())
    reader.say(
        f"{providers:,} providers and {residents:,} residents "
        + (f"are drawn in {time.monotonic() - began_at:.1f} s." if added else "are already there.")
    )

    def first(role: str) -> str | None:
        return identities.email(market.slug, seed, role, 1) if wanted[role] else None

    return Seeded(
        market=market.slug,
        providers=providers,
        residents=residents,
        added=added,
        resident_email=first(identities.RESIDENT),
        provider_email=first(identities.PROVIDER),
        operator_email=identities.operator_email(market.slug),
        password=identities.PASSWORD,
    )


def _prepared(
    session: Session, town: gazetteer.Town, reader: progress.Reader, *, now: datetime
) -> markets.models.Market:
    """The market with its categories, names of places, rules and operator."""
    settling.take_turns(session, "markets")
    markets.sync_categories(session)
    market, made = towns.market_of(session, town, now=now)
    if made:
        reader.say(
            f"New market {market.slug}: {2 * towns.RADIUS_M // 1000} km wide,"
            f" {market.time_zone}, {market.currency}."
        )
    elif market.name != town.name:
        reader.say(f"{town.name} lies in the market {market.name}, whose people these are.")
    loaded = towns.load_gazetteer(session, market.country)
    if loaded:
        reader.say(f"{loaded:,} places of {market.country} can be found by name (GeoNames).")
    towns.open_for_play(session, market, now=now)
    # Drawn in later, when this session is over.
    session.refresh(market, ["area"])
    return market


def _there(session: Session, slug: str, seed: int, wanted: dict[str, int]) -> dict[str, int]:
    return {
        role: settling.settled(session, slug, seed, role, most) if most else 0
        for role, most in wanted.items()
    }


def _settlement(session: Session, market: markets.models.Market, seed: int) -> settling.Settlement:
    languages = gazetteer.languages(market.country)
    categories = markets.all_categories(session)
    ground = people.Ground(
        slug=market.slug,
        name=market.name,
        currency=market.currency,
        area=to_shape(market.area),
        languages=languages,
        places=_places(session, market),
        categories=[
            people.Category(
                slug=category.slug,
                name=category.names["fr" if languages[0] == "fr" else "en"],
                group=category.group_slug,
                price_kind=category.price_kind,
                tools=tuple(category.brief_template["needs"]),
                papers=tuple(category.papers),
            )
            for category in categories
        ],
    )
    return settling.Settlement(
        ground=ground,
        market_id=market.id,
        time_zone=market.time_zone,
        category_ids={category.slug: category.id for category in categories},
        seed=seed,
        password_hash=accounts.password_hash(identities.PASSWORD),
    )


def _places(session: Session, market: markets.models.Market) -> Sequence[people.Place]:
    """The places on the market's ground, in an order that never changes."""
    place = markets.models.Place
    spot = func.ST_GeomFromWKB(func.ST_AsBinary(place.point), geography.SRID)
    found = session.execute(
        select(place.name, place.point, place.population)
        .join(markets.models.Market, func.ST_Covers(markets.models.Market.area, spot))
        .where(markets.models.Market.id == market.id, place.country == market.country)
        .order_by(place.id)
    )
    places = [
        people.Place(name=row.name, point=geography.lon_lat(row.point), population=row.population)
        for row in found
    ]
    if places:
        return places
    inside = to_shape(market.area).representative_point()
    return [people.Place(name=market.name, point=(inside.x, inside.y), population=0)]


def _settle(
    into: settling.Settlement,
    role: str,
    most: int,
    there: int,
    reader: progress.Reader,
    *,
    now: datetime,
) -> None:
    if there == most:
        return
    with reader.counting(f"{role.capitalize()}s", most) as advance:
        for first in range(1, most + 1, _BATCH):
            numbers = range(first, min(first + _BATCH, most + 1))
            with database.transaction() as session:
                settling.settle(session, into, role, numbers, now=now)
            advance(len(numbers))
