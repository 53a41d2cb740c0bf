"""The wording files: complete, alike, used, and read as people write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

import jobbing_api
from jobbing_api import errors, jobs, words
from jobbing_api.api import problems
from jobbing_api.jobs import prices
from jobbing_api.lifecycle import JobState, OfferState
from jobbing_api.notifications import preferences
from jobbing_api.providers import papers

CODE = Path(jobbing_api.__file__).parent

KINDS = set(preferences.TOPICS)

REASONS = {
    "declined",
    "declined-distance",
    "declined-price",
    "declined-time",
    "no-longer-possible",
    "nobody-answered",
    "nobody-chosen",
    "nobody-free",
    "nobody-in-reach",
    "price-too-low",
}

#: Ids that are put together at run time, and what they are put together from.
FAMILIES = (
    {f"problem-{slug}-{part}" for slug in problems.STATUS for part in ("title", "detail")}
    | {f"push-{kind}-{part}" for kind in KINDS for part in ("title", "body")}
    | {f"reason-{reason}" for reason in REASONS}
    | {f"paper-{kind.lower()}" for kind in papers.KINDS}
    | {
        f"mail-{purpose}-{part}"
        for purpose in ("verify-email", "reset-password")
        for part in ("subject", "body")
    }
    | {"mail-unreached-body"}
    | {f"series-{often}" for often in ("weekly", "monthly")}
    | {f"paper-line-{kind}" for kind in prices.LINE_KINDS}
    | {f"paper-method-{method}" for method in jobs.METHODS}
    | {f"paper-because-{why}" for why in ("evening", "sunday")}
    | {f"paper-change-{state}" for state in ("asked", "agreed", "refused", "withdrawn")}
    | {
        f"page-{purpose}-{part}"
        for purpose in ("verify-email", "reset-password")
        for part in ("title", "intro", "button", "done", "again", "failed")
    }
)


class _Variables(Visitor):
    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802
        self.names.add(node.id.name)


def _messages(language: str) -> dict[str, ast.Message]:
    text = (CODE / "wording" / f"{language}.ftl").read_text("utf-8")
    found: dict[str, ast.Message] = {}
    for entry in FluentParser().parse(text).body:
        assert not isinstance(entry, ast.Junk), entry.content
        if isinstance(entry, ast.Message):
            assert entry.id.name not in found, f"{entry.id.name} is written twice"
            found[entry.id.name] = entry
    return found


def _variables(message: ast.Message) -> set[str]:
    visitor = _Variables()
    visitor.visit(message)
    return visitor.names


def _slugs(kind: type[errors.DomainError]) -> Iterator[str]:
    yield kind.slug
    for narrower in kind.__subclasses__():
        yield from _slugs(narrower)


def _literals() -> set[str]:
    source = "\n".join(
        path.read_text("utf-8") for path in CODE.rglob("*.py") if path.name != "words.py"
    )
    own = (CODE / "words.py").read_text("utf-8")
    return set(re.findall(r'"([a-z][a-z0-9-]*)"', source + own))


def test_both_languages_hold_the_same_ids() -> None:
    assert set(_messages("fr")) == set(_messages("en"))


def test_both_languages_use_the_same_values() -> None:
    english = _messages("en")
    for message_id, french in _messages("fr").items():
        assert _variables(french) == _variables(english[message_id]), message_id


def test_every_refusal_is_worded() -> None:
    written = set(_messages("en"))
    for slug in {*_slugs(errors.DomainError), *problems.STATUS} - {"refused"}:
        assert {f"problem-{slug}-title", f"problem-{slug}-detail"} <= written, slug


def test_every_notification_is_worded() -> None:
    written = set(_messages("en"))
    for kind in KINDS:
        assert {f"push-{kind}-title", f"push-{kind}-body"} <= written, kind
    assert {f"reason-{reason}" for reason in REASONS} <= written


def test_every_state_a_refusal_may_name_is_worded() -> None:
    otherwise = words.say("en", "problem-illegal-move-detail")
    for state in (*JobState, *OfferState):
        assert words.say("en", "problem-illegal-move-detail", state=state) != otherwise, state


def test_no_id_is_written_for_nothing() -> None:
    used = FAMILIES | _literals() | {"field-length", "field-count", "field-point", "field-polygon"}
    assert set(_messages("en")) - used == set()


def test_every_field_message_the_code_names_is_written() -> None:
    named = {
        literal for literal in _literals() if re.fullmatch(r"field-[a-z0-9-]*[a-z0-9]", literal)
    }
    assert named - set(_messages("en")) == set()


def test_no_push_can_name_a_person_or_a_place() -> None:
    harmless = {"category", "distance", "when", "arrival", "price", "reason", "backups"}
    harmless |= {"paper", "days"}
    for message_id, message in _messages("en").items():
        if message_id.startswith("push-"):
            assert _variables(message) <= harmless, message_id


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_everything_can_be_said(language: str) -> None:
    for message_id, message in _messages(language).items():
        values = dict.fromkeys(_variables(message), "7") | {"hours": 48}
        text = words.say(language, message_id, **values)
        assert text.strip()
        assert "{" not in text, message_id


def test_an_unknown_id_is_an_error() -> None:
    with pytest.raises(LookupError, match="no-such-thing"):
        words.say("fr", "no-such-thing")
    assert not words.has("no-such-thing")


def test_a_sentence_with_a_hole_is_an_error() -> None:
    with pytest.raises(LookupError, match="link"):
        words.say("fr", "mail-verify-email-body", hours=48)


def test_a_refusal_without_its_state_is_still_told() -> None:
    assert words.say("en", "problem-illegal-move-detail").startswith("Things have changed")
    assert "-" in words.say("en", "problem-internal-error-detail")


def test_other_languages_read_english() -> None:
    for language in ("de", "en", "zz"):
        assert words.say(language, "push-on-my-way-title") == "On the way"
    assert words.say("fr", "push-on-my-way-title") == "En route"


def test_an_hour_is_told_in_the_words_of_its_place() -> None:
    instant = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    assert words.when("fr", instant, "Europe/Paris") == "mardi 24 novembre, 14:00"
    assert words.when("en", instant, "Europe/Paris") == "Tuesday 24 November, 14:00"
    assert words.when("fr", instant, "America/Martinique") == "mardi 24 novembre, 09:00"


def test_an_hour_follows_summer_time() -> None:
    before = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    after = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert words.when("fr", before, "Europe/Paris") == "dimanche 25 octobre, 02:30"
    assert words.when("fr", after, "Europe/Paris") == "dimanche 25 octobre, 02:30"


def test_the_first_of_a_month_is_an_ordinal_in_french() -> None:
    instant = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
    assert words.when("fr", instant, "Europe/Paris") == "dimanche 1er novembre, 09:00"
    assert words.when("en", instant, "Europe/Paris") == "Sunday 1 November, 09:00"


@pytest.mark.parametrize(
    ("cents", "currency", "french", "english"),
    [
        (4500, "EUR", "45 €", "€45"),
        (4550, "EUR", "45,50 €", "€45.50"),
        (123456700, "EUR", "1 234 567 €", "€1,234,567"),
        (0, "EUR", "0 €", "€0"),
        (-1250, "EUR", "-12,50 €", "-€12.50"),
        (4500, "JPY", "4 500 JPY", "JP¥4,500"),
        (4500, "TND", "4,500 TND", "TND4.500"),
    ],
)
def test_money_is_written_as_people_do(
    cents: int, currency: str, french: str, english: str
) -> None:
    assert _plain_spaces(words.money("fr", cents, currency)) == french
    assert words.money("en", cents, currency) == english


@pytest.mark.parametrize(
    ("metres", "french", "english"),
    [
        (0, "moins de 100 m", "less than 100 m"),
        (99.9, "moins de 100 m", "less than 100 m"),
        (349, "300 m", "300 m"),
        (949, "900 m", "900 m"),
        (951, "1 km", "1 km"),
        (1249, "1,2 km", "1.2 km"),
        (9_951, "10 km", "10 km"),
        (12_345, "12 km", "12 km"),
    ],
)
def test_a_distance_is_rounded_as_people_do(metres: float, french: str, english: str) -> None:
    assert _plain_spaces(words.distance("fr", metres)) == french
    assert words.distance("en", metres) == english


def test_french_punctuation_keeps_to_its_word() -> None:
    title = words.say("fr", "push-calendar-confirm-title")
    assert title == "Est-ce bien vos horaires\u202f?"
    detail = words.say("fr", "problem-invalid-input-detail")
    assert "«\u00a0errors\u00a0»" in detail


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("*", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("de,fr;q=0.5", "fr"),
        ("de", "en"),
        ("en;q=0.3, fr;q=0.7", "fr"),
        ("fr;q=0", "en"),
        ("fr;q=nonsense, en;q=0.1", "en"),
        ("fr;q=nan", "en"),
        (";;,,=;q", "en"),
    ],
)
def test_the_language_liked_best_is_picked(header: str | None, language: str) -> None:
    assert words.pick(header) == language


def _plain_spaces(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")
