"""Ringing the phones: lease, send without a transaction, write down what became of it.

Hides: leases, which devices have heard already, when to try again, and what an
outcome means for an address. Google may take seconds to answer and a worker may die
at any instruction, so no transaction is open while it is asked, what is known is
written down a few outcomes at a time, and a row is settled only once all of its are.
"""

from __future__ import annotations

import contextlib
import itertools
import operator
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from jobbing_api import database, firebase
from jobbing_api.notifications import fallback, wording
from jobbing_api.settings import Settings

_log = structlog.get_logger(__name__)

#: A batch leaves within so long; what has not left by then is owed as before.
_LEAVES_WITHIN_S = 4.0

#: Longer than a batch and one slow answer take together, or a second worker would ring
#: the same phones. It is for a worker that lives and is stuck: what a dead one held is
#: given back at once (``outbox.give_back``).
_LEASE = timedelta(seconds=_LEAVES_WITHIN_S + firebase.ANSWER_S + 2)

#: After so many tries a line is given up even if it has not expired.
_MOST_ATTEMPTS = 10

_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 300.0

#: While Google refuses our account, nobody is asked about more often than this.
_REFUSED_PAUSE = timedelta(seconds=30)

#: Clocks of two machines differ by this much: what one of them says is due, is.
CLOCKS_DIFFER = timedelta(seconds=0.25)


@dataclass(slots=True)
class _Line:
    """A leased notification, and what is known of its phones so far."""

    id: uuid.UUID
    account_id: uuid.UUID
    kind: str
    about: str
    subject_id: uuid.UUID
    params: Mapping[str, Any]
    collapse_key: str
    urgent: bool
    expires_at: datetime
    due_at: datetime
    attempts: int
    trace: str | None
    #: How many phones have still to be heard of in this try.
    unknown: int = 0
    known: list[firebase.Outcome] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ring:
    """One notification on one device."""

    line: _Line
    installation_id: str
    push: firebase.Push


@dataclass(frozen=True, slots=True)
class _End:
    """What a line becomes: settled, or owed again from ``wake_at`` on."""

    line: _Line
    state: str
    outcome: str
    wake_at: datetime | None = None
    #: A try that Google never saw, or refused for our account's sake, was none.
    counted: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What became of one message: its outcome at ``at``, in a batch that ``began_at``; of a
    line that was due at ``due_at`` and came of the span ``trace``."""

    notification_id: uuid.UUID
    outcome: firebase.Outcome
    due_at: datetime
    began_at: datetime
    at: datetime
    trace: str | None


def deliver(
    settings: Settings,
    ids: Sequence[uuid.UUID],
    *,
    sender: uuid.UUID | None = None,
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
    told: Callable[[Told], None] = lambda _: None,
) -> int:
    """Ring the phones of these notifications, as far as they are still owed and due.

    Safe to run twice: a row another worker holds, or one that is settled, is skipped.
    ``sender`` is the process that holds them meanwhile (``processes``); once ``stopping``
    says so, what has not left is given back. ``told`` hears what became of each message.
    Returns how many messages were handed to Google.
    """
    began_s = time.monotonic()
    with database.transaction() as session:
        leased = _lease(session, ids, sender=sender, now=now)
        rings, ends = _rings(settings, leased, now=now)
        _write(session, settings, [], ends, now=now)
    if not rings:
        return 0
    telling = firebase.client(settings).sending(
        [ring.push for ring in rings], within_s=_LEAVES_WITHIN_S, stopping=stopping
    )
    left = 0
    with contextlib.closing(telling):
        for some in telling:
            # Google may have taken seconds: what it asks us to wait counts from its answer.
            at = now + timedelta(seconds=time.monotonic() - began_s)
            heard = [(rings[index], outcome) for index, outcome in some]
            left += sum(outcome.code != firebase.NOT_SENT for _, outcome in heard)
            _settle(settings, heard, now=at)
            for ring, outcome in heard:
                told(
                    Told(
                        notification_id=ring.line.id,
                        outcome=outcome,
                        due_at=ring.line.due_at,
                        began_at=now,
                        at=at,
                        trace=ring.line.trace,
                    )
                )
    return left


#: The lines, each with the phones that have not heard it; one row without a phone where
#: there is none. A lease that a crash of the database forgets is one that its worker never
#: had: nobody waits for it to be on the disk. A phone whose sign-in was ended from elsewhere
#: may be in other hands.
_LEASED = text("""
    WITH eager AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    free AS MATERIALIZED (
        SELECT id FROM notifications
        WHERE id = ANY(:ids) AND state = 'owed' AND wake_at <= :due
          AND (SELECT true FROM eager)
          AND (sending_until IS NULL OR sending_until <= :now)
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
    ),
    leased AS (
        UPDATE notifications n
        SET sender_id = :sender, sending_until = :until, attempts = n.attempts + 1,
            queued_at = coalesce(n.queued_at, :now)
        FROM free WHERE n.id = free.id
        RETURNING n.id, n.account_id, n.kind, n.about, n.subject_id, n.params, n.collapse_key,
                  n.urgent, n.expires_at, n.due_at, n.attempts, n.trace
    )
    SELECT n.*, a.language, d.installation_id, d.address_kind, d.address,
           n.attempts > 1 AND EXISTS (
               SELECT FROM deliveries x WHERE x.notification_id = n.id AND x.outcome = 'sent'
           ) AS heard,
           n.attempts > 1 AND EXISTS (
               SELECT FROM deliveries x
               WHERE x.notification_id = n.id AND x.installation_id = d.installation_id
                 AND x.outcome IN ('sent', 'refused')
           ) AS settled
    FROM leased n
    JOIN accounts a ON a.id = n.account_id
    LEFT JOIN devices d ON d.account_id = n.account_id AND d.dropped_at IS NULL
        AND NOT EXISTS (
            SELECT FROM sign_ins s WHERE s.id = d.sign_in_id AND s.ended_at IS NOT NULL
        )
    ORDER BY n.id
""")

_LINE = operator.attrgetter(
    *("id", "account_id", "kind", "about", "subject_id", "params", "collapse_key", "urgent"),
    *("expires_at", "due_at", "attempts", "trace"),
)


def _lease(
    session: Session, ids: Sequence[uuid.UUID], *, sender: uuid.UUID | None, now: datetime
) -> list[tuple[_Line, list[Any]]]:
    """The lines that are this process's for now, each with the rows of its phones."""
    rows = session.execute(
        _LEASED,
        {
            "ids": list(ids),
            "due": now + CLOCKS_DIFFER,
            "now": now,
            "until": now + _LEASE,
            "sender": sender,
        },
    )
    by_line = itertools.groupby(rows, key=operator.attrgetter("id"))
    leased = [list(phones) for _, phones in by_line]
    return [(_Line(*_LINE(phones[0])), phones) for phones in leased]


def _rings(
    settings: Settings, leased: Sequence[tuple[_Line, list[Any]]], *, now: datetime
) -> tuple[list[_Ring], list[_End]]:
    """What to send; and the lines that have nobody to reach or came too late."""
    rings: list[_Ring] = []
    ends: list[_End] = []
    for line, rows in leased:
        if line.expires_at <= now:
            ends.append(_End(line, "undeliverable", "expired"))
            continue
        todo = [row for row in rows if row.installation_id is not None and not row.settled]
        if not todo:
            nobody = "no-device" if rows[0].installation_id is None else "refused"
            ends.append(
                _End(line, "delivered", "sent")
                if rows[0].heard
                else _End(line, "undeliverable", nobody)
            )
            continue
        try:
            said = wording.pushes(
                line, todo, language=rows[0].language, base_url=settings.base_url, now=now
            )
        except Exception:
            # A sentence that cannot be said is ours to mend; the other lines of its
            # batch must not wait for that.
            _log.exception("push.unsayable", kind=line.kind, notification_id=str(line.id))
            ends.append(_End(line, "undeliverable", "unsayable"))
            continue
        line.unknown = len(todo)
        rings += [
            _Ring(line, row.installation_id, push) for row, push in zip(todo, said, strict=True)
        ]
    return rings, ends


def _settle(
    settings: Settings, heard: Sequence[tuple[_Ring, firebase.Outcome]], *, now: datetime
) -> None:
    """Write down what is known by now. While the database is away, these outcomes are the
    only trace of what phones have heard: it is worth waiting for."""
    refused = Counter(
        outcome.code for _, outcome in heard if outcome.kind in ("refused", "unauthorised")
    )
    if refused:
        # Somebody has to act: Google does not take what we write, or not from us.
        _log.error("push.refused", codes=dict(refused))
    ends = list(_ended(heard, now=now))
    ends_s = time.monotonic() + _LEASE.total_seconds() / 2
    while True:
        try:
            with database.transaction() as session:
                _write(session, settings, heard, ends, now=now)
            return
        except OperationalError as error:
            if time.monotonic() > ends_s:
                raise
            _log.warning("push.outcomes_wait", error=type(error.orig).__name__)
            time.sleep(0.2)


def _ended(heard: Iterable[tuple[_Ring, firebase.Outcome]], *, now: datetime) -> Iterator[_End]:
    """What becomes of the lines of which every phone is known now."""
    for ring, outcome in heard:
        line = ring.line
        line.known.append(outcome)
        line.unknown -= 1
        if not line.unknown:
            yield _end_of(line, now=now)


def _end_of(line: _Line, *, now: datetime) -> _End:
    waits = [outcome for outcome in line.known if outcome.kind in ("later", "unauthorised")]
    if not waits:
        if any(outcome.kind == "sent" for outcome in line.known):
            return _End(line, "delivered", "sent")
        return _End(line, "undeliverable", line.known[0].code)
    tried = [outcome for outcome in waits if outcome.code != firebase.NOT_SENT]
    retry_at = now + _pause(line.attempts, waits)
    counted = any(outcome.kind == "later" for outcome in tried)
    if retry_at < line.expires_at and not (counted and line.attempts >= _MOST_ATTEMPTS):
        code = tried[0].code if tried else firebase.NOT_SENT
        return _End(line, "owed", code, wake_at=retry_at, counted=counted)
    if any(outcome.kind == "sent" for outcome in line.known):
        return _End(line, "delivered", "sent")
    return _End(line, "undeliverable", waits[0].code)


def _pause(attempts: int, waits: Sequence[firebase.Outcome]) -> timedelta:
    """As long as Google asks for, else exponential with full jitter; none for what has not
    left, and a long one while our account is refused."""
    if any(outcome.kind == "unauthorised" for outcome in waits):
        return _REFUSED_PAUSE
    if all(outcome.code == firebase.NOT_SENT for outcome in waits):
        return timedelta(0)
    asked = [outcome.retry_after_s for outcome in waits if outcome.retry_after_s is not None]
    if asked:
        return timedelta(seconds=max(asked))
    ceiling = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2 ** max(0, attempts - 1))
    # Jitter, not cryptography: phones that failed together must not try together.
    return timedelta(seconds=ceiling * (0.5 + random.random() / 2))  # noqa: S311


#: Lines that are still there, in the order of their ids as whoever withdraws several takes
#: them: one may be gone with the person it was owed to.
_HEARD = text("""
    WITH heard AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:lines AS uuid[]), CAST(:installations AS text[]), CAST(:outcomes AS text[]),
            CAST(:codes AS text[]), CAST(:messages AS text[])
        ) AS h (line_id, installation_id, outcome, code, message_id)
    ), there AS MATERIALIZED (
        SELECT n.id FROM notifications n
        WHERE n.id IN (SELECT line_id FROM heard)
        ORDER BY n.id FOR KEY SHARE
    )
    INSERT INTO deliveries AS d
        (notification_id, installation_id, outcome, code, message_id, attempts, at)
    SELECT h.line_id, h.installation_id, h.outcome, h.code, h.message_id, 1, :now
    FROM heard h JOIN there t ON t.id = h.line_id
    ON CONFLICT (notification_id, installation_id) DO UPDATE
    SET outcome = excluded.outcome, code = excluded.code,
        message_id = coalesce(excluded.message_id, d.message_id),
        attempts = d.attempts + 1, at = excluded.at
""")

#: A lease may have run out meanwhile, and the line be withdrawn or settled, which stands;
#: or it may be another worker's by now, which will find out for itself when to try again.
_ENDED = text("""
    WITH known AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:attempts AS smallint[]), CAST(:states AS text[]),
            CAST(:outcomes AS text[]), CAST(:wakes AS timestamptz[]), CAST(:counted AS boolean[])
        ) AS k (id, attempts, state, outcome, wake_at, counted)
    ), held AS MATERIALIZED (
        SELECT n.id FROM notifications n JOIN known k ON k.id = n.id
        WHERE n.state = 'owed' AND (k.state <> 'owed' OR n.attempts = k.attempts)
        ORDER BY n.id FOR NO KEY UPDATE OF n
    )
    UPDATE notifications n
    SET state = k.state, outcome = k.outcome, wake_at = k.wake_at,
        ended_at = CASE WHEN k.state <> 'owed' THEN CAST(:now AS timestamptz) END,
        attempts = CASE WHEN k.counted THEN n.attempts ELSE n.attempts - 1 END,
        queued_at = NULL, sender_id = NULL, sending_until = NULL
    FROM known k JOIN held h ON h.id = k.id
    WHERE n.id = k.id
""")

#: Nobody lives there, unless the app has registered anew since.
_DROPPED = text("""
    WITH gone AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:installations AS text[]), CAST(:addresses AS text[]), CAST(:codes AS text[])
        ) AS g (installation_id, address, code)
    ), held AS MATERIALIZED (
        SELECT d.installation_id, g.code
        FROM devices d
        JOIN gone g ON g.installation_id = d.installation_id AND g.address = d.address
        ORDER BY d.installation_id FOR NO KEY UPDATE OF d
    )
    UPDATE devices d SET dropped_at = :now, dropped_because = held.code
    FROM held WHERE d.installation_id = held.installation_id
""")


def _write(
    session: Session,
    settings: Settings,
    heard: Sequence[tuple[_Ring, firebase.Outcome]],
    ends: Sequence[_End],
    *,
    now: datetime,
) -> None:
    tried = [(ring, outcome) for ring, outcome in heard if outcome.code != firebase.NOT_SENT]
    if tried:
        session.execute(
            _HEARD,
            {
                "lines": [ring.line.id for ring, _ in tried],
                "installations": [ring.installation_id for ring, _ in tried],
                "outcomes": [outcome.kind for _, outcome in tried],
                "codes": [outcome.code for _, outcome in tried],
                "messages": [outcome.message_id for _, outcome in tried],
                "now": now,
            },
        )
    if ends:
        session.execute(
            _ENDED,
            {
                "ids": [end.line.id for end in ends],
                "attempts": [end.line.attempts for end in ends],
                "states": [end.state for end in ends],
                "outcomes": [end.outcome for end in ends],
                "wakes": [end.wake_at for end in ends],
                "counted": [end.counted for end in ends],
                "now": now,
            },
        )
    # Of other ends, a line that came too late or cannot be said, a mail would be no better.
    silent = [
        end.line for end in ends if end.outcome in fallback.NO_PHONE and end.line.expires_at > now
    ]
    fallback.owe(session, settings, silent, now=now)
    gone = [(ring, outcome) for ring, outcome in tried if outcome.kind == "gone"]
    if gone:
        session.execute(
            _DROPPED,
            {
                "installations": [ring.installation_id for ring, _ in gone],
                "addresses": [ring.push.address for ring, _ in gone],
                "codes": [outcome.code for _, outcome in gone],
                "now": now,
            },
        )
