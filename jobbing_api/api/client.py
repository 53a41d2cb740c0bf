"""The app people install, and what it has to know of this server.

Hides: that every address of the app is one page, how long a browser may keep which file,
in which of its built encodings it leaves, and what the page may load: nothing of others but
Firebase's answers and the map that is configured. The files come from ``mobile_client``; without
them only the API is served. An app in a shell of its own, from a store, asks from elsewhere: its
origins may read the API if the settings name them.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from urllib.parse import urlsplit

import flask
from flask import Flask, Response, request
from flask_cors import CORS
from werkzeug.exceptions import NotFound
from werkzeug.routing import PathConverter
from whitenoise import WhiteNoise

from jobbing_api.api import contract, fields, kinds, view
from jobbing_api.api.blueprint import Blueprint
from jobbing_api.settings import Settings

blueprint = Blueprint("client", __name__, description="What the app has to know of this server.")

#: What has its own content in its name.
_FOR_EVER = re.compile(r"^/assets/")


#: Where a browser registers for pushes (firebase/messaging 12).
_FIREBASE = (
    "https://firebaseinstallations.googleapis.com",
    "https://fcmregistrations.googleapis.com",
)

_SOON_STALE = "no-cache"
_PAGE = "/index.html"

#: What an app of another origin may send and read beyond what every page may.
_SENT = ("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match")
_READ = ("ETag", "Location", "Retry-After", "Idempotency-Replayed", "X-Request-Id")


class _Address(PathConverter):
    """An address that is not of one of the server's own rooms: those say what is not there."""

    regex = r"(?!(?:api|assets|docs|problems)(?:/|$))[^/].*?"


class ClientSettingsAnswer(kinds.Answer):
    """What depends on who runs the server."""

    firebase = fields.anything(
        "Firebase's public configuration of the app; null where no browser is pushed to.",
        {
            "projectId": "jobbing-lyon",
            "messagingSenderId": "1041",
            "appId": "1:1041:web:7",
            "apiKey": "AIza",
        },
        allow_none=True,
    )
    vapid_key = fields.text(
        "The key browsers are subscribed under.", "BPk1", most=200, allow_none=True
    )
    map_style_url = fields.text(
        "A MapLibre style; null where the app draws its own plain map.",
        "https://maps.example.org/style.json",
        most=500,
        allow_none=True,
    )
    map_attribution = fields.text(
        "Whose map it is, to be shown on it.", "© OpenStreetMap", most=300, allow_none=True
    )


@blueprint.route("/client-settings")
class ClientSettings(view.View):
    @blueprint.operation("get_client_settings", who=contract.ANYONE, answer=ClientSettingsAnswer)
    def get(self) -> Any:
        """What the app has to know of this server

        The same for everybody, and nothing of it is a secret.
        """
        return _told(view.settings())


def register(app: Flask) -> None:
    """Serve the app at every address that is nobody else's."""
    settings: Settings = app.config["SETTINGS"]
    app.url_map.converters["app_address"] = _Address
    files = flask.Blueprint("app", __name__)
    files.add_url_rule("/client-settings.js", view_func=_settings_script)
    files.add_url_rule("/", view_func=_page, defaults={"path": ""})
    files.add_url_rule("/<app_address:path>", view_func=_page)
    app.register_blueprint(files)
    if settings.client_origins:
        CORS(
            app,
            resources=r"/api/v1/.*",
            origins=list(settings.client_origins),
            allow_headers=list(_SENT),
            expose_headers=list(_READ),
            allow_private_network=False,
            max_age=7200,
        )
    if settings.client_dir is None:
        return
    policy = _policy(settings)

    def secure(headers: Any, _path: str, url: str) -> None:
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Content-Security-Policy"] = policy
        if not settings.development:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if not _FOR_EVER.match(url):
            headers["Cache-Control"] = _SOON_STALE

    # The files themselves never reach Flask: no transaction, no line in the log.
    app.extensions["client"] = served = WhiteNoise(
        app.wsgi_app,
        root=str(settings.client_dir),
        immutable_file_test=lambda _path, url: bool(_FOR_EVER.match(url)),
        add_headers_function=secure,
        allow_all_origins=False,
    )
    app.wsgi_app = served  # type: ignore[method-assign]  # Flask's own way to wrap it


def _told(settings: Settings) -> dict[str, Any]:
    return {
        "firebase": settings.firebase_web,
        "vapid_key": settings.firebase_vapid_key,
        "map_style_url": settings.map_style_url,
        "map_attribution": settings.map_attribution,
    }


def _settings_script() -> Response:
    """The same for the service worker, which has to know before its first turn is over."""
    told = json.dumps(_told(view.settings()))
    response = Response(f"self.jobbing = {told};\n", mimetype="text/javascript")
    response.headers["Cache-Control"] = _SOON_STALE
    response.set_etag(hashlib.sha256(response.data).hexdigest()[:16])
    response.make_conditional(request)
    return response


def _page(path: str) -> Response:
    """The app, to a browser that goes somewhere; what it shows there it finds out itself."""
    goes = request.accept_mimetypes.best_match(["text/html"]) is not None
    served = flask.current_app.extensions.get("client")
    if served is None or not goes or "." in path:
        raise NotFound
    found = served.files[_PAGE].get_response(request.method, request.environ)
    body = b""
    if found.file is not None:
        with found.file:
            body = found.file.read()
    return Response(body, found.status, found.headers)


def _policy(settings: Settings) -> str:
    map_origins = list(settings.map_origins)
    if settings.map_style_url:
        style = urlsplit(settings.map_style_url)
        map_origins.append(f"{style.scheme}://{style.netloc}")
    reached = [*map_origins, *(_FIREBASE if settings.firebase_web else ())]
    allowed = {
        "default-src": ["'self'"],
        "connect-src": ["'self'", *reached],
        # Photos that have not left yet, and the tiles of a map.
        "img-src": ["'self'", "blob:", "data:", *map_origins],
        # Sheets keep the page behind them from scrolling by a rule they add to it.
        "style-src": ["'self'", "'unsafe-inline'"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in allowed.items())
