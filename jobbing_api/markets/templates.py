"""The brief templates of every trade: files that people edit, rows that stay.

Hides: the files (``brief_templates/``, one for each group of categories), how they are
written short, and how each version reaches its table once and for ever. A job points at
the version it was answered under, so a row is never changed: whoever edits a template
raises its ``version``.

What is stored is ``{"version", "minutes", "needs", "questions", "tasks", "presets"}``. A
question has ``id``, ``kind``, ``label`` {fr, en}, ``required``; a choice also ``choices``
[{value, fr, en}], a number ``unit`` (null for a plain count), ``least`` and ``most``, photos
``least`` and ``most``. ``needs`` are the tools such a job often takes, for the resident to
confirm; only what the job then asks for is matched. ``briefs`` knows what it all means.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from jobbing_api import errors, words
from jobbing_api.markets import briefs, models, pictures

_FOLDER = resources.files("jobbing_api.markets").joinpath("brief_templates")

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


# The files ---------------------------------------------------------------------------


@functools.cache
def _shared() -> Mapping[str, Any]:
    return tomllib.loads(_FOLDER.joinpath("shared.toml").read_text("utf-8"))


@functools.cache
def tools() -> Mapping[str, Mapping[str, str]]:
    """The tools a template may name, by slug, with their names in each language."""
    return {slug: _both(names["fr"], names["en"]) for slug, names in _shared()["tools"].items()}


def listed(minutes: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """The present template of each category by its slug, as it is stored. ``minutes`` is
    how long a job of each usually takes."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(_FOLDER.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml") and file.name != "shared.toml":
            for slug, entry in tomllib.loads(file.read_text("utf-8")).items():
                found[slug] = _content(entry, minutes[slug])
    return found


def _content(entry: Mapping[str, Any], minutes: int) -> dict[str, Any]:
    return {
        "version": entry["version"],
        "minutes": minutes,
        "needs": entry["needs"],
        "questions": [_question(asked) for asked in entry["questions"]],
        "tasks": [
            {"id": task, "label": _both(fr, en), "usual": usual}
            for usual, tasks in ((True, "usual_tasks"), (False, "other_tasks"))
            for task, fr, en in entry[tasks]
        ],
        "presets": [_preset(preset) for preset in entry["presets"]],
    }


def _question(asked: Mapping[str, Any]) -> dict[str, Any]:
    if "use" in asked:
        asked = {"id": asked["use"], **_shared()["questions"][asked["use"]], **asked}
    question = {
        "id": asked["id"],
        "kind": asked["kind"],
        "label": _both(asked["fr"], asked["en"]),
        "required": asked.get("required", False),
    }
    if asked["kind"] == "choice":
        question["choices"] = [
            {"value": value, **_both(fr, en)} for value, fr, en in asked["choices"]
        ]
    if asked["kind"] == "number":
        question["unit"] = asked.get("unit")
    if asked["kind"] in ("number", "photos"):
        question |= {"least": asked["least"], "most": asked["most"]}
    return question


def _preset(preset: Mapping[str, Any]) -> dict[str, Any]:
    (name_fr, text_fr), (name_en, text_en) = preset["fr"], preset["en"]
    return {
        "id": preset["id"],
        "picture": preset["picture"],
        "name": _both(name_fr, name_en),
        "text": _both(text_fr, text_en),
        "answers": dict(preset["answers"]),
        "tasks": preset["tasks"],
        "needs": preset["needs"],
        "minutes": preset["minutes"],
    }


def _both(fr: str, en: str) -> dict[str, str]:
    """A text in both languages, set as it is printed: typed are plain quotes and spaces."""
    return {"fr": words.typeset("fr", fr), "en": words.typeset("en", en)}


def unsound(content: Mapping[str, Any]) -> list[str]:
    """What is wrong with a template, in sentences for whoever edits the files."""
    return list(_faults(content))


def _faults(content: Mapping[str, Any]) -> Iterator[str]:
    template = briefs.parse(content)
    for what in ("questions", "tasks", "presets"):
        ids = [one["id"] for one in content[what]]
        yield from (f"{what}: {one!r} is no slug." for one in ids if not _SLUG.fullmatch(one))
        yield from (f"{what}: {one!r} is there twice." for one in set(ids) if ids.count(one) > 1)
    yield from (f"needs: {need!r} is no tool." for need in content["needs"] if need not in tools())
    for question in template.questions.values():
        yield from _faults_of_question(question)
        if question.kind not in briefs.KINDS:
            # Its answers cannot be judged.
            return
    for preset in template.presets.values():
        yield from _faults_of_preset(template, preset)
    for texts in _texts(content):
        if set(texts) != {"fr", "en"} or not all(text.strip() for text in texts.values()):
            yield f"{texts}: both languages are needed."


def _faults_of_question(question: briefs.Question) -> Iterator[str]:
    if question.kind not in briefs.KINDS:
        yield f"{question.id}: there is no kind {question.kind!r}."
    if (question.kind == "choice") != (len(question.choices) > 1):
        yield f"{question.id}: a choice, and nothing else, has two choices or more."
    bounded = question.least is not None and question.most is not None
    if (question.kind in ("number", "photos")) != bounded:
        yield f"{question.id}: a number or photos, and nothing else, have bounds."
    if bounded and not 0 <= (question.least or 0) < (question.most or 0):
        yield f"{question.id}: its bounds leave nothing."


def _faults_of_preset(template: briefs.Template, preset: briefs.Preset) -> Iterator[str]:
    said = {"answers": preset.answers, "tasks": preset.tasks}
    try:
        briefs.check(template, said)
    except errors.InvalidInput as refused:
        yield f"{preset.id}: {refused.fields}"
    for question in template.questions.values():
        # What only the resident can know is theirs to say.
        by_hand = question.kind in ("text", "photos")
        if question.required and not by_hand and question.id not in preset.answers:
            yield f"{preset.id}: {question.id} is required and has no answer."
    for need in preset.needs:
        if need not in tools():
            yield f"{preset.id}: {need!r} is no tool."
    if preset.picture not in pictures.names():
        yield f"{preset.id}: there is no picture {preset.picture!r}."
    if not 15 <= preset.minutes <= 1440:
        yield f"{preset.id}: {preset.minutes} minutes are no visit."


def _texts(content: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for question in content["questions"]:
        yield question["label"]
        for choice in question.get("choices", []):
            yield {language: choice[language] for language in choice if language != "value"}
    for task in content["tasks"]:
        yield task["label"]
    for preset in content["presets"]:
        yield preset["name"]
        yield preset["text"]


# The rows ----------------------------------------------------------------------------


def sync(session: Session, contents: Mapping[int, Mapping[str, Any]]) -> None:
    """Add the versions of the files that the table does not have yet, by category.

    Raises InvalidInput where a template is unsound, or says something else than the row
    of the same version: jobs were answered under that one, so its ``version`` is raised.
    """
    row = models.BriefTemplate
    stored = {
        (one.category_id, one.version): one.content
        for one in session.scalars(select(row).where(row.category_id.in_(list(contents))))
    }
    wrong: dict[str, list[str]] = {}
    for category_id, content in contents.items():
        faults = unsound(content)
        there = stored.get((category_id, content["version"]))
        if there is not None and there != content:
            faults.append(
                f"version {content['version']} is in use and says something else:"
                " raise the version in the file"
            )
        if faults:
            wrong[f"brief template of category {category_id}"] = faults
    if wrong:
        raise errors.InvalidInput(fields=wrong)
    new = [
        {"category_id": category_id, "version": content["version"], "content": content}
        for category_id, content in contents.items()
        if (category_id, content["version"]) not in stored
    ]
    if new:
        session.execute(insert(row).on_conflict_do_nothing(), new)


#: Templates that were read before: a row never changes once it is written.
_KNOWN: dict[tuple[int, int], briefs.Template] = {}
_MOST_KNOWN = 2_000

_ROWS = select(models.BriefTemplate).where(
    tuple_(models.BriefTemplate.category_id, models.BriefTemplate.version).in_(
        bindparam("wanted", expanding=True)
    )
)


def known(
    session: Session, wanted: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], briefs.Template]:
    """The templates of these (category, version), in one statement at most; what there is
    not is left out."""
    wanted = set(wanted)
    unread = wanted - _KNOWN.keys()
    if unread:
        if len(_KNOWN) + len(unread) > _MOST_KNOWN:
            _KNOWN.clear()
        for row in session.scalars(_ROWS, {"wanted": sorted(unread)}):
            _KNOWN[row.category_id, row.version] = briefs.parse(row.content)
    return {one: _KNOWN[one] for one in wanted if one in _KNOWN}


def in_version(session: Session, category: models.Category, version: int | None) -> briefs.Template:
    """The category's template in ``version``, or the present one for None.

    Raises InvalidInput at ``brief.template_version`` for one there never was.
    """
    if version is None:
        version = int(category.brief_template["version"])
    found = known(session, [(category.id, version)])
    if not found:
        raise errors.InvalidInput(fields={"brief.template_version": ["brief-version-unknown"]})
    return found[category.id, version]
