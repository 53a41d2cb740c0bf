"""The drawings beside the presets: line drawings of our own, in one style.

Hides: the file they are written in (``pictures.toml``) and how a drawing is put together
of layers, so that a low hedge and a high one differ where it matters and nowhere else.
"""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

#: One accent a page may choose; where it does not, this one.
_ACCENT = "var(--picture-accent,#d9480f)"

#: How the lines of a layer are drawn, by the name they have in the file.
_PENS: Mapping[str, str] = {
    "line": "",
    "dash": ' stroke-dasharray="2 4"',
    "accent": f' stroke="{_ACCENT}"',
    "tint": f' stroke="{_ACCENT}" fill="{_ACCENT}" fill-opacity=".2"',
}

_CIRCLE = re.compile(r"O(-?[\d.]+),(-?[\d.]+),([\d.]+)")
_BOX = re.compile(r"R(-?[\d.]+),(-?[\d.]+),([\d.]+),([\d.]+)")


@functools.cache
def _document() -> Mapping[str, Any]:
    text = resources.files("jobbing_api.markets").joinpath("pictures.toml").read_text("utf-8")
    return tomllib.loads(text)


def names() -> frozenset[str]:
    """Every drawing there is."""
    return frozenset(_document()["pictures"])


@functools.cache
def drawn(name: str) -> bytes | None:
    """The drawing as an SVG document of 96 by 72; None where there is none of that name.

    Lines are ``currentColor``; what the picture is about is drawn in the CSS variable
    ``--picture-accent``.
    """
    layers = _document()["pictures"].get(name)
    if layers is None:
        return None
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 72" fill="none"'
        ' stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
        f"{''.join(map(_placed, layers))}</svg>"
    ).encode()


@functools.cache
def digest(name: str) -> str:
    """Changes whenever the drawing does. Raises LookupError for one there is not."""
    drawing = drawn(name)
    if drawing is None:
        raise LookupError(f"there is no picture {name!r}")
    return hashlib.sha256(drawing).hexdigest()[:12]


def _placed(written: str) -> str:
    """A layer where it is to be: ``ladder`` as it is, ``ladder 20 64`` moved there."""
    layer, *place = written.split()
    pens = _document()["layers"][layer]
    paths = "".join(f'<path d="{_path(pens[pen])}"{_PENS[pen]}/>' for pen in _PENS if pen in pens)
    return f'<g transform="translate({" ".join(place)})">{paths}</g>' if place else paths


def _path(written: str) -> str:
    """Path data, with ``Ox,y,r`` for a circle and ``Rx,y,w,h`` for a box written out."""

    def circle(found: re.Match[str]) -> str:
        x, y, r = map(float, found.groups())
        return f"M{x - r:g} {y:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0"

    def box(found: re.Match[str]) -> str:
        x, y, width, height = map(float, found.groups())
        return f"M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}z"

    return _BOX.sub(box, _CIRCLE.sub(circle, written))
