"""Passwords: what is one, how it is kept, how it is compared.

Hides: argon2id with the library's parameters (RFC 9106, low memory), and that an
account without a password, or no account at all, takes as long to refuse as a wrong
password.
"""

from __future__ import annotations

import base64
import unicodedata

import argon2

from jobbing_api import errors

SHORTEST = 10
LONGEST = 200

_hasher = argon2.PasswordHasher()


def _nobodys() -> str:
    """A hash of the present parameters that no password has."""

    def zeros(length: int) -> str:
        return base64.b64encode(bytes(length)).decode().rstrip("=")

    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}${zeros(_hasher.salt_len)}${zeros(_hasher.hash_len)}"


_NOBODYS = _nobodys()


def digest(password: str, *, field: str = "password") -> str:
    """What to keep of a new password.

    Raises InvalidInput naming ``field`` unless it has 10 to 200 characters.
    """
    plain = _normal(password)
    if plain is None or not SHORTEST <= len(plain) <= LONGEST:
        raise errors.InvalidInput(fields={field: ["field-password"]})
    return _hasher.hash(plain)


def matches(kept: str | None, password: str) -> bool:
    """True if ``kept`` was made of ``password``; as slow where nothing was kept."""
    plain = _normal(password)
    try:
        _hasher.verify(kept or _NOBODYS, plain or "")
    except argon2.exceptions.VerificationError:
        return False
    return bool(kept) and plain is not None


def outdated(kept: str) -> bool:
    """True if ``kept`` was made with other parameters than a new one would be."""
    return _hasher.check_needs_rehash(kept)


def _normal(password: str) -> str | None:
    """One spelling for one password: keyboards compose accents differently (RFC 8265).

    None for text that has no UTF-8 and therefore was never anybody's password.
    """
    try:
        password.encode()
    except UnicodeEncodeError:
        return None
    return unicodedata.normalize("NFC", password)
