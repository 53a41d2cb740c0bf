"""One request: one transaction, one reading of the clock, one caller.

Hides the order in which a request is judged (size, sign-in, role, body, versions, the
domain), who owns the transaction and when it is tried again, so that a resource's
views only translate between JSON and the domain.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import Response, current_app, g, request
from flask.views import MethodView
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from jobbing_api import accounts, database, errors
from jobbing_api.api import bodies, contract, idempotency, versions
from jobbing_api.settings import Settings

#: How often a transaction that PostgreSQL sent back is tried in all.
_TRIES = 3

_READS = frozenset({"GET", "HEAD"})


def clock() -> datetime:
    """The present instant; the one place at the edge that looks at the clock."""
    return datetime.now(UTC)


def settings() -> Settings:
    """The settings this application was made with."""
    found = current_app.config["SETTINGS"]
    assert isinstance(found, Settings)
    return found


class View(MethodView):
    """Base of every view; a new one is made for each request."""

    session: Session
    #: Aware UTC; the same for everything this request does.
    now: datetime
    _account: accounts.models.Account | None = None
    _sign_in: accounts.models.SignIn | None = None
    _version: int | None = None

    @property
    def account(self) -> accounts.models.Account:
        """Who calls."""
        assert self._account is not None, "the operation is open to anyone"
        return self._account

    @property
    def sign_in(self) -> accounts.models.SignIn:
        """The phone or browser that calls."""
        assert self._sign_in is not None, "the operation is open to anyone"
        return self._sign_in

    def versioned(self, version: int) -> None:
        """Say which version of a shared thing the answer shows."""
        self._version = version

    def checked(self, row: object, *, column: str = "version") -> None:
        """Refuse unless ``row`` is as the caller's If-Match says, and hold it so."""
        versions.check_row(self.session, request, row, column=column)

    def wanted_version(self, present: Callable[[], int]) -> int | None:
        """The version the caller would change, None where any will do.

        ``present`` finds the version there is; refuses if the caller read another.
        """
        if versions.expected(request) is None:
            return None
        try:
            version = present()
        except errors.NotFound:
            raise errors.VersionMismatch from None
        versions.check(request, version)
        return version

    def dispatch_request(self, **path: Any) -> Response:
        handler = getattr(self, "get" if request.method == "HEAD" else request.method.lower())
        operation: contract.Operation = handler.operation
        # Before the transaction: a slow sender must not hold a connection.
        self.receive(operation)

        def run() -> Response:
            response: Response = handler(**path)
            tagged = "ETag" in response.headers or response.status_code >= 300
            if not tagged and (request.method in _READS or self._version):
                versions.tag(response, self._version)
            return response

        response = self._with_retries(lambda: self._once(operation, run))
        if response.status_code < 300:
            self._finish(response, operation)
        return response

    def receive(self, operation: contract.Operation) -> None:
        """Take the body in, and do with it what takes long: nothing is held meanwhile."""
        bodies.receive(request)

    def _with_retries(self, run: Callable[[], Response]) -> Response:
        for left in reversed(range(_TRIES)):
            try:
                return run()
            except StaleDataError:
                # Somebody else changed a versioned row meanwhile: judge it as it is now.
                if not left:
                    raise errors.VersionMismatch from None
            except DBAPIError as error:
                # A check that lost a race finds the other's row when it is made again.
                if not left or not (isinstance(error, IntegrityError) or database.retryable(error)):
                    raise
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311  # spreads out, keeps no secret
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def admitted(self, operation: contract.Operation) -> Iterator[Session]:
        """A transaction of its own at one reading of the clock, of whoever may call this."""
        self.now = current_app.config["CLOCK"]()
        with database.transaction() as session:
            self.session = session
            self._admit(operation)
            yield session

    def _once(self, operation: contract.Operation, run: Callable[[], Response]) -> Response:
        self._version = None
        with self.admitted(operation) as session:
            if operation.version == "required":
                versions.require(request)
            if request.method != "POST":
                return run()
            return idempotency.once(
                session,
                request,
                scope=str(self._account.id) if self._account else idempotency.ANONYMOUS,
                secret=settings().secret_key,
                now=self.now,
                run=run,
            )

    def _admit(self, operation: contract.Operation) -> None:
        """Find out who calls, where that matters."""
        if operation.who is None:
            return
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise errors.SignInRequired
        self._account, self._sign_in = accounts.authenticate(
            self.session, token.strip(), settings=settings(), now=self.now
        )
        g.account_id = self._account.id
        if operation.who and not any(map(self._account.has_role, operation.who)):
            raise errors.NotAllowed

    def _finish(self, response: Response, operation: contract.Operation) -> None:
        """Say how long the answer holds, and leave out what the caller has already."""
        lasts = "no-store"
        if request.method in _READS:
            lasts = "public, max-age=60" if operation.who is None else "private, no-cache"
        # A view that knows better has said so.
        response.headers.setdefault("Cache-Control", lasts)
        if request.method in _READS:
            response.vary.update(["Accept-Language", "Authorization"])
            response.make_conditional(request)
        else:
            response.headers["Cache-Control"] = "no-store"


def nothing(status: int = 204) -> Response:
    """An answer without a body."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response
