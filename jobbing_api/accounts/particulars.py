"""What people may say about themselves: addresses, names, languages, numbers.

Hides: what each must look like and the one spelling in which it is kept. All raise
InvalidInput; its fields hold ids of the wording files.
"""

from __future__ import annotations

import re
import unicodedata

from jobbing_api import errors

LONGEST_EMAIL = 254
_LONGEST_LOCAL = 64
LONGEST_NAME = 80

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"

#: RFC 5321 without what nobody writes: quoted names, addresses of machines, bare hosts.
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_LANGUAGE = re.compile(r"[a-z]{2}")

#: Marks that reverse the direction of what follows: a name must not garble its line.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def spelled_email(given: str) -> str | None:
    """The one spelling of an address, or None if it is not one.

    Lower case throughout: no provider in use tells people apart by it, and two accounts
    that differ by it would be one person's mistake. Letters beyond ASCII are refused
    before the @ (some turn into ASCII ones in lower case, and one address must not
    become another's) and written as IDNA behind it.
    """
    local, _, domain = given.strip().rpartition("@")
    if not local.isascii() or len(local) > _LONGEST_LOCAL:
        return None
    try:
        spelled = f"{local}@{domain.encode('idna').decode()}".lower()
    except UnicodeError:
        return None
    return spelled if _EMAIL.fullmatch(spelled) and len(spelled) <= LONGEST_EMAIL else None


def email(given: str) -> str:
    spelled = spelled_email(given)
    if spelled is None:
        raise errors.InvalidInput(fields={"email": ["field-email"]})
    return spelled


def display_name(given: str) -> str:
    """1 to 80 characters on one line."""
    name = " ".join(unicodedata.normalize("NFC", given).split())
    garbled = any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") or c in _BIDI for c in name)
    if garbled or not 1 <= len(name) <= LONGEST_NAME:
        raise errors.InvalidInput(fields={"display_name": ["field-display-name"]})
    return name


def language(given: str) -> str:
    """An ISO 639-1 code; any, though we write only some."""
    if not _LANGUAGE.fullmatch(given):
        raise errors.InvalidInput(fields={"language": ["field-language"]})
    return given


def phone(given: str) -> str:
    """A number with its country code (E.164), kept without separators."""
    number = re.sub(r"[ .\-()\u00a0\u202f]", "", given)
    if not _PHONE.fullmatch(number):
        raise errors.InvalidInput(fields={"phone": ["field-phone"]})
    return number
