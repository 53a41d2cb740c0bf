"""A town to ask in: people, their phones, and whoever posts jobs, signed in.

Hides: how they come into the database in a few statements, and which rules let a load run
that no town would: nobody is ever asked too often.
"""

from __future__ import annotations

import dataclasses
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, markets, matching
from jobbing_api.accounts import access
from jobbing_api.notifications import models as notifications_models
from jobbing_api.settings import Settings
from tests import factories

#: What everybody here does; nobody in it is ever new, as on a roof.
CATEGORY = "gutter-cleaning"

#: Rules that leave no night: what a load sees must not depend on the hour at which it runs.
AWAKE = {"quiet_from": "00:00", "quiet_to": "00:00", "quiet_sunday_to": "00:00"}

#: How far from the middle people live at most, degrees.
_SPREAD = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """Somebody who can be asked, and the phone that rings then."""

    id: uuid.UUID
    phone: str
    #: What their requests carry.
    bearer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Town:
    """Everybody there is."""

    providers: list[Provider]
    residents: list[str]


def found(
    session: Session,
    settings: Settings,
    *,
    providers: int,
    residents: int,
    rules: dict[str, Any] | None = None,
    seed: int = 1,
) -> Town:
    """A town whose providers are free on all days to come, under the usual rules but for
    ``rules``. The caller commits."""
    now = datetime.now(UTC)
    market = factories.lyon(session)
    if rules is not None:
        markets.write_policy(
            session,
            market_id=market.id,
            category_id=None,
            urgency="scheduled",
            rules={**markets.default_rules("scheduled"), **rules},
            in_force_from=now,
            note="For a load.",
            now=now,
        )
    dice = random.Random(seed)
    lon, lat = factories.LYON
    like = factories.provider(session, base=factories.LYON, now=now)
    bases = [
        (lon + dice.uniform(-_SPREAD, _SPREAD), lat + dice.uniform(-_SPREAD, _SPREAD))
        for _ in range(providers)
    ]
    people = factories.neighbours(session, like, bases)
    # Whoever the others were copied from has no phone, and is not asked.
    accounts_models = accounts.models
    session.get_one(accounts_models.Account, like.account_id).suspended_at = now
    ids = [one.account_id for one in people]
    phones = {provider_id: f"phone-{provider_id.hex}" for provider_id in ids}
    session.execute(
        insert(notifications_models.Device),
        [
            {
                "installation_id": f"app-{provider_id.hex}",
                "account_id": provider_id,
                "address_kind": "fid",
                "address": phone,
                "platform": "android",
                "app_version": "1.0",
                "registered_at": now,
            }
            for provider_id, phone in phones.items()
        ],
    )
    posting = [factories.account(session, now=now).id for _ in range(residents)]
    return Town(
        providers=[
            Provider(id=one, phone=phones[one], bearer=_bearer(session, settings, one, now=now))
            for one in ids
        ],
        residents=[_bearer(session, settings, one, now=now) for one in posting],
    )


def _bearer(session: Session, settings: Settings, account_id: uuid.UUID, *, now: datetime) -> str:
    sign_in = accounts.models.SignIn(id=database.new_id(), account_id=account_id, created_at=now)
    session.add(sign_in)
    bearer = access.Bearer(account_id=account_id, sign_in_id=sign_in.id)
    # For as long as a run takes.
    lasting = dataclasses.replace(settings, access_token_s=86_400)
    return access.mint(bearer, settings=lasting, now=now)


def settle(session: Session) -> None:
    """The search index and the planner know everybody."""
    now = datetime.now(UTC)
    for market_id, category_id in matching.index.baselines_due(session, now=now):
        matching.index.take_baseline(session, market_id, category_id, now=now)
    session.execute(text("ANALYZE"))


def job(
    dice: random.Random, *, now: datetime, days_ahead: tuple[int, int] = (1, 40)
) -> dict[str, Any]:
    """The body of a post: a gutter to clean on a day to come, by whoever is first."""
    lon, lat = factories.LYON
    day = (now + timedelta(days=dice.randint(*days_ahead))).replace(
        hour=6, minute=0, second=0, microsecond=0
    )
    # A Sunday has no hours.
    day += timedelta(days=1) if day.weekday() == 6 else timedelta(0)
    return {
        "category": CATEGORY,
        "title": "Gouttière bouchée",
        "location": {
            "type": "Point",
            "coordinates": [
                lon + dice.uniform(-_SPREAD, _SPREAD),
                lat + dice.uniform(-_SPREAD, _SPREAD),
            ],
        },
        "address": "1 place Bellecour",
        "access_notes": "",
        "window": {"from": day.isoformat(), "to": (day + timedelta(hours=10)).isoformat()},
        "duration_minutes": 90,
        "budget": {"kind": "fixed", "amount_cents": 9000, "currency": "EUR"},
        "mode": "instant",
        "urgency": "scheduled",
    }


def market_id(session: Session) -> uuid.UUID:
    """The one market there is."""
    return session.scalars(select(markets.models.Market.id)).one()
