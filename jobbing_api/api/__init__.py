"""The HTTP edge: one module a resource, its schemas beside its views.

Hides everything about HTTP: who is signed in, how a body is judged, what a refusal
looks like, how a repeated request is recognised. The domain below knows none of it.
"""

from __future__ import annotations

from flask import Flask

from jobbing_api.api import (
    accounts,
    calendar_feeds,
    client,
    contract,
    disputes,
    estimates,
    jobs,
    mail_links,
    markets,
    me,
    messages,
    offers,
    operators,
    orders,
    papers,
    photos,
    pictures,
    probes,
    problems,
    providers,
    reference,
    reports,
    series,
    sessions,
    standing,
    substitutes,
    takings,
    visits,
    wishes,
    work,
)
from jobbing_api.api.idempotency import forget_old as forget_old

BASE_PATH = "/api/v1"


def register(app: Flask) -> None:
    """Give ``app`` every route of the contract, its documents and its probes."""
    api = contract.describe(app)
    problems.register(app)
    for resource in (
        *(accounts, sessions, me, wishes, markets, client, pictures, photos, providers, papers),
        *(estimates, jobs, series, visits, substitutes, work, orders, messages, disputes, reports),
        *(offers, operators, standing, takings, calendar_feeds),
    ):
        api.register_blueprint(resource.blueprint, url_prefix=BASE_PATH)
    reference.register(app, api)
    mail_links.register(app)
    app.register_blueprint(probes.blueprint)
    client.register(app)
