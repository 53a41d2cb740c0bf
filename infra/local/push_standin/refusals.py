"""Google's answers to a message it does not take, word for word.

Hides: the shape every Google API gives an error, and which details come with which.
The bodies are those that users of FCM published when they met them.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from infra.local.push_standin import wire

_FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"


def error(
    status: HTTPStatus,
    rpc_status: str,
    message: str,
    details: list[dict[str, Any]],
    headers: tuple[tuple[str, str], ...] = (),
) -> wire.Response:
    """An error in the shape every Google API gives it."""
    body = {
        "error": {
            "code": status.value,
            "message": message,
            "status": rpc_status,
            "details": details,
        }
    }
    content_type = ("content-type", "application/json; charset=UTF-8")
    return wire.Response(status, json.dumps(body, indent=2).encode(), (content_type, *headers))


def _fcm_error(code: str) -> list[dict[str, Any]]:
    return [{"@type": _FCM_ERROR, "errorCode": code}]


def unregistered() -> wire.Response:
    return error(
        HTTPStatus.NOT_FOUND,
        "NOT_FOUND",
        "Requested entity was not found.",
        _fcm_error("UNREGISTERED"),
    )


def mismatched() -> wire.Response:
    return error(
        HTTPStatus.FORBIDDEN,
        "PERMISSION_DENIED",
        "SenderId mismatch",
        _fcm_error("SENDER_ID_MISMATCH"),
    )


def not_an_address() -> wire.Response:
    return error(
        HTTPStatus.BAD_REQUEST,
        "INVALID_ARGUMENT",
        "The registration token is not a valid FCM registration token",
        _fcm_error("INVALID_ARGUMENT"),
    )


def quota_exceeded(retry_after_s: float | None) -> wire.Response:
    return error(
        HTTPStatus.TOO_MANY_REQUESTS,
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Messages' and limit 'Messages per minute'.",
        _fcm_error("QUOTA_EXCEEDED"),
        _retry_after(retry_after_s),
    )


def internal() -> wire.Response:
    return error(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "INTERNAL",
        "Internal error encountered.",
        _fcm_error("INTERNAL"),
    )


def unavailable(retry_after_s: float | None) -> wire.Response:
    return error(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "UNAVAILABLE",
        "The service is currently unavailable.",
        _fcm_error("UNAVAILABLE"),
        _retry_after(retry_after_s),
    )


def unauthenticated(reason: str) -> wire.Response:
    return error(
        HTTPStatus.UNAUTHORIZED,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login"
        " cookie or other valid authentication credential. See"
        " https://developers.google.com/identity/sign-in/web/devconsole-project.",
        [
            {
                "@type": _ERROR_INFO,
                "reason": reason,
                "domain": "googleapis.com",
                "metadata": {
                    "service": "fcm.googleapis.com",
                    "method": "google.firebase.fcm.v1.FcmService.SendMessage",
                },
            }
        ],
        (("www-authenticate", 'Bearer realm="https://accounts.google.com/"'),),
    )


def bad_platform_key() -> wire.Response:
    """The project's APNs or web push key is wrong: a 401 no new access token can mend."""
    return error(
        HTTPStatus.UNAUTHORIZED,
        "UNAUTHENTICATED",
        "Auth error from APNS or Web Push Service",
        _fcm_error("THIRD_PARTY_AUTH_ERROR"),
    )


def other_project(project: str) -> wire.Response:
    return error(
        HTTPStatus.FORBIDDEN,
        "PERMISSION_DENIED",
        "Permission 'cloudmessaging.messages.create' denied on resource"
        f" '//cloudresourcemanager.googleapis.com/projects/{project}' (or it may not exist).",
        [
            {
                "@type": _ERROR_INFO,
                "reason": "IAM_PERMISSION_DENIED",
                "domain": "cloudresourcemanager.googleapis.com",
                "metadata": {
                    "resource": f"projects/{project}",
                    "permission": "cloudmessaging.messages.create",
                },
            }
        ],
    )


def _retry_after(seconds: float | None) -> tuple[tuple[str, str], ...]:
    return () if seconds is None else (("retry-after", f"{seconds:g}"),)


def bad_fields(violations: list[tuple[str, str]]) -> wire.Response:
    return error(
        HTTPStatus.BAD_REQUEST,
        "INVALID_ARGUMENT",
        "\n".join(description for _, description in violations),
        [
            {
                "@type": _BAD_REQUEST,
                "fieldViolations": [
                    {"field": field, "description": description}
                    for field, description in violations
                ],
            }
        ],
    )


def bad_argument(field: str, description: str) -> wire.Response:
    details = [
        *_fcm_error("INVALID_ARGUMENT"),
        {
            "@type": _BAD_REQUEST,
            "fieldViolations": [{"field": field, "description": description}],
        },
    ]
    return error(HTTPStatus.BAD_REQUEST, "INVALID_ARGUMENT", description, details)
