"""Where the links in our mails lead: a page that confirms an address, one that sets a
new password.

Hides that opening a link does nothing yet: mail programs open links to look at them, so
a person presses a button. Without scripts, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import flask
from flask import Flask, Response, current_app, request
from sqlalchemy.orm import Session

from jobbing_api import accounts, database, errors, words
from jobbing_api.api import problems

_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


def register(app: Flask) -> None:
    """Serve the two pages at the addresses the mails name."""
    blueprint = flask.Blueprint("mail_links", __name__, template_folder="pages")
    blueprint.add_url_rule("/verify-email", view_func=_verify_email, methods=["GET", "POST"])
    blueprint.add_url_rule("/reset-password", view_func=_reset_password, methods=["GET", "POST"])
    app.register_blueprint(blueprint)


def _verify_email() -> Response:
    def confirm(session: Session, now: datetime) -> None:
        accounts.verify_email(session, request.form.get("token", ""), now=now)

    return _page("verify-email", confirm, password=False)


def _reset_password() -> Response:
    def renew(session: Session, now: datetime) -> None:
        accounts.reset_password(
            session,
            request.form.get("token", ""),
            new_password=request.form.get("password", ""),
            now=now,
        )

    return _page("reset-password", renew, password=True)


def _page(purpose: str, act: Callable[[Session, datetime], None], *, password: bool) -> Response:
    """The form, or after it was sent what came of it."""
    language = problems.reader_language()
    status, said, form = 200, words.say(language, f"page-{purpose}-intro"), True
    if request.method == "POST":
        try:
            with database.transaction() as session:
                act(session, current_app.config["CLOCK"]())
            said, form = words.say(language, f"page-{purpose}-done"), False
        except errors.InvalidInput:
            status, said = 422, words.say(language, f"page-{purpose}-again")
        except errors.DomainError as error:
            status = problems.STATUS[error.slug]
            said, form = words.say(language, f"page-{purpose}-failed"), False
    page = flask.render_template(
        "mail_link.html",
        language=language,
        title=words.say(language, f"page-{purpose}-title"),
        said=said,
        form=form,
        password=password,
        password_label=words.say(language, "page-new-password"),
        button=words.say(language, f"page-{purpose}-button"),
        token=request.values.get("token", ""),
    )
    response = Response(page, status=status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _POLICY
    # The address holds the token: it goes into no cache and to no other site.
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    return response
