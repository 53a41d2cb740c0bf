"""Who acts in the play, and what two of them did at the same instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import httpx

from jobbing_api.play import client
from jobbing_api.play.client import Json


@dataclass(kw_only=True)
class Actor:
    """Somebody signed in, with a connection of their own."""

    caller: client.Caller
    name: str
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepting:
    """One provider's attempt. ``sent_s`` counts from the common start; ``answered_at``
    is by this machine's clock, as the phones' pushes are."""

    actor: Actor
    offer: Json
    answer: httpx.Response
    sent_s: float
    took_s: float
    answered_at: datetime

    @property
    def won(self) -> bool:
        return self.answer.status_code == 200
