"""What a phone would show now.

Hides: which of its messages are still on the screen: one with the same tag replaced
an earlier one, one that outlived its time is gone, and a withdrawal takes its offer
away. A real phone keeps what it has shown until somebody swipes it; here an offer
leaves with its time to live, because that is what the sender meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.push_standin import fcm, mailbox


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification on a screen. Instants are seconds since 1970."""

    message_id: str
    sequence: int
    tag: str | None
    title: str
    body: str
    kind: str
    link: str | None
    urgent: bool
    received_at: float
    expires_at: float
    #: How many messages with this tag came, this one included.
    times: int


def shown(messages: Iterable[mailbox.Message], *, now: float) -> list[Notification]:
    """The notifications on the screen, newest first."""
    screen: dict[str, Notification] = {}
    for message in messages:
        content = message.content()
        tag = _tag(content)
        key = tag if tag is not None else message.message_id
        data = content.get("data") or {}
        title, body = _words(content)
        if title or body:
            earlier = screen.pop(key, None)
            screen[key] = Notification(
                message_id=message.message_id,
                sequence=message.sequence,
                tag=tag,
                title=title,
                body=body,
                kind=data.get("kind", ""),
                link=data.get("link"),
                urgent=_urgent(content),
                received_at=message.received_at,
                expires_at=message.received_at + _ttl_s(content),
                times=1 + (earlier.times if earlier else 0),
            )
        elif data.get("kind", "").endswith("withdrawn"):
            # Other data alone is for the app, not for the screen.
            screen.pop(key, None)
    return [note for note in reversed(screen.values()) if note.expires_at > now]


def _words(content: Mapping[str, Any]) -> tuple[str, str]:
    places = [
        (content.get("android") or {}).get("notification"),
        (content.get("webpush") or {}).get("notification"),
        content.get("notification"),
    ]

    def first(name: str) -> str:
        return next((str(place[name]) for place in places if place and place.get(name)), "")

    return first("title"), first("body")


def _tag(content: Mapping[str, Any]) -> str | None:
    android = content.get("android") or {}
    webpush = content.get("webpush") or {}
    apns = content.get("apns") or {}
    for tag in (
        (android.get("notification") or {}).get("tag"),
        (webpush.get("notification") or {}).get("tag"),
        fcm.either(android, "collapse_key"),
        (apns.get("headers") or {}).get("apns-collapse-id"),
    ):
        if tag:
            return str(tag)
    return None


def _urgent(content: Mapping[str, Any]) -> bool:
    android = content.get("android") or {}
    apns = (content.get("apns") or {}).get("headers") or {}
    return str(android.get("priority", "")).upper() == "HIGH" or apns.get("apns-priority") == "10"


def _ttl_s(content: Mapping[str, Any]) -> float:
    ttl = (content.get("android") or {}).get("ttl")
    if ttl is not None:
        return float(ttl[:-1])
    headers = (content.get("webpush") or {}).get("headers") or {}
    return float(headers.get("TTL", fcm.LONGEST_TTL_S))
