"""What a background worker may be asked to do.

Each task takes ids as text, is a few lines, and is safe to run twice: it looks at the
rows first and finds nothing to do the second time.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from jobbing_api import database, mail, notifications, offers, queue, telemetry
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


def open_wave(*, job_id: str, round_: int, wave: int) -> None:
    """Ask the next group of providers for a job."""
    with database.transaction() as session:
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
        told=telemetry.count_push,
    )


def deliver_mail(*, ids: list[str]) -> None:
    """Send mails that are owed."""
    mail.deliver(_configured(), [uuid.UUID(one) for one in ids], now=datetime.now(UTC))
