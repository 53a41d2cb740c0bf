"""What happened between us and a provider, fact by fact.

Hides: that the same fact, told twice, counts once. Every figure of a provider is
counted from here: by matching for ranking, below for the provider's own eyes and for
the public profile.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Float, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from jobbing_api import database, errors
from jobbing_api.markets import models as markets_models
from jobbing_api.markets import policies
from jobbing_api.providers import models

#: The urgency whose general rules say over how many days people are shown figures.
_TYPICAL_URGENCY = "scheduled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing that happened; ``kind`` is one of ``models.RECORD_KINDS``.

    ``subject_id`` is the offer (asked, answered, declined, unanswered, withdrawn) or the job;
    a decline is an answer first.
    ``at`` may lie ahead: a rating counts from the instant its review is visible.
    ``stars`` (1-5) come with ``rated`` and with nothing else.
    """

    kind: str
    provider_id: uuid.UUID
    market_id: uuid.UUID
    category_id: int
    urgency: str
    subject_id: uuid.UUID
    at: datetime
    stars: int | None = None


_FACT = tuple(field.name for field in fields(Fact))


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """A provider's figures over the last days, for their own eyes.

    Offers of the last ``response_days``, visits of the last ``visit_days``. Shares
    are None where there is nothing to take a share of.
    """

    response_days: int
    asked: int
    answered: int
    unanswered: int
    withdrawn: int
    #: answered / (answered + unanswered): a decline is an answer.
    response_share: float | None
    response_median_min: float | None
    #: Visits booked in the same days, and their share of the answers.
    accepted: int
    acceptance_share: float | None
    visit_days: int
    kept: int
    late: int
    cancelled: int
    absent: int
    #: Plain mean of all visible ratings, and how many there are.
    rating_mean: float | None
    rating_count: int


def write(
    session: Session,
    *,
    kind: str,
    provider_id: uuid.UUID,
    market_id: uuid.UUID,
    category_id: int,
    urgency: str,
    subject_id: uuid.UUID,
    at: datetime,
    stars: int | None = None,
) -> None:
    """Keep one fact; the same kind about the same subject and provider counts once."""
    fact = Fact(
        kind=kind,
        provider_id=provider_id,
        market_id=market_id,
        category_id=category_id,
        urgency=urgency,
        subject_id=subject_id,
        at=at,
        stars=stars,
    )
    write_many(session, [fact])


def write_many(session: Session, facts: Sequence[Fact]) -> None:
    """Keep many facts in one statement, each as ``write`` does."""
    if not facts:
        return
    session.flush()
    rows = [{"id": database.new_id(), **_values(fact)} for fact in facts]
    session.execute(
        insert(models.RecordEntry).on_conflict_do_nothing(
            index_elements=["subject_id", "provider_id", "kind"]
        ),
        rows,
    )


def add_many(session: Session, facts: Sequence[Fact]) -> None:
    """Keep many facts about subjects that are new themselves, with whatever else the
    session writes."""
    session.add_all(models.RecordEntry(id=database.new_id(), **_values(fact)) for fact in facts)


def _values(fact: Fact) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in _FACT}


def redate(
    session: Session,
    *,
    kind: str,
    provider_id: uuid.UUID,
    subject_id: uuid.UUID,
    at: datetime,
) -> None:
    """Move a fact to another instant: a hidden review that is revealed early."""
    entry = models.RecordEntry
    session.execute(
        update(entry)
        .where(
            entry.kind == kind,
            entry.provider_id == provider_id,
            entry.subject_id == subject_id,
        )
        .values(at=at)
    )


def forget(session: Session, *, kind: str, subject_ids: Sequence[uuid.UUID]) -> None:
    """Strike facts that turned out not to have happened: an offer taken back before
    it was sent was never asked."""
    entry = models.RecordEntry
    session.execute(
        delete(entry).where(entry.kind == kind, entry.subject_id.in_(list(subject_ids)))
    )


def asked_since(
    session: Session, provider_ids: Sequence[uuid.UUID], *, since: datetime, now: datetime
) -> dict[uuid.UUID, int]:
    """How often each was asked since; nobody is named who was not."""
    asked = {"provider_ids": list(provider_ids), "since": since, "now": now}
    return {row[0]: row[1] for row in session.execute(_ASKED_SINCE, asked)}


#: Put together once: every wave asks it.
_ASKED_SINCE = text("""
    SELECT provider_id, count(*) FROM record_entries
    WHERE kind = 'asked' AND provider_id = ANY(:provider_ids) AND at > :since AND at <= :now
    GROUP BY provider_id
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseTime:
    """How soon somebody answers: the median in minutes, of so many answers."""

    median_min: float | None = None
    count: int = 0


def response_times(
    session: Session, provider_ids: Sequence[uuid.UUID], *, since: datetime, now: datetime
) -> dict[uuid.UUID, ResponseTime]:
    """The minutes from being asked to answering of each, over what was asked since; nobody
    is named who answered nothing.

    A decline is left out: whoever thinks it over and says no must not look slow for it.
    """
    asked, answered = aliased(models.RecordEntry), aliased(models.RecordEntry)
    declined = aliased(models.RecordEntry)
    waited_s = func.extract("epoch", answered.at - asked.at)
    times = (
        select(
            asked.provider_id,
            (func.percentile_cont(0.5).within_group(waited_s) / 60).cast(Float),
            func.count(),
        )
        .where(
            asked.provider_id.in_(provider_ids),
            asked.kind == "asked",
            asked.at > since,
            answered.provider_id == asked.provider_id,
            answered.subject_id == asked.subject_id,
            answered.kind == "answered",
            answered.at.between(asked.at, now),
            ~select(declined.id)
            .where(
                declined.provider_id == asked.provider_id,
                declined.subject_id == asked.subject_id,
                declined.kind == "declined",
            )
            .exists(),
        )
        .group_by(asked.provider_id)
    )
    return {
        provider_id: ResponseTime(median_min=median_min, count=count)
        for provider_id, median_min, count in session.execute(times)
    }


def response_medians_min(
    session: Session, provider_ids: Sequence[uuid.UUID], *, since: datetime, now: datetime
) -> dict[uuid.UUID, float]:
    """The median alone of each who answered."""
    times = response_times(session, provider_ids, since=since, now=now)
    return {one: said.median_min for one, said in times.items() if said.median_min is not None}


def response_median_min(
    session: Session, provider_id: uuid.UUID, *, since: datetime, now: datetime
) -> float | None:
    """The same of one; None for whoever answered nothing."""
    return response_medians_min(session, [provider_id], since=since, now=now).get(provider_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What visits and reviews of all times say of somebody, for anybody's eyes."""

    rating_mean: float | None = None
    rating_count: int = 0
    #: Visits begun, and what share of their work was to be done again.
    visits: int = 0
    redo_share: float | None = None


def standings(
    session: Session, provider_ids: Sequence[uuid.UUID], *, now: datetime
) -> dict[uuid.UUID, Standing]:
    """How each stands; nobody is named of whom nothing is known."""
    entry = models.RecordEntry
    rows = session.execute(
        select(
            entry.provider_id,
            func.avg(entry.stars).cast(Float),
            func.count().filter(entry.kind == "rated"),
            func.count().filter(entry.kind.in_(("kept", "late"))),
            func.count().filter(entry.kind == "redone"),
        )
        .where(
            entry.provider_id.in_(provider_ids),
            entry.kind.in_(("rated", "kept", "late", "redone")),
            entry.at <= now,
        )
        .group_by(entry.provider_id)
    )
    return {
        provider_id: Standing(
            rating_mean=mean,
            rating_count=ratings,
            visits=visits,
            redo_share=redone / visits if visits else None,
        )
        for provider_id, mean, ratings, visits, redone in rows
    }


def ratings_by_category(
    session: Session, provider_ids: Sequence[uuid.UUID], *, now: datetime
) -> dict[uuid.UUID, dict[str, tuple[float, int]]]:
    """The plain mean of each one's visible ratings and how many there are, by the slugs of
    the categories, in their order."""
    entry, category = models.RecordEntry, markets_models.Category
    rows = session.execute(
        select(entry.provider_id, category.slug, func.avg(entry.stars).cast(Float), func.count())
        .join(category, category.id == entry.category_id)
        .where(entry.provider_id.in_(provider_ids), entry.kind == "rated", entry.at <= now)
        .group_by(entry.provider_id, category.id)
        .order_by(category.id)
    )
    found: dict[uuid.UUID, dict[str, tuple[float, int]]] = {}
    for provider_id, slug, mean, count in rows:
        found.setdefault(provider_id, {})[slug] = (mean, count)
    return found


def response_window(session: Session, market_id: uuid.UUID, *, now: datetime) -> timedelta:
    """How far back answers are counted in a market."""
    return timedelta(days=_rules(session, market_id, now).responsiveness_days)


def _rules(session: Session, market_id: uuid.UUID, now: datetime) -> policies.Policy:
    return policies.in_force(
        session, market_id=market_id, category_id=None, urgency=_TYPICAL_URGENCY, now=now
    )


def figures(session: Session, provider_id: uuid.UUID, *, now: datetime) -> Figures:
    """How a provider did lately; raises NotFound if there is no such provider."""
    provider = session.get(models.Provider, provider_id)
    if provider is None:
        raise errors.NotFound(what="provider")
    rules = _rules(session, provider.market_id, now)
    answers_since = now - timedelta(days=rules.responsiveness_days)
    visits_since = now - timedelta(days=rules.reliability_days)

    entry = models.RecordEntry
    counts: dict[str, int] = {}
    for since, kinds in (
        (answers_since, ("asked", "answered", "unanswered", "withdrawn")),
        (visits_since, ("kept", "late", "cancelled", "absent")),
    ):
        counted = session.execute(
            select(entry.kind, func.count().label("facts"))
            .where(
                entry.provider_id == provider_id,
                entry.kind.in_(kinds),
                entry.at > since,
                entry.at <= now,
            )
            .group_by(entry.kind)
        )
        counts |= dict.fromkeys(kinds, 0) | {row.kind: row.facts for row in counted}
    accepted = session.scalar(
        select(func.count()).where(
            models.Booking.provider_id == provider_id,
            models.Booking.created_at > answers_since,
            models.Booking.created_at <= now,
        )
    )
    standing = standings(session, [provider_id], now=now).get(provider_id, Standing())
    due = counts["answered"] + counts["unanswered"]
    return Figures(
        response_days=rules.responsiveness_days,
        response_share=counts["answered"] / due if due else None,
        response_median_min=response_median_min(session, provider_id, since=answers_since, now=now),
        accepted=accepted or 0,
        acceptance_share=(
            min(1.0, (accepted or 0) / counts["answered"]) if counts["answered"] else None
        ),
        visit_days=rules.reliability_days,
        rating_mean=standing.rating_mean,
        rating_count=standing.rating_count,
        **counts,
    )
