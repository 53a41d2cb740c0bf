"""Access tokens: who is asking, proved without looking anything up.

Hides: JSON Web Tokens (RFC 7519), signed with HMAC-SHA-256 and a key for this purpose
alone. They live minutes, so that a stolen one soon is worth nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import jwt

from jobbing_api import errors
from jobbing_api.accounts import keys
from jobbing_api.settings import Settings

_ALGORITHM = "HS256"
_AUDIENCE = "jobbing-api"
_CLAIMS = ["sub", "sid", "iat", "exp", "aud", "iss"]


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a token says of whoever bears it."""

    account_id: uuid.UUID
    sign_in_id: uuid.UUID


def mint(bearer: Bearer, *, settings: Settings, now: datetime) -> str:
    """A token for ``settings.access_token_s`` seconds."""
    issued_s = int(now.timestamp())
    claims = {
        "sub": str(bearer.account_id),
        "sid": str(bearer.sign_in_id),
        "iat": issued_s,
        "exp": issued_s + settings.access_token_s,
        "aud": _AUDIENCE,
        "iss": settings.base_url,
    }
    return jwt.encode(claims, _key(settings), algorithm=_ALGORITHM)


def read(token: str, *, settings: Settings, now: datetime) -> Bearer:
    """Whom a token speaks of. Raises InvalidToken if it is not ours or no longer good."""
    try:
        claims = jwt.decode(
            token,
            _key(settings),
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            issuer=settings.base_url,
            # The library would ask its own clock; ours is ``now``.
            options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
        )
        if not float(claims["exp"]) > now.timestamp():
            raise errors.InvalidToken()
        return Bearer(uuid.UUID(claims["sub"]), uuid.UUID(claims["sid"]))
    except (jwt.InvalidTokenError, TypeError, ValueError, AttributeError) as error:
        raise errors.InvalidToken() from error


def _key(settings: Settings) -> bytes:
    return keys.derive(settings.secret_key, "access-token")
