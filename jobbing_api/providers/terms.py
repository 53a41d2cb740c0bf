"""What somebody's price depends on beside its rate: steps, evenings, Sundays, and whether a
tax credit goes with it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobbing_api.providers import models, papers


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """A provider's terms in a category. Steps are ``{"after_minutes", "hourly_cents"}``,
    options ``{"id", "label", "amount_cents"}``; percents on top of labour."""

    steps: tuple[dict[str, Any], ...]
    options: tuple[dict[str, Any], ...]
    evening_percent: int
    sunday_percent: int
    #: Holds a valid paper of somebody declared for services at home.
    declared: bool


PLAIN = Terms(steps=(), options=(), evening_percent=0, sunday_percent=0, declared=False)


def terms_of(
    session: Session, provider_ids: Iterable[uuid.UUID], category_id: int, *, now: datetime
) -> dict[uuid.UUID, Terms]:
    """The terms of each who works in the category."""
    provider, skill, paper = models.Provider, models.Skill, models.Paper
    declared = (
        select(paper.id)
        .where(
            paper.provider_id == provider.account_id,
            paper.kind == papers.DECLARED,
            papers.counts(now),
        )
        .exists()
    )
    rows = session.execute(
        select(
            provider.account_id,
            skill.steps,
            skill.options,
            provider.evening_percent,
            provider.sunday_percent,
            declared,
        )
        .join(skill, skill.provider_id == provider.account_id)
        .where(provider.account_id.in_(list(provider_ids)), skill.category_id == category_id)
    )
    return {
        provider_id: Terms(
            steps=tuple(steps),
            options=tuple(options),
            evening_percent=evening,
            sunday_percent=sunday,
            declared=is_declared,
        )
        for provider_id, steps, options, evening, sunday, is_declared in rows
    }
