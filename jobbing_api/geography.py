"""Points, shapes and the two privacy grids, all on one sphere.

Hides: which sphere (the mean radius PostGIS uses with ``use_spheroid => false``),
how GeoJSON becomes a geography column and back, and how a place is blurred.
Coordinates are (lon, lat) in WGS 84 degrees, distances metres.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import h3
from geoalchemy2 import WKBElement, WKTElement
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry import MultiPolygon, Point, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

#: (2a + b) / 3 of WGS 84: the sphere of PostGIS geography (``WGS84_RADIUS``).
EARTH_RADIUS_M = 6371008.7714150598

SRID = 4326

#: What another person may see of a place: grid spacings in metres.
JOB_GRID_M = 1_000
PROVIDER_GRID_M = 4_000

#: Resolution at which demand is recorded; coarser cells are its parents.
DEMAND_CELL_RESOLUTION = 8

#: And at which what is said of a neighbourhood is gathered.
_NEIGHBOURHOOD_RESOLUTION = 5

Geography = WKBElement | WKTElement
LonLat = tuple[float, float]


def point(lon: float, lat: float) -> WKBElement:
    """A geography value for one place."""
    return from_shape(Point(lon, lat), srid=SRID)


def lon_lat(value: Geography) -> LonLat:
    """The (lon, lat) of a stored point."""
    place = to_shape(value)
    assert isinstance(place, Point)
    return (place.x, place.y)


def to_geojson(value: Geography) -> dict[str, Any]:
    """RFC 7946 geometry of a stored shape."""
    plain: dict[str, Any] = _plain(mapping(to_shape(value)))
    return plain


def from_geojson(document: Mapping[str, Any]) -> WKBElement:
    """A geography value of an RFC 7946 geometry that was validated before."""
    return from_shape(shape(dict(document)), srid=SRID)


def multi(document: Mapping[str, Any]) -> WKBElement:
    """A MultiPolygon value of an RFC 7946 Polygon or MultiPolygon."""
    area = shape(dict(document))
    if isinstance(area, Polygon):
        area = MultiPolygon([area])
    return from_shape(area, srid=SRID)


def _plain(document: Any) -> Any:
    """Tuples as lists, so that the document equals what a JSON reader would see."""
    if isinstance(document, Mapping):
        return {key: _plain(value) for key, value in document.items()}
    if isinstance(document, tuple | list):
        return [_plain(value) for value in document]
    return document


def distance_m(a: LonLat, b: LonLat) -> float:
    """Great-circle distance (haversine: accurate at the short ranges we live in)."""
    lon_a, lat_a, lon_b, lat_b = map(math.radians, (*a, *b))
    h = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def snap(place: LonLat, grid_m: int) -> LonLat:
    """The centre of the fixed grid square that holds ``place``.

    Rows of equal height from the equator; in each row a whole number of columns
    around the globe, so that squares stay near ``grid_m`` wide at any latitude and
    the antimeridian cuts none. A fixed grid leaks one square however often it is
    asked; a random offset would average out.
    """
    lon, lat = place
    row_deg = math.degrees(grid_m / EARTH_RADIUS_M)
    row = min(math.floor(lat / row_deg), math.ceil(90 / row_deg) - 1)
    centre_lat = max(-90.0, min(90.0, (row + 0.5) * row_deg))
    columns = max(1, round(360 * math.cos(math.radians(centre_lat)) / row_deg))
    column = math.floor((lon + 180) / 360 * columns) % columns
    return (round((column + 0.5) * 360 / columns - 180, 6), round(centre_lat, 6))


def snapped_sql(place: str, grid_m: int) -> str:
    """``snap`` as an expression of PostGIS: a geography point of one, ``place``.

    The columns of a row are counted as ``snap`` counts them, so both name the same square.
    """
    row_deg = math.degrees(grid_m / EARTH_RADIUS_M)
    last_row = math.ceil(90 / row_deg) - 1
    return f"""(
        SELECT CAST(ST_SetSRID(ST_MakePoint(
            CAST(round(CAST(
                (mod(CAST(floor((ST_X(c.p) + 180) / 360 * c.columns) AS bigint),
                     CAST(c.columns AS bigint)) + 0.5::float8) * 360 / c.columns - 180
            AS numeric), 6) AS float8),
            CAST(round(CAST(c.lat AS numeric), 6) AS float8)), {SRID}) AS geography)
        FROM (
            SELECT b.p, b.lat, greatest(1, round(360 * cosd(b.lat) / {row_deg!r})) AS columns
            FROM (
                SELECT a.p, greatest(-90, least(90,
                    (least(floor(ST_Y(a.p) / {row_deg!r}), {last_row}) + 0.5::float8) * {row_deg!r}
                )) AS lat
                FROM (SELECT CAST({place} AS geometry) AS p OFFSET 0) AS a
                OFFSET 0
            ) AS b
            OFFSET 0
        ) AS c
    )"""


def box_around(place: LonLat, margin_m: float) -> tuple[LonLat, LonLat]:
    """Two corners, south-west and north-east, between which everything within ``margin_m``
    of a place lies; all around the globe where that holds a pole or the antimeridian."""
    lon, lat = place
    angle = margin_m / EARTH_RADIUS_M
    high = math.degrees(angle)
    south, north = max(-90.0, lat - high), min(90.0, lat + high)
    if abs(lat) + high >= 89.9:
        return (-180.0, south), (180.0, north)
    wide = math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(lat))))
    if lon - wide < -180 or lon + wide > 180:
        return (-180.0, south), (180.0, north)
    return (lon - wide, south), (lon + wide, north)


def neighbourhood(place: LonLat) -> int:
    """The H3 cell, some 250 km² wide, within which prices are compared, as a 64-bit
    integer. Cells that never move tell less than circles around whoever asks: two circles
    differ by whom they do not share."""
    lon, lat = place
    return int(h3.str_to_int(h3.latlng_to_cell(lat, lon, _NEIGHBOURHOOD_RESOLUTION)))


def demand_cell(place: LonLat) -> int:
    """The H3 cell under which demand at ``place`` is recorded, as a 64-bit integer."""
    lon, lat = place
    return int(h3.str_to_int(h3.latlng_to_cell(lat, lon, DEMAND_CELL_RESOLUTION)))


def unwrapped(ring: Sequence[Sequence[float]]) -> list[LonLat]:
    """A ring whose longitudes never jump by more than half the globe.

    Edges follow the shorter way, as PostGIS geography has it, so a ring across the
    antimeridian becomes continuous and plane geometry can judge its validity.
    """
    out: list[LonLat] = []
    for lon, lat, *_ in ring:
        turns = round((out[-1][0] - lon) / 360) if out else 0
        out.append((lon + 360 * turns, lat))
    return out


def valid_area(rings: Sequence[Sequence[Sequence[float]]]) -> bool:
    """True for a polygon whose rings do not cross themselves or each other."""
    outer = unwrapped(rings[0])
    # Each hole continues from a corner of the outer ring: across the antimeridian both
    # must count longitudes the same way round.
    holes = [unwrapped([outer[0], *ring])[1:] for ring in rings[1:]]
    if len(outer) < 4 or any(len(hole) < 4 for hole in holes):
        return False
    area: BaseGeometry = Polygon(outer, holes)
    return bool(area.is_valid) and area.area > 0


def widest_m(place: LonLat, ring: Iterable[Sequence[float]]) -> float:
    """The distance from ``place`` to the farthest corner of ``ring``."""
    return max(distance_m(place, (lon, lat)) for lon, lat, *_ in ring)
