"""The real firebase-admin against the stand-in, over TLS and HTTP/2 on the loopback."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from jobbing_api import errors, firebase
from jobbing_api.settings import Settings, UnsafeSettings, from_environment

# Nothing but the loopback: whatever firebase-admin would ask of Google fails a test.
pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

ROOT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class StandIn:
    """A running stand-in and the doors into it."""

    directory: Path
    url: str
    process: subprocess.Popen[str]
    http: httpx.Client

    def settings(self, **changes: str) -> Settings:
        return from_environment(
            {
                "JOBBING_ENV": "development",
                "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
                "REDIS_URL": "redis://127.0.0.1:9/0",
                "SECRET_KEY": "development-secret-of-the-test-run-only",
                "PUSH": "local",
                "PUSH_URL": self.url,
                "PUSH_CA": str(self.directory / "ca.pem"),
                "FIREBASE_CREDENTIALS": str(self.directory / "service-account.json"),
                **changes,
            }
        )

    def account(self) -> dict[str, Any]:
        account: dict[str, Any] = json.loads((self.directory / "service-account.json").read_text())
        return account

    def stats(self) -> dict[str, Any]:
        stats: dict[str, Any] = self.http.get("/stats").json()
        return stats

    def messages(self, address: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]]
        found = self.http.get("/messages", params={"address": address}).json()["messages"]
        return found

    def declare(self, address: str, state: str) -> None:
        self.http.put(f"/addresses/{address}", json={"state": state}).raise_for_status()

    @contextmanager
    def trouble(self, **faults: Any) -> Iterator[None]:
        self.http.put("/faults", json=faults).raise_for_status()
        try:
            yield
        finally:
            self.http.delete("/faults").raise_for_status()


@contextmanager
def running(directory: Path, *options: str) -> Iterator[StandIn]:
    command = [sys.executable, "-m", "infra.local.push_standin", "--quiet"]
    command += ["--directory", str(directory), "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            url = re.findall(r"https://127\.0\.0\.1:\d+", said)[0]
            trust = ssl.create_default_context(cafile=directory / "ca.pem")
            with httpx.Client(base_url=url, verify=trust, trust_env=False) as http:
                yield StandIn(directory, url, process, http)
        finally:
            process.terminate()
            process.wait(timeout=5)


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running(tmp_path_factory.mktemp("push")) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def client(stand_in: StandIn) -> Iterator[firebase.Client]:
    """One client for the tests that ask nothing of its connection, whatever others revoke."""
    client = firebase.Client(stand_in.settings(), young_token_s=0)
    yield client
    client.close()


@pytest.fixture
def fresh_client(stand_in: StandIn) -> Iterator[firebase.Client]:
    """A client that has not connected yet."""
    client = firebase.Client(stand_in.settings())
    yield client
    client.close()


def some_push(**changes: Any) -> firebase.Push:
    push = firebase.Push(
        address_kind="fid",
        address=f"phone-{uuid.uuid4().hex}",
        title="Nouvelle demande",
        body="Une gouttière à nettoyer, demain.",
        data={"kind": "offer", "offer_id": "0192f0c1-2222-7333-8444-555566667777"},
        collapse_key="offer-0192f0c1-2222-7333-8444-555566667777",
        ttl_s=240,
        urgent=True,
        link="https://jobs.example.org/offers/1",
    )
    return dataclasses.replace(push, **changes)


def sends_by_connection(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[int]:
    """How many messages:send went over each connection between two looks at the stats."""
    earlier = before["connections"]["sends"]
    later = after["connections"]["sends"]
    return [
        sends - earlier.get(number, 0) for number, sends in later.items() if number not in earlier
    ]


# --- what leaves -----------------------------------------------------------------------------


def test_a_push_reaches_its_phone_as_google_documents_it(
    stand_in: StandIn, client: firebase.Client
) -> None:
    push = some_push()
    started_at = int(time.time())

    [outcome] = client.send([push])

    [message] = stand_in.messages(push.address)
    assert outcome == firebase.Outcome(
        kind="sent", code="", message_id=message["id"], retry_after_s=None
    )
    assert re.fullmatch(r"projects/jobbing-local/messages/\S+", message["id"])
    assert message["http_version"] == "2"
    assert message["headers"]["content-type"] == "application/json"
    assert "authorization" not in message["headers"]
    content = message["payload"]["message"]
    expires_at = int(content["apns"]["headers"].pop("apns-expiration"))
    assert started_at + 240 <= expires_at <= started_at + 250
    # The key is longer than the 32 characters a topic may have: it is its digest instead.
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", content["webpush"]["headers"].pop("Topic"))
    assert message["payload"] == {
        "message": {
            "fid": push.address,
            "notification": {"title": push.title, "body": push.body},
            "data": {
                "kind": "offer",
                "offer_id": "0192f0c1-2222-7333-8444-555566667777",
                "tag": push.collapse_key,
                "link": "https://jobs.example.org/offers/1",
            },
            "android": {
                "collapse_key": push.collapse_key,
                "priority": "high",
                "ttl": "240s",
                "notification": {"tag": push.collapse_key},
            },
            "apns": {
                "headers": {"apns-priority": "10", "apns-collapse-id": push.collapse_key},
                "payload": {"aps": {"sound": "default"}},
            },
            "webpush": {
                "headers": {"TTL": "240", "Urgency": "high"},
                "notification": {"tag": push.collapse_key},
                "fcm_options": {"link": "https://jobs.example.org/offers/1"},
            },
        }
    }


def test_a_registration_token_is_sent_as_one(stand_in: StandIn, client: firebase.Client) -> None:
    push = some_push(address_kind="token", address=f"{uuid.uuid4().hex}:APA91b-x_y")
    assert client.send([push])[0].kind == "sent"
    [message] = stand_in.messages(push.address)
    assert message["address"] == {"kind": "token", "value": push.address}


def test_what_can_wait_wakes_no_phone(stand_in: StandIn, client: firebase.Client) -> None:
    push = some_push(urgent=False, link="http://127.0.0.1:8000/offers/1", collapse_key="o-1")
    client.send([push])
    content = stand_in.messages(push.address)[0]["payload"]["message"]
    assert content["android"]["priority"] == "normal"
    assert content["apns"]["headers"]["apns-priority"] == "5"
    assert "payload" not in content["apns"]
    # Browsers take a link over https alone; the app itself finds any in the data.
    assert content["webpush"] == {
        "headers": {"TTL": "240", "Urgency": "normal", "Topic": "o-1"},
        "notification": {"tag": "o-1"},
    }
    assert content["data"]["link"] == "http://127.0.0.1:8000/offers/1"


def test_a_push_without_words_is_data_alone(stand_in: StandIn, client: firebase.Client) -> None:
    push = some_push(title="", body="", data={"kind": "offer-withdrawn"})
    assert client.send([push])[0].kind == "sent"
    content = stand_in.messages(push.address)[0]["payload"]["message"]
    assert "notification" not in json.dumps(content)
    assert content["android"]["collapse_key"] == push.collapse_key
    assert content["apns"]["payload"] == {"aps": {"content-available": 1}}
    assert content["apns"]["headers"]["apns-priority"] == "5"


def test_a_long_collapse_key_fits_every_platform(
    stand_in: StandIn, client: firebase.Client
) -> None:
    pushes = [some_push(collapse_key=f"offer/{'é' * 60}/{number}") for number in range(2)]
    assert [outcome.kind for outcome in client.send(pushes)] == ["sent", "sent"]
    ids = set()
    for push in pushes:
        content = stand_in.messages(push.address)[0]["payload"]["message"]
        ids |= {content["apns"]["headers"]["apns-collapse-id"]}
        ids |= {content["webpush"]["headers"]["Topic"]}
    assert len(ids) == 2, "one short form a key, on both platforms"


def test_a_push_outlives_nothing(stand_in: StandIn, client: firebase.Client) -> None:
    overdue, endless = some_push(ttl_s=-5), some_push(ttl_s=10**9)
    assert [outcome.kind for outcome in client.send([overdue, endless])] == ["sent", "sent"]
    ttls = [
        stand_in.messages(push.address)[0]["payload"]["message"]["android"]["ttl"]
        for push in (overdue, endless)
    ]
    assert ttls == ["0s", "2419200s"]


# --- what comes back -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("unregistered", "UNREGISTERED"),
        ("mismatched", "SENDER_ID_MISMATCH"),
        ("invalid", "INVALID_ARGUMENT"),
    ],
)
def test_an_address_without_a_phone_is_gone(
    stand_in: StandIn, client: firebase.Client, state: str, code: str
) -> None:
    push, other = some_push(), some_push()
    stand_in.declare(push.address, state)
    gone, sent = client.send([push, other])
    assert gone == firebase.Outcome(kind="gone", code=code, message_id=None, retry_after_s=None)
    assert sent.kind == "sent"


@pytest.mark.parametrize(
    ("faults", "kind", "code", "retry_after_s"),
    [
        ({"429": {"share": 1, "retry_after_s": 7}}, "later", "QUOTA_EXCEEDED", 7.0),
        ({"429": 1}, "later", "QUOTA_EXCEEDED", None),
        ({"500": 1}, "later", "INTERNAL", None),
        ({"503": {"share": 1, "retry_after_s": 2.5}}, "later", "UNAVAILABLE", 2.5),
        ({"503": 1}, "later", "UNAVAILABLE", None),
        ({"reset": 1}, "later", "RemoteProtocolError", None),
        ({"401": 1}, "unauthorised", "THIRD_PARTY_AUTH_ERROR", None),
    ],
)
def test_trouble_is_told_at_once_and_sent_once(
    stand_in: StandIn,
    client: firebase.Client,
    faults: Mapping[str, Any],
    kind: str,
    code: str,
    retry_after_s: float | None,
) -> None:
    client.send([some_push()])
    push, before = some_push(), stand_in.stats()
    with stand_in.trouble(**faults):
        [outcome] = client.send([push])
    assert (outcome.kind, outcome.code, outcome.retry_after_s) == (kind, code, retry_after_s)
    after = stand_in.stats()
    asked = sum(after["by_status"].values()) - sum(before["by_status"].values())
    assert asked == 1, "firebase-admin must not send again by itself"
    assert after["tokens_issued"] == before["tokens_issued"]
    assert stand_in.messages(push.address) == []
    assert client.send([push])[0].kind == "sent"


def test_retry_after_may_be_a_date() -> None:
    def told(value: str) -> float | None:
        return firebase._retry_after_s(httpx.Response(503, headers={"retry-after": value}))

    soon = told(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    assert soon is not None
    assert 85 < soon <= 90
    assert told(format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)) == 0
    assert told("soon") is None
    assert told("-3") is None


def test_a_message_fcm_does_not_take_is_refused_alone(
    stand_in: StandIn, client: firebase.Client
) -> None:
    too_big = some_push(data={"note": "x" * 4096})
    reserved = some_push(data={"from": "me"})
    not_text = some_push(data={"count": 3})
    fine = some_push()
    outcomes = client.send([too_big, reserved, not_text, fine])
    assert [(outcome.kind, outcome.code) for outcome in outcomes] == [
        ("refused", "INVALID_ARGUMENT"),
        ("refused", "INVALID_ARGUMENT"),
        ("refused", "ValueError"),
        ("sent", ""),
    ]


def test_another_key_is_unauthorised(stand_in: StandIn, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(stand_in.account() | {"private_key": pem.decode()}))
    before = stand_in.stats()
    client = firebase.Client(stand_in.settings(FIREBASE_CREDENTIALS=str(wrong)))
    outcomes = client.send([some_push(), some_push()])
    client.close()
    assert [(o.kind, o.code) for o in outcomes] == [("unauthorised", "invalid_grant")] * 2
    assert stand_in.stats()["by_status"] == before["by_status"], "no message left"


def test_another_project_is_unauthorised(stand_in: StandIn, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps(stand_in.account() | {"project_id": "somebody-else"}))
    client = firebase.Client(stand_in.settings(FIREBASE_CREDENTIALS=str(other)))
    [outcome] = client.send([some_push()])
    client.close()
    # No phone is at fault: a 403 that is not a SENDER_ID_MISMATCH must drop no address.
    assert (outcome.kind, outcome.code) == ("unauthorised", "PERMISSION_DENIED")


def test_a_google_that_cannot_be_reached_is_later(stand_in: StandIn, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"https://127.0.0.1:{unused.getsockname()[1]}"
    lost = tmp_path / "lost.json"
    lost.write_text(json.dumps(stand_in.account() | {"token_uri": f"{nowhere}/token"}))
    for changes, code in (
        ({"FIREBASE_CREDENTIALS": str(lost)}, "TransportError"),
        ({"PUSH_URL": nowhere}, "ConnectError"),
    ):
        client = firebase.Client(stand_in.settings(**changes))
        outcomes = client.send([some_push(), some_push()])
        client.close()
        assert [(o.kind, o.code) for o in outcomes] == [("later", code)] * 2


def test_an_authority_nobody_named_is_not_trusted(stand_in: StandIn, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    client = firebase.Client(stand_in.settings(PUSH_CA=str(other)))
    [outcome] = client.send([some_push()])
    client.close()
    assert (outcome.kind, outcome.code) == ("later", "TransportError")


# --- one warm connection ---------------------------------------------------------------------


def test_many_pushes_take_one_connection_and_one_token(
    stand_in: StandIn, fresh_client: firebase.Client
) -> None:
    before = stand_in.stats()
    pushes = [some_push() for _ in range(300)]
    first = fresh_client.send(pushes)
    second = fresh_client.send(pushes[:50])
    after = stand_in.stats()
    assert Counter(outcome.kind for outcome in first + second) == {"sent": 350}
    assert sends_by_connection(before, after) == [350]
    assert after["tokens_issued"] == before["tokens_issued"] + 1


def test_any_number_of_errors_leaves_the_connection_usable(
    stand_in: StandIn, fresh_client: firebase.Client
) -> None:
    # More than the streams of a connection: firebase-admin's own client leaks one an error.
    before = stand_in.stats()
    for fault in ("503", "reset"):
        with stand_in.trouble(**{fault: 0.9, "seed": 1}):
            fresh_client.send([some_push() for _ in range(150)])
    outcomes = fresh_client.send([some_push() for _ in range(20)])
    assert {outcome.kind for outcome in outcomes} == {"sent"}
    assert len(sends_by_connection(before, stand_in.stats())) == 1


def test_threads_share_the_connection(stand_in: StandIn, fresh_client: firebase.Client) -> None:
    before = stand_in.stats()
    outcomes: list[firebase.Outcome] = []
    threads = [
        threading.Thread(
            target=lambda: outcomes.extend(fresh_client.send([some_push() for _ in range(20)]))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = stand_in.stats()
    assert Counter(outcome.kind for outcome in outcomes) == {"sent": 80}
    assert sends_by_connection(before, after) == [80]
    assert after["tokens_issued"] == before["tokens_issued"] + 1


def test_outcomes_are_told_soon_and_returned_in_order(
    stand_in: StandIn, client: firebase.Client
) -> None:
    slow, *quick = [some_push() for _ in range(120)]
    told: list[list[tuple[int, firebase.Outcome]]] = []
    with stand_in.trouble(slow={"share": 1, "seconds": 1.5}, address=slow.address):
        told.extend(client.sending([slow, *quick]))
    assert [index for index, _ in told[-1]] == [0], "the slow one held nobody up"
    assert all(len(some) <= firebase.MOST_KNOWN for some in told)
    known = dict(one for some in told for one in some)
    ids = [stand_in.messages(push.address)[0]["id"] for push in (slow, *quick)]
    assert [known[index].message_id for index in range(120)] == ids
    assert [outcome.kind for outcome in client.send([slow, *quick])] == ["sent"] * 120


def test_nothing_is_sent_for_nobody(client: firebase.Client) -> None:
    assert client.send([]) == []


def test_whoever_stops_listening_keeps_the_rest_back(
    stand_in: StandIn, client: firebase.Client
) -> None:
    pushes = [some_push() for _ in range(400)]
    with (
        stand_in.trouble(slow={"share": 1, "seconds": 0.3}),
        contextlib.closing(client.sending(pushes)) as told,
    ):
        next(told)
    time.sleep(0.6)
    arrived = sum(bool(stand_in.messages(push.address)) for push in pushes)
    assert arrived <= 2 * firebase.IN_FLIGHT
    assert client.send([some_push()])[0].kind == "sent"


def test_whoever_is_stopping_sends_nothing_more_and_hears_of_what_has_left(
    stand_in: StandIn, client: firebase.Client
) -> None:
    pushes = [some_push() for _ in range(firebase.IN_FLIGHT + 30)]
    stop = threading.Event()
    with stand_in.trouble(slow={"share": 1, "seconds": 1}):
        threading.Timer(0.5, stop.set).start()
        outcomes = dict(
            one for some in client.sending(pushes, stopping=stop.is_set) for one in some
        )
    assert Counter((one.kind, one.code) for one in outcomes.values()) == {
        ("sent", ""): firebase.IN_FLIGHT,
        ("later", "NotSent"): 30,
    }


def test_whoever_is_stopping_does_not_wait_for_answers_for_ever(
    stand_in: StandIn, client: firebase.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(firebase, "STOPPING_S", 0.5)
    slow, quick = some_push(), some_push()
    stop = threading.Event()
    with stand_in.trouble(slow={"share": 1, "seconds": 5}, address=slow.address):
        threading.Timer(0.3, stop.set).start()
        began_s = time.monotonic()
        outcomes = dict(
            one for some in client.sending([slow, quick], stopping=stop.is_set) for one in some
        )
    assert time.monotonic() - began_s < 3
    assert (outcomes[0].kind, outcomes[0].code) == ("later", "TimeoutError")
    assert outcomes[1].kind == "sent"
    assert client.send([quick])[0].kind == "sent"


def test_where_google_refuses_our_account_nothing_more_leaves(
    stand_in: StandIn, fresh_client: firebase.Client
) -> None:
    pushes = [some_push() for _ in range(3 * firebase.IN_FLIGHT)]

    def requests() -> int:
        return sum(stand_in.stats()["connections"]["sends"].values())

    with stand_in.trouble(**{"401": {"share": 1, "of": "account"}}):
        first = Counter(outcome.kind for outcome in fresh_client.send(pushes))
        before = requests()
        second = Counter(outcome.kind for outcome in fresh_client.send(pushes))
        asked = requests() - before
    assert first["sent"] == second["sent"] == 0
    assert second == {"unauthorised": 3 * firebase.IN_FLIGHT}
    assert asked <= 2, "one message asks whether it still holds"
    assert {outcome.kind for outcome in fresh_client.send(pushes[:20])} == {"sent"}


def test_no_push_leaves_after_the_time_given(stand_in: StandIn, client: firebase.Client) -> None:
    pushes = [some_push() for _ in range(firebase.IN_FLIGHT + 30)]
    client.send([some_push()])
    with stand_in.trouble(slow={"share": 1, "seconds": 1.5}):
        outcomes = client.send(pushes, within_s=1)
    assert Counter((outcome.kind, outcome.code) for outcome in outcomes) == {
        ("sent", ""): firebase.IN_FLIGHT,
        ("later", "NotSent"): 30,
    }
    assert all(stand_in.messages(push.address) == [] for push in pushes[-30:])


@pytest.mark.parametrize("how", ["politely", "abruptly"])
@pytest.mark.parametrize("many", [1, 60])
def test_a_connection_google_closed_while_idle_loses_nothing(
    stand_in: StandIn, client: firebase.Client, how: str, many: int
) -> None:
    client.send([some_push()])
    stand_in.http.delete("/connections", params={how: "1"}).raise_for_status()
    pushes = [some_push() for _ in range(many)]
    assert {outcome.kind for outcome in client.send(pushes)} == {"sent"}
    assert all(len(stand_in.messages(push.address)) == 1 for push in pushes)


def test_a_connection_cut_under_way_is_later(stand_in: StandIn, client: firebase.Client) -> None:
    quick, slow = some_push(), some_push()
    client.send([some_push()])
    told: list[tuple[int, firebase.Outcome]] = []
    with stand_in.trouble(slow={"share": 1, "seconds": 5}, address=slow.address):
        for some in client.sending([slow, quick]):
            told.extend(some)
            stand_in.http.delete("/connections", params={"abruptly": "1"})
    # It may have been read, so it is for the caller to decide; saying it twice is not.
    assert [(index, outcome.kind) for index, outcome in told] == [(1, "sent"), (0, "later")]
    assert told[1][1].code in {"ReadError", "RemoteProtocolError"}
    assert stand_in.messages(slow.address) == []
    assert client.send([slow])[0].kind == "sent"


def test_a_message_nobody_answers_is_later_and_holds_nobody_up(stand_in: StandIn) -> None:
    client = firebase.Client(stand_in.settings(), answer_s=1.2)
    slow, *quick = [some_push() for _ in range(40)]
    with stand_in.trouble(slow={"share": 1, "seconds": 30}, address=slow.address):
        first, *others = client.send([slow, *quick])
    assert (first.kind, first.code) in {("later", "ReadTimeout"), ("later", "TimeoutError")}
    assert {outcome.kind for outcome in others} == {"sent"}
    assert client.send([slow])[0].kind == "sent"
    client.close()


def test_a_steady_stream_does_not_hide_a_message_nobody_answers(stand_in: StandIn) -> None:
    client = firebase.Client(stand_in.settings(), answer_s=1.2)
    slow = some_push()
    done = threading.Event()
    kinds: Counter[str] = Counter()

    def keep_talking() -> None:
        while not done.is_set():
            kinds.update(outcome.kind for outcome in client.send([some_push()]))
            time.sleep(0.02)

    talking = threading.Thread(target=keep_talking)
    with stand_in.trouble(slow={"share": 1, "seconds": 30}, address=slow.address):
        talking.start()
        [outcome] = client.send([slow])
        done.set()
        talking.join()
    client.close()
    assert (outcome.kind, outcome.code) == ("later", "TimeoutError")
    assert set(kinds) == {"sent"}


# --- access tokens ---------------------------------------------------------------------------


def test_a_revoked_token_is_exchanged_once(stand_in: StandIn) -> None:
    # A token so young that is refused would count as the account's fault.
    client = firebase.Client(stand_in.settings(), young_token_s=0)
    client.send([some_push()])
    stand_in.http.delete("/tokens").raise_for_status()
    before = stand_in.stats()
    outcomes = client.send([some_push() for _ in range(80)])
    client.close()
    assert {outcome.kind for outcome in outcomes} == {"sent"}
    assert stand_in.stats()["tokens_issued"] == before["tokens_issued"] + 1


def test_an_account_whose_tokens_are_refused_asks_for_no_more(stand_in: StandIn) -> None:
    client = firebase.Client(stand_in.settings())
    client.send([some_push()])
    stand_in.http.delete("/tokens").raise_for_status()
    before = stand_in.stats()
    outcomes = client.send([some_push() for _ in range(80)])
    client.close()
    assert {(o.kind, o.code) for o in outcomes} == {("unauthorised", "UNAUTHENTICATED")}
    assert stand_in.stats()["tokens_issued"] == before["tokens_issued"]


def test_a_token_is_renewed_before_it_ends(tmp_path: Path) -> None:
    # Shorter than the minutes before its end in which google-auth calls a token stale.
    with running(tmp_path, "--token-life-s", "60") as stand_in:
        patient = firebase.Client(stand_in.settings())
        assert {patient.send([some_push()])[0].kind for _ in range(3)} == {"sent"}
        assert stand_in.stats()["tokens_issued"] == 1, "stale is still good for a while"
        patient.close()
        eager = firebase.Client(stand_in.settings(), young_token_s=0)
        eager.send([some_push()])
        before = stand_in.stats()["tokens_issued"]
        eager.send([some_push()])
        assert stand_in.stats()["tokens_issued"] > before
        eager.close()


# --- one client a process --------------------------------------------------------------------


def test_a_process_has_one_client(stand_in: StandIn) -> None:
    settings = stand_in.settings()
    client = firebase.client(settings)
    assert firebase.client(stand_in.settings()) is client
    client.close()
    client.close()
    assert firebase.client(settings) is not client
    with pytest.raises(RuntimeError, match="closed"):
        client.send([some_push()])


def test_a_fork_makes_a_client_of_its_own(stand_in: StandIn) -> None:
    client = firebase.client(stand_in.settings())
    client.send([some_push()])
    before, push = stand_in.stats(), some_push()
    with warnings.catch_warnings():
        # Newer Pythons warn of forks in programs with threads, which is what is tried here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            own = firebase.client(stand_in.settings())
            if own is not client and own.send([push])[0].kind == "sent":
                status = 0
            own.close()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sends_by_connection(before, stand_in.stats()) == [1]
    assert client.send([push])[0].kind == "sent"
    client.close()


def test_a_new_client_has_read_and_connected_nothing(stand_in: StandIn) -> None:
    firebase.Client(stand_in.settings(FIREBASE_CREDENTIALS="/nowhere.json")).close()


# --- accounts --------------------------------------------------------------------------------


def production(credentials: Path) -> Settings:
    return from_environment(
        {
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "SECRET_KEY": "nobody-could-guess-this-one-0123456789",
            "SMTP_URL": "smtp://127.0.0.1:9",
            "BASE_URL": "https://jobs.example.org",
            "PUSH": "google",
            "FIREBASE_CREDENTIALS": str(credentials),
        }
    )


def real_account(stand_in: StandIn, path: Path) -> Path:
    path.write_text(json.dumps(stand_in.account() | {"token_uri": firebase.GOOGLE_TOKEN_URLS[0]}))
    return path


def test_an_account_of_a_stand_in_is_refused_in_production(stand_in: StandIn) -> None:
    settings = production(stand_in.directory / "service-account.json")
    with pytest.raises(UnsafeSettings, match="only PUSH=local may sign in elsewhere"):
        firebase.service_account(settings)


def test_a_real_account_is_never_shown_to_a_stand_in(stand_in: StandIn, tmp_path: Path) -> None:
    real = real_account(stand_in, tmp_path / "real.json")
    settings = stand_in.settings(FIREBASE_CREDENTIALS=str(real))
    with pytest.raises(UnsafeSettings, match="is a real account"):
        firebase.service_account(settings)
    assert firebase.service_account(production(real))["project_id"] == "jobbing-local"


@pytest.mark.parametrize("content", [None, "not json", "[]", '{"type": "authorized_user"}'])
def test_a_file_that_is_no_service_account_is_named(
    stand_in: StandIn, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "account.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UnsafeSettings, match=r"^FIREBASE_CREDENTIALS: \S+account\.json[^\n]+$"):
        firebase.service_account(stand_in.settings(FIREBASE_CREDENTIALS=str(path)))


# --- sign-ins --------------------------------------------------------------------------------


def id_token(stand_in: StandIn, *, project: str) -> str:
    claims = {
        "aud": project,
        "iss": f"https://securetoken.google.com/{project}",
        "sub": "somebody",
        "iat": int(time.time()),
        "exp": int(time.time()) + 3600,
    }
    key = stand_in.account()["private_key"]
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "one"})


def test_no_token_is_valid_for_a_project_on_a_laptop(client: firebase.Client) -> None:
    with pytest.raises(errors.InvalidToken):
        client.verify_id_token("anything")


def test_a_token_that_is_none_or_is_anothers_is_invalid(stand_in: StandIn, tmp_path: Path) -> None:
    client = firebase.Client(production(real_account(stand_in, tmp_path / "real.json")))
    for token in ("", "garbage", "a.b.c", id_token(stand_in, project="somebody-else")):
        with pytest.raises(errors.InvalidToken):
            client.verify_id_token(token)
    client.close()


def test_a_token_nobody_can_check_is_not_called_invalid(stand_in: StandIn, tmp_path: Path) -> None:
    # Google's public keys are out of reach: every host but the loopback is.
    client = firebase.Client(production(real_account(stand_in, tmp_path / "real.json")))
    with pytest.raises(errors.Unavailable):
        client.verify_id_token(id_token(stand_in, project="jobbing-local"))
    client.close()


# --- the stand-in's own process --------------------------------------------------------------


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.local.push_standin", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--directory", "{tmp}", "--port", "many"],
        ["--directory", "/dev/null/x", "--port", "0"],
        ["--directory", "{tmp}", "--port", "0", "--loud"],
    ],
)
def test_a_wrong_argument_takes_one_line(tmp_path: Path, arguments: list[str]) -> None:
    done = start(*(argument.format(tmp=tmp_path) for argument in arguments))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_taken_port_is_told_in_one_line(stand_in: StandIn, tmp_path: Path) -> None:
    done = start("--directory", str(tmp_path), "--port", stand_in.url.rpartition(":")[2])
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "in use" in done.stderr


def test_it_keeps_who_it_is_and_stops_when_told(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        authority, account = (tmp_path / "ca.pem").read_bytes(), first.account()
        client = firebase.Client(first.settings())
        assert client.send([some_push()])[0].kind == "sent"
        started = time.monotonic()
        first.process.terminate()
        assert first.process.wait(timeout=5) == 0
        # Well under a second; the rest is for machines that are busy.
        assert time.monotonic() - started < 3
        client.close()
    secret = {path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077 == 0}
    assert secret == {"server.pem", "service-account.json"}
    with running(tmp_path) as second:
        assert (tmp_path / "ca.pem").read_bytes() == authority
        again = second.account()
        assert again.pop("token_uri") == f"{second.url}/token"
        account.pop("token_uri")
        assert again == account


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "server.pem").write_text("half a cert")
    (tmp_path / "service-account.json").write_text('{"type": "service_acc')
    with running(tmp_path) as stand_in:
        client = firebase.Client(stand_in.settings())
        assert client.send([some_push()])[0].kind == "sent"
        client.close()


def test_the_plain_page_is_for_eyes_on_this_machine_only(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with (
        running(tmp_path, "--page-port", str(port)),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as eyes,
    ):
        page = eyes.get("/", headers={"accept-language": "fr-FR, en;q=0.5"})
        assert page.status_code == 200
        assert '<html lang="fr">' in page.text
        assert eyes.get("/page.js").status_code == 200
        assert eyes.get("/phones").json()["phones"] == []
        assert eyes.put("/faults", json={}).status_code == 405
        assert eyes.post("/token").status_code == 405
        assert eyes.get("/messages", headers={"host": "evil.example.org"}).status_code == 421
