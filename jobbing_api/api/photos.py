"""Photos: brought first, named where they belong afterwards, opened by a link."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from jobbing_api import errors, files, jobs
from jobbing_api.api import (
    bodies,
    contract,
    fields,
    idempotency,
    kinds,
    photo_shapes,
    problems,
    view,
)
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("photos", __name__, description="Pictures of jobs, of work, of papers.")

_PICTURES = ("image/jpeg", "image/png", "image/webp")


class LinkQuery(kinds.Body):
    """What makes a link good."""

    until = fields.whole(
        "When it ends, in seconds since 1970.", 1780309800, least=0, most=10**11, digits=True
    )
    signature = fields.text("Ours.", "Zt2mV3jH0wqXlN5cYb8sRk1aFd7uPe9oGi4xTq6hJvM", most=100)


@blueprint.route("/photos")
class Photos(view.View):
    #: The photo whose object lies in the store by the time the transaction begins; None
    #: where the request was answered before.
    _photo_id: uuid.UUID | None = None

    @blueprint.operation(
        "bring_photo",
        takes=[*_PICTURES, files.PDF],
        answer=photo_shapes.PhotoAnswer,
        status=201,
        refuses=[
            problems.BadRequest,
            errors.PhotoTooLarge,
            errors.NotAPicture,
            errors.TooManyPhotos,
        ],
        creates=True,
    )
    def post(self) -> Any:
        """Bring a photo

        The body is the picture itself: JPEG, PNG or WebP, up to 10 MB and 40 megapixels
        unless this server says otherwise. Content counts, not Content-Type. It comes out as
        a JPEG of at most 2048 pixels, upright, without position or any other metadata. A PDF
        is taken too, for papers and receipts only. Name its id where it belongs within 24
        hours, or it goes; 40 of yours may wait at a time.
        """
        if self._photo_id is None:
            # It was answered before, and that answer has been forgotten just now.
            raise errors.StillRunning
        photo = files.keep(self.session, self._photo_id, now=self.now)
        shown = photo_shapes.shown(photo, secret=view.settings().secret_key, now=self.now)
        return shown, {"Location": f"/api/v1/photos/{photo.id}"}

    def receive(self, operation: contract.Operation) -> None:
        """Ask who it is before megabytes are taken in, and make of them what we keep.

        A row that leads to the object is durable before the object is written.
        """
        using = view.settings()
        with self.admitted(operation) as session:
            answered = idempotency.answered(
                session, request, scope=str(self.account.id), secret=using.secret_key
            )
            if not answered:
                files.room_for_one_more(session, self.account)
        try:
            content = bodies.receive(request, most_bytes=using.photo_most_bytes)
        except RequestEntityTooLarge:
            most = round(using.photo_most_bytes / 10**6, 1)
            raise errors.PhotoTooLarge(most_megabytes=most) from None
        if answered:
            return
        taken = files.taken(content, most_pixels=using.photo_most_pixels)
        with self.admitted(operation) as session:
            photo_id = files.announce(session, self.account, what=taken, now=self.now)
        files.write(photo_id, taken)
        self._photo_id = photo_id


@blueprint.route("/photos/<uuid:photo_id>")
class Photo(view.View):
    @blueprint.operation("get_photo", answer=photo_shapes.PhotoAnswer, refuses=[errors.NotFound])
    def get(self, *, photo_id: uuid.UUID) -> Any:
        """One of my photos, with new links"""
        photo = files.own(self.session, photo_id, self.account)
        return photo_shapes.shown(photo, secret=view.settings().secret_key, now=self.now)

    @blueprint.operation("remove_photo", status=204, refuses=[errors.NotFound, errors.PhotoFrozen])
    def delete(self, *, photo_id: uuid.UUID) -> Response:
        """Take one of my photos away

        From wherever it belongs. Not one of a job on which work has begun, of a check, a
        message or a receipt: others have acted on what it shows. A paper's goes with the
        paper.
        """
        jobs.remove_photo(self.session, photo_id, self.account, now=self.now)
        return view.nothing()


@blueprint.route("/photos/<uuid:photo_id>/<string(maxlength=10):size>")
class Content(view.View):
    _photo: files.Photo

    @blueprint.operation(
        "open_photo",
        who=contract.ANYONE,
        query=LinkQuery,
        gives=[files.JPEG, files.PDF],
        refuses=[errors.NotFound, photo_shapes.LinkInvalid, photo_shapes.LinkExpired],
    )
    def get(self, *, photo_id: uuid.UUID, size: str, query: dict[str, Any]) -> Response:
        """The picture itself

        By a link that came with whatever the photo belongs to; `size` is `full`, `medium` or
        `small`. Read that again for a new link.
        """
        left = photo_shapes.left_of(
            photo_id,
            size,
            query["until"],
            query["signature"],
            secret=view.settings().secret_key,
            now=self.now,
        )
        asked = photo_shapes.known_size(size)
        photo = self._photo = files.get(self.session, photo_id)
        there = files.shown_size(photo, asked)
        response = Response(status=200, mimetype=photo.media_type)
        # A photo never changes; what stands in for a thumbnail is not kept in its place.
        response.set_etag(f"{photo.id.hex}.{there}")
        lasts = int(left.total_seconds()) if there == asked else 0
        response.headers["Cache-Control"] = f"private, max-age={lasts}"
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        # The app may be served from elsewhere; whoever has the link has the picture.
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if photo.media_type == files.PDF:
            response.headers["Content-Disposition"] = 'attachment; filename="paper.pdf"'
        return response

    def dispatch_request(self, **path: Any) -> Response:
        """The store is asked once the transaction is over, and not for what the caller has."""
        response = super().dispatch_request(**path)
        if response.status_code == 200:
            response.set_data(files.read(self._photo, photo_shapes.known_size(path["size"])))
        return response
