"""The signed-in person: what they say of themselves, their phones, whom they avoid."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import Response, jsonify

from jobbing_api import accounts, errors, markets, notifications, offers, privacy
from jobbing_api.api import fields, kinds, photo_shapes, view
from jobbing_api.api.blueprint import Blueprint

blueprint = Blueprint("me", __name__, description="The signed-in person.")


class GrantAnswer(kinds.Answer):
    """A market an operator looks after."""

    market = fields.slug("The market's slug.", "lyon")
    level = fields.choice("What the operator may do there.", "act", ["read", "act"])


class AccountAnswer(kinds.Answer):
    """A person's own account."""

    id = fields.uid("The account.")
    email = fields.text("Address, in lower case.", "lea@example.org", most=254, allow_none=True)
    email_verified = fields.flag("Whether the address was proved by mail.", True)
    display_name = fields.text("The name others see.", "Léa", most=80)
    language = fields.language("In which mails and notifications are written.")
    phone = fields.text("Number with its country code.", "+33612345678", most=16, allow_none=True)
    phone_verified = fields.flag("Whether the number was proved by a text message.", True)
    roles = fields.many(
        fields.choice("A role.", "resident", accounts.models.ROLES),
        "What the person may act as.",
        ["resident"],
    )
    grants = fields.many(GrantAnswer, "The markets an operator looks after; else empty.")
    created_at = fields.instant("When the account was made.", "2026-11-02T09:30:00Z")


class AccountChanges(kinds.Body):
    """What to change; what is left out stays."""

    display_name = fields.text("The name others see.", "Léa", most=80, required=False)
    language = fields.language("In which to write mails and notifications.", required=False)
    phone = fields.text(
        "Number with its country code; null removes it.",
        "+33 6 12 34 56 78",
        most=30,
        required=False,
        allow_none=True,
    )
    email = fields.text(
        "Another address, to be proved anew.", "lea@example.org", most=254, required=False
    )
    current_password = fields.secret(
        "Needed to change the address, if the account has a password.",
        "a-long-pass-phrase",
        least=1,
        most=200,
        required=False,
    )


class DeviceAddress(kinds.Body):
    """Where an installation can be reached."""

    kind = fields.choice(
        "`fid`: a Firebase installation id; `token`: a registration token.",
        "fid",
        ["fid", "token"],
    )
    value = fields.secret("The address itself.", "cZ9k2vQfT0uJ1mXa7bYw3P", least=1, most=4096)


class DeviceBody(kinds.Body):
    """An installed app that wants to be rung."""

    address = fields.part(DeviceAddress, "Where it can be reached.")
    platform = fields.choice("What it runs on.", "android", ["android", "ios", "web"])
    app_version = fields.text("Version of the app.", "1.4.0", most=40)


class DeviceAnswer(kinds.Answer):
    """An installed app as it is registered."""

    installation_id = fields.text("The app's own id.", "cZ9k2vQfT0uJ1mXa7bYw3P", most=200)
    platform = fields.choice("What it runs on.", "android", ["android", "ios", "web"])
    app_version = fields.text("Version of the app.", "1.4.0", most=40)
    registered_at = fields.instant("When it last said so.", "2026-11-24T13:00:00Z")


def shown(view_: view.View, account: accounts.models.Account) -> dict[str, Any]:
    """An account as its owner sees it."""
    grants = []
    if account.has_role("operator"):
        levels = accounts.operator_markets(view_.session, account.id)
        grants = [
            {"market": market.slug, "level": levels[market.id]}
            for market in markets.all_markets(view_.session)
            if market.id in levels
        ]
    return {
        "id": account.id,
        "email": account.email,
        "email_verified": account.email_verified_at is not None,
        "display_name": account.display_name,
        "language": account.language,
        "phone": account.phone,
        "phone_verified": account.phone_verified_at is not None,
        "roles": sorted(held.role for held in account.roles),
        "grants": grants,
        "created_at": account.created_at,
    }


@blueprint.route("/me")
class Me(view.View):
    @blueprint.operation("get_me", answer=AccountAnswer, version="read")
    def get(self) -> Any:
        """Who I am"""
        self.versioned(self.account.version)
        return shown(self, self.account)

    @blueprint.operation(
        "update_me",
        body=AccountChanges,
        answer=AccountAnswer,
        version="checked",
        refuses=[errors.EmailTaken],
    )
    def patch(self, *, body: dict[str, Any]) -> Any:
        """Change what I say about myself

        Another e-mail address needs the current password and is sent a mail to prove it.
        """
        self.checked(self.account)
        account = accounts.update(
            self.session, self.account, settings=view.settings(), now=self.now, **body
        )
        self.versioned(account.version)
        return shown(self, account)

    @blueprint.operation("erase_me", status=204, refuses=[errors.IllegalMove])
    def delete(self) -> Response:
        """Erase me

        Removes what names the person: profile, addresses, texts, positions. Open jobs are
        cancelled and accepted ones given back first. Not while a job is in progress.
        """
        privacy.erase(self.session, self.account, now=self.now)
        return view.nothing()


@blueprint.route("/me/export")
class Export(view.View):
    @blueprint.operation(
        "export_me",
        answer={
            "type": "object",
            "description": "What each part of the service holds, by its name.",
            "examples": [{"account": {"email": "lea@example.org"}, "jobs": []}],
        },
    )
    def get(self) -> Response:
        """Everything held about me, as JSON

        Photos by links that are good for a quarter of an hour.
        """
        secret = view.settings().secret_key
        written = privacy.export(
            self.session,
            self.account,
            now=self.now,
            link=lambda photo: photo_shapes.link_to(photo.id, "full", secret=secret, now=self.now),
        )
        answer = jsonify(written)
        answer.headers["Content-Disposition"] = 'attachment; filename="jobbing-export.json"'
        return answer


@blueprint.route("/me/verification")
class Verification(view.View):
    @blueprint.operation("request_verification", status=202)
    def post(self) -> Response:
        """Send me the mail that proves my address again

        Does nothing if the address is proved, or after three mails in an hour.
        """
        accounts.request_verification(
            self.session, self.account, settings=view.settings(), now=self.now
        )
        return view.nothing(202)


class PhoneCodeBody(kinds.Body):
    """The code of the text message."""

    code = fields.secret("Its six digits.", "042317", least=6, most=6)


@blueprint.route("/me/phone/verification")
class PhoneVerification(view.View):
    @blueprint.operation(
        "request_phone_verification", status=202, refuses=[errors.InvalidInput, errors.Unavailable]
    )
    def post(self) -> Response:
        """Send me the code that proves my phone number

        By text message, to the number the account names. Does nothing if the number is
        proved, or after three codes in an hour.
        """
        accounts.request_phone_code(
            self.session, self.account, settings=view.settings(), now=self.now
        )
        return view.nothing(202)

    @blueprint.operation(
        "verify_phone", body=PhoneCodeBody, answer=AccountAnswer, refuses=[errors.WrongCode]
    )
    def put(self, *, body: dict[str, Any]) -> Any:
        """Prove my phone number with the code

        A code works for ten minutes and may be mistyped four times.
        """
        account = accounts.verify_phone(
            self.session, self.account, body["code"], settings=view.settings(), now=self.now
        )
        return shown(self, account)


@blueprint.route("/me/roles/<role>")
class Role(view.View):
    @blueprint.operation("add_role", answer=AccountAnswer)
    def put(self, *, role: str) -> Any:
        """Be a resident or a provider as well

        `role` is `resident` or `provider`; the same person may be both. Operators are made
        by whoever runs the service.
        """
        return shown(self, accounts.add_role(self.session, self.account, role, now=self.now))


#: Apps make up plain ids; anything else would not come back as it was sent.
_INSTALLATION_ID = re.compile(r"[\x21-\x7e]{1,200}")


def _installation(written: str) -> str:
    if not _INSTALLATION_ID.fullmatch(written):
        raise errors.NotFound
    return written


@blueprint.route("/me/devices/<string(maxlength=200):installation_id>")
class Device(view.View):
    @blueprint.operation(
        "put_device", body=DeviceBody, answer=DeviceAnswer, refuses=[errors.NotFound]
    )
    def put(self, *, installation_id: str, body: dict[str, Any]) -> Any:
        """Ring this phone or browser for me

        An installation, and an address, has one owner at a time: whoever had it before is
        no longer rung there. Signing out removes it.
        """
        return notifications.put_device(
            self.session,
            self.account,
            installation_id=_installation(installation_id),
            address_kind=body["address"]["kind"],
            address=body["address"]["value"],
            platform=body["platform"],
            app_version=body["app_version"],
            sign_in_id=self.sign_in.id,
            now=self.now,
        )

    @blueprint.operation("delete_device", status=204, refuses=[errors.NotFound])
    def delete(self, *, installation_id: str) -> Response:
        """Do not ring this phone or browser any more"""
        if not notifications.delete_device(
            self.session, self.account, _installation(installation_id)
        ):
            raise errors.NotFound
        return view.nothing()


@blueprint.route("/me/blocks/<uuid:account_id>")
class Block(view.View):
    @blueprint.operation("block", status=204, refuses=[errors.NotFound])
    def put(self, *, account_id: uuid.UUID) -> Response:
        """Never match me with this person again

        Neither of the two will be offered the other's jobs, what was offered is taken
        back, and the other is not told why.
        """
        accounts.block(self.session, self.account, account_id, now=self.now)
        offers.part(self.session, self.account.id, account_id, now=self.now)
        return view.nothing()

    @blueprint.operation("unblock", status=204)
    def delete(self, *, account_id: uuid.UUID) -> Response:
        """Take my block back"""
        accounts.unblock(self.session, self.account, account_id)
        return view.nothing()
