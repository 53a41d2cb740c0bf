"""The push that every contender sends, so that none has less to carry."""

from __future__ import annotations

import uuid

from jobbing_api import firebase

_TITLE = "Une mission près de chez vous"
_BODY = "Nettoyage de gouttière à 1,2 km, mardi 24 novembre, 14:00 : 90 €."


def push(number: int) -> firebase.Push:
    """An offer's push to the phone of this number."""
    offer_id = uuid.UUID(int=number)
    return firebase.Push(
        address_kind="fid",
        address=f"phone-{offer_id.hex}",
        title=_TITLE,
        body=_BODY,
        data={"kind": "offer", "offer_id": str(offer_id), "path": f"/offers/{offer_id}"},
        collapse_key=f"offer-{offer_id}",
        ttl_s=7200,
        urgent=True,
        link=f"http://127.0.0.1:8000/offers/{offer_id}",
    )
