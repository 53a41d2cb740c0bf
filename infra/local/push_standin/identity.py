"""Who the stand-in is: its certificates and the service account it answers for.

Hides: how they are made, and the files that keep them between runs. Keys are
readable by their owner alone, and every file appears whole or not at all.
"""

from __future__ import annotations

import json
import os
import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROJECT = "jobbing-local"
HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Account:
    """The service account whose signature the token endpoint expects."""

    project: str
    email: str
    key_id: str
    token_uri: str
    public_key: rsa.RSAPublicKey


def tls(directory: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate of our own authority, ``directory/ca.pem``.

    The authority is kept: a client that trusted it yesterday trusts it today.
    """
    kept = directory / "server.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    try:
        context.load_cert_chain(kept)
    except OSError:
        # The first start, or one after a file was damaged.
        ca = trustme.CA(organization_name="Jobbing push stand-in")
        server = ca.issue_cert(*HOSTS).private_key_and_cert_chain_pem.bytes()
        _write(kept, server + ca.cert_pem.bytes(), secret=True)
        context.load_cert_chain(kept)
    # The authority is the last certificate of that one file, so the two always match.
    _, marker, authority = kept.read_bytes().rpartition(b"-----BEGIN CERTIFICATE-----")
    _write(directory / "ca.pem", marker + authority, secret=False)
    return context


def service_account(directory: Path, *, port: int) -> Account:
    """The account in ``directory/service-account.json``, made on the first run.

    The port may differ from run to run, so the file's addresses are written anew.
    """
    path = directory / "service-account.json"
    kept = _kept(path) or _made()
    kept["token_uri"] = f"https://127.0.0.1:{port}/token"
    private_key = _private_key(kept["private_key"])
    assert private_key is not None
    _write(path, json.dumps(kept, indent=2).encode() + b"\n", secret=True)
    return Account(
        project=kept["project_id"],
        email=kept["client_email"],
        key_id=kept["private_key_id"],
        token_uri=kept["token_uri"],
        public_key=private_key.public_key(),
    )


def _kept(path: Path) -> dict[str, Any] | None:
    try:
        account = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    fields = ("project_id", "client_email", "private_key_id", "private_key")
    whole = isinstance(account, dict) and all(isinstance(account.get(f), str) for f in fields)
    return account if whole and _private_key(account["private_key"]) is not None else None


def _private_key(pem: str) -> rsa.RSAPrivateKey | None:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPrivateKey) else None


def _made() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    email = f"firebase-adminsdk-{secrets.token_hex(3)[:5]}@{PROJECT}.iam.gserviceaccount.com"
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": secrets.token_hex(20),
        "private_key": key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
        "client_email": email,
        "client_id": str(10**20 + secrets.randbelow(10**20)),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": (
            f"https://www.googleapis.com/robot/v1/metadata/x509/{email.replace('@', '%40')}"
        ),
        "universe_domain": "googleapis.com",
    }


def _write(path: Path, content: bytes, *, secret: bool) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    part.replace(path)
