"""A brief against its template: what is legal, how complete it is, how it reads."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobbing_api import errors
from jobbing_api.markets import briefs, categories

TEMPLATES = {one["slug"]: briefs.parse(one["brief_template"]) for one in categories.listed()}

HEDGE = TEMPLATES["hedge-trimming"]

PHOTO = "019ab7c2-5d1e-7a60-9f3b-2c4d8e6f0a1b"


def refused(said: dict[str, Any], template: briefs.Template = HEDGE) -> dict[str, list[str]]:
    with pytest.raises(errors.InvalidInput) as caught:
        briefs.check(template, said)
    return caught.value.fields


# Checking ----------------------------------------------------------------------------


def test_nothing_is_a_brief() -> None:
    assert briefs.check(HEDGE, {}) == {}
    assert briefs.check(HEDGE, {"answers": {}, "tasks": []}) == {"answers": {}, "tasks": []}


def test_legal_answers_are_kept_as_they_are_said() -> None:
    said = {
        "text": "The yew, not the box.",
        "answers": {
            "length": 12.5,
            "height": 2,
            "sides": "both",
            "photos": [PHOTO],
            "result": "As level as the neighbour's.",
        },
        "preset": "low",
        "tasks": ["top", "sides"],
    }
    assert briefs.check(HEDGE, said) == said


def test_texts_are_trimmed_and_nothing_is_kept_twice() -> None:
    kept = briefs.check(
        HEDGE,
        {
            "text": "  Mind the cat. ",
            "answers": {"result": " Round ", "photos": [PHOTO, PHOTO.upper()]},
            "tasks": ["top", "top"],
        },
    )
    assert kept == {
        "text": "Mind the cat.",
        "answers": {"result": "Round", "photos": [PHOTO]},
        "tasks": ["top"],
    }


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("width", 3, "brief-question-unknown"),
        ("length", "12", "field-number"),
        ("length", True, "field-number"),
        ("length", None, "field-number"),
        ("length", float("nan"), "field-number"),
        ("length", 0.5, "field-range"),
        ("length", 300.1, "field-range"),
        ("length", float("inf"), "field-range"),
        pytest.param("length", 10**400, "field-range", id="enormous"),
        ("sides", "left", "field-choice"),
        ("sides", ["both"], "field-choice"),
        ("result", 7, "field-text"),
        ("result", "ding \x07", "field-control-characters"),
        ("result", "x" * 601, "field-length"),
        ("photos", PHOTO, "field-list"),
        ("photos", ["hedge.jpg"], "field-photos"),
        ("photos", ["g" * 36], "field-photos"),
        ("photos", [7], "field-photos"),
        ("photos", [None], "field-photos"),
        ("photos", [str(uuid.uuid4()) for _ in range(4)], "field-count"),
    ],
)
def test_a_wrong_answer_is_refused_at_its_path(name: str, value: Any, code: str) -> None:
    assert refused({"answers": {name: value}}) == {f"brief.answers.{name}": [code]}


def test_a_count_is_whole() -> None:
    trees = TEMPLATES["tree-pruning"]
    for value in (1.5, 2.0, True):
        assert refused({"answers": {"trees": value}}, trees) == {
            "brief.answers.trees": ["field-whole-number"]
        }
    assert briefs.check(trees, {"answers": {"trees": 2}}) == {"answers": {"trees": 2}}


def test_yes_and_no_are_flags() -> None:
    gutter = TEMPLATES["gutter-cleaning"]
    for value in ("no", 0, None):
        assert refused({"answers": {"ladder": value}}, gutter) == {
            "brief.answers.ladder": ["field-flag"]
        }


def test_everything_wrong_is_told_at_once() -> None:
    wrong = refused(
        {
            "colour": "green",
            "text": 7,
            "answers": {"length": 0, "width": 1},
            "preset": "middling",
            "tasks": ["top", "fly"],
        }
    )
    assert wrong == {
        "brief.colour": ["field-unknown"],
        "brief.text": ["field-text"],
        "brief.answers.length": ["field-range"],
        "brief.answers.width": ["brief-question-unknown"],
        "brief.preset": ["brief-preset-unknown"],
        "brief.tasks.1": ["brief-task-unknown"],
    }
    (bounds,) = wrong["brief.answers.length"]
    assert isinstance(bounds, errors.Wrong)
    assert bounds.values == {"least": 1, "most": 300}


def test_answers_and_tasks_have_their_shape() -> None:
    assert refused({"answers": [], "tasks": {}}) == {
        "brief.answers": ["field-object"],
        "brief.tasks": ["field-list"],
    }


def test_a_preset_alone_stands_for_its_answers_and_tasks() -> None:
    low = HEDGE.presets["low"]
    kept = briefs.check(HEDGE, {"preset": "low"})
    assert kept == {"preset": "low", "answers": low.answers, "tasks": low.tasks}
    # What is said, even if it is little, is meant.
    kept = briefs.check(HEDGE, {"preset": "low", "answers": {"length": 30}, "tasks": []})
    assert kept == {"preset": "low", "answers": {"length": 30}, "tasks": []}


def test_photos_are_found_by_their_path() -> None:
    kept = briefs.check(HEDGE, {"answers": {"photos": [PHOTO], "length": 3}})
    assert dict(briefs.photo_ids(HEDGE, kept)) == {"brief.answers.photos.0": uuid.UUID(PHOTO)}


# Judging -----------------------------------------------------------------------------


def missing(said: dict[str, Any], template: briefs.Template = HEDGE) -> list[str]:
    return [question.id for question in briefs.completeness(template, said).missing]


def test_an_empty_brief_lacks_everything_the_most_useful_first() -> None:
    told = briefs.completeness(HEDGE, {})
    assert told.score == 0
    ids = [question.id for question in told.missing]
    assert ids == ["length", "height", "sides", "clippings", "photos", "access", "result"]


def test_required_answers_and_photos_weigh_more() -> None:
    def score(**answers: Any) -> float:
        return briefs.completeness(HEDGE, {"answers": answers}).score

    # Four required at 3, photos at 2, access and result at 1 each.
    assert score(length=3) == pytest.approx(3 / 16)
    assert score(photos=[PHOTO]) == pytest.approx(2 / 16)
    assert score(access="outside") == pytest.approx(1 / 16)


def test_whoever_answers_everything_is_done() -> None:
    low = dict(HEDGE.presets["low"].answers)
    said = {"answers": low | {"access": "outside", "photos": [PHOTO], "result": "Level"}}
    assert briefs.completeness(HEDGE, said) == briefs.Completeness(score=1, missing=())


def test_ones_own_words_answer_what_asks_for_words() -> None:
    assert "result" not in missing({"text": "Level, please."})
    assert "result" in missing({"text": ""})
    # A question that has to be answered asks for more than that.
    assert "list" in missing({"text": "Some things."}, TEMPLATES["odd-job-list"])


def test_fewer_photos_than_asked_for_count_in_part() -> None:
    trees = TEMPLATES["tree-pruning"]
    one = briefs.completeness(trees, {"answers": {"photos": [PHOTO]}})
    two = briefs.completeness(trees, {"answers": {"photos": [PHOTO, str(uuid.uuid4())]}})
    assert 0 < one.score < two.score
    assert "photos" in [question.id for question in one.missing]
    assert "photos" not in [question.id for question in two.missing]


def test_no_is_an_answer() -> None:
    assert "ladder" not in missing({"answers": {"ladder": False}}, TEMPLATES["gutter-cleaning"])


@pytest.mark.parametrize("said", [{"answers": 7}, {"answers": {"photos": 3}}, {"what": "ever"}])
def test_a_brief_from_before_answers_were_checked_is_judged_all_the_same(
    said: dict[str, Any],
) -> None:
    assert briefs.completeness(HEDGE, said).score == 0
    assert briefs.read(HEDGE, said, "en").answers == ()


# Reading -----------------------------------------------------------------------------


def test_answers_read_in_the_language_of_the_reader() -> None:
    said = briefs.check(
        HEDGE,
        {
            "answers": {"sides": "both", "length": 1.5, "photos": [PHOTO]},
            "tasks": ["top", "nests"],
            "preset": "low",
        },
    )
    french, english = briefs.read(HEDGE, said, "fr"), briefs.read(HEDGE, said, "en")
    assert [(one.id, one.answer, one.unit) for one in french.answers] == [
        ("length", "1,5", "m"),
        ("sides", "Le dessus et les deux côtés", None),
        ("photos", "une photo", None),
    ]
    assert [one.answer for one in english.answers] == ["1.5", "The top and both sides", "one photo"]
    assert english.answers[0].question == "How long is the hedge?"
    assert english.answers[2].photos == (PHOTO,)
    # In the order of the template, whatever the order they were said in.
    assert [task.id for task in english.tasks] == ["nests", "top"]
    assert english.preset is HEDGE.presets["low"]


def test_yes_and_no_are_words() -> None:
    gutter = TEMPLATES["gutter-cleaning"]
    for language, words in (("fr", ("Oui", "Non")), ("en", ("Yes", "No"))):
        assert words == tuple(
            briefs.read(gutter, {"answers": {"ladder": value}}, language).answers[0].answer  # type: ignore[arg-type]
            for value in (True, False)
        )


def test_what_does_not_fit_is_left_out() -> None:
    said = {
        "answers": {"length": "long", "sides": "left", "result": " ", "photos": [], "x": 1},
        "preset": "none",
        "tasks": ["fly"],
    }
    reading = briefs.read(HEDGE, said, "fr")
    assert (reading.answers, reading.tasks, reading.preset) == ((), (), None)


# Whatever a template describes -------------------------------------------------------


_LETTERS = st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t")


def _values(question: briefs.Question) -> st.SearchStrategy[Any]:
    if question.kind == "choice":
        return st.sampled_from(sorted(question.choices))
    if question.kind == "yes_no":
        return st.booleans()
    if question.kind == "text":
        return st.text(_LETTERS, max_size=briefs.MOST_LETTERS)
    assert question.least is not None
    assert question.most is not None
    if question.kind == "photos":
        return st.lists(st.uuids().map(str), max_size=int(question.most), unique=True)
    if question.whole:
        return st.integers(int(question.least), int(question.most))
    return st.floats(question.least, question.most) | st.integers(
        -int(-question.least // 1), int(question.most)
    )


@st.composite
def described(draw: st.DrawFn) -> tuple[briefs.Template, dict[str, Any]]:
    """A template, and a brief of what it describes."""
    template = draw(st.sampled_from(list(TEMPLATES.values())))
    answers = st.fixed_dictionaries(
        {}, optional={name: _values(question) for name, question in template.questions.items()}
    )
    members = {
        "text": st.text(_LETTERS, max_size=200),
        "answers": answers,
        "preset": st.sampled_from(sorted(template.presets)),
        "tasks": st.lists(st.sampled_from(sorted(template.tasks)), max_size=12),
    }
    return template, draw(st.fixed_dictionaries({}, optional=members))


@given(described())
def test_any_brief_of_what_a_template_describes_is_taken(
    case: tuple[briefs.Template, dict[str, Any]],
) -> None:
    template, said = case
    kept = briefs.check(template, said)
    assert briefs.check(template, kept) == kept
    told = briefs.completeness(template, kept)
    assert 0 <= told.score <= 1
    assert (told.score == 1) == (told.missing == ())
    for language in ("fr", "en"):
        reading = briefs.read(template, kept, language)  # type: ignore[arg-type]  # both are ours
        answered = {
            name for name, value in kept.get("answers", {}).items() if value not in ("", [])
        }
        assert {one.id for one in reading.answers} == answered


@given(described(), st.data())
def test_another_answer_never_makes_a_brief_less_complete(
    case: tuple[briefs.Template, dict[str, Any]], data: st.DataObject
) -> None:
    template, said = case
    kept = briefs.check(template, said)
    answers = dict(kept.get("answers", {}))
    left = sorted(set(template.questions) - set(answers))
    if not left:
        return
    name = data.draw(st.sampled_from(left))
    more = {**kept, "answers": answers | {name: data.draw(_values(template.questions[name]))}}
    before = briefs.completeness(template, kept).score
    assert briefs.completeness(template, more).score >= before
