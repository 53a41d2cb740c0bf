"""Signing in, staying so, signing out."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from jobbing_api import accounts, errors, firebase, notifications
from jobbing_api.api import contract, fields, kinds, me, problems, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("sessions", __name__, description="Signing in, staying so, signing out.")


class SignInBody(kinds.Body):
    """Either an address and its password, or a Firebase ID token."""

    email = fields.text("Address of the account.", "lea@example.org", most=254, required=False)
    password = fields.secret(
        "Its password.", "a-long-pass-phrase", least=1, most=200, required=False
    )
    firebase_id_token = fields.secret(
        "What Firebase Authentication gave the app, where it is configured.",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6Ij...",
        least=1,
        most=8192,
        required=False,
    )

    @ma.validates_schema
    def _one_way(self, data: dict[str, Any], **_: Any) -> None:
        by_password = "email" in data or "password" in data
        if by_password == ("firebase_id_token" in data):
            raise ma.ValidationError(
                [errors.Wrong("field-one-of-two", first="email", second="firebase_id_token")],
                "email",
            )
        for name in ("email", "password"):
            if by_password and name not in data:
                raise ma.ValidationError(["field-required"], name)


class RefreshBody(kinds.Body):
    """The token that keeps a session alive."""

    refresh_token = fields.secret(
        "The latest one; each is good once.", "cmVmcmVzaC10b2tlbi1leGFtcGxl", least=1, most=200
    )


class SessionAnswer(kinds.Answer):
    """What a client needs to act for an account."""

    access_token = fields.secret(
        "Goes into `Authorization: Bearer`.", "eyJhbGciOiJIUzI1NiIs...", least=1, most=4096
    )
    token_type = fields.choice("How to send it.", "Bearer", ["Bearer"])
    expires_in = fields.whole(
        "Seconds for which it is good.", 900, least=1, most=86400, attribute="expires_in_s"
    )
    refresh_token = fields.secret(
        "Brings the next pair, once. Keep it where only the app can read it.",
        "cmVmcmVzaC10b2tlbi1leGFtcGxl",
        least=1,
        most=200,
    )
    account = fields.part(me.AccountAnswer, "Who signed in.")


def _shown(view_: view.View, signed_in: accounts.SignedIn) -> dict[str, Any]:
    return {
        "access_token": signed_in.access_token,
        "token_type": "Bearer",
        "expires_in_s": signed_in.expires_in_s,
        "refresh_token": signed_in.refresh_token,
        "account": me.shown(view_, signed_in.account),
    }


@blueprint.route("/sessions")
class Sessions(view.View):
    @blueprint.operation(
        "sign_in",
        who=contract.ANYONE,
        body=SignInBody,
        answer=SessionAnswer,
        status=201,
        refuses=[
            errors.WrongCredentials,
            errors.InvalidToken,
            errors.AccountSuspended,
            errors.EmailTaken,
        ],
    )
    def post(self, *, body: dict[str, Any]) -> Any:
        """Sign in

        With an address and its password, or with a Firebase ID token.
        """
        if "firebase_id_token" not in body:
            return _shown(
                self,
                accounts.sign_in(
                    self.session,
                    email=body["email"],
                    password=body["password"],
                    settings=view.settings(),
                    now=self.now,
                ),
            )
        identity = firebase.client(view.settings()).verify_id_token(body["firebase_id_token"])
        signed_in = accounts.sign_in_with_firebase(
            self.session,
            identity,
            language=problems.reader_language(),
            settings=view.settings(),
            now=self.now,
        )
        return _shown(self, signed_in)


@blueprint.route("/sessions/refresh")
class Refresh(view.View):
    @blueprint.operation(
        "refresh_session",
        who=contract.ANYONE,
        body=RefreshBody,
        answer=SessionAnswer,
        refuses=[errors.InvalidToken, errors.SessionRevoked, errors.AccountSuspended],
    )
    def post(self, *, body: dict[str, Any]) -> Any:
        """Exchange a refresh token for new tokens

        Each refresh token is good once. One that comes a second time ends the session:
        somebody else may hold it.
        """
        return _shown(
            self,
            accounts.refresh(
                self.session, body["refresh_token"], settings=view.settings(), now=self.now
            ),
        )


@blueprint.route("/sessions/current")
class Current(view.View):
    @blueprint.operation("sign_out", status=204)
    def delete(self) -> Response:
        """Sign out

        Ends this session and stops ringing the phone or browser it registered.
        """
        notifications.unbind(self.session, self.sign_in.id)
        accounts.sign_out(self.session, self.sign_in, now=self.now)
        return view.nothing()
