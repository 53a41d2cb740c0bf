"""The strict kinds of value behind ``fields``: marshmallow's own coerce too much.

Hides: how a value is judged, in and out. What is wrong is said by ids of the wording
files, so that a person reads it in their language.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import marshmallow as ma
from geoalchemy2 import WKBElement, WKTElement
from marshmallow import fields, validate

from jobbing_api import errors, geography

#: Corners of a drawn area, all rings together.
_MOST_CORNERS = 1_000

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)

_DAY = re.compile(r"[12]\d{3}-\d{2}-\d{2}", re.ASCII)


def wrong(message_id: str, **values: Any) -> ma.ValidationError:
    """The error to raise for a value that ``message_id`` describes."""
    return ma.ValidationError([errors.Wrong(message_id, **values)])


class Body(ma.Schema):
    """What a client sends: unknown members are refused by name."""

    error_messages: dict[str, str] = {  # noqa: RUF012  # declared so by marshmallow
        "unknown": "field-unknown",
        "type": "field-object",
    }


class Answer(ma.Schema):
    """What we send: every member is always there, so that a client may rely on it.

    Members may be added, so the contract does not forbid others.
    """

    class Meta:
        unknown = ma.EXCLUDE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.required = True


class Length(validate.Length):
    """Length of a text in characters or of a list in items."""

    def __call__(self, value: Any) -> Any:
        least, most = self.min or 0, self.max
        if len(value) < least or (most is not None and len(value) > most):
            kind = "length" if isinstance(value, str) else "count"
            raise wrong(f"field-{kind}", least=least, most=most)
        return value


def members(most: int) -> Callable[[Mapping[str, Any]], None]:
    """A check that an object has so many members at most."""

    def check(value: Mapping[str, Any]) -> None:
        if len(value) > most:
            raise wrong("field-count", least=0, most=most)

    return check


class Range(validate.Range):
    def __call__(self, value: Any) -> Any:
        if not self.min <= value <= self.max:
            raise wrong("field-range", least=self.min, most=self.max)
        return value


class OneOf(validate.OneOf):
    def __call__(self, value: Any) -> Any:
        if value not in self.choices:
            raise wrong("field-choice", choices=", ".join(map(str, self.choices)))
        return value


class Pattern(validate.Regexp):
    """The whole text matches; the error says what it should have been."""

    def __call__(self, value: Any) -> Any:
        if not self.regex.fullmatch(value):
            raise ma.ValidationError(self.error)
        return value


class Text(fields.String):
    """Trimmed text; ``lines`` allows line breaks and tabs inside."""

    def __init__(self, *, lines: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lines = lines

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise wrong("field-text")
        text = value.strip()
        allowed = "\n\r\t" if self.lines else ""
        if any(unicodedata.category(c) == "Cc" and c not in allowed for c in text):
            raise wrong("field-control-characters")
        return text


class Secret(fields.String):
    """Text kept exactly as it was typed."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise wrong("field-text")
        return value


class Whole(fields.Integer):
    """A whole number; in a query string, where all is text, in plain digits."""

    def __init__(self, *, digits: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.digits = digits

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if self.digits and isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value):
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong("field-whole-number")
        return value


class Flag(fields.Boolean):
    """``true`` or ``false`` and nothing that resembles them; in a query string, in letters."""

    def __init__(self, *, letters: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.letters = letters

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if self.letters and value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            raise wrong("field-flag")
        return value


class Id(fields.UUID):
    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or len(value) != 36:
            raise wrong("field-id")
        try:
            return super()._deserialize(value, *args, **kwargs)
        except ma.ValidationError:
            raise wrong("field-id") from None


class Instant(fields.Field[datetime]):
    """An RFC 3339 instant with its offset; aware UTC inside, ``...Z`` outside."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise wrong("field-instant")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise wrong("field-instant") from None

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else rfc3339(value)


class Day(fields.Field[date]):
    """An RFC 3339 full-date: a day of a calendar, in no time zone."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise wrong("field-day")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise wrong("field-day") from None

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat()


def rfc3339(instant: datetime) -> str:
    """An aware instant as UTC text that ends in Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parsed(text: str) -> datetime:
    """An instant we wrote ourselves, back as one."""
    return datetime.fromisoformat(text)


def _lon_lat(value: Any) -> geography.LonLat:
    """Exactly two finite numbers within the world."""
    if (
        not isinstance(value, list)
        or len(value) != 2
        or any(isinstance(part, bool) or not isinstance(part, int | float) for part in value)
        or not all(math.isfinite(part) for part in value)
    ):
        raise wrong("field-position")
    lon, lat = value
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise wrong("field-position-bounds")
    return (float(lon), float(lat))


def _coordinates(value: Any, kind: str) -> Any:
    if (
        not isinstance(value, Mapping)
        or set(value) != {"type", "coordinates"}
        or value["type"] != kind
    ):
        raise wrong(f"field-{kind.lower()}")
    return value["coordinates"]


class Point(fields.Field[geography.LonLat]):
    """An RFC 7946 Point, exactly [lon, lat]; a (lon, lat) inside."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> geography.LonLat:
        return _lon_lat(_coordinates(value, "Point"))

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        if isinstance(value, WKBElement | WKTElement):
            value = geography.lon_lat(value)
        return {"type": "Point", "coordinates": [value[0], value[1]]}


class Box(fields.Field[tuple[float, float, float, float]]):
    """Four numbers with commas: west, south, east, north in degrees; in queries only."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            west, south, east, north = (float(part) for part in str(value).split(","))
        except ValueError:
            raise wrong("field-box") from None
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise wrong("field-box")
        return west, south, east, north


class Polygon(fields.Field[dict[str, Any]]):
    """An RFC 7946 Polygon whose rings are closed and do not cross."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        rings = _coordinates(value, "Polygon")
        if not isinstance(rings, list) or not rings or not all(isinstance(r, list) for r in rings):
            raise wrong("field-polygon")
        if sum(map(len, rings)) > _MOST_CORNERS:
            raise wrong("field-polygon-corners", most=_MOST_CORNERS)
        places = [[list(_lon_lat(position)) for position in ring] for ring in rings]
        if any(len(ring) < 4 or ring[0] != ring[-1] for ring in places):
            raise wrong("field-polygon-open")
        if not geography.valid_area(places):
            raise wrong("field-polygon-crossing")
        return {"type": "Polygon", "coordinates": places}

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, WKBElement | WKTElement):
            return geography.to_geojson(value)
        return value


class MultiPolygon(fields.Field[Any]):
    """An RFC 7946 MultiPolygon; in answers only."""

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return geography.to_geojson(value)


class Many(fields.List[Any]):
    """A list; ``commas`` also takes ``?state=open,assigned``."""

    def __init__(self, inner: Any, *, commas: bool, distinct: bool, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.commas = commas
        self.distinct = distinct

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if self.commas:
            given = [value] if isinstance(value, str) else value
            value = [part for text in given for part in str(text).split(",")]
        if not isinstance(value, list):
            raise wrong("field-list")
        items = super()._deserialize(value, *args, **kwargs)
        return list(dict.fromkeys(items)) if self.distinct else items


class OrText(fields.Nested):
    """An object, or plain text that stands for its ``member``."""

    def __init__(self, schema: type[ma.Schema], *, member: str, **kwargs: Any) -> None:
        super().__init__(schema, **kwargs)
        self.member = member

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        given = {self.member: value} if isinstance(value, str) else value
        return super()._deserialize(given, *args, **kwargs)


class Named(fields.Dict):
    """An object with members of its own choosing."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise wrong("field-object")
        return dict(value)
