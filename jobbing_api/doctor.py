"""What is stuck, in words, and what to do about it.

Hides: where each kind of trouble leaves its trace. Looks, and changes nothing; where files
lie it writes a few bytes and removes them, for only so is it known that it can be done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from jobbing_api import files, mail, matching, notifications, processes, queue
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import JobState
from jobbing_api.notifications import models as notifications_models

#: What is due longer than this is stuck; a retry asked for by Google may take a while.
_LATE = timedelta(seconds=30)

#: How far back trouble that is over is still told of.
_LATELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was seen, and if it is trouble, what to do."""

    subject: str
    seen: str
    do: str | None = None


def examine(session: Session, *, now: datetime) -> Iterator[Finding]:
    """Everything there is to look at, in the order in which trouble spreads."""
    yield _functions(session)
    yield _redis()
    alive = {process.kind for process in processes.running(session, now=now)}
    yield _alive("worker", alive, "nothing is asked and no phone rings", "flask jobbing worker")
    yield _alive("clock", alive, "nothing falls due", "flask jobbing clock")
    yield _waves(session, now=now)
    yield _pushes(session, now=now)
    yield from _refused(session, now=now)
    yield _unreachable(session, now=now)
    yield _letters(session, "mail", _MAILS, now=now)
    yield _letters(session, "text", _TEXTS, now=now)
    yield _store()
    yield _photos(session, now=now)


def _functions(session: Session) -> Finding:
    if matching.installed(session):
        return Finding("search", "the database has this version's functions")
    return Finding(
        "search",
        "the database lacks this version's functions: nobody can be ranked",
        "run: flask jobbing migrate",
    )


def _redis() -> Finding:
    backlogs = {name: queue.backlog(name) for name in ("open_wave", "deliver")}
    if None in backlogs.values():
        return Finding(
            "redis",
            "Redis does not answer: what is owed waits, and nothing is lost",
            "start Redis, or mend REDIS_URL; the clock asks again by itself",
        )
    waiting = {name: one.waiting for name, one in backlogs.items() if one is not None}
    told = f"{waiting['open_wave']} waves and {waiting['deliver']} deliveries wait"
    if any(one is not None and one.full for one in backlogs.values()):
        return Finding("redis", f"{told}: the workers are behind", "start more workers")
    return Finding("redis", told)


def _alive(kind: str, alive: set[str], otherwise: str, start: str) -> Finding:
    if kind in alive:
        return Finding(kind, "alive")
    return Finding(kind, f"no {kind} is alive: {otherwise}", f"start one: {start}")


def _waves(session: Session, *, now: datetime) -> Finding:
    job = jobs_models.Job
    count, oldest = session.execute(
        select(func.count(), func.min(job.wake_at)).where(
            job.state == JobState.OPEN, job.wake_at <= now - _LATE
        )
    ).one()
    if oldest is None:
        return Finding("waves", "no open job waits for its next wave longer than it should")
    return Finding(
        "waves",
        f"{count:,} open {'job waits' if count == 1 else 'jobs wait'} to be looked at, the first"
        f" for {_for(now - oldest)}",
        "see that a clock, Redis and a worker are alive; the worker's log names tasks that fail",
    )


def _pushes(session: Session, *, now: datetime) -> Finding:
    line = notifications_models.Notification
    owed = session.execute(
        select(func.count(), func.min(line.due_at)).where(
            line.state == "owed", line.due_at <= now - _LATE
        )
    ).one()
    if not owed[0]:
        return Finding("pushes", "nothing is owed to anybody longer than it should")
    why = session.execute(
        select(line.outcome, func.count())
        .where(line.state == "owed", line.due_at <= now - _LATE)
        .group_by(line.outcome)
        .order_by(func.count().desc(), line.outcome)
    ).all()
    codes = [code for code, _ in why]
    reasons = ", ".join(f"{count:,} {code or 'not tried yet'}" for code, count in why)
    return Finding(
        "pushes",
        f"{owed[0]:,} lines are owed, the oldest for {_for(now - owed[1])}: {reasons}",
        _for_code(codes[0]),
    )


#: What to do about Google's codes, which are in its reference of FCM's errors.
_DO = {
    None: "see that a clock, Redis and a worker are alive",
    "UNAUTHENTICATED": "Google refuses our account: see FIREBASE_CREDENTIALS, and that the account"
    " may send (role Firebase Cloud Messaging API Admin)",
    "PERMISSION_DENIED": "our account may not send for this project: give it the role Firebase"
    " Cloud Messaging API Admin",
    "THIRD_PARTY_AUTH_ERROR": "the project's key for Apple or web push is wrong: see Project"
    " settings, Cloud Messaging, in the Firebase console",
    "QUOTA_EXCEEDED": "Google asks us to slow down: lines go out as it allows; ask for more quota"
    " if this lasts",
    "UNAVAILABLE": "Google is overloaded: lines go out by themselves once it is not",
    "INTERNAL": "trouble at Google's end: lines go out by themselves once it is over",
    "INVALID_ARGUMENT": "we write messages that Google does not take: the worker's log says which"
    " field; this is ours to mend",
}


def _for_code(code: str | None) -> str:
    return _DO.get(code, "see the worker's log for this code; lines go out by themselves")


def _refused(session: Session, *, now: datetime) -> Iterator[Finding]:
    """Messages Google did not take, which nobody tries again."""
    one = notifications_models.Delivery
    rows: list[Any] = list(
        session.execute(
            select(one.code, func.count())
            .where(
                one.at > now - _LATELY,
                or_(one.outcome == "refused", one.outcome == "unauthorised"),
            )
            .group_by(one.code)
            .order_by(func.count().desc(), one.code)
        )
    )
    for code, count in rows:
        yield Finding(
            "google", f"{count:,} messages in the last hour were refused: {code}", _for_code(code)
        )
    if not rows:
        yield Finding("google", "took every message of the last hour, or told us when to try again")


def _unreachable(session: Session, *, now: datetime) -> Finding:
    people = notifications.count_unreached(session, now=now)
    if not people:
        return Finding("phones", "everybody we owed a line today has a phone that can be rung")
    return Finding(
        "phones",
        f"{people:,} {'person' if people == 1 else 'people'} could not be rung in the last day:"
        " no phone of theirs is registered; whoever wishes it was sent a mail",
        "GET /api/v1/unreachable lists them for operators; somebody may call them",
    )


#: What each way out is called, and what to do where it is blocked.
_MAILS = ("mail", "see SMTP_URL and that the server takes mail from MAIL_FROM")
_TEXTS = ("text message", "see SMS_URL and SMS_FROM, and the account with whoever sends them")


def _letters(session: Session, way: str, told: tuple[str, str], *, now: datetime) -> Finding:
    called, do = told
    late = (
        mail.Mail.way == way,
        mail.Mail.state == "owed",
        mail.Mail.created_at <= now - 4 * _LATE,
    )
    count, oldest = session.execute(
        select(func.count(), func.min(mail.Mail.created_at)).where(*late)
    ).one()
    if not count:
        return Finding(f"{way}s", f"no {called} waits longer than it should")
    why = session.scalars(select(mail.Mail.outcome).where(*late).distinct()).all()
    return Finding(
        f"{way}s",
        f"{count:,} {called}{'' if count == 1 else 's'} wait{'s' if count == 1 else ''}, the"
        f" oldest for {_for(now - oldest)}:"
        f" {', '.join(sorted(code or 'not tried yet' for code in why))}",
        do,
    )


def _store() -> Finding:
    trouble = files.trouble()
    if trouble is None:
        return Finding("files", "photos can be written, read and removed")
    return Finding(
        "files",
        f"photos cannot be written: {trouble}",
        "see FILES_URL: that its folder belongs to the user we run as and its disk has room, or"
        " that its bucket is there and our keys (AWS_...) may read, write, list and delete in it",
    )


def _photos(session: Session, *, now: datetime) -> Finding:
    # A lease of a worker that died may have to end first.
    photo, late = files.Photo, 6 * _LATE
    count, oldest = session.execute(
        select(func.count(), func.min(photo.wake_at)).where(photo.wake_at <= now - late)
    ).one()
    if oldest is None:
        return Finding(
            "photos", "none waits for its thumbnails or its removal longer than it should"
        )
    return Finding(
        "photos",
        f"{count:,} {'waits' if count == 1 else 'wait'} for thumbnails or removal, the oldest for"
        f" {_for(now - oldest)}",
        "see that a clock, Redis and a worker are alive; the worker's log names what fails",
    )


def _for(long: timedelta) -> str:
    seconds = long.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"
