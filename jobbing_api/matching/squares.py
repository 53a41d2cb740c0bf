"""Two grids over the globe that a B-tree can search.

Hides: how a square is numbered, and which squares a circle touches. Every row of the
search index lies in one fine and one coarse square, so that "the good ones, near here"
is a handful of short reads in an ordinary index, where a nearest-neighbour walk would
have to pass everybody who is nearer and worse.

A square is ``row * 65536 + column``, rows counted from the south pole and columns from
the antimeridian, which columns wrap around. ``search_rows()`` in the migrations numbers
them alike; a test holds the two together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobbing_api.geography import EARTH_RADIUS_M, LonLat

#: Distances to squares are told this much too short, so that no rounding hides anybody.
_MARGIN_M = 0.5


@dataclass(frozen=True, slots=True)
class Grid:
    """Squares of 1/``rows`` degree of latitude by 1/``columns`` degree of longitude."""

    name: str
    rows: int
    columns: int

    def around(
        self, place: LonLat, radius_m: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Every square that a circle touches: numbers, and a lower bound in metres of
        the way from ``place`` to anything in it; nearest first."""
        lon, lat = place
        angle = min(math.pi, (radius_m + _MARGIN_M) / EARTH_RADIUS_M)
        reach_deg = math.degrees(angle)
        south, north = max(-90.0, lat - reach_deg), min(90.0, lat + reach_deg)
        narrowest = math.cos(math.radians(min(90.0, max(abs(south), abs(north)) + 1 / self.rows)))
        if abs(lat) + reach_deg >= 90 or math.sin(angle) >= math.cos(math.radians(lat)):
            width_deg = 180.0
        else:
            width_deg = math.degrees(math.asin(math.sin(angle) / math.cos(math.radians(lat))))
        row = np.arange(
            math.floor((south + 90) * self.rows), math.floor((north + 90) * self.rows) + 1
        )
        first = math.floor((lon - width_deg + 180) * self.columns)
        last = math.floor((lon + width_deg + 180) * self.columns)
        around = 360 * self.columns
        if last - first >= around:
            last = first + around - 1
        column = np.arange(first, last + 1)

        # Great-circle distance to the nearest latitude and longitude of each square, at
        # the smallest cosine of latitude about: no point of a square is nearer.
        below = row / self.rows - 90
        off_lat = np.maximum(0.0, np.maximum(below - lat, lat - below - 1 / self.rows))
        left = column / self.columns - 180
        off_lon = np.maximum(0.0, np.maximum(left - lon, lon - left - 1 / self.columns))
        half_lat = np.sin(np.radians(off_lat) / 2) ** 2
        half_lon = np.sin(np.radians(np.minimum(off_lon, 180.0)) / 2) ** 2
        narrow = math.cos(math.radians(lat)) * narrowest
        h = half_lat[:, None] + narrow * half_lon[None, :]
        nearest = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, h)))
        nearest = np.maximum(0.0, nearest * (1 - 1e-9) - _MARGIN_M)
        number = (row[:, None] << 16) | (column % around)[None, :]

        touched = nearest <= radius_m
        number, nearest = number[touched], nearest[touched]
        order = np.argsort(nearest, kind="stable")
        return number[order], nearest[order]

    def block(self, place: LonLat, rings: int) -> NDArray[np.int64]:
        """The square of ``place`` and ``rings`` rings of squares around it, from the
        middle outward."""
        lon, lat = place
        row, column = math.floor((lat + 90) * self.rows), math.floor((lon + 180) * self.columns)
        side = np.arange(-rings, rings + 1)
        order = np.argsort((side[:, None] ** 2 + side[None, :] ** 2).ravel(), kind="stable")
        rows = np.clip(row + side, 0, 180 * self.rows)
        columns = (column + side) % (360 * self.columns)
        numbers = ((rows[:, None] << 16) | columns[None, :]).ravel()[order]
        # Near a pole the same square comes up twice.
        _, firsts = np.unique(numbers, return_index=True)
        found: NDArray[np.int64] = numbers[np.sort(firsts)]
        return found

    def count_within(self, radius_m: float, lat: float) -> float:
        """About how many squares a circle touches."""
        side_m = EARTH_RADIUS_M * math.radians(1 / self.rows)
        wide_m = (
            EARTH_RADIUS_M * math.radians(1 / self.columns) * max(0.01, math.cos(math.radians(lat)))
        )
        return (2 * radius_m / side_m + 1) * (2 * radius_m / wide_m + 1)


#: About 580 m, and 570 m at the latitude of Paris.
FINE = Grid("square", 192, 128)
#: Eight times as wide.
COARSE = Grid("block", 24, 16)
