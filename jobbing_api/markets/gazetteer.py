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
from typing import Any

from sqlalchemy import Text, case, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import geography
from jobbing_api.markets import models

_BATCH = 2_000
_LONGEST_QUERY = 80

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


def _row(place: Place) -> dict[str, Any]:
    names = dict.fromkeys(_plain(name) for name in (place.name, *place.alternative_names))
    return {
        "id": place.id,
        "name": place.name,
        "search_text": func.lower(
            func.unaccent("".join(f"{_MARK}{name}" for name in names if name))
        ),
        "admin_area": place.admin_area,
        "country": place.country,
        "point": geography.point(place.lon, place.lat),
        "population": place.population,
        "time_zone": place.time_zone,
    }


def load(session: Session, places: Iterable[Place]) -> int:
    """Add places, or bring those of the same ``id`` up to date; returns how many."""
    loaded = 0
    rest = iter(places)
    while batch := {place.id: place for place in islice(rest, _BATCH)}:
        statement = insert(models.Place).values([_row(place) for place in batch.values()])
        columns = {
            column.name: statement.excluded[column.name]
            for column in models.Place.__table__.columns
            if column.name != "id"
        }
        session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=columns))
        loaded += len(batch)
    return loaded


def search(session: Session, q: str, *, limit: int) -> Sequence[models.Place]:
    """At most ``limit`` places whose name, or another name of theirs, is like ``q``.

    First those with a name that starts with ``q``, then those that hold something
    similar (pg_trgm's word similarity); each by population, largest first. Fewer than
    two characters find nothing.
    """
    asked = _plain(q)[:_LONGEST_QUERY]
    if len(asked) < 2:
        return []
    text = models.Place.search_text
    wanted = func.lower(func.unaccent(literal(asked, Text)))
    starts = text.like(literal(f"%{_MARK}", Text).concat(wanted).concat("%"))
    return session.scalars(
        select(models.Place)
        .where(starts | wanted.op("<%", is_comparison=True)(text))
        .order_by(case((starts, 0), else_=1), models.Place.population.desc(), models.Place.id)
        .limit(limit)
    ).all()
