"""How an operation is written down once and both obeyed and documented.

Hides: flask-smorest's decorators and webargs' parser behind one decorator,
``Blueprint.operation``, and everything the contract repeats for each operation: who
may call it, its headers and its refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import flask_smorest
import marshmallow as ma
from flask import Request
from webargs.flaskparser import FlaskParser

from jobbing_api import errors
from jobbing_api.api import bodies, contract

Handler = TypeVar("Handler", bound=Callable[..., Any])


class _Parser(FlaskParser):
    """Strict JSON, strict queries, and our own error for what does not fit."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012  # declared so by webargs
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
    }

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        return bodies.read(req)

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        for name, values in req.args.lists():
            if not all(map(bodies.storable, values)):
                raise errors.InvalidInput(fields={name: ["field-control-characters"]})
        return super().load_querystring(req, schema)

    def handle_error(self, error: ma.ValidationError, *args: Any, **kwargs: Any) -> Any:
        # webargs files all messages under the location they came from.
        assert isinstance(error.messages, dict)
        (messages,) = error.messages.values()
        raise errors.InvalidInput(fields=dict(_flat(messages, ""))) from None


def _flat(messages: Any, path: str) -> Iterable[tuple[str, list[Any]]]:
    """marshmallow's nested messages as dotted paths into the request."""
    if isinstance(messages, Mapping):
        for name, below in messages.items():
            if name == "_schema":
                yield from _flat(below, path)
            else:
                yield from _flat(below, f"{path}.{name}" if path else str(name))
    else:
        yield path or "body", list(messages)


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # it has no annotations
    """A resource's operations."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, import_name: str, *, description: str) -> None:
        super().__init__(name, import_name, description=description)
        self._prepare_doc_cbks.append(contract.complete)

    def operation(
        self,
        operation_id: str,
        *,
        who: frozenset[str] | None = contract.SIGNED_IN,
        body: type[ma.Schema] | None = None,
        query: type[ma.Schema] | None = None,
        answer: type[ma.Schema] | Mapping[str, Any] | None = None,
        status: int = 200,
        version: Literal["", "read", "checked", "required"] = "",
        refuses: Iterable[type[errors.DomainError]] = (),
        creates: bool = False,
        takes: Iterable[str] = (),
        gives: Iterable[str] = (),
    ) -> Callable[[Handler], Handler]:
        """Declare a view's method: what it takes, gives and refuses, and who may call it.

        The method receives ``body`` and ``query`` by keyword, already validated, and
        returns what ``answer`` dumps, or ``(that, headers)``; where ``answer`` is a piece
        of the document, a response. Its docstring is the operation's summary and
        description, written for whoever calls it.
        ``creates`` says that the answer names a new thing in ``Location``. ``takes`` and
        ``gives`` are media types of a body and
        an answer that are bytes: the view receives the one itself, and returns the other as
        a response.
        """
        declared = contract.Operation(
            operation_id=operation_id,
            who=who,
            has_body=body is not None,
            version=version,
            refuses=tuple(refuses),
            creates=creates,
            takes=tuple(takes),
            gives=tuple(gives),
        )

        def declare(handler: Handler) -> Handler:
            made = self.response(status, answer)(handler)
            if query is not None:
                made = self.arguments(query, location="query", arg_name="query")(made)
            if body is not None:
                made = self.arguments(body, location="json", arg_name="body")(made)
            made.operation = declared
            made._apidoc["operation"] = declared
            return made  # type: ignore[no-any-return]  # flask-smorest has no annotations

        return declare
