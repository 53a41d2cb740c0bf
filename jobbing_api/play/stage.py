"""Where and when it is played: the market, the middle of its town, a working day.

Hides: how a town is found among markets that say no more than their ground.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
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

#: A start so near that whoever calls it off answers for it, and no visit of that day yet.
_HOURS_AHEAD = timedelta(hours=20)
_HOURS = timedelta(hours=2, minutes=30)


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


def category(stranger: client.Caller, watch: client.Watch, slug: str) -> Json:
    """A category in the caller's language; raises Failed if unknown."""
    found: list[Json] = stranger.get("/categories")["items"]
    for one in found:
        if one["slug"] == slug:
            return one
    raise watch.failed(f"there is no category {slug}")


def window(now: datetime, zone: ZoneInfo, *, days: int = 0) -> tuple[datetime, datetime]:
    """The next working day but one, from eight to six on the spot: two to four days ahead;
    or from then to six so many days later."""
    day = now.astimezone(zone).date() + timedelta(days=_DAYS_AHEAD)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return at_hour(day, _FROM_HOUR, zone), at_hour(day + timedelta(days=days), _TO_HOUR, zone)


def hours(now: datetime) -> tuple[datetime, datetime]:
    """From the quarter of an hour that begins in twenty hours or just after, for two and a
    half hours: at whatever time of day that is."""
    quarter = timedelta(minutes=15)
    soonest = (now + _HOURS_AHEAD).replace(second=0, microsecond=0)
    from_ = soonest + (quarter - timedelta(minutes=soonest.minute) % quarter)
    return from_, from_ + _HOURS


def month_later(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The same weekday four weeks later, from eight to six on the spot."""
    later = day + timedelta(weeks=4)
    return at_hour(later, _FROM_HOUR, zone), at_hour(later, _TO_HOUR, zone)


def at_hour(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """That hour of a local day."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone)


def _places(stranger: client.Caller, name: str) -> list[LonLat]:
    found = stranger.get(f"/places?{httpx.QueryParams({'q': name})}")
    points = [one["point"]["coordinates"] for one in found["items"]]
    return [(lon, lat) for lon, lat in points]


def _holds(where: Json, spot: LonLat) -> bool:
    return bool(shapely.intersects_xy(shape(where["area"]), *spot))
