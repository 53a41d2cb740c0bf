"""How somebody wants to be reached: by which way about what, and whether at night."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import errors
from jobbing_api.notifications import models

#: What lines are about, as people tell them apart.
Topic = Literal["offers", "answers", "visits", "reviews", "account"]

#: The topic of every kind of line. A test holds it against the wording.
TOPICS: Mapping[str, Topic] = {
    "offer": "offers",
    "offer-outside-hours": "offers",
    "offer-withdrawn": "offers",
    "job-taken": "offers",
    "quote-chosen": "offers",
    "quote-not-chosen": "offers",
    "offers-paused": "offers",
    "stand-by-asked": "offers",
    "job-assigned": "answers",
    "job-unfilled": "answers",
    "job-waits": "answers",
    "job-repeated": "answers",
    "repeat-missed": "answers",
    "wait-list-free": "answers",
    "quote-received": "answers",
    "counter-agreed": "answers",
    "counter-refused": "answers",
    "counter-asked": "offers",
    "acceptance-undone": "answers",
    "provider-dropped-out": "answers",
    "message": "visits",
    "job-booked": "visits",
    "job-cancelled": "visits",
    "visit-missed": "visits",
    "visit-confirm": "visits",
    "visit-confirm-now": "visits",
    "visit-soon": "visits",
    "visit-confirmed": "visits",
    "visit-unconfirmed": "visits",
    "visit-late": "visits",
    "visit-late-under-way": "visits",
    "visit-overdue": "visits",
    "visit-moved": "visits",
    "reschedule-asked": "visits",
    "reschedule-refused": "visits",
    "substitute-asked": "visits",
    "substitute-agreed": "visits",
    "substitute-refused": "visits",
    "start-code-changed": "visits",
    "nobody-home": "visits",
    "on-my-way": "visits",
    "job-started": "visits",
    "check-in-asked": "visits",
    "work-progress": "visits",
    "work-blocked": "visits",
    "work-stalled": "visits",
    "work-quiet": "visits",
    "change-asked": "visits",
    "change-agreed": "visits",
    "change-refused": "visits",
    "supplies-charged": "visits",
    "payment-said": "visits",
    "payment-received": "visits",
    "payment-refused": "visits",
    "job-finished": "visits",
    "confirm-reminder": "visits",
    "redo-date": "visits",
    "redo-overdue": "visits",
    "redo-asked": "visits",
    "job-completed": "visits",
    "job-disputed": "visits",
    "dispute-opened": "visits",
    "dispute-overdue": "visits",
    "dispute-statement": "visits",
    "dispute-decided": "visits",
    "review-asked": "reviews",
    "reviews-visible": "reviews",
    "calendar-confirm": "account",
    "report-made": "account",
    "report-kept": "account",
    "report-hidden": "account",
    "points-review": "account",
    "paper-waiting": "account",
    "paper-verified": "account",
    "paper-refused": "account",
    "paper-ending": "account",
}

#: Ways to somebody. A push goes out first; a mail or a text message where no phone of theirs
#: can be rung (``fallback``).
WAYS = ("push", "mail", "sms")

#: What holds for whoever said nothing.
_UNLESS_SAID: Mapping[Topic, tuple[str, ...]] = {
    "offers": ("push", "mail"),
    "answers": ("push", "mail"),
    "visits": ("push", "mail"),
    "reviews": ("push",),
    "account": ("push", "mail"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """The ways by which somebody is told of each topic, and whether offers for now may
    ring in the quiet hours."""

    ways: Mapping[Topic, tuple[str, ...]]
    now_at_night: bool

    def by(self, way: str, kind: str) -> bool:
        """Whether a line of this kind may go this way."""
        return way in self.ways[TOPICS[kind]]


DEFAULT = Wishes(ways=_UNLESS_SAID, now_at_night=False)


def wishes_of(session: Session, account_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Wishes]:
    """What each of them wishes; whoever said nothing is not named (``DEFAULT``)."""
    row = models.Preference
    said = session.execute(
        select(row.account_id, row.ways, row.now_at_night).where(
            row.account_id.in_(list(account_ids))
        )
    )
    return {
        account_id: Wishes(ways=_with_defaults(ways), now_at_night=now_at_night)
        for account_id, ways, now_at_night in said
    }


def _with_defaults(ways: Mapping[str, Any]) -> dict[Topic, tuple[str, ...]]:
    # A topic that came later has its default in older rows.
    return {topic: tuple(ways.get(topic, usual)) for topic, usual in _UNLESS_SAID.items()}


def put(
    session: Session,
    account_id: uuid.UUID,
    *,
    ways: Mapping[str, Iterable[str]],
    now_at_night: bool,
) -> Wishes:
    """Say how one wants to be reached; a topic that is not named keeps its default.

    Raises InvalidInput for a topic or a way there is none of.
    """
    wrong = {f"ways.{topic}": ["field-topic"] for topic in ways if topic not in _UNLESS_SAID} | {
        f"ways.{topic}": ["field-way"]
        for topic, named in ways.items()
        if topic in _UNLESS_SAID and not set(named) <= set(WAYS)
    }
    if wrong:
        raise errors.InvalidInput(fields=wrong)
    # In one order, and each once.
    kept = {topic: [way for way in WAYS if way in set(named)] for topic, named in ways.items()}
    values = {"ways": kept, "now_at_night": now_at_night}
    session.execute(
        insert(models.Preference)
        .values(account_id=account_id, **values)
        .on_conflict_do_update(index_elements=["account_id"], set_=values)
    )
    return Wishes(ways=_with_defaults(kept), now_at_night=now_at_night)


def awake_at_night(session: Session, account_ids: Iterable[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Who of them may be rung in the quiet hours."""
    row = models.Preference
    awake = select(row.account_id).where(row.account_id.in_(list(account_ids)), row.now_at_night)
    return frozenset(session.scalars(awake))
