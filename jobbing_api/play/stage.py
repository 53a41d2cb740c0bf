"""Where and when it is played: the market, the middle of its town, a working day.

Hides: how a town is found among markets that say no more than their ground.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import shapely
from shapely.geometry import shape

from jobbing_api.geography import LonLat
from jobbing_api.play import client
from jobbing_api.play.client import Json

_FROM_HOUR, _TO_HOUR = 8, 18
_DAYS_AHEAD = 2
_SATURDAY = 5


def market(
    stranger: client.Caller, watch: client.Watch, *, slug: str | None, place: str | None
) -> Json:
    """The market called ``slug``, or the one that holds ``place``, or the first.

    Raises Failed if there is none.
    """
    markets: list[Json] = stranger.get("/markets")["items"]
    if not markets:
        raise watch.failed("there is no market: seed a town first")
    if place is not None:
        # The best match first: several towns may share the name, and several markets.
        spots = _places(stranger, place)
        markets = [one for spot in spots for one in markets if _holds(one, spot)]
        if not markets:
            raise watch.failed(f"no market holds a place called {place}")
    if slug is None:
        return markets[0]
    named = [one for one in markets if one["slug"] == slug]
    if not named:
        slugs = ", ".join(one["slug"] for one in markets)
        raise watch.failed(f"no market is called {slug}; there are {slugs}")
    return named[0]


def middle(stranger: client.Caller, where: Json) -> LonLat:
    """The town a market is called after; the middle of its ground if unknown."""
    for spot in _places(stranger, where["name"]):
        if _holds(where, spot):
            return spot
    inside = shape(where["area"]).representative_point()
    return (inside.x, inside.y)


def category_name(stranger: client.Caller, watch: client.Watch, slug: str) -> str:
    """What a category is called in the caller's language; raises Failed if unknown."""
    for one in stranger.get("/categories")["items"]:
        if one["slug"] == slug:
            return str(one["name"])
    raise watch.failed(f"there is no category {slug}")


def window(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The next working day but one, from eight to six on the spot: two to four days ahead."""
    day = now.astimezone(zone).date() + timedelta(days=_DAYS_AHEAD)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    from_ = datetime(day.year, day.month, day.day, _FROM_HOUR, tzinfo=zone)
    return from_, from_.replace(hour=_TO_HOUR)


def _places(stranger: client.Caller, name: str) -> list[LonLat]:
    found = stranger.get(f"/places?{httpx.QueryParams({'q': name})}")
    points = [one["point"]["coordinates"] for one in found["items"]]
    return [(lon, lat) for lon, lat in points]


def _holds(where: Json, spot: LonLat) -> bool:
    return bool(shapely.intersects_xy(shape(where["area"]), *spot))
