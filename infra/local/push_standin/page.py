"""The page of phones, in the reader's language.

Hides: its files, its wording and how one of two languages is chosen. Everything is
served from here: no other host is ever asked.
"""

from __future__ import annotations

import html as markup
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from string import Template

from infra.local.push_standin import wire

_ASSETS = Path(__file__).with_name("assets")

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Phones",
        "about": "What every phone would show now. Nothing leaves this machine.",
        "search": "Find a phone by its address",
        "phones_one": "{count} phone",
        "phones_many": "{count} phones",
        "messages_one": "{count} message",
        "messages_many": "{count} messages",
        "received_one": "{count} message received",
        "received_many": "{count} messages received",
        "empty_title": "No phone has rung yet",
        "empty_text": "Whoever is asked to do a job gets a push, and their phone appears here.",
        "empty_next": "Play a whole job from the project's folder:",
        "empty_or": "or sign in to the application as a resident and post one yourself.",
        "no_match": "No phone has an address like this.",
        "quiet": "Nothing on the screen now",
        "expires": "{time} left",
        "times": "sent {count} times",
        "urgent": "urgent",
        "payload": "Payload",
        "faults": "Trouble in force:",
        "lost": "The stand-in does not answer. Trying again…",
        "more": "{count} more phones: search to see them.",
        "now": "now",
    },
    "fr": {
        "title": "Téléphones",
        "about": "Ce que chaque téléphone afficherait maintenant. Rien ne quitte cette machine.",
        "search": "Chercher un téléphone par son adresse",
        "phones_one": "{count} téléphone",
        "phones_many": "{count} téléphones",
        "messages_one": "{count} message",
        "messages_many": "{count} messages",
        "received_one": "{count} message reçu",
        "received_many": "{count} messages reçus",
        "empty_title": "Aucun téléphone n’a encore sonné",
        "empty_text": "Qui est sollicité pour une demande reçoit une notification : son téléphone"
        " apparaît ici.",
        "empty_next": "Jouez une demande entière depuis le dossier du projet :",
        "empty_or": "ou connectez-vous à l’application comme habitant et publiez-en une.",
        "no_match": "Aucun téléphone n’a une telle adresse.",
        "quiet": "Rien à l’écran pour le moment",
        "expires": "encore {time}",
        "times": "envoyé {count} fois",
        "urgent": "urgent",
        "payload": "Contenu envoyé",
        "faults": "Pannes en cours :",
        "lost": "Le service ne répond pas. Nouvel essai…",
        "more": "{count} autres téléphones : cherchez pour les voir.",
        "now": "à l’instant",
    },
}

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def html(accept_language: str) -> wire.Response:
    """The page in French or English, whichever the reader prefers."""
    language = preferred(accept_language)
    words = _WORDS[language]
    filled = Template((_ASSETS / "page.html").read_text("utf-8")).substitute(
        {name: markup.escape(text) for name, text in words.items()},
        language=language,
        # "<" must not end the element that holds the words.
        words=json.dumps(words).replace("<", "\\u003c"),
    )
    return wire.Response(
        HTTPStatus.OK,
        filled.encode(),
        (
            ("content-type", "text/html; charset=utf-8"),
            ("content-language", language),
            ("vary", "accept-language"),
            ("content-security-policy", _POLICY),
            ("cache-control", "no-cache"),
        ),
    )


def asset(path: str) -> wire.Response | None:
    """One of the page's own files, or None."""
    kind = {
        "/page.css": "text/css; charset=utf-8",
        "/page.js": "text/javascript; charset=utf-8",
        "/icon.svg": "image/svg+xml",
    }.get(path)
    if kind is None:
        return None
    content = (_ASSETS / path.removeprefix("/")).read_bytes()
    return wire.Response(
        HTTPStatus.OK, content, (("content-type", kind), ("cache-control", "no-cache"))
    )


def preferred(accept_language: str) -> str:
    """``fr`` or ``en``, by the weights of an Accept-Language header; ``en`` for neither."""
    best, best_weight = "en", 0.0
    for item in accept_language.split(","):
        tag, _, parameters = item.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight_text = parameters.strip().removeprefix("q=") if parameters else "1"
        try:
            weight = float(weight_text)
        except ValueError:
            weight = 0.0
        if language in _WORDS and weight > best_weight:
            best, best_weight = language, weight
    return best
