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

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobbing_api.geography import EARTH_RADIUS_M, LonLat

#: Distances to squares are told this much too short, so that no rounding hides anybody.
_MARGIN_M = 0.5


@functools.cache
def _from_the_middle(rings: int) -> tuple[tuple[int, int], ...]:
    steps = range(-rings, rings + 1)
    return tuple(sorted(((a, b) for a in steps for b in steps), key=lambda at: math.hypot(*at)))


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
        width_deg = self._half_width_deg(lat, angle)
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

    def block(self, place: LonLat, rings: int) -> list[int]:
        """The square of ``place`` and ``rings`` rings of squares around it, from the
        middle outward."""
        row, column = self._square(place)
        steps = range(-rings, rings + 1)
        by_ring = sorted(
            ((a, b) for a in steps for b in steps), key=lambda s: s[0] ** 2 + s[1] ** 2
        )
        # Near a pole the same square comes up twice.
        return list(dict.fromkeys(self._number(row + a, column + b) for a, b in by_ring))

    def box(self, place: LonLat, radius_m: float) -> list[int]:
        """The squares of a box around a circle, in no order."""
        row, column = self._square(place)
        angle = (radius_m + _MARGIN_M) / EARTH_RADIUS_M
        up = math.ceil(math.degrees(angle) * self.rows)
        aside = math.ceil(self._half_width_deg(place[1], angle) * self.columns)
        aside = min(aside, 180 * self.columns)
        return list(
            dict.fromkeys(
                self._number(row + a, column + b)
                for a in range(-up, up + 1)
                for b in range(-aside, aside + 1)
            )
        )

    @staticmethod
    def _half_width_deg(lat: float, angle: float) -> float:
        """How far east and west of its centre a circle reaches."""
        cos_lat = math.cos(math.radians(lat))
        if abs(lat) + math.degrees(angle) >= 90 or math.sin(angle) >= cos_lat:
            return 180.0
        return math.degrees(math.asin(math.sin(angle) / cos_lat))

    def _square(self, place: LonLat) -> tuple[int, int]:
        return math.floor((place[1] + 90) * self.rows), math.floor((place[0] + 180) * self.columns)

    def _number(self, row: int, column: int) -> int:
        return (min(max(row, 0), 180 * self.rows) << 16) | (column % (360 * self.columns))

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
