"""The questions a ranking is measured by: the same thousand in every run.

Hides: how they are drawn. What is drawn is told apart by ``digest()``; the people who
could answer come from ``population``.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks import places
from benchmarks.places import digest as digest
from jobbing_api import matching
from jobbing_api.geography import LonLat
from jobbing_api.markets import categories, local_time

_NOTRE_DAME = (2.3499, 48.8530)
#: Some kilometres outside Mende, prefecture of the emptiest département.
_LOZERE = (3.5312, 44.5507)

_EXTREME = "extreme"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One question and how to run it.

    ``matching.rank(session, ask.request, ask_policy, limit, now=ask.now)``, where the
    policy is ``markets.policy_in_force(session, now=ask.now, **ask.policy_key)``.
    """

    name: str
    request: matching.Request
    #: The category's slug.
    category: str
    #: The instant at which it is asked.
    now: datetime
    #: None, or why hardly anybody has time then: evening, sunday or night.
    outside: str | None

    @property
    def urgency(self) -> str:
        return self.request.urgency

    @property
    def policy_key(self) -> dict[str, Any]:
        """Which rules hold: market_id, category_id and urgency."""
        return {
            "market_id": self.request.market_id,
            "category_id": self.request.category_id,
            "urgency": self.request.urgency,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Window:
    opens_at: datetime
    hours: int
    outside: str | None = None


def requests(providers: int, count: int = 1000) -> list[Ask]:
    """``count`` questions, of which some leave out a few of the ``providers``.

    The same for the same numbers; all but whom they leave out is the same for any
    number of providers.
    """
    asked = places.recipe()["requests"]
    chance = places.dice("requests")
    lons, lats = places.drawn(places.dice("requests: places"), count)
    leaving_out = places.dice("requests: left out")
    shares = places.recipe()["categories"]
    slugs = list(shares)
    entries = _entries()
    which = places.weighed(places.dice("requests: categories"), list(shares.values()), count)
    # Exactly these shares, in no order: a share of a small sample must not be luck.
    urgencies = _dealt(chance, {"now": asked["now"], "scheduled": 1 - asked["now"]}, count)
    outside = _dealt(
        chance,
        {
            "usual": 1 - asked["outside_usual_hours"] / (1 - asked["now"]),
            **{
                kind: share * asked["outside_usual_hours"] / (1 - asked["now"])
                for kind, share in asked["outside"].items()
            },
        },
        urgencies.count("scheduled"),
    )
    asks: list[Ask] = []
    for number, (urgency, lon, lat) in enumerate(
        zip(urgencies, lons.tolist(), lats.tolist(), strict=True)
    ):
        slug = slugs[which[number]]
        window = _window_now(chance) if urgency == "now" else _window(chance, outside.pop())
        budget_kind, budget_cents = _budget(chance, urgency)
        fitting = [minutes for minutes in asked["minutes"] if minutes <= 60 * window.hours]
        asks.append(
            _ask(
                f"request-{number:04}",
                number=number,
                slug=slug,
                place=(lon, lat),
                window=window,
                urgency=urgency,
                duration_minutes=int(chance.choice(fitting)),
                budget_kind=budget_kind,
                budget_cents=budget_cents,
                resident=int(chance.integers(places.recipe()["residents"])),
                languages=_language(chance),
                needs=_tool(chance, entries[slug]),
                leave_out=_left_out(leaving_out, providers),
            )
        )
    return asks


def extremes() -> dict[str, Ask]:
    """Single questions at the edges, by name.

    ``paris-noon``: the commonest skill where most live. ``nobody-can-meet``: the same in
    a window that is in nobody's week. ``lozere``: the same in the emptiest country.
    ``nobody-offers``: a category without anybody.
    """
    zone = _zone()
    today = places.now().astimezone(zone).date()
    in_two_days = today + timedelta(days=2)
    # A week on, so that it is not the next Sunday, whose plans some know already.
    sunday = today + timedelta(days=7 + (6 - today.weekday()) % 7)
    shares: Mapping[str, float] = places.recipe()["categories"]
    commonest = max(shares, key=shares.__getitem__)
    unoffered = next(slug for slug in _entries() if slug not in shares)
    noon = _Window(opens_at=local_time.instant(in_two_days, 12 * 60, zone), hours=4)
    night = _Window(opens_at=local_time.instant(sunday, 2 * 60, zone), hours=2, outside="night")
    rows: dict[str, tuple[str, LonLat, _Window, int]] = {
        "paris-noon": (commonest, _NOTRE_DAME, noon, 90),
        "nobody-can-meet": (commonest, _NOTRE_DAME, night, 60),
        "lozere": (commonest, _LOZERE, noon, 90),
        "nobody-offers": (unoffered, _NOTRE_DAME, noon, 60),
    }
    return {
        name: _ask(
            name,
            # Ids of their own, far from those of the others.
            number=2**31 + position,
            slug=slug,
            place=place,
            window=window,
            urgency="scheduled",
            duration_minutes=minutes,
            budget_kind="quotes",
            budget_cents=None,
            resident=position,
        )
        for position, (name, (slug, place, window, minutes)) in enumerate(rows.items())
    }


def _ask(
    name: str,
    *,
    number: int,
    slug: str,
    place: LonLat,
    window: _Window,
    resident: int,
    **rest: Any,
) -> Ask:
    return Ask(
        name=name,
        category=slug,
        now=places.now(),
        outside=window.outside,
        request=matching.Request(
            job_id=places.id_of("request", number),
            market_id=places.id_of("market", 0),
            category_id=_entries()[slug]["id"],
            resident_id=places.id_of("resident", resident),
            place=place,
            window_from=window.opens_at,
            window_to=window.opens_at + timedelta(hours=window.hours),
            **rest,
        ),
    )


@functools.cache
def _entries() -> dict[str, dict[str, Any]]:
    """The application's categories by slug, in the order of their file."""
    return {entry["slug"]: entry for entry in categories.listed()}


def _zone() -> ZoneInfo:
    return local_time.zone(places.recipe()["market"]["time_zone"])


def _dealt(chance: np.random.Generator, shares: Mapping[str, float], count: int) -> list[str]:
    """So many names, each as often as its share says to the nearest one, shuffled."""
    ends = np.round(np.cumsum(list(shares.values())) / sum(shares.values()) * count).astype(int)
    names = np.repeat(list(shares), np.diff(ends, prepend=0))
    return [str(name) for name in chance.permutation(names)]


def _window_now(chance: np.random.Generator) -> _Window:
    hours = places.recipe()["requests"]["now_window_hours"]
    return _Window(opens_at=places.now(), hours=int(chance.choice(hours)))


def _window(chance: np.random.Generator, kind: str) -> _Window:
    """A window on one of the next days: in usual hours, or outside of them."""
    asked = places.recipe()["requests"]
    zone = _zone()
    today = places.now().astimezone(zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(1, asked["ahead_days"] + 1)]
    hours = int(chance.choice(asked["usual_window_hours"]))
    earliest, latest = asked["usual_hours"]
    if kind == "evening":
        earliest, latest, hours = 20, 24, min(hours, 4)
    elif kind == "night":
        earliest, latest, hours = 2, 5, 3
    if kind == "sunday":
        days = [day for day in days if day.weekday() == 6]
    elif kind == "usual":
        days = [day for day in days if day.weekday() != 6]
    day: date = days[int(chance.integers(len(days)))]
    opens = int(chance.integers(earliest, latest - hours + 1))
    return _Window(
        opens_at=local_time.instant(day, 60 * opens, zone),
        hours=hours,
        outside=None if kind == "usual" else kind,
    )


def _budget(chance: np.random.Generator, urgency: str) -> tuple[str, int | None]:
    asked = places.recipe()["requests"]
    kinds: Mapping[str, float] = asked["budgets"]
    kind = list(kinds)[places.weighed(chance, list(kinds.values()), 1)[0]]
    if kind == "quotes":
        return kind, None
    low, high = asked[f"{kind}_cents"]
    # Nobody offers 31.37.
    return kind, int(chance.integers(low // 500, high // 500 + 1)) * 500


def _language(chance: np.random.Generator) -> tuple[str, ...]:
    asked = places.recipe()["requests"]
    if chance.random() >= asked["language"]:
        return ()
    languages: Mapping[str, float] = asked["languages"]
    return (list(languages)[places.weighed(chance, list(languages.values()), 1)[0]],)


def _tool(chance: np.random.Generator, entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Now and then one tool: one such a job often takes, if people are drawn with it."""
    if chance.random() >= places.recipe()["requests"]["tool"]:
        return ()
    known = list(places.recipe()["providers"]["tools"])
    usual = [tool for tool in entry["brief_template"]["needs"] if tool in known]
    return (str(chance.choice(usual or known)),)


def _left_out(chance: np.random.Generator, providers: int) -> frozenset[Any]:
    asked = places.recipe()["requests"]
    # Always as many draws, so that one question's choice moves no other's.
    some = chance.random() < asked["leave_out"]
    count = int(chance.integers(1, asked["leave_out_at_most"] + 1))
    shares = chance.random(asked["leave_out_at_most"])[: count if some else 0]
    return frozenset(places.id_of("provider", int(share * providers)) for share in shares)
