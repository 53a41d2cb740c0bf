"""What the value of a rule may be.

Hides: how a value that came as JSON or TOML is checked. A reader takes it, refuses it
with Wrong in words that finish the sentence "It ...", or returns it as Python has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

Reader = Callable[[Any], Any]


class Wrong(Exception):
    """A rule's value is not what the rule is made of; the text says what it should be."""


def whole(least: int, most: int) -> Reader:
    """A whole number between two bounds, both included."""

    def read(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Wrong(f"must be a whole number from {least} to {most}")
        return value

    return read


def number(least: float, most: float) -> Reader:
    """A finite number between two bounds, both included."""

    def read(value: Any) -> float:
        if type(value) not in (int, float) or not least <= value <= most:
            raise Wrong(f"must be a number from {least:g} to {most:g}")
        return float(value)

    return read


def yes_no(value: Any) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise Wrong("must be true or false")
    return value


def clock_time(value: Any) -> time:
    """A local time of day, written "HH:MM"."""
    if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise Wrong('must be a time of day, such as "20:30"')
    return time.fromisoformat(value)


def slug(value: Any) -> str:
    """A lower-case name with hyphens."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise Wrong("must be a slug")
    return value


def list_of(read_item: Reader, *, least: int = 0, most: int = 20) -> Reader:
    """A list of so many items, each read by ``read_item``."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            raise Wrong(f"must be a list of {least} to {most}")
        return tuple(read_item(item) for item in value)

    return read


def or_none(read_value: Reader) -> Reader:
    """A value, or None where the rule does not apply."""
    return lambda value: None if value is None else read_value(value)


def weights(value: Any) -> Mapping[str, float]:
    """The weights of a score by the name of its part, at least one above zero."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise Wrong("must name the parts of the score and their weights")
    read = number(0, 1000)
    # In one order whatever stored them, so that the same weights always sum alike.
    weighed = {name: read(value[name]) for name in sorted(value)}
    if sum(weighed.values()) <= 0:
        raise Wrong("must not all be zero")
    return weighed


def keyed(value: Any, known: set[str]) -> Mapping[str, Any]:
    """A table that has no key but the known ones."""
    if not isinstance(value, Mapping) or not set(value) <= known:
        raise Wrong(f"must have the keys {', '.join(sorted(known))} and no other")
    return value
