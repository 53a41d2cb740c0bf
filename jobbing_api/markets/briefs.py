"""What a resident says about a job, held against the template of its trade.

Hides: what a legal answer to each kind of question is, what counts how much towards a
complete brief, and how answers are worded for whoever reads them. Knows neither the
files nor the tables the templates come from (``templates``).

A brief is a mapping with any of ``text`` (in one's own words), ``answers`` (question ->
value), ``preset`` (the illustrated example it started from) and ``tasks`` (what is to be
done in the visit). Values of answers: choice, one of its words; number, a number within
bounds, whole for a plain count; yes_no, true or false; text; photos, a list of ids.
"""

from __future__ import annotations

import math
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jobbing_api import errors, words

Kind = Literal["choice", "number", "yes_no", "text", "photos"]

KINDS: tuple[Kind, ...] = ("choice", "number", "yes_no", "text", "photos")

#: Letters of one answer, and of what is said in one's own words.
MOST_LETTERS, MOST_TEXT = 600, 4_000

#: What an answer adds towards a complete brief. Photos save a visit to look, so they
#: weigh more than another optional line.
_REQUIRED, _PHOTOS, _OPTIONAL = 3, 2, 1

#: What is said of an id that the template does not have.
_QUESTION, _TASK, _PRESET = "brief-question-unknown", "brief-task-unknown", "brief-preset-unknown"

_MEMBERS = frozenset({"text", "answers", "preset", "tasks"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question a good brief answers. ``least`` and ``most`` bound a number, or say how
    many photos are asked for and taken."""

    id: str
    kind: Kind
    label: Mapping[str, str]
    required: bool
    choices: Mapping[str, Mapping[str, str]]
    unit: str | None
    least: float | None
    most: float | None

    @property
    def whole(self) -> bool:
        """A number without a unit counts things: there are no half trees."""
        return self.kind == "number" and self.unit is None

    @property
    def weight(self) -> int:
        if self.required:
            return _REQUIRED
        return _PHOTOS if self.kind == "photos" else _OPTIONAL


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Something that can be done in the visit; ``usual`` where it goes without saying."""

    id: str
    label: Mapping[str, str]
    usual: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """An illustrated example, one tap instead of a form."""

    id: str
    picture: str
    name: Mapping[str, str]
    text: Mapping[str, str]
    answers: Mapping[str, Any]
    tasks: Sequence[str]
    needs: Sequence[str]
    minutes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """One version of what to say about a trade; by id, in the order to ask."""

    version: int
    questions: Mapping[str, Question]
    tasks: Mapping[str, Task]
    presets: Mapping[str, Preset]


@dataclass(frozen=True, kw_only=True, slots=True)
class Completeness:
    """How much of the template a brief answers, 0 to 1, and what would still help, the
    most useful first."""

    score: float
    missing: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer in words; ``photos`` are the ids where it is made of them."""

    id: str
    question: str
    answer: str
    unit: str | None
    photos: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A brief in the reader's language."""

    preset: Preset | None
    answers: tuple[Answer, ...]
    tasks: tuple[Task, ...]


def parse(content: Mapping[str, Any]) -> Template:
    """The template a stored row states. Rows of every version that was ever published
    can be read: what an older one does not have is empty."""
    return Template(
        version=content["version"],
        questions={asked["id"]: _question(asked) for asked in content["questions"]},
        tasks={task["id"]: Task(**task) for task in content.get("tasks", [])},
        presets={preset["id"]: Preset(**preset) for preset in content.get("presets", [])},
    )


def _question(asked: Mapping[str, Any]) -> Question:
    return Question(
        id=asked["id"],
        kind=asked["kind"],
        label=asked["label"],
        required=asked["required"],
        choices={choice["value"]: choice for choice in asked.get("choices", [])},
        unit=asked.get("unit"),
        least=asked.get("least"),
        most=asked.get("most"),
    )


# Checking ----------------------------------------------------------------------------


def check(template: Template, said: Mapping[str, Any]) -> dict[str, Any]:
    """``said`` as it is kept: every answer legal, texts trimmed, nothing twice.

    A preset that is named without answers stands for its own, and so with its tasks.
    Required questions may stay open: whoever is in a hurry may post, ``completeness``
    tells. Fewer photos than asked for are taken, more than allowed are not. Raises
    InvalidInput, whose fields are paths such as ``brief.answers.length``.
    """
    wrong: dict[str, list[str]] = {
        f"brief.{name}": ["field-unknown"] for name in sorted(set(said) - _MEMBERS)
    }
    kept: dict[str, Any] = {}

    def take(path: str, read: Callable[..., Any], *given: Any) -> Any:
        try:
            return read(*given)
        except _Refused as refused:
            wrong[path] = [refused.why]
            return None

    preset = None
    if "preset" in said:
        preset = take("brief.preset", _known, template.presets, said["preset"], _PRESET)
        if preset is not None:
            kept["preset"] = preset.id
    if "text" in said:
        kept["text"] = take("brief.text", _text, said["text"], MOST_TEXT)
    if "answers" in said and not isinstance(said["answers"], Mapping):
        wrong["brief.answers"] = ["field-object"]
    elif "answers" in said:
        kept["answers"] = {
            name: take(f"brief.answers.{name}", _answer, template, name, value)
            for name, value in said["answers"].items()
        }
    elif preset is not None:
        kept["answers"] = dict(preset.answers)
    if "tasks" in said and not isinstance(said["tasks"], list | tuple):
        wrong["brief.tasks"] = ["field-list"]
    elif "tasks" in said:
        tasks = [
            take(f"brief.tasks.{index}", _known, template.tasks, task, _TASK)
            for index, task in enumerate(said["tasks"])
        ]
        kept["tasks"] = list(dict.fromkeys(task.id for task in tasks if task is not None))
    elif preset is not None:
        kept["tasks"] = list(preset.tasks)
    if wrong:
        raise errors.InvalidInput(fields=wrong)
    return kept


class _Refused(Exception):
    def __init__(self, message_id: str, **values: Any) -> None:
        super().__init__(message_id)
        self.why = errors.Wrong(message_id, **values)


def _known(named: Mapping[str, Any], wanted: Any, message_id: str) -> Any:
    if not isinstance(wanted, str) or wanted not in named:
        raise _Refused(message_id, choices=", ".join(named))
    return named[wanted]


def _answer(template: Template, name: str, value: Any) -> Any:
    question = _known(template.questions, name, _QUESTION)
    return _READ[question.kind](question, value)


def _choice(question: Question, value: Any) -> str:
    if not isinstance(value, str) or value not in question.choices:
        raise _Refused("field-choice", choices=", ".join(question.choices))
    return value


def _number(question: Question, value: Any) -> float:
    if question.whole and type(value) is not int:
        raise _Refused("field-whole-number")
    # A boolean is a number to Python, not to the resident who gave it; and a whole number
    # may be too large for a float.
    if type(value) not in (int, float) or (isinstance(value, float) and math.isnan(value)):
        raise _Refused("field-number")
    least = -math.inf if question.least is None else question.least
    most = math.inf if question.most is None else question.most
    if not least <= value <= most:
        raise _Refused("field-range", least=question.least, most=question.most)
    return value  # type: ignore[no-any-return]  # its type was looked at above


def _yes_no(_: Question, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Refused("field-flag")
    return value


def _own_words(_: Question, value: Any) -> str:
    return _text(value, MOST_LETTERS)


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str):
        raise _Refused("field-text")
    text = value.strip()
    if any(unicodedata.category(c) == "Cc" and c not in "\n\r\t" for c in text):
        raise _Refused("field-control-characters")
    if len(text) > most:
        raise _Refused("field-length", least=0, most=most)
    return text


def _photos(question: Question, value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise _Refused("field-list")
    try:
        ids = [str(uuid.UUID(one)) for one in value if len(one) == 36]
    except (AttributeError, TypeError, ValueError):
        raise _Refused("field-photos") from None
    if len(ids) != len(value):
        raise _Refused("field-photos")
    ids = list(dict.fromkeys(ids))
    if question.most is not None and len(ids) > question.most:
        raise _Refused("field-count", least=0, most=question.most)
    return ids


_READ: Mapping[str, Callable[[Question, Any], Any]] = {
    "choice": _choice,
    "number": _number,
    "yes_no": _yes_no,
    "text": _own_words,
    "photos": _photos,
}


def photo_ids(template: Template, said: Mapping[str, Any]) -> Iterator[tuple[str, uuid.UUID]]:
    """Every photo a checked brief names, with its path."""
    for name, value in said.get("answers", {}).items():
        if template.questions[name].kind == "photos":
            for index, one in enumerate(value):
                yield f"brief.answers.{name}.{index}", uuid.UUID(one)


def without_photos(template: Template, said: Mapping[str, Any]) -> dict[str, Any]:
    """A checked brief without the photos it names."""
    answers = {
        name: value
        for name, value in said.get("answers", {}).items()
        if template.questions[name].kind != "photos"
    }
    return {**said, "answers": answers} if "answers" in said else dict(said)


# Judging -----------------------------------------------------------------------------


def completeness(template: Template, said: Mapping[str, Any]) -> Completeness:
    """How much ``said`` tells of what the template asks.

    The share of the questions that is answered, each with its weight: 3 if required, 2
    for photos, 1 otherwise. Fewer photos than asked for count in part. What is said in
    one's own words (``text``) answers the optional questions that ask for words.
    """
    answers = said.get("answers", {})
    answers = answers if isinstance(answers, Mapping) else {}
    shares = {
        name: _share(question, answers.get(name), said.get("text"))
        for name, question in template.questions.items()
    }
    asked = template.questions.values()
    whole = sum(question.weight for question in asked)
    told = sum(question.weight * shares[question.id] for question in asked)
    # Sorting is stable: among equals the order of the form stays.
    missing = sorted((q for q in asked if shares[q.id] < 1), key=lambda q: -q.weight)
    return Completeness(score=told / whole if whole else 1.0, missing=tuple(missing))


def _share(question: Question, value: Any, text: Any) -> float:
    if question.kind == "photos":
        given = len(value) if isinstance(value, list | tuple) else 0
        return min(1.0, given / max(question.least or 1, 1))
    if question.kind == "text" and not question.required and not value:
        value = text
    return 0.0 if value is None or value == "" else 1.0


# Reading -----------------------------------------------------------------------------


def read(template: Template, said: Mapping[str, Any], language: words.Language) -> Reading:
    """``said`` as somebody reads it, in the order of the form.

    What does not fit the template is left out: briefs from before answers were checked
    hold such things.
    """
    answers = said.get("answers")
    answers = answers if isinstance(answers, Mapping) else {}
    tasks = said.get("tasks")
    tasks = tasks if isinstance(tasks, list) else []
    return Reading(
        preset=template.presets.get(str(said.get("preset"))),
        answers=tuple(
            _worded(question, answers[name], language)
            for name, question in template.questions.items()
            if name in answers and _fits(question, answers[name])
        ),
        tasks=tuple(task for name, task in template.tasks.items() if name in tasks),
    )


def _fits(question: Question, value: Any) -> bool:
    try:
        kept = _READ[question.kind](question, value)
    except _Refused:
        return False
    return kept not in ("", [])


def _worded(question: Question, value: Any, language: words.Language) -> Answer:
    photos: tuple[str, ...] = ()
    unit = None
    if question.kind == "choice":
        answer = question.choices[value][language]
    elif question.kind == "number":
        answer, unit = words.number(language, value), question.unit
    elif question.kind == "yes_no":
        answer = words.say(language, "brief-yes" if value else "brief-no")
    elif question.kind == "photos":
        photos = tuple(value)
        answer = words.say(language, "brief-photos", count=len(photos))
    else:
        answer = value
    return Answer(
        id=question.id,
        question=question.label[language],
        answer=answer,
        unit=unit,
        photos=photos,
    )
