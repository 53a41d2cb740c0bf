"""Kinds of jobs, as data.

Hides: the file that lists them (``categories.toml``, beside this module) and how it
reaches the table, with the present brief template of each (``templates``). A category's
number is for ever: other rows point at it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from jobbing_api import errors
from jobbing_api.markets import models, templates


def listed() -> list[dict[str, Any]]:
    """The categories of the file, as rows of the table, in the file's order."""
    text = resources.files("jobbing_api.markets").joinpath("categories.toml").read_text("utf-8")
    document = tomllib.loads(text)
    minutes = {entry["slug"]: entry["minutes"] for entry in document["categories"]}
    briefs = templates.listed(minutes)
    return [
        {
            "id": entry["id"],
            "slug": entry["slug"],
            "group_slug": entry["group"],
            "names": {"fr": entry["fr"], "en": entry["en"]},
            "group_names": document["groups"][entry["group"]],
            "usual_minutes": entry["minutes"],
            "price_kind": entry["price"],
            "papers": entry["papers"],
            "brief_template": briefs[entry["slug"]],
        }
        for entry in document["categories"]
    ]


def sync_categories(session: Session) -> None:
    """Make the tables say what the files say; rows the files lack stay.

    Raises InvalidInput where a brief template says something else under a version that
    was published before.
    """
    rows = listed()
    statement = insert(models.Category)
    columns = {
        column.name: statement.excluded[column.name]
        for column in models.Category.__table__.columns
        if column.name != "id"
    }
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=columns), rows)
    templates.sync(session, {row["id"]: row["brief_template"] for row in rows})


_WITH_TEMPLATE = undefer(models.Category.brief_template)


def by_slug(session: Session, slug: str) -> models.Category:
    """The category called ``slug``; raises InvalidInput at ``category`` if unknown."""
    category = session.scalars(
        select(models.Category).where(models.Category.slug == slug).options(_WITH_TEMPLATE)
    ).first()
    if category is None:
        raise errors.InvalidInput(fields={"category": ["There is no such category."]})
    return category


def all_categories(session: Session) -> Sequence[models.Category]:
    """Every category, in the order of the file."""
    return session.scalars(
        select(models.Category).order_by(models.Category.id).options(_WITH_TEMPLATE)
    ).all()
