"""What a line says on a phone, in its owner's language.

A push may be read by others on the way and on the lock screen: it names the offer
or the job by id and says what, how far, when and how much, never who or where.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from jobbing_api import firebase, words


class Line(Protocol):
    """What of a notification is said, and how long it holds."""

    kind: str
    about: str
    subject_id: uuid.UUID
    collapse_key: str
    urgent: bool
    expires_at: datetime

    @property
    def params(self) -> Mapping[str, Any]:
        """The values its sentences show."""


class Phone(Protocol):
    """Where a phone is reached: ``fid`` or ``token``, and which."""

    address_kind: str
    address: str


def pushes(
    line: Line, phones: Sequence[Phone], *, language: str, base_url: str, now: datetime
) -> list[firebase.Push]:
    """The message for each of a person's phones; it lives as long as the line does."""
    title, body, path = sentences(line, language=language)
    return [
        firebase.Push(
            address_kind="fid" if phone.address_kind == "fid" else "token",
            address=phone.address,
            title=title,
            body=body,
            data={"kind": line.kind, f"{line.about}_id": str(line.subject_id), "path": path},
            collapse_key=line.collapse_key,
            ttl_s=max(0, math.floor((line.expires_at - now).total_seconds())),
            urgent=line.urgent,
            link=f"{base_url}{path}",
        )
        for phone in phones
    ]


def sentences(line: Line, *, language: str) -> tuple[str, str, str]:
    """A line's title and text, and where it leads."""
    shown = _shown(line.params, language)
    return (
        words.say(language, f"push-{line.kind}-title", **shown),
        words.say(language, f"push-{line.kind}-body", **shown),
        "/me" if line.about == "account" else f"/{line.about}s/{line.subject_id}",
    )


def _shown(params: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Values as words: money, distance, day and hour in the reader's language."""
    shown: dict[str, Any] = {}
    if "category" in params:
        shown["category"] = params["category"].get(language, params["category"]["en"])
    if "distance_m" in params:
        shown["distance"] = words.distance(language, params["distance_m"])
    if "starts_at" in params:
        shown["when"] = words.when(
            language, datetime.fromisoformat(params["starts_at"]), params["time_zone"]
        )
    if "arrives_at" in params:
        shown["arrival"] = words.time_of_day(
            datetime.fromisoformat(params["arrives_at"]), params["time_zone"]
        )
    if "backups" in params:
        shown["backups"] = params["backups"]
    if "net_cents" in params:
        net = params["net_cents"]
        shown["price"] = (
            words.say(language, "price-to-quote")
            if net is None
            else words.money(language, net, params["currency"])
        )
    if "paper" in params:
        shown["paper"] = words.say(language, f"paper-{params['paper'].lower()}")
    if "days" in params:
        shown["days"] = params["days"]
    if "reason" in params:
        shown["reason"] = words.say(language, f"reason-{params['reason']}")
    return shown
