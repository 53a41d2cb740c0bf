"""Who acts in the play, and what two of them did at the same instant."""

from __future__ import annotations

from dataclasses import dataclass

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
    """One provider's attempt. ``sent_s`` counts from the common start."""

    actor: Actor
    offer: Json
    answer: httpx.Response
    sent_s: float
    took_s: float

    @property
    def won(self) -> bool:
        return self.answer.status_code == 200
