"""What leaves: a letter, and what one try to carry it came to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """A leased mail or text message, readable while no transaction is open. A text has no
    subject; ``expires_at`` None: it is worth carrying however late."""

    id: uuid.UUID
    way: str
    to: str
    subject: str
    body: str
    created_at: datetime
    expires_at: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try came to; ``final`` means that another could not do better. ``code`` is
    short and for the record: never a host, an address or what a server said."""

    code: str
    sent: bool = False
    final: bool = False
    #: How long the other side asked us to wait, seconds.
    retry_after_s: float | None = None


class Carrier(Protocol):
    """A way out, open for a batch."""

    def carry(self, letter: Letter, *, now: datetime) -> Outcome:
        """Hand one letter over."""

    def close(self) -> None:
        """Let go of what it held."""


class Nowhere:
    """No way out is configured: the letters wait, and the log says so."""

    def carry(self, letter: Letter, *, now: datetime) -> Outcome:
        return Outcome("not-configured")

    def close(self) -> None:
        pass
