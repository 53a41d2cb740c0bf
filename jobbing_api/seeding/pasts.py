"""What a made-up provider did in the last year: offers answered, visits kept, stars.

Hides: the dice behind it. Pasts have no jobs and no bookings, only the facts that
ranking counts, and every offer of the past has come to an end, so that nobody starts
with a full hand.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_DAY_MIN = 24 * 60.0
_LONGEST_DAYS = 365.0

#: Nothing of the last day: today's caps are still empty.
_NOT_SINCE_DAYS = 1.1

_URGENCIES = {"scheduled": 6, "flexible": 2.5, "now": 1.5}

#: How long an offer of the past lay unanswered before it ended, in minutes.
_LIFE_MIN = {"scheduled": 120.0, "flexible": 720.0, "now": 4.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """Something on a provider's record, so many days ago."""

    id: uuid.UUID
    kind: str
    category: str
    urgency: str
    subject_id: uuid.UUID
    days_ago: float
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class _Character:
    """How somebody goes about it: shares, and minutes to an answer."""

    answers: float
    accepts: float
    punctual: float
    stars: float
    answer_min: float


def facts(joined_days_ago: float, categories: Sequence[str], dice: random.Random) -> list[Fact]:
    """A provider's past, in no order; empty for some, as for every newcomer."""
    if joined_days_ago < 20 or dice.random() < 0.12:
        return []
    character = _Character(
        answers=min(0.99, dice.betavariate(8, 1.6)),
        accepts=dice.uniform(0.25, 0.6),
        punctual=min(0.995, dice.betavariate(16, 1.2)),
        stars=min(5.0, dice.gauss(4.7, 0.22)),
        answer_min=dice.lognormvariate(2.2, 0.8),
    )
    span = min(joined_days_ago, _LONGEST_DAYS)
    asked = round(min(60.0, dice.lognormvariate(2.3, 0.7)) * span / _LONGEST_DAYS)
    found: list[Fact] = []
    for _ in range(asked):
        ago = dice.uniform(_NOT_SINCE_DAYS, span)
        urgency = dice.choices(list(_URGENCIES), list(_URGENCIES.values()))[0]
        found += _offer(character, dice.choice(categories), urgency, ago, dice)
    return found


def _offer(
    character: _Character, category: str, urgency: str, ago: float, dice: random.Random
) -> Iterator[Fact]:
    def fact(kind: str, subject: uuid.UUID, days_ago: float, stars: int | None = None) -> Fact:
        return Fact(
            id=draw_id(dice),
            kind=kind,
            category=category,
            urgency=urgency,
            subject_id=subject,
            days_ago=days_ago,
            stars=stars,
        )

    offer, life = draw_id(dice), _LIFE_MIN[urgency]
    yield fact("asked", offer, ago)
    waited = min(life, dice.lognormvariate(0, 0.7) * character.answer_min)
    if dice.random() < 0.15:
        yield fact("withdrawn", offer, ago - waited / _DAY_MIN)
        return
    if dice.random() > character.answers:
        yield fact("unanswered", offer, ago - life / _DAY_MIN)
        return
    answered = ago - waited / _DAY_MIN
    yield fact("answered", offer, answered)
    visit = answered - dice.uniform(0.2, 6)
    if visit <= 0 or dice.random() > character.accepts:
        return
    job = draw_id(dice)
    kinds = ("kept", "late", "cancelled", "absent")
    failing = 1 - character.punctual
    kind = dice.choices(kinds, (character.punctual, failing * 0.6, failing * 0.35, failing * 0.05))[
        0
    ]
    yield fact(kind, job, visit)
    reviewed = visit - dice.uniform(0.1, 5)
    if kind in ("kept", "late") and reviewed > 0 and dice.random() < 0.65:
        yield fact("rated", job, reviewed, _stars(character.stars, dice))


def _stars(mean: float, dice: random.Random) -> int:
    """Stars as people give them: mostly five, seldom two, and then and when one."""
    if dice.random() < 0.015:
        return dice.choice((1, 2))
    return max(2, min(5, math.floor(dice.gauss(mean, 0.5) + 0.5)))


def draw_id(dice: random.Random) -> uuid.UUID:
    """An id nobody else has, drawn from the person's own dice."""
    return uuid.UUID(int=dice.getrandbits(128), version=4)
