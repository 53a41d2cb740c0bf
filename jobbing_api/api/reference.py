"""The contract for people: the document, its page, and a page for each problem.

Hides where the page's scripts come from: a package on this machine, never a CDN, under
a policy that lets a browser load nothing else.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import flask
import flask_smorest
from flask import Flask, Response, request

from jobbing_api import words
from jobbing_api.api import problems

_PAGES = Path(__file__).parent / "pages"

_ASSETS = frozenset({"favicon-32x32.png", "swagger-ui-bundle.js", "swagger-ui.css"})

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_TYPES = {".css": "text/css", ".js": "text/javascript", ".png": "image/png"}


def register(app: Flask, api: flask_smorest.Api) -> None:
    """Serve the document of ``api``, its page and the problems' pages."""
    blueprint = flask.Blueprint("reference", __name__, template_folder="pages")
    written: list[tuple[bytes, str]] = []

    @blueprint.get("/api/openapi.json")
    def openapi() -> Response:
        if not written:
            text = flask.json.dumps(api.spec.to_dict(), indent=1).encode()
            written.append((text, hashlib.sha256(text).hexdigest()[:16]))
        text, digest = written[0]
        response = Response(text, mimetype="application/json")
        response.set_etag(digest)
        response.headers["Cache-Control"] = "public, max-age=60"
        response.make_conditional(request)
        return response

    blueprint.add_url_rule("/docs", view_func=_docs)
    blueprint.add_url_rule("/docs/<name>", view_func=_asset)
    blueprint.add_url_rule("/problems/<slug>", view_func=_problem)
    app.register_blueprint(blueprint)


def _page(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _docs() -> Response:
    return _page(Response(flask.render_template("docs.html"), mimetype="text/html"))


def _asset(name: str) -> Response:
    if name in _ASSETS:
        content = resources.files("flask_swagger_ui").joinpath("dist", name).read_bytes()
    elif name in ("docs.js", "page.css"):
        content = (_PAGES / name).read_bytes()
    else:
        flask.abort(404)
    return _page(Response(content, mimetype=_TYPES[Path(name).suffix]))


def _problem(slug: str) -> Response:
    """What a problem's ``type`` leads to."""
    if slug not in problems.STATUS:
        flask.abort(404)
    language = problems.reader_language()
    page = flask.render_template(
        "problem.html",
        language=language,
        slug=slug,
        status=problems.STATUS[slug],
        title=words.say(language, f"problem-{slug}-title"),
        detail=words.say(language, f"problem-{slug}-detail"),
    )
    response = _page(Response(page, mimetype="text/html"))
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response
