"""A real town as a market: its ground, its rules, its operator.

Hides: the shape of a new market, how its name becomes a slug that nobody has, and that
every step is skipped if an earlier call did it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import shapely
from geoalchemy2.shape import to_shape
from shapely import affinity
from shapely.geometry import MultiPolygon, Polygon, mapping
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobbing_api import accounts, geography, markets
from jobbing_api.seeding import gazetteer, identities, people

#: A new market reaches so far from the middle of its town.
RADIUS_M = 18_000

_CORNERS = 48

#: Room between a new market and its neighbours, in degrees: about a metre, so that
#: rounding never makes two of them share ground.
_APART_DEG = 1e-5

#: Of what neighbours leave over, pieces smaller than this are no part of a town.
_SMALLEST_PIECE = 0.02

#: The kinds of jobs that are played, and the urgency they are played with.
PLAYED_CATEGORIES = people.CERTAIN_CATEGORIES
PLAYED_URGENCY = "scheduled"
PLAYED_STAGGER_S = 1
_NOTE = (
    "demonstration: offers go out a second apart and at any hour, so that nobody who watches has"
    " to wait, and as often as it is played."
)

#: A town is small and may be played in all day long.
_PLAYED_PUSHES_A_DAY = 200

#: Letters that no decomposition turns into plain ones.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_LETTERS |= str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe"})


def market_of(
    session: Session, town: gazetteer.Town, *, now: datetime
) -> tuple[markets.models.Market, bool]:
    """The market that holds the town, and whether it had to be made."""
    market = markets.market_at(session, town.point)
    if market is not None:
        return market, False
    taken = [to_shape(other.area) for other in markets.all_markets(session)]
    market = markets.create_market(
        session,
        slug=_free_slug(session, town),
        name=town.name,
        area=area_around(town.point, RADIUS_M, without=taken),
        time_zone=town.time_zone,
        currency=gazetteer.currency(town.country),
        country=town.country,
        now=now,
    )
    return market, True


def area_around(
    centre: geography.LonLat, radius_m: float, *, without: Sequence[BaseGeometry] = ()
) -> dict[str, Any]:
    """A GeoJSON MultiPolygon: a disc less the ground others have.

    Cut at the antimeridian (RFC 7946, 3.1.9). Raises ValueError if nothing is left.
    """
    lon, lat = centre
    degree_m = math.radians(1) * geography.EARTH_RADIUS_M
    ring = []
    for corner in range(_CORNERS):
        turn = 2 * math.pi * corner / _CORNERS
        corner_lat = max(-89.9, min(89.9, lat + radius_m * math.sin(turn) / degree_m))
        wide_m = degree_m * math.cos(math.radians(corner_lat))
        ring.append((lon + radius_m * math.cos(turn) / wide_m, corner_lat))
    ground = _within_the_world(Polygon(ring))
    disc = ground.area
    for other in without:
        if other.intersects(ground):
            ground = ground.difference(other.buffer(_APART_DEG, join_style="mitre"))
    ground = shapely.make_valid(shapely.set_precision(ground, 1e-6))
    pieces = [
        piece
        for piece in shapely.get_parts(ground)
        if isinstance(piece, Polygon) and piece.area >= disc * _SMALLEST_PIECE
    ]
    if not pieces:
        raise ValueError("nothing is left of the ground")
    area: dict[str, Any] = mapping(MultiPolygon(pieces))
    return area


def _within_the_world(ground: BaseGeometry) -> BaseGeometry:
    """The same ground with longitudes from -180 to 180, in two pieces if need be."""
    parts = []
    for turns in (-1, 0, 1):
        world = shapely.box(-180 + 360 * turns, -90, 180 + 360 * turns, 90)
        part = ground.intersection(world)
        if part.area > 0:
            parts.append(affinity.translate(part, xoff=-360 * turns))
    return shapely.union_all(parts)


def slug_of(name: str) -> str:
    """``name`` as a slug: lower case, plain letters and hyphens; empty if none is left."""
    letters = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    plain = letters.encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", re.sub("['`]", "", plain)).strip("-")


def _free_slug(session: Session, town: gazetteer.Town) -> str:
    plain = slug_of(town.name) or "place"
    wishes = [plain, f"{plain}-{town.country.lower()}", f"{plain}-{town.id}"]
    taken = set(
        session.scalars(
            select(markets.models.Market.slug).where(markets.models.Market.slug.in_(wishes))
        )
    )
    return next(wish for wish in wishes if wish not in taken)


def load_gazetteer(session: Session, country: str) -> int:
    """Make the places of a country known by name; returns how many were loaded, 0 if
    they were known."""
    known = select(func.count()).where(markets.models.Place.country == country)
    if session.scalar(known):
        return 0
    return markets.load_places(session, gazetteer.places(country))


def open_for_play(session: Session, market: markets.models.Market, *, now: datetime) -> None:
    """Give the market rules for the jobs that are played, where it has none of its own, and
    an operator who may act in it."""
    for slug in PLAYED_CATEGORIES:
        _write_rules(session, market, markets.category_by_slug(session, slug).id, now=now)
    email = identities.operator_email(market.slug)
    account = accounts.models.Account
    if session.scalars(select(account.id).where(account.email == email)).first() is None:
        accounts.make_operator(
            session,
            email=email,
            market_slugs=[market.slug],
            level="act",
            password=identities.PASSWORD,
            display_name=f"Operator {market.name}"[:80],
            now=now,
        )


def _write_rules(
    session: Session, market: markets.models.Market, category_id: int, *, now: datetime
) -> None:
    policy = markets.models.Policy
    own = select(policy.id).where(
        policy.market_id == market.id,
        policy.category_id == category_id,
        policy.urgency == PLAYED_URGENCY,
    )
    if session.scalars(own.limit(1)).first() is not None:
        return
    markets.write_policy(
        session,
        market_id=market.id,
        category_id=category_id,
        urgency=PLAYED_URGENCY,
        rules=markets.default_rules(PLAYED_URGENCY)
        | {"stagger_s": PLAYED_STAGGER_S, "pushes_a_day": _PLAYED_PUSHES_A_DAY}
        | dict.fromkeys(("quiet_from", "quiet_to", "quiet_sunday_to"), "00:00"),
        in_force_from=now,
        note=_NOTE,
        now=now,
    )
