"""Where we work: named areas that never overlap.

Hides: how a market's shape is checked and stored, and how the market of a place is
found. A market comes with its default rules, so that no market is without any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import babel
from babel import numbers
from shapely.geometry import shape
from sqlalchemy import Float, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from jobbing_api import database, errors, geography
from jobbing_api.markets import local_time, models, policies

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def create_market(
    session: Session,
    *,
    slug: str,
    name: str,
    area: Mapping[str, Any],
    time_zone: str,
    currency: str,
    country: str,
    now: datetime,
) -> models.Market:
    """Open a market with its default policies, in force from ``now``.

    ``area`` is a GeoJSON Polygon or MultiPolygon (a shape across the antimeridian is
    cut there, RFC 7946, 3.1.9). Raises InvalidInput where a value makes no sense, the
    slug is taken, or the area overlaps another market; a common border is fine.
    """
    wrong: dict[str, list[str]] = {}
    if not _SLUG.fullmatch(slug):
        wrong["slug"] = ["Use lower-case letters, digits and single hyphens."]
    if not name.strip():
        wrong["name"] = ["A market has a name."]
    if not numbers.is_currency(currency):
        wrong["currency"] = ["This is not an ISO 4217 currency, such as EUR."]
    if not _is_country(country):
        wrong["country"] = ["This is not an ISO 3166 country, such as FR."]
    if (problem := _problem_of(area)) is not None:
        wrong["area"] = [problem]
    if wrong:
        raise errors.InvalidInput(fields=wrong)
    local_time.zone(time_zone)

    market = models.Market(
        slug=slug,
        name=name.strip(),
        area=geography.multi(area),
        time_zone=time_zone,
        currency=currency,
        country=country,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(market)
            session.flush()
    except IntegrityError as error:
        constraint = database.violated(error)
        if constraint == "ex_markets_area_disjoint":
            raise errors.InvalidInput(fields={"area": ["It overlaps another market."]}) from error
        if constraint == "uq_markets_slug":
            raise errors.InvalidInput(fields={"slug": ["Another market has it."]}) from error
        raise
    for urgency in models.URGENCIES:
        policies.write_policy(
            session,
            market_id=market.id,
            category_id=None,
            urgency=urgency,
            rules=policies.default_rules(urgency),
            in_force_from=now,
            note="The defaults of a new market.",
            now=now,
        )
    return market


def _is_country(code: str) -> bool:
    return bool(re.fullmatch(r"[A-Z]{2}", code)) and code in babel.Locale("en").territories


def are_rings(coordinates: Any) -> bool:
    """True for the coordinates of a GeoJSON Polygon: closed rings of at least four
    [lon, lat] pairs within their bounds. Whether lines cross is another question."""

    def is_corner(corner: Any) -> bool:
        return (
            isinstance(corner, list | tuple)
            and len(corner) == 2
            and all(type(degrees) in (int, float) for degrees in corner)
            and -180 <= corner[0] <= 180
            and -90 <= corner[1] <= 90
        )

    return (
        isinstance(coordinates, list | tuple)
        and len(coordinates) > 0
        and all(
            isinstance(ring, list | tuple)
            and len(ring) >= 4
            and all(is_corner(corner) for corner in ring)
            and list(ring[0]) == list(ring[-1])
            for ring in coordinates
        )
    )


def _problem_of(area: Mapping[str, Any]) -> str | None:
    """Why a GeoJSON geometry cannot be a market's area; None if it can."""
    kind, coordinates = area.get("type"), area.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        return "It must be a GeoJSON Polygon or MultiPolygon."
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list | tuple) or not polygons:
        return "It has no coordinates."
    if not all(are_rings(polygon) for polygon in polygons):
        return "Its rings must be closed and made of [longitude, latitude] in degrees."
    ground = shape(dict(area))
    if not ground.is_valid or ground.area <= 0:
        return "Its rings must cross neither themselves nor each other."
    return None


def market_at(session: Session, place: geography.LonLat) -> models.Market | None:
    """The market that holds ``place`` (lon, lat), or None.

    On a common border it is the older market, always the same one.
    """
    lon, lat = (bindparam(None, degrees, Float(53)) for degrees in place)
    spot = func.ST_SetSRID(func.ST_MakePoint(lon, lat), geography.SRID)
    return session.scalars(
        select(models.Market)
        .where(func.ST_Covers(models.Market.area, spot))
        .order_by(models.Market.id)
        .limit(1)
    ).first()


def all_markets(session: Session) -> Sequence[models.Market]:
    """Every market, by name."""
    return session.scalars(
        select(models.Market).options(undefer(models.Market.area)).order_by(models.Market.name)
    ).all()


def by_slug(session: Session, slug: str) -> models.Market:
    """The market called ``slug``; raises NotFound if there is none."""
    market = session.scalars(
        select(models.Market).options(undefer(models.Market.area)).where(models.Market.slug == slug)
    ).first()
    if market is None:
        raise errors.NotFound(what="market", slug=slug)
    return market
