"""What each address of the stand-in does.

Hides: the order in which a message is judged (token, project, shape, fault, phone),
and the small interface by which a test or a person looks in and makes trouble.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote

from infra.local.push_standin import fcm, identity, page, phones, refusals, wire
from infra.local.push_standin.faults import Faults, Nonsense
from infra.local.push_standin.mailbox import Mailbox, Message, rfc3339
from infra.local.push_standin.tokens import Tokens

#: What can be declared of an address, with Google's answer to a message for it.
_STATES: dict[str, Callable[[], wire.Response] | None] = {
    "registered": None,
    "unregistered": refusals.unregistered,
    "mismatched": refusals.mismatched,
    "invalid": refusals.not_an_address,
}

MESSAGES_AT_ONCE = 10_000
PHONES_AT_ONCE = 60
#: How far back a phone's screen is computed; nobody scrolls further.
MESSAGES_A_PHONE = 100

_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class StandIn:
    """Google's end of every push, and the doors into it."""

    def __init__(
        self,
        *,
        account: identity.Account,
        token_life_s: int,
        keep: int,
        log: Callable[[str], None] | None,
    ) -> None:
        self._account = account
        self._tokens = Tokens(account, life_s=token_life_s)
        self._mailbox = Mailbox(limit=keep)
        self._faults = Faults()
        self._log = log
        self._states: dict[str, str] = {}
        self._statuses: Counter[str] = Counter()
        self._sends: Counter[int] = Counter()
        self._started_at = time.time()
        self.door = wire.Door(self.handle)
        self.page_door = wire.Door(self.handle_page)
        self._send_path = f"/v1/projects/{account.project}/messages:send"

    def handle(self, request: wire.Request) -> wire.Answer:
        """Whatever comes over TLS."""
        if request.path == self._send_path and request.method == "POST":
            return self._send(request)
        if request.path == "/token":
            return self._only("POST", request, lambda: self._tokens.grant(request.body))
        if request.path.startswith("/v1/projects/"):
            return self._elsewhere_at_google(request)
        return self._look(request)

    def handle_page(self, request: wire.Request) -> wire.Answer:
        """Whatever comes over the plain port, which is for eyes only."""
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host")
        if host not in _LOOPBACK_HOSTS:
            # Some other site's name that points at this machine: its scripts must not read.
            return _problem(HTTPStatus.MISDIRECTED_REQUEST, "ask for 127.0.0.1 or localhost")
        if request.method != "GET":
            return _problem(HTTPStatus.METHOD_NOT_ALLOWED, "this port is for looking: use https")
        return self._look(request)

    # --- as Google -------------------------------------------------------------------------

    def _send(self, request: wire.Request) -> wire.Answer:
        self._sends[request.connection] += 1
        trouble = self._tokens.trouble(request.headers.get("authorization", ""))
        if trouble is not None:
            return self._told(request, None, refusals.unauthenticated(trouble))
        try:
            accepted = fcm.accept(request.body)
        except fcm.Refused as refused:
            return self._told(request, None, refused.response)
        if accepted.validate_only:
            return _json({"name": f"projects/{self._account.project}/messages/fake_message_id"})
        effect = self._faults.draw(accepted.address)
        if isinstance(effect, float):
            return wire.Later(effect, lambda: self._receive(request, accepted))
        if isinstance(effect, wire.Cut):
            self._statuses[f"cut {effect.what}"] += 1
            return effect
        if effect is not None:
            return self._told(request, accepted, effect)
        return self._receive(request, accepted)

    def _receive(self, request: wire.Request, accepted: fcm.Accepted) -> wire.Response:
        refusal = _STATES[self._states.get(accepted.address, "registered")]
        if refusal is not None:
            return self._told(request, accepted, refusal())
        now = time.time()
        message_id = self._mailbox.next_id(project=self._account.project, received_at=now)
        self._mailbox.add(
            Message(
                sequence=self._mailbox.sequence + 1,
                message_id=message_id,
                address_kind=accepted.address_kind,
                address=accepted.address,
                received_at=now,
                body=request.body,
                http_version=request.http_version,
                connection=request.connection,
                headers=request.headers,
            )
        )
        answer = wire.Response(HTTPStatus.OK, b'{"name": "%s"}' % message_id.encode())
        return self._told(request, accepted, answer)

    def _told(
        self, request: wire.Request, accepted: fcm.Accepted | None, answer: wire.Response
    ) -> wire.Response:
        self._statuses[str(int(answer.status))] += 1
        if self._log is not None:
            who = f"{accepted.address_kind} {accepted.address[:40]}" if accepted else "-"
            self._log(f"{int(answer.status)} {who} (connection {request.connection})")
        return answer

    def _elsewhere_at_google(self, request: wire.Request) -> wire.Answer:
        project, _, rest = request.path.removeprefix("/v1/projects/").partition("/")
        if rest != "messages:send" or request.method != "POST":
            return refusals.error(
                HTTPStatus.NOT_FOUND, "NOT_FOUND", "Requested entity was not found.", []
            )
        trouble = self._tokens.trouble(request.headers.get("authorization", ""))
        if trouble is not None:
            return self._told(request, None, refusals.unauthenticated(trouble))
        return self._told(request, None, refusals.other_project(unquote(project)))

    # --- for a person or a test ------------------------------------------------------------

    def _look(self, request: wire.Request) -> wire.Answer:
        path, method = request.path, request.method
        if path.startswith("/addresses/"):
            return self._only("PUT", request, lambda: self._declare(request))
        routes: dict[tuple[str, str], Callable[[], wire.Answer]] = {
            ("/healthz", "GET"): lambda: _json({"status": "ok"}),
            ("/", "GET"): lambda: page.html(request.headers.get("accept-language", "")),
            ("/messages", "GET"): lambda: self._messages(request),
            ("/messages", "DELETE"): lambda: _json({"deleted": self._mailbox.clear()}),
            ("/phones", "GET"): lambda: self._phones(request),
            ("/stats", "GET"): lambda: _json(self._stats()),
            ("/faults", "GET"): lambda: _json(self._faults.told()),
            ("/faults", "PUT"): lambda: self._instruct(request),
            ("/faults", "DELETE"): self._clear_faults,
            ("/tokens", "DELETE"): lambda: _json({"revoked": self._tokens.revoke()}),
            ("/connections", "DELETE"): lambda: self._hang_up(request),
        }
        route = routes.get((path, method))
        if route is not None:
            return route()
        asset = page.asset(path)
        if asset is not None:
            return self._only("GET", request, lambda: asset)
        allowed = sorted(known_method for known, known_method in routes if known == path)
        if allowed:
            return _problem(HTTPStatus.METHOD_NOT_ALLOWED, f"use {' or '.join(allowed)}")
        return _problem(HTTPStatus.NOT_FOUND, f"nothing is at {path}")

    def _only(
        self, method: str, request: wire.Request, then: Callable[[], wire.Answer]
    ) -> wire.Answer:
        if request.method == method:
            return then()
        return _problem(HTTPStatus.METHOD_NOT_ALLOWED, f"use {method}")

    def _declare(self, request: wire.Request) -> wire.Response:
        address = unquote(request.path.removeprefix("/addresses/"))
        try:
            told = json.loads(request.body)
        except ValueError:
            told = None
        state = told.get("state") if isinstance(told, dict) else None
        if not address or state not in _STATES:
            return _problem(HTTPStatus.BAD_REQUEST, f"give a state: {', '.join(_STATES)}")
        if state == "registered":
            self._states.pop(address, None)
        else:
            self._states[address] = state
        return _json({"address": address, "state": state})

    def _instruct(self, request: wire.Request) -> wire.Response:
        try:
            self._faults.instruct(request.body)
        except Nonsense as nonsense:
            return _problem(HTTPStatus.BAD_REQUEST, str(nonsense))
        return _json(self._faults.told())

    def _clear_faults(self) -> wire.Response:
        self._faults.clear()
        return _json(self._faults.told())

    def _hang_up(self, request: wire.Request) -> wire.Response:
        politely = parse_qs(request.query).get("abruptly") is None
        return _json({"ended": self.door.close(politely=politely, but=request.connection)})

    def _messages(self, request: wire.Request) -> wire.Response:
        asked = _Query(request.query)
        try:
            found, more = self._mailbox.messages(
                address=asked.text("address"),
                since=asked.instant("since"),
                after=asked.whole("after"),
                limit=min(asked.whole("limit") or MESSAGES_AT_ONCE, MESSAGES_AT_ONCE),
            )
        except ValueError as wrong:
            return _problem(HTTPStatus.BAD_REQUEST, str(wrong))
        next_after = str(found[-1].sequence).encode() if more else b"null"
        listed = b",\n".join(message.as_json() for message in found)
        return wire.Response(
            HTTPStatus.OK, b'{"messages": [' + listed + b'], "next_after": ' + next_after + b"}"
        )

    def _phones(self, request: wire.Request) -> wire.Response:
        wanted = (_Query(request.query).text("q") or "").casefold()
        now = time.time()
        listed: list[dict[str, Any]] = []
        matching = 0
        for address, messages in self._mailbox.newest_first():
            newest = messages[-1]
            if wanted not in address.casefold() or newest.address_kind not in ("fid", "token"):
                continue
            matching += 1
            if len(listed) < PHONES_AT_ONCE:
                recent = list(messages)[-MESSAGES_A_PHONE:]
                listed.append(
                    {
                        "address": {"kind": newest.address_kind, "value": address},
                        "received": len(messages),
                        "last_at": rfc3339(newest.received_at),
                        "notifications": [
                            {
                                **asdict(note),
                                "received_at": rfc3339(note.received_at),
                                "expires_at": rfc3339(note.expires_at),
                            }
                            for note in phones.shown(recent, now=now)
                        ],
                    }
                )
        return _json(
            {
                "now": rfc3339(now),
                "phones": listed,
                "matching": matching,
                "all": self._mailbox.addresses,
                "messages": self._statuses["200"],
                "faults": self._faults.told(),
            }
        )

    def _stats(self) -> dict[str, Any]:
        return {
            "started_at": rfc3339(self._started_at),
            "messages": self._statuses["200"],
            "kept": len(self._mailbox),
            "phones": self._mailbox.addresses,
            "by_status": dict(sorted(self._statuses.items())),
            "tokens_issued": self._tokens.issued,
            "connections": {
                "seen": self.door.seen,
                "open": len(self.door.open),
                "sends": {str(number): sends for number, sends in self._sends.items()},
            },
            "faults_drawn": self._faults.drawn,
        }


class _Query:
    """The parameters of a query string; each reader raises ValueError with a sentence."""

    def __init__(self, query: str) -> None:
        self._values = parse_qs(query)

    def text(self, name: str) -> str | None:
        values = self._values.get(name)
        return values[-1] if values else None

    def whole(self, name: str) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        if not text.isdecimal():
            raise ValueError(f"{name}: give a whole number")
        return int(text)

    def instant(self, name: str) -> float | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            # A "+" that nobody escaped arrives as a blank.
            instant = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            raise ValueError(f"{name}: give an RFC 3339 instant") from None
        if instant.tzinfo is None:
            raise ValueError(f"{name}: say which time zone, for example with Z")
        return instant.timestamp()


def _json(value: Any) -> wire.Response:
    return wire.Response(HTTPStatus.OK, json.dumps(value).encode())


def _problem(status: HTTPStatus, message: str) -> wire.Response:
    body = {"error": {"code": status.value, "message": message}}
    return wire.Response(status, json.dumps(body).encode())
