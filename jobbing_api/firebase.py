"""Firebase: pushes to phones, and sign-ins that Google vouches for.

Hides: firebase-admin, which nothing else imports; one event loop in one background
thread with one warm HTTP/2 connection; access tokens; the three platforms' spellings
of one push; and which of Google's answers mean what for us.

Of firebase-admin 7.7.0 the HTTP client under ``send_each_async`` is replaced
(``_Line`` below), because the one it brings

* sends again by itself on 500 and 503, up to four times over 7 s, hiding the first
  answer and its Retry-After, while our own rows know better when to try again; and each
  time leaks one of the connection's hundred streams, until nothing is sent any more;
* fetches access tokens on the event loop, twice for *every* message that meets a 401;
* starts a thread that asks Google for "regional access boundaries", even when the
  pushes go to the local stand-in;
* forgets its connection after 5 s without a push.

Messages are encoded and errors are read by firebase-admin itself.

One long file, because every line of it is there for one library: whoever exchanges
that has nothing else to look at.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import json as _json
import os
import queue
import re
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import certifi
import firebase_admin
import google.auth.exceptions
import google.auth.transport.requests
import h2.events
import httpx
import structlog
from firebase_admin import auth, credentials, exceptions, messaging
from google.auth.credentials import TokenState

from jobbing_api import errors
from jobbing_api.settings import Settings, UnsafeSettings

_log = structlog.get_logger(__name__)

GOOGLE_TOKEN_URLS = (
    "https://oauth2.googleapis.com/token",
    "https://accounts.google.com/o/oauth2/token",
)

#: How long one message, or one access token, may take before we count on nothing.
ANSWER_S = 10.0

#: The part of it for which the connection may say nothing at all while an answer is owed.
#: The shorter limit finds a dead connection, the longer one a message nobody answers.
SILENT_SHARE = 0.7

#: Messages in flight at once: as many streams as Google allows on one connection.
IN_FLIGHT = 100

#: FCM keeps a message four weeks at most.
LONGEST_TTL_S = 28 * 24 * 3600

#: Outcomes are told so many at a time, or so long after the first of them.
MOST_KNOWN = 50
KNOWN_S = 0.1

#: The code of an outcome that is ours: Google was not asked.
NOT_SENT = "NotSent"

#: How long somebody who is stopping waits for what has left.
STOPPING_S = 5.0

#: How long a connection may idle and still be used again.
IDLE_S = 60.0

#: A token this young that Google refuses is not fetched again: the account is at fault.
YOUNG_TOKEN_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """One message to one address.

    Without title and body it is data alone: nothing pops up, and the app decides what
    to do with it (withdrawing a notification that is already on the screen).
    """

    address_kind: Literal["fid", "token"]
    address: str
    title: str
    body: str
    data: Mapping[str, str]
    #: A later push with the same key replaces the earlier one on the phone.
    collapse_key: str
    #: How long Google may keep it for a phone that is off: the offer's remaining life.
    ttl_s: int
    #: Wakes a sleeping phone; for what cannot wait only.
    urgent: bool
    #: Where a tap leads.
    link: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a push.

    ``sent``: Google has it. ``gone``: nobody is at this address any more; forget it.
    ``refused``: we wrote a message FCM does not take; sending it again is no use.
    ``unauthorised``: our account may not send; nothing will go out until somebody acts.
    ``later``: try again, not before ``retry_after_s`` if Google named it. After a
    connection that died or a timeout Google may have it nonetheless.
    """

    kind: Literal["sent", "gone", "refused", "unauthorised", "later"]
    #: FCM's error code, else the status of the API, else the name of an exception.
    code: str
    message_id: str | None
    retry_after_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who signed in, according to Firebase Authentication."""

    uid: str
    email: str | None
    email_verified: bool
    name: str | None


class Client:
    """Firebase for one process. Connects at the first send; not to be used after a fork.

    Any number of threads may call it; their sends share the one connection. The first
    call raises UnsafeSettings where ``service_account`` would.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        answer_s: float = ANSWER_S,
        young_token_s: float = YOUNG_TOKEN_S,
    ) -> None:
        self._settings = settings
        self._answer_s = answer_s
        self._young_token_s = young_token_s
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self.closed = False
        self._app: Any = None
        self._service: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        #: Google would not send for our account when it was asked last.
        self._account_refused = False
        #: The line in use is the last; earlier ones still answer what is in flight on them.
        self._lines: list[_Line] = []

    def send(self, pushes: Sequence[Push], *, within_s: float | None = None) -> list[Outcome]:
        """Send every push; the outcomes are in the order of the pushes (``sending``)."""
        known = {
            index: outcome
            for some in self.sending(pushes, within_s=within_s)
            for index, outcome in some
        }
        return [known[index] for index in range(len(pushes))]

    def sending(
        self,
        pushes: Sequence[Push],
        *,
        within_s: float | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Generator[list[tuple[int, Outcome]], None, None]:
        """Send every push, and tell soon what became of which: (index, outcome) of some
        pushes at a time, ``MOST_KNOWN`` or what is known ``KNOWN_S`` after the first of them.

        After ``within_s``, or once ``stopping`` says so, no further push leaves: it is
        ``later``, with the code ``NOT_SENT``; nor does one after Google refused our account,
        which is ``unauthorised`` with that code. So it ends within ``within_s`` and the time
        of one answer; who is stopping waits ``STOPPING_S`` for answers, and counts on nothing
        beyond. Broken off, pushes that have not left stay here.
        """
        if not pushes:
            return
        known: queue.SimpleQueue[tuple[int, Outcome] | None] = queue.SimpleQueue()
        loop = self._running_loop()
        sending = asyncio.run_coroutine_threadsafe(
            self._send(pushes, known, within_s, stopping), loop
        )
        sending.add_done_callback(lambda _: known.put(None))
        unknown = set(range(len(pushes)))
        patience = _Patience(stopping)
        try:
            while (some := _gathered(known, patience)) is not None:
                unknown.difference_update(index for index, _ in some)
                yield some
            if not patience.over() or sending.done():
                # Whatever went wrong in there is told here.
                sending.result()
            elif unknown:
                yield [(index, _outcome("later", "TimeoutError")) for index in sorted(unknown)]
        finally:
            sending.cancel()

    def verify_id_token(self, token: str) -> Identity:
        """Whom a Firebase ID token speaks of.

        Raises errors.InvalidToken, and errors.Unavailable while Google's public keys
        cannot be fetched. With ``PUSH=local`` every token is invalid: no Google vouches
        for a project that exists on a laptop only.
        """
        if self._settings.push == "local":
            raise errors.InvalidToken()
        try:
            claims = auth.verify_id_token(token, app=self._opened())
        except auth.CertificateFetchError as unreachable:
            raise errors.Unavailable() from unreachable
        except (exceptions.FirebaseError, ValueError) as invalid:
            raise errors.InvalidToken() from invalid
        return Identity(
            uid=claims["uid"],
            email=claims.get("email"),
            email_verified=bool(claims.get("email_verified", False)),
            name=claims.get("name"),
        )

    def close(self) -> None:
        """End the connection and the thread. Closing twice is harmless."""
        with self._lock:
            self.closed = True
            if self._loop is not None and self._thread is not None:
                asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result()
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join()
                self._loop = None
            if self._app is not None:
                firebase_admin.delete_app(self._app)
                self._app = None

    def _opened(self) -> Any:
        """The app of firebase-admin, which is what it calls one account's settings."""
        with self._lock:
            if self.closed:
                raise RuntimeError("this client is closed")
            if self._app is None:
                self._app = firebase_admin.initialize_app(
                    credentials.Certificate(service_account(self._settings)),
                    {"httpTimeout": self._answer_s},
                    name=f"jobbing-{uuid.uuid4().hex}",
                )
            return self._app

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if os.getpid() != self._pid:
            raise RuntimeError("this client belongs to the process before the fork")
        with self._lock:
            self._opened()
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_run, args=(self._loop,), name="firebase", daemon=True
                )
                self._thread.start()
            return self._loop

    # --- in the background thread ------------------------------------------------------------

    async def _send(
        self,
        pushes: Sequence[Push],
        known: queue.SimpleQueue[tuple[int, Outcome] | None],
        within_s: float | None,
        stopping: Callable[[], bool],
    ) -> None:
        clock = asyncio.get_running_loop().time
        ends_at = float("inf") if within_s is None else clock() + within_s
        try:
            # Once and here, off the loop: not by each of the first hundred messages.
            await self._open_line().tokens.current()
        except google.auth.exceptions.GoogleAuthError as refusal:
            outcome = _of_refused_token(refusal)
            for index in range(len(pushes)):
                known.put((index, outcome))
            return
        remaining = iter(enumerate(pushes))

        async def send_next() -> bool:
            for index, push in remaining:
                if self._account_refused:
                    known.put((index, _outcome("unauthorised", NOT_SENT)))
                    continue
                if clock() >= ends_at or stopping():
                    known.put((index, _outcome("later", NOT_SENT)))
                    continue
                outcome = await self._send_one(push)
                # The certificate of one platform is another matter: the others go on.
                self._account_refused = (
                    outcome.kind == "unauthorised" and outcome.code != "THIRD_PARTY_AUTH_ERROR"
                )
                known.put((index, outcome))
                return True
            return False

        async def take_turns() -> None:
            while await send_next():
                pass

        if self._account_refused:
            # One asks whether that still holds, before a hundred do.
            self._account_refused = False
            await send_next()
        try:
            async with asyncio.TaskGroup() as turns:
                for _ in range(min(IN_FLIGHT, len(pushes))):
                    turns.create_task(take_turns())
        except asyncio.CancelledError:
            # Streams nobody waits for stay open on the connection, which bears only so many.
            self._replace(self._open_line())
            raise

    async def _send_one(self, push: Push) -> Outcome:
        line = self._open_line()
        try:
            return await self._ask(_message(push, now_s=time.time()))
        except ValueError as ours:
            return _outcome("refused", type(ours).__name__)
        except TimeoutError:
            # Its stream stays open likewise.
            self._replace(line)
            return _outcome("later", "TimeoutError")
        except _HungUp as hung_up:
            # Google closed it while nothing was owed, so nothing was read: say it once more.
            self._replace(hung_up.line)
            return await self._send_one(push)

    async def _ask(self, message: messaging.Message) -> Outcome:
        try:
            # One message a call, so that its outcome is known at once and an error of one
            # is not taken for an error of all.
            async with asyncio.timeout(self._answer_s):
                batch = await messaging.send_each_async([message], app=self._app)
        except exceptions.FirebaseError as failed:
            # Whatever its client raised that is not an answer, a refused token above all.
            return _of_error(failed)
        response = batch.responses[0]
        if response.success:
            return _outcome("sent", "", message_id=response.message_id)
        if isinstance(response.exception.cause, _HungUp):
            raise response.exception.cause
        return _of_error(response.exception)

    def _open_line(self) -> _Line:
        if not self._lines:
            # What firebase-admin keeps of an app, with its own client exchanged for ours.
            self._service = messaging._get_messaging_service(self._app)
            if self._settings.push == "local":
                self._service._fcm_url = (
                    f"{self._settings.push_url}/v1/projects/{self._app.project_id}/messages:send"
                )
            self._use(
                _Tokens(
                    self._app.credential.get_credential(),
                    answer_s=self._answer_s,
                    young_s=self._young_token_s,
                    ca=self._settings.push_ca,
                )
            )
        return self._lines[-1]

    def _use(self, tokens: _Tokens) -> None:
        line = _Line(tokens, answer_s=self._answer_s, ca=self._settings.push_ca)
        self._lines.append(line)
        self._service._async_client = line

    def _replace(self, line: _Line) -> None:
        if self._lines[-1] is line:
            self._use(line.tokens)
            # By then everything that is in flight on it has come to its end.
            asyncio.get_running_loop().call_later(
                self._answer_s + 1, lambda: asyncio.ensure_future(self._retire(line))
            )

    async def _retire(self, line: _Line) -> None:
        self._lines.remove(line)
        await line.aclose()

    async def _hang_up(self) -> None:
        unfinished = asyncio.all_tasks() - {asyncio.current_task()}
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        for line in self._lines:
            await line.aclose()
            line.tokens.close()
        await asyncio.get_running_loop().shutdown_default_executor()


class _Patience:
    """How long to wait for the next outcome: for ever, unless somebody is stopping."""

    #: How soon it is noticed that somebody is.
    _LOOK_S = 0.25

    def __init__(self, stopping: Callable[[], bool]) -> None:
        self._stopping = stopping
        self._ends_at: float | None = None

    def over(self) -> bool:
        """Whether to count on nothing more."""
        if self._ends_at is None and self._stopping():
            self._ends_at = time.monotonic() + STOPPING_S
        return self._ends_at is not None and time.monotonic() >= self._ends_at

    def next(
        self, known: queue.SimpleQueue[tuple[int, Outcome] | None]
    ) -> tuple[int, Outcome] | None:
        """The next outcome; None at the end of all, or of patience."""
        while not self.over():
            with contextlib.suppress(queue.Empty):
                return known.get(timeout=self._LOOK_S)
        return None


def _gathered(
    known: queue.SimpleQueue[tuple[int, Outcome] | None], patience: _Patience
) -> list[tuple[int, Outcome]] | None:
    """Some outcomes, soon after the first of them; None at the end."""
    first = patience.next(known)
    if first is None:
        return None
    some = [first]
    ends_at = time.monotonic() + KNOWN_S
    while len(some) < MOST_KNOWN:
        try:
            one = known.get(timeout=max(0.0, ends_at - time.monotonic()))
        except queue.Empty:
            break
        if one is None:
            known.put(None)
            break
        some.append(one)
    return some


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


class _Tokens:
    """Access tokens of one service account, fetched in a thread and by one at a time."""

    def __init__(
        self, credential: Any, *, answer_s: float, young_s: float, ca: os.PathLike[str] | None
    ) -> None:
        self._credential = credential
        self._young_s = young_s
        self._request = google.auth.transport.requests.Request()
        if ca is not None:
            # The environment's own bundle or proxy would win over this.
            self._request.session.trust_env = False
            self._request.session.verify = os.fspath(ca)
        self._answer_s = answer_s
        self._fetching = asyncio.Lock()
        self._tried_at = float("-inf")

    async def current(self) -> str:
        """A token that is valid now. Raises GoogleAuthError."""
        if self._is_due():
            async with self._fetching:
                if self._is_due():
                    await self._fetch()
        return str(self._credential.token)

    def _is_due(self) -> bool:
        # For its last minutes a token is stale and still good: whoever cannot fetch the
        # next one goes on with it, and does not ask again for every message.
        state = self._credential.token_state
        if state is TokenState.STALE:
            return not self._tried_lately()
        return state is TokenState.INVALID

    def _tried_lately(self) -> bool:
        return time.monotonic() - self._tried_at < self._young_s

    async def instead_of(self, refused: str) -> str | None:
        """Another token than the one Google just refused, or None if that is no use."""
        async with self._fetching:
            if self._credential.token == refused:
                if self._tried_lately():
                    return None
                await self._fetch()
        return str(self._credential.token)

    async def _fetch(self) -> None:
        self._tried_at = time.monotonic()
        fetch = functools.partial(self._request, timeout=self._answer_s)
        try:
            await asyncio.to_thread(self._credential.refresh, fetch)
        except google.auth.exceptions.GoogleAuthError:
            if self._credential.token_state is TokenState.INVALID:
                raise

    def close(self) -> None:
        self._request.session.close()


class _Line:
    """The connection to Google, in the place of firebase-admin's own HTTP client.

    Straight onto httpx's transport: cookies, redirects and the parsing of one and the same
    address cost a third of a message's time.
    """

    def __init__(self, tokens: _Tokens, *, answer_s: float, ca: os.PathLike[str] | None) -> None:
        self.tokens = tokens
        self._transport = httpx.AsyncHTTPTransport(
            http2=True,
            verify=_trust(ca),
            limits=httpx.Limits(keepalive_expiry=IDLE_S),
        )
        self._timeout = httpx.Timeout(SILENT_SHARE * answer_s).as_dict()
        self._address = functools.cache(httpx.URL)
        self._in_flight = 0
        #: It was idle, and nothing has been heard on it since: the other end may be gone.
        self._rested = False

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], json: Any
    ) -> httpx.Response:
        """What firebase-admin asks of its client: an answer, or an httpx.HTTPError. A token
        that Google refuses is exchanged once."""
        body = _json.dumps(json).encode()
        told = {**headers, "host": self._address(url).netloc.decode()}
        told |= {"content-type": "application/json", "content-length": str(len(body))}
        token = await self.tokens.current()
        response = await self._ask(method, url, told, token, body)
        # With a key of Apple's or the browser's that is wrong, our token is fine.
        refused = response.status_code == httpx.codes.UNAUTHORIZED
        if refused and b"THIRD_PARTY_AUTH_ERROR" not in response.content:
            other = await self.tokens.instead_of(token)
            if other is not None:
                response = await self._ask(method, url, told, other, body)
        return response.raise_for_status()

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], token: str, body: bytes
    ) -> httpx.Response:
        request = httpx.Request(
            method.upper(),
            self._address(url),
            headers={**headers, "authorization": f"Bearer {token}"},
            stream=httpx.ByteStream(body),
            extensions={"timeout": self._timeout},
        )
        self._in_flight += 1
        try:
            response = await self._transport.handle_async_request(request)
            await response.aread()
        except httpx.TransportError as cut:
            cut.request = request
            if self._rested and _says_closed(cut):
                raise _HungUp(self) from cut
            raise
        finally:
            self._in_flight -= 1
        response.request = request
        self._rested = self._in_flight == 0
        return response

    async def aclose(self) -> None:
        await self._transport.aclose()


class _HungUp(httpx.TransportError):
    """The other end had closed the connection before we wrote."""

    def __init__(self, line: _Line) -> None:
        super().__init__("closed while idle")
        self.line = line


def _says_closed(cut: httpx.TransportError) -> bool:
    """Whether the connection is gone, not silent, and not one message turned away on it."""
    why = cut.__cause__.args if cut.__cause__ is not None else ()
    turned_away = any(isinstance(event, h2.events.StreamReset) for event in why)
    return not turned_away and not isinstance(cut, httpx.TimeoutException)


def _trust(ca: os.PathLike[str] | None) -> ssl.SSLContext | bool:
    """Whom to believe: as httpx decides, or certifi's authorities and one more."""
    if ca is None:
        return True
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_verify_locations(cafile=ca)
    return context


# --- one client a process --------------------------------------------------------------------

_clients: dict[Settings, Client] = {}
_clients_lock = threading.Lock()


def client(settings: Settings) -> Client:
    """The warm client of this process; a forked process gets its own."""
    with _clients_lock:
        known = _clients.get(settings)
        if known is None or known.closed:
            known = _clients[settings] = Client(settings)
        return known


def _forget_clients() -> None:
    # A fork has no threads: neither their loop nor a lock one of them held works there.
    global _clients_lock
    _clients_lock = threading.Lock()
    _clients.clear()


os.register_at_fork(after_in_child=_forget_clients)


def service_account(settings: Settings) -> Mapping[str, Any]:
    """The service account, if it belongs to where we push.

    Raises UnsafeSettings with one line: a real account's signature must never reach a
    stand-in, nor a stand-in's account pass for a real one.
    """
    path = settings.firebase_credentials
    try:
        account = _json.loads(path.read_bytes()) if path is not None else None
    except OSError as unreadable:
        raise UnsafeSettings(f"FIREBASE_CREDENTIALS: {path}: {unreadable.strerror}.") from None
    except ValueError:
        account = None
    needed = ("project_id", "client_email", "private_key", "token_uri")
    if (
        not isinstance(account, dict)
        or account.get("type") != "service_account"
        or not all(isinstance(account.get(field), str) for field in needed)
    ):
        raise UnsafeSettings(f"FIREBASE_CREDENTIALS: {path} is no service-account file.")
    at_google = account["token_uri"] in GOOGLE_TOKEN_URLS
    if settings.push == "google" and not at_google:
        raise UnsafeSettings(
            "FIREBASE_CREDENTIALS: token_uri is not Google's: only PUSH=local may sign in"
            " elsewhere."
        )
    if settings.push == "local" and at_google:
        raise UnsafeSettings(
            "FIREBASE_CREDENTIALS is a real account: PUSH=local takes the stand-in's own."
        )
    return account


# --- a push as the three platforms spell it --------------------------------------------------


def _message(push: Push, *, now_s: float) -> messaging.Message:
    ttl_s = min(max(push.ttl_s, 0), LONGEST_TTL_S)
    silent = not push.title and not push.body
    data = {**push.data, "tag": push.collapse_key}
    if push.link is not None:
        data["link"] = push.link
    message = messaging.Message(
        data=data,
        notification=None if silent else messaging.Notification(push.title, push.body),
        android=messaging.AndroidConfig(
            collapse_key=push.collapse_key,
            priority="high" if push.urgent else "normal",
            ttl=timedelta(seconds=ttl_s),
            notification=None if silent else messaging.AndroidNotification(tag=push.collapse_key),
        ),
        apns=messaging.APNSConfig(
            headers={
                # Apple takes no high priority for what shows nothing.
                "apns-priority": "10" if push.urgent and not silent else "5",
                "apns-expiration": str(int(now_s) + ttl_s),
                "apns-collapse-id": _at_most_64_bytes(push.collapse_key),
            },
            payload=messaging.APNSPayload(
                messaging.Aps(content_available=True)
                if silent
                else messaging.Aps(sound="default" if push.urgent else None)
            ),
        ),
        webpush=messaging.WebpushConfig(
            headers={
                "TTL": str(ttl_s),
                "Urgency": "high" if push.urgent else "normal",
                "Topic": _topic(push.collapse_key),
            },
            notification=None if silent else messaging.WebpushNotification(tag=push.collapse_key),
            fcm_options=(
                messaging.WebpushFCMOptions(link=push.link)
                if push.link is not None and push.link.startswith("https://")
                else None
            ),
        ),
    )
    # Not by its constructor, which warns of "token" on every message: addresses of that
    # kind stay valid until their phones have moved on.
    setattr(message, push.address_kind, push.address)
    return message


def _at_most_64_bytes(key: str) -> str:
    return key if len(key.encode()) <= 64 else _digest(key)


def _topic(key: str) -> str:
    """A Web Push topic: at most 32 characters of base64url (RFC 8030, section 5.4)."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key) else _digest(key)


def _digest(key: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())[:32].decode()


# --- what an answer means --------------------------------------------------------------------


def _outcome(
    kind: Literal["sent", "gone", "refused", "unauthorised", "later"],
    code: str,
    *,
    message_id: str | None = None,
    retry_after_s: float | None = None,
) -> Outcome:
    return Outcome(kind=kind, code=code, message_id=message_id, retry_after_s=retry_after_s)


def _of_error(error: exceptions.FirebaseError) -> Outcome:
    response = error.http_response
    if response is None:
        cause = error.cause
        if isinstance(cause, google.auth.exceptions.GoogleAuthError):
            return _of_refused_token(cause)
        return _outcome("later", type(cause or error).__name__)
    fcm_code, bad_fields = _details(response)
    code = fcm_code or error.code
    match response.status_code:
        case 404 if fcm_code == "UNREGISTERED":
            return _outcome("gone", code)
        case 403 if fcm_code == "SENDER_ID_MISMATCH":
            return _outcome("gone", code)
        case 400 if _is_no_address(error, bad_fields):
            return _outcome("gone", code)
        case 408 | 429:
            return _outcome("later", code, retry_after_s=_retry_after_s(response))
        case status if 400 <= status < 500:
            # Somebody has to act, and Google's own sentence says on what.
            _log.error("firebase.refused", status=status, code=code, why=str(error)[:500])
            return _outcome("unauthorised" if status in (401, 403) else "refused", code)
        case _:
            return _outcome("later", code, retry_after_s=_retry_after_s(response))


def _of_refused_token(error: google.auth.exceptions.GoogleAuthError) -> Outcome:
    """No access token: Google refused our signature, or could not be reached."""
    _log.warning("firebase.no-token", why=str(error)[:500])
    if isinstance(error, google.auth.exceptions.RefreshError) and not error.retryable:
        told = next((arg for arg in error.args if isinstance(arg, Mapping)), {})
        return _outcome("unauthorised", str(told.get("error", type(error).__name__)))
    return _outcome("later", type(error).__name__)


def _is_no_address(error: exceptions.FirebaseError, bad_fields: Sequence[str]) -> bool:
    """Whether a 400 is about the address alone: somebody registered what is none."""
    if bad_fields:
        return all(field in ("message.token", "message.fid") for field in bad_fields)
    return "not a valid FCM registration token" in str(error)


def _details(response: Any) -> tuple[str | None, list[str]]:
    """FCM's own error code, and the fields it complains of."""
    code: str | None = None
    fields: list[str] = []
    for detail in _listed_details(response):
        kind = str(detail.get("@type", ""))
        if kind.endswith("google.firebase.fcm.v1.FcmError"):
            code = detail.get("errorCode")
        elif kind.endswith("google.rpc.BadRequest"):
            fields += [str(item.get("field")) for item in detail.get("fieldViolations", [])]
    return code, fields


def _listed_details(response: Any) -> Iterator[Mapping[str, Any]]:
    with contextlib.suppress(ValueError, AttributeError, TypeError, KeyError):
        for detail in response.json()["error"].get("details", []):
            if isinstance(detail, Mapping):
                yield detail


def _retry_after_s(response: Any) -> float | None:
    """Seconds, from either form of Retry-After (RFC 9110, section 10.2.3)."""
    told = str(response.headers.get("retry-after", "")).strip()
    if re.fullmatch(r"\d+(\.\d+)?", told):
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
