"""Made-up people become rows, a batch at a time.

Hides: COPY, and which row of which table says what of a person. A batch is one
transaction: whoever is killed in the middle leaves whole batches and nothing else, and
a batch that is written again adds only who is missing.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from psycopg.types.range import TimestamptzRange
from shapely.geometry import Polygon
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from jobbing_api import accounts, geography, history, matching, providers
from jobbing_api.notifications import models as notifications_models
from jobbing_api.seeding import identities, people

#: So long ago somebody's app ran last: one that is not heard of for long is not rung.
_RAN_LATELY = timedelta(days=7)

#: Parents before children.
_TABLES = tuple(
    model.__tablename__
    for model in (
        accounts.models.Account,
        accounts.models.AccountRole,
        notifications_models.Device,
        history.Entry,
        providers.models.Provider,
        providers.models.Skill,
        providers.models.WeeklyHours,
        providers.models.CalendarException,
        providers.models.Presence,
        providers.models.Paper,
        providers.models.RecordEntry,
    )
)

_Rows = dict[str, list[Mapping[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """Where a batch of people goes. ``category_ids`` by slug."""

    ground: people.Ground
    market_id: uuid.UUID
    time_zone: str
    category_ids: Mapping[str, int]
    seed: int
    #: One hash for all: the password is no secret, and hashing is slow on purpose.
    password_hash: str


def take_turns(session: Session, what: str) -> None:
    """Wait until no other seed is at work on ``what``; until the transaction ends, none
    other will be."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('jobbing.seeding'), hashtext(:what))"),
        {"what": what},
    )


def settled(session: Session, slug: str, seed: int, role: str, most: int) -> int:
    """How many of the first ``most`` people of a role are there."""
    account = accounts.models.Account
    first, last = (identities.person_id(slug, seed, role, number) for number in (1, most))
    counted = select(func.count(account.id)).where(account.id.between(first, last))
    return session.scalar(counted) or 0


def settle(
    session: Session, into: Settlement, role: str, numbers: Sequence[int], *, now: datetime
) -> int:
    """Write down those of a batch who are not there yet; returns how many that were.

    Two that write at once take turns.
    """
    take_turns(session, into.ground.slug)
    missing = _missing(session, into, role, numbers)
    rows: _Rows = defaultdict(list)
    for number in missing:
        if role == identities.RESIDENT:
            _add_person(rows, into, people.resident(into.ground, into.seed, number), now)
        else:
            _add_provider(rows, into, people.provider(into.ground, into.seed, number), now)
    for table in _TABLES:
        _copy(session, table, rows[table])
    if role == identities.PROVIDER:
        ids = [row["account_id"] for row in rows[providers.models.Provider.__tablename__]]
        providers.rebuild(session, ids, now=now)
    return len(missing)


def _missing(session: Session, into: Settlement, role: str, numbers: Sequence[int]) -> list[int]:
    """Whose id is new, and whose address nobody has taken in some other way."""
    slug, seed = into.ground.slug, into.seed
    ids = {number: identities.person_id(slug, seed, role, number) for number in numbers}
    emails = {number: identities.email(slug, seed, role, number) for number in numbers}
    account = accounts.models.Account
    found = session.execute(
        select(account.id, account.email).where(
            or_(account.id.in_(list(ids.values())), account.email.in_(list(emails.values())))
        )
    ).all()
    there = {row.id for row in found} | {row.email for row in found}
    return [n for n in numbers if ids[n] not in there and emails[n] not in there]


def _add_person(
    rows: _Rows,
    into: Settlement,
    person: people.Person,
    now: datetime,
    *,
    suspended: bool = False,
) -> datetime:
    joined_at = now - timedelta(days=person.joined_days_ago)
    rows["accounts"].append(
        {
            "id": person.id,
            "email": person.email,
            "password_hash": into.password_hash,
            "display_name": person.display_name,
            "language": person.languages[0],
            "email_verified_at": joined_at,
            "suspended_at": now - timedelta(days=2) if suspended else None,
            "suspended_reason": "Papers are being looked at." if suspended else None,
            "created_at": joined_at,
            "version": 1,
        }
    )
    rows["account_roles"].append({"account_id": person.id, "role": person.role})
    rows["devices"].append(
        {
            "installation_id": person.phone,
            "account_id": person.id,
            "address_kind": "fid",
            "address": person.phone,
            "platform": "android",
            "app_version": "1.0.0",
            # An app says where it is whenever it runs, not only when somebody joins.
            "registered_at": max(joined_at, now - _RAN_LATELY),
        }
    )
    rows["history"].append(
        {
            "id": uuid.uuid5(person.id, "account-created"),
            "at": joined_at,
            "actor_id": person.id,
            "actor_role": person.role,
            "event": "account-created",
            "account_id": person.id,
            "data": Jsonb({}),
        }
    )
    return joined_at


def _add_provider(rows: _Rows, into: Settlement, provider: people.Provider, now: datetime) -> None:
    key = provider.person.id
    joined_at = _add_person(rows, into, provider.person, now, suspended=provider.suspended)
    rows["providers"].append(
        {
            "account_id": key,
            "market_id": into.market_id,
            "headline": provider.headline,
            "base": _point(provider.base),
            "reach_m": provider.reach_m,
            "reach_area": _polygon(provider.reach_ring),
            "minimum_visit_cents": provider.minimum_visit_cents,
            "currency": into.ground.currency,
            "languages": sorted(provider.person.languages),
            "tools": list(provider.tools),
            "time_zone": into.time_zone,
            "calendar_confirmed_at": joined_at if provider.calendar_confirmed else None,
            "identity_checked_at": joined_at if provider.identity_checked else None,
            # Rebuilt from its sources before the transaction ends.
            "free_time": "{}",
            "free_until": now,
            "created_at": joined_at,
            "version": 1,
            "calendar_version": 1,
        }
    )
    rows["skills"] += [
        {
            "provider_id": key,
            "category_id": into.category_ids[skill.category.slug],
            "price_kind": skill.price_kind,
            "amount_cents": skill.amount_cents,
            "call_out_fee_cents": skill.call_out_fee_cents,
        }
        for skill in provider.skills
    ]
    rows["weekly_hours"] += [
        {"provider_id": key, "weekday": weekday, "from_minute": from_, "to_minute": to}
        for weekday, from_, to in provider.weekly
    ]
    rows["calendar_exceptions"] += [
        {
            "id": uuid.uuid5(key, f"exception {number}"),
            "provider_id": key,
            "during": _whole_days(exception, now),
            "available": exception.available,
        }
        for number, exception in enumerate(provider.exceptions)
    ]
    shown_at = now - timedelta(seconds=60) if provider.position else None
    rows["presences"].append(
        {
            "provider_id": key,
            "online": provider.online,
            "position": _point(provider.position) if provider.position else None,
            "position_at": shown_at,
            "changed_at": now - timedelta(minutes=40) if provider.online else joined_at,
        }
    )
    rows["papers"] += [
        {
            "id": uuid.uuid5(key, f"paper {paper.kind}"),
            "provider_id": key,
            "kind": paper.kind,
            "verified_at": joined_at if paper.verified else None,
            "valid_until": now + timedelta(days=paper.valid_days),
        }
        for paper in provider.papers
    ]
    rows["record_entries"] += [
        {
            "id": fact.id,
            "market_id": into.market_id,
            "provider_id": key,
            "category_id": into.category_ids[fact.category],
            "kind": fact.kind,
            "at": now - timedelta(days=fact.days_ago),
            "urgency": fact.urgency,
            "subject_id": fact.subject_id,
            "stars": fact.stars,
        }
        for fact in provider.facts
    ]


def _whole_days(exception: people.Absence, now: datetime) -> TimestamptzRange:
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    from_at = day + timedelta(days=exception.from_days)
    return TimestamptzRange(from_at, from_at + timedelta(days=exception.days), "[)")


def _point(place: geography.LonLat) -> str:
    return str(geography.point(*place).desc)


def _polygon(ring: Sequence[geography.LonLat] | None) -> str | None:
    return None if ring is None else Polygon(ring).wkb_hex


def _copy(session: Session, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """COPY rows, which all have the columns of the first, in the session's transaction."""
    rows = list(rows)
    if not rows:
        return
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


def finish(session: Session, *, now: datetime) -> None:
    """Tell the planner of the rows that came at once, and judge people by those among
    whom they live. Run twice, it finds nothing to do."""
    # So many rows may take longer than anybody waits for an answer.
    session.execute(text("SET LOCAL statement_timeout = 0"))
    indexed = matching.models.Indexed.__tablename__
    session.execute(text(f"ANALYZE {', '.join((*_TABLES, indexed))}"))
    matching.index.take_baselines(session, now=now)
