"""Who acts in the play, where, and what two of them did at the same instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx

from jobbing_api.geography import LonLat
from jobbing_api.play import client
from jobbing_api.play.client import Json


@dataclass(kw_only=True)
class Actor:
    """Somebody signed in, with a connection of their own; ``phone`` is what theirs
    answers to, where the play gave them one."""

    caller: client.Caller
    name: str
    id: str
    phone: str = ""


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Where a story is played, with an operator who may look on."""

    market: Json
    middle: LonLat
    #: What the kind of job is called in the play's language.
    category: Json
    operator: Actor

    @property
    def slug(self) -> str:
        return str(self.market["slug"])

    @property
    def name(self) -> str:
        return str(self.market["name"])

    @property
    def currency(self) -> str:
        return str(self.market["currency"])

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.market["time_zone"])
