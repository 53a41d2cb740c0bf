"""Papers somebody holds: an insurance, a qualification, who they are.

Hides: from when to when a paper counts, and who is told before it ends. Whether it is what
it says, a person decides (``verification``). The papers of a provider are changed by whoever
holds the provider (``free_time.lock``).
"""

from __future__ import annotations

import uuid
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, dues, errors, files, history, notifications
from jobbing_api.accounts import models as accounts_models
from jobbing_api.markets import local_time, policies
from jobbing_api.markets import models as markets_models
from jobbing_api.providers import free_time, models

KINDS = models.PAPER_KINDS

#: Who somebody is, and that they are registered to work: asked of everybody.
IDENTITY = "identity"
EVERYBODYS = (IDENTITY, "registration")

#: The paper of whoever is declared for services at home (article L. 7232-1-1 of the French
#: labour code; the letter is that of the categories). It gives a tax credit; nobody needs it
#: to work.
DECLARED = "S"

#: A qualification and a ten-year cover are for some kinds of work and not for others.
FOR_CATEGORIES = ("Q", "D")

#: These always say until when.
_ALWAYS_END = ("R", "D", "T", "C", IDENTITY)

STATES = ("waiting", "verified", "refused", "expired")

#: What becomes due about a paper: a reminder, or its end.
ENDS = "paper-ends"

#: So many somebody may keep here; whoever has more takes some away first.
MOST = 60

#: Days beyond these are slips of the pen.
_EARLIEST = date(1900, 1, 1)
_LONGEST = timedelta(days=50 * 366)

#: When somebody is reminded, in minutes of the market's day.
_IN_THE_MORNING = 9 * 60

_DAY = timedelta(days=1)

#: A line about a paper is worth sending for so long.
_WORTH_SENDING = timedelta(days=14)

#: The urgency whose general rules say when somebody is reminded.
_TYPICAL_URGENCY = "scheduled"


@dataclass(frozen=True, kw_only=True, slots=True)
class InForce:
    """A paper that counts now, for anybody's eyes: never its scan or its number. Without
    ``categories`` it is for all of them."""

    kind: str
    categories: tuple[str, ...]
    expires_on: date | None


def asked_of(category_papers: Iterable[str]) -> tuple[str, ...]:
    """The kinds a category asks of whoever works in it, where its market insists."""
    return (*EVERYBODYS, *(kind for kind in category_papers if kind != DECLARED))


def counts(now: datetime) -> ColumnElement[bool]:
    """Whether a paper is verified and in force."""
    paper = models.Paper
    return (
        (paper.verified_at <= now)
        & or_(paper.valid_from.is_(None), paper.valid_from <= now)
        & or_(paper.valid_until.is_(None), paper.valid_until > now)
    )


def state_of(paper: models.Paper, *, now: datetime) -> str:
    """One of ``STATES``. What waits is not expired before somebody has looked at it."""
    if paper.refused_at is not None:
        return "refused"
    if paper.verified_at is None:
        return "waiting"
    return "expired" if is_over(paper, now=now) else "verified"


def in_state(state: str, now: datetime) -> ColumnElement[bool]:
    """The same as a condition."""
    paper = models.Paper
    verified, over = paper.verified_at.is_not(None), paper.valid_until <= now
    return {
        "waiting": paper.verified_at.is_(None) & paper.refused_at.is_(None),
        "verified": verified & or_(paper.valid_until.is_(None), ~over),
        "refused": paper.refused_at.is_not(None),
        "expired": verified & over,
    }[state]


def is_over(paper: models.Paper, *, now: datetime) -> bool:
    return paper.valid_until is not None and paper.valid_until <= now


# Handed in ------------------------------------------------------------------------------


def hand_in(
    session: Session,
    account: accounts_models.Account,
    *,
    kind: str,
    number: str | None,
    issuer: str,
    valid_from: date | None,
    expires_on: date | None,
    categories: Sequence[str],
    photo_ids: Sequence[uuid.UUID],
    now: datetime,
) -> models.Paper:
    """Show a paper to those who look after the market; it counts once they have verified
    it. The days are those it names, both included; ``categories`` are slugs.

    Raises ProfileRequired, TooManyPapers, and InvalidInput at the member that is wrong.
    """
    if not free_time.lock(session, [account.id]):
        raise errors.ProfileRequired()
    market, local = market_of(session, account.id)
    category = markets_models.Category
    ids_of = dict(
        session.execute(
            select(category.slug, category.id).where(category.slug.in_(categories))
        ).all()
    )
    today = now.astimezone(local).date()
    wrong = _problems_of_days(kind, valid_from, expires_on, today=today)
    wrong |= {
        f"categories.{place}": ["paper-category"]
        for place, slug in enumerate(categories)
        if slug not in ids_of
    }
    if bool(categories) != (kind in FOR_CATEGORIES):
        wrong["categories"] = ["paper-for-all" if categories else "paper-for-what"]
    if wrong:
        raise errors.InvalidInput(fields=wrong)
    kept = session.scalar(select(func.count()).where(models.Paper.provider_id == account.id))
    if (kept or 0) >= MOST:
        raise errors.TooManyPapers(most=MOST)
    paper = models.Paper(
        id=database.new_id(),
        provider_id=account.id,
        kind=kind,
        number=number,
        issuer=issuer,
        begins_on=valid_from,
        expires_on=expires_on,
        category_ids=sorted(ids_of.values()) or None,
        valid_from=None if valid_from is None else local_time.instant(valid_from, 0, local),
        valid_until=_end_of(expires_on, local),
        handed_in_at=now,
    )
    session.add(paper)
    session.flush()
    files.attach(session, photo_ids, owner=account, to="paper", subject_id=paper.id, now=now)
    record(session, "paper-handed-in", paper, market, account, "provider", now=now)
    for operator_id in accounts.operators_of(session, market.id):
        notifications.tell(
            session,
            operator_id,
            "paper-waiting",
            about="account",
            subject_id=operator_id,
            market_id=market.id,
            now=now,
            expires_at=now + _WORTH_SENDING,
            collapse_key="papers",
        )
    session.flush()
    return paper


def _problems_of_days(
    kind: str, valid_from: date | None, expires_on: date | None, *, today: date
) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    for name, day in (("valid_from", valid_from), ("expires_on", expires_on)):
        if day is not None and not _EARLIEST <= day <= today + _LONGEST:
            wrong[name] = ["paper-day-too-far"]
    if expires_on is None:
        if kind in _ALWAYS_END:
            wrong["expires_on"] = ["paper-says-until-when"]
    elif expires_on < today:
        wrong["expires_on"] = ["paper-is-over"]
    elif valid_from is not None and valid_from > expires_on:
        wrong["expires_on"] = ["window-ends-before-it-starts"]
    return wrong


def of_provider(session: Session, account: accounts_models.Account) -> list[models.Paper]:
    """Every paper somebody handed in, latest first."""
    paper = models.Paper
    return list(
        session.scalars(
            select(paper).where(paper.provider_id == account.id).order_by(paper.id.desc())
        )
    )


def own(session: Session, paper_id: uuid.UUID, account: accounts_models.Account) -> models.Paper:
    """One of the account's papers. Raises NotFound, also for somebody else's."""
    paper = session.get(models.Paper, paper_id, populate_existing=True)
    if paper is None or paper.provider_id != account.id:
        raise errors.NotFound()
    return paper


def remove(
    session: Session, paper_id: uuid.UUID, account: accounts_models.Account, *, now: datetime
) -> None:
    """Take one's own paper away, scans and all; what it had replaced counts again as long
    as it says. That somebody's identity was checked stays true. Raises NotFound."""
    free_time.lock(session, [account.id])
    paper = own(session, paper_id, account)
    market, _ = market_of(session, account.id)
    record(session, "paper-removed", paper, market, account, "provider", now=now)
    discard(session, paper, now=now)


def discard(session: Session, paper: models.Paper, *, now: datetime) -> None:
    """Let go of a paper, whose provider the caller holds, and of its scans."""
    stand_down(session, paper, now=now)
    scans = files.of(session, [paper.id]).get(paper.id, [])
    files.let_go(session, [scan.id for scan in scans], now=now)
    session.delete(paper)
    session.flush()


def stand_down(session: Session, paper: models.Paper, *, now: datetime) -> None:
    """It counts no more; those it had replaced do, as long as they say, unless another has
    taken its own place."""
    dues.strike(session, paper.id, [ENDS])
    old = models.Paper
    replaced = session.scalars(select(old).where(old.replaced_by_id == paper.id)).all()
    if paper.replaced_by_id is not None:
        for one in replaced:
            one.replaced_by_id = paper.replaced_by_id
        return
    if not replaced:
        return
    market, local = market_of(session, paper.provider_id)
    for one in replaced:
        one.replaced_by_id, one.valid_until = None, _end_of(one.expires_on, local)
        watch(session, one, market, local, now=now)
    session.flush()


# In force -------------------------------------------------------------------------------


def in_force(
    session: Session, provider_ids: Iterable[uuid.UUID], *, now: datetime
) -> dict[uuid.UUID, tuple[InForce, ...]]:
    """What counts now of each of these; nobody is named who has nothing."""
    paper, category = models.Paper, markets_models.Category
    slugs = (
        select(func.array_agg(category.slug))
        .where(category.id == func.any(paper.category_ids))
        .correlate(paper)
        .scalar_subquery()
    )
    rows = session.execute(
        select(paper.provider_id, paper.kind, slugs, paper.expires_on).where(
            paper.provider_id.in_(list(provider_ids)), counts(now)
        )
    )
    latest: dict[uuid.UUID, dict[tuple[str, tuple[str, ...]], date | None]] = {}
    for provider_id, kind, of_categories, expires_on in rows:
        key = (kind, tuple(sorted(of_categories or ())))
        held = latest.setdefault(provider_id, {})
        known = held.get(key, date.min)
        held[key] = None if known is None or expires_on is None else max(known, expires_on)
    return {
        provider_id: tuple(
            InForce(kind=kind, categories=categories, expires_on=expires_on)
            for (kind, categories), expires_on in sorted(
                held.items(), key=lambda one: (KINDS.index(one[0][0]), one[0][1])
            )
        )
        for provider_id, held in latest.items()
    }


def watch(
    session: Session,
    paper: models.Paper,
    market: markets_models.Market,
    local: zoneinfo.ZoneInfo,
    *,
    now: datetime,
) -> None:
    """Have its owner reminded, and its end written down."""
    if paper.expires_on is None or paper.valid_until is None or paper.valid_until <= now:
        return
    rules = policies.in_force(
        session, market_id=market.id, category_id=None, urgency=_TYPICAL_URGENCY, now=now
    )
    reminders = (
        local_time.instant(paper.expires_on - before * _DAY, _IN_THE_MORNING, local)
        for before in rules.paper_reminders_before_days
    )
    next_at = min(at for at in (*reminders, paper.valid_until) if at > now)
    dues.put(session, paper.id, market_id=market.id, at={ENDS: next_at})


def remind(session: Session, paper_id: uuid.UUID, *, now: datetime) -> None:
    """Tell its owner that a paper is about to end, or write down that it has."""
    paper = session.get(models.Paper, paper_id)
    if paper is not None:
        free_time.lock(session, [paper.provider_id])
        paper = session.get(models.Paper, paper_id, populate_existing=True)
    if not dues.take(session, ENDS, paper_id, now=now):
        return
    if paper is None or paper.verified_at is None or paper.expires_on is None:
        return
    market, local = market_of(session, paper.provider_id)
    if is_over(paper, now=now):
        record(session, "paper-expired", paper, market, None, "system", now=now)
        return
    watch(session, paper, market, local, now=now)
    left = paper.expires_on - now.astimezone(local).date()
    tell(session, paper, "paper-ending", market, now=now, days=left.days)


# Told -----------------------------------------------------------------------------------


def market_of(
    session: Session, provider_id: uuid.UUID
) -> tuple[markets_models.Market, zoneinfo.ZoneInfo]:
    market, provider = markets_models.Market, models.Provider
    found = session.scalars(
        select(market)
        .join(provider, provider.market_id == market.id)
        .where(provider.account_id == provider_id)
    ).one()
    return found, local_time.zone(found.time_zone)


def _end_of(expires_on: date | None, local: zoneinfo.ZoneInfo) -> datetime | None:
    """A paper counts through its last day, on the market's clock."""
    return None if expires_on is None else local_time.instant(expires_on + _DAY, 0, local)


def record(
    session: Session,
    event: str,
    paper: models.Paper,
    market: markets_models.Market,
    account: accounts_models.Account | None,
    role: str,
    *,
    now: datetime,
    said: str | None = None,
) -> None:
    history.record(
        session,
        event,
        at=now,
        actor_role=role,
        actor_id=None if account is None else account.id,
        market_id=market.id,
        account_id=paper.provider_id,
        said=said,
        data={"paper_id": str(paper.id), "kind": paper.kind},
    )


def tell(
    session: Session,
    paper: models.Paper,
    kind: str,
    market: markets_models.Market,
    *,
    now: datetime,
    **params: int,
) -> None:
    notifications.tell(
        session,
        paper.provider_id,
        kind,
        about="account",
        subject_id=paper.provider_id,
        market_id=market.id,
        params={"paper": paper.kind, **params},
        now=now,
        expires_at=now + _WORTH_SENDING,
        collapse_key=f"paper-{paper.id}",
    )
