"""The two grids: whoever is near enough is in a square that is looked at, all over the
globe, and no square is told to be farther away than somebody in it."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st

from jobbing_api import geography
from jobbing_api.geography import LonLat
from jobbing_api.matching import squares
from jobbing_api.matching.squares import COARSE, FINE, Grid
from tests import worlds

grids = st.sampled_from([FINE, COARSE])

#: Anywhere; at the antimeridian; on the very lines of either grid.
longitudes = st.one_of(
    st.floats(-180, 180),
    st.sampled_from([-180.0, 180.0, 0.0, math.nextafter(180, 0), math.nextafter(-180, 0)]),
    st.integers(-180 * 128, 180 * 128).map(lambda column: column / 128),
)
latitudes = st.one_of(
    st.floats(-90, 90),
    st.floats(-85, 85),
    st.sampled_from([-90.0, 90.0, 0.0, 89.999, -89.999, math.nextafter(90, 0)]),
    st.integers(-90 * 192, 90 * 192).map(lambda row: row / 192),
)
places = st.tuples(longitudes, latitudes)
shares = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.999999]))


def widest_m(grid: Grid, lat: float) -> float:
    """How far is tried there: around a pole every circle touches all columns."""
    if grid is FINE:
        return 20_000.0 if abs(lat) < 80 else 500.0
    return 200_000.0 if abs(lat) < 80 else 15_000.0


def number_of(grid: Grid, place: LonLat) -> int:
    """The square of a place by the definition: row * 65536 + column."""
    row = math.floor((place[1] + 90) * grid.rows)
    return row * 65_536 + math.floor((place[0] + 180) * grid.columns) % (360 * grid.columns)


@st.composite
def circles(draw: st.DrawFn, *, of: st.SearchStrategy[Grid]) -> tuple[Grid, LonLat, float, LonLat]:
    """A grid, a circle (place, metres) and somewhere within it."""
    grid, place = draw(of), draw(places)
    radius_m = draw(st.floats(1, widest_m(grid, place[1])))
    away_m = draw(shares) * radius_m
    if draw(st.booleans()):
        # Due north or south: over the pole, if it is near.
        bearing = draw(st.sampled_from([0.0, math.pi]))
    else:
        bearing = draw(st.floats(0, math.tau))
    return grid, place, radius_m, worlds.moved(place, bearing, away_m)


@given(circles(of=grids))
@example((FINE, (180.0, -16.8), 5_000.0, (-179.97, -16.8)))
@example((FINE, (-180.0, -16.8), 5_000.0, (179.97, -16.8)))
@example((COARSE, (180.0, 90.0), 9_000.0, (0.0, 89.93)))
@example((COARSE, (12.0, -90.0), 9_000.0, (-170.0, -89.93)))
def test_whoever_is_within_the_radius_is_in_a_square_no_farther_than_they_are(
    circle: tuple[Grid, LonLat, float, LonLat],
) -> None:
    grid, place, radius_m, somewhere = circle
    distance_m = geography.distance_m(place, somewhere)
    assume(distance_m <= radius_m)
    numbers, nearest_m = grid.around(place, radius_m)
    found = np.flatnonzero(numbers == number_of(grid, somewhere))
    # Once: who is in a square listed twice would be ranked twice.
    assert len(found) == 1
    assert nearest_m[found[0]] <= distance_m


@given(grids, places, st.floats(0, 1))
def test_squares_come_nearest_first_and_each_once(grid: Grid, place: LonLat, share: float) -> None:
    radius_m = share * widest_m(grid, place[1])
    numbers, nearest_m = grid.around(place, radius_m)
    assert np.all(np.diff(nearest_m) >= 0)
    assert len(np.unique(numbers)) == len(numbers)
    assert nearest_m[0] == 0
    assert np.all(nearest_m <= radius_m)


@given(
    st.tuples(longitudes, st.floats(-60, 60)),
    st.floats(100, 20_000),
    st.floats(0, math.tau),
    st.floats(0, 1),
)
def test_a_square_is_hardly_nearer_than_anybody_in_it(
    place: LonLat, radius_m: float, bearing: float, share: float
) -> None:
    somewhere = worlds.moved(place, bearing, share * radius_m)
    numbers, nearest_m = FINE.around(place, radius_m)
    found = np.flatnonzero(numbers == number_of(FINE, somewhere))
    assume(len(found) == 1)
    # The diagonal of a square is a kilometre at the equator.
    assert nearest_m[found[0]] >= geography.distance_m(place, somewhere) - 1_300


@given(circles(of=st.just(COARSE)))
@example((COARSE, (180.0, 0.0), 50_000.0, (-179.6, 0.0)))
@example((COARSE, (0.0, 90.0), 9_000.0, (180.0, 89.93)))
def test_a_box_holds_its_circle_and_each_square_once(
    circle: tuple[Grid, LonLat, float, LonLat],
) -> None:
    grid, place, radius_m, somewhere = circle
    assume(geography.distance_m(place, somewhere) <= radius_m)
    numbers = grid.box(place, radius_m)
    assert number_of(grid, somewhere) in numbers
    assert len(set(numbers)) == len(numbers)


@given(grids, places, st.integers(0, 4), st.floats(-0.999, 0.999), st.floats(-0.999, 0.999))
def test_rings_hold_everybody_so_many_squares_away(
    grid: Grid, place: LonLat, rings: int, up: float, aside: float
) -> None:
    numbers = grid.block(place, rings)
    assert numbers[0] == number_of(grid, place)
    assert len(set(numbers)) == len(numbers)
    lat = place[1] + up * rings / grid.rows
    lon = place[0] + aside * rings / grid.columns
    assume(-90 <= lat <= 90)
    wrapped = lon - 360 if lon > 180 else lon + 360 if lon < -180 else lon
    assert number_of(grid, (wrapped, lat)) in numbers


@given(grids, st.tuples(longitudes, st.floats(-89, 89)), st.integers(0, 4))
def test_away_from_the_poles_rings_are_whole_and_grow_outward(
    grid: Grid, place: LonLat, rings: int
) -> None:
    numbers = grid.block(place, rings)
    assert len(numbers) == (2 * rings + 1) ** 2
    for fewer in range(rings):
        inside = set(grid.block(place, fewer))
        # A ring's corners are farther than the middle of the next, so rings interlock.
        last = max(numbers.index(number) for number in inside)
        assert last < (2 * fewer + 2) ** 2 * 2
        assert inside <= set(numbers)


@given(places)
def test_a_block_is_eight_by_eight_squares(place: LonLat) -> None:
    fine, coarse = number_of(FINE, place), number_of(COARSE, place)
    assert (fine >> 16) // 8 == coarse >> 16
    assert (fine & 0xFFFF) // 8 == coarse & 0xFFFF


@given(grids, st.tuples(longitudes, st.floats(-75, 75)), st.floats(500, 20_000))
def test_how_many_squares_there_are_is_about_known_beforehand(
    grid: Grid, place: LonLat, radius_m: float
) -> None:
    counted = len(grid.around(place, radius_m)[0])
    guessed = grid.count_within(radius_m, place[1])
    # A circle within its box, whose sides are whole squares.
    assert counted / 6 <= guessed * 1.5
    assert guessed / 4 <= counted * 1.5


def test_the_grids_are_as_fine_as_they_say() -> None:
    degree_m = geography.EARTH_RADIUS_M * math.radians(1)
    assert 570 < degree_m / squares.FINE.rows < 590
    assert 560 < degree_m / squares.FINE.columns * math.cos(math.radians(48.85)) < 580
