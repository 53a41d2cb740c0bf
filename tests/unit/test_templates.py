"""The files of brief templates: whole, sound, short, and drawn."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from jobbing_api.markets import briefs, categories, pictures, templates

CONTENTS = {one["slug"]: one["brief_template"] for one in categories.listed()}

every_template = pytest.mark.parametrize("content", CONTENTS.values(), ids=list(CONTENTS))


@every_template
def test_a_template_is_sound(content: dict[str, Any]) -> None:
    assert templates.unsound(content) == []


@every_template
def test_a_template_takes_less_than_a_minute(content: dict[str, Any]) -> None:
    questions = content["questions"]
    assert 5 <= len(questions) <= 8
    assert 1 <= sum(question["required"] for question in questions) <= 4
    assert all(len(question.get("choices", [])) <= 6 for question in questions)
    assert sum(question["required"] and question["kind"] == "text" for question in questions) <= 1


@every_template
def test_every_template_has_a_place_for_words_and_one_for_photos(content: dict[str, Any]) -> None:
    """What is said in one's own words always answers something, and a picture helps."""
    asked = [(question["kind"], question["required"]) for question in content["questions"]]
    assert ("text", False) in asked
    assert [kind for kind, _ in asked].count("photos") == 1


@every_template
def test_every_question_is_one(content: dict[str, Any]) -> None:
    for question in content["questions"]:
        assert question["label"]["fr"].endswith("\N{NARROW NO-BREAK SPACE}?"), question["id"]
        assert question["label"]["en"].endswith("?"), question["id"]


@every_template
def test_presets_are_two_or_three_and_differ(content: dict[str, Any]) -> None:
    presets = content["presets"]
    assert 2 <= len(presets) <= 3
    assert len({preset["picture"] for preset in presets}) == len(presets)
    for preset in presets:
        assert len(preset["name"]["fr"]) <= 32
        assert len(preset["name"]["en"]) <= 32
        assert preset["tasks"]
        assert preset["minutes"] % 15 == 0


@every_template
def test_tasks_are_usual_or_not(content: dict[str, Any]) -> None:
    assert {task["usual"] for task in content["tasks"]} == {True, False}


def test_no_picture_is_shown_twice_or_never() -> None:
    shown = [preset["picture"] for content in CONTENTS.values() for preset in content["presets"]]
    assert sorted(shown) == sorted(pictures.names())


def test_every_tool_is_named_in_both_languages_and_used() -> None:
    tools = templates.tools()
    named = {need for content in CONTENTS.values() for need in content["needs"]}
    named |= {
        need
        for content in CONTENTS.values()
        for preset in content["presets"]
        for need in preset["needs"]
    }
    assert set(tools) == named
    assert all(names["fr"] and names["en"] for names in tools.values())


def test_text_is_set_as_it_is_printed() -> None:
    said = str(CONTENTS)
    assert "l\u2019herbe" in said
    assert " ?" not in said


@pytest.mark.parametrize("name", sorted(pictures.names()))
def test_a_picture_is_a_small_drawing_that_takes_a_pages_colours(name: str) -> None:
    drawing = pictures.drawn(name)
    assert drawing is not None
    assert len(drawing) < 2048
    root = ET.fromstring(drawing)
    assert root.attrib["viewBox"] == "0 0 96 72"
    assert root.attrib["stroke"] == "currentColor"
    assert {element.tag.rsplit("}", 1)[-1] for element in root.iter()} <= {"svg", "g", "path"}
    assert b"var(--picture-accent" in drawing


def test_no_two_pictures_are_alike() -> None:
    assert len({pictures.drawn(name) for name in pictures.names()}) == len(pictures.names())


def test_there_is_no_picture_of_another_name() -> None:
    assert pictures.drawn("unicorn") is None
    with pytest.raises(LookupError):
        pictures.digest("unicorn")


def _twice(content: dict[str, Any]) -> None:
    content["questions"].append(content["questions"][0])


def _no_such_tool(content: dict[str, Any]) -> None:
    content["needs"] = ["wand"]


def _preset_with_no_such_tool(content: dict[str, Any]) -> None:
    content["presets"][0]["needs"] = ["wand"]


def _illegal_answer(content: dict[str, Any]) -> None:
    content["presets"][0]["answers"]["length"] = 10_000


def _answer_left_out(content: dict[str, Any]) -> None:
    del content["presets"][0]["answers"]["length"]


def _no_such_task(content: dict[str, Any]) -> None:
    content["presets"][0]["tasks"] = ["fly"]


def _not_drawn(content: dict[str, Any]) -> None:
    content["presets"][0]["picture"] = "unicorn"


def _endless(content: dict[str, Any]) -> None:
    content["presets"][0]["minutes"] = 5_000


def _one_language(content: dict[str, Any]) -> None:
    content["tasks"][0]["label"] = {"fr": "Tailler"}


def _empty_word(content: dict[str, Any]) -> None:
    content["presets"][0]["name"]["en"] = " "


def _no_bounds(content: dict[str, Any]) -> None:
    content["questions"][0]["most"] = None


def _bounds_the_wrong_way(content: dict[str, Any]) -> None:
    content["questions"][0]["least"] = 400


def _one_choice(content: dict[str, Any]) -> None:
    content["questions"][2]["choices"] = content["questions"][2]["choices"][:1]


def _no_such_kind(content: dict[str, Any]) -> None:
    content["questions"][0]["kind"] = "riddle"


def _no_slug(content: dict[str, Any]) -> None:
    content["tasks"][0]["id"] = "Trim it"


@pytest.mark.parametrize(
    "spoil",
    [
        _twice,
        _no_such_tool,
        _preset_with_no_such_tool,
        _illegal_answer,
        _answer_left_out,
        _no_such_task,
        _not_drawn,
        _endless,
        _one_language,
        _empty_word,
        _no_bounds,
        _bounds_the_wrong_way,
        _one_choice,
        _no_such_kind,
        _no_slug,
    ],
)
def test_a_spoilt_template_is_told_from_a_sound_one(spoil: Callable[[Any], None]) -> None:
    content = copy.deepcopy(CONTENTS["hedge-trimming"])
    spoil(content)
    assert templates.unsound(content) != []


def test_an_older_template_can_still_be_read() -> None:
    """Versions from before there were bounds, tasks and presets."""
    older = {
        "version": 1,
        "needs": [],
        "questions": [
            {
                "id": "length",
                "kind": "number",
                "label": {"fr": "Quelle longueur ?", "en": "How long?"},
                "required": True,
                "unit": "m",
            }
        ],
    }
    template = briefs.parse(older)
    assert template.tasks == template.presets == {}
    assert briefs.check(template, {"answers": {"length": 1e6}}) == {"answers": {"length": 1e6}}
