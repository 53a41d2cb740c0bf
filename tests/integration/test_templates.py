"""Versions of brief templates in their table: added, kept, never changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobbing_api import errors, markets, schema
from jobbing_api.markets import categories, models, templates
from tests import factories
from tests.conftest import Servers, create_database, drop_database

GUTTERS = 6


def written() -> dict[str, Any]:
    """The gutters' template as the file has it."""
    return copy.deepcopy(categories.listed()[GUTTERS - 1]["brief_template"])


def stored(session: Session) -> dict[int, Any]:
    rows = session.scalars(
        select(models.BriefTemplate).where(models.BriefTemplate.category_id == GUTTERS)
    )
    return {row.version: row.content for row in rows}


def test_the_table_holds_what_the_files_say(session: Session) -> None:
    assert stored(session) == {2: written()}
    category = markets.category_by_slug(session, "gutter-cleaning")
    assert category.brief_template == written()
    markets.sync_categories(session)
    assert stored(session) == {2: written()}


def test_another_text_under_the_same_version_is_refused(session: Session) -> None:
    changed = written()
    changed["questions"][0]["label"]["en"] = "How long is it?"
    with pytest.raises(errors.InvalidInput) as refused:
        templates.sync(session, {GUTTERS: changed})
    ((name, (said,)),) = refused.value.fields.items()
    assert name == "brief template of category 6"
    assert "raise the version" in said
    assert stored(session) == {2: written()}


def test_a_new_version_stands_beside_the_one_before(session: Session) -> None:
    newer = written()
    newer["version"] = 41
    newer["questions"][0]["most"] = 50
    templates.sync(session, {GUTTERS: newer})
    assert stored(session) == {2: written(), 41: newer}
    category = markets.category_by_slug(session, "gutter-cleaning")
    older = markets.template_in_version(session, category, 2)
    assert older.questions["length"].most == 200
    assert markets.template_in_version(session, category, 41).questions["length"].most == 50


def test_an_unsound_template_is_refused(session: Session) -> None:
    spoilt = written()
    spoilt |= {"version": 42, "needs": ["wand"]}
    with pytest.raises(errors.InvalidInput) as refused:
        templates.sync(session, {GUTTERS: spoilt})
    assert "'wand' is no tool" in str(refused.value.fields)
    assert set(stored(session)) == {2}


def test_templates_of_many_jobs_take_one_statement(session: Session) -> None:
    wanted = [(GUTTERS, 2), (1, 2), (2, 2), (GUTTERS, 43)]
    found = templates.known(session, wanted)
    assert set(found) == set(wanted[:3])
    assert templates.known(session, []) == {}


def test_a_row_says_its_own_version(session: Session) -> None:
    row = models.BriefTemplate(category_id=GUTTERS, version=44, content={"version": 45})
    session.add(row)
    with pytest.raises(IntegrityError, match="ck_brief_templates_content_says_its_version"):
        session.flush()


def test_no_job_names_a_version_there_never_was(session: Session, now: Any) -> None:
    job = factories.job(session, now=now)
    assert job.template_version == 2
    job.template_version = 46
    with pytest.raises(
        IntegrityError, match="fk_jobs_category_id_template_version_brief_templates"
    ):
        session.flush()


def test_what_was_asked_before_there_were_versions_becomes_the_first(
    test_servers: Servers,
) -> None:
    create_database(test_servers, "before_versions")
    engine = create_engine(test_servers.database_url("before_versions"))
    try:
        with engine.connect() as connection:
            config = schema._config()
            config.attributes["connection"] = connection
            command.upgrade(config, "0010")
            connection.execute(
                text(
                    "INSERT INTO categories (id, slug, group_slug, names, group_names,"
                    " usual_minutes, price_kind, papers, brief_template) VALUES (6,"
                    " 'gutter-cleaning', 'roof', '{}', '{}', 90, 'flat', '{R}',"
                    ' \'{"version": 1, "needs": [], "questions": []}\')'
                )
            )
            connection.commit()
        schema.migrate(engine)
        with Session(engine) as session:
            markets.sync_categories(session)
            assert set(stored(session)) == {1, 2}
            category = markets.category_by_slug(session, "gutter-cleaning")
            assert markets.template_in_version(session, category, None).version == 2
    finally:
        engine.dispose()
        drop_database(test_servers, "before_versions")
