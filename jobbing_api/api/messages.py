"""What the two people of a job write to each other."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from jobbing_api import errors, files, offers
from jobbing_api.api import fields, kinds, lists, photo_shapes, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("messages", __name__, description="Between the two people of a job.")

_WITH = "With whom, where nobody has accepted yet: the resident says it."


class MessagesQuery(lists.PageQuery):
    """Which conversation, and which page of it."""

    provider_id = fields.uid(_WITH, load_default=None)


class MessageBody(kinds.Body):
    """What you have to say, or to show."""

    text = fields.text(
        "In your words; may be left out where there are photos.",
        "Is there a tap outside?",
        least=0,
        most=2_000,
        lines=True,
        load_default="",
    )
    photos = photo_shapes.ids(
        "What it looks like. Yours, and used nowhere else; seen by the two of you.",
        most=files.MOST["message"],
        load_default=list,
    )
    provider_id = fields.uid(_WITH, load_default=None, allow_none=True)


class ReadBody(kinds.Body):
    """Which conversation you have read."""

    provider_id = fields.uid(_WITH, load_default=None, allow_none=True)


class MessageAnswer(kinds.Answer):
    """One message."""

    id = fields.uid("The message.")
    author = fields.choice("Who wrote it.", "resident", ("resident", "provider"))
    text = fields.text(
        "What it says; before anybody has accepted, numbers and addresses are masked. Null"
        " where it was taken down.",
        "Is there a tap outside?",
        least=0,
        most=2_000,
        lines=True,
        allow_none=True,
    )
    photos = fields.many(
        photo_shapes.PhotoAnswer, "What it shows, in order; none where it was taken down."
    )
    at = fields.instant("When.", "2026-11-23T10:05:00Z")
    read = fields.flag("Whether the other side has read it.", False)


def _shown(asked: view.View, found: Iterable[offers.Written]) -> list[dict[str, Any]]:
    show = photo_shapes.showing(asked)
    return [
        {
            **{name: getattr(one, name) for name in ("id", "author", "text", "at", "read")},
            "photos": show(one.photos),
        }
        for one in found
    ]


@blueprint.route("/jobs/<uuid:job_id>/messages")
class Messages(view.View):
    @blueprint.operation(
        "list_messages",
        query=MessagesQuery,
        answer=lists.page_of(MessageAnswer),
        refuses=[errors.NotFound],
    )
    def get(self, *, job_id: uuid.UUID, query: dict[str, Any]) -> Any:
        """What we wrote, latest first

        Between the resident and who has the job; in mode `choose` also whoever is asked or
        has named a price. Operators read along in a dispute only.
        """
        talk = offers.conversation(
            self.session, job_id, self.account, provider_id=query["provider_id"], now=self.now
        )
        found = offers.read_messages(
            self.session, talk, limit=query["limit"] + 1, after=lists.after(query)
        )
        page = lists.page(found, query["limit"], id_of=lambda one: one.id)
        return page | {"items": _shown(self, page["items"])}

    @blueprint.operation(
        "write_message",
        body=MessageBody,
        answer=MessageAnswer,
        status=201,
        refuses=[errors.NotFound, errors.IllegalMove],
        creates=True,
    )
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """Say something to the other side, or show it

        Photos are brought first (POST /photos) and named here; they stay with the message.
        """
        talk = offers.conversation(
            self.session, job_id, self.account, provider_id=body["provider_id"], now=self.now
        )
        offers.write_message(
            self.session,
            talk,
            self.account,
            text=body["text"],
            photos=body["photos"],
            now=self.now,
        )
        (written,) = _shown(self, offers.read_messages(self.session, talk, limit=1))
        return written, {"Location": f"/api/v1/jobs/{job_id}/messages"}


@blueprint.route("/jobs/<uuid:job_id>/messages/read")
class Read(view.View):
    @blueprint.operation("read_messages", body=ReadBody, status=204, refuses=[errors.NotFound])
    def post(self, *, job_id: uuid.UUID, body: dict[str, Any]) -> Any:
        """I have read it all"""
        talk = offers.conversation(
            self.session, job_id, self.account, provider_id=body["provider_id"], now=self.now
        )
        offers.mark_messages_read(self.session, talk, self.account, now=self.now)
