"""People, places and jobs for tests: plain functions with sensible defaults."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api import geography, jobs, markets, notifications, offers, providers, queue
from jobbing_api.accounts import models as accounts_models
from jobbing_api.geography import LonLat
from jobbing_api.jobs import models as jobs_models
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models

LYON: LonLat = (4.8357, 45.7640)

_LONG_AGO = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def square(centre: LonLat, half_deg: float) -> dict[str, Any]:
    """A GeoJSON square around a place."""
    lon, lat = centre
    west, east, south, north = lon - half_deg, lon + half_deg, lat - half_deg, lat + half_deg
    return {
        "type": "Polygon",
        "coordinates": [
            [[west, south], [east, south], [east, north], [west, north], [west, south]]
        ],
    }


def lyon(session: Session) -> markets.models.Market:
    """The market tests happen in: half a degree around the town."""
    return markets.create_market(
        session,
        slug="lyon",
        name="Lyon",
        area=square(LYON, 0.5),
        time_zone="Europe/Paris",
        currency="EUR",
        country="FR",
        now=_LONG_AGO,
    )


def account(
    session: Session,
    *,
    role: str = "resident",
    name: str = "Someone",
    language: str = "fr",
    now: datetime = _LONG_AGO,
) -> accounts_models.Account:
    """A person with one role."""
    one = accounts_models.Account(
        id=uuid.uuid4(),
        email=f"{uuid.uuid4().hex}@example.org",
        display_name=name,
        language=language,
        created_at=now,
        roles=[accounts_models.AccountRole(role=role)],
    )
    session.add(one)
    session.flush()
    return one


def skill(
    category: str = "gutter-cleaning", *, kind: str = "flat", amount_cents: int | None = 6000
) -> providers.SkillOffered:
    """A skill as a profile states it."""
    return providers.SkillOffered(
        category=category,
        price_kind=kind,
        amount_cents=None if kind == "quote" else amount_cents,
        currency="EUR",
        call_out_fee_cents=0,
    )


def provider(
    session: Session,
    *,
    base: LonLat = LYON,
    reach_m: int | None = 20_000,
    reach_area: dict[str, Any] | None = None,
    skills: Sequence[providers.SkillOffered] | None = None,
    languages: Sequence[str] = ("fr",),
    tools: Sequence[str] = (),
    minimum_visit_cents: int = 2500,
    name: str = "Provider",
    now: datetime = _LONG_AGO,
) -> providers_models.Provider:
    """A provider who works Monday to Saturday, 08 to 19."""
    person = account(session, role="provider", name=name, now=now)
    return providers.put_profile(
        session,
        person,
        headline="",
        base=base,
        reach_m=None if reach_area else reach_m,
        reach_area=reach_area,
        minimum_visit_cents=minimum_visit_cents,
        currency="EUR",
        skills=[skill()] if skills is None else list(skills),
        languages=list(languages),
        tools=list(tools),
        now=now,
    )


def brief(now: datetime, **changes: Any) -> jobs.Brief:
    """A clogged gutter tomorrow, 08 to 18 in Lyon; on Monday if that is a Sunday, when
    nobody works."""
    tomorrow = (now + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
    if tomorrow.weekday() == 6:
        tomorrow += timedelta(days=1)
    values: dict[str, Any] = {
        "category": "gutter-cleaning",
        "title": "Gouttière bouchée",
        "location": LYON,
        "address": "1 place Bellecour",
        "access_notes": "Code 1234",
        "window_from": tomorrow,
        "window_to": tomorrow + timedelta(hours=10),
        "duration_minutes": 90,
        "budget_kind": "fixed",
        "budget_cents": 9000,
        "currency": "EUR",
        "mode": "instant",
        "urgency": "scheduled",
    }
    return jobs.Brief(**(values | changes))


def job(
    session: Session,
    *,
    now: datetime,
    resident: accounts_models.Account | None = None,
    **changes: Any,
) -> jobs_models.Job:
    """A posted job."""
    return jobs.post(session, resident or account(session), brief=brief(now, **changes), now=now)


def device(
    session: Session,
    account_id: uuid.UUID,
    *,
    address: str | None = None,
    address_kind: str = "fid",
    now: datetime = _LONG_AGO,
) -> notifications_models.Device:
    """A phone that can be rung."""
    return notifications.put_device(
        session,
        session.get_one(accounts_models.Account, account_id),
        installation_id=uuid.uuid4().hex,
        address_kind=address_kind,
        address=address or f"phone-{uuid.uuid4().hex}",
        platform="android",
        app_version="1.0",
        sign_in_id=None,
        now=now,
    )


def ask(session: Session, job: jobs_models.Job, *, now: datetime) -> list[offers_models.Offer]:
    """The offers of a job's next wave, best first; none when nobody was asked."""
    wave = job.wave + 1
    offers.open_wave(session, job.id, round_=job.round, wave=wave, now=now)
    session.flush()
    made = offers_models.Offer
    return list(
        session.scalars(
            select(made)
            .where(made.job_id == job.id, made.round == job.round, made.wave == wave)
            .order_by(made.rank)
        )
    )


def person(session: Session, account_id: uuid.UUID) -> accounts_models.Account:
    """The account behind a provider or an offer."""
    return session.get_one(accounts_models.Account, account_id)


def neighbours(
    session: Session, like: providers_models.Provider, bases: Sequence[LonLat]
) -> list[providers_models.Provider]:
    """One more provider of the same trade, hours and terms for each base, in a few
    statements however many they are."""
    people = [
        accounts_models.Account(
            id=uuid.uuid4(),
            email=f"{uuid.uuid4().hex}@example.org",
            display_name="Neighbour",
            language="fr",
            created_at=like.created_at,
            roles=[accounts_models.AccountRole(role="provider")],
        )
        for _ in bases
    ]
    session.add_all(people)
    session.flush()
    copied = (
        *("market_id", "headline", "reach_m", "reach_area", "minimum_visit_cents", "currency"),
        *("languages", "tools", "time_zone", "free_time", "free_until", "created_at"),
    )
    made = [
        providers_models.Provider(
            account_id=person.id,
            base=geography.point(*base),
            **{name: getattr(like, name) for name in copied},
            skills=[
                providers_models.Skill(
                    category_id=skill.category_id,
                    price_kind=skill.price_kind,
                    amount_cents=skill.amount_cents,
                    call_out_fee_cents=skill.call_out_fee_cents,
                )
                for skill in like.skills
            ],
        )
        for person, base in zip(people, bases, strict=True)
    ]
    session.add_all(made)
    session.flush()
    hours = providers_models.WeeklyHours
    week = session.scalars(select(hours).where(hours.provider_id == like.account_id)).all()
    session.add_all(
        hours(
            provider_id=provider.account_id,
            weekday=one.weekday,
            from_minute=one.from_minute,
            to_minute=one.to_minute,
        )
        for provider in made
        for one in week
    )
    session.flush()
    return made


def away(
    session: Session,
    provider: providers_models.Provider,
    *,
    from_at: datetime,
    to_at: datetime,
    now: datetime,
) -> None:
    """Usual hours, but not between two instants."""
    providers.put_calendar(
        session,
        person(session, provider.account_id),
        time_zone="Europe/Paris",
        weekly=[
            providers.Hours(weekday=day, from_time="08:00", to_time="19:00") for day in range(6)
        ],
        exceptions=[providers.Exceptional(from_at=from_at, to_at=to_at, available=False)],
        now=now,
    )


def wakeful(session: Session) -> None:
    """Nobody sleeps from now on: for tests by the real clock, at whatever hour they run."""
    now = datetime.now(UTC)
    policy = markets.models.Policy
    for row in session.scalars(select(policy).where(policy.version == 1)).all():
        markets.write_policy(
            session,
            market_id=row.market_id,
            category_id=row.category_id,
            urgency=row.urgency,
            rules=row.rules | dict.fromkeys(("quiet_from", "quiet_to", "quiet_sunday_to"), "00:00"),
            in_force_from=now,
            note="",
            now=now,
        )


def north(place: LonLat, distance_m: float) -> LonLat:
    """The place so many metres north."""
    lon, lat = place
    return (lon, lat + math.degrees(distance_m / geography.EARTH_RADIUS_M))


def bare_job(session: Session, now: datetime) -> jobs_models.Job:
    """A job's row and nothing around it: what a booking needs to point at."""
    row = jobs_models.Job(
        market_id=markets.market_by_slug(session, "lyon").id,
        resident_id=account(session).id,
        category_id=6,
        title="",
        brief={},
        location=geography.point(*LYON),
        address="",
        access_notes="",
        window_from=now,
        window_to=now + timedelta(hours=48),
        duration_minutes=60,
        budget_kind="fixed",
        budget_cents=9000,
        currency="EUR",
        mode="instant",
        urgency="scheduled",
        languages=[],
        needs=[],
        state="open",
        state_since=now,
        round_opened_at=now,
        wake_at=now,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def due_lines(session: Session, *, now: datetime, limit: int = 2000) -> list[uuid.UUID]:
    """The lines a clock finds that sees an empty queue."""
    lost_before = queue.Backlog(0, None).lost_before(now)
    return notifications.due_ids(session, lost_before=lost_before, now=now, limit=limit)


def due_waves(
    session: Session, *, now: datetime, limit: int = 100
) -> list[tuple[uuid.UUID, int, int, str | None]]:
    """The waves a clock finds that sees an empty queue."""
    lost_before = queue.Backlog(0, None).lost_before(now)
    return offers.due_waves(session, lost_before=lost_before, now=now, limit=limit)


def start(
    session: Session, job_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> jobs_models.Job:
    """Begin as somebody to whom the resident read out the four digits."""
    visit = jobs_models.Visit
    code = session.scalar(
        select(visit.start_code).where(visit.job_id == job_id, visit.ended_at.is_(None))
    )
    return jobs.start(session, job_id, account, code=code, now=now)
