"""Joining, and proving an address: what nobody has to be signed in for."""

from __future__ import annotations

from typing import Any

from flask import Response

from jobbing_api import accounts, errors
from jobbing_api.api import contract, fields, kinds, me, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("accounts", __name__, description="Joining and proving an address.")


class SignUpBody(kinds.Body):
    """A new person."""

    email = fields.text("Address; a mail is sent to prove it.", "lea@example.org", most=254)
    password = fields.secret("10 to 200 characters.", "a-long-pass-phrase", least=10, most=200)
    display_name = fields.text("The name others see.", "Léa", most=80)
    role = fields.choice("What the person is first.", "resident", ["resident", "provider"])
    language = fields.language("In which to write mails and notifications.")


class TokenBody(kinds.Body):
    """What a link in a mail carries."""

    token = fields.secret(
        "The `token` of the link.", "dGhpcyBpcyBub3QgYSB0b2tlbg", least=1, most=200
    )


class EmailBody(kinds.Body):
    """Whose password is to be chosen anew."""

    email = fields.text("Address of the account.", "lea@example.org", most=254)


class NewPasswordBody(TokenBody):
    """A new password, and the proof that its chooser may."""

    password = fields.secret("10 to 200 characters.", "another-pass-phrase", least=10, most=200)


@blueprint.route("/accounts")
class Accounts(view.View):
    @blueprint.operation(
        "sign_up",
        who=contract.ANYONE,
        body=SignUpBody,
        answer=me.AccountAnswer,
        status=201,
        refuses=[errors.EmailTaken],
        creates=True,
    )
    def post(self, *, body: dict[str, Any]) -> Any:
        """Join

        Makes an account with one role; PUT /me/roles/{role} adds the other. Sign in with
        POST /sessions next.
        """
        account = accounts.sign_up(self.session, settings=view.settings(), now=self.now, **body)
        return me.shown(self, account), {"Location": "/api/v1/me"}


@blueprint.route("/accounts/verify")
class Verified(view.View):
    @blueprint.operation(
        "verify_email",
        who=contract.ANYONE,
        body=TokenBody,
        status=204,
        refuses=[errors.InvalidToken],
    )
    def post(self, *, body: dict[str, Any]) -> Response:
        """Prove an address by the link that was sent to it"""
        accounts.verify_email(self.session, body["token"], now=self.now)
        return view.nothing()


@blueprint.route("/accounts/password-reset")
class PasswordReset(view.View):
    @blueprint.operation("request_password_reset", who=contract.ANYONE, body=EmailBody, status=202)
    def post(self, *, body: dict[str, Any]) -> Response:
        """Send a link to choose a new password

        Answers alike whether or not the address has an account.
        """
        accounts.request_password_reset(
            self.session, body["email"], settings=view.settings(), now=self.now
        )
        return view.nothing(202)


@blueprint.route("/accounts/password")
class Password(view.View):
    @blueprint.operation(
        "reset_password",
        who=contract.ANYONE,
        body=NewPasswordBody,
        status=204,
        refuses=[errors.InvalidToken],
    )
    def post(self, *, body: dict[str, Any]) -> Response:
        """Choose a new password with the link's token

        Ends every session of the account.
        """
        accounts.reset_password(
            self.session, body["token"], new_password=body["password"], now=self.now
        )
        return view.nothing()
