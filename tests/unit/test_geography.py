"""The sphere, the two privacy grids, and what counts as an area."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise

import h3
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from jobbing_api import geography
from jobbing_api.geography import LonLat
from tests import oracle, worlds

GRIDS_M = (geography.JOB_GRID_M, geography.PROVIDER_GRID_M)

longitudes = st.floats(-180, 180)
latitudes = st.floats(-90, 90)
places = st.tuples(longitudes, latitudes)
#: Where people live: towards the poles whole columns no longer fit around a row.
inhabited = st.tuples(longitudes, st.floats(-80, 80))
grids = st.sampled_from(GRIDS_M)


# Distances ------------------------------------------------------------------------------


def test_distances_are_those_of_the_sphere_postgis_uses() -> None:
    quarter = geography.EARTH_RADIUS_M * math.pi / 2
    assert geography.distance_m((0, 0), (0, 90)) == pytest.approx(quarter)
    assert geography.distance_m((0, 0), (90, 0)) == pytest.approx(quarter)
    assert geography.distance_m((12, 90), (77, -90)) == pytest.approx(2 * quarter)
    assert abs(geography.EARTH_RADIUS_M - oracle.SPHERE_M) < 1e-6
    # Ask PostGIS: ST_Distance('POINT(4.8357 45.764)', 'POINT(2.3522 48.8566)', false).
    assert geography.distance_m((4.8357, 45.764), (2.3522, 48.8566)) == pytest.approx(
        391_499.47067906, abs=1e-6
    )


def test_the_antimeridian_is_no_distance() -> None:
    assert geography.distance_m((180, 12), (-180, 12)) == pytest.approx(0, abs=1e-6)
    assert geography.distance_m((179.999, 0), (-179.999, 0)) == pytest.approx(222.39, abs=0.01)


@given(places, places)
def test_a_distance_is_the_same_both_ways_and_for_the_oracle(a: LonLat, b: LonLat) -> None:
    distance_m = geography.distance_m(a, b)
    assert distance_m == pytest.approx(geography.distance_m(b, a), abs=1e-6)
    # Haversines say little about places on opposite sides of the globe.
    assume(distance_m < 19_000_000)
    assert distance_m == pytest.approx(oracle.metres(a, b), rel=1e-9, abs=1e-6)


def test_the_widest_is_the_distance_to_the_farthest_corner() -> None:
    ring = [(179.9, 0), (-179.9, 0), (-179.9, 0.1), (179.9, 0)]
    expected = geography.distance_m((180, 0), (-179.9, 0.1))
    assert geography.widest_m((180, 0), ring) == pytest.approx(expected)


# The grids ------------------------------------------------------------------------------


@given(inhabited, grids)
def test_a_blurred_place_is_never_farther_than_half_the_diagonal(
    place: LonLat, grid_m: int
) -> None:
    blurred = geography.snap(place, grid_m)
    # A whole number of columns makes squares a little wider than they are high.
    assert geography.distance_m(place, blurred) <= grid_m * math.sqrt(2) / 2 * 1.01


@given(places, grids)
@example((0, 90), geography.PROVIDER_GRID_M)
@example((100, -90), geography.PROVIDER_GRID_M)
@example((-180, 89.99), geography.JOB_GRID_M)
def test_even_at_the_poles_a_blurred_place_is_within_one_square(place: LonLat, grid_m: int) -> None:
    blurred = geography.snap(place, grid_m)
    assert -180 <= blurred[0] <= 180
    assert -90 <= blurred[1] <= 90
    assert geography.distance_m(place, blurred) <= grid_m


@given(places, grids)
@example((180.0, 0.0), geography.JOB_GRID_M)
@example((-180.0, 0.0), geography.JOB_GRID_M)
@example((0.0, 90.0), geography.JOB_GRID_M)
@example((0.0, -90.0), geography.PROVIDER_GRID_M)
def test_blurring_twice_is_blurring_once(place: LonLat, grid_m: int) -> None:
    blurred = geography.snap(place, grid_m)
    assert geography.snap(blurred, grid_m) == blurred


@given(inhabited, grids, st.floats(0, math.tau), st.floats(0, 0.48))
def test_all_places_near_the_middle_of_a_square_look_alike(
    place: LonLat, grid_m: int, bearing: float, share: float
) -> None:
    middle = geography.snap(place, grid_m)
    assert geography.snap(worlds.moved(middle, bearing, share * grid_m), grid_m) == middle


@given(st.floats(-85, 85), grids)
def test_the_antimeridian_has_two_names_and_one_square(lat: float, grid_m: int) -> None:
    assert geography.snap((180.0, lat), grid_m) == geography.snap((-180.0, lat), grid_m)


@given(inhabited, inhabited, grids)
def test_a_blurred_place_tells_no_more_than_its_square(
    place: LonLat, other: LonLat, grid_m: int
) -> None:
    """Squares of different names are apart: nobody is told apart within one."""
    one, two = geography.snap(place, grid_m), geography.snap(other, grid_m)
    assert one == two or geography.distance_m(one, two) > 0.95 * grid_m


@given(places)
def test_demand_is_recorded_in_a_cell_of_the_fixed_resolution(place: LonLat) -> None:
    cell = geography.demand_cell(place)
    assert 0 < cell < 2**63
    assert h3.get_resolution(h3.int_to_str(cell)) == geography.DEMAND_CELL_RESOLUTION
    lat, lon = h3.cell_to_latlng(h3.int_to_str(cell))
    assert geography.distance_m(place, (lon, lat)) < 1_000


# Shapes ---------------------------------------------------------------------------------


def test_a_point_goes_in_and_comes_out_unchanged() -> None:
    place = (4.835700000000001, -45.76399999999999)
    assert geography.lon_lat(geography.point(*place)) == place
    assert geography.to_geojson(geography.point(1, 2)) == {"type": "Point", "coordinates": [1, 2]}


def test_a_polygon_becomes_a_multipolygon_and_stays_one() -> None:
    ring = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    assert geography.to_geojson(geography.from_geojson(polygon)) == polygon
    several = {"type": "MultiPolygon", "coordinates": [[ring]]}
    assert geography.to_geojson(geography.multi(polygon)) == several
    assert geography.to_geojson(geography.multi(several)) == several


def box(west: float, south: float, east: float, north: float) -> list[LonLat]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


@pytest.mark.parametrize(
    "rings",
    [
        [box(0, 0, 1, 1)],
        # Concave.
        [[(0, 0), (4, 0), (4, 3), (2, 1), (0, 3), (0, 0)]],
        # With holes, one beside the other.
        [box(0, 0, 9, 9), box(1, 1, 2, 2), box(3, 3, 4, 4)],
        # Across the antimeridian, either way round.
        [box(179, 0, -179, 1)],
        [[(-179, 0), (179, 0), (179, 1), (-179, 1), (-179, 0)]],
        [[(179.5, 0), (-179.5, 0), (180, 1), (179.5, 0)]],
        # Far north.
        [box(10, 79, 30, 81)],
    ],
)
def test_areas_people_draw_are_valid(rings: Sequence[Sequence[LonLat]]) -> None:
    assert geography.valid_area(rings)


@pytest.mark.parametrize(
    "rings",
    [
        # A bow tie, here and across the antimeridian.
        [[(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)]],
        [[(179, 0), (-179, 1), (-179, 0), (179, 1), (179, 0)]],
        # No area: there and back, and all corners in one place.
        [[(0, 0), (1, 1), (0, 0), (0, 0)]],
        [[(0, 0), (1, 0), (2, 0), (0, 0)]],
        [[(5, 5), (5, 5), (5, 5), (5, 5)]],
        # Too few corners, outside or in a hole.
        [[(0, 0), (1, 0), (0, 0)]],
        [box(0, 0, 9, 9), [(1, 1), (2, 2), (1, 1)]],
        # A hole outside, a hole across the edge, a hole in a hole.
        [box(0, 0, 1, 1), box(2, 2, 3, 3)],
        [box(0, 0, 4, 4), box(3, 3, 5, 5)],
        [box(0, 0, 9, 9), box(1, 1, 8, 8), box(2, 2, 3, 3)],
        # A band around the globe has no inside.
        [[(0, 50), (120, 50), (-120, 50), (0, 50)]],
    ],
)
def test_areas_that_contradict_themselves_are_not(rings: Sequence[Sequence[LonLat]]) -> None:
    assert not geography.valid_area(rings)


def test_a_hole_may_lie_on_the_other_side_of_the_antimeridian() -> None:
    outer = box(179, 0, -179, 2)
    assert geography.valid_area([outer, box(179.4, 0.5, 179.6, 1)])
    assert geography.valid_area([outer, box(-179.6, 0.5, -179.4, 1)])
    assert geography.valid_area([box(-179, 0, 179, 2)[::-1], box(179.4, 0.5, 179.6, 1)])
    assert not geography.valid_area([outer, box(-178.6, 0.5, -178.4, 1)])


@given(st.integers(0, 2**32), inhabited, st.floats(100, 100_000))
def test_a_star_around_a_place_is_valid_wherever_it_lies(
    seed: int, middle: LonLat, within_m: float
) -> None:
    assert geography.valid_area(worlds.drawn_area(random.Random(seed), middle, within_m))


@given(st.lists(places, min_size=1, max_size=9))
def test_an_unwrapped_ring_never_jumps_and_names_the_same_places(ring: list[LonLat]) -> None:
    smooth = geography.unwrapped(ring)
    assert smooth[0] == ring[0]
    for (lon, lat), (was_lon, was_lat) in zip(smooth, ring, strict=True):
        assert lat == was_lat
        assert math.remainder(lon - was_lon, 360) == pytest.approx(0, abs=1e-9)
    for (a, _), (b, _) in pairwise(smooth):
        assert abs(b - a) <= 180 + 1e-9
