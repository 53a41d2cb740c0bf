"""The drawings beside the presets: open to anyone, and kept for ever by whoever asks.

Hides: that an address names the drawing's digest, so that a browser may keep what it has
and still sees a drawing that was redone.
"""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields as ma_fields

from jobbing_api import errors, markets
from jobbing_api.api import contract, fields, kinds, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("pictures", __name__, description="Drawings for the screens.")

_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_A_WHILE = "public, max-age=300"


class PictureQuery(kinds.Body):
    """Which state of it."""

    v = fields.matching(
        "Digest of the drawing, as its address names it: then it may be kept for ever.",
        "5f1d3c0a9b2e",
        r"[0-9a-f]{1,64}",
        "field-slug",
        load_default=None,
    )


@blueprint.route("/pictures/<name>.svg")
class Picture(view.View):
    @blueprint.operation(
        "get_picture",
        who=contract.ANYONE,
        query=PictureQuery,
        answer={"type": "string", "description": "SVG 1.1, 96 by 72."},
        gives=["image/svg+xml"],
        refuses=[errors.NotFound],
    )
    def get(self, *, name: str, query: dict[str, Any]) -> Response:
        """A drawing of a preset

        Its lines take the colour of the text around it and the CSS variable
        `--picture-accent`, where it is part of the page.
        """
        drawing = markets.pictures.drawn(name)
        if drawing is None:
            raise errors.NotFound()
        response = Response(drawing, mimetype="image/svg+xml")
        same = query["v"] == markets.pictures.digest(name)
        response.headers["Cache-Control"] = _FOR_EVER if same else _FOR_A_WHILE
        return response


def url(name: str) -> str:
    """The address of a drawing as it is now."""
    return f"/api/v1/pictures/{name}.svg?v={markets.pictures.digest(name)}"


def address(**given: Any) -> ma_fields.Field[Any]:
    """A member that says where a drawing is."""
    return fields.text(
        "Address of its drawing, an SVG that may be kept for ever.",
        "/api/v1/pictures/gutter-house.svg?v=5f1d3c0a9b2e",
        most=300,
        **given,
    )
