"""What a value may look like on its way in and out.

Hides: how strict each kind of value is, and how the contract describes it. Nothing is
coerced: a number in quotes is refused, text is trimmed, an instant needs its offset,
a place is an RFC 7946 Point inside the world. Every function makes one field; it is
required unless it has a ``load_default`` or says ``required=False``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

import marshmallow as ma
from marshmallow import fields

from jobbing_api.api import kinds

#: Money in the smallest unit: more than any visit costs, in any currency.
MOST_CENTS = 1_000_000_000

#: A time-ordered id for examples.
SOME_ID = "019ab7c2-5d1e-7a60-9f3b-2c4d8e6f0a1b"


def _options(
    description: str, example: Any, given: dict[str, Any], checks: Iterable[Any] = ()
) -> dict[str, Any]:
    """Keyword arguments every kind of field shares. Required unless there is a default."""
    metadata = {"description": description, **given.pop("metadata", {})}
    if example is not None:
        metadata["examples"] = [example]
    return {
        "required": "load_default" not in given,
        "validate": [*checks],
        "metadata": metadata,
        "error_messages": {"required": "field-required", "null": "field-null"},
        **given,
    }


def text(
    description: str, example: str, *, most: int, least: int = 1, lines: bool = False, **given: Any
) -> fields.Field[Any]:
    """Trimmed text of ``least`` to ``most`` characters."""
    checks = [kinds.Length(min=least, max=most)]
    return kinds.Text(lines=lines, **_options(description, example, given, checks))


def secret(
    description: str, example: str, *, least: int, most: int, **given: Any
) -> fields.Field[Any]:
    """A password or a token, exactly as given, never in an answer's example."""
    checks = [kinds.Length(min=least, max=most)]
    return kinds.Secret(**_options(description, example, given, checks))


def matching(
    description: str, example: str, pattern: str, message_id: str, **given: Any
) -> fields.Field[Any]:
    """Text of one shape; ``message_id`` says what it should have been."""
    checks = [kinds.Pattern(re.compile(pattern, re.ASCII), error=message_id)]
    return kinds.Text(lines=False, **_options(description, example, given, checks))


def slug(description: str, example: str, **given: Any) -> fields.Field[Any]:
    """A short name of ours, like ``gutter-cleaning``."""
    return matching(description, example, r"[a-z0-9][a-z0-9-]{0,63}", "field-slug", **given)


def language(description: str, example: str = "fr", **given: Any) -> fields.Field[Any]:
    """An ISO 639-1 code: two letters, lower case."""
    return matching(description, example, r"[a-z]{2}", "field-language", **given)


def currency(description: str, example: str = "EUR", **given: Any) -> fields.Field[Any]:
    """An ISO 4217 code."""
    return matching(description, example, r"[A-Z]{3}", "field-currency", **given)


def choice(
    description: str, example: str, choices: Sequence[str], **given: Any
) -> fields.Field[Any]:
    """One of a few words of the contract."""
    checks = [kinds.OneOf([str(word) for word in choices])]
    return kinds.Text(lines=False, **_options(description, example, given, checks))


def time_zone(description: str, example: str = "Europe/Paris", **given: Any) -> fields.Field[Any]:
    """A name of the IANA time zone database."""
    return kinds.Text(lines=False, **_options(description, example, given, [_known_zone]))


def _known_zone(name: str) -> None:
    if name not in available_timezones():
        raise kinds.wrong("field-time-zone")


def whole(
    description: str, example: int, *, least: int, most: int, digits: bool = False, **given: Any
) -> fields.Field[Any]:
    """A whole number from ``least`` to ``most``."""
    checks = [kinds.Range(min=least, max=most)]
    return kinds.Whole(digits=digits, **_options(description, example, given, checks))


def cents(description: str, example: int, *, least: int = 0, **given: Any) -> fields.Field[Any]:
    """Money in the smallest unit of its currency."""
    return whole(description, example, least=least, most=MOST_CENTS, **given)


def figure(description: str, example: float, **given: Any) -> fields.Field[Any]:
    """A measured number; in answers only."""
    return fields.Float(**_options(description, example, given))


def flag(
    description: str, example: bool, *, letters: bool = False, **given: Any
) -> fields.Field[Any]:
    """True or false."""
    return kinds.Flag(letters=letters, **_options(description, example, given))


def uid(description: str, example: str | None = None, **given: Any) -> fields.Field[Any]:
    """A UUID."""
    return kinds.Id(**_options(description, example or SOME_ID, given))


def instant(description: str, example: str, **given: Any) -> fields.Field[Any]:
    """A moment in time."""
    return kinds.Instant(**_options(description, example, given))


def day(description: str, example: str, **given: Any) -> fields.Field[Any]:
    """A date by the calendar on the wall."""
    return kinds.Day(**_options(description, example, given))


def point(description: str, example: Sequence[float], **given: Any) -> fields.Field[Any]:
    """An RFC 7946 Point."""
    document = {"type": "Point", "coordinates": list(example)}
    return kinds.Point(**_options(description, document, given))


def polygon(description: str, **given: Any) -> fields.Field[Any]:
    """An RFC 7946 Polygon."""
    ring = [[4.80, 45.72], [4.90, 45.72], [4.90, 45.79], [4.80, 45.79], [4.80, 45.72]]
    return kinds.Polygon(**_options(description, {"type": "Polygon", "coordinates": [ring]}, given))


def multi_polygon(description: str, **given: Any) -> fields.Field[Any]:
    """An RFC 7946 MultiPolygon; in answers only."""
    return kinds.MultiPolygon(**_options(description, None, given))


def many(
    inner: fields.Field[Any] | type[ma.Schema],
    description: str,
    example: Sequence[Any] | None = None,
    *,
    least: int = 0,
    most: int | None = None,
    commas: bool = False,
    distinct: bool = False,
    **given: Any,
) -> fields.Field[Any]:
    """A list of fields or of objects."""
    item = part(inner, "") if isinstance(inner, type) else inner
    checks = [] if most is None else [kinds.Length(min=least, max=most)]
    options = _options(description, example, given, checks)
    return kinds.Many(item, commas=commas, distinct=distinct, **options)


def part(schema: type[ma.Schema], description: str, **given: Any) -> fields.Field[Any]:
    """An object inside an object."""
    options = _options(description, None, given)
    if not description:
        del options["metadata"]["description"]
    options["error_messages"] |= {"type": "field-object"}
    return fields.Nested(schema, **options)


def part_or_text(
    schema: type[ma.Schema], description: str, example: Any, *, member: str, **given: Any
) -> fields.Field[Any]:
    """An object inside an object, or plain text that stands for its ``member``."""
    options = _options(description, example, given)
    options["error_messages"] |= {"type": "field-object"}
    return kinds.OrText(schema, member=member, **options)


def anything(
    description: str, example: Mapping[str, Any], *, most: int | None = None, **given: Any
) -> fields.Field[Any]:
    """An object whose members, so many ``most``, the contract leaves open."""
    checks = []
    if most is not None:
        checks = [kinds.members(most)]
        given = {"metadata": {"maxProperties": most}, **given}
    return kinds.Named(**_options(description, dict(example), given, checks))
