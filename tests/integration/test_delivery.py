"""Ringing real phones of a stand-in: once, in time, and what becomes of each line."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, notifications
from jobbing_api.accounts import models as accounts_models
from jobbing_api.notifications import delivery, models
from jobbing_api.settings import Settings
from tests import factories
from tests.integration import racing
from tests.integration.conftest import Phones

# Nothing but the loopback: whatever would ask the real Google fails a test.
pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

#: How long a worker holds what it sends, and so what a killed one costs at most.
LEASE = delivery._LEASE


class Owed:
    """A line owed to a person with phones."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        *,
        devices: int = 1,
        language: str = "fr",
        **changes: Any,
    ) -> None:
        person = factories.account(session, language=language)
        self.account_id = person.id
        self.phones = [
            factories.device(session, person.id, now=now).address for _ in range(devices)
        ]
        values: dict[str, Any] = {
            "kind": "offer",
            "about": "offer",
            "subject_id": uuid.uuid4(),
            "params": {
                "category": {"fr": "Nettoyage de gouttière", "en": "Gutter cleaning"},
                "distance_m": 1200,
                "starts_at": (now + timedelta(days=1)).isoformat(),
                "time_zone": "Europe/Paris",
                "net_cents": 9000,
                "currency": "EUR",
            },
            "expires_at": now + 2 * 60 * MINUTE,
            "urgent": True,
            "now": now,
        } | changes
        self.line = notifications.tell(session, person.id, values.pop("kind"), **values)
        self.id = self.line.id
        self.subject_id = self.line.subject_id
        session.flush()

    @property
    def phone(self) -> str:
        return self.phones[0]


def outcome(session: Session, owed: Owed) -> tuple[str, str | None]:
    session.expire_all()
    line = session.get_one(models.Notification, owed.id)
    return line.state, line.outcome


# --- what rings ------------------------------------------------------------------------------


def test_a_line_rings_every_phone_of_its_person_in_their_language(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    french = Owed(session, now, devices=2)
    english = Owed(session, now, language="en")

    assert notifications.deliver(pushing, [french.id, english.id], now=now) == 3

    for phone in french.phones:
        [message] = phones.heard(phone)
        assert message["notification"]["title"] == "Une mission près de chez vous"
        said = message["notification"]["body"].replace("\u202f", " ").replace("\xa0", " ")
        assert said == "Nettoyage de gouttière à 1,2 km, mardi 2 juin, 12:00 : 90 €."
    [message] = phones.heard(english.phone)
    assert message["notification"]["title"] == "A job near you"
    assert outcome(session, french) == ("delivered", "sent")
    rows = session.scalars(select(models.Delivery)).all()
    assert {(row.outcome, row.attempts) for row in rows} == {("sent", 1)}
    assert all(row.message_id for row in rows)


def test_what_rings_names_the_offer_and_lives_as_long_as_it(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now, expires_at=now + timedelta(seconds=240))
    notifications.deliver(pushing, [owed.id], now=now)
    [message] = phones.heard(owed.phone)
    assert message["data"]["offer_id"] == str(owed.subject_id)
    assert message["data"]["tag"] == f"offer-{owed.subject_id}"
    assert message["android"]["ttl"] == "240s"
    assert message["android"]["priority"] == "high"


def test_a_withdrawal_replaces_the_offer_on_the_same_phone(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    notifications.deliver(pushing, [owed.id], now=now)
    line = notifications.tell(
        session,
        owed.account_id,
        "offer-withdrawn",
        about="offer",
        subject_id=owed.subject_id,
        now=now + MINUTE,
        expires_at=now + 60 * MINUTE,
    )
    session.flush()
    notifications.deliver(pushing, [line.id], now=now + MINUTE)
    first, second = phones.heard(owed.phone)
    assert second["notification"]["title"] == "Proposition retirée"
    assert first["android"]["collapse_key"] == second["android"]["collapse_key"]


# --- what does not ring ----------------------------------------------------------------------


def test_a_delivered_line_does_not_ring_again(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    assert notifications.deliver(pushing, [owed.id], now=now) == 1
    assert notifications.deliver(pushing, [owed.id], now=now + MINUTE) == 0
    assert len(phones.heard(owed.phone)) == 1


def test_a_line_does_not_ring_before_it_is_due(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now, due_at=now + 90 * SECOND)
    assert notifications.deliver(pushing, [owed.id], now=now + 89 * SECOND) == 0
    assert notifications.deliver(pushing, [owed.id], now=now + 90 * SECOND) == 1


def test_an_expired_line_is_not_sent(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now, expires_at=now + MINUTE)
    assert notifications.deliver(pushing, [owed.id], now=now + MINUTE) == 0
    assert outcome(session, owed) == ("undeliverable", "expired")
    assert phones.heard(owed.phone) == []


def test_a_withdrawn_line_is_not_sent(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    assert notifications.withdraw(session, [owed.subject_id], now=now) == {owed.subject_id}
    assert notifications.deliver(pushing, [owed.id], now=now) == 0
    assert phones.heard(owed.phone) == []


def test_somebody_without_a_phone_is_on_record_as_unreachable(
    session: Session, now: datetime, pushing: Settings
) -> None:
    owed = Owed(session, now, devices=0)
    assert notifications.deliver(pushing, [owed.id], now=now) == 0
    assert outcome(session, owed) == ("undeliverable", "no-device")


def test_a_line_that_does_not_exist_is_no_trouble(session: Session, pushing: Settings) -> None:
    now = datetime.fromisoformat("2026-06-01T10:00:00+00:00")
    assert notifications.deliver(pushing, [uuid.uuid4()], now=now) == 0
    assert notifications.deliver(pushing, [], now=now) == 0


def test_a_line_nobody_can_word_does_not_hold_up_the_others(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    unsayable = Owed(session, now, kind="no-such-kind")
    others = [Owed(session, now) for _ in range(2)]
    ids = [unsayable.id, *(one.id for one in others)]
    assert notifications.deliver(pushing, ids, now=now) == 2
    assert outcome(session, unsayable) == ("undeliverable", "unsayable")
    assert [len(phones.heard(one.phone)) for one in others] == [1, 1]


# --- Google's answers ------------------------------------------------------------------------


def test_an_address_nobody_lives_at_is_dropped(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    phones.declare(owed.phone, "unregistered")
    notifications.deliver(pushing, [owed.id], now=now)
    assert outcome(session, owed) == ("undeliverable", "UNREGISTERED")
    [device] = notifications.devices_of(session, owed.account_id)
    assert (device.dropped_because, device.dropped_at is not None) == ("UNREGISTERED", True)
    # The next line does not even try.
    later = notifications.tell(
        session,
        owed.account_id,
        "job-started",
        about="job",
        subject_id=uuid.uuid4(),
        now=now,
        expires_at=now + MINUTE,
    )
    session.flush()
    assert notifications.deliver(pushing, [later.id], now=now) == 0


def test_an_address_of_another_project_is_dropped(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    phones.declare(owed.phone, "mismatched")
    notifications.deliver(pushing, [owed.id], now=now)
    assert outcome(session, owed) == ("undeliverable", "SENDER_ID_MISMATCH")


def test_one_dead_address_of_two_is_dropped_and_the_line_is_delivered(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now, devices=2)
    phones.declare(owed.phones[0], "unregistered")
    assert notifications.deliver(pushing, [owed.id], now=now) == 2
    assert outcome(session, owed) == ("delivered", "sent")
    dropped = {
        device.address: device.dropped_at is not None
        for device in notifications.devices_of(session, owed.account_id)
    }
    assert dropped == {owed.phones[0]: True, owed.phones[1]: False}


def test_who_registered_anew_meanwhile_keeps_the_new_address(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    phones.declare(owed.phone, "unregistered")
    [device] = notifications.devices_of(session, owed.account_id)
    with racing.statements(session) as ran:
        notifications.deliver(pushing, [owed.id], now=now)
    assert any("dropped_at" in statement for statement in ran)
    notifications.put_device(
        session,
        factories.person(session, owed.account_id),
        installation_id=device.installation_id,
        address_kind="fid",
        address=f"new-{uuid.uuid4().hex}",
        platform="android",
        app_version="1.1",
        sign_in_id=None,
        now=now,
    )
    session.expire_all()
    [device] = notifications.devices_of(session, owed.account_id)
    assert device.dropped_at is None


def test_an_app_that_registers_while_google_is_asked_keeps_its_new_address(
    own_database: Engine, now: datetime, phones: Phones, pushing: Settings
) -> None:
    with database.transaction() as session:
        owed = Owed(session, now)
        [device] = notifications.devices_of(session, owed.account_id)
    phones.declare(owed.phone, "unregistered")

    def register() -> None:
        with database.transaction() as session:
            notifications.put_device(
                session,
                factories.person(session, owed.account_id),
                installation_id=device.installation_id,
                address_kind="fid",
                address=f"new-{uuid.uuid4().hex}",
                platform="android",
                app_version="1.1",
                sign_in_id=None,
                now=now,
            )

    while_google_is_slow(phones, pushing, owed, register, now=now)
    with database.transaction() as session:
        [device] = notifications.devices_of(session, owed.account_id)
    assert device.dropped_at is None


def test_google_is_given_the_time_it_asks_for(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    with phones.trouble(**{"429": {"share": 1, "retry_after_s": 7}, "address": owed.phone}):
        notifications.deliver(pushing, [owed.id], now=now)
    assert outcome(session, owed) == ("owed", "QUOTA_EXCEEDED")
    line = session.get_one(models.Notification, owed.id)
    assert line.wake_at is not None
    assert now + 7 * SECOND <= line.wake_at < now + 9 * SECOND
    assert line.sending_until is None

    assert factories.due_lines(session, now=now + 6 * SECOND) == []
    again = now + 9 * SECOND
    assert factories.due_lines(session, now=again) == [owed.id]
    assert notifications.deliver(pushing, [owed.id], now=again) == 1
    assert outcome(session, owed) == ("delivered", "sent")
    assert len(phones.heard(owed.phone)) == 1


@pytest.mark.parametrize("fault", ["500", "503", "reset"])
def test_trouble_at_googles_end_is_tried_again_later_and_later(
    session: Session, now: datetime, phones: Phones, pushing: Settings, fault: str
) -> None:
    owed = Owed(session, now)
    waits = []
    at = now
    for _ in range(4):
        with phones.trouble(**{fault: 1, "address": owed.phone}):
            assert notifications.deliver(pushing, [owed.id], now=at) == 1
        assert outcome(session, owed)[0] == "owed"
        line = session.get_one(models.Notification, owed.id)
        assert line.wake_at is not None
        waits.append((line.wake_at - at).total_seconds())
        at = line.wake_at
    # Doubling, from half to the whole of it, and what Google took to answer.
    for wait, ceiling in zip(waits, (1, 2, 4, 8), strict=True):
        assert ceiling / 2 <= wait <= ceiling + 3
    assert notifications.deliver(pushing, [owed.id], now=at) == 1
    assert len(phones.heard(owed.phone)) == 1


def test_a_line_is_not_tried_beyond_its_life(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now, expires_at=now + 5 * SECOND)
    with phones.trouble(**{"503": {"share": 1, "retry_after_s": 30}, "address": owed.phone}):
        notifications.deliver(pushing, [owed.id], now=now)
    assert outcome(session, owed) == ("undeliverable", "UNAVAILABLE")


def test_a_line_is_given_up_after_ten_tries(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    session.execute(
        update(models.Notification).where(models.Notification.id == owed.id).values(attempts=9)
    )
    with phones.trouble(**{"500": 1, "address": owed.phone}):
        notifications.deliver(pushing, [owed.id], now=now)
    assert outcome(session, owed) == ("undeliverable", "INTERNAL")


def test_the_second_try_rings_only_who_did_not_hear_the_first(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now, devices=3)
    with phones.trouble(**{"503": 1, "address": owed.phones[1]}):
        assert notifications.deliver(pushing, [owed.id], now=now) == 3
    assert outcome(session, owed) == ("owed", "UNAVAILABLE")
    assert notifications.deliver(pushing, [owed.id], now=now + MINUTE) == 1
    assert [len(phones.heard(phone)) for phone in owed.phones] == [1, 1, 1]
    assert outcome(session, owed) == ("delivered", "sent")
    tries = {
        row.address: row.attempts
        for row in session.execute(
            select(models.Device.address, models.Delivery.attempts).join(
                models.Delivery,
                models.Delivery.installation_id == models.Device.installation_id,
            )
        )
    }
    assert [tries[phone] for phone in owed.phones] == [1, 2, 1]


def test_who_heard_has_heard_even_if_the_phone_is_gone_by_the_second_try(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now, devices=2)
    with phones.trouble(**{"503": 1, "address": owed.phones[1]}):
        notifications.deliver(pushing, [owed.id], now=now)
    session.execute(delete(models.Device).where(models.Device.account_id == owed.account_id))
    assert notifications.deliver(pushing, [owed.id], now=now + MINUTE) == 0
    assert outcome(session, owed) == ("delivered", "sent")


def test_a_message_google_does_not_take_is_ours_to_mend_and_not_tried_again(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    # A thousand leaves are four thousand bytes, and a push may have no more with all else.
    too_long = {"fr": "🌿" * 1000, "en": "🌿" * 1000}
    owed = Owed(session, now)
    line = session.get_one(models.Notification, owed.id)
    line.params = {**line.params, "category": too_long}
    session.flush()
    notifications.deliver(pushing, [owed.id], now=now)
    state, code = outcome(session, owed)
    assert (state, code) == ("undeliverable", "INVALID_ARGUMENT")
    assert session.scalars(select(models.Delivery.outcome)).all() == ["refused"]
    [device] = notifications.devices_of(session, owed.account_id)
    assert device.dropped_at is None


def test_an_account_google_refuses_waits_for_somebody_to_act(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    with phones.trouble(**{"401": 1, "address": owed.phone}):
        notifications.deliver(pushing, [owed.id], now=now)
    assert outcome(session, owed)[0] == "owed"
    assert session.scalars(select(models.Delivery.outcome)).all() == ["unauthorised"]
    # Asking again and again helps nobody: not before half a minute is over.
    notifications.deliver(pushing, [owed.id], now=now + 29 * SECOND)
    assert outcome(session, owed)[0] == "owed"
    notifications.deliver(pushing, [owed.id], now=now + MINUTE)
    assert outcome(session, owed) == ("delivered", "sent")


def test_a_delivery_costs_the_same_statements_however_many_lines_it_carries(
    session: Session, now: datetime, pushing: Settings
) -> None:
    def cost(count: int) -> int:
        ids = [Owed(session, now).id for _ in range(count)]
        with racing.statements(session) as ran:
            assert notifications.deliver(pushing, ids, now=now) == count
        return len([one for one in ran if not one.startswith(("SAVEPOINT", "RELEASE"))])

    assert cost(20) == cost(2)


# --- leases ----------------------------------------------------------------------------------


def killed_while_sending(ids: list[uuid.UUID], *, now: datetime) -> None:
    """A worker that took these lines and was never heard of again."""
    with database.transaction() as session:
        assert len(delivery._lease(session, ids, sender=None, now=now)) == len(ids)


def test_what_a_killed_worker_held_is_delivered_once_its_lease_is_over(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    killed_while_sending([owed.id], now=now)
    just_before = now + LEASE - SECOND
    assert notifications.deliver(pushing, [owed.id], now=just_before) == 0
    assert factories.due_lines(session, now=just_before) == []

    over = now + LEASE
    assert factories.due_lines(session, now=over) == [owed.id]
    assert notifications.deliver(pushing, [owed.id], now=over) == 1
    assert outcome(session, owed) == ("delivered", "sent")
    assert len(phones.heard(owed.phone)) == 1


def test_a_line_withdrawn_from_a_killed_worker_may_have_been_heard(
    session: Session, now: datetime
) -> None:
    owed = Owed(session, now)
    killed_while_sending([owed.id], now=now)
    assert notifications.withdraw(session, [owed.subject_id], now=now) == set()


def test_two_workers_with_the_same_lines_ring_once(
    own_database: Engine, now: datetime, phones: Phones, pushing: Settings
) -> None:
    with database.transaction() as session:
        owed = [Owed(session, now) for _ in range(10)]
    ids = [one.id for one in owed]
    rang = racing.together(
        *[lambda: notifications.deliver(pushing, ids, now=now)] * 4,
    )
    assert sum(rang) == 10
    assert [len(phones.heard(one.phone)) for one in owed] == [1] * 10
    with database.transaction() as session:
        states = session.scalars(select(models.Notification.state)).all()
    assert set(states) == {"delivered"}


def eventually(check: Callable[[], bool]) -> None:
    for _ in range(500):
        if check():
            return
        threading.Event().wait(0.01)
    raise AssertionError("still not so after 5 s")


def while_google_is_slow(
    phones: Phones,
    pushing: Settings,
    owed: Owed,
    then: Callable[[], Any],
    *,
    now: datetime,
    seconds: float = 1.0,
) -> Any:
    """Run ``then`` while a worker waits for Google's answer."""
    with phones.trouble(slow={"share": 1, "seconds": seconds}, address=owed.phone):
        worker = threading.Thread(
            target=notifications.deliver, args=(pushing, [owed.id]), kwargs={"now": now}
        )
        worker.start()
        try:
            eventually(lambda: sending_until(owed) is not None)
            return then()
        finally:
            worker.join(timeout=20)


def test_no_transaction_is_open_while_google_is_asked(
    own_database: Engine, now: datetime, phones: Phones, pushing: Settings
) -> None:
    with database.transaction() as session:
        owed = Owed(session, now)

    def open_transactions() -> int:
        threading.Event().wait(0.2)
        with own_database.connect() as connection:
            return int(
                connection.scalar(
                    text(
                        "SELECT count(*) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND state LIKE 'idle in%'"
                        " AND pid <> pg_backend_pid()"
                    )
                )
                or 0
            )

    assert while_google_is_slow(phones, pushing, owed, open_transactions, now=now) == 0


def test_a_line_withdrawn_while_google_is_asked_stays_withdrawn_and_counts_as_heard(
    own_database: Engine, now: datetime, phones: Phones, pushing: Settings
) -> None:
    with database.transaction() as session:
        owed = Owed(session, now)

    def withdraw() -> set[uuid.UUID]:
        with database.transaction() as session:
            return notifications.withdraw(session, [owed.subject_id], now=now)

    assert while_google_is_slow(phones, pushing, owed, withdraw, now=now) == set()
    with database.transaction() as session:
        assert outcome(session, owed) == ("withdrawn", "withdrawn")


def test_a_person_erased_while_google_is_asked_does_not_undo_what_the_others_heard(
    own_database: Engine, now: datetime, phones: Phones, pushing: Settings
) -> None:
    with database.transaction() as session:
        owed = Owed(session, now)

    def erase() -> None:
        with database.transaction() as session:
            session.execute(delete(models.Notification))
            session.execute(delete(models.Device))

    while_google_is_slow(phones, pushing, owed, erase, now=now)
    with database.transaction() as session:
        assert session.scalars(select(models.Delivery)).all() == []


def test_the_wait_google_asks_for_counts_from_its_answer(
    own_database: Engine, now: datetime, phones: Phones, pushing: Settings
) -> None:
    with database.transaction() as session:
        owed = Owed(session, now)
    while_google_is_slow(phones, pushing, owed, lambda: None, now=now)
    with database.transaction() as session:
        ended_at = session.get_one(models.Notification, owed.id).ended_at
    assert ended_at is not None
    assert ended_at >= now + SECOND


def test_a_worker_that_comes_back_late_does_not_take_the_line_from_the_next(
    own_database: Engine, now: datetime, phones: Phones, pushing: Settings
) -> None:
    """A worker whose lease ran out meets trouble; the one that has it now goes on."""
    with database.transaction() as session:
        owed = Owed(session, now)
    stop = threading.Event()
    with phones.trouble(slow={"share": 1, "seconds": 30}, address=owed.phone):
        late = threading.Thread(
            target=notifications.deliver,
            args=(pushing, [owed.id]),
            kwargs={"now": now, "stopping": stop.is_set},
        )
        late.start()
        eventually(lambda: sending_until(owed) == now + LEASE)
        killed_while_sending([owed.id], now=now + LEASE)
        stop.set()
        late.join(timeout=20)
    assert sending_until(owed) == now + 2 * LEASE


def sending_until(owed: Owed) -> datetime | None:
    with database.transaction() as session:
        line = session.get_one(models.Notification, owed.id)
        assert line.state == "owed"
        return line.sending_until


def test_what_a_dead_worker_was_sending_is_owed_again_at_once(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    dead, alive = uuid.uuid4(), uuid.uuid4()
    mine, theirs = Owed(session, now), Owed(session, now)
    for owed, sender in ((mine, dead), (theirs, alive)):
        assert len(delivery._lease(session, [owed.id], sender=sender, now=now)) == 1
    assert notifications.give_back(session, [dead]) == 1
    assert notifications.give_back(session, [dead]) == 0
    assert factories.due_lines(session, now=now) == [mine.id]
    assert notifications.deliver(pushing, [mine.id, theirs.id], now=now) == 1
    assert len(phones.heard(mine.phone)) == 1
    assert phones.heard(theirs.phone) == []


def test_whoever_is_stopping_gives_back_what_has_not_left(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = [Owed(session, now) for _ in range(3)]
    ids = [one.id for one in owed]
    assert notifications.deliver(pushing, ids, now=now, stopping=lambda: True) == 0
    assert {outcome(session, one) for one in owed} == {("owed", "NotSent")}
    assert set(factories.due_lines(session, now=now + SECOND)) == set(ids)
    assert session.scalars(select(models.Notification.attempts)).all() == [0, 0, 0]
    assert notifications.deliver(pushing, ids, now=now) == 3


def test_workers_and_withdrawals_never_wait_in_a_ring(
    own_database: Engine, now: datetime, phones: Phones, pushing: Settings
) -> None:
    for _ in range(4):
        with database.transaction() as session:
            owed = [Owed(session, now) for _ in range(12)]
        ids = [one.id for one in owed]
        subjects = [one.subject_id for one in reversed(owed)]

        def withdraw(some: list[uuid.UUID]) -> Callable[[], Any]:
            def run() -> Any:
                with database.transaction() as session:
                    return notifications.withdraw(session, some, now=now)

            return run

        def ring(some: list[uuid.UUID]) -> Callable[[], Any]:
            return lambda: notifications.deliver(pushing, some, now=now)

        racing.together(
            ring(ids), ring(ids[::-1]), withdraw(subjects[:8]), withdraw(subjects[4:][::-1])
        )
        with database.transaction() as session:
            rows = session.execute(
                select(models.Notification.state, func.count()).group_by(models.Notification.state)
            ).all()
        assert {state for state, _ in rows} <= {"delivered", "withdrawn"}


# --- phones change hands ---------------------------------------------------------------------


def test_a_phone_whose_sign_in_was_ended_does_not_ring(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    owed = Owed(session, now)
    sign_in = accounts_models.SignIn(account_id=owed.account_id, created_at=now)
    session.add(sign_in)
    session.flush()
    [device] = notifications.devices_of(session, owed.account_id)
    device.sign_in_id = sign_in.id
    accounts.end_all(session, owed.account_id, reason="password-reset", now=now)
    assert notifications.deliver(pushing, [owed.id], now=now) == 0
    assert phones.heard(owed.phone) == []


def put(
    session: Session, account_id: uuid.UUID, installation_id: str, address: str, now: datetime
) -> None:
    notifications.put_device(
        session,
        factories.person(session, account_id),
        installation_id=installation_id,
        address_kind="fid",
        address=address,
        platform="web",
        app_version="1",
        sign_in_id=None,
        now=now,
    )


def test_a_phone_that_changed_hands_does_not_ring_for_its_former_owner(
    session: Session, now: datetime, phones: Phones, pushing: Settings
) -> None:
    former = Owed(session, now)
    [device] = notifications.devices_of(session, former.account_id)
    put(session, factories.account(session).id, device.installation_id, former.phone, now)
    assert notifications.deliver(pushing, [former.id], now=now) == 0
    assert outcome(session, former) == ("undeliverable", "no-device")
    assert phones.heard(former.phone) == []


def test_an_address_that_many_bring_at_once_has_one_owner(
    own_database: Engine, now: datetime
) -> None:
    with database.transaction() as session:
        people = [factories.account(session).id for _ in range(6)]
    for number in range(5):
        address = f"shared-{number}"

        def bring(account_id: uuid.UUID, address: str = address) -> Callable[[], Any]:
            def run() -> None:
                with database.transaction() as session:
                    put(session, account_id, uuid.uuid4().hex, address, now)

            return run

        racing.together(*(bring(account_id) for account_id in people))
    with database.transaction() as session:
        owners = {
            row.address: row.owners
            for row in session.execute(
                select(models.Device.address, func.count().label("owners")).group_by(
                    models.Device.address
                )
            )
        }
    assert owners == {f"shared-{number}": 1 for number in range(5)}
