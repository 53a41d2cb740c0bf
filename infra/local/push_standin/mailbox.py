"""Every message that reached a phone, newest last, within bounded memory.

Hides: the ring that forgets the oldest, the index by phone, and how a message is
written as JSON. The payload stays the bytes that arrived: nothing can be lost in a
translation, and keeping it costs nothing while a load runs.
"""

from __future__ import annotations

import itertools
import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One message as its phone would have received it."""

    #: Counts from 1 and never goes back, not even when the mailbox is emptied.
    sequence: int
    message_id: str
    address_kind: str
    address: str
    #: Seconds since 1970.
    received_at: float
    #: The body of the request, byte for byte.
    body: bytes
    http_version: str
    connection: int
    headers: Mapping[str, str]

    def content(self) -> dict[str, Any]:
        """The message as its sender wrote it."""
        content: dict[str, Any] = json.loads(self.body)["message"]
        return content

    def as_json(self) -> bytes:
        headers = {name: text for name, text in self.headers.items() if name != "authorization"}
        head = {
            "sequence": self.sequence,
            "id": self.message_id,
            "address": {"kind": self.address_kind, "value": self.address},
            "received_at": rfc3339(self.received_at),
            "http_version": self.http_version,
            "connection": self.connection,
            "headers": headers,
        }
        # The body was parsed before it was accepted, so it is JSON already.
        return json.dumps(head).encode()[:-1] + b', "payload": ' + self.body + b"}"


class Mailbox:
    """The last ``limit`` messages."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._all: deque[Message] = deque()
        #: By address, the address that heard last at the end.
        self._by_address: dict[str, deque[Message]] = {}
        self.sequence = 0

    def __len__(self) -> int:
        return len(self._all)

    def next_id(self, *, project: str, received_at: float) -> str:
        """A name for the message about to be added, shaped like Google's."""
        number = self.sequence + 1
        return f"projects/{project}/messages/0:{int(received_at * 1e6)}%{number:016x}"

    def add(self, message: Message) -> None:
        self.sequence = message.sequence
        self._all.append(message)
        own = self._by_address.pop(message.address, None)
        if own is None:
            own = deque()
        own.append(message)
        self._by_address[message.address] = own
        if len(self._all) > self._limit:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        # The oldest of all is also the oldest of its own phone.
        oldest = self._all.popleft()
        own = self._by_address[oldest.address]
        own.popleft()
        if not own:
            del self._by_address[oldest.address]

    def clear(self) -> int:
        """Empty it; how many messages there were."""
        cleared = len(self._all)
        self._all.clear()
        self._by_address.clear()
        return cleared

    def messages(
        self,
        *,
        address: str | None = None,
        since: float | None = None,
        after: int | None = None,
        limit: int,
    ) -> tuple[list[Message], bool]:
        """At most ``limit`` messages, oldest first, and whether there are more.

        ``since`` is an instant (inclusive), ``after`` a sequence (exclusive).
        """
        source = self._all if address is None else self._by_address.get(address, deque())
        if since is not None or after is not None:
            # What is asked for is usually the newest part: walk back from the end.
            recent: deque[Message] = deque()
            for message in reversed(source):
                if since is not None and message.received_at < since:
                    break
                if after is not None and message.sequence <= after:
                    break
                recent.appendleft(message)
            source = recent
        found = list(itertools.islice(source, limit + 1))
        return found[:limit], len(found) > limit

    @property
    def addresses(self) -> int:
        """How many phones heard anything."""
        return len(self._by_address)

    def newest_first(self) -> Iterator[tuple[str, deque[Message]]]:
        """Phones with their messages, whoever heard last first."""
        for address in reversed(self._by_address):
            yield address, self._by_address[address]


def rfc3339(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="microseconds")[:-6] + "Z"
