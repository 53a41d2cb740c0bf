"""States of a job and of an offer, and every legal move between them.

Hides nothing but the two tables below; standard library only, so that any room
may ask. A state column is never written except through a move named here.
"""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    OPEN = "open"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"
    COMPLETED = "completed"
    UNFILLED = "unfilled"
    CANCELLED = "cancelled"
    DISPUTED = "disputed"


class JobMove(StrEnum):
    ASSIGN = "assign"
    REOPEN = "reopen"
    GIVE_UP = "give_up"
    DISPATCH = "dispatch"
    CANCEL = "cancel"
    START = "start"
    FINISH = "finish"
    REDO = "redo"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    SETTLE_COMPLETED = "settle_completed"
    SETTLE_CANCELLED = "settle_cancelled"


class OfferState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    SEEN = "seen"
    QUOTED = "quoted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class OfferMove(StrEnum):
    SEND = "send"
    SEE = "see"
    QUOTE = "quote"
    ACCEPT = "accept"
    CHOOSE = "choose"
    DECLINE = "decline"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


JOB_MOVES: dict[JobMove, tuple[frozenset[JobState], JobState]] = {
    JobMove.ASSIGN: (frozenset({JobState.OPEN}), JobState.ASSIGNED),
    JobMove.REOPEN: (frozenset({JobState.ASSIGNED}), JobState.OPEN),
    JobMove.GIVE_UP: (frozenset({JobState.OPEN}), JobState.UNFILLED),
    JobMove.DISPATCH: (frozenset({JobState.UNFILLED}), JobState.OPEN),
    JobMove.CANCEL: (frozenset({JobState.OPEN, JobState.ASSIGNED}), JobState.CANCELLED),
    JobMove.START: (frozenset({JobState.ASSIGNED}), JobState.IN_PROGRESS),
    JobMove.FINISH: (frozenset({JobState.IN_PROGRESS}), JobState.FINISHED),
    JobMove.REDO: (frozenset({JobState.FINISHED}), JobState.IN_PROGRESS),
    JobMove.CONFIRM: (frozenset({JobState.FINISHED}), JobState.COMPLETED),
    JobMove.DISPUTE: (
        frozenset({JobState.IN_PROGRESS, JobState.FINISHED}),
        JobState.DISPUTED,
    ),
    JobMove.SETTLE_COMPLETED: (frozenset({JobState.DISPUTED}), JobState.COMPLETED),
    JobMove.SETTLE_CANCELLED: (frozenset({JobState.DISPUTED}), JobState.CANCELLED),
}

_WAITING = frozenset({OfferState.SENT, OfferState.SEEN})

OFFER_MOVES: dict[OfferMove, tuple[frozenset[OfferState], OfferState]] = {
    OfferMove.SEND: (frozenset({OfferState.PENDING}), OfferState.SENT),
    OfferMove.SEE: (frozenset({OfferState.SENT}), OfferState.SEEN),
    OfferMove.QUOTE: (_WAITING, OfferState.QUOTED),
    OfferMove.ACCEPT: (_WAITING, OfferState.ACCEPTED),
    OfferMove.CHOOSE: (frozenset({OfferState.QUOTED}), OfferState.ACCEPTED),
    OfferMove.DECLINE: (_WAITING, OfferState.DECLINED),
    OfferMove.EXPIRE: (_WAITING | {OfferState.QUOTED}, OfferState.EXPIRED),
    OfferMove.WITHDRAW: (
        _WAITING | {OfferState.PENDING, OfferState.QUOTED, OfferState.ACCEPTED},
        OfferState.WITHDRAWN,
    ),
}

#: States in which somebody comes: the job names its provider and its hour.
JOB_HAS_PROVIDER = frozenset(
    {
        JobState.ASSIGNED,
        JobState.IN_PROGRESS,
        JobState.FINISHED,
        JobState.COMPLETED,
        JobState.DISPUTED,
    }
)

#: States in which an offer still occupies its provider's attention.
OFFER_LIVE = frozenset({OfferState.PENDING, OfferState.SENT, OfferState.SEEN, OfferState.QUOTED})


def job_sources(move: JobMove) -> frozenset[JobState]:
    """The states from which ``move`` is legal; a guarded statement names them."""
    return JOB_MOVES[move][0]


def job_target(move: JobMove) -> JobState:
    return JOB_MOVES[move][1]


def offer_sources(move: OfferMove) -> frozenset[OfferState]:
    return OFFER_MOVES[move][0]


def offer_target(move: OfferMove) -> OfferState:
    return OFFER_MOVES[move][1]
