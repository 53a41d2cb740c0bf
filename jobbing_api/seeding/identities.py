"""Ids and addresses of made-up people, each told from the other.

Hides: how a person's number becomes an account id (RFC 9562, version 8: the layout is
the maker's own), so that whoever sees a seeded provider's id knows the address to sign
in with, and an address is never given twice.
"""

from __future__ import annotations

import hashlib
import uuid

#: Everybody's, because nobody is real. Production refuses to seed at all.
PASSWORD = "development-password"  # noqa: S105  # printed at the end of every seed

RESIDENT, PROVIDER = "resident", "provider"

MOST_PEOPLE = 2**31
MOST_SEED = 2**30

#: The twelve bits that mark an id as ours.
_MARKS = {RESIDENT: 0x5E1, PROVIDER: 0x5E2}


def person_id(slug: str, seed: int, role: str, number: int) -> uuid.UUID:
    """The account id of a person of the market ``slug``; ids are in the order of the
    numbers."""
    market = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:6])
    version, variant = 0x8, 0b10
    return uuid.UUID(
        int=market << 80 | version << 76 | _MARKS[role] << 64 | variant << 62 | seed << 32 | number
    )


def email(slug: str, seed: int, role: str, number: int) -> str:
    """A person's address. A slug has no dot, so that no two people share one."""
    draw = "" if seed == 1 else f".{seed}"
    return f"{role}-{number:04}.{slug}{draw}@example.org"


def email_of(account_id: uuid.UUID, slug: str) -> str | None:
    """The address of a seeded person of the market ``slug``; None for anybody else."""
    low = account_id.int & (1 << 62) - 1
    seed, number = low >> 32, low & 0xFFFFFFFF
    for role in _MARKS:
        if account_id == person_id(slug, seed, role, number):
            return email(slug, seed, role, number)
    return None


def operator_email(slug: str) -> str:
    """The address of the market's seeded operator."""
    return f"operator.{slug}@example.org"


def phone(slug: str, seed: int, role: str, number: int) -> str:
    """What a person's phone answers to: nothing Google would give, and easy to find on
    the stand-in's page."""
    return email(slug, seed, role, number).partition("@")[0]
