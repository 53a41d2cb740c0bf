"""What must not start says so in one line, and ends with exit code 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.stack import ROOT
from tests.unit.test_settings import PRODUCTION

pytestmark = pytest.mark.e2e

_BIN = Path(sys.executable).parent
_FLASK = [str(_BIN / "flask"), "--app", "jobbing_api.cli", "jobbing"]
_WEB = [str(_BIN / "gunicorn"), "-c", "infra/gunicorn.conf.py", "jobbing_api.app:create_app()"]


def _refusal(command: list[str], environment: dict[str, str]) -> str:
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0]


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """A service account whose tokens would come from somewhere that is not Google."""
    path = tmp_path / "account.json"
    path.write_text(
        json.dumps(
            {
                "type": "service_account",
                "project_id": "jobbing",
                "client_email": "push@jobbing.iam.gserviceaccount.com",
                "private_key": "-----BEGIN PRIVATE KEY-----\n",
                "token_uri": "https://tokens.example.org/token",
            }
        )
    )
    return path


@pytest.mark.parametrize("command", [_WEB, [*_FLASK, "worker"], [*_FLASK, "clock"]])
def test_nothing_starts_without_saying_where_pushes_go(command: list[str]) -> None:
    without = {name: value for name, value in PRODUCTION.items() if name != "PUSH"}
    assert "PUSH is not set" in _refusal(command, without)


@pytest.mark.parametrize("command", [_WEB, [*_FLASK, "worker"], [*_FLASK, "clock"]])
def test_nothing_starts_with_a_development_secret_in_production(command: list[str]) -> None:
    secret = PRODUCTION | {"SECRET_KEY": "development-" + "x" * 40}
    assert "SECRET_KEY" in _refusal(command, secret)


@pytest.mark.parametrize("command", [_WEB, [*_FLASK, "worker"], [*_FLASK, "clock"]])
def test_nothing_starts_with_tokens_that_are_not_google_s(
    command: list[str], account: Path
) -> None:
    foreign = PRODUCTION | {"FIREBASE_CREDENTIALS": str(account)}
    assert "token_uri" in _refusal(command, foreign)


def test_made_up_people_have_no_place_in_production() -> None:
    line = _refusal([*_FLASK, "seed", "--place", "Lyon"], PRODUCTION)
    assert "production" in line


def test_a_database_that_does_not_answer_is_one_line() -> None:
    away = PRODUCTION | {"DATABASE_URL": "postgresql://nobody:x@127.0.0.1:9/none"}
    assert "database" in _refusal([*_FLASK, "migrate"], away)


def test_help_needs_no_settings() -> None:
    shown = subprocess.run(
        [*_FLASK, "--help"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for word in ("migrate", "worker", "clock", "seed", "rank", "play", "operator"):
        assert word in shown.stdout
