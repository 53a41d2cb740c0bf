"""Every sentence a person reads, in French and English.

Hides: the Fluent files in ``wording/``, how they are parsed, and which library
writes dates, money and distances. Both files hold the same ids with the same
values, which a test proves; whoever asks in a language we do not write reads English.

The ids come in families: ``problem-<slug>-title`` and ``-detail`` for every refusal,
``push-<kind>-title`` and ``-body`` for every kind of notification,
``mail-<name>-subject`` and ``-body`` for every mail, ``reason-<reason>`` for why a job
found nobody, ``paper-<what>`` for what a paper to keep says, ``field-<what>`` for what is
wrong with a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision
from babel.units import format_unit
from fluent.runtime import FluentBundle, FluentResource

Language = Literal["fr", "en"]

LANGUAGES: tuple[Language, ...] = ("fr", "en")

_WORDING = Path(__file__).parent / "wording"

#: British English: day before month and a clock of 24 hours, as its readers here expect.
_LOCALES: Mapping[Language, Locale] = {"fr": Locale("fr", "FR"), "en": Locale("en", "GB")}

#: A refusal that does not say its state, or a line about a visit without its hour, must
#: still be told: the sentences that show these have a variant without.
_UNSAID: Mapping[str, str] = {
    "state": "unsaid",
    "when": "unsaid",
    "reason": "unsaid",
    "most_megabytes": "unsaid",
    "most_waiting": "unsaid",
    "arrival": "unsaid",
    "request_id": "-",
}


def spoken(language: str) -> Language:
    """The language of ours for somebody who asks for ``language`` (ISO 639-1)."""
    return "fr" if language == "fr" else "en"


def has(message_id: str) -> bool:
    """True for an id that ``say`` can say."""
    return _bundle("en").has_message(message_id)


def say(language: str, message_id: str, **values: object) -> str:
    """The sentence ``message_id`` in ``language``, with ``values`` filled in.

    Any language but French reads English. Raises LookupError for an id that is not
    written, and for a sentence that would be left with a hole.
    """
    bundle = _bundle(spoken(language))
    if not bundle.has_message(message_id):
        raise LookupError(f"no wording for {message_id!r}")
    pattern = bundle.get_message(message_id).value
    if pattern is None:
        raise LookupError(f"{message_id!r} has no text of its own")
    text, problems = bundle.format_pattern(pattern, {**_UNSAID, **values})
    if problems:
        raise LookupError(f"{message_id!r} lacks a value: {problems[0]}")
    return str(text)


@lru_cache(maxsize=4096)
def when(language: str, instant: datetime, time_zone: str) -> str:
    """Day and hour on the spot: "mardi 24 novembre, 14:00".

    ``instant`` is aware, ``time_zone`` an IANA name. No year: all we speak of is
    within weeks.
    """
    ours = spoken(language)
    local = instant.astimezone(ZoneInfo(time_zone))
    # French alone writes the first day of a month as an ordinal.
    day = "d'er'" if ours == "fr" and local.day == 1 else "d"
    return format_datetime(
        local, f"EEEE {day} MMMM, HH:mm", tzinfo=local.tzinfo, locale=_LOCALES[ours]
    )


def month(language: str, day: date) -> str:
    """The month a day is in: "novembre 2026"."""
    return format_date(day, "MMMM y", locale=_LOCALES[spoken(language)])


def short_day(language: str, day: date) -> str:
    """A day in a column of days: "24/11/2026"."""
    return format_date(day, "short", locale=_LOCALES[spoken(language)])


@lru_cache(maxsize=4096)
def dated(language: str, instant: datetime, time_zone: str) -> str:
    """Day, year and hour on the spot, for what is kept: "24 novembre 2026, 14:00"."""
    ours = spoken(language)
    local = instant.astimezone(ZoneInfo(time_zone))
    day = "d'er'" if ours == "fr" and local.day == 1 else "d"
    return format_datetime(
        local, f"{day} MMMM y, HH:mm", tzinfo=local.tzinfo, locale=_LOCALES[ours]
    )


def time_of_day(instant: datetime, time_zone: str) -> str:
    """The hour on the spot: "14:05"."""
    return instant.astimezone(ZoneInfo(time_zone)).strftime("%H:%M")


@lru_cache(maxsize=4096)
def money(language: str, cents: int, currency: str) -> str:
    """An amount in the minor units of an ISO 4217 currency: "45 €", "45,50 €".

    Round amounts lose their zeros, as people write them.
    """
    locale = _LOCALES[spoken(language)]
    amount = Decimal(cents).scaleb(-get_currency_precision(currency))
    if amount != amount.to_integral_value():
        return format_currency(amount, currency, locale=locale)
    whole = locale.currency_formats["standard"].pattern.replace(".00", "")
    return format_currency(amount, currency, format=whole, locale=locale, currency_digits=False)


@lru_cache(maxsize=4096)
def amount(language: str, cents: int, currency: str) -> str:
    """An amount as it stands below others, with all its decimals: "1 045,00 €"."""
    exact = Decimal(cents).scaleb(-get_currency_precision(currency))
    return format_currency(exact, currency, locale=_LOCALES[spoken(language)])


@lru_cache(maxsize=4096)
def distance(language: str, metres: float) -> str:
    """A rounded distance: "300 m" below a kilometre, "1,2 km" below ten, then "12 km".

    What is below 100 m reads as "less than 100 m": nobody needs to know how much less.
    """
    ours = spoken(language)
    if metres < 100:
        return say(ours, "distance-nearby")
    hundreds = round(metres / 100)
    if hundreds < 10:
        return _unit(ours, hundreds * 100, "length-meter")
    if hundreds < 100:
        return _unit(ours, hundreds / 10, "length-kilometer")
    return _unit(ours, round(metres / 1000), "length-kilometer")


def number(language: str, value: float) -> str:
    """A plain number as people write it: "1 200", "2,5"."""
    return format_decimal(value, locale=_LOCALES[spoken(language)])


def plain_amount(cents: int, currency: str) -> str:
    """An amount for a machine to read: "45.50", with as many decimals as the currency has."""
    return str(Decimal(cents).scaleb(-get_currency_precision(currency)))


def percent(language: str, share: float) -> str:
    """A share of 1 as whole percents: "85 %", "85%"."""
    return format_percent(share, locale=_LOCALES[spoken(language)])


def minutes(language: str, amount: int) -> str:
    """A short time: "12 mins"; whole hours, rounded up, from two hours on."""
    ours = spoken(language)
    if amount < 120:
        return _unit(ours, amount, "duration-minute")
    return _unit(ours, -(-amount // 60), "duration-hour")


def pick(accept_language: str | None) -> Language:
    """The language for an ``Accept-Language`` header (RFC 9110, section 12.5.4).

    The one of ours that is liked best; English when none is named.
    """
    best: tuple[float, Language] = (0.0, "en")
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        for language in LANGUAGES:
            # Only a strictly greater weight wins, so that the order decides between equals.
            if primary == language and weight > best[0]:
                best = (weight, language)
    return best[1]


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0.0 <= weight <= 1.0 else 0.0
    return 1.0


def _unit(language: Language, amount: float, unit: str) -> str:
    return format_unit(amount, unit, length="short", locale=_LOCALES[language])


@cache
def _bundle(language: Language) -> FluentBundle:
    # Isolating marks would show as boxes in some mail readers, and both languages run
    # from left to right.
    locale = str(_LOCALES[language]).replace("_", "-")
    bundle = FluentBundle([locale], use_isolating=False)
    written = (_WORDING / f"{language}.ftl").read_text("utf-8")
    bundle.add_resource(FluentResource(_spaced(written) if language == "fr" else written))
    return bundle


def typeset(language: str, written: str) -> str:
    """Text of our own files as it is printed: whoever edits them types plain apostrophes
    and spaces."""
    curled = written.replace("'", "\u2019")
    return _spaced(curled) if language == "fr" else curled


def _spaced(written: str) -> str:
    """French puts a space before its high punctuation, and a line must not break there.

    Whoever edits the file types plain spaces; the unbreakable ones cannot be seen.
    """
    thin = re.sub(" (?=[;!?])", "\u202f", written)
    return re.sub("(?<=«) | (?=[:»])", "\u00a0", thin)
