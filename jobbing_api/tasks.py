"""What a background worker may be asked to do.

Each task takes ids as text, is a few lines, and is safe to run twice: it looks at the
rows first and finds nothing to do the second time.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from jobbing_api import database, files, mail, notifications, offers, queue, telemetry
from jobbing_api.settings import Settings

_settings: Settings | None = None
_process_id: uuid.UUID | None = None


def configure(settings: Settings, process_id: uuid.UUID | None = None) -> None:
    """Give the tasks of this process their settings and its id, before the first runs."""
    global _settings, _process_id
    _settings, _process_id = settings, process_id


def _configured() -> Settings:
    assert _settings is not None, "tasks.configure() runs before any task"
    return _settings


def open_wave(*, job_id: str, round_: int, wave: int, trace: str | None = None) -> None:
    """Ask the next group of providers for a job."""
    of: dict[str, str | int] = {
        "jobbing.job_id": job_id,
        "jobbing.round": round_,
        "jobbing.wave": wave,
    }
    with (
        telemetry.span("open_wave", parent=trace, attributes=of),
        database.transaction() as session,
    ):
        asked = offers.open_wave(
            session, uuid.UUID(job_id), round_=round_, wave=wave, now=datetime.now(UTC)
        )
    telemetry.count_wave(asked)


def deliver(*, ids: list[str]) -> None:
    """Ring the phones of up to 500 notifications."""
    notifications.deliver(
        _configured(),
        [uuid.UUID(one) for one in ids],
        sender=_process_id,
        now=datetime.now(UTC),
        stopping=queue.stopping,
        told=_push_told,
    )


def _push_told(told: notifications.Told) -> None:
    late_s = (told.at - told.due_at).total_seconds()
    telemetry.count_push(told.outcome.kind, told.outcome.code, late_s)
    telemetry.past_span(
        "push",
        parent=told.trace,
        began_at=told.began_at,
        ended_at=told.at,
        attributes={
            "jobbing.notification_id": str(told.notification_id),
            "jobbing.outcome": told.outcome.kind,
            "jobbing.code": told.outcome.code,
            "jobbing.late_s": late_s,
        },
    )


def deliver_mail(*, ids: list[str]) -> None:
    """Send mails that are owed."""
    mail.deliver(_configured(), [uuid.UUID(one) for one in ids], now=datetime.now(UTC))


def tend_photos(*, ids: list[str]) -> None:
    """Make thumbnails that are owed, and remove what nobody is to see any more."""
    files.tend([uuid.UUID(one) for one in ids], now=datetime.now(UTC), stopping=queue.stopping)
