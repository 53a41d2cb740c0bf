"""What FCM v1 accepts as a message.

Hides: its fields, their types and limits, from the reference of ``projects.messages``
(REST v1), plus ``fid``, which firebase-admin 7 sends. An address is any text that is
not empty: what only Google can know about one is declared to the stand-in
(``PUT /addresses/{address}``).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.push_standin import refusals, wire

PAYLOAD_LIMIT_BYTES = 4096
TOPIC_PAYLOAD_LIMIT_BYTES = 2048
LONGEST_TTL_S = 28 * 24 * 3600

TARGETS = ("fid", "token", "topic", "condition")


class Refused(Exception):
    """The message is not one that FCM takes; ``response`` says so as Google does."""

    def __init__(self, response: wire.Response) -> None:
        super().__init__(response.body.decode())
        self.response = response


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that FCM takes."""

    address_kind: str
    address: str
    validate_only: bool


# --- the shape of a message ------------------------------------------------------------------

Violations = Iterator[tuple[str, str]]
Check = Callable[[Any, str], Violations]


def _scalar(type_name: str, accepts: Callable[[Any], bool]) -> Check:
    def check(value: Any, at: str) -> Violations:
        if not accepts(value):
            yield at, f"Invalid value at '{at}' ({type_name}), {json.dumps(value)}"

    return check


_DURATION = re.compile(r"-?\d{1,12}(\.\d{1,9})?s")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")

_text = _scalar("TYPE_STRING", lambda value: isinstance(value, str))
_truth = _scalar("TYPE_BOOL", lambda value: isinstance(value, bool))
_whole = _scalar("TYPE_INT32", lambda value: isinstance(value, int) and not isinstance(value, bool))
_share = _scalar(
    "TYPE_FLOAT", lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)
)
_duration = _scalar(
    "type.googleapis.com/google.protobuf.Duration",
    lambda value: isinstance(value, str) and bool(_DURATION.fullmatch(value)),
)
_instant = _scalar(
    "type.googleapis.com/google.protobuf.Timestamp",
    lambda value: isinstance(value, str) and bool(_INSTANT.fullmatch(value)),
)
_anything = _scalar(
    "type.googleapis.com/google.protobuf.Struct", lambda value: isinstance(value, dict)
)


def _one_of(type_name: str, *names: str) -> Check:
    # The real end takes names in either case: firebase-admin sends "high" in lower case.
    return _scalar(
        f"type.googleapis.com/google.firebase.fcm.v1.{type_name}",
        lambda value: isinstance(value, str) and value.upper() in names,
    )


def _list_of(check: Check) -> Check:
    def check_list(value: Any, at: str) -> Violations:
        if not isinstance(value, list):
            yield at, f"Invalid value at '{at}' (TYPE_REPEATED), {json.dumps(value)}"
            return
        for index, item in enumerate(value):
            yield from check(item, f"{at}[{index}]")

    return check_list


def _texts_by_name(value: Any, at: str) -> Violations:
    if not isinstance(value, dict):
        yield at, f"Invalid value at '{at}' (TYPE_MAP), {json.dumps(value)}"
        return
    for index, item in enumerate(value.values()):
        if not isinstance(item, str):
            place = f"{at}[{index}].value"
            yield place, f"Invalid value at '{place}' (TYPE_STRING), {json.dumps(item)}"


def _shape(**fields: Check) -> Check:
    """An object with these fields at most, in snake_case or lowerCamelCase."""
    known = {**fields, **{_camel(name): check for name, check in fields.items()}}

    def check_shape(value: Any, at: str) -> Violations:
        if not isinstance(value, dict):
            yield at, f"Invalid value at '{at}' (TYPE_MESSAGE), {json.dumps(value)}"
            return
        for name, item in value.items():
            check = known.get(name)
            if check is None:
                yield (
                    at,
                    f"Invalid JSON payload received. Unknown name \"{name}\" at '{at}':"
                    " Cannot find field.",
                )
            elif item is not None:
                yield from check(item, f"{at}.{name}" if at else name)

    return check_shape


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


_label = _shape(analytics_label=_text)

_MESSAGE = _shape(
    name=_text,
    data=_texts_by_name,
    notification=_shape(title=_text, body=_text, image=_text),
    android=_shape(
        collapse_key=_text,
        priority=_one_of("AndroidMessagePriority", "NORMAL", "HIGH"),
        ttl=_duration,
        restricted_package_name=_text,
        data=_texts_by_name,
        notification=_shape(
            title=_text,
            body=_text,
            icon=_text,
            color=_text,
            sound=_text,
            tag=_text,
            click_action=_text,
            body_loc_key=_text,
            body_loc_args=_list_of(_text),
            title_loc_key=_text,
            title_loc_args=_list_of(_text),
            channel_id=_text,
            ticker=_text,
            sticky=_truth,
            event_time=_instant,
            local_only=_truth,
            notification_priority=_one_of(
                "AndroidNotification.NotificationPriority",
                "PRIORITY_UNSPECIFIED",
                "PRIORITY_MIN",
                "PRIORITY_LOW",
                "PRIORITY_DEFAULT",
                "PRIORITY_HIGH",
                "PRIORITY_MAX",
            ),
            default_sound=_truth,
            default_vibrate_timings=_truth,
            default_light_settings=_truth,
            vibrate_timings=_list_of(_duration),
            visibility=_one_of(
                "AndroidNotification.Visibility",
                "VISIBILITY_UNSPECIFIED",
                "PRIVATE",
                "PUBLIC",
                "SECRET",
            ),
            notification_count=_whole,
            light_settings=_shape(
                color=_shape(red=_share, green=_share, blue=_share, alpha=_share),
                light_on_duration=_duration,
                light_off_duration=_duration,
            ),
            image=_text,
            bypass_proxy_notification=_truth,
            proxy=_one_of(
                "AndroidNotification.Proxy",
                "PROXY_UNSPECIFIED",
                "ALLOW",
                "DENY",
                "IF_PRIORITY_LOWERED",
            ),
        ),
        fcm_options=_label,
        direct_boot_ok=_truth,
        bandwidth_constrained_ok=_truth,
        restricted_satellite_ok=_truth,
    ),
    webpush=_shape(
        headers=_texts_by_name,
        data=_texts_by_name,
        notification=_anything,
        fcm_options=_shape(link=_text, analytics_label=_text),
    ),
    apns=_shape(
        headers=_texts_by_name,
        payload=_anything,
        fcm_options=_shape(analytics_label=_text, image=_text),
        live_activity_token=_text,
    ),
    fcm_options=_label,
    fid=_text,
    token=_text,
    topic=_text,
    condition=_text,
)

_REQUEST = _shape(validate_only=_truth, message=_MESSAGE)


# --- the meaning of a message ----------------------------------------------------------------


def accept(body: bytes) -> Accepted:
    """Read the body of ``messages:send``. Raises Refused with Google's answer."""
    try:
        request = json.loads(body, parse_constant=_not_json)
    except ValueError as unreadable:
        raise Refused(
            refusals.bad_fields([("", f"Invalid JSON payload received. {unreadable}")])
        ) from None
    violations = list(_REQUEST(request, ""))
    if violations:
        raise Refused(refusals.bad_fields(violations))
    message = request.get("message")
    if message is None:
        raise Refused(refusals.bad_argument("message", "Message is required."))
    targets = [kind for kind in TARGETS if message.get(kind)]
    if len(targets) != 1:
        raise Refused(
            refusals.bad_argument(
                "message",
                "Recipient of the message is not set."
                if not targets
                else "Only one of fid, token, topic or condition may be set.",
            )
        )
    kind = targets[0]
    for field, description in _wrong_meaning(message, kind):
        raise Refused(refusals.bad_argument(field, description))
    return Accepted(kind, message[kind], bool(request.get("validate_only", False)))


def _not_json(constant: str) -> None:
    raise ValueError(f"Unexpected token. {constant}")


def either(holder: Mapping[str, Any] | None, name: str) -> Any:
    """A field of a message by its snake_case name, however its sender spelt it."""
    if not holder:
        return None
    return holder.get(name, holder.get(_camel_cached(name)))


_camel_cached = functools.cache(_camel)


def _wrong_meaning(message: Mapping[str, Any], kind: str) -> Violations:
    limit = TOPIC_PAYLOAD_LIMIT_BYTES if kind in ("topic", "condition") else PAYLOAD_LIMIT_BYTES
    common = _size(message.get("notification")) + _size(message.get("data"))
    android = message.get("android") or {}
    webpush = message.get("webpush") or {}
    apns = message.get("apns") or {}

    for platform, holder in (("android", android), ("webpush", webpush)):
        if common + _size(holder.get("notification")) + _size(holder.get("data")) > limit:
            yield f"message.{platform}", f"{platform.title()} message is too big"
    if common + _size(apns.get("payload")) > limit:
        yield "message.apns", "APNs message is too big"

    for place, data in (
        ("message.data", message.get("data")),
        ("message.android.data", android.get("data")),
        ("message.webpush.data", webpush.get("data")),
    ):
        for name in data or ():
            if name in ("from", "message_type") or name.startswith(("google.", "gcm.")):
                yield place, f"Invalid data payload key: {name}"

    ttl = android.get("ttl")
    if ttl is not None and not 0 <= float(ttl[:-1]) <= LONGEST_TTL_S:
        yield "message.android.ttl", f"Invalid TTL: {ttl}"
    yield from _wrong_webpush(webpush)
    yield from _wrong_apns(message, apns)


def _wrong_webpush(webpush: Mapping[str, Any]) -> Violations:
    # RFC 8030: FCM hands these headers on to the browser's push service, which refuses others.
    headers = {name.lower(): value for name, value in (webpush.get("headers") or {}).items()}
    if "ttl" in headers and not re.fullmatch(r"\d{1,9}", headers["ttl"]):
        yield "message.webpush.headers", "TTL must be a number of seconds"
    if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
        yield "message.webpush.headers", f"Unknown Urgency: {headers['urgency']}"
    if "topic" in headers and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers["topic"]):
        yield "message.webpush.headers", "Topic must be at most 32 characters of base64url"
    link = either(webpush.get("fcm_options") or webpush.get("fcmOptions"), "link")
    if link is not None and not link.startswith("https://"):
        yield "message.webpush.fcm_options.link", "WebpushFCMOptions.link must be a HTTPS URL"


def _wrong_apns(message: Mapping[str, Any], apns: Mapping[str, Any]) -> Violations:
    headers = {name.lower(): value for name, value in (apns.get("headers") or {}).items()}
    if headers.get("apns-priority", "5") not in ("1", "5", "10"):
        yield "message.apns.headers", f"Unknown apns-priority: {headers['apns-priority']}"
    if not re.fullmatch(r"\d{1,12}", headers.get("apns-expiration", "0")):
        yield "message.apns.headers", "apns-expiration must be a number of seconds since 1970"
    if len(headers.get("apns-collapse-id", "").encode()) > 64:
        yield "message.apns.headers", "apns-collapse-id must not exceed 64 bytes"
    alert = ((apns.get("payload") or {}).get("aps") or {}).get("alert")
    silent = not message.get("notification") and not alert
    if silent and headers.get("apns-priority") == "10":
        yield (
            "message.apns.headers",
            "Only normal priority (apns-priority 5) is allowed for messages of data alone",
        )


def _size(value: Any) -> int:
    """How much of the payload limit a part takes: its names and its values, in UTF-8."""
    if isinstance(value, dict):
        return sum(len(str(name).encode()) + _size(item) for name, item in value.items())
    if isinstance(value, list):
        return sum(_size(item) for item in value)
    return 0 if value is None else len(str(value).encode())
