"""What a process says of itself, and what it keeps to itself."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobbing_api import telemetry
from jobbing_api.settings import Settings


@pytest.fixture
def quiet_after(chosen_settings: Settings) -> Iterator[None]:
    yield
    telemetry.configure(chosen_settings)


@pytest.fixture
def production(chosen_settings: Settings, quiet_after: None) -> Settings:
    return replace(chosen_settings, environment="production", log_format="json")


def _line(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    (line,) = capsys.readouterr().err.splitlines()
    return dict(json.loads(line))


def test_a_line_is_one_json_document(
    production: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure(production)
    telemetry.configure(production)
    structlog.get_logger("town").info("gutter.cleaned", metres=12, by="Léa")
    line = _line(capsys)
    assert (line["event"], line["metres"], line["by"]) == ("gutter.cleaned", 12, "Léa")
    assert (line["level"], line["logger"]) == ("info", "town")
    assert str(line["timestamp"]).endswith("Z")


def test_other_libraries_speak_in_the_same_shape(
    production: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure(production)
    logging.getLogger("library").warning("%s went wrong", "something")
    line = _line(capsys)
    assert (line["event"], line["level"]) == ("something went wrong", "warning")


@pytest.mark.parametrize("foreign", [True, False])
def test_production_names_an_error_and_never_quotes_it(
    production: Settings, session: Session, capsys: pytest.CaptureFixture[str], foreign: bool
) -> None:
    telemetry.configure(production)
    statement = text(
        "INSERT INTO accounts (id, email, display_name, language, created_at, version)"
        " VALUES (gen_random_uuid(), :email, 'Léa', 'fr', now(), 1)"
    )
    session.execute(statement, {"email": "lea@example.org"})
    with pytest.raises(IntegrityError) as caught:
        session.execute(statement, {"email": "lea@example.org"})
    if foreign:
        logging.getLogger("library").error("failed", exc_info=caught.value)
    else:
        structlog.get_logger("town").error("failed", exc_info=caught.value)
    line = _line(capsys)
    told = json.dumps(line)
    assert "lea@example.org" not in told
    assert "sqlalchemy.exc.IntegrityError <- psycopg.errors.UniqueViolation" in str(line["error"])
    assert "23505 uq_accounts_email" in str(line["error"])
    assert any("test_telemetry.py" in frame for frame in line["frames"])  # type: ignore[attr-defined]


def test_a_laptop_is_shown_everything(
    chosen_settings: Settings, quiet_after: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for log_format in ("json", "console"):
        telemetry.configure(replace(chosen_settings, log_format=log_format))  # type: ignore[arg-type]
        try:
            raise ValueError("number 4711")
        except ValueError:
            structlog.get_logger("town").exception("failed")
        assert "number 4711" in capsys.readouterr().err
