"""The schema the migrations build is the schema the models declare."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, create_engine, text

from jobbing_api import schema
from tests.conftest import Servers, create_database, drop_database

pytestmark = pytest.mark.contract

_COLUMNS = """
    SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
           || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 't'
"""
_INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"

#: Tables that are not ours: alembic's own, and PostGIS's.
_FOREIGN = ("alembic_version", "spatial_ref_sys")


def _described(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        lines = {
            line
            for query in (_COLUMNS, _CONSTRAINTS, _INDEXES)
            for line in connection.scalars(text(query))
        }
    return {line for line in lines if not any(name in line for name in _FOREIGN)}


def test_migrations_build_what_the_models_declare(test_servers: Servers) -> None:
    create_database(test_servers, "from_models")
    engine = create_engine(test_servers.database_url("from_models"))
    try:
        with engine.begin() as connection:
            for extension in ("postgis", "btree_gist", "pg_trgm", "unaccent"):
                connection.execute(text(f"CREATE EXTENSION {extension}"))
        schema.metadata().create_all(engine)
        declared = _described(engine)
    finally:
        engine.dispose()
        drop_database(test_servers, "from_models")
    migrated_engine = create_engine(test_servers.database_url(test_servers.template))
    migrated = _described(migrated_engine)
    migrated_engine.dispose()
    assert migrated - declared == set()
    assert declared - migrated == set()


def test_every_constraint_has_a_name_that_says_what_it_protects(test_servers: Servers) -> None:
    engine = create_engine(test_servers.database_url(test_servers.template))
    with engine.connect() as connection:
        names = connection.scalars(
            text(
                "SELECT conname FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 't'"
                " AND conrelid::regclass::text NOT IN ('alembic_version', 'spatial_ref_sys')"
            )
        ).all()
    engine.dispose()
    assert [n for n in names if not n.startswith(("pk_", "uq_", "ck_", "fk_", "ex_"))] == []


def test_migrating_twice_does_nothing(test_servers: Servers) -> None:
    create_database(test_servers, "migrated_twice")
    engine = create_engine(test_servers.database_url("migrated_twice"))
    try:
        assert schema.migrate(engine)
        assert schema.migrate(engine) == []
        assert schema.current(engine) == schema.head()
    finally:
        engine.dispose()
        drop_database(test_servers, "migrated_twice")
