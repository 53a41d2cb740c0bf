"""The stand-in judges messages and assertions as Google does, and shows what phones show."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.local.push_standin import endpoints, faults, fcm, identity, mailbox, page, phones, tokens
from infra.local.push_standin.wire import Cut, Later, Request, Response

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ACCOUNT = identity.Account(
    project="jobbing-local",
    email="sender@jobbing-local.iam.gserviceaccount.com",
    key_id="one",
    token_uri="https://127.0.0.1:4443/token",
    public_key=KEY.public_key(),
)


def stand_in(**changes: Any) -> endpoints.StandIn:
    options: dict[str, Any] = {"token_life_s": 3600, "keep": 1000, "log": None}
    return endpoints.StandIn(account=ACCOUNT, **(options | changes))


def ask(
    google: endpoints.StandIn,
    method: str,
    target: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    path, _, query = target.partition("?")
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = google.handle(Request(method, path, query, headers or {}, raw, "2", 1))
    assert isinstance(answer, Response)
    return answer


def told(response: Response) -> Any:
    return json.loads(response.body)


def signed_in(google: endpoints.StandIn) -> dict[str, str]:
    token = told(ask(google, "POST", "/token", grant(assertion())))["access_token"]
    return {"authorization": f"Bearer {token}"}


def assertion(key: rsa.RSAPrivateKey = KEY, **changes: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": ACCOUNT.email,
        "aud": ACCOUNT.token_uri,
        "iat": now,
        "exp": now + 3600,
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
    }
    return jwt.encode(claims | changes, key, algorithm="RS256")


def grant(signed: str) -> bytes:
    return f"grant_type={tokens.JWT_GRANT}&assertion={signed}".encode()


# --- tokens ----------------------------------------------------------------------------------


def test_a_signed_assertion_buys_a_token() -> None:
    google = stand_in()
    answer = told(ask(google, "POST", "/token", grant(assertion())))
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3600
    assert (
        ask(google, "POST", "/token", grant(assertion(aud=tokens.GOOGLE_TOKEN_URI))).status == 200
    )


@pytest.mark.parametrize(
    ("signed", "error"),
    [
        (assertion(rsa.generate_private_key(65537, 2048)), "invalid_grant"),
        (assertion(iss="somebody@else.iam.gserviceaccount.com"), "invalid_grant"),
        (assertion(aud="https://127.0.0.1:1/token"), "invalid_grant"),
        (assertion(exp=int(time.time()) - 3000), "invalid_grant"),
        (assertion(iat=int(time.time()) + 3000), "invalid_grant"),
        (assertion(exp=int(time.time()) + 7200), "invalid_grant"),
        (assertion(scope="https://www.googleapis.com/auth/datastore"), "invalid_scope"),
        (jwt.encode({"iss": ACCOUNT.email}, "a shared secret of enough bytes!"), "invalid_grant"),
        ("", "invalid_grant"),
    ],
)
def test_a_wrong_assertion_buys_nothing(signed: str, error: str) -> None:
    answer = ask(stand_in(), "POST", "/token", grant(signed))
    assert (answer.status, told(answer)["error"]) == (400, error)


def test_only_a_live_token_lets_a_message_in() -> None:
    google = stand_in()
    headers = signed_in(google)
    send = f"/v1/projects/{ACCOUNT.project}/messages:send"
    message = {"message": {"fid": "phone"}}
    assert ask(google, "POST", send, message, headers).status == 200
    for wrong in ({}, {"authorization": "Bearer ya29.c.made-up"}):
        answer = ask(google, "POST", send, message, wrong)
        assert (answer.status, told(answer)["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert ask(google, "POST", "/v1/projects/other/messages:send", message, headers).status == 403
    ask(google, "DELETE", "/tokens")
    assert ask(google, "POST", send, message, headers).status == 401


# --- messages --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        {"fid": "a"},
        {"token": "a:b", "android": {"priority": "HIGH", "ttl": "3.5s"}},
        {"topic": "town", "data": {"a": "b"}},
        {"condition": "'a' in topics", "android": {"collapseKey": "k", "ttl": "0s"}},
        {"fid": "a", "data": {"note": "x" * 4092}},
        {"fid": "a", "webpush": {"notification": {"tag": "t", "actions": [{"action": "go"}]}}},
        {"fid": "a", "apns": {"payload": {"aps": {"alert": "hi"}, "own": 1}}},
        {"fid": "a", "notification": None},
    ],
)
def test_a_documented_message_is_accepted(message: dict[str, Any]) -> None:
    accepted = fcm.accept(json.dumps({"message": message}).encode())
    assert accepted.address == message[accepted.address_kind]


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({}, "message"),
        ({"fid": ""}, "message"),
        ({"fid": "a", "token": "b"}, "message"),
        ({"fid": "a", "titel": "x"}, "message"),
        ({"fid": "a", "notification": {"sound": "x"}}, "message.notification"),
        ({"fid": 7}, "message.fid"),
        ({"fid": "a", "data": {"n": 3}}, "message.data[0].value"),
        ({"fid": "a", "data": {"from": "x"}}, "message.data"),
        ({"fid": "a", "data": {"google.x": "x"}}, "message.data"),
        ({"fid": "a", "data": {"note": "x" * 4093}}, "message.android"),
        ({"fid": "a", "data": {"note": "é" * 2047}}, "message.android"),
        ({"topic": "a", "data": {"note": "x" * 2048}}, "message.android"),
        ({"fid": "a", "android": {"ttl": 240}}, "message.android.ttl"),
        ({"fid": "a", "android": {"ttl": "240"}}, "message.android.ttl"),
        ({"fid": "a", "android": {"ttl": "-1s"}}, "message.android.ttl"),
        ({"fid": "a", "android": {"ttl": "2419201s"}}, "message.android.ttl"),
        ({"fid": "a", "android": {"priority": "urgent"}}, "message.android.priority"),
        ({"fid": "a", "webpush": {"headers": {"Topic": "x" * 33}}}, "message.webpush.headers"),
        ({"fid": "a", "webpush": {"headers": {"Urgency": "now"}}}, "message.webpush.headers"),
        (
            {"fid": "a", "webpush": {"fcm_options": {"link": "http://a.example"}}},
            "message.webpush.fcm_options.link",
        ),
        ({"fid": "a", "apns": {"headers": {"apns-priority": "high"}}}, "message.apns.headers"),
        ({"fid": "a", "apns": {"headers": {"apns-priority": "10"}}}, "message.apns.headers"),
        (
            {"fid": "a", "apns": {"headers": {"apns-collapse-id": "x" * 65}}},
            "message.apns.headers",
        ),
    ],
)
def test_another_message_is_an_invalid_argument(message: dict[str, Any], field: str) -> None:
    with pytest.raises(fcm.Refused) as refused:
        fcm.accept(json.dumps({"message": message}).encode())
    error = told(refused.value.response)["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    bad_request = error["details"][-1]
    assert bad_request["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert [violation["field"] for violation in bad_request["fieldViolations"]] == [field]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"message": {"fid": "a"}, "x": 1}', b"NaN"])
def test_a_body_that_is_no_request_is_an_invalid_argument(body: bytes) -> None:
    with pytest.raises(fcm.Refused):
        fcm.accept(body)


def test_a_dry_run_reaches_no_phone() -> None:
    google = stand_in()
    request = {"validate_only": True, "message": {"fid": "phone"}}
    answer = ask(
        google, "POST", f"/v1/projects/{ACCOUNT.project}/messages:send", request, signed_in(google)
    )
    assert told(answer)["name"].endswith("fake_message_id")
    assert told(ask(google, "GET", "/messages"))["messages"] == []


# --- faults ----------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_faults() -> None:
    def drawn(seed: int) -> list[Any]:
        trouble = faults.Faults()
        trouble.instruct(json.dumps({"503": 0.2, "reset": 0.1, "slow": 0.1, "seed": seed}).encode())
        return [trouble.draw("phone") for _ in range(1000)]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    kinds = Counter(type(fault).__name__ for fault in drawn(7))
    assert 150 < kinds["Response"] < 250
    assert 60 < kinds["Cut"] < 140
    assert 60 < kinds["float"] < 140


def test_faults_may_befall_one_phone_only() -> None:
    trouble = faults.Faults()
    trouble.instruct(b'{"reset": {"share": 1, "what": "connection"}, "address": "unlucky"}')
    assert trouble.draw("lucky") is None
    assert trouble.draw("unlucky") == Cut("connection")
    trouble.clear()
    assert trouble.draw("unlucky") is None


@pytest.mark.parametrize(
    "nonsense",
    [
        "7",
        "{",
        '{"418": 1}',
        '{"503": 2}',
        '{"503": "often"}',
        '{"503": true}',
        '{"503": 0.6, "500": 0.6}',
        '{"503": {"share": 1, "seconds": 1}}',
        '{"slow": {"share": 1, "seconds": -1}}',
        '{"reset": {"share": 1, "what": "world"}}',
        '{"seed": "x"}',
        '{"address": 1}',
    ],
)
def test_a_senseless_fault_is_refused_and_changes_nothing(nonsense: str) -> None:
    google = stand_in()
    ask(google, "PUT", "/faults", {"503": 0.5})
    assert ask(google, "PUT", "/faults", nonsense.encode()).status == 400
    assert told(ask(google, "GET", "/faults"))["503"]["share"] == 0.5


def test_a_fault_comes_before_the_message_is_counted() -> None:
    google = stand_in()
    headers = signed_in(google)
    body = b'{"message": {"fid": "phone"}}'
    send = Request("POST", google._send_path, "", headers, body, "2", 1)

    for trouble in ({"503": 1}, {"reset": 1}, {"404": 1}):
        ask(google, "PUT", "/faults", trouble)
        google.handle(send)
        assert told(ask(google, "GET", "/stats"))["kept"] == 0

    ask(google, "PUT", "/faults", {"slow": {"share": 1, "seconds": 2}})
    slow = google.handle(send)
    assert isinstance(slow, Later)
    assert told(ask(google, "GET", "/stats"))["kept"] == 0, "not before it is answered"
    answer = slow.then()
    assert isinstance(answer, Response)
    assert answer.status == 200
    assert told(ask(google, "GET", "/stats"))["kept"] == 1


# --- the mailbox -----------------------------------------------------------------------------


def letter(sequence: int, address: str = "phone", content: Any = None) -> mailbox.Message:
    body = {"message": {"fid": address, **(content or {})}}
    return mailbox.Message(
        sequence=sequence,
        message_id=f"projects/jobbing-local/messages/{sequence}",
        address_kind="fid",
        address=address,
        received_at=1000.0 + sequence,
        body=json.dumps(body).encode(),
        http_version="2",
        connection=1,
        headers={"content-type": "application/json", "authorization": "Bearer secret"},
    )


def test_the_oldest_message_is_forgotten_first() -> None:
    box = mailbox.Mailbox(limit=3)
    for number, address in enumerate(["a", "b", "a", "a", "c"], start=1):
        box.add(letter(number, address))
    assert [m.sequence for m in box.messages(limit=10)[0]] == [3, 4, 5]
    assert box.addresses == 2
    assert [address for address, _ in box.newest_first()] == ["c", "a"]
    assert box.clear() == 3
    assert box.messages(limit=10) == ([], False)
    assert box.sequence == 5


def test_messages_are_found_by_phone_instant_and_sequence() -> None:
    google = stand_in()
    for number in range(1, 8):
        google._mailbox.add(letter(number, "even" if number % 2 == 0 else "odd"))

    def found(query: str) -> tuple[list[int], int | None]:
        answer = told(ask(google, "GET", f"/messages?{query}"))
        return [message["sequence"] for message in answer["messages"]], answer["next_after"]

    assert found("") == ([1, 2, 3, 4, 5, 6, 7], None)
    assert found("address=even") == ([2, 4, 6], None)
    assert found("address=nobody") == ([], None)
    assert found("after=5") == ([6, 7], None)
    assert found("limit=2") == ([1, 2], 2)
    assert found("after=2&limit=2&address=odd") == ([3, 5], 5)
    assert found("since=1970-01-01T00:16:46Z") == ([6, 7], None)
    assert found("since=1970-01-01T01:16:46+01:00") == ([6, 7], None)
    for wrong in ("since=yesterday", "since=1970-01-01T00:16:46", "after=x", "limit=-1"):
        assert ask(google, "GET", f"/messages?{wrong}").status == 400


def test_a_message_is_shown_whole_but_for_its_bearer() -> None:
    google = stand_in()
    google._mailbox.add(letter(1, "phone", {"data": {"kind": "offer", "é": "ü"}}))
    [message] = told(ask(google, "GET", "/messages"))["messages"]
    assert message == {
        "sequence": 1,
        "id": "projects/jobbing-local/messages/1",
        "address": {"kind": "fid", "value": "phone"},
        "received_at": "1970-01-01T00:16:41.000000Z",
        "http_version": "2",
        "connection": 1,
        "headers": {"content-type": "application/json"},
        "payload": {"message": {"fid": "phone", "data": {"kind": "offer", "é": "ü"}}},
    }


def test_an_unknown_state_or_path_is_refused() -> None:
    google = stand_in()
    assert ask(google, "PUT", "/addresses/a%2Fb", {"state": "unregistered"}).status == 200
    assert google._states == {"a/b": "unregistered"}
    assert ask(google, "PUT", "/addresses/a%2Fb", {"state": "registered"}).status == 200
    assert google._states == {}
    assert ask(google, "PUT", "/addresses/a", {"state": "asleep"}).status == 400
    assert ask(google, "GET", "/nothing").status == 404
    assert ask(google, "POST", "/messages").status == 405


# --- what a phone shows ----------------------------------------------------------------------


def alert(sequence: int, tag: str, title: str, ttl: str = "600s", kind: str = "offer") -> Any:
    content: dict[str, Any] = {
        "data": {"kind": kind},
        "android": {"collapse_key": tag, "ttl": ttl, "priority": "high"},
    }
    if title:
        content["notification"] = {"title": title, "body": "…"}
        content["android"]["notification"] = {"tag": tag}
    return letter(sequence, "phone", content)


def titles(*messages: mailbox.Message, now: float = 1010.0) -> list[str]:
    return [note.title for note in phones.shown(messages, now=now)]


def test_the_newest_notification_is_on_top() -> None:
    assert titles(alert(1, "a", "first"), alert(2, "b", "second")) == ["second", "first"]


def test_the_same_tag_replaces() -> None:
    shown = phones.shown(
        [alert(1, "a", "old"), alert(2, "b", "other"), alert(3, "a", "new")], now=1010
    )
    assert [(note.title, note.times) for note in shown] == [("new", 2), ("other", 1)]
    assert shown[0].urgent


def test_a_withdrawal_takes_its_offer_away() -> None:
    offer, other = alert(1, "a", "an offer"), alert(2, "b", "another")
    assert titles(offer, other, alert(3, "a", "", kind="offer-withdrawn")) == ["another"]
    assert titles(offer, other, alert(3, "a", "Taken", kind="offer-withdrawn")) == [
        "Taken",
        "another",
    ]


def test_data_alone_shows_nothing_and_hides_nothing() -> None:
    assert titles(alert(1, "a", "", kind="hint")) == []
    offer, other = alert(1, "a", "an offer"), alert(2, "b", "another")
    assert titles(offer, other, alert(3, "a", "", kind="hint")) == ["another", "an offer"]


def test_an_offer_leaves_the_screen_with_its_life() -> None:
    short, long = alert(1, "a", "short", ttl="5s"), alert(2, "b", "long", ttl="60.5s")
    assert titles(short, long, now=1005.9) == ["long", "short"]
    assert titles(short, long, now=1006.0) == ["long"]
    assert titles(short, long, now=1063.0) == []


def test_messages_without_a_tag_pile_up() -> None:
    plain = [letter(n, "phone", {"notification": {"title": f"{n}"}}) for n in (1, 2)]
    assert titles(*plain) == ["2", "1"]


def test_the_page_lists_phones_that_were_heard_of_last() -> None:
    google = stand_in()
    for number, address in enumerate(["a", "b", "a-too"], start=1):
        google._mailbox.add(letter(number, address, {"notification": {"title": "x"}}))
    listed = told(ask(google, "GET", "/phones?q=A"))
    assert [phone["address"]["value"] for phone in listed["phones"]] == ["a-too", "a"]
    assert (listed["matching"], listed["all"]) == (2, 3)


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,en;q=0.8", "fr"),
        ("en-GB,fr;q=0.9", "en"),
        ("de,fr;q=0.4,en;q=0.3", "fr"),
        ("fr;q=0", "en"),
        ("*;q=x", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(asked: str, language: str) -> None:
    assert page.preferred(asked) == language
    text = page.html(asked).body.decode()
    assert f'<html lang="{language}">' in text
    assert "$" not in text
    assert not any(f"{scheme}://" in text for scheme in ("http", "https")), "asks no other host"


def test_both_languages_say_the_same_things() -> None:
    assert page._WORDS["en"].keys() == page._WORDS["fr"].keys()
