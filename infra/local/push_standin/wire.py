"""HTTP/2 and HTTP/1.1 over TLS, as bytes on asyncio connections.

Hides: ALPN, frames, flow control, streams that die, connections that end. What is
above sees one request at a time and gives back what should happen to it. Written
on h2 itself because an ASGI server can neither reset one stream on purpose nor say
on which connection a request came, and takes three times the processor.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, Protocol

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings
import h11

#: What Google's front end allows at once on one connection.
STREAMS_AT_ONCE = 100

#: Larger requests are refused: a push has 4 KiB, an instruction to us hardly more.
REQUEST_LIMIT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One whole request. Header names are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    http_version: Literal["1.1", "2"]
    #: Connections are numbered from 1 in the order in which they came.
    connection: int


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json; charset=UTF-8"),)


@dataclass(frozen=True, slots=True)
class Later:
    """Ask ``then`` for the answer after ``seconds``, unless the caller left meanwhile."""

    seconds: float
    then: Callable[[], Response | Cut]


@dataclass(frozen=True, slots=True)
class Cut:
    """No answer: the stream, or the whole connection, dies."""

    what: Literal["stream", "connection"]


Answer = Response | Later | Cut
Handler = Callable[[Request], Answer]

# Validation is left out because the peer under test is a real client, and the
# checks would cost a third of the throughput.
_HTTP2_CONFIGURATION = h2.config.H2Configuration(
    client_side=False,
    header_encoding=None,
    validate_inbound_headers=False,
    validate_outbound_headers=False,
    normalize_inbound_headers=False,
    normalize_outbound_headers=False,
)


class _Speaker(Protocol):
    """One end of a connection in one version of HTTP."""

    def receive(self, data: bytes) -> None: ...
    def say_goodbye(self) -> None: ...


@dataclass
class Door:
    """Every connection that came through one listening socket, or several."""

    handle: Handler
    seen: int = 0
    open: set[Connection] = field(default_factory=set)

    def connection(self) -> Connection:
        """What asyncio calls for each connection it accepts."""
        return Connection(self)

    def close(self, *, politely: bool, but: int | None = None) -> int:
        """End every connection but one; politely means a GOAWAY first. How many there were."""
        ended = [connection for connection in self.open if connection.number != but]
        for connection in ended:
            connection.end(politely=politely)
        return len(ended)


class Connection(asyncio.Protocol):
    """One connection, from its handshake to its end."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.number = 0
        self._transport: asyncio.Transport | None = None
        self._speaker: _Speaker | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._door.seen += 1
        self.number = self._door.seen
        self._door.open.add(self)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() == "h2":
            self._speaker = _Http2(transport, self._door.handle, self.number)
        else:
            self._speaker = _Http11(transport, self._door.handle, self.number)

    def data_received(self, data: bytes) -> None:
        if self._speaker is not None:
            self._speaker.receive(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.open.discard(self)
        self._speaker = None

    def end(self, *, politely: bool) -> None:
        if self._transport is None or self._speaker is None:
            return
        if not politely:
            self._speaker = None
            self._transport.abort()
        elif not self._transport.is_closing():
            self._speaker.say_goodbye()
            self._transport.close()


@functools.lru_cache(maxsize=512)
def _decoded(raw: tuple[tuple[bytes, bytes], ...]) -> tuple[str, str, str, Mapping[str, str]]:
    """Method, path, query and headers of a header block.

    Cached because a load of pushes repeats the same block thousands of times, and
    because the mailbox then keeps one mapping instead of one a message.
    """
    method, target = "GET", "/"
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        if name == ":method":
            method = value
        elif name == ":path":
            target = value
        elif name == ":authority":
            headers["host"] = value
        elif not name.startswith(":"):
            headers[name] = value
    path, _, query = target.partition("?")
    return method, path, query, headers


class _Http2:
    """The streams of one HTTP/2 connection."""

    def __init__(self, transport: asyncio.Transport, handle: Handler, number: int) -> None:
        self._transport = transport
        self._handle = handle
        self._number = number
        self._state = h2.connection.H2Connection(config=_HTTP2_CONFIGURATION)
        self._state.local_settings[h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS] = (
            STREAMS_AT_ONCE
        )
        self._state.initiate_connection()
        self._state.increment_flow_control_window(2**24)
        self._headers: dict[int, tuple[tuple[bytes, bytes], ...]] = {}
        self._bodies: dict[int, bytearray] = {}
        #: Streams that were answered "later" and whose caller is still there.
        self._waiting: set[int] = set()
        #: What flow control has not let out yet.
        self._unsent: dict[int, bytes] = {}
        self._flush()

    def receive(self, data: bytes) -> None:
        try:
            events = self._state.receive_data(data)
        except h2.exceptions.ProtocolError:
            self._flush()
            self._transport.close()
            return
        for event in events:
            self._on(event)
        self._flush()

    def _on(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.DataReceived):
            stream_id = event.stream_id
            body = self._bodies.get(stream_id)
            if body is not None:
                body += event.data or b""
                if len(body) > REQUEST_LIMIT_BYTES:
                    del self._bodies[stream_id]
                    self._answer(stream_id, Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
            if event.flow_controlled_length:
                self._state.acknowledge_received_data(event.flow_controlled_length, stream_id)
        elif isinstance(event, h2.events.RequestReceived):
            self._headers[event.stream_id] = tuple(event.headers or ())
            self._bodies[event.stream_id] = bytearray()
        elif isinstance(event, h2.events.StreamEnded):
            raw = self._headers.pop(event.stream_id, None)
            body = self._bodies.pop(event.stream_id, None)
            if raw is not None and body is not None:
                method, path, query, headers = _decoded(raw)
                request = Request(method, path, query, headers, bytes(body), "2", self._number)
                self._answer(event.stream_id, self._handle(request))
        elif isinstance(event, h2.events.WindowUpdated):
            for stream_id in [event.stream_id] if event.stream_id else list(self._unsent):
                self._send(stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self._forget(event.stream_id)

    def _answer(self, stream_id: int, answer: Answer) -> None:
        if isinstance(answer, Later):
            self._waiting.add(stream_id)
            asyncio.get_running_loop().call_later(
                answer.seconds, self._answer_late, stream_id, answer.then
            )
        elif isinstance(answer, Cut):
            if answer.what == "connection":
                self._transport.abort()
            else:
                self._state.reset_stream(stream_id, h2.errors.ErrorCodes.INTERNAL_ERROR)
        else:
            head = [(b":status", b"%d" % answer.status)]
            head += [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
            head.append((b"content-length", b"%d" % len(answer.body)))
            self._state.send_headers(stream_id, head, end_stream=not answer.body)
            if answer.body:
                self._unsent[stream_id] = answer.body
                self._send(stream_id)

    def _answer_late(self, stream_id: int, then: Callable[[], Response | Cut]) -> None:
        if stream_id not in self._waiting or self._transport.is_closing():
            return
        self._waiting.discard(stream_id)
        self._answer(stream_id, then())
        self._flush()

    def _send(self, stream_id: int) -> None:
        rest = self._unsent.get(stream_id)
        if rest is None:
            return
        try:
            while rest:
                room = min(
                    self._state.local_flow_control_window(stream_id),
                    self._state.max_outbound_frame_size,
                )
                if room <= 0:
                    self._unsent[stream_id] = rest
                    return
                piece, rest = rest[:room], rest[room:]
                self._state.send_data(stream_id, piece, end_stream=not rest)
        except h2.exceptions.ProtocolError:
            # The caller reset the stream between our answer and its last piece.
            pass
        self._unsent.pop(stream_id, None)

    def _forget(self, stream_id: int) -> None:
        self._waiting.discard(stream_id)
        self._unsent.pop(stream_id, None)
        self._headers.pop(stream_id, None)
        self._bodies.pop(stream_id, None)

    def say_goodbye(self) -> None:
        self._state.close_connection()
        self._flush()

    def _flush(self) -> None:
        data = self._state.data_to_send()
        if data and not self._transport.is_closing():
            self._transport.write(data)


class _Http11:
    """One HTTP/1.1 connection: curl, a browser, or the client's fetch of a token."""

    def __init__(self, transport: asyncio.Transport, handle: Handler, number: int) -> None:
        self._transport = transport
        self._handle = handle
        self._number = number
        self._state = h11.Connection(h11.SERVER)
        self._request: h11.Request | None = None
        self._body = bytearray()

    def receive(self, data: bytes) -> None:
        try:
            self._state.receive_data(data)
            self._read()
        except h11.RemoteProtocolError as error:
            if self._state.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                self._write(Response(error.error_status_hint))
            self._transport.close()

    def _read(self) -> None:
        while True:
            event = self._state.next_event()
            if isinstance(event, h11.Request):
                self._request = event
                self._body = bytearray()
                if self._state.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    self._transport.write(self._state.send(go_on) or b"")
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > REQUEST_LIMIT_BYTES:
                    self._write(Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
                    self._transport.close()
                    return
            elif isinstance(event, h11.EndOfMessage):
                self._answer(self._handle(self._whole()))
            else:
                # Paused, out of data, or closed: the rest comes with the next bytes.
                return

    def _whole(self) -> Request:
        assert self._request is not None
        pseudo = ((b":method", self._request.method), (b":path", self._request.target))
        method, path, query, headers = _decoded(pseudo + tuple(self._request.headers))
        return Request(method, path, query, headers, bytes(self._body), "1.1", self._number)

    def _answer(self, answer: Answer) -> None:
        if isinstance(answer, Later):
            asyncio.get_running_loop().call_later(answer.seconds, self._answer_late, answer.then)
        elif isinstance(answer, Cut):
            self._transport.abort()
        else:
            self._write(answer)
            if self._state.our_state is h11.MUST_CLOSE:
                self._transport.close()
            else:
                self._state.start_next_cycle()

    def _answer_late(self, then: Callable[[], Response | Cut]) -> None:
        if self._transport.is_closing():
            return
        self._answer(then())
        if not self._transport.is_closing():
            self._read()

    def _write(self, response: Response) -> None:
        headers: list[tuple[str, str]] = [
            *response.headers,
            ("content-length", str(len(response.body))),
        ]
        head = h11.Response(status_code=response.status, headers=_as_bytes(headers))
        out: list[Any] = [self._state.send(head)]
        if self._request is None or self._request.method != b"HEAD":
            out.append(self._state.send(h11.Data(data=response.body)))
        out.append(self._state.send(h11.EndOfMessage()))
        self._transport.write(b"".join(piece for piece in out if piece))

    def say_goodbye(self) -> None:
        """HTTP/1.1 has no goodbye: the end of the connection is one."""


def _as_bytes(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers]
