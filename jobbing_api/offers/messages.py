"""What the two people of a job write to each other.

Hides: who the two are before anybody has accepted (a resident who chooses, and whoever is
asked or has named a price), that neither learns how to reach the other around us until then,
and how far each has read.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import phonenumbers
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, errors, files, jobs, notifications
from jobbing_api.accounts import models as accounts_models
from jobbing_api.jobs import models as jobs_models
from jobbing_api.lifecycle import OFFER_LIVE, JobState, OfferState
from jobbing_api.offers import models

#: What stands where an address or a number was written before anybody has accepted.
MASK = "•••"

#: An address of a mail box or a page, loosely: better one word too many than a way around.
_ADDRESS = re.compile(
    r"\S+@\S+\.\w+|\bhttps?://\S+|\bwww\.\S+|\b[\w-]+\.(?:com|fr|net|org|me|io|app)\b(?:/\S*)?",
    re.IGNORECASE,
)

#: Somebody may still write so long after a job was completed.
_AFTERWARDS = timedelta(days=7)

#: A word is worth ringing for so long.
_WORTH_SENDING = timedelta(hours=12)


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """The resident of a job and one provider, as somebody sees them."""

    job: jobs_models.Job
    provider_id: uuid.UUID
    seen_as: Literal["resident", "provider", "operator"]
    #: Before anybody has accepted, ways around us are not shown.
    masked: bool
    #: Whether one may still write.
    is_open: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A message as somebody reads it; ``read`` says whether the other side has."""

    id: uuid.UUID
    author: Literal["resident", "provider"]
    #: None where a person who looked at it has taken it down.
    text: str | None
    #: None of these then either.
    photos: Sequence[files.Photo]
    at: datetime
    read: bool


def conversation(
    session: Session,
    job_id: uuid.UUID,
    account: accounts_models.Account,
    *,
    provider_id: uuid.UUID | None,
    now: datetime,
) -> Conversation:
    """The conversation about a job that ``account`` has a part in; the resident says with
    whom, where nobody has accepted. Operators read along only in a dispute.

    Anybody else, and anything that does not exist: NotFound.
    """
    job = session.get(jobs_models.Job, job_id)
    if job is None:
        raise errors.NotFound()
    if account.id == job.resident_id:
        wanted = provider_id or job.provider_id
        if wanted is not None and (part := _part(session, job, wanted)) is not None:
            return _conversation(job, wanted, "resident", part, now=now)
        raise errors.NotFound()
    if provider_id in (None, account.id) and (part := _part(session, job, account.id)) is not None:
        return _conversation(job, account.id, "provider", part, now=now)
    if (
        job.state == JobState.DISPUTED
        and job.provider_id is not None
        and account.has_role("operator")
        and job.market_id in accounts.operator_markets(session, account.id)
    ):
        return _conversation(job, job.provider_id, "operator", "reads", now=now)
    raise errors.NotFound()


def _part(
    session: Session, job: jobs_models.Job, provider_id: uuid.UUID
) -> Literal["writes", "reads"] | None:
    """Whoever has the job writes, and in choose mode whoever is asked in this round or has
    named a price. Whoever wrote before reads it again and writes no more; so does whoever is
    not to be matched with the other, before there is anything they would have to agree on."""
    if job.provider_id == provider_id:
        return "writes"
    offer, message = models.Offer, jobs_models.Message
    asked_now = False
    if job.state == JobState.OPEN and job.mode == "choose":
        asked = select(offer.id).where(
            offer.job_id == job.id,
            offer.round == job.round,
            offer.provider_id == provider_id,
            offer.state.in_(sorted(OFFER_LIVE - {OfferState.PENDING})),
        )
        asked_now = session.scalars(asked.limit(1)).first() is not None
    if asked_now and provider_id not in accounts.blocked_ids(session, job.resident_id):
        return "writes"
    wrote = select(message.id).where(message.job_id == job.id, message.provider_id == provider_id)
    if asked_now or session.scalars(wrote.limit(1)).first() is not None:
        return "reads"
    return None


def _conversation(
    job: jobs_models.Job,
    provider_id: uuid.UUID,
    seen_as: Literal["resident", "provider", "operator"],
    part: Literal["writes", "reads"],
    *,
    now: datetime,
) -> Conversation:
    theirs = job.provider_id == provider_id
    over = job.state == JobState.CANCELLED or (
        job.completed_at is not None and now >= job.completed_at + _AFTERWARDS
    )
    return Conversation(
        job=job,
        provider_id=provider_id,
        seen_as=seen_as,
        masked=not theirs,
        is_open=part == "writes" and not over,
    )


def write_message(
    session: Session,
    talk: Conversation,
    account: accounts_models.Account,
    *,
    text: str,
    photos: Sequence[uuid.UUID] = (),
    now: datetime,
) -> jobs_models.Message:
    """Say something to the other side, or show it, whose phone rings. Raises IllegalMove once
    the conversation is over, InvalidInput for neither a word nor a photo, and for photos that
    are not the account's to use."""
    job = talk.job
    if not talk.is_open:
        raise errors.IllegalMove(state=str(job.state))
    if not text and not photos:
        raise errors.InvalidInput(fields={"text": ["message-empty"]})
    message = jobs_models.Message(
        id=database.new_id(),
        market_id=job.market_id,
        job_id=job.id,
        provider_id=talk.provider_id,
        author_id=account.id,
        text=text,
        at=now,
    )
    session.add(message)
    if photos:
        files.attach(
            session,
            photos,
            owner=account,
            to="message",
            subject_id=message.id,
            job_id=job.id,
            now=now,
        )
    to = job.resident_id if talk.seen_as == "provider" else talk.provider_id
    about, subject_id = _leads_to(session, talk, to)
    notifications.tell(
        session,
        to,
        "message",
        about=about,
        subject_id=subject_id,
        market_id=job.market_id,
        params={"category": job.category.names},
        now=now,
        expires_at=now + _WORTH_SENDING,
        collapse_key=f"message-{job.id}",
        urgent=True,
    )
    if talk.seen_as == "provider" and job.state == JobState.IN_PROGRESS:
        held = jobs.lock(session, job.id)
        if held is not None:
            jobs.sign_of_life(session, held, now=now)
    session.flush()
    return message


def _leads_to(
    session: Session, talk: Conversation, to: uuid.UUID
) -> tuple[Literal["offer", "job"], uuid.UUID]:
    """What a phone opens: whoever does not have the job sees its offer only."""
    if to == talk.job.resident_id or talk.job.provider_id == to:
        return "job", talk.job.id
    offer = models.Offer
    asked = select(offer.id).where(
        offer.job_id == talk.job.id, offer.round == talk.job.round, offer.provider_id == to
    )
    return "offer", session.scalars(asked).one()


def read_messages(
    session: Session,
    talk: Conversation,
    *,
    limit: int,
    after: uuid.UUID | None = None,
) -> list[Written]:
    """What was written, latest first, below ``after``."""
    message = jobs_models.Message
    query = (
        select(message)
        .where(message.job_id == talk.job.id, message.provider_id == talk.provider_id)
        .order_by(message.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(message.id < after)
    found = session.scalars(query).all()
    marks = _marks(session, talk)
    photos = files.of(session, [one.id for one in found if one.hidden_at is None])
    resident_id = talk.job.resident_id
    return [
        Written(
            id=one.id,
            author="resident" if one.author_id == resident_id else "provider",
            text=_shown(one, talk),
            photos=photos.get(one.id, ()),
            at=one.at,
            read=one.id <= marks[other]
            if (other := talk.provider_id if one.author_id == resident_id else resident_id) in marks
            else False,
        )
        for one in found
    ]


def mark_messages_read(
    session: Session, talk: Conversation, account: accounts_models.Account, *, now: datetime
) -> None:
    """Everything that was written so far has been read by ``account``."""
    message, mark = jobs_models.Message, jobs_models.MessageRead
    last_id = session.scalar(
        select(message.id)
        .where(message.job_id == talk.job.id, message.provider_id == talk.provider_id)
        .order_by(message.id.desc())
        .limit(1)
    )
    if last_id is None or talk.seen_as == "operator":
        return
    row = insert(mark).values(
        job_id=talk.job.id,
        provider_id=talk.provider_id,
        account_id=account.id,
        last_id=last_id,
        read_at=now,
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["job_id", "provider_id", "account_id"],
            set_={"last_id": last_id, "read_at": now},
            where=mark.last_id < last_id,
        )
    )


def _marks(session: Session, talk: Conversation) -> dict[uuid.UUID, uuid.UUID]:
    mark = jobs_models.MessageRead
    rows = session.execute(
        select(mark.account_id, mark.last_id).where(
            mark.job_id == talk.job.id, mark.provider_id == talk.provider_id
        )
    )
    return {row.account_id: row.last_id for row in rows}


def _shown(message: jobs_models.Message, talk: Conversation) -> str | None:
    if message.hidden_at is not None:
        return None
    if talk.masked:
        return masked(message.text, talk.job.market.country)
    return message.text


def masked(text: str, country: str) -> str:
    """What somebody wrote, without telephone numbers and addresses: what the other side reads
    of it until they have agreed."""
    found: Sequence[phonenumbers.PhoneNumberMatch] = list(
        phonenumbers.PhoneNumberMatcher(text, country, leniency=phonenumbers.Leniency.POSSIBLE)
    )
    for match in reversed(found):
        text = text[: match.start] + MASK + text[match.end :]
    return _ADDRESS.sub(MASK, text)
