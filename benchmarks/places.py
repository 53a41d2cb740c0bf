"""What the population and the questions asked of it have in common.

Hides: the file of numbers (``workload.toml``), how one seed becomes independent dice, how
a person's number becomes an id, and where in France people live.
"""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jobbing_api import geography
from jobbing_api.seeding import gazetteer

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_FILE = Path(__file__).with_name("workload.toml")

#: The gazetteer lists the districts of the three cities beside the cities themselves,
#: some twice; whoever lives there is counted once.
_DISTRICT = re.compile(r"(Paris|Lyon|Marseille) \d")

#: What there are ids of, each with the mark its ids bear.
_MARKS = {
    kind: f"8{mark:03x}-8000"
    for mark, kind in enumerate(
        (
            "market",
            "provider",
            "resident",
            "job",
            "booking",
            "exception",
            "paper",
            "fact",
            "subject",
            "request",
        ),
        start=1,
    )
}

#: The milliseconds since 1970 that the first id begins with, and those to the next.
_FIRST_MS = 1_700_000_000_000
_STEP_MS = 1_000


@functools.cache
def recipe() -> dict[str, Any]:
    """Every number the benchmarks are drawn by, as ``workload.toml`` has them."""
    return tomllib.loads(_FILE.read_text("utf-8"))


def digest() -> str:
    """SHA-256 of ``workload.toml``, in hex: which workload a figure is about."""
    return hashlib.sha256(_FILE.read_bytes()).hexdigest()


def now() -> datetime:
    """The instant at which everything happens, UTC."""
    instant: datetime = recipe()["now"]
    return instant


def dice(topic: str) -> np.random.Generator:
    """The dice of one topic: the same in every run, and deaf to what others draw."""
    return np.random.default_rng([recipe()["seed"], *topic.encode()])


def id_of(kind: str, number: int) -> uuid.UUID:
    """The id of the so-manieth market, provider, resident, ..., counted from 0."""
    return uuid.UUID(id_texts(kind, (number,))[0])


def id_texts(kind: str, numbers: Iterable[int]) -> list[str]:
    """As ``id_of``, of many, written out.

    RFC 9562, version 8: the layout is the maker's own. Like those of version 7 that the
    application gives, they begin with a time that is different for each and grows: a
    GiST index tells ids apart by their first 53 bits, and where those are all the same
    it reads thousands of pages to find one.
    """
    mark = _MARKS[kind]
    times = ((_FIRST_MS + _STEP_MS * number, number) for number in numbers)
    return [f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-{mark}-{number:012x}" for ms, number in times]


@functools.cache
def _towns() -> tuple[Floats, Floats, Floats]:
    """Longitudes, latitudes and populations of all places of the market."""
    west, south, east, north = recipe()["market"]["box"]
    towns = sorted(
        (
            place
            for place in gazetteer.places(recipe()["market"]["country"])
            if west < place.lon < east
            and south < place.lat < north
            and place.population > 0
            and not _DISTRICT.match(place.name)
        ),
        key=lambda place: place.id,
    )
    return (
        np.array([town.lon for town in towns]),
        np.array([town.lat for town in towns]),
        np.array([town.population for town in towns], dtype=np.float64),
    )


def drawn(chance: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Longitudes and latitudes of so many homes: a place by its population, then around
    its centre, the wider the larger it is."""
    lons, lats, populations = _towns()
    town = chance.choice(len(lons), size=count, p=populations / populations.sum())
    spread = recipe()["places"]
    sigma_m = np.maximum(
        spread["sigma_m_at_least"],
        spread["sigma_m_per_root_inhabitant"] * np.sqrt(populations[town]),
    )
    east_m, north_m = chance.normal(size=(2, count)) * sigma_m
    return moved(lons[town], lats[town], east_m, north_m)


def moved(lons: Floats, lats: Floats, east_m: Floats, north_m: Floats) -> tuple[Floats, Floats]:
    """Where one comes to from (lon, lat) by so many metres; good for some dozen
    kilometres. Degrees to six places, as people's phones give them."""
    up_deg = np.degrees(north_m / geography.EARTH_RADIUS_M)
    right_deg = np.degrees(east_m / geography.EARTH_RADIUS_M) / np.cos(np.radians(lats))
    return np.round(lons + right_deg, 6), np.round(lats + up_deg, 6)


def within(
    chance: np.random.Generator, lons: Floats, lats: Floats, radius_m: float
) -> tuple[Floats, Floats]:
    """A place evenly drawn from the circle around each (lon, lat)."""
    angle = chance.uniform(0, 2 * np.pi, len(lons))
    # A hair less than the radius: a degree is rounded afterwards.
    away_m = 0.999 * radius_m * np.sqrt(chance.random(len(lons)))
    return moved(lons, lats, away_m * np.cos(angle), away_m * np.sin(angle))


def weighed(chance: np.random.Generator, shares: Sequence[float], count: int) -> Ints:
    """So many positions in ``shares``, each as often as its share says."""
    weights = np.asarray(shares, dtype=np.float64)
    return chance.choice(len(weights), size=count, p=weights / weights.sum())
