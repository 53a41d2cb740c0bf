"""Papers to keep: pages in A4 that can be read, searched, printed and filed.

Hides: fpdf2 and the font (Source Sans Pro, under the SIL Open Font License; what a page uses
of it goes with the page), where a page breaks, that a table's head stands on each of its
pages, and what becomes of a letter the font does not hold. Nothing is fetched from anywhere,
and the same document is the same bytes whenever it is made.

What to say is the caller's affair, words and amounts as they are to be read included: a
``Document`` is a title and parts, one below the other; ``pdf`` makes the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import font_source_sans_pro
from fontTools.ttLib import TTFont
from fpdf import FPDF, FontFace

#: The longest text in a cell of a table or beside a label, in characters: a row stands on one
#: page. What is longer is cut and ends in an ellipsis; a note may be as long as it likes.
MOST_IN_CELL = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """One of those it is between: as what, and how they are called, with lines below."""

    role: str
    name: str
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Parties:
    """Those it is between, side by side; two, or one."""

    several: Sequence[Party]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be known, each with its label before it."""

    rows: Sequence[tuple[str, str]]
    title: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of a table: its head, its share of the width beside the others', and whether
    it is set to the right, as amounts are."""

    head: str
    share: float = 1.0
    amounts: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of as many cells as there are columns. ``totals`` stand below them, set apart;
    the last of them is what it comes to."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    totals: Sequence[Sequence[str]] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to read; its lines are kept."""

    text: str
    title: str = ""


Part = Parties | Facts | Table | Note


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """What a paper says. ``language`` (ISO 639-1) is that of its words, and ``made_at`` (aware)
    the instant it tells as that of its making: of what it shows, rather than of the asking,
    so that a paper asked for again is the same."""

    title: str
    subtitle: str = ""
    language: str
    made_at: datetime
    parts: Sequence[Part]


def pdf(document: Document) -> bytes:
    """The document as a PDF. Equal documents make equal bytes. Takes a tenth of a
    second or two and needs no session."""
    page = _Page()
    page.set_lang(document.language)
    page.set_title(_line(document.title))
    page.set_creation_date(document.made_at)
    page.set_producer("Jobbing")
    page.add_page()
    page.heading(document.title, size=_TITLE_PT)
    if document.subtitle:
        page.written(document.subtitle, grey=True)
    for part in document.parts:
        page.ln(_GAP_MM)
        match part:
            case Parties():
                page.parties(part)
            case Facts():
                page.facts(part)
            case Table():
                page.grid(part)
            case Note():
                page.note(part)
    return bytes(page.output())


_MARGIN_MM = 20.0
_GAP_MM = 5.0
_LINE_MM = 5.2
_TITLE_PT, _HEAD_PT, _TEXT_PT, _FOOT_PT = 18, 12, 10, 8
_INK, _GREY, _RULE = (20, 20, 20), (95, 95, 95), (170, 170, 170)

#: Of a row of facts the label has so much.
_LABEL_SHARE = 0.32

_FAMILY = "SourceSansPro"
_FILES: Mapping[str, str] = {
    "": font_source_sans_pro.font_files_ttf["SourceSansPro"],
    "B": font_source_sans_pro.font_files_ttf["SourceSansProSemibold"],
}


class _Page(FPDF):
    """Pages in A4 with our font, our margins and their numbers at the foot."""

    def __init__(self) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.set_margins(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
        self.set_auto_page_break(True, margin=_MARGIN_MM)
        for style, file in _FILES.items():
            self.add_font(_FAMILY, style, file)
        self._ink()

    def footer(self) -> None:
        self.set_y(-_MARGIN_MM + 5)
        self._ink(size=_FOOT_PT, grey=True)
        # Nobody has to be told in words what two numbers at the foot of a page are.
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="C")
        self._ink()

    def heading(self, text: str, *, size: int = _HEAD_PT) -> None:
        self._ink(size=size, bold=True)
        # A heading never stands alone at the foot of a page.
        if self.will_page_break(4 * _LINE_MM):
            self.add_page()
        self.multi_cell(0, size * 0.5, _line(text), align="L", new_x="LMARGIN", new_y="NEXT")
        self._ink()

    def written(self, text: str, *, grey: bool = False) -> None:
        self._ink(grey=grey)
        self.multi_cell(0, _LINE_MM, text, align="L", new_x="LMARGIN", new_y="NEXT")
        self._ink()

    def parties(self, part: Parties) -> None:
        with self._table([1.0] * len(part.several), borders="NONE") as rows:
            labels = rows.row()
            for one in part.several:
                labels.cell(_line(one.role), style=_face(grey=True))
            names = rows.row()
            for one in part.several:
                names.cell(_line(one.name), style=_face(bold=True))
            for place in range(max((len(one.lines) for one in part.several), default=0)):
                below = rows.row()
                for one in part.several:
                    below.cell(_line(one.lines[place]) if place < len(one.lines) else "")

    def facts(self, part: Facts) -> None:
        if part.title:
            self.heading(part.title)
        if not part.rows:
            return
        with self._table([_LABEL_SHARE, 1 - _LABEL_SHARE], borders="NONE") as rows:
            for label, value in part.rows:
                row = rows.row()
                row.cell(_line(label), style=_face(grey=True))
                row.cell(_line(value))

    def grid(self, part: Table) -> None:
        if part.title:
            self.heading(part.title)
        shares = [column.share for column in part.columns]
        aligns = ["RIGHT" if column.amounts else "LEFT" for column in part.columns]
        with self._table(shares, borders="HORIZONTAL_LINES", aligns=aligns, headed=True) as rows:
            head = rows.row()
            for column in part.columns:
                head.cell(_line(column.head))
            for written in part.rows:
                row = rows.row()
                for text in written:
                    row.cell(_line(text))
            for place, written in enumerate(part.totals, start=1):
                row = rows.row()
                for text in written:
                    row.cell(_line(text), style=_face(bold=place == len(part.totals)))

    def note(self, part: Note) -> None:
        if part.title:
            self.heading(part.title)
        self.written("\n".join(_readable(line) for line in part.text.splitlines()))

    def _table(
        self,
        shares: Sequence[float],
        *,
        borders: str,
        aligns: Sequence[str] | str = "LEFT",
        headed: bool = False,
    ) -> Any:
        self.set_draw_color(*_RULE)
        return self.table(
            col_widths=tuple(shares),
            text_align=aligns if isinstance(aligns, str) else tuple(aligns),
            borders_layout=borders,
            line_height=_LINE_MM,
            padding=(0.8, 1.2) if headed else (0.2, 1.2, 0.2, 0),
            first_row_as_headings=headed,
            headings_style=_face(bold=True),
        )

    def _ink(self, *, size: int = _TEXT_PT, bold: bool = False, grey: bool = False) -> None:
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*(_GREY if grey else _INK))


def _face(*, bold: bool = False, grey: bool = False) -> FontFace:
    return FontFace(emphasis="BOLD" if bold else None, color=_GREY if grey else _INK)


def _line(text: str) -> str:
    """A text on one line that breaks where it must, no longer than a cell may be."""
    flowing = re.sub(r"[ \t\r\n\f\v\u0085\u2028\u2029]+", " ", text).strip()
    if len(flowing) > MOST_IN_CELL:
        flowing = flowing[: MOST_IN_CELL - 1] + "…"
    return _readable(flowing)


def _readable(text: str) -> str:
    """The text in letters the font holds. What modifies a letter it does not hold, or steers
    a screen, is left out; another letter it does not hold is a question mark."""
    known = _letters()
    composed = unicodedata.normalize("NFC", text.replace("\t", " "))
    return "".join(
        letter if ord(letter) in known else _ALIKE.get(letter, "?")
        for letter in composed
        if ord(letter) in known or unicodedata.category(letter) not in ("Mn", "Me", "Cc", "Cf")
    )


#: Spaces and hyphens that differ from these by their width alone, or not to the eye.
_ALIKE: Mapping[str, str] = {
    **dict.fromkeys("\u2007\u202f", "\u00a0"),
    **dict.fromkeys("\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u3000", " "),
    **dict.fromkeys("\u2010\u2011", "-"),
}


@cache
def _letters() -> frozenset[int]:
    """The code points both styles of the font hold."""
    held = []
    for file in _FILES.values():
        with TTFont(file) as font:
            held.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*held)
