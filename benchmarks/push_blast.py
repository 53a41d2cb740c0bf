"""What the stand-in for Google can take: one message over and over, as fast as HTTP/2 goes.

``python -m benchmarks.push_blast COUNT``. A measurement of pushes says nothing once the
stand-in is the slowest part of it.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import sys
import time
from urllib.parse import urlsplit

import google.auth.transport.requests
import h2.config
import h2.connection
import h2.events
from firebase_admin import _messaging_encoder, credentials

from benchmarks import pushes
from jobbing_api import firebase

#: As many streams as Google allows on a connection.
_IN_FLIGHT = 100


def _token(account: str) -> tuple[str, str]:
    certificate = credentials.Certificate(account)
    signed = certificate.get_credential()
    signed.refresh(google.auth.transport.requests.Request())
    return str(signed.token), str(certificate.project_id)


def blast(count: int) -> None:
    """Send one push ``count`` times, a hundred at once."""
    url = urlsplit(os.environ["PUSH_URL"])
    token, project = _token(os.environ["FIREBASE_CREDENTIALS"])
    message = firebase._message(pushes.push(1), now_s=time.time())
    body = json.dumps({"message": _messaging_encoder.MessageEncoder().default(message)}).encode()
    headers = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", url.netloc),
        (":path", f"/v1/projects/{project}/messages:send"),
        ("authorization", f"Bearer {token}"),
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
    ]
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    context.set_alpn_protocols(["h2"])
    assert url.hostname is not None
    with (
        socket.create_connection((url.hostname, url.port or 443)) as plain,
        context.wrap_socket(plain, server_hostname=url.hostname) as line,
    ):
        talk = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        talk.initiate_connection()
        line.sendall(talk.data_to_send())
        begun = ended = 0
        while ended < count:
            while begun < count and begun - ended < _IN_FLIGHT:
                if talk.outbound_flow_control_window < len(body):
                    break
                stream = talk.get_next_available_stream_id()
                talk.send_headers(stream, headers)
                talk.send_data(stream, body, end_stream=True)
                begun += 1
            line.sendall(talk.data_to_send())
            for event in talk.receive_data(line.recv(65536)):
                if isinstance(event, h2.events.StreamEnded):
                    ended += 1
                elif isinstance(event, h2.events.DataReceived):
                    talk.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            line.sendall(talk.data_to_send())


if __name__ == "__main__":
    blast(int(sys.argv[1]))
