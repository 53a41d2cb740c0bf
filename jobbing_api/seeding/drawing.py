"""From a town's name to a market full of people.

Hides: in which order things are made, and how little is done when they are there.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geoalchemy2.shape import to_shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, geography, markets
from jobbing_api.seeding import gazetteer, identities, people, progress, settling, towns

#: People in one transaction.
_BATCH = 500

#: Of so many providers one resident.
_PROVIDERS_A_RESIDENT = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Seeded:
    """What is there now, and whom to sign in as (None: nobody of that role was drawn)."""

    market: str
    providers: int
    residents: int
    #: How many of them were not there before.
    added: int
    resident_email: str | None
    provider_email: str | None
    operator_email: str
    password: str


def seed(
    *,
    place: str,
    country: str | None = None,
    providers: int,
    residents: int | None = None,
    seed: int,
    now: datetime,
    reader: progress.Reader | None = None,
) -> Seeded:
    """Draw made-up people over the market that holds ``place``, which is made if no
    market does.

    Always the same people for the same market and seed; those who are there already
    stay as they are, so that an interrupted call is completed by the next one.
    ``residents``: a tenth of the providers if None. Runs its own transactions. Raises
    UnknownPlace, NoGazetteer, and ValueError for numbers out of bounds.
    """
    residents = -(-providers // _PROVIDERS_A_RESIDENT) if residents is None else residents
    if not (0 <= providers <= identities.MOST_PEOPLE and 0 <= residents <= identities.MOST_PEOPLE):
        raise ValueError(f"people are counted from 0 to {identities.MOST_PEOPLE}")
    if not 0 <= seed < identities.MOST_SEED:
        raise ValueError(f"a seed is a number from 0 to {identities.MOST_SEED - 1}")
    reader = progress.Reader() if reader is None else reader
    began_at = time.monotonic()
    town = gazetteer.find(place, country=country)
    others = f" Others of that name: {', '.join(town.others)}." if town.others else ""
    reader.say(f"{town}, {town.population:,} people.{others}")
    wanted = {identities.PROVIDER: providers, identities.RESIDENT: residents}

    with database.transaction() as session:
        market = _prepared(session, town, reader, now=now)
        there = _there(session, market.slug, seed, wanted)
    if there != wanted:
        with database.transaction() as session:
            into = _settlement(session, market, seed)
        for role, most in wanted.items():
            _settle(into, role, most, there[role], reader, now=now)
        with database.transaction() as session:
            settling.analyze(session)
    added = sum(wanted.values()) - sum(there.values())
    reader.say(
        f"{providers:,} providers and {residents:,} residents "
        + (f"are drawn in {time.monotonic() - began_at:.1f} s." if added else "are already there.")
    )

    def first(role: str) -> str | None:
        return identities.email(market.slug, seed, role, 1) if wanted[role] else None

    return Seeded(
        market=market.slug,
        providers=providers,
        residents=residents,
        added=added,
        resident_email=first(identities.RESIDENT),
        provider_email=first(identities.PROVIDER),
        operator_email=identities.operator_email(market.slug),
        password=identities.PASSWORD,
    )
