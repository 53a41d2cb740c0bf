"""The OAuth end: a signed assertion in, an access token that expires out.

Hides: what makes an assertion valid and which tokens are alive. The signature is
verified for real, so that a wrong key, a wrong clock or a wrong scope fails here
exactly as it would fail at Google.
"""

from __future__ import annotations

import json
import secrets
import time
from http import HTTPStatus
from urllib.parse import parse_qs

import jwt

from infra.local.push_standin import identity, wire

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"

#: google-auth names Google's endpoint as the audience, whatever the account's token_uri says.
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret

#: Either lets its holder send: the narrow one, or the one firebase-admin asks for.
SCOPES = frozenset(
    {
        "https://www.googleapis.com/auth/firebase.messaging",
        "https://www.googleapis.com/auth/cloud-platform",
    }
)

LONGEST_ASSERTION_S = 3600
CLOCK_SKEW_S = 300


class Tokens:
    """The access tokens of one account."""

    def __init__(self, account: identity.Account, *, life_s: int) -> None:
        self._account = account
        self._life_s = life_s
        self._expires_at: dict[str, float] = {}
        self.issued = 0

    def grant(self, form: bytes) -> wire.Response:
        """Answer ``POST /token``."""
        fields = parse_qs(form.decode("utf-8", "replace"))
        if fields.get("grant_type") != [JWT_GRANT]:
            return _refusal("unsupported_grant_type", f"Invalid grant_type: {JWT_GRANT} expected")
        try:
            claims = jwt.decode(
                (fields.get("assertion") or [""])[0],
                self._account.public_key,
                algorithms=["RS256"],
                audience=[self._account.token_uri, GOOGLE_TOKEN_URI],
                issuer=self._account.email,
                leeway=CLOCK_SKEW_S,
                options={"require": ["iss", "aud", "iat", "exp", "scope"]},
            )
        except jwt.InvalidSignatureError:
            return _refusal("invalid_grant", "Invalid JWT Signature.")
        except jwt.InvalidIssuerError:
            return _refusal("invalid_grant", "Invalid grant: account not found")
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            return _refusal(*_SHORT_LIVED)
        except jwt.InvalidTokenError as invalid:
            return _refusal("invalid_grant", f"Invalid JWT: {invalid}")
        if claims["exp"] - claims["iat"] > LONGEST_ASSERTION_S:
            return _refusal(*_SHORT_LIVED)
        if not SCOPES.intersection(str(claims["scope"]).split()):
            return _refusal("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return self._issue()

    def _issue(self) -> wire.Response:
        now = time.time()
        self._expires_at = {token: at for token, at in self._expires_at.items() if at > now}
        token = f"ya29.c.{secrets.token_urlsafe(96)}"
        self._expires_at[token] = now + self._life_s
        self.issued += 1
        answer = {"access_token": token, "expires_in": self._life_s, "token_type": "Bearer"}
        return wire.Response(HTTPStatus.OK, json.dumps(answer).encode())

    def trouble(self, authorization: str) -> str | None:
        """Why this ``Authorization`` header does not let its sender in, or None."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return "CREDENTIALS_MISSING"
        expires_at = self._expires_at.get(token)
        if expires_at is None:
            return "ACCESS_TOKEN_TYPE_UNSUPPORTED"
        return "ACCESS_TOKEN_EXPIRED" if expires_at <= time.time() else None

    def revoke(self) -> int:
        """Forget every token, as when Google revokes them; how many there were."""
        revoked = len(self._expires_at)
        self._expires_at.clear()
        return revoked


_SHORT_LIVED = (
    "invalid_grant",
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    " Check your iat and exp values in the JWT claim.",
)


def _refusal(code: str, description: str) -> wire.Response:
    body = {"error": code, "error_description": description}
    return wire.Response(HTTPStatus.BAD_REQUEST, json.dumps(body).encode())
