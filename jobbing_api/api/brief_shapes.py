"""The shapes of a brief that is read: in words, so that a screen needs no template.

Hides: which version of which template a job was answered under, and that only its owner
is told what would still help.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from jobbing_api import markets, words
from jobbing_api.api import fields, kinds, pictures
from jobbing_api.jobs import models as jobs_models

#: Under which a job was answered that does not say so: there was no other.
_FIRST_VERSION = 1


class AnswerAnswer(kinds.Answer):
    """An answer in words."""

    id = fields.slug("The question.", "length")
    question = fields.text("The question in words.", "How many metres of gutter?", most=300)
    answer = fields.text("The answer in words.", "12", most=600, lines=True)
    unit = fields.text("Unit of a number.", "m", most=20, allow_none=True)
    photos = fields.many(fields.uid("A photo."), "The photos, where it is made of them.")


class SaidTaskAnswer(kinds.Answer):
    """Something that is to be done in the visit."""

    id = fields.slug("The task.", "clear")
    label = fields.text("What to show.", "Clear the gutters by hand", most=200)


class SaidPresetAnswer(kinds.Answer):
    """The example the brief started from."""

    id = fields.slug("The preset.", "house")
    name = fields.text("Its name.", "House with an upper floor", most=80)
    picture = pictures.address()


class BriefReadAnswer(kinds.Answer):
    """A brief in words, in the language of Accept-Language."""

    preset = fields.part(SaidPresetAnswer, "What it started from.", allow_none=True)
    answers = fields.many(AnswerAnswer, "In the order of the template.")
    tasks = fields.many(SaidTaskAnswer, "What is to be done.")


class MissingAnswer(kinds.Answer):
    """A question that is still open."""

    id = fields.slug("The question.", "storeys")
    question = fields.text("The question in words.", "How high up is it?", most=300)
    required = fields.flag("Whether a brief is of little use without.", True)


class OwnBriefReadAnswer(BriefReadAnswer):
    """A brief in words, with what its owner may add."""

    completeness = fields.figure(
        "How much of the template is answered, 0 to 1; required questions and photos weigh"
        " more. Null for anybody but the owner.",
        0.72,
        allow_none=True,
    )
    missing = fields.many(MissingAnswer, "What would help most, for the owner.")


def said(job: jobs_models.Job) -> dict[str, Any]:
    """The brief as it was said, with the version it was answered under: sent back in a
    change, it stays under that one."""
    if job.template_version is None:
        return job.brief
    return {**job.brief, "template_version": job.template_version}


def read(
    session: Session,
    found: Iterable[jobs_models.Job],
    language: words.Language,
    *,
    owner_id: uuid.UUID | None = None,
) -> dict[uuid.UUID, dict[str, Any]]:
    """The briefs of some jobs in words by the id of their job, in one statement at most.

    ``owner_id`` reads with what would still help where the job is theirs.
    """
    versions = {
        job.id: (job.category_id, job.template_version or _FIRST_VERSION)
        for job in found
        # What was never answered needs no template to be read.
        if job.template_version is not None or job.brief.get("answers")
    }
    templates = markets.known_templates(session, versions.values())
    return {
        job.id: _read(
            job,
            templates.get(versions.get(job.id, (0, 0))),
            language,
            own=job.resident_id == owner_id,
        )
        for job in found
    }


def _read(
    job: jobs_models.Job,
    template: markets.briefs.Template | None,
    language: words.Language,
    *,
    own: bool,
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "preset": None,
        "answers": [],
        "tasks": [],
        "completeness": None,
        "missing": [],
    }
    if template is None:
        return shown
    reading = markets.briefs.read(template, job.brief, language)
    shown["preset"] = None if reading.preset is None else _preset(reading.preset, language)
    shown["answers"] = [
        {
            "id": one.id,
            "question": one.question,
            "answer": one.answer,
            "unit": one.unit,
            "photos": one.photos,
        }
        for one in reading.answers
    ]
    shown["tasks"] = [{"id": task.id, "label": task.label[language]} for task in reading.tasks]
    if own:
        told = markets.briefs.completeness(template, job.brief)
        shown["completeness"] = round(told.score, 3)
        shown["missing"] = [
            {
                "id": question.id,
                "question": question.label[language],
                "required": question.required,
            }
            for question in told.missing
        ]
    return shown


def _preset(preset: markets.briefs.Preset, language: words.Language) -> Mapping[str, Any]:
    return {
        "id": preset.id,
        "name": preset.name[language],
        "picture": pictures.url(preset.picture),
    }
