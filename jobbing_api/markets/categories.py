"""Kinds of jobs, as data.

Hides: the file that lists them (``categories.toml``, beside this module) and how it
reaches the table. A category's number is for ever: other rows point at it.

A brief template is ``{"version": 1, "questions": [...], "needs": [...]}``. A question
has ``id``, ``kind`` (choice, number, yes_no, text), ``label`` {fr, en}, ``required``,
a choice also ``choices`` [{value, fr, en}], a number also ``unit`` (a short symbol, or
null for a plain count). ``needs`` are the tools such a job often takes, for the
resident to confirm; only what the job then asks for is matched.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import errors
from jobbing_api.markets import models

TEMPLATE_VERSION = 1


def _template(entry: Mapping[str, Any]) -> dict[str, Any]:
    questions = []
    for asked in entry["questions"]:
        question = {
            "id": asked["id"],
            "kind": asked["kind"],
            "label": {"fr": asked["fr"], "en": asked["en"]},
            "required": asked.get("required", False),
        }
        if asked["kind"] == "choice":
            question["choices"] = asked["choices"]
        if asked["kind"] == "number":
            question["unit"] = asked.get("unit")
        questions.append(question)
    return {
        "version": TEMPLATE_VERSION,
        "questions": questions,
        "needs": entry.get("needs", []),
    }


def listed() -> list[dict[str, Any]]:
    """The categories of the file, as rows of the table, in the file's order."""
    text = resources.files("jobbing_api.markets").joinpath("categories.toml").read_text("utf-8")
    document = tomllib.loads(text)
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
            "brief_template": _template(entry),
        }
        for entry in document["categories"]
    ]


def sync_categories(session: Session) -> None:
    """Make the table say what the file says; rows the file lacks stay."""
    statement = insert(models.Category)
    columns = {
        column.name: statement.excluded[column.name]
        for column in models.Category.__table__.columns
        if column.name != "id"
    }
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=columns), listed())


def by_slug(session: Session, slug: str) -> models.Category:
    """The category called ``slug``; raises InvalidInput at ``category`` if unknown."""
    category = session.scalars(select(models.Category).where(models.Category.slug == slug)).first()
    if category is None:
        raise errors.InvalidInput(fields={"category": ["There is no such category."]})
    return category


def all_categories(session: Session) -> Sequence[models.Category]:
    """Every category, in the order of the file."""
    return session.scalars(select(models.Category).order_by(models.Category.id)).all()
