"""A POST that is repeated does its work once and is answered alike.

Hides: the table of answers given, and why it says nothing to whoever steals it. The
answer is written in the effect's own transaction, so a crash leaves neither an effect
without an answer nor a "running" mark; while the first request runs, a lock that ends
with its transaction refuses the second. Answers hold tokens and addresses: they are
encrypted with a key made of our secret *and* of the client's key, of which the table
keeps only a keyed hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Request, Response
from sqlalchemy import Index, LargeBinary, SmallInteger, Text, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from jobbing_api import errors
from jobbing_api.api import bodies, problems
from jobbing_api.database import Base, Instant

KEPT = timedelta(hours=24)

HEADER = "Idempotency-Key"

#: The scope of operations nobody need be signed in for.
ANONYMOUS = "anonymous"

_REPEATED_HEADERS = ("Location", "ETag", "Content-Language", "Content-Type", "Cache-Control")

#: Refusals that are not the outcome of the request but a reason to ask again: after
#: signing in, after correcting a field, after waiting.
_NOT_REMEMBERED = frozenset(
    slug
    for slug, status in problems.STATUS.items()
    if status in (400, 401, 413, 415, 428, 429) or status >= 500
) | {"invalid-input", "idempotency-key-reused", "still-running"}


class IdempotencyAnswer(Base):
    """What one request was answered, for whoever repeats it with the same key."""

    __tablename__ = "idempotency_answers"

    #: The account's id, or ``anonymous``.
    scope: Mapped[str] = mapped_column(Text, primary_key=True)
    #: Method and path: the same key may be used for another thing.
    operation: Mapped[str] = mapped_column(Text, primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(SmallInteger)
    #: The body, encrypted with a key that needs the client's.
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_idempotency_answers_created_at", "created_at"),)


def once(
    session: Session,
    request: Request,
    *,
    scope: str,
    secret: str,
    now: datetime,
    run: Callable[[], Response],
) -> Response:
    """Run ``run``, or give the answer it gave before to the same key.

    Refusals of the domain are answers too and are remembered; what the caller should
    correct, wait for or sign in for is not, and neither is any accident. Raises
    StillRunning while another request with the key runs, IdempotencyKeyReused if the
    key came with another body.
    """
    key = _key(request)
    if key is None:
        return run()
    operation = f"{request.method} {request.path}"
    key_hash = _keyed(secret, "key", key.encode())
    body_hash = _keyed(secret, f"body of {key}", _canonical(request))

    # The lock comes in a statement of its own: the next one takes its snapshot after
    # it, and so sees the answer of whoever held the lock before.
    lock = _lock_number(scope, operation, key_hash)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise errors.StillRunning
    earlier = session.get(IdempotencyAnswer, (scope, operation, key_hash))
    if earlier is not None and earlier.created_at > now - KEPT:
        if not hmac.compare_digest(earlier.body_hash, body_hash):
            raise errors.IdempotencyKeyReused
        return _replayed(earlier, _cipher(secret, key))

    response = _attempt(session, run)
    if earlier is not None:
        session.delete(earlier)
        session.flush()
    session.add(
        IdempotencyAnswer(
            scope=scope,
            operation=operation,
            key_hash=key_hash,
            body_hash=body_hash,
            status=response.status_code,
            answer=_cipher(secret, key).encrypt(response.get_data()),
            headers={
                name: response.headers[name]
                for name in _REPEATED_HEADERS
                if name in response.headers
            },
            created_at=now,
        )
    )
    session.flush()
    return response


def answered(session: Session, request: Request, *, scope: str, secret: str) -> bool:
    """Whether a request with this key was answered before: what takes long need not be done
    again. Raises InvalidInput for a key that is none."""
    key = _key(request)
    if key is None:
        return False
    key_hash = _keyed(secret, "key", key.encode())
    held = (scope, f"{request.method} {request.path}", key_hash)
    return session.get(IdempotencyAnswer, held) is not None


def forget_old(session: Session, now: datetime) -> int:
    """Delete answers older than 24 hours; returns how many there were."""
    gone = session.execute(
        delete(IdempotencyAnswer).where(IdempotencyAnswer.created_at <= now - KEPT)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a DELETE always counts


def _key(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        raise errors.InvalidInput(fields={HEADER: ["field-idempotency-key"]})
    return key


def _attempt(session: Session, run: Callable[[], Response]) -> Response:
    """Run in a savepoint; a refusal worth remembering becomes the answer.

    What a refused request wrote is undone, and what it would have published is not,
    unless the refusal itself is a fact to keep.
    """
    owed = list(session.info.get("after_commit", ()))
    savepoint = session.begin_nested()
    try:
        response = run()
        savepoint.commit()
    except errors.DomainError as error:
        if error.slug in _NOT_REMEMBERED:
            raise
        if error.keeps_writes:
            savepoint.commit()
        else:
            savepoint.rollback()
            session.info["after_commit"] = owed
        response = problems.of_domain(error)
    return response


def _replayed(earlier: IdempotencyAnswer, cipher: Fernet) -> Response:
    response = Response(cipher.decrypt(earlier.answer), status=earlier.status)
    for name, value in earlier.headers.items():
        response.headers[name] = value
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _canonical(request: Request) -> bytes:
    """The body without what JSON does not mean: spaces and the order of members."""
    try:
        document: Any = bodies.read(request)
    except errors.DomainError:
        return request.get_data(cache=True)
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _keyed(secret: str, purpose: str, content: bytes) -> bytes:
    """A hash nobody can search for without our secret: bodies hold passwords."""
    return hmac.digest(_derived(secret, purpose), content, hashlib.sha256)


def _cipher(secret: str, key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(secret, f"answer to {key}")))


def _derived(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF, RFC 5869)."""
    info = f"jobbing idempotency: {purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret.encode())


def _lock_number(scope: str, operation: str, key_hash: bytes) -> int:
    """A signed 64-bit number for the triple, as PostgreSQL's advisory locks want it."""
    digest = hashlib.sha256(f"{scope}\n{operation}\n".encode() + key_hash).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
