"""Every setting of the system, read from the environment exactly once.

Hides: names of environment variables, their defaults, and which combinations are
unsafe. Nothing else in the tree reads ``os.environ``. A combination that could
leak or deceive in production refuses to start, each with one clear line.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

#: What every secret made for a laptop starts with, so that production can refuse it.
DEVELOPMENT_PREFIX = "development-"

GOOGLE_PUSH_URL = "https://fcm.googleapis.com"

#: Where photos lie unless another place is named; in a container, a volume.
FILES_FOLDER_URL = "file:///var/lib/jobbing/files"


class UnsafeSettings(Exception):
    """The environment asks for something that must not start; the text says what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings in force. Times are in the unit their name says."""

    environment: Literal["development", "production"]
    database_url: str
    redis_url: str
    secret_key: str
    push: Literal["google", "local"]
    #: Path of the service-account file; its project receives the pushes.
    firebase_credentials: Path | None
    #: Where ``messages:send`` lives; anything but Google's needs ``PUSH=local``.
    push_url: str
    #: Certificate authority of the local stand-in, trusted beside certifi's own.
    push_ca: Path | None
    #: ``smtp://user:password@host:port`` (``smtps://`` for TLS from the start).
    smtp_url: str | None
    #: Where mails are written as files instead, in development only.
    mail_dir: Path | None
    mail_from: str
    #: ``https://account-sid:token@api.twilio.com``: how text messages leave, if they do.
    sms_url: str | None
    #: The number or name texts come from, or the sid of a messaging service (``MG...``).
    sms_from: str
    #: How the outside reaches us; links in mails start with it.
    base_url: str
    log_format: Literal["json", "console"]
    #: Where photos and papers lie: ``file:///folder`` or ``s3://bucket/prefix``.
    files_url: str = FILES_FOLDER_URL
    #: What one photo may have on its way in, in bytes and in pixels.
    photo_most_bytes: int = 10_000_000
    photo_most_pixels: int = 40_000_000
    #: Where spans are sent (OTLP over HTTP), if anywhere; and the share of requests traced.
    traces_url: str | None = None
    traces_share: float = 1.0
    #: Where a worker or a clock tells its figures; the web tells its own at /metrics.
    metrics_port: int | None = None
    #: Where the built app lies (``mobile_client/dist``); without it only the API is served.
    client_dir: Path | None = None
    #: Firebase's public configuration of the app, and the key browsers are subscribed under.
    firebase_web: Mapping[str, str] | None = field(default=None, hash=False)
    firebase_vapid_key: str | None = None
    #: A MapLibre style; without it the app draws its own plain map. Whose map it is must be
    #: said, and a browser loads only from the places named here.
    map_style_url: str | None = None
    map_attribution: str | None = None
    map_origins: tuple[str, ...] = ()
    #: Where apps in shells of their own ask from (``capacitor://localhost``); nobody else may.
    client_origins: tuple[str, ...] = ()
    access_token_s: int = 15 * 60
    refresh_token_s: int = 30 * 24 * 3600

    @property
    def mails_leave(self) -> bool:
        """Whether there is a way out for mails."""
        return bool(self.smtp_url or self.mail_dir)

    @property
    def texts_leave(self) -> bool:
        """Whether there is a way out for text messages."""
        return bool(self.sms_url or self.mail_dir)

    @property
    def development(self) -> bool:
        """True on a laptop, where secrets and mails may be shown."""
        return self.environment == "development"


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the environment.

    Raises UnsafeSettings with one line that names the variable and what to do.
    """
    env = os.environ if environ is None else environ

    def required(name: str, why: str) -> str:
        value = env.get(name, "").strip()
        if not value:
            raise UnsafeSettings(f"{name} is not set: {why}")
        return value

    def path(name: str) -> Path | None:
        value = env.get(name, "").strip()
        return Path(value) if value else None

    environment = env.get("JOBBING_ENV", "production").strip()
    if environment not in ("development", "production"):
        raise UnsafeSettings(
            f"JOBBING_ENV is {environment!r}: say development or production (the default)."
        )
    push = required("PUSH", "say google (real pushes) or local (the stand-in, development only).")
    if push not in ("google", "local"):
        raise UnsafeSettings(f"PUSH is {push!r}: say google or local.")

    settings = Settings(
        environment="development" if environment == "development" else "production",
        database_url=_database_url(
            required("DATABASE_URL", "give postgresql://user:password@host:port/name.")
        ),
        redis_url=required("REDIS_URL", "give redis://host:port/0."),
        secret_key=required("SECRET_KEY", "give at least 32 random characters."),
        push="google" if push == "google" else "local",
        firebase_credentials=path("FIREBASE_CREDENTIALS"),
        push_url=env.get("PUSH_URL", GOOGLE_PUSH_URL).strip().rstrip("/"),
        push_ca=path("PUSH_CA"),
        smtp_url=env.get("SMTP_URL", "").strip() or None,
        mail_dir=path("MAIL_DIR"),
        mail_from=env.get("MAIL_FROM", "Jobbing <no-reply@localhost>").strip(),
        sms_url=env.get("SMS_URL", "").strip() or None,
        sms_from=env.get("SMS_FROM", "").strip(),
        base_url=env.get("BASE_URL", "http://127.0.0.1:8000").strip().rstrip("/"),
        files_url=_files_url(env.get("FILES_URL", "").strip() or FILES_FOLDER_URL),
        photo_most_bytes=_at_least(env, "PHOTO_MOST_BYTES", 100_000, 10_000_000),
        photo_most_pixels=_at_least(env, "PHOTO_MOST_PIXELS", 1_000_000, 40_000_000),
        traces_url=_traces_url(env.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()),
        traces_share=_share(env.get("OTEL_TRACES_SAMPLER_ARG", "").strip()),
        metrics_port=_port(env.get("METRICS_PORT", "").strip()),
        client_dir=_client_dir(path("CLIENT_DIR")),
        firebase_web=_firebase_web(env.get("FIREBASE_WEB_CONFIG", "").strip()),
        firebase_vapid_key=env.get("FIREBASE_VAPID_KEY", "").strip() or None,
        map_style_url=_map_style_url(env.get("MAP_STYLE_URL", "").strip()),
        map_attribution=env.get("MAP_ATTRIBUTION", "").strip() or None,
        map_origins=tuple(map(_map_origin, env.get("MAP_ORIGINS", "").split())),
        client_origins=tuple(map(_client_origin, env.get("CLIENT_ORIGINS", "").split())),
        log_format="console" if env.get("LOG_FORMAT", "json").strip() == "console" else "json",
    )
    _refuse_unsafe(settings)
    return settings


def _port(written: str) -> int | None:
    if not written:
        return None
    if not written.isdigit() or not 0 < int(written) < 65536:
        raise UnsafeSettings(f"METRICS_PORT is {written!r}: give a port, or leave it out.")
    return int(written)


def _files_url(written: str) -> str:
    url = urlsplit(written)
    if url.scheme == "file" and not url.netloc and url.path.strip("/"):
        return written
    if url.scheme == "s3" and url.netloc and not url.query:
        return written
    raise UnsafeSettings(f"FILES_URL is {written!r}: give file:///folder or s3://bucket/prefix.")


#: Where a clone builds the app; a container has it at the same place.
_BUILT_CLIENT = Path(__file__).parent.parent / "mobile_client" / "dist"

#: What a browser needs to be rung by Firebase.
_WEB_CONFIG = ("apiKey", "appId", "messagingSenderId", "projectId")


def _client_dir(given: Path | None) -> Path | None:
    if given is not None and not (given / "index.html").is_file():
        raise UnsafeSettings(f"CLIENT_DIR is {given}: there is no index.html in it.")
    if given is None and (_BUILT_CLIENT / "index.html").is_file():
        return _BUILT_CLIENT
    return given


def _firebase_web(written: str) -> Mapping[str, str] | None:
    if not written:
        return None
    try:
        config = json.loads(written)
    except ValueError:
        config = None
    if not isinstance(config, dict) or not all(isinstance(v, str) for v in config.values()):
        raise UnsafeSettings("FIREBASE_WEB_CONFIG is no JSON object of texts.")
    missing = [name for name in _WEB_CONFIG if name not in config]
    if missing:
        raise UnsafeSettings(f"FIREBASE_WEB_CONFIG lacks {', '.join(missing)}.")
    return config


def _map_style_url(written: str) -> str | None:
    if written and urlsplit(written).scheme not in ("http", "https"):
        raise UnsafeSettings("MAP_STYLE_URL must start with http:// or https://.")
    return written or None


def _map_origin(written: str) -> str:
    return _origin("MAP_ORIGINS", written, ("http", "https"))


def _client_origin(written: str) -> str:
    return _origin("CLIENT_ORIGINS", written, ("https", "capacitor", "http"))


#: What an origin consists of. CORS would take anything else in it for a pattern.
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?")


def _origin(name: str, written: str, schemes: tuple[str, ...]) -> str:
    url = urlsplit(written)
    more = url.path.strip("/") or url.query or url.fragment
    if url.scheme not in schemes or not _HOST.fullmatch(url.netloc) or more:
        raise UnsafeSettings(f"{name} has {written!r}: give {schemes[0]}://host, with spaces.")
    return f"{url.scheme}://{url.netloc}"


def _at_least(env: Mapping[str, str], name: str, least: int, default: int) -> int:
    written = env.get(name, "").strip()
    if not written:
        return default
    if not written.isdigit() or int(written) < least:
        raise UnsafeSettings(f"{name} is {written!r}: give a number, {least} at least.")
    return int(written)


def _traces_url(endpoint: str) -> str | None:
    if not endpoint:
        return None
    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise UnsafeSettings("OTEL_EXPORTER_OTLP_ENDPOINT must start with http:// or https://.")
    return f"{endpoint.rstrip('/')}/v1/traces"


def _share(written: str) -> float:
    try:
        share = float(written or 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise UnsafeSettings(f"OTEL_TRACES_SAMPLER_ARG is {written!r}: give a share, 0 to 1.")
    return share


def _database_url(url: str) -> str:
    """Name the driver: SQLAlchemy's default for ``postgresql://`` is not psycopg 3."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise UnsafeSettings("DATABASE_URL must start with postgresql://.")
    return f"postgresql+psycopg://{rest}"


def _refuse_unsafe(settings: Settings) -> None:
    if len(settings.secret_key) < 32:
        raise UnsafeSettings("SECRET_KEY is shorter than 32 characters: make a longer one.")
    if urlsplit(settings.redis_url).scheme not in ("redis", "rediss", "unix"):
        raise UnsafeSettings("REDIS_URL must start with redis://, rediss:// or unix://.")
    if settings.smtp_url and urlsplit(settings.smtp_url).scheme not in ("smtp", "smtps"):
        raise UnsafeSettings("SMTP_URL must start with smtp:// or smtps://.")
    _refuse_unsafe_texts(settings)
    if settings.firebase_credentials is None:
        raise UnsafeSettings(
            "FIREBASE_CREDENTIALS is not set: give the path of the service-account file."
        )
    if settings.push == "google":
        if settings.push_url != GOOGLE_PUSH_URL:
            raise UnsafeSettings("PUSH_URL is not Google's: only PUSH=local may push elsewhere.")
        if settings.push_ca is not None:
            raise UnsafeSettings("PUSH_CA is set: only PUSH=local may trust another authority.")
    elif settings.push_url == GOOGLE_PUSH_URL:
        raise UnsafeSettings("PUSH=local needs PUSH_URL, the address of the stand-in.")
    if settings.development:
        return
    if settings.push == "local":
        raise UnsafeSettings("PUSH=local needs JOBBING_ENV=development: no phone would ring.")
    if settings.secret_key.startswith(DEVELOPMENT_PREFIX):
        raise UnsafeSettings("SECRET_KEY is a development secret: make one of your own.")
    if settings.mail_dir is not None:
        raise UnsafeSettings("MAIL_DIR is for development: mails must leave, give SMTP_URL.")
    if settings.smtp_url is None:
        raise UnsafeSettings(
            "SMTP_URL is not set: nobody could verify an address or reset a password."
        )
    if urlsplit(settings.base_url).scheme != "https":
        raise UnsafeSettings("BASE_URL must start with https:// in production.")


def _refuse_unsafe_texts(settings: Settings) -> None:
    if settings.sms_url is None:
        return
    url = urlsplit(settings.sms_url)
    if url.scheme not in ("http", "https") or not (url.username and url.password):
        raise UnsafeSettings("SMS_URL must be https://account-sid:token@api.twilio.com.")
    if url.scheme == "http" and not settings.development:
        raise UnsafeSettings("SMS_URL must start with https:// in production.")
    if not settings.sms_from:
        raise UnsafeSettings("SMS_FROM is not set: give the number or name texts come from.")
