"""When somebody works: the weekly hours and the exceptions to them.

Hides: how hours are stored (minutes of the local day) and that changing them moves
the free time in the same transaction.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from jobbing_api import errors
from jobbing_api.accounts import models as accounts_models
from jobbing_api.markets import local_time
from jobbing_api.providers import free_time, models

MOST_WEEKLY = 100
MOST_EXCEPTIONS = 500

#: Monday to Saturday, 08:00 to 19:00: so that an empty calendar never means "never".
PRESET = tuple(local_time.Stretch(weekday, 8 * 60, 19 * 60) for weekday in range(6))


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """A stretch of every week on the local clock: "HH:MM", "24:00" ends the day."""

    weekday: int
    from_time: str
    to_time: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Exceptional:
    """A stretch of real time in which the weekly hours do not hold.

    Where an available and an unavailable one overlap, the provider is unavailable.
    """

    from_at: datetime
    to_at: datetime
    available: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """A provider's calendar. ``confirmed_at`` is None while it is still the preset."""

    time_zone: str
    weekly: tuple[Hours, ...]
    exceptions: tuple[Exceptional, ...]
    confirmed_at: datetime | None
    version: int


def put_calendar(
    session: Session,
    account: accounts_models.Account,
    *,
    time_zone: str,
    weekly: Sequence[Hours],
    exceptions: Sequence[Exceptional],
    now: datetime,
    version: int | None = None,
) -> Calendar:
    """Replace the whole calendar; it counts as confirmed from ``now``.

    Weekly hours that overlap or touch are merged. Raises InvalidInput with paths such
    as ``weekly.0.to``, ProfileRequired without a profile, and VersionMismatch if
    ``version`` is given and no longer the stored one.
    """
    local_time.zone(time_zone)
    stretches = _stretches(weekly)
    _check_exceptions(exceptions)
    if not free_time.lock(session, [account.id]):
        raise errors.ProfileRequired()
    provider = session.get_one(models.Provider, account.id, populate_existing=True)
    if version is not None and version != provider.calendar_version:
        raise errors.VersionMismatch()

    provider.time_zone = time_zone
    provider.calendar_confirmed_at = now
    provider.calendar_version += 1
    _replace_weekly(session, account.id, stretches)
    kept = models.CalendarException
    session.execute(delete(kept).where(kept.provider_id == account.id))
    session.add_all(
        kept(
            provider_id=account.id,
            during=Range(stretch.from_at, stretch.to_at, bounds="[)"),
            available=stretch.available,
        )
        for stretch in exceptions
    )
    free_time.rebuild(session, [account.id], now=now)
    return get_calendar(session, account.id)


def preset(session: Session, provider_id: uuid.UUID) -> None:
    """Give a new provider the hours everybody starts with; the caller rebuilds."""
    _replace_weekly(session, provider_id, PRESET)


def _replace_weekly(
    session: Session, provider_id: uuid.UUID, stretches: Sequence[local_time.Stretch]
) -> None:
    hours = models.WeeklyHours
    session.execute(delete(hours).where(hours.provider_id == provider_id))
    session.add_all(hours(provider_id=provider_id, **stretch._asdict()) for stretch in stretches)


def get_calendar(session: Session, provider_id: uuid.UUID) -> Calendar:
    """The calendar as it is kept; raises NotFound if there is no such provider."""
    provider = session.get(models.Provider, provider_id)
    if provider is None:
        raise errors.NotFound(what="calendar")
    hours, exception = models.WeeklyHours, models.CalendarException
    weekly = session.execute(
        select(hours.weekday, hours.from_minute, hours.to_minute)
        .where(hours.provider_id == provider_id)
        .order_by(hours.weekday, hours.from_minute)
    )
    exceptions = session.execute(
        select(exception.during, exception.available)
        .where(exception.provider_id == provider_id)
        .order_by(exception.during, exception.id)
    )
    return Calendar(
        time_zone=provider.time_zone,
        weekly=tuple(
            Hours(weekday=weekday, from_time=_clock(from_minute), to_time=_clock(to_minute))
            for weekday, from_minute, to_minute in weekly
        ),
        exceptions=tuple(_exceptional(during, available) for during, available in exceptions),
        confirmed_at=provider.calendar_confirmed_at,
        version=provider.calendar_version,
    )


def _exceptional(during: Range[datetime], available: bool) -> Exceptional:
    assert during.lower is not None
    assert during.upper is not None
    return Exceptional(from_at=during.lower, to_at=during.upper, available=available)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(clock: str) -> int | None:
    """Minutes of the day of "HH:MM"; None for anything else."""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", clock):
        return None
    return int(clock[:2]) * 60 + int(clock[3:])


def _stretches(weekly: Sequence[Hours]) -> list[local_time.Stretch]:
    """Checked and merged, in order."""
    wrong: dict[str, list[str]] = {}
    if len(weekly) > MOST_WEEKLY:
        raise errors.InvalidInput(fields={"weekly": [f"At most {MOST_WEEKLY} stretches."]})
    given: list[local_time.Stretch] = []
    for position, hours in enumerate(weekly):
        from_minute, to_minute = _minute(hours.from_time), _minute(hours.to_time)
        if not 0 <= hours.weekday <= 6:
            wrong[f"weekly.{position}.weekday"] = ["From 0 (Monday) to 6 (Sunday)."]
        if from_minute is None:
            wrong[f"weekly.{position}.from"] = ['A time of day, such as "08:00".']
        if to_minute is None:
            wrong[f"weekly.{position}.to"] = ['A time of day, such as "19:00" or "24:00".']
        if from_minute is None or to_minute is None:
            continue
        if from_minute >= to_minute:
            wrong[f"weekly.{position}.to"] = ["It must be later than from, on the same day."]
        given.append(local_time.Stretch(hours.weekday, from_minute, to_minute))
    if wrong:
        raise errors.InvalidInput(fields=wrong)

    merged: list[local_time.Stretch] = []
    for stretch in sorted(given):
        last = merged[-1] if merged else None
        if last and last.weekday == stretch.weekday and stretch.from_minute <= last.to_minute:
            merged[-1] = last._replace(to_minute=max(last.to_minute, stretch.to_minute))
        else:
            merged.append(stretch)
    return merged


def _check_exceptions(exceptions: Sequence[Exceptional]) -> None:
    if len(exceptions) > MOST_EXCEPTIONS:
        raise errors.InvalidInput(fields={"exceptions": [f"At most {MOST_EXCEPTIONS} exceptions."]})
    wrong = {
        f"exceptions.{position}.to": ["It must be later than from."]
        for position, stretch in enumerate(exceptions)
        if stretch.from_at >= stretch.to_at
    }
    if wrong:
        raise errors.InvalidInput(fields=wrong)
