"""Papers read back as a reader of them would."""

from __future__ import annotations

import io
import re
import time
from dataclasses import replace
from datetime import UTC, datetime

import pypdf
import pytest

from jobbing_api import documents

MADE_AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

ORDER = documents.Document(
    title="Commande",
    subtitle="Gouttière bouchée",
    language="fr",
    made_at=MADE_AT,
    parts=[
        documents.Parties(
            [
                documents.Party(role="Client", name="Léa", lines=["1 place Bellecour"]),
                documents.Party(role="Prestataire", name="Karim"),
            ]
        ),
        documents.Facts([("Visite", "mardi 24 novembre 2026"), ("Numéro", "7")]),
        documents.Table(
            title="Prix",
            columns=[
                documents.Column(head="Poste", share=3),
                documents.Column(head="Montant", amounts=True),
            ],
            rows=[["Main-d'œuvre", "1\u202f045,50\u00a0€"], ["Coude", "15,00\u00a0€"]],
            totals=[["TVA comprise", "0,00\u00a0€"], ["Total", "1\u202f060,50\u00a0€"]],
        ),
        documents.Note("Première ligne.\nSeconde ligne.", title="Remarques"),
    ],
)


def opened(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content), strict=True)


def said(content: bytes) -> str:
    """All its text; a space is a space, however wide."""
    text = "\n".join(page.extract_text() for page in opened(content).pages)
    return re.sub("[\u00a0\u202f]", " ", text)


def test_what_a_paper_says_can_be_read_back() -> None:
    text = said(documents.pdf(ORDER))
    for expected in (
        *("Commande", "Gouttière bouchée", "Client", "Léa", "1 place Bellecour", "Karim"),
        *("mardi 24 novembre 2026", "Main-d'œuvre", "1 045,50 €", "1 060,50 €", "1 / 1"),
        "Première ligne.\nSeconde ligne.",
    ):
        assert expected in text


def test_a_paper_says_its_language_its_title_and_when_it_was_made() -> None:
    reader = opened(documents.pdf(ORDER))
    assert reader.trailer["/Root"]["/Lang"] == "fr"
    assert reader.metadata is not None
    assert reader.metadata.title == "Commande"
    assert reader.metadata.creation_date == MADE_AT


def test_pages_are_a4_with_letters_of_their_own() -> None:
    (page,) = opened(documents.pdf(ORDER)).pages
    assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [210, 297]
    fonts = page["/Resources"]["/Font"].values()  # type: ignore[index]
    for font in fonts:
        (descendant,) = font.get_object()["/DescendantFonts"]
        assert "/FontFile2" in descendant.get_object()["/FontDescriptor"]


def test_the_same_paper_is_the_same_bytes_later_on() -> None:
    first = documents.pdf(ORDER)
    # Fonts are dated by the second.
    time.sleep(1.1)
    assert documents.pdf(ORDER) == first
    later = replace(ORDER, made_at=datetime(2026, 11, 25, tzinfo=UTC))
    assert documents.pdf(later) != first


def test_amounts_stand_at_the_right() -> None:
    (page,) = opened(documents.pdf(ORDER)).pages
    laid_out = page.extract_text(extraction_mode="layout").splitlines()
    short, long = (next(line for line in laid_out if end in line) for end in ("15,00", "045,50"))
    # What is laid out in letters of one width is right to a letter.
    assert abs(len(short.rstrip()) - len(long.rstrip())) <= 1
    assert short.index("15,00") > long.index("045,50")


def test_a_long_table_repeats_its_head_and_counts_its_pages() -> None:
    (table,) = [part for part in ORDER.parts if isinstance(part, documents.Table)]
    rows = [[f"Poste {place}", f"{place},00\u00a0€"] for place in range(120)]
    content = documents.pdf(replace(ORDER, parts=[replace(table, rows=rows)]))
    pages = opened(content).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert "Montant" in page.extract_text()
        assert f"{number} / {len(pages)}" in page.extract_text()
    read = re.findall(r"Poste (\d+) \1,00 €", said(content))
    assert read == [str(place) for place in range(120)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("E\u0301te\u0301", "Été"),
        ("J'aime \u2764\ufe0f", "J'aime ?"),
        ("Ça\tva\u0007", "Ça va"),
        ("Ωmega и кириллица", "Ωmega и кириллица"),
        ("non\u2011stop", "non-stop"),
    ],
)
def test_letters_the_font_does_not_hold_do_no_harm(written: str, read: str) -> None:
    content = documents.pdf(replace(ORDER, title=written, parts=[]))
    assert read in said(content)


@pytest.mark.parametrize("text", ["x" * 5_000, "mot " * 2_000, "\n" * 500 + "fin", ""])
def test_whatever_is_long_fits(text: str) -> None:
    parts: list[documents.Part] = [
        documents.Facts([("Pourquoi", text)]),
        documents.Table(
            columns=[documents.Column(head=text), documents.Column(head="b", amounts=True)],
            rows=[[text, "1"]],
        ),
        documents.Note(text),
        documents.Parties([documents.Party(role="a", name=text, lines=[text])]),
    ]
    assert opened(documents.pdf(replace(ORDER, title=text, parts=parts))).pages
