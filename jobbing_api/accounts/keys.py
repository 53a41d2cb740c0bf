"""Keys for one purpose each, all made from the one secret of the installation.

Hides: HKDF (RFC 5869). A key that leaks or is used up for one purpose says nothing
about those of the others.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


@lru_cache(maxsize=64)
def derive(secret_key: str, purpose: str) -> bytes:
    """32 bytes for ``purpose``, always the same for the same secret."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"jobbing", info=purpose.encode())
    return kdf.derive(secret_key.encode())
