"""Names of places people know, for finding one without knowing its coordinates.

Hides: how names are compared (no accents, no case, a typing error or two) and the
index behind it. The rows come from whoever seeds them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import (
    ARRAY,
    Float,
    Integer,
    Numeric,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Session

from jobbing_api import geography
from jobbing_api.markets import models

_BATCH = 2_000
_LONGEST_QUERY = 80

#: Two letters are like half of all names: below this, only what starts so is found.
_SHORTEST_GUESS = 3

#: Before each name in ``search_text``, so that "starts with" can be asked of any.
_MARK = "|"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A place as a gazetteer lists it: ``id`` is the gazetteer's own."""

    id: int
    name: str
    alternative_names: Sequence[str]
    admin_area: str
    country: str
    lon: float
    lat: float
    population: int
    time_zone: str


def _plain(text: str) -> str:
    """Compatibility forms composed, and nothing in it that a pattern gives a meaning."""
    return " ".join(re.sub(r"[\\%_|]", " ", unicodedata.normalize("NFKC", text)).split())


def _names(place: Place) -> str:
    names = dict.fromkeys(_plain(name) for name in (place.name, *place.alternative_names))
    return "".join(f"{_MARK}{name}" for name in names if name)


# A column a parameter: one short statement, however many places it carries.
_LOAD = text(
    """
    INSERT INTO places
        (id, name, search_text, admin_area, country, point, population, time_zone)
    SELECT id, name, lower(unaccent(names)), admin_area, country,
           ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography, population, time_zone
    FROM unnest(:ids, :names, :searched, :admin_areas, :countries, :lons, :lats,
                :populations, :time_zones)
         AS given (id, name, names, admin_area, country, lon, lat, population, time_zone)
    ON CONFLICT (id) DO UPDATE
    SET name = excluded.name, search_text = excluded.search_text,
        admin_area = excluded.admin_area, country = excluded.country,
        point = excluded.point, population = excluded.population,
        time_zone = excluded.time_zone
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Integer)),
    bindparam("names", type_=ARRAY(Text)),
    bindparam("searched", type_=ARRAY(Text)),
    bindparam("admin_areas", type_=ARRAY(Text)),
    bindparam("countries", type_=ARRAY(Text)),
    bindparam("lons", type_=ARRAY(Float(53))),
    bindparam("lats", type_=ARRAY(Float(53))),
    bindparam("populations", type_=ARRAY(Integer)),
    bindparam("time_zones", type_=ARRAY(Text)),
)


def load(session: Session, places: Iterable[Place]) -> int:
    """Add places, or bring those of the same ``id`` up to date; returns how many."""
    loaded = 0
    rest = iter(places)
    while batch := {place.id: place for place in islice(rest, _BATCH)}:
        given = list(batch.values())
        session.execute(
            _LOAD,
            {
                "ids": list(batch),
                "names": [place.name for place in given],
                "searched": [_names(place) for place in given],
                "admin_areas": [place.admin_area for place in given],
                "countries": [place.country for place in given],
                "lons": [place.lon for place in given],
                "lats": [place.lat for place in given],
                "populations": [place.population for place in given],
                "time_zones": [place.time_zone for place in given],
            },
        )
        loaded += len(batch)
    return loaded


def search(session: Session, q: str, *, limit: int) -> Sequence[models.Place]:
    """At most ``limit`` places whose name, or another name of theirs, is like ``q``.

    First those whose own name starts with ``q``, then those with another name that does,
    each by population, largest first; then, if there is room, those with a part most
    like it (pg_trgm's word similarity, to a tenth). Fewer than two characters find nothing.
    """
    asked = _plain(q)[:_LONGEST_QUERY]
    if len(asked) < 2:
        return []
    place = models.Place
    searched = place.search_text
    wanted = func.lower(func.unaccent(literal(asked, Text)))
    own = searched.like(literal(_MARK, Text).concat(wanted).concat("%"))
    any_ = searched.like(literal(f"%{_MARK}", Text).concat(wanted).concat("%"))
    found = session.scalars(
        select(place)
        .where(any_)
        .order_by(case((own, 0), else_=1), place.population.desc(), place.id)
        .limit(limit)
    ).all()
    if len(found) == limit or len(asked) < _SHORTEST_GUESS:
        return found
    likeness = func.round(cast(func.word_similarity(wanted, searched), Numeric), 1)
    alike = session.scalars(
        select(place)
        .where(
            wanted.op("<%", is_comparison=True)(searched),
            place.id.not_in([one.id for one in found]),
        )
        .order_by(likeness.desc(), place.population.desc(), place.id)
        .limit(limit - len(found))
    ).all()
    return [*found, *alike]


# By the index on points first; the box itself is exact, where the circle around it is generous.
_WITHIN = text(
    """
    SELECT id FROM places
    WHERE ST_DWithin(
            point, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :radius_m, false
        )
      AND ST_X(point::geometry) BETWEEN :west AND :east
      AND ST_Y(point::geometry) BETWEEN :south AND :north
    ORDER BY population DESC, id
    LIMIT :limit
    """
)


def within(
    session: Session, box: tuple[float, float, float, float], *, limit: int
) -> Sequence[models.Place]:
    """The largest places in ``box`` (west, south, east, north in degrees), largest first."""
    west, south, east, north = box
    lon, lat = (west + east) / 2, (south + north) / 2
    # A box is widest where it is nearest to the equator.
    widest = 0.0 if south <= 0 <= north else min(south, north, key=abs)
    radius_m = max(
        geography.distance_m((lon, lat), corner)
        for corner in ((west, south), (west, north), (west, widest))
    )
    ids = session.scalars(
        _WITHIN,
        {
            "lon": lon,
            "lat": lat,
            "radius_m": radius_m + 1,
            "limit": limit,
            "west": west,
            "south": south,
            "east": east,
            "north": north,
        },
    ).all()
    place = models.Place
    return session.scalars(
        select(place).where(place.id.in_(ids)).order_by(place.population.desc(), place.id)
    ).all()


# The nearest of each in one statement, by the index on points; what is far is no name for it.
_NEAREST = text(
    """
    SELECT given.n, near.name
    FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[]))
         WITH ORDINALITY AS given (lon, lat, n)
    CROSS JOIN LATERAL (
        SELECT name, point FROM places
        ORDER BY point <-> ST_SetSRID(ST_MakePoint(given.lon, given.lat), 4326)::geography
        LIMIT 1
    ) near
    WHERE ST_DWithin(
        near.point, ST_SetSRID(ST_MakePoint(given.lon, given.lat), 4326)::geography,
        :within_m, false
    )
    """
)
_NAMES_WITHIN_M = 20_000


def nearest(session: Session, points: Sequence[geography.LonLat]) -> list[str | None]:
    """The name of the place each point is at or next to; None where none is near."""
    found: list[str | None] = [None] * len(points)
    if points:
        asked = {
            "lons": [lon for lon, _ in points],
            "lats": [lat for _, lat in points],
            "within_m": _NAMES_WITHIN_M,
        }
        for n, name in session.execute(_NEAREST, asked):
            found[n - 1] = name
    return found
