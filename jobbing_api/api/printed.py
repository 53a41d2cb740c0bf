"""Views that answer with a page to keep.

Hides: that a page takes long to make and is made once nothing is held any more, and not for
whoever has it already.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response

from jobbing_api import documents, files
from jobbing_api.api import view


class PrintedView(view.View):
    """Base of views whose answer is a PDF."""

    _document: documents.Document | None = None

    def page(
        self, document: documents.Document, *, name: str, disposition: str = "inline"
    ) -> Response:
        """The page as it is to be called; nobody between keeps a copy."""
        self._document = document
        response = Response(status=200, mimetype=files.PDF)
        response.set_etag(hashlib.sha256(repr(document).encode()).hexdigest()[:32])
        response.headers["Content-Disposition"] = f'{disposition}; filename="{name}.pdf"'
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def dispatch_request(self, **path: Any) -> Response:
        response = super().dispatch_request(**path)
        if response.status_code == 200:
            assert self._document is not None
            response.set_data(documents.pdf(self._document))
        return response
