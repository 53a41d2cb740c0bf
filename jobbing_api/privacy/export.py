"""Everything held about one person, as JSON-ready data.

Hides: which rows speak of whom. Rows are written out whole, so that a new column is
part of the next export by itself; what would tell of somebody else, or open a door, is
left out by name.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import inspect, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from jobbing_api import files, geography, history, mail
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.markets import models as markets_models
from jobbing_api.notifications import models as notifications_models
from jobbing_api.offers import models as offers_models
from jobbing_api.providers import models as providers_models

#: Changes whenever a section changes its meaning.
FORMAT_VERSION = 1

#: Of a job one comes to as provider: what concerns the provider. What the resident
#: wrote, and where exactly they live, is theirs.
_JOB_AS_PROVIDER = (
    "id",
    "category_id",
    "market_id",
    "state",
    "starts_at",
    "ends_at",
    "duration_minutes",
    "order",
    "on_my_way_at",
    "started_at",
    "finished_at",
    "completed_at",
)


def export(
    session: Session,
    account: accounts_models.Account,
    *,
    now: datetime,
    link: Callable[[files.Photo], str] | None = None,
) -> dict[str, Any]:
    """All we hold about ``account`` at ``now``; ``link`` says where a photo can be fetched.

    Sections by subject, each a mapping or a list of mappings. Instants are RFC 3339 in
    UTC, places RFC 7946, money minor units. Nothing private of anybody else: reviews by
    others once they are visible, and without their author; other people's homes only as
    the 1 km square that was shown in offers.
    """
    ours = account.id
    out = _Writer(session)
    jobs = _all(session, jobs_models.Job, jobs_models.Job.resident_id == ours)
    return {
        "format_version": FORMAT_VERSION,
        "exported_at": _plain(now),
        "account": {
            **out.row(account, but=("password_hash", "version")),
            "has_password": account.password_hash is not None,
            "roles": [held.role for held in account.roles],
        },
        "operator_grants": out.rows(
            _all(
                session,
                accounts_models.OperatorGrant,
                accounts_models.OperatorGrant.account_id == ours,
            ),
            but=("account_id",),
        ),
        "sign_ins": out.rows(
            _all(session, accounts_models.SignIn, accounts_models.SignIn.account_id == ours),
            but=("account_id",),
        ),
        "devices": out.rows(
            _all(
                session,
                notifications_models.Device,
                notifications_models.Device.account_id == ours,
            ),
            but=("account_id",),
        ),
        # Only one's own: that somebody else asked not to meet again is their secret.
        "blocks": out.rows(
            _all(session, accounts_models.Block, accounts_models.Block.account_id == ours),
            but=("account_id",),
        ),
        # Likewise: whose favourite one is, is theirs to say.
        "favourites": out.rows(
            _all(session, accounts_models.Favourite, accounts_models.Favourite.account_id == ours),
            but=("account_id",),
        ),
        "preferences": out.rows(
            _all(
                session,
                notifications_models.Preference,
                notifications_models.Preference.account_id == ours,
            ),
            but=("account_id",),
        ),
        "jobs": out.rows(
            jobs, but=("resident_id", "provider_id", "version", "wake_at", "queued_at", "trace")
        ),
        "visits": _visits(session, out, ours),
        "check_ins": out.rows(
            _all(session, jobs_models.CheckIn, jobs_models.CheckIn.author_id == ours),
            but=("author_id",),
        ),
        # What one wrote; the other's words are theirs.
        "messages": out.rows(
            _all(session, jobs_models.Message, jobs_models.Message.author_id == ours),
            but=("author_id", "provider_id"),
        ),
        "messages_read": out.rows(
            _all(session, jobs_models.MessageRead, jobs_models.MessageRead.account_id == ours),
            but=("account_id", "provider_id", "last_id"),
        ),
        "series": out.rows(
            _all(session, jobs_models.Series, jobs_models.Series.resident_id == ours),
            but=("resident_id",),
        ),
        "series_exceptions": out.rows(
            _all(
                session,
                jobs_models.SeriesException,
                jobs_models.SeriesException.series_id.in_(
                    select(jobs_models.Series.id).where(jobs_models.Series.resident_id == ours)
                ),
            ),
        ),
        "reports": out.rows(
            _all(session, jobs_models.Report, jobs_models.Report.reporter_id == ours),
            but=("reporter_id", "settled_by"),
        ),
        "statements": out.rows(
            _all(session, jobs_models.Statement, jobs_models.Statement.author_id == ours),
            but=("author_id",),
        ),
        "change_orders": out.rows(
            _all(session, jobs_models.ChangeOrder, jobs_models.ChangeOrder.author_id == ours),
            but=("author_id",),
        ),
        "payments": out.rows(
            session.scalars(
                select(jobs_models.Payment)
                .join(jobs_models.Job, jobs_models.Job.id == jobs_models.Payment.job_id)
                .where(
                    (jobs_models.Payment.provider_id == ours)
                    | (jobs_models.Job.resident_id == ours)
                )
                .order_by(jobs_models.Payment.id)
            ),
            but=("provider_id",),
        ),
        "provider": _provider(session, out, ours, now=now),
        "reviews_written": out.rows(
            _all(session, jobs_models.Review, jobs_models.Review.author_id == ours),
            but=("author_id", "about_id"),
        ),
        "reviews_received": out.rows(
            _all(
                session,
                jobs_models.Review,
                (jobs_models.Review.about_id == ours) & (jobs_models.Review.visible_at <= now),
            ),
            but=("author_id", "about_id"),
        ),
        "notifications": list(_notifications(session, out, ours)),
        "photos": [
            {
                **out.row(photo, but=_TENDING),
                "url": None if link is None else link(photo),
            }
            for photo in _all(
                session,
                files.Photo,
                (files.Photo.owner_id == ours) & (files.Photo.state == "kept"),
            )
        ],
        # That a mail was sent, never its text: links in it open doors.
        "mails": out.rows(
            _all(session, mail.Mail, mail.Mail.account_id == ours),
            but=("account_id", "body", "wake_at"),
        ),
        "history": [
            {
                **out.row(entry, but=("actor_id", "account_id")),
                "by_you": entry.actor_id == ours,
                "you_wrote": entry.remark.text
                if entry.remark is not None and entry.remark.author_id == ours
                else None,
            }
            for entry in history.of_account(session, ours)
        ],
    }


def _provider(
    session: Session, out: _Writer, ours: uuid.UUID, *, now: datetime
) -> dict[str, Any] | None:
    provider = session.get(providers_models.Provider, ours)
    if provider is None:
        return None
    m = providers_models
    presence = session.get(m.Presence, ours)
    coming = _all(session, jobs_models.Job, jobs_models.Job.provider_id == ours)
    entries = _all(session, m.RecordEntry, m.RecordEntry.provider_id == ours)
    return {
        # Free time is computed from the calendar and the bookings, which are here.
        **out.row(provider, but=("account_id", "version", "free_time", "free_until")),
        "skills": out.rows(_all(session, m.Skill, m.Skill.provider_id == ours), but=_OWNER),
        "weekly_hours": out.rows(
            _all(session, m.WeeklyHours, m.WeeklyHours.provider_id == ours), but=_OWNER
        ),
        "calendar_exceptions": out.rows(
            _all(session, m.CalendarException, m.CalendarException.provider_id == ours),
            but=_OWNER,
        ),
        "presence": None if presence is None else out.row(presence, but=_OWNER),
        "papers": out.rows(
            _all(session, m.Paper, m.Paper.provider_id == ours), but=(*_OWNER, "settled_by")
        ),
        "portfolio": out.rows(
            _all(session, m.PortfolioItem, m.PortfolioItem.provider_id == ours), but=_OWNER
        ),
        "nightly_figures": out.rows(
            _all(session, m.NightlyFigures, m.NightlyFigures.provider_id == ours),
            but=(*_OWNER, "due_at"),
        ),
        # That there is one; what is kept of its secret opens a door.
        "calendar_feeds": out.rows(
            _all(session, m.CalendarFeed, m.CalendarFeed.provider_id == ours),
            but=(*_OWNER, "secret_hash"),
        ),
        "bookings": [
            {
                **out.row(booking, but=("provider_id", "place")),
                "approximate_place": _approximate(booking.place),
            }
            for booking in _all(session, m.Booking, m.Booking.provider_id == ours)
        ],
        "offers": out.rows(
            _all(session, offers_models.Offer, offers_models.Offer.provider_id == ours), but=_OWNER
        ),
        "jobs": [
            {
                **_worded_by_nobody(out.row(job, only=_JOB_AS_PROVIDER)),
                "approximate_place": _approximate(job.location),
            }
            for job in coming
        ],
        # A rating is dated to the instant it becomes visible.
        "record": out.rows([entry for entry in entries if entry.at <= now], but=_OWNER),
    }


_OWNER = ("provider_id",)

#: Of a photo: whose it is, and who does what about it when.
_TENDING = ("owner_id", "state", "attempts", "wake_at", "queued_at", "tended_until")


def _visits(session: Session, out: _Writer, ours: uuid.UUID) -> list[dict[str, Any]]:
    """What was agreed about somebody's coming, on either side of the door, the hours one
    asked the other for, and who was to come instead: of the other's words and people
    nothing."""
    visit, job, asked = jobs_models.Visit, jobs_models.Job, jobs_models.Reschedule
    found = session.execute(
        select(visit, job.resident_id)
        .join(job, job.id == visit.job_id)
        .where((job.resident_id == ours) | (visit.provider_id == ours))
        .order_by(visit.offer_id)
    ).all()
    moves: dict[uuid.UUID, list[Any]] = {}
    for one in _all(session, asked, asked.visit_id.in_([row[0].offer_id for row in found])):
        moves.setdefault(one.visit_id, []).append(one)
    others = jobs_models.Substitution
    instead: dict[uuid.UUID, list[Any]] = {}
    for one in _all(session, others, others.visit_id.in_([row[0].offer_id for row in found])):
        instead.setdefault(one.visit_id, []).append(one)
    as_resident = {row[0].offer_id: row[1] == ours for row in found}
    return [
        {
            **out.row(
                visit,
                but=(
                    *("provider_id", "start_code", "wrong_codes"),
                    *(("comes_name",) if as_resident[visit.offer_id] else ()),
                ),
            ),
            "as": "resident" if as_resident[visit.offer_id] else "provider",
            "reschedules": out.rows(moves.get(visit.offer_id, []), but=("job_id", "visit_id")),
            "substitutions": out.rows(
                instead.get(visit.offer_id, []),
                but=(
                    *("job_id", "visit_id", "market_id", "provider_id"),
                    *(("name", "reason") if as_resident[visit.offer_id] else ("answer",)),
                ),
            ),
        }
        for visit, _ in found
    ]


def _notifications(session: Session, out: _Writer, ours: uuid.UUID) -> Iterator[dict[str, Any]]:
    m = notifications_models
    lines = _all(session, m.Notification, m.Notification.account_id == ours)
    deliveries: dict[uuid.UUID, list[dict[str, Any]]] = {}
    for delivery in session.scalars(
        select(m.Delivery)
        .join(m.Notification, m.Notification.id == m.Delivery.notification_id)
        .where(m.Notification.account_id == ours)
        .order_by(m.Delivery.at)
    ):
        deliveries.setdefault(delivery.notification_id, []).append(
            out.row(delivery, but=("notification_id",))
        )
    for line in lines:
        yield {
            **out.row(
                line,
                but=("account_id", "wake_at", "queued_at", "sender_id", "sending_until", "trace"),
            ),
            "deliveries": deliveries.get(line.id, []),
        }


def _all(session: Session, model: Any, condition: Any) -> Sequence[Any]:
    """Rows in the order of their key, which is the order of time where ids are ours."""
    return session.scalars(
        select(model).where(condition).order_by(*inspect(model).primary_key)
    ).all()


class _Writer:
    """Writes rows out as JSON, with names instead of our numbers for shared things."""

    def __init__(self, session: Session) -> None:
        self._categories = {
            category.id: category.slug
            for category in session.scalars(select(markets_models.Category))
        }
        self._markets = {
            market.id: market.slug for market in session.scalars(select(markets_models.Market))
        }

    def rows(self, found: Iterable[Any], *, but: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [self.row(one, but=but) for one in found]

    def row(
        self, one: Any, *, but: Sequence[str] = (), only: Sequence[str] | None = None
    ) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for attribute in inspect(type(one)).column_attrs:
            name = attribute.key
            if name in but or (only is not None and name not in only):
                continue
            value = getattr(one, name)
            if name == "category_id":
                written["category"] = self._categories.get(value)
            elif name == "category_ids":
                written["categories"] = value and [self._categories.get(one) for one in value]
            elif name == "market_id":
                written["market"] = self._markets.get(value)
            else:
                written[name] = _plain(value)
        return written


def _worded_by_nobody(row: dict[str, Any]) -> dict[str, Any]:
    """An order without the title that the resident gave the job."""
    order = row["order"]
    if order is not None:
        row["order"] = {name: said for name, said in order.items() if name != "title"}
    return row


def _approximate(place: WKBElement) -> dict[str, Any]:
    lon, lat = geography.snap(geography.lon_lat(place), geography.JOB_GRID_M)
    return {"type": "Point", "coordinates": [lon, lat]}


def _plain(value: Any) -> Any:
    """A column's value as JSON has it."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
        case date():
            return value.isoformat()
        case WKBElement():
            return geography.to_geojson(value)
        case Range():
            return {"from": _plain(value.lower), "to": _plain(value.upper)}
        case _:
            return value
